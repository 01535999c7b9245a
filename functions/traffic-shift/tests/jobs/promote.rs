//! The last step by CodeDeploy.

use crate::between::Between;
use crate::stage::{HOOK, Stage, parameters};
use release::{Notice, Previous, Rollout, Stand};
use serde_json::{Value, json};
use twin::ApiError;

const CONFIGURATION: &str = "CodeDeployDefault.LambdaAllAtOnce";

fn promote(more: &Value) -> Value {
    let mut fields = json!({"candidate": "2", "deploymentConfig": CONFIGURATION});
    fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    parameters("promote", &fields)
}

/// A stage whose execution shifted half of the requests, with a hook that says this after the last step.
async fn shifted(hook: &'static str, more: &Value, settings: &[(&str, &str)]) -> (Stage, String) {
    let stage = Stage::set(&promote(more), &[settings, &[("POST_TRAFFIC_HOOK", HOOK)]].concat()).await;
    stage.host_hook(hook);
    let execution = stage.start();
    let (candidate, stable) = (Some("2".to_owned()), Some("1".to_owned()));
    let split_since = Some(stage.minutes_ago(30));
    let rollout = Rollout { step: Some(2), candidate, stable, split_since, ..Rollout::of(&execution) };
    stage.point("1", 50.0, Some(&rollout)).await;
    (stage, execution)
}

fn deployments(stage: &Stage) -> usize {
    stage.twin.faults().count("codedeploy:CreateDeployment")
}

#[tokio::test]
async fn version_has_everything_when_codedeploy_succeeds() {
    let (stage, _) = shifted("Succeeded", &json!({}), &[]).await;
    let decided = stage.act_to_the_end(1).await;
    assert_eq!(decided.decision, "done", "{}", decided.reason);
    let alias = stage.alias().await;
    let Stand::Promoted(rollout) = alias.stand() else { panic!("{alias:?}") };
    assert_eq!((alias.version.as_str(), &alias.split, rollout.promoting_since), ("2", &None, None));
    assert!(stage.now() - rollout.whole_since.unwrap() < chrono::TimeDelta::minutes(1));
    assert_eq!((stage.variable("verdict").as_str(), stage.variable("percent").as_str()), ("promoted", "100"));
    assert_eq!(deployments(&stage), 1);
}

#[tokio::test]
async fn last_good_version_is_back_when_codedeploy_fails() {
    let (stage, _) = shifted("Failed", &json!({}), &[]).await;
    let decided = stage.act_to_the_end(1).await;
    assert_eq!(decided.decision, "failed");
    let (code, message) = stage.failure();
    assert_eq!(code, "JobFailed");
    assert!(message.contains("failed: HOOK_EXECUTION_FAILURE"), "{message}");
    assert!(message.contains("Now all requests go to version 1"), "{message}");
    let alias = stage.alias().await;
    assert!(matches!(alias.stand(), Stand::RolledBack(..)), "{alias:?}");
    assert_eq!(alias.version, "1");
}

#[tokio::test]
async fn one_deployment_is_made_when_the_same_job_comes_again() {
    let (stage, _) = shifted("Succeeded", &json!({}), &[]).await;
    let event = stage.job(1).await;
    for _ in 0..3 {
        stage.answer(event.clone()).await.unwrap();
    }
    assert_eq!(deployments(&stage), 1);
}

#[tokio::test]
async fn alias_is_taken_without_acquire_when_nobodys_release_is_under_way() {
    let stage = Stage::set(&promote(&json!({})), &[]).await;
    let mut told = Rollout::of("e-9").taken_back("x", stage.now());
    told.rollback.as_mut().unwrap().notice = Some(Notice::Sent);
    stage.point("1", 0.0, Some(&told)).await;
    let execution = stage.start();
    assert_eq!(stage.act_to_the_end(1).await.decision, "done");
    assert_eq!(
        (stage.alias().await.version, stage.alias().await.rollout.unwrap().execution),
        ("2".to_owned(), execution)
    );
}

#[tokio::test]
async fn nothing_is_promoted_when_the_version_has_everything_or_was_promoted() {
    let stage = Stage::set(&promote(&json!({})), &[]).await;
    stage.point("2", 0.0, None).await;
    stage.start();
    assert_eq!(stage.act(1).await.decision, "done");
    assert_eq!((stage.variable("verdict").as_str(), deployments(&stage)), ("first-release", 0));
    let stage = Stage::set(&promote(&json!({})), &[]).await;
    // What another release left is not this one's last good version.
    let (stable, whole_since) = (Some("1".to_owned()), Some(stage.now()));
    stage.point("2", 0.0, Some(&Rollout { stable, whole_since, ..Rollout::of("e-9") })).await;
    stage.start();
    assert_eq!(stage.act(1).await.decision, "done");
    assert_eq!(
        (stage.variable("verdict").as_str(), stage.variable("stable").as_str()),
        ("first-release", "2")
    );
    let (stage, execution) = shifted("Succeeded", &json!({}), &[]).await;
    let (candidate, whole_since) = (Some("2".to_owned()), Some(stage.now()));
    let rollout = Rollout { candidate, whole_since, ..Rollout::of(&execution) };
    stage.point("2", 0.0, Some(&rollout)).await;
    assert_eq!(stage.act(1).await.decision, "done");
    assert_eq!((stage.variable("verdict").as_str(), deployments(&stage)), ("done-before", 0));
}

#[tokio::test]
async fn promote_is_refused_when_the_alias_was_changed_or_an_alarm_fires() {
    let (stage, execution) = shifted("Succeeded", &json!({}), &[("GUARD_ALARMS", "guard")]).await;
    stage.put_alarm("guard").await;
    stage.fire("guard").await;
    let (candidate, stable) = (Some("2".to_owned()), Some("1".to_owned()));
    let rollout = Rollout { step: Some(2), candidate, stable, ..Rollout::of(&execution) };
    stage.point("1", 0.0, Some(&rollout)).await;
    assert_eq!(stage.act(1).await.decision, "failed");
    let told = stage.failure().1;
    assert!(told.contains("changed by hand") && told.contains("guard alarm guard fires"), "{told}");
    assert_eq!(deployments(&stage), 0);
}

#[tokio::test]
async fn hotfix_is_promoted_when_an_alarm_fires_already() {
    let (stage, execution) =
        shifted("Succeeded", &json!({"hotfix": "true"}), &[("GUARD_ALARMS", "guard")]).await;
    stage.put_alarm("guard").await;
    stage.fire("guard").await;
    stage.point("1", 0.0, Some(&Rollout::of(&execution))).await;
    // Dates in the alias are whole seconds.
    stage.wait_minutes(1);
    assert_eq!(stage.act_to_the_end(1).await.decision, "done");
    assert_eq!(stage.variable("firingAlarms"), "guard");
}

#[tokio::test]
async fn promotion_is_stopped_when_the_release_was_taken_back_in_its_first_moment() {
    let mut stage = Stage::set(&promote(&json!({})), &[]).await;
    let execution = stage.start();
    let (candidate, stable) = (Some("2".to_owned()), Some("1".to_owned()));
    let promoting_since = Some(stage.now());
    let rollout = Rollout { candidate, stable, promoting_since, ..Rollout::of(&execution) };
    stage.point("1", 0.0, Some(&rollout)).await;
    let between = Between::before("CodeDeploy_20141006.GetDeployment", &stage.twin.endpoint()).await;
    stage.route(between.endpoint.clone());
    let taken_back = async {
        stage.point("1", 0.0, Some(&rollout.taken_back("by hand", stage.now()))).await;
        // CodeDeploy does not list the deployment yet, here in the plainest way.
        let unlisted = ApiError::bad_request("ThrottlingException", "slow down");
        stage.twin.faults().inject("codedeploy:ListDeployments", usize::MAX, unlisted);
    };
    let (decided, ()) = tokio::join!(stage.act(1), between.meanwhile(taken_back));
    assert_eq!(decided.decision, "continue", "{}", decided.reason);
    assert_eq!((deployments(&stage), stage.twin.faults().count("codedeploy:StopDeployment")), (1, 1));
}

#[tokio::test]
async fn release_is_taken_back_before_its_last_step_when_the_split_went_bad_since_its_bake() {
    let (stage, _) = shifted("Succeeded", &json!({}), &[("GUARD_ALARMS", "missing")]).await;
    stage.traffic(3..=30, 6);
    assert_eq!(stage.act(1).await.decision, "failed");
    let (code, message) = stage.failure();
    // The alarm that does not exist is told by nobody: going back comes first.
    assert_eq!((code.as_str(), deployments(&stage)), ("JobFailed", 0));
    assert!(message.contains("because errors: the canary"), "{message}");
    let alias = stage.alias().await;
    assert!(matches!(alias.stand(), Stand::RolledBack(..)), "{alias:?}");
    assert_eq!((alias.version.as_str(), &alias.split), ("1", &None));
}

#[tokio::test]
async fn older_version_is_not_promoted() {
    let stage = Stage::set(&promote(&json!({"candidate": "1"})), &[]).await;
    let execution = stage.start();
    stage.point("2", 0.0, Some(&Rollout::of(&execution))).await;
    assert_eq!(stage.act(1).await.decision, "failed");
    let told = "version 1 is older than version 2, which customers have; to go back invoke alarm-rollback (docs/runbook.md)";
    assert_eq!(stage.failure(), ("JobFailed".to_owned(), told.to_owned()));
    assert_eq!(deployments(&stage), 0);
}

#[tokio::test]
async fn release_has_its_own_way_back_when_it_promotes() {
    let stage = Stage::set(&promote(&json!({})), &[]).await;
    let execution = stage.start();
    let (candidate, stable) = ("1".to_owned(), "0".to_owned());
    let previous = Some(Previous { candidate, stable, whole_since: stage.minutes_ago(60) });
    stage.point("1", 0.0, Some(&Rollout { previous, ..Rollout::of(&execution) })).await;
    assert_eq!(stage.act_to_the_end(1).await.decision, "done");
    let rollout = stage.alias().await.rollout.unwrap();
    assert_eq!((rollout.previous, rollout.stable.as_deref()), (None, Some("1")));
}
