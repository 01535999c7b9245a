use super::*;
use crate::Split;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_428_900 + seconds, 0).unwrap()
}

fn shifting() -> Rollout {
    Rollout {
        step: Some(1),
        candidate: Some("7".to_owned()),
        stable: Some("6".to_owned()),
        split_since: Some(at(0)),
        ..Rollout::of("e-1")
    }
}

fn alias(rollout: Option<Rollout>, canary: Option<&str>) -> LiveAlias {
    let split = canary.map(|canary| Split {
        stable: "6".to_owned(),
        canary: canary.to_owned(),
        canary_percent: 10.0,
    });
    LiveAlias { version: "6".to_owned(), split, rollout, revision: None }
}

fn begin(alias: &LiveAlias, execution: Option<&str>, codedeploy_runs: bool) -> Option<Change> {
    taken_back(alias, execution, "breach", codedeploy_runs, at(60))
}

#[test]
fn weights_are_reset_at_once_when_the_rollout_split_the_alias() {
    let change = begin(&alias(Some(shifting()), Some("7")), Some("e-1"), false).unwrap();
    assert_eq!(change.traffic, Traffic::Whole("6".to_owned()));
    let mark = change.rollout.rollback.unwrap();
    assert_eq!((mark.at, mark.why.as_str(), mark.promoted), (at(60), "breach", false));
}

#[test]
fn traffic_stays_when_it_is_codedeploys_or_another_versions() {
    let promoting = Rollout { promoting_since: Some(at(30)), ..shifting() };
    let change = begin(&alias(Some(promoting), Some("7")), Some("e-1"), true).unwrap();
    assert_eq!(change.traffic, Traffic::Keep);
    let change = begin(&alias(Some(shifting()), Some("8")), Some("e-1"), false).unwrap();
    assert_eq!(change.traffic, Traffic::Keep);
}

#[test]
fn nothing_is_begun_when_the_rollout_is_another_or_taken_back_or_none() {
    assert_eq!(begin(&alias(Some(shifting()), Some("7")), Some("e-2"), false), None);
    assert_eq!(begin(&alias(Some(shifting().taken_back("x", at(1))), None), Some("e-1"), false), None);
    assert_eq!(begin(&alias(None, None), None, false), None);
    assert_eq!(begin(&alias(None, Some("7")), Some("e-1"), false), None);
}

#[test]
fn split_by_hand_is_taken_back_when_anything_is_meant() {
    let change = begin(&alias(None, Some("7")), None, false).unwrap();
    assert_eq!(
        (change.traffic, change.rollout.execution.as_str()),
        (Traffic::Whole("6".to_owned()), BY_HAND)
    );
    let change = begin(&alias(None, Some("7")), None, true).unwrap();
    assert_eq!(change.traffic, Traffic::Keep);
    assert_eq!(change.rollout.candidate.as_deref(), Some("7"));
}

#[test]
fn notice_is_free_when_nobody_claimed_it_lately() {
    assert!(claim_is_free(None, at(0)));
    assert!(!claim_is_free(Some(Notice::Sent), at(1_000)));
    let claimed = Some(Notice::ClaimedAt(at(0)));
    for (seconds, free) in [(0, false), (59, false), (60, true), (61, true)] {
        assert_eq!(claim_is_free(claimed, at(seconds)), free, "{seconds}");
    }
}

#[test]
fn notice_changes_when_it_is_of_this_rollback() {
    let taken = alias(Some(shifting().taken_back("x", at(1))), None);
    let change = noticed(&taken, "e-1", Notice::Sent, |notice| notice.is_none()).unwrap();
    assert_eq!(change.rollout.rollback.unwrap().notice, Some(Notice::Sent));
    assert_eq!(change.traffic, Traffic::Keep);
    assert_eq!(noticed(&taken, "e-2", Notice::Sent, |_| true), None);
    assert_eq!(noticed(&taken, "e-1", Notice::Sent, |_| false), None);
    assert_eq!(noticed(&alias(Some(shifting()), None), "e-1", Notice::Sent, |_| true), None);
}
