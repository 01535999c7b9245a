//! After people were told: what moves the alias once more, who asks once more, and what takes long.

use crate::events::{alarm, approval_started, by_hand, deployment, sweep};
use crate::stage::{APPLICATION, FUNCTION, GROUP, SILENT, Stage};
use alarm_rollback::Word;
use aws_sdk_codedeploy::types::{AppSpecContent, RevisionLocation, RevisionLocationType};
use release::{Rollout, Traffic};
use serde_json::{Value, json};

/// A rollback of which people were told, in the moment before its promotion was started; answers the promotion.
async fn overtaken(stage: &Stage, execution: &str) -> String {
    let rollout = Rollout { promoting_since: Some(stage.now()), ..stage.rollout(execution) };
    stage.put(Traffic::Whole("1".to_owned()), rollout).await;
    assert_eq!(stage.word(alarm(stage)).await, Word::RolledBack);
    let id = stage.promote(execution, None, stage.now()).await;
    assert_eq!(stage.twin.deployment_finished(&id).await.unwrap(), "Succeeded");
    assert_eq!(stage.alias().await.version, "2");
    id
}

#[tokio::test]
async fn promotion_that_outran_the_rollback_is_taken_back_when_its_start_was_missed() {
    for event in [sweep as fn() -> Value, || deployment("succeeded", "d-PROMOTE01")] {
        let stage = Stage::set().await;
        let execution = stage.start().await;
        let id = overtaken(&stage, &execution).await;
        let outcome = stage.rolled_back(event(), &execution).await;
        assert!(outcome.reason.starts_with(&format!("moved again by CodeDeploy {id}")), "{outcome:?}");
        stage.assert_stable().await;
        assert_eq!(stage.notices(&execution).len(), 2, "customers met it once more");
        stage.later(61);
        assert_eq!(stage.word(sweep()).await, Word::Nothing);
        assert_eq!(stage.notices(&execution).len(), 2);
    }
}

#[tokio::test]
async fn persons_decision_is_left_until_a_person_decides_otherwise() {
    let stage = Stage::set().await;
    let execution = stage.start().await;
    stage.split(&execution).await;
    assert_eq!(stage.word(alarm(&stage)).await, Word::RolledBack);
    let told = stage.alias().await.rollout.unwrap();
    stage.put(Traffic::Whole("2".to_owned()), told).await;
    let outcome = stage.deliver(sweep()).await;
    assert_eq!(outcome.outcome, Word::Nothing);
    assert!(outcome.reason.ends_with("by somebody's decision: all requests go to version 2"), "{outcome:?}");
    assert_eq!(stage.alias().await.version, "2");
    let outcome = stage.rolled_back(by_hand(), &execution).await;
    assert_eq!(outcome.reason, "by hand: customers report wrong answers");
    stage.assert_stable().await;
    assert_eq!(stage.notices(&execution).len(), 2);
}

/// Rolled back and told, with an approval that has begun since.
async fn with_late_approval(stage: &Stage) -> String {
    let execution = stage.start().await;
    stage.split(&execution).await;
    stage.live.begin_rollback(Some(&execution), "breach", false, stage.now()).await.unwrap();
    stage.live.drive_back(stage.now()).await.unwrap();
    stage.live.notice_sent(&execution).await.unwrap();
    assert!(stage.waits(&execution));
    execution
}

#[tokio::test]
async fn approval_is_withdrawn_when_it_begins_after_the_rollback_was_told() {
    let stage = Stage::set().await;
    let execution = with_late_approval(&stage).await;
    assert_eq!(stage.word(approval_started(&stage, "another")).await, Word::Nothing);
    assert!(stage.waits(&execution));
    assert_eq!(stage.word(approval_started(&stage, &execution)).await, Word::Nothing);
    assert!(!stage.waits(&execution), "by its event");
    assert_eq!(stage.status(&execution), "Failed");
    let execution = with_late_approval(&stage).await;
    stage.later(1_700);
    assert_eq!(stage.word(sweep()).await, Word::Nothing);
    assert!(!stage.waits(&execution), "by the sweep");
    assert!(stage.notices(&execution).is_empty(), "that is nothing to tell of");
}

#[tokio::test]
async fn approval_stays_when_it_begins_long_after_the_rollback() {
    let stage = Stage::set().await;
    let execution = with_late_approval(&stage).await;
    stage.later(1_801);
    assert_eq!(stage.word(sweep()).await, Word::Nothing);
    assert!(stage.waits(&execution));
}

/// A deployment back that does not come to its end.
async fn stuck(stage: &Stage) {
    let properties = json!({"Name": FUNCTION, "Alias": "live", "CurrentVersion": "2", "TargetVersion": "1"});
    let spec = json!({"version": 0.0, "Hooks": [{"BeforeAllowTraffic": SILENT}],
        "Resources": [{"live": {"Type": "AWS::Lambda::Function", "Properties": properties}}]});
    let content = AppSpecContent::builder().content(spec.to_string()).build();
    let revision = RevisionLocation::builder().revision_type(RevisionLocationType::AppSpecContent);
    let call = stage.live.codedeploy.create_deployment().application_name(APPLICATION);
    let call = call.deployment_group_name(GROUP).description("Rollback: as somebody began it");
    let call = call.deployment_config_name("CodeDeployDefault.LambdaAllAtOnce");
    call.revision(revision.app_spec_content(content).build()).send().await.unwrap();
}

#[tokio::test]
async fn waiting_is_told_with_its_time_when_it_lasts_and_ends_without_codedeploy() {
    let stage = Stage::set().await;
    let execution = stage.start().await;
    stage.promoted(&execution).await;
    stuck(&stage).await;
    let outcome = stage.deliver(alarm(&stage)).await;
    assert_eq!(outcome.outcome, Word::Waiting);
    assert!(!outcome.reason.contains("customers"), "{outcome:?}");
    stage.later(70);
    let outcome = stage.deliver(sweep()).await;
    assert_eq!(outcome.outcome, Word::Waiting);
    assert!(outcome.reason.ends_with("customers may still get version 2"), "{outcome:?}");
    stage.later(120);
    assert_eq!(stage.word(sweep()).await, Word::RolledBack);
    stage.assert_stable().await;
    stage.assert_told_once(&execution);
}
