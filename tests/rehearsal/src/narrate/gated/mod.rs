//! From what was observed of a release through the pipeline to what the report shows.

mod figures;
mod steps;
mod timeline;

use crate::{
    gated::observed::{Execution, GatedObserved},
    narrate::{first_words, judged, minutes, weights},
    observed::CANDIDATE,
    report::{Outcome, Release},
    scenario::gated::GatedScenario,
};

/// Everything the report says about one release.
pub(crate) fn gated_release(scenario: &GatedScenario, seen: &GatedObserved) -> Release {
    let deviations = (scenario.check)(seen);
    let outcome = if deviations.is_empty() { Outcome::AsExpected } else { Outcome::Deviated(deviations) };
    Release {
        name: scenario.name.to_owned(),
        title: scenario.title.to_owned(),
        expectation: scenario.expectation.to_owned(),
        outcome,
        conclusion: conclusion(seen),
        key_figures: figures::figures(seen),
        started_at: seen.started_at,
        ended_at: seen.ended_at,
        timeline: timeline::timeline(seen),
        minutes: minutes(&seen.requests),
        weights: weights(&seen.journal),
        steps_of: "pipeline",
        steps: steps::steps(seen),
        judged: judged::judged(&seen.verdicts),
    }
}

/// What did happen, for somebody who reads nothing else.
fn conclusion(seen: &GatedObserved) -> String {
    let ends: Vec<String> =
        (0..).zip(&seen.executions).map(|(number, execution)| ended(seen, number, execution)).collect();
    let told = match seen.notices.len() {
        0 => String::new(),
        1 => " The team got one notice.".to_owned(),
        count => format!(" The team got {count} notices."),
    };
    let whole = if seen.alias_is_whole { "all" } else { "part of the" };
    format!(
        "{} Now live sends {whole} traffic to version {}. Version {CANDIDATE} served {} of {} customer requests; {} failed.{told}",
        ends.join(" "),
        seen.alias_version,
        seen.served_by(CANDIDATE),
        seen.requests.len(),
        seen.failed_requests(),
    )
}

fn ended(seen: &GatedObserved, number: usize, execution: &Execution) -> String {
    let (who, reason) = (named(seen, number), execution.reason());
    let because = if reason.is_empty() { String::new() } else { format!(": {}", first_words(reason)) };
    let mut letters = who.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    let told = format!("{first}{} ended {}{because}", letters.as_str(), execution.status);
    if told.ends_with(['.', '…']) { told } else { format!("{told}.") }
}

/// `the release`, or its number where there are several.
fn named(seen: &GatedObserved, number: usize) -> String {
    if seen.executions.len() == 1 { "the release".to_owned() } else { format!("release {}", number + 1) }
}

/// The same by the execution's id.
fn named_by_id(seen: &GatedObserved, id: &str) -> String {
    seen.executions.iter().position(|e| e.id == id).map_or_else(|| id.to_owned(), |n| named(seen, n))
}
