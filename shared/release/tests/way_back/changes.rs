//! Changing the alias, starting the last step, claiming the notice.

use crate::stage::{EXECUTION, SILENT, Stage, ten_percent};
use chrono::TimeDelta;
use release::{Begun, Change, Claim, Notice, Promotion, ReleaseError, Rollout, Started, Traffic, Which};
use twin::{ApiError, Strike, StrikeKind};

#[tokio::test]
async fn change_is_decided_again_when_somebody_was_faster() {
    let stage = Stage::set().await;
    let stale = ApiError { code: "PreconditionFailedException", status: 412, message: "stale".to_owned() };
    stage.twin.faults().inject("lambda:UpdateAlias", 1, stale);
    let mut asked = 0;
    let change = Change { traffic: ten_percent(), rollout: Rollout::of(EXECUTION) };
    let after = stage.live.change(|_| {
        asked += 1;
        Some(change.clone())
    });
    let after = after.await.unwrap();
    assert_eq!((asked, after.split.unwrap().canary), (2, "2".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn change_is_decided_again_when_the_alias_was_changed_after_it_was_read() {
    let stage = Stage::set().await;
    let own = Change { traffic: ten_percent(), rollout: Rollout::of(EXECUTION) };
    let others = Change { traffic: Traffic::Whole("2".to_owned()), rollout: Rollout::of("e-2") };
    let mut seen = Vec::new();
    let change = stage.live.change(|alias| {
        if seen.is_empty() {
            let between = stage.live.change(|_| Some(others.clone()));
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(between)).unwrap();
        }
        seen.push(alias.version.clone());
        // Somebody else's rollout is left alone.
        alias.rollout.is_none().then(|| own.clone())
    });
    let after = change.await.unwrap();
    assert_eq!(after.rollout.unwrap().execution, "e-2");
    assert_eq!(seen, ["1", "2"]);
}

#[tokio::test]
async fn change_is_given_up_when_others_are_always_faster() {
    let stage = Stage::set().await;
    let stale = ApiError { code: "PreconditionFailedException", status: 412, message: "stale".to_owned() };
    stage.twin.faults().inject("lambda:UpdateAlias", 100, stale);
    let change = Change { traffic: ten_percent(), rollout: Rollout::of(EXECUTION) };
    let error = stage.live.change(|_| Some(change.clone())).await.unwrap_err();
    assert!(matches!(error, ReleaseError::Contended(..)), "{error}");
}

#[tokio::test]
async fn change_succeeds_when_only_its_answer_was_lost() {
    let stage = Stage::set().await;
    let (callers, kind) = (vec!["operator".to_owned()], StrikeKind::AnswerLost);
    stage.twin.faults().strike(Strike { callers, call_number: 2, kind });
    let change = Change { traffic: ten_percent(), rollout: Rollout::of(EXECUTION) };
    stage.live.change(|_| Some(change.clone())).await.unwrap();
    assert_eq!(stage.twin.faults().struck().unwrap().operation, "lambda:UpdateAlias");
}

#[tokio::test]
async fn description_changes_and_traffic_stays_when_codedeploy_moves_the_alias() {
    let stage = Stage::set().await;
    stage.rollout(ten_percent()).await;
    let keep = Change { traffic: Traffic::Keep, rollout: Rollout::of("e-2") };
    let after = stage.live.change(|_| Some(keep.clone())).await.unwrap();
    assert_eq!(
        (after.split.unwrap().canary, after.rollout.unwrap().execution),
        ("2".to_owned(), "e-2".to_owned())
    );
}

#[tokio::test]
async fn promotion_is_found_again_when_the_answer_to_its_start_was_lost() {
    let stage = Stage::set().await;
    let (callers, kind) = (vec!["operator".to_owned()], StrikeKind::AnswerLost);
    stage.twin.faults().strike(Strike { callers, call_number: 2, kind });
    let started = stage.live.promote(&stage.promotion(Some(SILENT)), stage.now()).await.unwrap();
    assert_eq!(stage.twin.faults().struck().unwrap().operation, "codedeploy:CreateDeployment");
    let running = stage.live.deployments(Which::Running).await.unwrap();
    assert_eq!(started, Started::As(running.first().unwrap().id.clone()));
    let other = Promotion { execution: "e-2".to_owned(), ..stage.promotion(None) };
    let busy = stage.live.promote(&other, stage.now()).await.unwrap();
    assert_eq!(busy, Started::Busy(running.first().unwrap().id.clone()));
}

#[tokio::test]
async fn notice_is_claimed_once_until_the_claim_is_old_or_it_was_sent() {
    let stage = Stage::set().await;
    stage.rollout(ten_percent()).await;
    stage.begin().await;
    let now = stage.now();
    let claim = |at| stage.live.claim_notice(EXECUTION, at);
    // In the same second both would write the very same.
    let (first, second) = tokio::join!(claim(now), claim(now));
    let ours = [first.unwrap(), second.unwrap()].into_iter().filter(|claim| *claim == Claim::Ours).count();
    assert_eq!(ours, 1);
    assert!(matches!(claim(now + TimeDelta::seconds(30)).await.unwrap(), Claim::Theirs(_)));
    assert_eq!(claim(now + TimeDelta::seconds(90)).await.unwrap(), Claim::Ours);
    stage.live.notice_sent(EXECUTION).await.unwrap();
    assert_eq!(claim(now + TimeDelta::hours(1)).await.unwrap(), Claim::Sent);
    let rollout = stage.live.alias().await.unwrap().rollout.unwrap();
    assert_eq!(rollout.rollback.unwrap().notice, Some(Notice::Sent));
}

#[tokio::test]
async fn rollout_stays_when_the_rollback_is_anothers() {
    let stage = Stage::set().await;
    stage.rollout(ten_percent()).await;
    let begun = stage.live.begin_rollback(Some("e-2"), "x", false, stage.now()).await.unwrap();
    assert_eq!(begun, Begun::Nothing);
    assert!(stage.live.alias().await.unwrap().split.is_some());
}
