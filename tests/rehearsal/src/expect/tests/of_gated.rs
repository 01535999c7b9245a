//! The checks of releases through the pipeline.

use judge::{Inputs, Phase, Word};

use super::*;
use crate::{
    expect::gated,
    gated::observed::{ActionRun, Execution, GatedObserved, RollbackEvent, Told},
    judge_log::JudgeLine,
};

type Check = fn(&GatedObserved) -> Vec<String>;
/// A way to spoil a release, and a part of the sentence that must tell it.
type SpoiledGated = (fn(&mut GatedObserved), &'static str);

fn told(at: i64, about: &str, text: &str) -> Told {
    Told { at: minute(at), about: about.to_owned(), text: text.to_owned() }
}

fn answered(at: i64, status: &str, by: &str) -> Entry {
    let [pipeline, stage, action] = ["p", "CanaryApproval", "CanaryApproval"].map(str::to_owned);
    let (status, by, summary) = (status.to_owned(), by.to_owned(), String::new());
    Entry { at: minute(at), event: Event::ApprovalAnswered { pipeline, stage, action, status, by, summary } }
}

fn deployment(at: i64, status: &str) -> Entry {
    let [deployment, creator] = ["d-1", "user"].map(str::to_owned);
    let event = Event::DeploymentStatus { deployment, status: status.to_owned(), creator, reason: None };
    Entry { at: minute(at), event }
}

fn pipeline_status(at: i64, id: &str, status: &str) -> Entry {
    let (execution, status) = (id.to_owned(), status.to_owned());
    let event = Event::PipelineStatus { pipeline: "p".to_owned(), execution, status, reason: None };
    Entry { at: minute(at), event }
}

fn fired(at: i64) -> Entry {
    let [alarm, from, to, reason] = ["a", "OK", "ALARM", "r"].map(str::to_owned);
    Entry { at: minute(at), event: Event::AlarmChanged { alarm, from, to, reason } }
}

fn execution(id: &str, status: &str, error: &str) -> Execution {
    let run = ActionRun { action: "Shift10".to_owned(), error: error.to_owned(), ..ActionRun::default() };
    Execution { id: id.to_owned(), status: status.to_owned(), actions: vec![run] }
}

/// A whole release as it should be.
fn through() -> GatedObserved {
    let text = "healthy: 159 requests. Errors: 0.00 %";
    GatedObserved {
        started_at: START,
        ended_at: minute(80),
        requests: vec![request(4, "2", 200), request(5, "1", 200), request(60, "2", 200)],
        verdicts: Vec::new(),
        journal: vec![
            alias(3, "1", &[("2", 0.1)]),
            alias(22, "1", &[("2", 0.5)]),
            alias(40, "1", &[]),
            alias(41, "2", &[]),
            pipeline_status(79, "e-1", "SUCCEEDED"),
        ],
        executions: vec![execution("e-1", "Succeeded", "")],
        shown: vec![told(18, "CanaryApproval", text), told(38, "FinalApproval", text)],
        notices: Vec::new(),
        rollbacks: Vec::new(),
        operated: Vec::new(),
        gave_up: None,
        alias_version: "2".to_owned(),
        alias_is_whole: true,
        rate: 60.0,
        real_seconds: 1.0,
    }
}

/// A release that was taken back, for every reason at once.
fn back() -> GatedObserved {
    let inputs = Inputs { alpha: 0.005, min_requests: 50, phase: Phase::Split, series: Vec::new() };
    let reason = "http_5xx: over the limit".to_owned();
    let event = RollbackEvent {
        at: minute(10),
        reason: "customers call and complain".to_owned(),
        from_version: "2".to_owned(),
        to_version: "1".to_owned(),
        ..RollbackEvent::default()
    };
    let why = "wrong price on the start page, or expired, or the database is down; found 30 %, expected 10 %";
    GatedObserved {
        requests: vec![request(4, "2", 200), request(5, "1", 500), request(11, "1", 200)],
        verdicts: vec![JudgeLine { at: minute(9), verdict: Word::Breach, reason, from: START, inputs }],
        journal: vec![
            alias(3, "1", &[("2", 0.1)]),
            fired(8),
            fired(9),
            alias(10, "1", &[]),
            answered(10, "Rejected", "user/operator"),
        ],
        executions: vec![execution("e-1", "Failed", why)],
        shown: Vec::new(),
        notices: vec![told(10, "rolled back", "text")],
        rollbacks: vec![event],
        alias_version: "1".to_owned(),
        ..through()
    }
}

/// The same after a promotion: forward and back by CodeDeploy.
fn back_by_codedeploy() -> GatedObserved {
    let mut seen = back();
    seen.journal = vec![
        alias(3, "1", &[("2", 0.1)]),
        alias(6, "1", &[("2", 0.5)]),
        alias(7, "1", &[]),
        alias(7, "2", &[]),
        deployment(8, "Succeeded"),
        alias(10, "1", &[]),
        deployment(10, "Succeeded"),
        deployment(10, "Stopped"),
    ];
    seen
}

fn held() -> GatedObserved {
    let shown = vec![told(9, "CanaryApproval", "INCONCLUSIVE: both versions")];
    GatedObserved { verdicts: Vec::new(), shown, ..back() }
}

/// Withdrawn by the rollback.
fn withdrawn() -> GatedObserved {
    let mut seen = back();
    seen.journal[4] = answered(10, "Rejected", "role/manuel-alarm-rollback");
    seen
}

/// Expired after the second shift.
fn expired() -> GatedObserved {
    let mut seen = back();
    seen.journal.insert(1, alias(5, "1", &[("2", 0.5)]));
    seen
}

/// One release after the other; the second was rejected.
fn two() -> GatedObserved {
    let mut seen = through();
    seen.executions.push(execution("e-2", "Failed", "not today"));
    seen.journal.extend([alias(90, "2", &[("3", 0.1)]), alias(95, "2", &[])]);
    GatedObserved { notices: back().notices, rollbacks: back().rollbacks, ..seen }
}

fn hotfixed() -> GatedObserved {
    let mut seen = through();
    seen.executions.insert(0, execution("e-0", "Failed", "guard alarm manuel-live-errors fires"));
    seen
}

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
    let cases: [SpoiledGated; 11] = [
        (|seen| seen.gave_up = Some("it waits".to_owned()), "did not come to its end: it waits"),
        (|seen| seen.executions[0].status = "Failed".to_owned(), "the pipeline ended Failed"),
        (|seen| seen.executions.push(execution("e-2", "Succeeded", "")), "2 executions ran"),
        (|seen| seen.alias_is_whole = false, "does not send everything to version 2"),
        (|seen| seen.requests[2].version = Some("1".to_owned()), "reached another version after"),
        (|seen| seen.notices.push(told(9, "a", "b")), "1 notices sent"),
        (|seen| drop(seen.journal.remove(1)), "one after the other"),
        (|seen| seen.requests[1].status = None, "1 customer requests failed"),
        (|seen| drop(seen.shown.pop()), "1 approvals were asked for"),
        (|seen| seen.shown[1].text = "INCONCLUSIVE".to_owned(), "FinalApproval did not show healthy"),
        (|seen| seen.shown[0].at = minute(17), "10 % lasted 14 minutes"),
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
