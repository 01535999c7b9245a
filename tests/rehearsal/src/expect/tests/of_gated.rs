//! The checks of releases through the pipeline.

mod examples;

use super::*;
use crate::{expect::gated, gated::observed::GatedObserved};
use examples::{
    answered, back, back_by_codedeploy, execution, expired, held, hotfixed, through, told, two, withdrawn,
};

type Check = fn(&GatedObserved) -> Vec<String>;
/// A way to spoil a release, and a part of the sentence that must tell it.
type SpoiledGated = (fn(&mut GatedObserved), &'static str);

#[test]
fn nothing_deviates_when_a_gated_release_goes_as_it_should() {
    let mut stopped = back();
    stopped.executions[0].status = "Stopped".to_owned();
    let cases: [(Check, GatedObserved); 16] = [
        (gated::production, through()),
        (gated::bad_canary, back()),
        (gated::rejected, back()),
        (gated::expired, expired()),
        (gated::breach_while_waiting, withdrawn()),
        (gated::breach_in_watch, back_by_codedeploy()),
        (gated::flapping, back()),
        (gated::second_release, two()),
        (gated::held_in_a_shared_outage, held()),
        (gated::hotfix, hotfixed()),
        (gated::changed_by_hand, back()),
        (gated::stopped_by_hand, stopped),
        (gated::operator_before_promotion, back()),
        (gated::operator_while_waiting, withdrawn()),
        (gated::operator_in_promotion, back_by_codedeploy()),
        (gated::operator_in_watch, back_by_codedeploy()),
    ];
    for (number, (check, seen)) in cases.into_iter().enumerate() {
        assert_eq!(check(&seen), [""; 0], "case {number}");
    }
}

/// Each spoiled observation must be told.
fn all_are_told(check: Check, good: fn() -> GatedObserved, cases: &[SpoiledGated]) {
    for (spoil, sentence) in cases {
        let mut seen = good();
        spoil(&mut seen);
        let wrong = check(&seen);
        assert!(wrong.iter().any(|w| w.contains(sentence)), "{sentence}: {wrong:?}");
    }
}

#[test]
fn whole_release_deviates_when_any_part_is_wrong() {
    let cases: [SpoiledGated; 14] = [
        (|seen| seen.gave_up = Some("it waits".to_owned()), "did not come to its end: it waits"),
        (|seen| seen.executions[0].status = "Failed".to_owned(), "the pipeline ended Failed"),
        (|seen| seen.executions.push(execution("e-2", "Succeeded", "")), "2 executions ran"),
        (|seen| seen.alias_is_whole = false, "does not send everything to version 2"),
        (|seen| seen.requests[2].version = Some("1".to_owned()), "reached another version after"),
        (|seen| seen.notices.push(told(9, "a", "b")), "1 notices sent"),
        (|seen| drop(seen.journal.remove(1)), "one after the other"),
        (|seen| seen.requests[1].status = None, "1 customer requests failed"),
        (|seen| drop(seen.shown.pop()), "approvals were asked for [\"ApprovalAction\""),
        (|seen| drop(seen.shown.remove(0)), "approvals were asked for [\"ProductOwnerApproval\""),
        (|seen| seen.shown[3].text = "INCONCLUSIVE".to_owned(), "FinalApproval did not show healthy"),
        (|seen| seen.shown[2].at = minute(17), "10 % lasted 14 minutes"),
        (|seen| drop(seen.elsewhere.remove("manuel-staging")), "live of manuel-staging is on version none"),
        (|seen| seen.questions_counted = 0, "no question was counted"),
    ];
    all_are_told(gated::production, through, &cases);
}

#[test]
fn release_taken_back_deviates_when_any_part_is_wrong() {
    let cases: [SpoiledGated; 10] = [
        (|seen| seen.executions[0].status = "Succeeded".to_owned(), "ended Succeeded, not Failed"),
        (|seen| seen.executions.clear(), "ended never started"),
        (|seen| seen.alias_version = "2".to_owned(), "does not send everything to version 1"),
        (|seen| seen.requests[0].version = None, "no customer request ever reached version 2"),
        (|seen| seen.rollbacks.clear(), "0 delivery.rollback events"),
        (|seen| seen.notices.push(told(10, "again", "")), "2 notices, not 1"),
        (|seen| seen.rollbacks[0].to_version = "3".to_owned(), "not from 2 to 1"),
        (|seen| seen.requests[1].status = Some(200), "0 customer requests failed"),
        (|seen| seen.shown.push(told(9, "CanaryApproval", "")), "somebody was asked"),
        (|seen| seen.verdicts.clear(), "the judge never said breach"),
    ];
    all_are_told(gated::bad_canary, back, &cases);
}

#[test]
fn way_back_is_late_when_it_takes_more_than_a_minute_and_the_slack() {
    let slack = TimeDelta::minutes(2);
    for (late, well) in [(slack, true), (slack + TimeDelta::milliseconds(1), false)] {
        let mut seen = back();
        seen.journal[3].at = minute(10) + late;
        let wrong = gated::bad_canary(&seen);
        assert_eq!(wrong.iter().all(|w| !w.contains("after the breach")), well, "{late}: {wrong:?}");
    }
}

#[test]
fn reason_is_missed_when_it_is_not_what_people_said() {
    let silent: fn(&mut GatedObserved) = |seen| seen.executions[0] = execution("e-1", "Failed", "why not");
    all_are_told(gated::rejected, back, &[(silent, "no \"wrong price")]);
    all_are_told(gated::expired, expired, &[(silent, "no \"expired")]);
    all_are_told(gated::changed_by_hand, back, &[(silent, "no \"30 %"), (silent, "no \"10 %")]);
    all_are_told(
        gated::hotfix,
        hotfixed,
        &[(|seen| seen.executions[0] = execution("e", "Failed", "no"), "does not name")],
    );
    let silent: fn(&mut GatedObserved) = |seen| seen.rollbacks[0].reason = "unknown".to_owned();
    all_are_told(gated::operator_before_promotion, back, &[(silent, "operator's reason is not told")]);
}

#[test]
fn answer_is_missed_when_it_came_from_somebody_else() {
    let person: fn(&mut GatedObserved) = |seen| seen.journal[4] = answered(10, "Rejected", "user/operator");
    all_are_told(gated::breach_while_waiting, withdrawn, &[(person, "answered by user/operator")]);
    all_are_told(gated::operator_while_waiting, withdrawn, &[(person, "answered by user/operator")]);
    let yes: fn(&mut GatedObserved) = |seen| seen.journal[4] = answered(10, "Approved", "user/operator");
    all_are_told(gated::rejected, back, &[(yes, "was Approved, not Rejected")]);
}

#[test]
fn codedeploy_is_missed_when_it_did_not_go_back() {
    let once: fn(&mut GatedObserved) = |seen| drop(seen.journal.remove(6));
    all_are_told(gated::breach_in_watch, back_by_codedeploy, &[(once, "1 deployments succeeded")]);
    all_are_told(gated::operator_in_watch, back_by_codedeploy, &[(once, "1 deployments succeeded")]);
    let ran: fn(&mut GatedObserved) = |seen| drop(seen.journal.pop());
    all_are_told(gated::operator_in_promotion, back_by_codedeploy, &[(ran, "was not stopped")]);
}

#[test]
fn second_release_deviates_when_it_did_not_wait() {
    let early: fn(&mut GatedObserved) = |seen| seen.journal[5].at = minute(78);
    let cases: [SpoiledGated; 4] = [
        (early, "version 3 got requests before"),
        (|seen| drop(seen.journal.drain(5..)), "version 3 got requests before"),
        (|seen| seen.executions[1].status = "Succeeded".to_owned(), "the second release ended Succeeded"),
        (|seen| seen.notices.clear(), "0 notices"),
    ];
    all_are_told(gated::second_release, two, &cases);
}

#[test]
fn outage_deviates_when_it_was_not_shared_or_not_shown() {
    let cases: [SpoiledGated; 3] = [
        (|seen| seen.verdicts = back().verdicts, "the judge said breach"),
        (|seen| seen.shown[0].text = "healthy".to_owned(), "not shown INCONCLUSIVE"),
        (|seen| seen.requests[1].status = Some(200), "version 1 did not fail"),
    ];
    all_are_told(gated::held_in_a_shared_outage, held, &cases);
    let quiet: fn(&mut GatedObserved) = |seen| drop(seen.journal.drain(1..2));
    all_are_told(gated::flapping, back, &[(quiet, "the alarm fired 1 times")]);
    let through: fn(&mut GatedObserved) = |seen| seen.executions[0].status = "Succeeded".to_owned();
    all_are_told(gated::hotfix, hotfixed, &[(through, "without Hotfix it ended Succeeded")]);
    let unasked: fn(&mut GatedObserved) = |seen| drop(seen.shown.pop());
    all_are_told(gated::hotfix, hotfixed, &[(unasked, "nobody was asked for FinalApproval")]);
    all_are_told(gated::stopped_by_hand, back, &[(|_| (), "ended Failed, not Stopped")]);
}
