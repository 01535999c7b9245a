//! From what was observed to what the report shows.

mod gated;
mod judged;

use std::collections::BTreeMap;

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use twin::journal::{Entry, Event};

pub(crate) use gated::gated_release;

use crate::{
    observed::{CANDIDATE, CustomerRequest, Observed},
    report::{
        EntryKind, KeyFigure, Minute, Outcome, Release, Step, StepStatus, TimelineEntry, VerdictChange,
        VersionMinute, WeightChange,
    },
    scenario::Scenario,
};

/// Everything the report says about one release.
pub(crate) fn release(scenario: &Scenario, seen: &Observed) -> Release {
    let deviations = (scenario.check)(seen);
    let outcome = if deviations.is_empty() { Outcome::AsExpected } else { Outcome::Deviated(deviations) };
    Release {
        name: scenario.name.to_owned(),
        title: scenario.title.to_owned(),
        expectation: scenario.expectation.to_owned(),
        outcome,
        conclusion: conclusion(seen),
        key_figures: key_figures(seen),
        started_at: seen.started_at,
        ended_at: seen.ended_at,
        timeline: timeline(seen),
        minutes: minutes(&seen.requests),
        weights: weights(&seen.journal),
        steps_of: "deployment",
        steps: steps(seen),
        judged: judged::judged(&seen.verdicts),
    }
}

/// What did happen, for somebody who reads nothing else.
fn conclusion(seen: &Observed) -> String {
    let hook = |name: &str, answer: Option<&str>, reason: Option<&String>| match (answer, reason) {
        (Some(answer), Some(reason)) => {
            format!("The {name} {}: {}. ", answer.to_lowercase(), first_words(reason))
        }
        (Some(answer), None) => format!("The {name} reported {answer}. "),
        (None, _) => String::new(),
    };
    let judge = judged::deciding(&seen.verdicts).map_or_else(String::new, |line| {
        format!("The judge said {}: {}. ", line.verdict, first_words(&line.reason))
    });
    let whole = if seen.alias_is_whole { "all" } else { "part of the" };
    format!(
        "{}{judge}{}The deployment ended {}; live sends {whole} traffic to version {}. Version {CANDIDATE} served {} of {} \
         customer requests; {} failed.",
        hook("smoke test", seen.hook_answer(), seen.hook_reason.as_ref()),
        hook("post-traffic hook", seen.last_hook_answer(), seen.last_hook_reason.as_ref()),
        seen.status,
        seen.alias_version,
        seen.served_by(CANDIDATE).count(),
        seen.requests.len(),
        seen.failed_requests(),
    )
}

/// Enough of a reason to recognise it; the timeline has the whole.
fn first_words(reason: &str) -> String {
    let mut words = reason.chars();
    let start: String = words.by_ref().take(160).collect();
    if words.next().is_some() { format!("{start}…") } else { start }
}

fn key_figures(seen: &Observed) -> Vec<KeyFigure> {
    let figure =
        |label: &str, value: String, note: String| KeyFigure { label: label.to_owned(), value, note };
    let (first, whole) = seen.shifts();
    let verified =
        first.or_else(|| step_end(seen, "BeforeAllowTraffic")).zip(step_start(seen, "BeforeAllowTraffic"));
    let canary = first
        .zip(whole.or(seen.back_at()))
        .map_or_else(|| "none".to_owned(), |(a, b)| format!("{} min", ((b - a).num_seconds() + 30) / 60));
    let judge = judged::deciding(&seen.verdicts).map_or_else(
        || ("not asked".to_owned(), String::new()),
        |line| (line.verdict.to_string(), format!("of {} minutes", line.inputs.minutes().count())),
    );
    let rollback =
        seen.rollback.as_ref().map_or_else(|| "none needed".to_owned(), |(_, status)| status.clone());
    vec![
        figure("Deployment", seen.status.clone(), seen.deployment.clone()),
        figure(
            "Customer requests",
            seen.requests.len().to_string(),
            format!("{} failed", seen.failed_requests()),
        ),
        figure(
            "Served by version 2",
            seen.served_by(CANDIDATE).count().to_string(),
            format!("CloudWatch counts {:.0}", seen.candidate_invocations_metric),
        ),
        figure(
            "Smoke test",
            seen.hook_answer().unwrap_or("no answer").to_owned(),
            verified.map_or_else(String::new, |(end, start)| {
                format!("{:.0} ms at 0 %, real", milliseconds(end - start) / seen.rate)
            }),
        ),
        figure("Canary at 10 %", canary, String::new()),
        figure("Judge", judge.0, judge.1),
        figure("Rollback", rollback, seen.rollback.as_ref().map_or_else(String::new, |(id, _)| id.clone())),
    ]
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of one release are far below 2^53")]
fn milliseconds(span: TimeDelta) -> f64 {
    span.num_milliseconds() as f64
}

fn timeline(seen: &Observed) -> Vec<TimelineEntry> {
    let entry = |at, kind, text: &str| TimelineEntry { at, kind, text: text.to_owned() };
    let mut timeline =
        vec![entry(seen.started_at, EntryKind::Load, "customers start to send requests through live")];
    for happened in
        seen.journal.iter().filter(|entry| entry.at >= seen.started_at && !is_first_look(&entry.event))
    {
        if let Some(decided) = decision(&happened.event, seen) {
            timeline.push(entry(happened.at, EntryKind::Hook, &decided));
        }
        timeline.push(entry(happened.at, kind(&happened.event), &happened.event.to_string()));
    }
    let said = |change: VerdictChange| {
        entry(change.at, EntryKind::Judge, &format!("the judge says {}: {}", change.word, change.reason))
    };
    timeline.extend(judged::changes(&seen.verdicts).into_iter().map(said));
    timeline.push(entry(seen.ended_at, EntryKind::Load, "the rehearsal of this release ends"));
    timeline.sort_by_key(|entry| entry.at);
    timeline
}

/// A new alarm that found all well: no news.
fn is_first_look(event: &Event) -> bool {
    matches!(event, Event::AlarmChanged { from, to, .. } if from == "INSUFFICIENT_DATA" && to == "OK")
}

/// Why a hook of the released deployment decided so, when this is its answer.
fn decision(event: &Event, seen: &Observed) -> Option<String> {
    let Event::HookAnswered { deployment, event, .. } = event else { return None };
    if *deployment != seen.deployment {
        return None;
    }
    let (hook, reason) = match event.as_str() {
        "AfterAllowTraffic" => ("post-traffic", &seen.last_hook_reason),
        _ => ("pre-traffic", &seen.hook_reason),
    };
    Some(format!("{hook} decided: {}", reason.as_deref().unwrap_or("the hook logged no reason")))
}

fn kind(event: &Event) -> EntryKind {
    match event {
        Event::DeploymentStatus { .. } | Event::LifecycleEvent { .. } => EntryKind::Deployment,
        Event::HookInvoked { .. } | Event::HookAnswered { .. } => EntryKind::Hook,
        Event::AliasMoved { .. } => EntryKind::Traffic,
        Event::AlarmChanged { .. } => EntryKind::Alarm,
        Event::VersionPublished { .. }
        | Event::InvocationFailed { .. }
        | Event::PipelineStatus { .. }
        | Event::StageStatus { .. }
        | Event::ActionStatus { .. }
        | Event::JobInvoked { .. }
        | Event::ApprovalAsked { .. }
        | Event::ApprovalAnswered { .. } => EntryKind::Note,
    }
}

/// Requests by virtual minute and version.
fn minutes(requests: &[CustomerRequest]) -> Vec<Minute> {
    let mut by_minute: BTreeMap<DateTime<Utc>, BTreeMap<&str, Vec<&CustomerRequest>>> = BTreeMap::new();
    for request in requests {
        let minute = request.at.duration_trunc(TimeDelta::minutes(1)).unwrap_or(request.at);
        let version = request.version.as_deref().unwrap_or("none");
        by_minute.entry(minute).or_default().entry(version).or_default().push(request);
    }
    let version_minute = |(version, requests): (&str, Vec<&CustomerRequest>)| {
        let mut latencies: Vec<f64> = requests.iter().map(|r| r.latency_ms).collect();
        latencies.sort_by(f64::total_cmp);
        VersionMinute {
            version: version.to_owned(),
            requests: requests.len() as u64,
            errors: requests.iter().filter(|r| r.failed()).count() as u64,
            p50_ms: nearest_rank(&latencies, 50),
            p95_ms: nearest_rank(&latencies, 95),
        }
    };
    let minute = |(at, versions): (_, BTreeMap<&str, _>)| Minute {
        at,
        versions: versions.into_iter().map(version_minute).collect(),
    };
    by_minute.into_iter().map(minute).collect()
}

/// The nearest-rank percentile of sorted values.
fn nearest_rank(sorted: &[f64], percent: usize) -> Option<f64> {
    sorted.get((sorted.len() * percent).div_ceil(100).checked_sub(1)?).copied()
}

fn weights(journal: &[Entry]) -> Vec<WeightChange> {
    let moves = journal.iter().filter_map(|entry| match &entry.event {
        Event::AliasMoved { version, weights, .. } => Some((entry.at, version, weights)),
        _ => None,
    });
    moves
        .map(|(at, version, weights)| WeightChange {
            at,
            main_version: version.clone(),
            canary_version: weights.keys().next().cloned(),
            canary_percent: weights.values().next().map_or(0.0, |weight| weight * 100.0),
        })
        .collect()
}

/// The lifecycle of the released deployment out of the journal.
fn steps(seen: &Observed) -> Vec<Step> {
    ["BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic"]
        .into_iter()
        .map(|name| {
            let (started_at, ended_at) = (step_start(seen, name), step_end(seen, name));
            let (status, note) = last_status(seen, name);
            Step { name: name.to_owned(), status, started_at, ended_at, note }
        })
        .collect()
}

/// Time, status and reason of every change of one step of the released deployment.
fn changes<'a>(
    seen: &'a Observed,
    step: &'a str,
) -> impl DoubleEndedIterator<Item = (DateTime<Utc>, &'a str, Option<&'a str>)> {
    seen.journal.iter().filter_map(move |entry| match &entry.event {
        Event::LifecycleEvent { deployment, event, status, reason }
            if *deployment == seen.deployment && event == step =>
        {
            Some((entry.at, status.as_str(), reason.as_deref()))
        }
        Event::HookAnswered { deployment, event, status }
            if *deployment == seen.deployment && event == step =>
        {
            Some((entry.at, status.as_str(), None))
        }
        _ => None,
    })
}

fn step_start(seen: &Observed, step: &str) -> Option<DateTime<Utc>> {
    changes(seen, step).find(|(_, status, _)| *status == "InProgress").map(|(at, ..)| at)
}

fn step_end(seen: &Observed, step: &str) -> Option<DateTime<Utc>> {
    changes(seen, step).find(|(_, status, _)| ["Succeeded", "Failed"].contains(status)).map(|(at, ..)| at)
}

fn last_status(seen: &Observed, step: &str) -> (StepStatus, String) {
    match changes(seen, step).next_back() {
        Some((_, "Succeeded", _)) => (StepStatus::Succeeded, String::new()),
        Some((_, "Failed", reason)) => {
            (StepStatus::Failed, reason.unwrap_or("the hook reported Failed").to_owned())
        }
        Some((_, "InProgress", _)) => (StepStatus::InProgress, String::new()),
        Some((_, "Skipped", reason)) => (StepStatus::Skipped, reason.unwrap_or("no hook is set").to_owned()),
        _ => (StepStatus::Skipped, "the deployment ended before".to_owned()),
    }
}
