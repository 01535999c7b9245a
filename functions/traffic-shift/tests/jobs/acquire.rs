//! Taking the alias.

use crate::stage::{Stage, parameters};
use release::{BY_HAND, Notice, Previous, Rollout};
use serde_json::json;

async fn stage() -> Stage {
    Stage::set(&parameters("acquire", &json!({})), &[]).await
}

#[tokio::test]
async fn alias_is_taken_when_nobody_has_it() {
    let stage = stage().await;
    let execution = stage.start();
    let decided = stage.act(1).await;
    assert_eq!((decided.decision, stage.alias().await.rollout), ("done", Some(Rollout::of(&execution))));
    assert_eq!((stage.variable("verdict").as_str(), stage.variable("stable").as_str()), ("acquired", "1"));
    assert_eq!((stage.variable("requests").as_str(), stage.variable("report").as_str()), ("unknown", "none"));
}

#[tokio::test]
async fn acquire_waits_for_the_execution_before_and_takes_the_alias_after_it() {
    let stage = stage().await;
    let first = stage.start();
    stage.act(1).await;
    let second = stage.start();
    let decided = stage.act(2).await;
    assert_eq!(decided.decision, "continue");
    assert!(
        decided.reason.starts_with(&format!("waiting: execution {first} is under way")),
        "{}",
        decided.reason
    );
    stage.end(&first).await;
    assert_eq!(stage.act(3).await.decision, "done");
    assert_eq!(stage.alias().await.rollout, Some(Rollout::of(&second)));
}

#[tokio::test]
async fn acquire_waits_while_the_alias_is_split_by_somebody() {
    let stage = stage().await;
    stage.point("1", 10.0, None).await;
    stage.start();
    let decided = stage.act(1).await;
    assert!(decided.reason.starts_with("waiting: the alias is split (10 %"), "{}", decided.reason);
    stage.point("1", 0.0, None).await;
    assert_eq!(stage.act(2).await.decision, "done");
}

#[tokio::test]
async fn alias_is_taken_after_a_rollback_when_people_were_told() {
    let stage = stage().await;
    let mut back = Rollout::of(BY_HAND).taken_back("by hand", stage.now());
    stage.point("1", 0.0, Some(&back)).await;
    stage.start();
    assert!(stage.act(1).await.reason.contains("is being finished"));
    back.rollback.as_mut().unwrap().notice = Some(Notice::Sent);
    stage.point("1", 0.0, Some(&back)).await;
    assert_eq!(stage.act(2).await.decision, "done");
}

#[tokio::test]
async fn alias_is_taken_after_a_rollback_of_which_nobody_can_be_told() {
    let stage = stage().await;
    let (candidate, stable) = (Some("2".to_owned()), Some("1".to_owned()));
    let back = Rollout { candidate, stable, ..Rollout::of(BY_HAND) }.taken_back("by hand", stage.now());
    stage.point("1", 0.0, Some(&back)).await;
    let execution = stage.start();
    stage.wait_minutes(29);
    assert!(stage.act(1).await.reason.contains("is being finished"));
    stage.wait_minutes(1);
    assert_eq!(stage.act(2).await.decision, "done");
    assert_eq!(stage.alias().await.rollout, Some(Rollout::of(&execution)));
}

#[tokio::test]
async fn way_back_of_the_version_that_customers_have_is_kept() {
    let stage = stage().await;
    let whole_since = stage.minutes_ago(60);
    let promoted = Rollout {
        candidate: Some("2".to_owned()),
        stable: Some("1".to_owned()),
        whole_since: Some(whole_since),
        ..Rollout::of("11111111-2222-4333-8444-555555555555")
    };
    stage.point("2", 0.0, Some(&promoted)).await;
    let first = stage.start();
    assert_eq!(stage.act(1).await.decision, "done");
    let previous = Some(Previous { candidate: "2".to_owned(), stable: "1".to_owned(), whole_since });
    let taken = |execution: &str| Some(Rollout { previous: previous.clone(), ..Rollout::of(execution) });
    assert_eq!(stage.alias().await.rollout, taken(&first));
    stage.end(&first).await;
    // The next release has it from one that shifted nothing.
    let second = stage.start();
    assert_eq!(stage.act(2).await.decision, "done");
    assert_eq!(stage.alias().await.rollout, taken(&second));
}

#[tokio::test]
async fn unknown_execution_is_over() {
    let stage = stage().await;
    let gone = Rollout::of("11111111-2222-4333-8444-555555555555");
    stage.point("1", 0.0, Some(&gone)).await;
    stage.start();
    assert_eq!(stage.act(1).await.decision, "done");
}

#[tokio::test]
async fn alias_stays_ours_when_the_same_job_comes_again() {
    let stage = stage().await;
    let execution = stage.start();
    let event = stage.job(1).await;
    stage.answer(event.clone()).await.unwrap();
    // As if a shift had begun meanwhile.
    let rollout = Rollout { candidate: Some("2".to_owned()), ..Rollout::of(&execution) };
    stage.point("1", 10.0, Some(&rollout)).await;
    let again = stage.answer(event).await.unwrap();
    assert_eq!((again.decision, stage.alias().await.rollout), ("done", Some(rollout)));
}

#[tokio::test]
async fn rolled_back_execution_does_not_come_back() {
    let stage = stage().await;
    let execution = stage.start();
    let back = Rollout::of(&execution).taken_back("by hand", stage.now());
    stage.point("1", 0.0, Some(&back)).await;
    assert_eq!(stage.act(1).await.decision, "failed");
    let (code, message) = stage.failure();
    assert_eq!(code, "JobFailed");
    assert!(message.contains("start a new release"), "{message}");
}
