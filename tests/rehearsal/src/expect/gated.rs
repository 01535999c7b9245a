//! What must be true after releases through the pipeline.

mod facts;

use chrono::TimeDelta;
use twin::journal::Event;

use super::Deviations;
use crate::{
    gated::observed::{Execution, GatedObserved},
    observed::{CANDIDATE, STABLE},
};
use facts::{
    answered, back_soon_after_the_breach, ends_on, finished, put_back_by_codedeploy, reason_has, shares_were,
    status, taken_back, taken_back_after, told_once, went_through, went_through_of, withdrawn,
};

/// Customers who may meet a bad version at 10 % until it is taken back.
const FEW_FAILED: usize = 60;
/// Who is asked in a whole release, one after the other.
const APPROVALS: [&str; 4] = ["ApprovalAction", "ProductOwnerApproval", "CanaryApproval", "FinalApproval"];
const BEFORE_PRODUCTION: [&str; 2] = ["ApprovalAction", "ProductOwnerApproval"];
/// The bake of production.
const BAKE: TimeDelta = TimeDelta::minutes(15);

/// Shifted, approved twice, promoted, watched; and nobody saw an error.
pub(crate) fn production(seen: &GatedObserved) -> Vec<String> {
    let mut wrong = went_through(seen, 0);
    shares_were(&[10.0, 50.0, 0.0, 100.0], seen, &mut wrong);
    let failed = seen.failed_requests();
    wrong.unless(failed == 0, format!("{failed} customer requests failed"));
    let shown = seen.shown.iter().map(|asked| asked.about.as_str());
    let shown: Vec<&str> = shown.collect();
    wrong.unless(shown == APPROVALS, format!("approvals were asked for {shown:?}, not for {APPROVALS:?}"));
    let of_the_rollout =
        || seen.shown.iter().filter(|asked| !BEFORE_PRODUCTION.contains(&asked.about.as_str()));
    for asked in of_the_rollout() {
        let healthy = asked.text.starts_with("healthy") && asked.text.contains("Errors: 0");
        wrong.unless(healthy, format!("{} did not show healthy with numbers: {}", asked.about, asked.text));
    }
    let baked = seen.first_split().zip(of_the_rollout().next()).map(|(split, asked)| asked.at - split);
    wrong.unless(
        baked.is_some_and(|time| time >= BAKE),
        format!("10 % lasted {} minutes, not 15", baked.map_or(-1, |time| time.num_minutes())),
    );
    for stack in ["manuel-dev", "manuel-staging"] {
        let version = seen.elsewhere.get(stack).map_or("none", String::as_str);
        wrong.unless(
            version == CANDIDATE,
            format!("live of {stack} is on version {version}, not {CANDIDATE}"),
        );
    }
    wrong.unless(seen.questions_counted > 0, "no question was counted");
    wrong.0
}

/// Taken back by the judge's verdict within a minute, at the price of few requests.
pub(crate) fn bad_canary(seen: &GatedObserved) -> Vec<String> {
    let mut wrong = taken_back(seen);
    back_soon_after_the_breach(seen, &mut wrong);
    let failed = seen.failed_requests();
    wrong.unless((1..=FEW_FAILED).contains(&failed), format!("{failed} customer requests failed"));
    wrong.unless(seen.shown.is_empty(), "somebody was asked to approve it");
    shares_were(&[10.0, 0.0], seen, &mut wrong);
    wrong.0
}

/// Taken back because a person said no.
pub(crate) fn rejected(seen: &GatedObserved) -> Vec<String> {
    let mut wrong = taken_back(seen);
    reason_has("wrong price on the start page", seen, &mut wrong);
    answered("Rejected", seen, &mut wrong);
    shares_were(&[10.0, 0.0], seen, &mut wrong);
    wrong.0
}

/// Taken back because nobody said anything.
pub(crate) fn expired(seen: &GatedObserved) -> Vec<String> {
    let mut wrong = taken_back(seen);
    reason_has("expired", seen, &mut wrong);
    shares_were(&[10.0, 50.0, 0.0], seen, &mut wrong);
    wrong.0
}

/// Taken back while an approval waited, which was withdrawn.
pub(crate) fn breach_while_waiting(seen: &GatedObserved) -> Vec<String> {
    let mut wrong = taken_back(seen);
    back_soon_after_the_breach(seen, &mut wrong);
    withdrawn(seen, &mut wrong);
    wrong.0
}

/// Taken back by CodeDeploy after the promotion.
pub(crate) fn breach_in_watch(seen: &GatedObserved) -> Vec<String> {
    let mut wrong = taken_back(seen);
    shares_were(&[10.0, 50.0, 0.0, 100.0, 0.0], seen, &mut wrong);
    put_back_by_codedeploy(seen, &mut wrong);
    wrong.0
}

/// Taken back once, although the alarm fired twice.
pub(crate) fn flapping(seen: &GatedObserved) -> Vec<String> {
    let mut wrong = taken_back(seen);
    let fired = |e: &Event| matches!(e, Event::AlarmChanged { to, .. } if to == "ALARM");
    let fired = seen.journal.iter().filter(|entry| fired(&entry.event)).count();
    wrong.unless(fired >= 2, format!("the alarm fired {fired} times"));
    shares_were(&[10.0, 0.0], seen, &mut wrong);
    wrong.0
}

/// The second release waited for the first, and then had the alias.
pub(crate) fn second_release(seen: &GatedObserved) -> Vec<String> {
    let mut wrong = went_through_of(seen, 0, 2);
    // The last two are the split towards version 3, and back.
    shares_were(&[10.0, 50.0, 0.0, 100.0, 90.0, 100.0], seen, &mut wrong);
    wrong.unless(status(seen, 1) == "Failed", format!("the second release ended {}", status(seen, 1)));
    let first_done = seen.executions.first().and_then(|e| seen.status_at(&e.id, "SUCCEEDED"));
    let of_the_second = seen.moves().find(|(_, _, other)| other.is_some_and(|(version, _)| version == "3"));
    let waited = first_done.zip(of_the_second).is_some_and(|(done, (split, ..))| split > done);
    wrong.unless(waited, "version 3 got requests before the first release was done, or never");
    told_once(seen, &mut wrong);
    wrong.0
}

/// Held: nobody but a person took it back, and that person knew.
pub(crate) fn held_in_a_shared_outage(seen: &GatedObserved) -> Vec<String> {
    let mut wrong = taken_back(seen);
    let breach = seen.breach().map_or("", |line| &line.reason);
    wrong.unless(breach.is_empty(), format!("the judge said breach: {breach}"));
    let shown = seen.shown.first().map_or("nothing", |asked| &asked.text);
    wrong.unless(
        shown.starts_with("INCONCLUSIVE"),
        format!("the approver was not shown INCONCLUSIVE: {shown}"),
    );
    reason_has("the database is down", seen, &mut wrong);
    let failed = seen.requests.iter().filter(|r| r.failed() && r.version.as_deref() == Some(STABLE)).count();
    wrong.unless(failed > 0, "version 1 did not fail, so that nothing was shared");
    wrong.0
}

/// Refused without, through with Hotfix.
pub(crate) fn hotfix(seen: &GatedObserved) -> Vec<String> {
    let mut wrong = went_through(seen, 1);
    wrong.unless(status(seen, 0) == "Failed", format!("without Hotfix it ended {}", status(seen, 0)));
    let reason = seen.executions.first().map_or("", Execution::reason);
    wrong.unless(
        reason.contains(crate::names::THROTTLED),
        format!("the refusal does not name the alarm: {reason:?}"),
    );
    let asked = seen.shown.iter().any(|asked| asked.about == "FinalApproval");
    wrong.unless(asked, "nobody was asked for FinalApproval");
    shares_were(&[10.0, 50.0, 0.0, 100.0], seen, &mut wrong);
    wrong.0
}

/// Stopped, with what was found and what was expected.
pub(crate) fn changed_by_hand(seen: &GatedObserved) -> Vec<String> {
    let mut wrong = finished(seen);
    ends_on(STABLE, seen, &mut wrong);
    wrong.unless(status(seen, 0) == "Failed", format!("the pipeline ended {}, not Failed", status(seen, 0)));
    for part in ["10 %", "30 %"] {
        reason_has(part, seen, &mut wrong);
    }
    told_once(seen, &mut wrong);
    wrong.0
}

/// Taken back because somebody stopped the execution.
pub(crate) fn stopped_by_hand(seen: &GatedObserved) -> Vec<String> {
    let mut wrong = taken_back_after(seen, "Stopped");
    shares_were(&[10.0, 0.0], seen, &mut wrong);
    wrong.0
}

/// Taken back by an operator before CodeDeploy had the alias.
pub(crate) fn operator_before_promotion(seen: &GatedObserved) -> Vec<String> {
    by_an_operator(seen).0
}

/// Taken back by an operator while an approval waited.
pub(crate) fn operator_while_waiting(seen: &GatedObserved) -> Vec<String> {
    let mut wrong = by_an_operator(seen);
    withdrawn(seen, &mut wrong);
    wrong.0
}

/// Taken back by an operator while CodeDeploy was at work.
pub(crate) fn operator_in_promotion(seen: &GatedObserved) -> Vec<String> {
    let mut wrong = by_an_operator(seen);
    let stopped = |e: &Event| matches!(e, Event::DeploymentStatus { status, .. } if status == "Stopped");
    let stopped = seen.journal.iter().any(|entry| stopped(&entry.event));
    wrong.unless(stopped, "the promotion was not stopped");
    wrong.0
}

/// Taken back by an operator after CodeDeploy was done.
pub(crate) fn operator_in_watch(seen: &GatedObserved) -> Vec<String> {
    let mut wrong = by_an_operator(seen);
    put_back_by_codedeploy(seen, &mut wrong);
    wrong.0
}

fn by_an_operator(seen: &GatedObserved) -> Deviations {
    let mut wrong = taken_back(seen);
    let told = seen.rollbacks.first().map_or("nothing", |event| &event.reason);
    wrong.unless(
        told.contains("customers call and complain"),
        format!("the operator's reason is not told: {told}"),
    );
    wrong
}
