//! While the rollout's own shifts split the alias.

use crate::events::{alarm, alarm_since, approval_failed, by_hand, pipeline_succeeded, stage_failed, sweep};
use crate::stage::{FUNCTION, Stage};
use alarm_rollback::Word;
use chrono::TimeDelta;
use twin::StandInResult;
use twin::cloudwatch::Sample;

#[tokio::test]
async fn split_is_reset_before_anything_else_is_asked_when_a_guard_alarm_fires() {
    let stage = Stage::set().await;
    let execution = stage.start().await;
    stage.split(&execution).await;
    let calls = stage.calls(alarm(&stage)).await;
    // One look to decide, and one whose revision guards the update. Nothing else comes before customers are safe.
    assert_eq!(calls[..3], ["lambda:GetAlias", "lambda:GetAlias", "lambda:UpdateAlias"], "{calls:?}");
    for operation in ["codepipeline:PutApprovalResult", "eventbridge:PutEvents", "sns:Publish"] {
        let place = |wanted: &str| calls.iter().position(|call| call.ends_with(wanted));
        let name = operation.split(':').nth(1).unwrap();
        assert!(place(name) > place("UpdateAlias"), "{operation}: {calls:?}");
    }
    stage.assert_stable().await;
    stage.assert_told_once(&execution);
}

#[tokio::test]
async fn rollback_is_told_with_reason_exposure_and_numbers() {
    let stage = Stage::set().await;
    let execution = stage.start().await;
    stage.split(&execution).await;
    record(&stage, 2, "2", 30, 3);
    record(&stage, 2, "1", 300, 1);
    let outcome = stage.deliver(alarm(&stage)).await;
    assert_eq!(outcome.outcome, Word::RolledBack);
    assert_eq!((outcome.from_version.as_deref(), outcome.to_version.as_deref()), (Some("2"), Some("1")));
    assert!((300..310).contains(&outcome.exposed_seconds.unwrap()), "{outcome:?}");
    assert!(outcome.reason.starts_with("alarm manuel-prod-guard fires since 20"), "{outcome:?}");
    let event = stage.told(&execution).remove(0);
    assert_eq!(event["id"], format!("{execution}/2/1"));
    assert_eq!((&event["fromVersion"], &event["toVersion"]), (&"2".into(), &"1".into()));
    assert_eq!(
        (&event["why"], &event["pipeline"]),
        (&"alarm manuel-prod-guard fires".into(), &"manuel-backend-pipeline".into())
    );
    let number = &event["numbers"][0];
    assert_eq!(number["criterion"], "errors");
    let counted =
        ["candidateBad", "candidateTotal", "stableBad", "stableTotal"].map(|key| number[key].as_u64());
    assert_eq!(counted, [3, 30, 1, 300].map(Some));
    let (subject, text) = stage.notices(&execution).remove(0);
    assert_eq!(subject, "Rolled back manuel-prod-backend:live 2 -> 1");
    assert!(text.contains("- errors: version 2 3 of 30 (10.00 %), version 1 1 of 300 (0.33 %)\n"), "{text}");
    assert!(
        text.contains("\nNow: all requests go to version 1.\n") && !text.contains("Left to do"),
        "{text}"
    );
}

/// Invocations of a version in a past minute, as Lambda records them.
pub(crate) fn record(stage: &Stage, minutes_ago: i64, version: &str, total: u32, errors: u32) {
    let at = stage.now() - TimeDelta::minutes(minutes_ago);
    let sample = |name: &str, value: f64, count: u32| {
        let dimensions = [
            ("FunctionName", FUNCTION.to_owned()),
            ("Resource", format!("{FUNCTION}:live")),
            ("ExecutedVersion", version.to_owned()),
        ];
        let dimensions = dimensions.map(|(name, value)| (name.to_owned(), value)).to_vec();
        let (namespace, name) = ("AWS/Lambda".to_owned(), name.to_owned());
        let sample = Sample { namespace, name, dimensions, unit: None, at, value, count: f64::from(count) };
        stage.twin.cloudwatch().record(sample, stage.now());
    };
    sample("Invocations", 1.0, total);
    sample("Errors", 1.0, errors);
    sample("Errors", 0.0, total - errors);
    sample("Duration", 20.0, total);
}

#[tokio::test]
async fn approval_is_withdrawn_when_the_rollout_is_taken_back() {
    let stage = Stage::set().await;
    let execution = stage.start().await;
    stage.split(&execution).await;
    assert!(stage.waits(&execution));
    stage.deliver(alarm(&stage)).await;
    assert!(!stage.waits(&execution));
    assert_eq!(stage.status(&execution), "Failed");
    let asked = serde_json::json!({"name": "manuel-backend-pipeline"});
    let state = stage.codepipeline("GetPipelineState", &asked);
    let said = &state["stageStates"][2]["actionStates"][0]["latestExecution"]["errorDetails"]["message"];
    assert_eq!(said, "rolled back: alarm manuel-prod-guard fires");
}

#[tokio::test]
async fn approval_of_another_execution_stays_when_a_rollout_is_taken_back() {
    let stage = Stage::set().await;
    let execution = stage.start().await;
    stage.split("11111111-2222-3333-4444-555555555555").await;
    assert_eq!(stage.word(alarm(&stage)).await, Word::RolledBack);
    assert!(stage.waits(&execution));
}

#[tokio::test]
async fn rollback_is_told_once_when_events_come_again() {
    let stage = Stage::set().await;
    let execution = stage.start().await;
    stage.split(&execution).await;
    let event = alarm(&stage);
    assert_eq!(stage.word(event.clone()).await, Word::RolledBack);
    for again in
        [event, approval_failed(&stage, &execution), stage_failed(&stage, &execution), sweep(), by_hand()]
    {
        assert_eq!(stage.word(again).await, Word::Nothing);
    }
    stage.assert_told_once(&execution);
}

#[tokio::test]
async fn rejected_approval_takes_the_rollout_back_with_the_persons_words() {
    let stage = Stage::set().await;
    let execution = stage.start().await;
    stage.split(&execution).await;
    let outcome = stage.deliver(approval_failed(&stage, &execution)).await;
    assert_eq!(
        (outcome.outcome, outcome.reason.as_str()),
        (Word::RolledBack, "approval CanaryApproval failed: too slow for Friday")
    );
    stage.assert_stable().await;
}

#[tokio::test]
async fn reason_is_the_pipelines_when_the_event_has_none() {
    let stage = Stage::set().await;
    stage.shifts(StandInResult::failure("breach: errors: the canary is over the limit of 1.0 %"));
    let execution = stage.start().await;
    assert_eq!(stage.status(&execution), "Failed");
    stage.split(&execution).await;
    let outcome = stage.deliver(stage_failed(&stage, &execution)).await;
    assert_eq!(outcome.reason, "breach: errors: the canary is over the limit of 1.0 %");
    let event = stage.told(&execution).remove(0);
    assert_eq!(
        (&event["why"], &event["reason"]),
        (&"stage DeployCanary failed".into(), &outcome.reason.into())
    );
}

#[tokio::test]
async fn rollback_that_the_shift_began_is_told_with_the_shifts_reason() {
    let stage = Stage::set().await;
    stage.shifts(StandInResult::failure("breach: slow: the canary is worse than the stable version allows"));
    let execution = stage.start().await;
    stage.split(&execution).await;
    stage.live.begin_rollback(Some(&execution), "breach: slow", false, stage.now()).await.unwrap();
    stage.live.drive_back(stage.now()).await.unwrap();
    assert_eq!(stage.word(alarm(&stage)).await, Word::RolledBack);
    stage.assert_told_once(&execution);
    let event = stage.told(&execution).remove(0);
    assert_eq!(event["why"], "breach: slow");
    assert_eq!(event["reason"], "breach: slow: the canary is worse than the stable version allows");
}

#[tokio::test]
async fn nothing_happens_when_the_event_is_not_about_the_rollout() {
    let stage = Stage::set().await;
    let execution = stage.start().await;
    stage.split(&execution).await;
    let (before, other) = (stage.alias().await, "99999999-2222-3333-4444-555555555555");
    for event in [
        stage_failed(&stage, other),
        approval_failed(&stage, other),
        pipeline_succeeded(&stage, &execution),
        crate::events::deployment("failed", "d-SOMEBODYS"),
        serde_json::json!({"source": "aws.s3", "detail-type": "Object Created"}),
    ] {
        assert_eq!(stage.word(event).await, Word::Nothing);
    }
    let early = alarm_since(stage.now() - TimeDelta::minutes(6));
    assert_eq!(stage.word(early).await, Word::Reported);
    assert_eq!(stage.alias().await, before);
}
