//! The stages of the pipeline, out of the journal.

use chrono::{DateTime, Utc};
use twin::journal::Event;

use super::named;
use crate::{
    gated::{
        observed::{Execution, GatedObserved},
        pipeline::FIRST_OF_PRODUCTION,
    },
    report::{Step, StepStatus, in_words},
};

/// Every stage of the first execution, and those that the others entered. Those before production are one step.
pub(super) fn steps(seen: &GatedObserved) -> Vec<Step> {
    let first = seen.stages.iter().position(|stage| stage == FIRST_OF_PRODUCTION).unwrap_or_default();
    let (before, production) = seen.stages.split_at(first);
    let mut steps = Vec::new();
    for (number, execution) in (0..).zip(&seen.executions) {
        let before = before.iter().map(|stage| step(seen, execution, stage)).collect();
        let production = production.iter().map(|stage| step(seen, execution, stage));
        for step in together(before).into_iter().chain(production) {
            if number > 0 && step.started_at.is_none() {
                continue;
            }
            let name = if seen.executions.len() > 1 {
                format!("{}: {}", named(seen, number), step.name)
            } else {
                step.name.clone()
            };
            steps.push(Step { name, ..step });
        }
    }
    steps
}

/// One step out of several that follow each other: how long each took, or what went wrong.
fn together(steps: Vec<Step>) -> Option<Step> {
    let [first, .., last] = steps.as_slice() else { return steps.into_iter().next() };
    let failed = steps.iter().find(|step| step.status == StepStatus::Failed);
    let took = |step: &Step| {
        let took = step.started_at.zip(step.ended_at).map(|(from, to)| in_words(to - from));
        format!("{} {}", step.name, took.unwrap_or_else(|| "not reached".to_owned()))
    };
    let note = match failed {
        Some(failed) => format!("{}: {}", failed.name, failed.note),
        None => steps.iter().map(took).collect::<Vec<_>>().join(", "),
    };
    let status = match (failed, &first.status, &last.status) {
        (Some(_), ..) => StepStatus::Failed,
        (None, StepStatus::Succeeded, StepStatus::Skipped) => StepStatus::InProgress,
        (None, StepStatus::Skipped, _) => StepStatus::Skipped,
        (None, _, last) => *last,
    };
    let ended_at = failed.unwrap_or(last).ended_at;
    let name = format!("{} to {}", first.name, last.name);
    Some(Step { name, status, started_at: first.started_at, ended_at, note })
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

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn stage(name: &str, status: StepStatus, from: i64, to: i64) -> Step {
        let at = |minute| Some(DateTime::UNIX_EPOCH + TimeDelta::minutes(minute));
        let (started_at, ended_at) =
            if status == StepStatus::Skipped { (None, None) } else { (at(from), at(to)) };
        Step { name: name.to_owned(), status, started_at, ended_at, note: "why".to_owned() }
    }

    #[test]
    fn stages_are_one_step_when_they_are_before_production() {
        let (good, skipped) = (StepStatus::Succeeded, StepStatus::Skipped);
        let told = |steps| together(steps).map(|step| (step.name, step.status, step.note)).unwrap();
        let name = "Source to TestDev".to_owned();
        let all = vec![stage("Source", good, 0, 1), stage("Build", good, 1, 7), stage("TestDev", good, 7, 9)];
        let note = "Source 1 min, Build 6 min, TestDev 2 min".to_owned();
        assert_eq!(told(all), (name.clone(), good, note));
        let failed = StepStatus::Failed;
        let some =
            vec![stage("Source", good, 0, 1), stage("Build", failed, 1, 7), stage("TestDev", skipped, 0, 0)];
        assert_eq!(told(some), (name, failed, "Build: why".to_owned()));
        assert_eq!(told(vec![stage("Source", good, 0, 1)]).0, "Source");
    }
}
