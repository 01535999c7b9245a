//! A person asks for a rollback, in each state.

use crate::events::{alarm, by_hand, sweep};
use crate::rollouts::tenth;
use crate::stage::Stage;
use alarm_rollback::Word;
use release::{Rollout, Traffic};

#[tokio::test]
async fn nothing_is_done_when_nobody_rolls_out() {
    let stage = Stage::set().await;
    let outcome = stage.deliver(by_hand()).await;
    assert_eq!(outcome.outcome, Word::Nothing);
    assert_eq!(outcome.reason, "there is nothing to take back: all requests go to version 1");
    let text = serde_json::to_string(&outcome).unwrap();
    assert_eq!(
        text,
        r#"{"outcome":"nothing","alias":"manuel-prod-backend:live","reason":"there is nothing to take back: all requests go to version 1"}"#
    );
}

#[tokio::test]
async fn release_is_cancelled_when_it_has_no_traffic_yet() {
    let stage = Stage::set().await;
    let execution = stage.start().await;
    stage.put(Traffic::Keep, Rollout::of(&execution)).await;
    assert_eq!(stage.word(alarm(&stage)).await, Word::Reported);
    assert_eq!(stage.word(by_hand()).await, Word::Cancelled);
    assert!(!stage.waits(&execution), "its approval is withdrawn");
    assert!(stage.told(&execution).is_empty(), "nothing was rolled back");
    assert_eq!(stage.notices(&execution)[0].0, "Release cancelled: manuel-prod-backend:live");
    assert_eq!(stage.word(by_hand()).await, Word::Nothing);
    assert_eq!(stage.notices(&execution).len(), 1);
}

#[tokio::test]
async fn split_is_reset_when_a_person_asks() {
    let stage = Stage::set().await;
    let execution = stage.start().await;
    stage.split(&execution).await;
    let outcome = stage.deliver(by_hand()).await;
    assert_eq!(
        (outcome.outcome, outcome.reason.as_str()),
        (Word::RolledBack, "by hand: customers report wrong answers")
    );
    stage.assert_stable().await;
    stage.assert_told_once(&execution);
    let again = stage.deliver(by_hand()).await;
    assert_eq!(again.reason, "rolled back before: all requests go to version 1");
}

#[tokio::test]
async fn promotion_and_promoted_version_are_taken_back_when_a_person_asks() {
    let stage = Stage::set().await;
    let execution = stage.start().await;
    stage.promoting(&execution).await;
    stage.rolled_back(by_hand(), &execution).await;
    stage.assert_stable().await;
    stage.assert_told_once(&execution);
    let next = stage.start().await;
    stage.promoted(&next).await;
    // Long after the window.
    stage.later(1_000_000);
    stage.rolled_back(by_hand(), &next).await;
    stage.assert_stable().await;
    stage.assert_told_once(&next);
}

#[tokio::test]
async fn unfinished_rollback_is_finished_when_a_person_asks_again() {
    let stage = Stage::set().await;
    let execution = stage.start().await;
    stage.split(&execution).await;
    stage.live.begin_rollback(Some(&execution), "breach", false, stage.now()).await.unwrap();
    assert_eq!(stage.word(by_hand()).await, Word::RolledBack);
    stage.assert_told_once(&execution);
    assert_eq!(stage.told(&execution)[0]["why"], "breach");
}

#[tokio::test]
async fn split_that_nobody_rolls_out_is_reset_when_a_person_asks_and_only_then() {
    let stage = Stage::set().await;
    stage.split_by_hand().await;
    assert_eq!(stage.word(alarm(&stage)).await, Word::Reported);
    assert_eq!(stage.word(sweep()).await, Word::Nothing);
    assert_eq!(stage.alias().await.split.unwrap().canary, "2");
    assert_eq!(stage.word(by_hand()).await, Word::RolledBack);
    stage.assert_stable().await;
    stage.assert_told_once("by hand");
    let event = stage.told("by hand").remove(0);
    assert_eq!(
        (event["servedSince"].clone(), &event["id"]),
        (serde_json::Value::Null, &"by hand/2/1".into())
    );
}

#[tokio::test]
async fn later_split_is_another_ones_when_a_rollback_was_told() {
    let stage = Stage::set().await;
    let execution = stage.start().await;
    stage.split(&execution).await;
    stage.deliver(by_hand()).await;
    let told = stage.alias().await.rollout.unwrap();
    stage.put(tenth(), told).await;
    assert_eq!(stage.word(sweep()).await, Word::Nothing);
    assert_eq!(stage.word(alarm(&stage)).await, Word::Reported);
    assert_eq!(stage.word(by_hand()).await, Word::RolledBack);
    stage.assert_stable().await;
}

#[tokio::test]
async fn error_names_the_field_when_the_request_is_wrong() {
    let stage = Stage::set().await;
    let error = stage.tried(serde_json::json!({"action": "rollback", "reason": ""})).await.unwrap_err();
    let error = lambda_runtime::Diagnostic::from(error);
    assert_eq!(error.error_type, "AlarmRollbackEvent");
    assert!(error.error_message.contains("reason: must have 1 to 500 characters"), "{}", error.error_message);
}
