//! Giving a share, and baking.

use crate::stage::{Stage, parameters};
use chrono::{DateTime, Utc};
use release::{Previous, Rollout};
use serde_json::{Value, json};
use twin::ApiError;

const ALARM: (&str, &str) = ("GUARD_ALARMS", "guard");

pub(crate) fn step(step: u8, more: &Value) -> Value {
    let mut fields =
        json!({"candidate": "2", "step": step, "percent": 10, "bakeMinutes": 10, "maxBakeMinutes": 20});
    fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    parameters("shift", &fields)
}

pub(crate) fn shifting(execution: &str, since: DateTime<Utc>) -> Rollout {
    let (candidate, stable) = (Some("2".to_owned()), Some("1".to_owned()));
    Rollout { step: Some(1), candidate, stable, split_since: Some(since), ..Rollout::of(execution) }
}

/// A stage whose execution has the alias.
pub(crate) async fn acquired(parameters: &Value, settings: &[(&str, &str)]) -> (Stage, String) {
    let stage = Stage::set(parameters, settings).await;
    let execution = stage.start();
    stage.point("1", 0.0, Some(&Rollout::of(&execution))).await;
    (stage, execution)
}

/// A stage whose execution shifted ten percent so many minutes ago.
async fn shifted(minutes: i64, settings: &[(&str, &str)]) -> (Stage, String) {
    let (stage, execution) = acquired(&step(1, &json!({})), settings).await;
    stage.point("1", 10.0, Some(&shifting(&execution, stage.minutes_ago(minutes)))).await;
    (stage, execution)
}

async fn refused(stage: &Stage, code: &str, told: &[&str]) {
    let moves = stage.moves();
    let decided = stage.act(1).await;
    assert_eq!((decided.decision, stage.moves()), ("failed", moves), "{}", decided.reason);
    let failure = stage.failure();
    assert_eq!(failure.0, code, "{}", failure.1);
    for part in told {
        assert!(failure.1.contains(part), "{part}: {}", failure.1);
    }
}

#[tokio::test]
async fn weights_are_set_when_everything_is_well() {
    let (stage, execution) = acquired(&step(1, &json!({})), &[ALARM]).await;
    stage.put_alarm("guard").await;
    let decided = stage.act(1).await;
    assert_eq!(decided.decision, "continue", "{}", decided.reason);
    let alias = stage.alias().await;
    let (split, rollout) = (alias.split.unwrap(), alias.rollout.unwrap());
    assert_eq!((split.stable.as_str(), split.canary.as_str()), ("1", "2"));
    assert!((split.canary_percent - 10.0).abs() < 1e-9);
    assert_eq!((rollout.execution, rollout.step), (execution, Some(1)));
    assert!(stage.now() - rollout.split_since.unwrap() < chrono::TimeDelta::minutes(1));
    // The next call bakes.
    assert!(stage.act(2).await.reason.starts_with("bake 0 of 10 minutes: no minute has settled yet"));
}

#[tokio::test]
async fn release_has_its_own_way_back_when_it_shifts() {
    let (stage, execution) = acquired(&step(1, &json!({})), &[]).await;
    let (candidate, stable) = ("1".to_owned(), "0".to_owned());
    let previous = Some(Previous { candidate, stable, whole_since: stage.minutes_ago(60) });
    stage.point("1", 0.0, Some(&Rollout { previous, ..Rollout::of(&execution) })).await;
    assert!(stage.act(1).await.reason.starts_with("step 1 begun: 10 %"));
    let rollout = stage.alias().await.rollout.unwrap();
    assert_eq!((rollout.previous, rollout.stable.as_deref()), (None, Some("1")));
}

#[tokio::test]
async fn weights_are_set_once_when_the_same_job_comes_again_or_an_answer_is_lost() {
    let (stage, _) = acquired(&step(1, &json!({})), &[]).await;
    let event = stage.job(1).await;
    let denied = ApiError::bad_request("ThrottlingException", "slow down");
    stage.twin.faults().inject("codepipeline:PutJobSuccessResult", 1, denied);
    assert!(stage.answer(event.clone()).await.is_err());
    let moves = stage.moves();
    for _ in 0..2 {
        assert_eq!(stage.answer(event.clone()).await.unwrap().decision, "continue");
    }
    assert_eq!(stage.moves(), moves);
}

#[tokio::test]
async fn alias_is_read_again_when_somebody_was_faster() {
    let (stage, _) = acquired(&step(1, &json!({})), &[]).await;
    let outrun = ApiError { status: 412, ..ApiError::bad_request("PreconditionFailedException", "changed") };
    stage.twin.faults().inject("lambda:UpdateAlias", 1, outrun);
    assert!(stage.act(1).await.reason.starts_with("step 1 begun: 10 %"));
}

#[tokio::test]
async fn shift_is_refused_when_the_alias_is_not_acquired_or_another_ones() {
    let stage = Stage::set(&step(1, &json!({})), &[]).await;
    stage.start();
    refused(&stage, "JobFailed", &["acquire first"]).await;
    let stage = Stage::set(&step(1, &json!({})), &[]).await;
    stage.start();
    stage.point("1", 0.0, Some(&Rollout::of("e-9"))).await;
    refused(&stage, "JobFailed", &["taken by execution e-9"]).await;
}

#[tokio::test]
async fn shift_is_refused_when_the_steps_are_out_of_order() {
    let (stage, _) = acquired(&step(2, &json!({})), &[]).await;
    refused(&stage, "ConfigurationError", &["step 1 comes before step 2"]).await;
}

#[tokio::test]
async fn every_problem_is_told_at_once() {
    let settings = [("GUARD_ALARMS", "guard,missing")];
    let (stage, execution) = acquired(&step(1, &json!({"candidate": "3"})), &settings).await;
    stage.publish("3", Some("arn:aws:iam::123456789012:role/other")).await;
    stage.put_alarm("guard").await;
    stage.fire("guard").await;
    stage.point("1", 10.0, Some(&Rollout::of(&execution))).await;
    let told =
        ["alarm guard fires: as the test says", "alarm missing does not exist", "different roles", "by hand"];
    refused(&stage, "ConfigurationError", &told).await;
    let (stage, _) = acquired(&step(1, &json!({"candidate": "9"})), &[]).await;
    refused(&stage, "JobFailed", &["version 9 does not exist"]).await;
}

#[tokio::test]
async fn hotfix_shifts_when_an_alarm_fires_already_and_is_not_taken_back_for_it() {
    let (stage, _) = acquired(&step(1, &json!({"hotfix": "true"})), &[ALARM]).await;
    stage.put_alarm("guard").await;
    stage.fire("guard").await;
    // Dates in the alias are whole seconds.
    stage.wait_minutes(1);
    let decided = stage.act(1).await;
    assert!(decided.reason.contains("firing already, excused: guard"), "{}", decided.reason);
    stage.wait_minutes(20);
    assert_eq!(stage.act(2).await.decision, "done");
    assert_eq!(
        (stage.variable("verdict").as_str(), stage.variable("firingAlarms").as_str()),
        ("INCONCLUSIVE", "guard")
    );
}

#[tokio::test]
async fn nothing_is_shifted_when_the_version_has_everything_or_the_step_is_done() {
    let (stage, execution) = acquired(&step(1, &json!({})), &[]).await;
    stage.point("2", 0.0, Some(&Rollout::of(&execution))).await;
    assert_eq!(stage.act(1).await.decision, "done");
    assert_eq!(stage.variable("verdict"), "first-release");
    let (stage, execution) = acquired(&step(1, &json!({})), &[]).await;
    let later = Rollout { step: Some(2), ..shifting(&execution, stage.minutes_ago(30)) };
    stage.point("1", 50.0, Some(&later)).await;
    assert_eq!(stage.act(1).await.decision, "done");
    assert_eq!((stage.variable("verdict").as_str(), stage.variable("stable").as_str()), ("done-before", "1"));
}

#[tokio::test]
async fn healthy_with_all_numbers_when_the_bake_is_over() {
    let report = ("REPORT_URL", "https://example.org/report");
    let (stage, _) = shifted(13, &[ALARM, report]).await;
    stage.put_alarm("guard").await;
    stage.traffic(3..=13, 0);
    assert_eq!(stage.act(1).await.decision, "done");
    for (name, value) in [
        ("verdict", "healthy"),
        ("candidate", "2"),
        ("stable", "1"),
        ("percent", "10"),
        ("minutes", "11"),
        ("requests", "660"),
        ("candidateErrorPercent", "0.00"),
        ("stableErrorPercent", "0.00"),
        ("candidateP95Ms", "40"),
        ("stableP95Ms", "20"),
        ("candidateCostPerMillion", "0.87"),
        ("stableCostPerMillion", "0.53"),
        ("report", "https://example.org/report"),
        ("firingAlarms", "none"),
        ("evidence", "errors 0 %, slow 0 % of a breach's evidence"),
    ] {
        assert_eq!(stage.variable(name), value, "{name}");
    }
    assert_eq!(stage.action().0, "Succeeded");
}

#[tokio::test]
async fn numbers_are_unknown_when_they_cannot_be_read() {
    let (stage, _) = shifted(13, &[]).await;
    stage.traffic(3..=13, 0);
    let denied = ApiError::bad_request("AccessDeniedException", "not authorized");
    stage.twin.faults().inject("lambda:GetFunctionConfiguration", usize::MAX, denied);
    assert_eq!(stage.act(1).await.decision, "done");
    assert_eq!(
        (stage.variable("candidateP95Ms"), stage.variable("candidateCostPerMillion")),
        ("40".into(), "unknown".into())
    );
}

#[tokio::test]
async fn bake_goes_on_until_its_cap_while_there_is_no_verdict() {
    let (stage, _) = shifted(13, &[]).await;
    let decided = stage.act(1).await;
    assert!(
        decided.reason.starts_with("bake 13 of 20 minutes at most, for want of a verdict"),
        "{}",
        decided.reason
    );
    stage.wait_minutes(7);
    assert_eq!(stage.act(2).await.decision, "done");
    assert_eq!(stage.variable("verdict"), "INCONCLUSIVE");
    assert!(stage.variable("reason").contains("too few requests"), "{}", stage.variable("reason"));
}

#[tokio::test]
async fn weights_go_back_and_the_action_fails_when_the_new_version_errs() {
    let (stage, execution) = shifted(13, &[]).await;
    stage.traffic(3..=13, 6);
    assert_eq!(stage.act(1).await.decision, "failed");
    let (code, message) = stage.failure();
    assert_eq!(code, "JobFailed");
    assert!(message.contains("because errors: the canary"), "{message}");
    assert!(message.contains("Now all requests go to version 1; start a new release"), "{message}");
    let alias = stage.alias().await;
    let mark =
        alias.rollout.clone().filter(|rollout| rollout.execution == execution).unwrap().rollback.unwrap();
    assert_eq!((alias.split, alias.version.as_str(), mark.notice), (None, "1", None));
    assert_eq!(mark.why, "breach: errors 66/660");
}

#[tokio::test]
async fn weights_go_back_when_an_alarm_fires_since_the_split() {
    let (stage, _) = shifted(13, &[ALARM]).await;
    stage.put_alarm("guard").await;
    stage.fire("guard").await;
    assert_eq!(stage.act(1).await.decision, "failed");
    assert!(stage.failure().1.contains("guard alarm guard fires since"), "{}", stage.failure().1);
    assert_eq!(stage.alias().await.split, None);
}

#[tokio::test]
async fn bake_fails_when_the_alias_is_changed_by_hand_in_its_middle() {
    let (stage, execution) = shifted(5, &[]).await;
    assert_eq!(stage.act(1).await.decision, "continue");
    stage.point("1", 50.0, Some(&shifting(&execution, stage.minutes_ago(5)))).await;
    assert_eq!(stage.act(2).await.decision, "failed");
    let told = stage.failure().1;
    assert!(told.contains("found that 50 %") && told.contains("expected 10 %"), "{told}");
}

#[tokio::test]
async fn action_fails_when_the_release_was_taken_back_elsewhere() {
    let (stage, execution) = shifted(5, &[]).await;
    stage
        .point(
            "1",
            10.0,
            Some(&shifting(&execution, stage.minutes_ago(5)).taken_back("by hand", stage.now())),
        )
        .await;
    assert_eq!(stage.act(1).await.decision, "failed");
    assert!(
        stage.failure().1.contains("because by hand. Now all requests go to version 1"),
        "{}",
        stage.failure().1
    );
}

#[tokio::test]
async fn bake_fails_when_a_guard_alarm_is_deleted() {
    let (stage, _) = shifted(13, &[ALARM]).await;
    stage.traffic(3..=13, 0);
    assert_eq!(stage.act(1).await.decision, "failed");
    let (code, message) = stage.failure();
    assert_eq!(code, "ConfigurationError");
    assert!(message.starts_with("guard alarms that do not exist: guard;"), "{message}");
}
