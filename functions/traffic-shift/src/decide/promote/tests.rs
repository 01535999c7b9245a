use super::super::samples::{alarm, alias, at, back, promoted, promoting, rollout, shifting, split};
use super::*;
use release::Notice;

fn wanted() -> Promote {
    Promote {
        execution: "e-1".to_owned(),
        function: "manuel-backend".to_owned(),
        alias: "live".to_owned(),
        candidate: "7".to_owned(),
        deployment_config: "CodeDeployDefault.LambdaAllAtOnce".to_owned(),
        hotfix: false,
    }
}

fn of_another(rollout: Rollout) -> Rollout {
    Rollout { execution: "e-9".to_owned(), ..rollout }
}

fn told_back() -> Rollout {
    let mut back = back();
    back.rollback.as_mut().unwrap().notice = Some(Notice::Sent);
    back
}

#[test]
fn alias_is_taken_without_acquire_when_nobodys_release_is_under_way() {
    for found in [None, Some(of_another(promoted())), Some(of_another(told_back())), Some(Rollout::of("e-1"))]
    {
        let decided = promote(&alias("6", None, found.clone()), &wanted(), at(5)).unwrap();
        let begin = Promoting::Begin { rollout: Box::new(rollout()), stable: "6".to_owned(), differs: None };
        assert_eq!(decided, begin, "{found:?}");
        let first = promote(&alias("7", None, found), &wanted(), at(5)).unwrap();
        assert!(matches!(first, Promoting::FirstRelease(_)), "{first:?}");
    }
}

#[test]
fn promote_is_refused_when_another_release_is_under_way() {
    for found in [Rollout::of("e-1"), shifting(1), promoting(), back()] {
        let refused = promote(&alias("6", None, Some(of_another(found))), &wanted(), at(5)).unwrap_err();
        assert!(refused.message.contains("taken by execution e-9"), "{refused:?}");
    }
    assert!(promote(&alias("6", split(10.0), None), &wanted(), at(5)).is_err());
    assert!(promote(&alias("6", None, Some(told_back())), &wanted(), at(5)).is_err());
}

#[test]
fn shifted_release_goes_on_from_what_its_last_step_left() {
    let decided = promote(&alias("6", split(50.0), Some(shifting(2))), &wanted(), at(5)).unwrap();
    let begin = Promoting::Begin { rollout: Box::new(shifting(2)), stable: "6".to_owned(), differs: None };
    assert_eq!(decided, begin);
    for changed in [alias("6", None, Some(shifting(2))), alias("5", split(50.0), Some(shifting(2)))] {
        let decided = promote(&changed, &wanted(), at(5)).unwrap();
        assert!(
            matches!(&decided, Promoting::Begin { differs: Some(told), .. } if told.contains("by hand")),
            "{decided:?}"
        );
    }
}

#[test]
fn split_alias_is_told_when_the_release_shifted_nothing() {
    let decided = promote(&alias("6", split(50.0), Some(Rollout::of("e-1"))), &wanted(), at(5)).unwrap();
    assert!(matches!(decided, Promoting::Begin { differs: Some(_), .. }));
}

#[test]
fn deployment_is_driven_while_the_alias_is_codedeploys_and_done_before_afterwards() {
    let drive = |rollout, served_since| {
        let driving = Driving { stable: "6".to_owned(), since: at(30), served_since };
        let promote = promote(&alias("6", None, Some(rollout)), &wanted(), at(31));
        assert_eq!(promote, Ok(Promoting::Drive(driving)));
    };
    drive(promoting(), at(0));
    // A release without shifts meets its first customers now.
    drive(Rollout { step: None, split_since: None, ..promoting() }, at(30));
    let done = promote(&alias("7", None, Some(promoted())), &wanted(), at(5)).unwrap();
    assert!(matches!(done, Promoting::DoneBefore(_)));
}

#[test]
fn promote_is_refused_when_customers_have_a_later_version() {
    for (version, refused) in [("6", false), ("8", true), ("10", true)] {
        let told = format!(
            "version 7 is older than version {version}, which customers have; to go back invoke alarm-rollback (docs/runbook.md)"
        );
        let shifted = Rollout { stable: Some(version.to_owned()), ..shifting(1) };
        for found in [
            alias(version, None, None),
            alias(version, None, Some(Rollout::of("e-1"))),
            alias(version, split(10.0), Some(shifted)),
        ] {
            let promote = promote(&found, &wanted(), at(5));
            let message = promote.err().map(|refusal| refusal.message);
            assert_eq!(message, refused.then(|| told.clone()), "{found:?}");
        }
    }
}

#[test]
fn alias_is_taken_when_a_rollback_is_done_and_cannot_be_told_for_half_an_hour() {
    // Begun at minute 5.
    let untold = of_another(back());
    let second = TimeDelta::seconds(1);
    let taken = |version, now| promote(&alias(version, None, Some(untold.clone())), &wanted(), now);
    assert!(taken("6", at(35) - second).is_err());
    assert!(matches!(taken("6", at(35)), Ok(Promoting::Begin { .. })));
    assert!(matches!(taken("6", at(35) + second), Ok(Promoting::Begin { .. })));
    assert!(taken("7", at(35)).is_err());
}

#[test]
fn candidate_stays_the_same_within_a_release() {
    let eight = Rollout { candidate: Some("8".to_owned()), ..shifting(1) };
    assert!(promote(&alias("6", None, Some(eight)), &wanted(), at(5)).is_err());
}

#[test]
fn deployment_is_followed_by_what_its_status_says() {
    let deployment = |status| Deployment {
        id: "d-1".to_owned(),
        status,
        description: String::new(),
        creator: "user".to_owned(),
        rolled_back_by: None,
        problem: Some("HOOK: no".to_owned()),
        ended_at: None,
    };
    let after = |status, version| after_deployment(&deployment(status), &alias(version, None, None), "7");
    assert_eq!(after(Status::Running, "6"), AfterDeployment::Wait);
    assert_eq!(after(Status::Succeeded, "7"), AfterDeployment::Finish);
    assert!(matches!(after(Status::Succeeded, "6"), AfterDeployment::Changed(_)));
    match after(Status::Failed, "6") {
        AfterDeployment::RollBack(blame) => {
            assert_eq!(blame.why, "CodeDeploy d-1 failed");
            assert_eq!(blame.reason, "CodeDeploy's deployment d-1 failed: HOOK: no");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn alarms_are_left_out_when_they_fire_already_in_a_hotfix() {
    let names = ["a".to_owned(), "b".to_owned()];
    let alarms = [alarm("a", Some(at(-1))), alarm("b", None)];
    assert_eq!(alarms_that_count(true, &names, &alarms, at(0)), Some(vec!["b".to_owned()]));
    assert_eq!(alarms_that_count(true, &names, &alarms[1..], at(0)), None);
    assert_eq!(alarms_that_count(false, &names, &alarms, at(0)), None);
}

#[test]
fn alarm_stays_codedeploys_when_it_accuses_the_version() {
    let names = ["a".to_owned(), "b".to_owned()];
    let count =
        |since| alarms_that_count(true, &names, &[alarm("a", Some(since)), alarm("b", Some(at(-9)))], at(0));
    assert_eq!(count(at(-1)), Some(Vec::new()));
    assert_eq!(count(at(0)), Some(vec!["a".to_owned()]));
    assert_eq!(count(at(1)), Some(vec!["a".to_owned()]));
    assert_eq!(alarms_that_count(true, &names[..1], &[alarm("a", Some(at(0)))], at(0)), None);
}

#[test]
fn date_is_rounded_up_to_a_second() {
    let milli = TimeDelta::milliseconds(1);
    assert_eq!(whole_seconds(at(0)), at(0));
    assert_eq!(whole_seconds(at(0) + milli), at(0) + TimeDelta::seconds(1));
    assert_eq!(whole_seconds(at(0) - milli), at(0));
}
