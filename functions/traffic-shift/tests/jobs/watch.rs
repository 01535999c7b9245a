//! Watching the version that has everything.

use crate::stage::{Stage, parameters};
use release::{Rollout, Stand};
use serde_json::json;
use twin::ApiError;

/// One criterion, which needs two metrics.
const ERRORS: &str = r#"[{"name": "errors", "limit": 0.01, "bad": {"namespace": "AWS/Lambda", "metric": "Errors"},
    "total": {"namespace": "AWS/Lambda", "metric": "Invocations"}}]"#;

/// A stage whose execution promoted version 2 so many minutes ago.
async fn promoted(minutes: i64, settings: &[(&str, &str)]) -> (Stage, String) {
    let parameters = parameters("watch", &json!({"candidate": "2", "minutes": 15}));
    let stage = Stage::set(&parameters, settings).await;
    let execution = stage.start();
    let (candidate, stable) = (Some("2".to_owned()), Some("1".to_owned()));
    let whole_since = Some(stage.minutes_ago(minutes));
    let split_since = Some(stage.minutes_ago(minutes + 30));
    let rollout = Rollout { candidate, stable, split_since, whole_since, ..Rollout::of(&execution) };
    stage.point("2", 0.0, Some(&rollout)).await;
    (stage, execution)
}

fn alone(stage: &Stage, minutes_ago: std::ops::RangeInclusive<i64>, errors: u32) {
    minutes_ago.for_each(|ago| stage.invocations("2", ago, 600, errors, 40.0));
}

#[tokio::test]
async fn healthy_when_the_watch_is_over() {
    let (stage, _) = promoted(14, &[]).await;
    alone(&stage, 0..=14, 0);
    stage.invocations("1", 20, 540, 2, 20.0);
    let decided = stage.act(1).await;
    assert!(decided.reason.starts_with("watched 14 of 15 minutes: "), "{}", decided.reason);
    stage.wait_minutes(1);
    assert_eq!(stage.act(2).await.decision, "done");
    for (name, value) in
        [("verdict", "healthy"), ("percent", "100"), ("stableErrorPercent", "0.37"), ("candidateP95Ms", "40")]
    {
        assert_eq!(stage.variable(name), value, "{name}");
    }
}

#[tokio::test]
async fn inconclusive_when_the_watch_is_over_and_nothing_was_seen() {
    let (stage, _) = promoted(15, &[]).await;
    assert_eq!(stage.act(1).await.decision, "done");
    assert_eq!(stage.variable("verdict"), "INCONCLUSIVE");
}

#[tokio::test]
async fn last_good_version_is_deployed_back_when_the_version_errs() {
    let (stage, execution) = promoted(14, &[]).await;
    alone(&stage, 0..=14, 60);
    let decided = stage.act_to_the_end(1).await;
    assert_eq!(decided.decision, "failed", "{}", decided.reason);
    let message = stage.failure().1;
    assert!(message.contains("because errors: the canary is over the limit"), "{message}");
    assert!(message.contains("Now all requests go to version 1"), "{message}");
    let alias = stage.alias().await;
    assert!(matches!(alias.stand(), Stand::RolledBack(rollout, _) if rollout.execution == execution));
    // CodeDeploy knows of the way back.
    assert_eq!(stage.twin.faults().count("codedeploy:CreateDeployment"), 1);
}

#[tokio::test]
async fn last_good_version_is_deployed_back_when_an_alarm_fires() {
    let (stage, _) = promoted(3, &[("GUARD_ALARMS", "guard")]).await;
    stage.put_alarm("guard").await;
    stage.fire("guard").await;
    assert_eq!(stage.act_to_the_end(1).await.decision, "failed");
    assert_eq!(stage.alias().await.version, "1");
    assert!(stage.failure().1.contains("guard alarm guard fires since"), "{}", stage.failure().1);
}

#[tokio::test]
async fn watch_fails_when_the_alias_was_moved_by_hand() {
    let (stage, execution) = promoted(3, &[]).await;
    let rollout = stage.alias().await.rollout;
    stage.point("1", 0.0, rollout.as_ref()).await;
    assert_eq!(stage.act(1).await.decision, "failed");
    assert!(stage.failure().1.contains("changed by hand"), "{execution}: {}", stage.failure().1);
}

#[tokio::test]
async fn nothing_is_watched_when_nothing_was_moved() {
    let (stage, execution) = promoted(3, &[]).await;
    stage.point("2", 0.0, Some(&Rollout::of(&execution))).await;
    assert_eq!(stage.act(1).await.decision, "done");
    assert_eq!(stage.variable("verdict"), "first-release");
}

#[tokio::test]
async fn watch_takes_twice_its_minutes_and_fails_when_nothing_can_be_read() {
    let (stage, _) = promoted(15, &[("CRITERIA", ERRORS)]).await;
    // Requests whose errors nobody counted.
    (-15..=15).for_each(|ago| stage.record("2", ago, "Invocations", 600));
    let decided = stage.act(1).await;
    assert!(decided.reason.starts_with("watched 15 of 30 minutes: "), "{}", decided.reason);
    stage.wait_minutes(15);
    assert_eq!(stage.act(2).await.decision, "failed");
    let (code, message) = stage.failure();
    assert_eq!(code, "JobFailed");
    assert!(message.starts_with("nothing could be read in 30 minutes of watching"), "{message}");
}

#[tokio::test]
async fn watch_is_refused_when_no_minute_would_be_judged() {
    let (stage, _) = promoted(3, &[("SETTLE_MINUTES", "15")]).await;
    assert_eq!(stage.act(1).await.decision, "failed");
    let (code, message) = stage.failure();
    assert_eq!(code, "ConfigurationError");
    assert!(
        message.starts_with("\"minutes\" of watch (15) must be more than SETTLE_MINUTES (15)"),
        "{message}"
    );
}

#[tokio::test]
async fn watch_goes_on_with_a_warning_when_a_guard_alarm_is_deleted() {
    let (stage, _) = promoted(14, &[("GUARD_ALARMS", "guard")]).await;
    alone(&stage, 0..=14, 0);
    let decided = stage.act(1).await;
    let told = " (guard alarms that do not exist: guard)";
    assert!(decided.decision == "continue" && decided.reason.ends_with(told), "{}", decided.reason);
    stage.wait_minutes(1);
    let decided = stage.act(2).await;
    assert!(decided.decision == "done" && decided.reason.ends_with(told), "{}", decided.reason);
}

#[tokio::test]
async fn watch_fails_when_forty_calls_in_a_row_do() {
    let (stage, _) = promoted(14, &[]).await;
    let throttled = ApiError::bad_request("ThrottlingException", "slow down");
    stage.twin.faults().inject("cloudwatch:GetMetricData", usize::MAX, throttled);
    for number in 1..=39 {
        let decided = stage.act(number).await;
        let told = format!("trying again ({number} of 40 failures in a row): ");
        assert!(decided.decision == "continue" && decided.reason.starts_with(&told), "{}", decided.reason);
    }
    assert_eq!(stage.act(40).await.decision, "failed");
}

#[tokio::test]
async fn alias_is_judged_when_lambda_publishes_nothing_by_version() {
    let (stage, _) = promoted(15, &[]).await;
    (0..=15).for_each(|ago| stage.invocations("", ago, 600, 0, 40.0));
    assert_eq!(stage.act(1).await.decision, "done");
    assert_eq!(
        (stage.variable("verdict"), stage.variable("candidateP95Ms")),
        ("healthy".into(), "40".into())
    );
}
