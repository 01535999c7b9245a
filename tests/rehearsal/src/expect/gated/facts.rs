//! What the checks of gated releases look at; each adds the sentence that was not true.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use twin::journal::Event;

use crate::{
    expect::Deviations,
    gated::observed::{Execution, GatedObserved},
    observed::{CANDIDATE, CustomerRequest, STABLE},
};

/// From the judge's first breach to the version before serving everything.
const WITHIN: TimeDelta = TimeDelta::minutes(1);
/// Real time that a busy computer may add to that.
const LATE_BY: Duration = Duration::from_secs(2);
/// Weights are shares with a few digits.
const SAME_PERCENT: f64 = 0.01;

/// It came to its end by itself.
pub(super) fn finished(seen: &GatedObserved) -> Deviations {
    let mut wrong = Deviations(Vec::new());
    let gave_up = seen.gave_up.as_deref();
    wrong.unless(gave_up.is_none(), format!("it did not come to its end: {}", gave_up.unwrap_or("")));
    wrong
}

pub(super) fn status(seen: &GatedObserved, number: usize) -> &str {
    seen.executions.get(number).map_or("never started", |execution| &execution.status)
}

/// The candidate has everything at the end, and nobody was told of a rollback.
pub(super) fn went_through(seen: &GatedObserved, number: usize) -> Deviations {
    let mut wrong = went_through_of(seen, number, number + 1);
    let (told, announced) = (seen.notices.len(), seen.rollbacks.len());
    wrong.unless(told + announced == 0, format!("{announced} rollbacks were announced, {told} notices sent"));
    wrong
}

pub(super) fn went_through_of(seen: &GatedObserved, number: usize, executions: usize) -> Deviations {
    let mut wrong = finished(seen);
    let ended = status(seen, number);
    wrong.unless(ended == "Succeeded", format!("the pipeline ended {ended}, not Succeeded"));
    let count = seen.executions.len();
    wrong.unless(count == executions, format!("{count} executions ran, not {executions}"));
    ends_on(CANDIDATE, seen, &mut wrong);
    wrong
}

/// The first execution failed, version 1 has everything again, and people were told once.
pub(super) fn taken_back(seen: &GatedObserved) -> Deviations {
    taken_back_after(seen, "Failed")
}

pub(super) fn taken_back_after(seen: &GatedObserved, end: &str) -> Deviations {
    let mut wrong = finished(seen);
    let ended = status(seen, 0);
    wrong.unless(ended == end, format!("the pipeline ended {ended}, not {end}"));
    ends_on(STABLE, seen, &mut wrong);
    wrong.unless(seen.served_by(CANDIDATE) > 0, "no customer request ever reached version 2");
    told_once(seen, &mut wrong);
    let versions =
        seen.rollbacks.first().map(|event| (event.from_version.as_str(), event.to_version.as_str()));
    wrong.unless(
        versions.is_none_or(|versions| versions == (CANDIDATE, STABLE)),
        format!("the announced way back is not from 2 to 1: {versions:?}"),
    );
    wrong
}

/// All requests to one version at the end, and none to another after its last move.
pub(super) fn ends_on(version: &str, seen: &GatedObserved, wrong: &mut Deviations) {
    wrong.unless(
        seen.alias_version == version && seen.alias_is_whole,
        format!("live does not send everything to version {version}"),
    );
    let last = seen.moves().next_back().map(|(at, ..)| at);
    let elsewhere = |r: &&CustomerRequest| r.version.as_deref().is_some_and(|found| found != version);
    let late = seen.requests.iter().filter(|r| last.is_some_and(|last| r.at > last)).filter(elsewhere);
    let late = late.count();
    wrong.unless(late == 0, format!("{late} requests reached another version after the last move"));
}

pub(super) fn told_once(seen: &GatedObserved, wrong: &mut Deviations) {
    let (told, announced) = (seen.notices.len(), seen.rollbacks.len());
    wrong.unless(announced == 1, format!("{announced} delivery.rollback events, not 1"));
    wrong.unless(told == 1, format!("{told} notices, not 1"));
}

pub(super) fn shares_were(expected: &[f64], seen: &GatedObserved, wrong: &mut Deviations) {
    let found = seen.shares();
    let same = found.len() == expected.len()
        && found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < SAME_PERCENT);
    wrong.unless(same, format!("version 2 had {found:?} % one after the other, not {expected:?}"));
}

/// Within a minute: the verdict, its alarm or the next look of the shift, and the update of the alias.
pub(super) fn back_soon_after_the_breach(seen: &GatedObserved, wrong: &mut Deviations) {
    let slack = TimeDelta::from_std(LATE_BY.mul_f64(seen.rate)).unwrap_or_default();
    let breach = seen.breach().map(|line| line.at);
    wrong.unless(breach.is_some(), "the judge never said breach");
    // The shift reads the same numbers, and may be faster than the judge.
    let late = breach.zip(seen.safe_at()).map(|(breach, back)| back - breach);
    wrong.unless(
        breach.is_none() || late.is_some_and(|late| late <= WITHIN + slack),
        format!("version 1 was back {} s after the breach", late.map_or(-1, |late| late.num_seconds())),
    );
}

pub(super) fn reason_has(part: &str, seen: &GatedObserved, wrong: &mut Deviations) {
    let reason = seen.executions.first().map_or("", Execution::reason);
    wrong.unless(reason.contains(part), format!("the reason has no {part:?}: {reason:?}"));
}

/// The answers that approvals got, with who gave them and when.
pub(super) fn answers(seen: &GatedObserved) -> impl Iterator<Item = (DateTime<Utc>, &str, &str)> {
    seen.journal.iter().filter_map(|entry| match &entry.event {
        Event::ApprovalAnswered { status, by, .. } => Some((entry.at, status.as_str(), by.as_str())),
        _ => None,
    })
}

pub(super) fn answered(expected: &str, seen: &GatedObserved, wrong: &mut Deviations) {
    let last = answers(seen).last().map_or("not answered", |(_, status, _)| status);
    wrong.unless(last == expected, format!("the approval was {last}, not {expected}"));
}

/// The approval that waited was rejected by the rollback, not by a person.
pub(super) fn withdrawn(seen: &GatedObserved, wrong: &mut Deviations) {
    answered("Rejected", seen, wrong);
    let by = answers(seen).last().map_or("nobody", |(_, _, by)| by);
    wrong.unless(by.contains("alarm-rollback"), format!("the approval was answered by {by}"));
}

/// A deployment of ours went back and succeeded: CodeDeploy's record agrees with what customers get.
pub(super) fn put_back_by_codedeploy(seen: &GatedObserved, wrong: &mut Deviations) {
    let succeeded = seen.journal.iter().filter(
        |entry| matches!(&entry.event, Event::DeploymentStatus { status, .. } if status == "Succeeded"),
    );
    let succeeded = succeeded.count();
    wrong.unless(succeeded == 2, format!("{succeeded} deployments succeeded, not one forward and one back"));
}
