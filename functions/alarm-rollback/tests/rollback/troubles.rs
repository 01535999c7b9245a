//! Calls that fail: what is said until customers are safe, and what is done after.

use crate::events::{alarm, sweep};
use crate::stage::Stage;
use alarm_rollback::Word;
use lambda_runtime::Diagnostic;
use serde_json::Value;
use twin::ApiError;

async fn failed(stage: &Stage, event: Value) -> Diagnostic {
    stage.tried(event).await.unwrap_err().into()
}

fn inject(stage: &Stage, operation: &str, calls: usize) {
    stage.twin.faults().inject(operation, calls, ApiError::bad_request("InternalFailure", "out of order"));
}

fn deny(stage: &Stage, operation: &str) {
    let denied = ApiError::bad_request("AccessDeniedException", "not authorized");
    stage.twin.faults().inject(operation, 1, denied);
}

#[tokio::test]
async fn error_holds_the_command_when_the_weights_cannot_be_reset() {
    let stage = Stage::set().await;
    let execution = stage.start().await;
    stage.split(&execution).await;
    let event = alarm(&stage);
    inject(&stage, "lambda:UpdateAlias", 1);
    let error = failed(&stage, event.clone()).await;
    assert_eq!(error.error_type, "AlarmRollbackUnsafe");
    let text = &error.error_message;
    assert!(text.starts_with("CUSTOMERS OF manuel-prod-backend:live MAY STILL GET VERSION 2"), "{text}");
    let command = r#"aws lambda update-alias --function-name manuel-prod-backend --name live --function-version 1 --routing-config '{"AdditionalVersionWeights":{}}'"#;
    assert!(text.contains(command) && text.contains("out of order"), "{text}");
    assert_eq!(stage.word(event).await, Word::RolledBack, "Lambda delivers it again");
    stage.assert_told_once(&execution);
}

#[tokio::test]
async fn error_holds_the_command_when_the_promotion_cannot_be_stopped() {
    let stage = Stage::set().await;
    let execution = stage.start().await;
    let promotion = stage.promoting(&execution).await;
    inject(&stage, "codedeploy:StopDeployment", 1);
    let error = failed(&stage, alarm(&stage)).await;
    let command = format!("aws deploy stop-deployment --deployment-id {promotion} --auto-rollback-enabled");
    assert!(error.error_message.contains(&command), "{}", error.error_message);
    stage.rolled_back(sweep(), &execution).await;
}

#[tokio::test]
async fn error_says_that_nobody_watches_when_the_alias_cannot_be_read() {
    let stage = Stage::set().await;
    inject(&stage, "lambda:GetAlias", 1);
    let error = failed(&stage, alarm(&stage)).await;
    assert_eq!(error.error_type, "AlarmRollbackBlind");
    let text = &error.error_message;
    assert!(
        text.contains("NOBODY WATCHES manuel-prod-backend:live") && text.contains("aws lambda update-alias"),
        "{text}"
    );
}

#[tokio::test]
async fn telling_is_repeated_when_a_part_of_it_fails() {
    for operation in
        ["codepipeline:GetPipelineState", "codepipeline:PutApprovalResult", "events:PutEvents", "sns:Publish"]
    {
        let stage = Stage::set().await;
        let execution = stage.start().await;
        stage.split(&execution).await;
        inject(&stage, operation, 1);
        let error = failed(&stage, alarm(&stage)).await;
        assert_eq!(error.error_type, "AlarmRollbackUntold", "{operation}: {}", error.error_message);
        stage.assert_stable().await;
        stage.later(60);
        assert_eq!(stage.word(sweep()).await, Word::RolledBack, "{operation}");
        assert!(!stage.waits(&execution), "{operation}");
        assert_eq!(stage.notices(&execution).len(), 1, "{operation}");
        let ids: Vec<_> = stage.told(&execution).iter().map(|event| event["id"].clone()).collect();
        assert!(
            !ids.is_empty() && ids.iter().all(|id| *id == format!("{execution}/2/1")),
            "{operation}: {ids:?}"
        );
        assert_eq!(stage.word(sweep()).await, Word::Nothing, "{operation}");
    }
}

#[tokio::test]
async fn people_are_told_what_is_left_when_a_permission_is_missing() {
    for (operation, left) in [
        ("codepipeline:GetPipelineState", "the withdrawal of waiting approvals: this must be done by hand"),
        ("codepipeline:PutApprovalResult", "the withdrawal of waiting approvals: this must be done by hand"),
        ("events:PutEvents", "the event delivery.rollback: this must be done by hand"),
    ] {
        let stage = Stage::set().await;
        let execution = stage.start().await;
        stage.split(&execution).await;
        deny(&stage, operation);
        assert_eq!(stage.word(alarm(&stage)).await, Word::RolledBack, "{operation}");
        let (_, text) = stage.notices(&execution).remove(0);
        assert!(text.contains(&format!("Left to do:\n- {left}")), "{operation}: {text}");
    }
}

#[tokio::test]
async fn notice_goes_out_when_numbers_or_deployments_cannot_be_read() {
    let stage = Stage::set().await;
    let execution = stage.start().await;
    stage.split(&execution).await;
    inject(&stage, "cloudwatch:GetMetricData", 1);
    assert_eq!(stage.word(alarm(&stage)).await, Word::RolledBack);
    let (_, text) = stage.notices(&execution).remove(0);
    assert!(text.contains("Numbers could not be read: CloudWatch cannot be read"), "{text}");
    assert_eq!(stage.told(&execution)[0]["numbers"], serde_json::json!([]));
}

#[tokio::test]
async fn approval_that_was_answered_meanwhile_is_no_trouble() {
    let stage = Stage::set().await;
    let execution = stage.start().await;
    stage.split(&execution).await;
    let answered = ApiError::bad_request("ApprovalAlreadyCompletedException", "already");
    stage.twin.faults().inject("codepipeline:PutApprovalResult", 1, answered);
    assert_eq!(stage.word(alarm(&stage)).await, Word::RolledBack);
    assert!(!stage.notices(&execution)[0].1.contains("Left to do"));
}

#[tokio::test]
async fn rollback_is_told_once_to_machines_when_the_topic_is_gone() {
    let stage = Stage::set().await;
    let execution = stage.start().await;
    stage.split(&execution).await;
    stage.delete_topic().await;
    assert_eq!(stage.word(alarm(&stage)).await, Word::RolledBack);
    for _ in 0..3 {
        stage.later(61);
        assert_eq!(stage.word(sweep()).await, Word::Nothing);
    }
    assert_eq!((stage.told(&execution).len(), stage.notices(&execution).len()), (1, 0));
    let notice = stage.alias().await.rollout.unwrap().rollback.unwrap().notice;
    assert_eq!(notice, Some(release::Notice::Sent));
}

#[tokio::test]
async fn event_is_sent_once_when_the_notice_is_refused_for_good() {
    for code in ["AuthorizationError", "KMSDisabled", "InvalidParameter"] {
        let stage = Stage::set().await;
        let execution = stage.start().await;
        stage.split(&execution).await;
        stage.twin.faults().inject("sns:Publish", 100, ApiError::bad_request(code, "no"));
        assert_eq!(stage.word(alarm(&stage)).await, Word::RolledBack, "{code}");
        stage.later(61);
        assert_eq!(stage.word(sweep()).await, Word::Nothing, "{code}");
        assert_eq!(stage.told(&execution).len(), 1, "{code}");
    }
}

#[tokio::test]
async fn error_names_the_versions_of_the_release_before_when_the_next_one_has_only_acquired() {
    let stage = Stage::set().await;
    let execution = stage.start().await;
    stage.acquired_after_a_promotion(&execution).await;
    inject(&stage, "lambda:UpdateAlias", 1);
    let text = failed(&stage, alarm(&stage)).await.error_message;
    assert!(text.contains("MAY STILL GET VERSION 2") && text.contains("--function-version 1 "), "{text}");
}
