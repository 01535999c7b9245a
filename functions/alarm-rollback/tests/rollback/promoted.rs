//! While CodeDeploy makes the last step, and after it.

use crate::events::{
    alarm, alarm_since, approval_failed, by_hand, deployment, last_stage_failed, pipeline_failed,
    stage_failed, sweep,
};
use crate::stage::Stage;
use alarm_rollback::Word;
use release::{Rollout, Traffic, Which};
use twin::ApiError;

/// The deployment that puts the old version back, once it has ended.
async fn back(stage: &Stage) -> String {
    let found = stage.live.deployments(Which::Since(stage.now())).await.unwrap();
    let id = found.into_iter().find(|deployment| deployment.is_rollback()).unwrap().id;
    assert_eq!(stage.twin.deployment_finished(&id).await.unwrap(), "Succeeded");
    id
}

#[tokio::test]
async fn promotion_is_stopped_and_the_rollback_finished_on_codedeploys_events() {
    let stage = Stage::set().await;
    let execution = stage.start().await;
    let promotion = stage.promoting(&execution).await;
    stage.rolled_back(alarm(&stage), &execution).await;
    assert_eq!(stage.twin.deployment_finished(&promotion).await.unwrap(), "Stopped");
    back(&stage).await;
    assert_eq!(stage.word(deployment("stopped", &promotion)).await, Word::Nothing);
    stage.assert_stable().await;
    stage.assert_told_once(&execution);
    assert!(!stage.notices(&execution)[0].1.contains("Left to do"));
}

#[tokio::test]
async fn failed_promotion_takes_the_rollout_back() {
    let stage = Stage::set().await;
    let execution = stage.start().await;
    let promotion = stage.promoting(&execution).await;
    // CodeDeploy fails by itself, and goes back by itself.
    stage.live.stop(&promotion).await.unwrap();
    stage.twin.deployment_finished(&promotion).await.unwrap();
    let back = back(&stage).await;
    assert_eq!(stage.word(deployment("succeeded", &back)).await, Word::Nothing, "no failure was told yet");
    let outcome = stage.deliver(deployment("failed", &promotion)).await;
    assert_eq!(outcome.outcome, Word::RolledBack, "{outcome:?}");
    assert!(outcome.reason.starts_with(&format!("CodeDeploy {promotion} failed: ")), "{outcome:?}");
    stage.assert_stable().await;
    stage.assert_told_once(&execution);
}

#[tokio::test]
async fn failed_rollback_deployment_is_not_taken_for_the_promotion() {
    let stage = Stage::set().await;
    let execution = stage.start().await;
    let promotion = stage.promoting(&execution).await;
    stage.live.stop(&promotion).await.unwrap();
    stage.twin.deployment_finished(&promotion).await.unwrap();
    let back = back(&stage).await;
    assert_eq!(stage.word(deployment("failed", &back)).await, Word::Nothing);
}

#[tokio::test]
async fn promoted_version_is_taken_back_by_a_deployment() {
    let stage = Stage::set().await;
    let execution = stage.start().await;
    stage.promoted(&execution).await;
    stage.rolled_back(alarm(&stage), &execution).await;
    back(&stage).await;
    stage.assert_stable().await;
    stage.assert_told_once(&execution);
    let (_, text) = stage.notices(&execution).remove(0);
    assert!(!text.contains("Left to do"), "{text}");
}

#[tokio::test]
async fn promoted_version_is_left_when_the_window_has_passed() {
    let stage = Stage::set().await;
    let execution = stage.start().await;
    stage.promoted(&execution).await;
    stage.later(3_601);
    assert_eq!(stage.word(alarm(&stage)).await, Word::Nothing);
    assert_eq!(stage.word(last_stage_failed(&stage, &execution)).await, Word::Nothing);
    assert_eq!(stage.alias().await.version, "2");
    stage.later(-10);
    stage.rolled_back(alarm(&stage), &execution).await;
}

#[tokio::test]
async fn alias_is_pointed_back_when_codedeploy_refuses() {
    let stage = Stage::set().await;
    let execution = stage.start().await;
    stage.promoted(&execution).await;
    let refused = ApiError::bad_request("InvalidDeploymentConfigNameException", "no");
    stage.twin.faults().inject("codedeploy:CreateDeployment", 10, refused);
    assert_eq!(stage.word(alarm(&stage)).await, Word::RolledBack);
    stage.assert_stable().await;
    stage.assert_told_once(&execution);
    let (_, text) = stage.notices(&execution).remove(0);
    assert!(text.contains("Left to do:\n- CodeDeploy still counts version 2 as good"), "{text}");
}

#[tokio::test]
async fn first_version_with_traffic_is_blamed_only_for_what_fires_since() {
    let stage = Stage::set().await;
    let execution = stage.start().await;
    // Straight to CodeDeploy, without any shift.
    let since = stage.now();
    let rollout = Rollout { split_since: None, promoting_since: Some(since), ..stage.rollout(&execution) };
    stage.put(Traffic::Keep, rollout).await;
    assert_eq!(stage.word(alarm_since(since - chrono::TimeDelta::seconds(2))).await, Word::Reported);
    assert_eq!(stage.word(alarm_since(since)).await, Word::RolledBack);
    assert_eq!(stage.word(sweep()).await, Word::Nothing);
}

#[tokio::test]
async fn promoted_version_is_left_when_what_failed_comes_after_its_stage() {
    let stage = Stage::set().await;
    let execution = stage.start().await;
    stage.promoted(&execution).await;
    for event in [
        approval_failed(&stage, &execution),
        stage_failed(&stage, &execution),
        pipeline_failed(&stage, &execution),
    ] {
        assert_eq!(stage.word(event).await, Word::Nothing);
    }
    assert_eq!(stage.alias().await.version, "2");
    stage.rolled_back(last_stage_failed(&stage, &execution), &execution).await;
    stage.assert_stable().await;
}

#[tokio::test]
async fn version_of_the_release_before_is_taken_back_when_the_next_one_has_acquired() {
    for by in ["alarm", "sweep", "person"] {
        let stage = Stage::set().await;
        let execution = stage.start().await;
        stage.acquired_after_a_promotion(&execution).await;
        assert_eq!(stage.word(stage_failed(&stage, &execution)).await, Word::Nothing);
        assert_eq!(stage.word(sweep()).await, Word::Nothing);
        let event = match by {
            "alarm" => alarm(&stage),
            "sweep" => {
                // Its event was lost.
                stage.fire(aws_sdk_cloudwatch::types::StateValue::Alarm).await;
                sweep()
            }
            _ => by_hand(),
        };
        let outcome = stage.rolled_back(event, &execution).await;
        let versions = (outcome.from_version.as_deref(), outcome.to_version.as_deref());
        assert_eq!(versions, (Some("2"), Some("1")), "{by}: {outcome:?}");
        stage.assert_stable().await;
        stage.assert_told_once(&execution);
        assert!(!stage.waits(&execution), "{by}: the next one would be built on it");
    }
}
