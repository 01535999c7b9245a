//! The stages of the pipeline, out of the journal.

use chrono::{DateTime, Utc};
use twin::journal::Event;

use super::named;
use crate::{
    gated::{observed::Execution, observed::GatedObserved, pipeline::ROLLOUT_STAGES},
    report::{Step, StepStatus},
};

/// Every stage of the first execution, and those that the others entered.
pub(super) fn steps(seen: &GatedObserved) -> Vec<Step> {
    let mut steps = Vec::new();
    for (number, execution) in (0..).zip(&seen.executions) {
        for stage in ["Source"].into_iter().chain(ROLLOUT_STAGES) {
            let step = step(seen, execution, stage);
            if number > 0 && step.started_at.is_none() {
                continue;
            }
            let name = if seen.executions.len() > 1 {
                format!("{}: {stage}", named(seen, number))
            } else {
                stage.to_owned()
            };
            steps.push(Step { name, ..step });
        }
    }
    steps
}

fn step(seen: &GatedObserved, execution: &Execution, stage: &str) -> Step {
    let changes: Vec<(DateTime<Utc>, &str)> = changes(seen, &execution.id, stage).collect();
    let started_at = changes.first().map(|(at, _)| *at);
    let (status, note) = match changes.last() {
        Some((_, "SUCCEEDED")) => (StepStatus::Succeeded, String::new()),
        Some((_, "STARTED" | "STOPPING" | "RESUMED")) => (StepStatus::InProgress, String::new()),
        Some(_) => (StepStatus::Failed, failure(execution, stage)),
        None => (StepStatus::Skipped, "the release ended before".to_owned()),
    };
    let ended = matches!(status, StepStatus::Succeeded | StepStatus::Failed);
    let ended_at = changes.last().filter(|_| ended).map(|(at, _)| *at);
    Step { name: stage.to_owned(), status, started_at, ended_at, note }
}

fn failure(execution: &Execution, stage: &str) -> String {
    let failed = execution.actions.iter().find(|run| run.stage == stage && !run.error.is_empty());
    failed.map_or_else(String::new, |run| format!("{}: {}", run.action, run.error))
}

fn changes<'a>(
    seen: &'a GatedObserved,
    id: &'a str,
    name: &'a str,
) -> impl Iterator<Item = (DateTime<Utc>, &'a str)> {
    seen.journal.iter().filter_map(move |entry| match &entry.event {
        Event::StageStatus { execution, stage, status, .. } if execution == id && stage == name => {
            Some((entry.at, status.as_str()))
        }
        _ => None,
    })
}
