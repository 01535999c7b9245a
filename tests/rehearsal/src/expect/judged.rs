//! What must be true after releases that the judge decides, or tells about.

use chrono::TimeDelta;
use judge::Word;

use super::{Deviations, metrics_agree, reached_everybody};
use crate::{
    names::{BLIND, BREACH, ERROR_RATE, SHARED_FAULT},
    observed::{CANDIDATE, Observed, STABLE},
};

/// From the first shift to the old version serving everything again: the judge's minutes, two to settle, the alarm.
const WITHIN: TimeDelta = TimeDelta::minutes(20);

/// Rolled back because of the backend's 5xx answers.
pub(crate) fn rolled_back_for_errors(seen: &Observed) -> Vec<String> {
    rolled_back_by_the_judge("http_5xx", seen).0
}

/// Rolled back for latency, without a single error.
pub(crate) fn rolled_back_for_latency(seen: &Observed) -> Vec<String> {
    let mut wrong = rolled_back_by_the_judge("slow", seen);
    no_customer_error(seen, &mut wrong);
    wrong.0
}

/// Rolled back for what only the business metric shows.
pub(crate) fn rolled_back_for_unanswered_questions(seen: &Observed) -> Vec<String> {
    let mut wrong = rolled_back_by_the_judge("unanswered", seen);
    no_customer_error(seen, &mut wrong);
    wrong.0
}

/// Completes with the word inconclusive in front of everybody.
pub(crate) fn completed_inconclusive(seen: &Observed) -> Vec<String> {
    let mut wrong = reached_everybody(seen);
    let said = |word| seen.verdicts.iter().any(|line| line.verdict == word);
    wrong.unless(said(Word::Inconclusive), "the judge never said inconclusive");
    wrong.unless(!said(Word::Healthy), "the judge said healthy of hardly any requests");
    let reason = seen.last_hook_reason.as_deref().unwrap_or("nothing");
    wrong.unless(
        reason.starts_with("INCONCLUSIVE"),
        format!("the post-traffic hook did not say INCONCLUSIVE but {reason:?}"),
    );
    wrong.0
}

/// Completes, although a few requests fail.
pub(crate) fn completed_without_a_breach(seen: &Observed) -> Vec<String> {
    let mut wrong = reached_everybody(seen);
    wrong.unless(seen.failed_requests() > 0, "no request failed, so that nothing was noisy");
    wrong.unless(!seen.verdicts.is_empty(), "the judge said nothing");
    no_breach(seen, &mut wrong);
    wrong.0
}

/// Stopped by the letter of M2, not by the judge, which told that the fault is shared.
pub(crate) fn stopped_by_the_required_alarm(seen: &Observed) -> Vec<String> {
    let mut wrong = rolled_back(seen);
    no_breach(seen, &mut wrong);
    wrong.unless(seen.fired(SHARED_FAULT).is_some(), "nobody was told that both versions are bad");
    wrong.unless(seen.fired(ERROR_RATE).is_some(), "the required error-rate alarm did not fire");
    let told = seen.fired(SHARED_FAULT).zip(seen.fired(ERROR_RATE));
    wrong.unless(
        told.is_none_or(|(told, acted)| told < acted),
        "it was told only after the required alarm acted",
    );
    wrong.0
}

/// Completes without the judge, and people know.
pub(crate) fn completed_while_blind(seen: &Observed) -> Vec<String> {
    let mut wrong = reached_everybody(seen);
    no_breach(seen, &mut wrong);
    wrong.unless(seen.fired(BLIND).is_some(), "the Blind alarm did not fire");
    wrong.0
}

fn rolled_back_by_the_judge(criterion: &str, seen: &Observed) -> Deviations {
    let mut wrong = rolled_back(seen);
    wrong.unless(seen.fired(BREACH).is_some(), "the judge's alarm did not fire");
    let breach = seen.verdicts.iter().find(|line| line.verdict == Word::Breach);
    let reason = breach.map_or("nothing", |line| line.reason.as_str());
    wrong.unless(
        reason.starts_with(&format!("{criterion}: ")),
        format!("the judge's reason is not {criterion}: {reason}"),
    );
    let exposed = seen.shifts().0.zip(seen.back_at()).map(|(first, back)| back - first);
    wrong.unless(
        exposed.is_some_and(|time| time <= WITHIN),
        format!("version 2 had customers for {} minutes", exposed.map_or(-1, |time| time.num_minutes())),
    );
    wrong
}

fn rolled_back(seen: &Observed) -> Deviations {
    let mut wrong = Deviations(Vec::new());
    wrong.unless(seen.status == "Stopped", format!("the deployment ended {}, not Stopped", seen.status));
    let restored = seen.rollback.as_ref().is_some_and(|(_, status)| status == "Succeeded");
    wrong.unless(restored, "CodeDeploy's rollback deployment did not succeed");
    wrong.unless(
        seen.alias_version == STABLE && seen.alias_is_whole,
        "live does not send everything to version 1",
    );
    wrong.unless(seen.served_by(CANDIDATE).count() > 0, "no customer request ever reached version 2");
    metrics_agree(seen, &mut wrong);
    wrong
}

fn no_breach(seen: &Observed, wrong: &mut Deviations) {
    let breach = seen.verdicts.iter().find(|line| line.verdict == Word::Breach);
    wrong.unless(
        breach.is_none(),
        format!("the judge said breach: {}", breach.map_or("", |line| &line.reason)),
    );
    wrong.unless(seen.fired(BREACH).is_none(), "the judge's alarm fired");
}

fn no_customer_error(seen: &Observed, wrong: &mut Deviations) {
    wrong.unless(seen.failed_requests() == 0, format!("{} customer requests failed", seen.failed_requests()));
}
