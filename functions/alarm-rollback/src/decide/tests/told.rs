//! After a rollback was begun.

use super::*;

#[test]
fn rollback_is_finished_until_it_was_told_whatever_the_trigger() {
    for trigger in
        [fires(Some(701)), stage("SUCCEEDED"), approval(), deployment("SUCCESS"), Trigger::Sweep, person()]
    {
        assert_eq!(on(&trigger, taken_back(None)), Decision::Finish);
        assert_eq!(on(&trigger, taken_back(Some(Notice::ClaimedAt(at(70))))), Decision::Finish);
        let (Decision::Nothing(why) | Decision::Withdraw(why)) = on(&trigger, taken_back(Some(Notice::Sent)))
        else {
            panic!()
        };
        assert_eq!(why, "rolled back before: all requests go to version 6");
    }
}

#[test]
fn deployment_that_starts_after_the_rollback_was_told_is_looked_at() {
    let told = || taken_back(Some(Notice::Sent));
    assert_eq!(on(&deployment("START"), told()), Decision::Finish);
    let Trigger::Deployment(change) = deployment("START") else { panic!() };
    let others = Trigger::Deployment(DeploymentChange { group: "another".to_owned(), ..change });
    assert_eq!(word(&on(&others, told())), "nothing");
}

fn told_at(version: &str) -> LiveAlias {
    LiveAlias { version: version.to_owned(), ..taken_back(Some(Notice::Sent)) }
}

fn made(id: &str, description: &str, status: Status, ended_at: Option<i64>) -> Deployment {
    Deployment {
        id: id.to_owned(),
        status,
        description: description.to_owned(),
        creator: "user".to_owned(),
        rolled_back_by: None,
        problem: None,
        ended_at: ended_at.map(at),
    }
}

fn own(ended_at: Option<i64>) -> Deployment {
    made("d-1", "Promotion of version 7 by e-1", Status::Succeeded, ended_at)
}

fn codedeploys(ended_at: Option<i64>) -> Deployment {
    let creator = "codeDeployRollback".to_owned();
    Deployment { creator, ..made("d-2", "Rollback of deployment d-1", Status::Succeeded, ended_at) }
}

fn persons(status: Status, ended_at: i64) -> Deployment {
    made("d-3", "incident 42: forward to 7", status, Some(ended_at))
}

#[test]
fn rollback_is_begun_again_when_codedeploy_and_nobody_else_moved_the_alias_after_it_was_told() {
    // Rolled back at 60.
    for (found, expected) in [
        (vec![own(Some(61))], "begin"),
        (vec![own(Some(60))], "begin"),
        (vec![own(Some(59))], "withdraw"),
        (vec![own(None)], "begin"),
        (vec![Deployment { status: Status::Failed, ..own(Some(70)) }], "begin"),
        (vec![codedeploys(Some(80)), own(Some(70))], "begin"),
        (vec![made("d-1", "Promotion of version 7 by e-2", Status::Succeeded, Some(70))], "withdraw"),
        (vec![made("d-4", "Rollback: e-1, version 7 to 6", Status::Succeeded, Some(70))], "withdraw"),
        (vec![persons(Status::Succeeded, 80), own(Some(70))], "withdraw"),
        (vec![persons(Status::Failed, 80), own(Some(70))], "begin"),
        (vec![], "withdraw"),
    ] {
        let with = |alias| Seen { since_rollback: found.clone(), ..seen(alias) };
        for version in ["7", "5"] {
            assert_eq!(word(&decided(&Trigger::Sweep, &with(told_at(version)), 710)), expected, "{found:?}");
            let by_event = if expected == "begin" { "begin" } else { "nothing" };
            let succeeded = deployment("SUCCESS");
            assert_eq!(word(&decided(&succeeded, &with(told_at(version)), 710)), by_event, "{found:?}");
        }
        assert_eq!(
            word(&decided(&Trigger::Sweep, &with(told_at("6")), 710)),
            "withdraw",
            "it is where it belongs"
        );
    }
    let moved = Seen { since_rollback: vec![own(Some(70))], ..seen(told_at("7")) };
    let Decision::Begin { execution, why, .. } = decided(&Trigger::Sweep, &moved, 710) else { panic!() };
    assert_eq!((execution.as_deref(), why.as_str()), (Some("e-1"), "moved again by CodeDeploy d-1"));
}

#[test]
fn alias_is_left_where_somebody_put_it_after_the_rollback_was_told() {
    let Decision::Nothing(why) = decided(&Trigger::Sweep, &seen(told_at("7")), 10_000) else { panic!() };
    assert_eq!(
        why,
        "rolled back before, and moved since by somebody's decision: all requests go to version 7"
    );
    assert_eq!(word(&on(&fires(Some(701)), told_at("7"))), "nothing");
}

#[test]
fn person_takes_the_version_back_again_when_it_is_back() {
    for version in ["7", "5"] {
        let Decision::Begin { execution, why, .. } = on(&person(), told_at(version)) else { panic!() };
        assert_eq!((execution.as_deref(), why.as_str()), (Some("e-1"), "by hand: wrong answers"));
    }
    assert_eq!(word(&on(&person(), told_at("6"))), "nothing");
}

#[test]
fn split_after_the_notice_is_taken_back_when_it_is_the_rollouts_own_promotion() {
    let split = |found| {
        let rollout = taken_back(Some(Notice::Sent)).rollout;
        Seen { since_rollback: vec![found], ..seen(alias("6", Some("7"), rollout)) }
    };
    for (found, expected) in [(own(None), "begin any"), (codedeploys(None), "nothing")] {
        assert_eq!(word(&decided(&deployment("START"), &split(found), 710)), expected);
    }
}

#[test]
fn mover_is_looked_for_when_the_alias_is_astray_and_at_no_other_time() {
    let group = Group { application: "manuel".to_owned(), name: "manuel-live".to_owned() };
    let window = TimeDelta::minutes(60);
    let rules = Rules { guard_alarms: &[], group: &group, rollout_stages: &[], window };
    let looks = |trigger: &Trigger, alias: &LiveAlias| looks_for_mover(trigger, alias, &rules).is_some();
    let Trigger::Deployment(ours) = deployment("SUCCESS") else { panic!() };
    let others = Trigger::Deployment(DeploymentChange { group: "another".to_owned(), ..ours });
    for (trigger, expected) in [
        (Trigger::Sweep, true),
        (deployment("SUCCESS"), true),
        (others, false),
        (fires(Some(701)), false),
        (person(), false),
        (stage("FAILED"), false),
    ] {
        assert_eq!(looks(&trigger, &told_at("7")), expected, "{trigger:?}");
        for alias in [told_at("6"), taken_back(None), whole(), idle()] {
            assert!(!looks(&trigger, &alias), "{trigger:?}");
        }
    }
}

#[test]
fn late_approval_is_withdrawn_when_it_begins_after_the_notice() {
    let begins = |part, execution: &str, state| {
        let execution = execution.to_owned();
        Trigger::Execution(ExecutionChange { execution, ..change(part, state) })
    };
    let approval = || Part::Approval("Release".to_owned());
    let told = || told_at("6");
    for (trigger, expected) in [
        (begins(approval(), "e-1", "STARTED"), "withdraw"),
        (begins(approval(), "e-1", "FAILED"), "nothing"),
        (begins(approval(), "e-2", "STARTED"), "nothing"),
        (begins(Part::Action("Shift".to_owned()), "e-1", "STARTED"), "nothing"),
    ] {
        assert_eq!(word(&on(&trigger, told())), expected, "{trigger:?}");
    }
    assert_eq!(word(&on(&begins(approval(), "e-1", "STARTED"), taken_back(None))), "finish");
    assert_eq!(word(&on(&begins(approval(), "e-1", "STARTED"), split())), "nothing");
    // Rolled back at 60; half an hour.
    for (now, expected) in [(1_859, "withdraw"), (1_860, "withdraw"), (1_861, "nothing")] {
        assert_eq!(word(&decided(&Trigger::Sweep, &seen(told()), now)), expected, "{now}");
    }
    let mut by_hand = told();
    by_hand.rollout.as_mut().unwrap().execution = release::BY_HAND.to_owned();
    assert_eq!(word(&on(&Trigger::Sweep, by_hand)), "nothing", "it has no execution");
}
