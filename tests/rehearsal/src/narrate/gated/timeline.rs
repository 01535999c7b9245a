//! What happened and why, sentence by sentence, for somebody who does not know AWS.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use twin::journal::{Entry, Event};

use super::named_by_id;
use crate::{
    gated::{
        observed::{ActionRun, GatedObserved, RollbackEvent},
        pipeline::FIRST_OF_PRODUCTION,
    },
    narrate::{is_first_look, judged},
    report::{EntryKind, TimelineEntry, in_words},
};

/// Longer than this, taking the alias is waiting for it.
const LONG: TimeDelta = TimeDelta::minutes(1);

pub(super) fn timeline(seen: &GatedObserved) -> Vec<TimelineEntry> {
    let entry = |at, kind, text: String| TimelineEntry { at, kind, text };
    let load = |at, text: &str| entry(at, EntryKind::Load, text.to_owned());
    let mut timeline = vec![load(seen.started_at, "customers start to send requests through live")];
    let happened = seen.journal.iter().filter(|e| e.at >= seen.started_at && !is_first_look(&e.event));
    timeline.extend(happened.filter_map(|e| Some(entry(e.at, kind(&e.event), told(seen, e)?))));
    timeline.extend(judged::changes(&seen.verdicts).into_iter().map(|change| {
        entry(change.at, EntryKind::Judge, format!("the judge says {}: {}", change.word, change.reason))
    }));
    timeline.extend(seen.operated.iter().map(|did| entry(did.at, EntryKind::Operator, did.text.clone())));
    timeline
        .extend(seen.rollbacks.iter().map(|event| entry(event.at, EntryKind::Rollback, announced(event))));
    timeline.extend(seen.rollbacks.iter().map(|event| {
        entry(event.begun_at, EntryKind::Rollback, format!("the release is taken back: {}", event.why))
    }));
    timeline.extend(seen.notices.iter().map(|mail| {
        entry(mail.at, EntryKind::Rollback, format!("notice to the team: {}. {}", mail.about, mail.text))
    }));
    timeline.push(load(seen.ended_at, "the rehearsal of this release ends"));
    timeline.sort_by_key(|entry| entry.at);
    timeline
}

fn kind(event: &Event) -> EntryKind {
    match event {
        Event::PipelineStatus { .. } | Event::StageStatus { .. } | Event::ActionStatus { .. } => {
            EntryKind::Pipeline
        }
        Event::ApprovalAsked { .. } | Event::ApprovalAnswered { .. } => EntryKind::Approval,
        _ => super::super::kind(event),
    }
}

/// An entry in words; `None` for what only says that work goes on.
fn told(seen: &GatedObserved, entry: &Entry) -> Option<String> {
    match &entry.event {
        Event::PipelineStatus { execution, status, .. } => {
            let who = named_by_id(seen, execution);
            Some(match status.as_str() {
                "STARTED" => format!("{who} starts"),
                status => format!("{who} ends: {}", status.to_lowercase()),
            })
        }
        Event::StageStatus { execution, stage, status, .. } if status == "STARTED" => {
            let who = named_by_id(seen, execution);
            Some(format!("{who} enters the stage {stage}: {}", purpose(stage)))
        }
        Event::ActionStatus { execution, action, status, .. }
            if action == "Acquire" && status == "STARTED" =>
        {
            waits(seen, execution, entry.at)
        }
        Event::ActionStatus { execution, stage, action, status, .. } => {
            acted(seen, execution, (stage, action), status)
        }
        Event::ApprovalAsked { action, .. } => {
            let mail = seen.shown.iter().find(|mail| mail.about == *action && mail.at >= entry.at);
            let shown = mail.map_or("nothing", |mail| mail.text.as_str());
            Some(format!("a person is asked for {action}, and shown: “{shown}”"))
        }
        Event::ApprovalAnswered { action, status, by, summary, .. } => {
            let by = by.rsplit(['/', ':']).next().unwrap_or(by);
            Some(format!("{action} is {} by {by}: “{summary}”", status.to_lowercase()))
        }
        Event::AliasMoved { version, weights, .. } => {
            let for_codedeploy = seen.nothing_during_promotion().is_some_and(|(from, _)| from == entry.at);
            let why =
                if for_codedeploy { ", for a moment: CodeDeploy starts from a whole alias" } else { "" };
            Some(split(version, weights) + why)
        }
        Event::StageStatus { .. } | Event::JobInvoked { .. } => None,
        other => Some(other.to_string()),
    }
}

/// Whether an execution has to wait for the alias.
fn waits(seen: &GatedObserved, of: &str, from: DateTime<Utc>) -> Option<String> {
    let had = seen.journal.iter().find(|entry| match &entry.event {
        Event::ActionStatus { execution, action, status, .. } => {
            execution == of && action == "Acquire" && status != "STARTED"
        }
        _ => false,
    });
    let waited = had.map_or(seen.ended_at, |entry| entry.at) - from;
    let who = named_by_id(seen, of);
    (waited > LONG).then(|| format!("{who} waits {} for the alias, which is taken", in_words(waited)))
}

/// What a stage is for.
fn purpose(stage: &str) -> &'static str {
    match stage {
        "Source" => "which commit is released",
        "Build" => "checked, tested and packaged, once for every environment",
        "DeployDev" => "the stack of dev gets the new version, and all of its requests go there",
        "TestDev" => "is it right?",
        "DeployStaging" => "the same in staging, by a canary of CodeDeploy",
        "TestStaging" => "all tests",
        "ManualApproval" => "two people say whether it may go to production",
        "ChaosTesting" => "staging is broken on purpose, and must recover",
        "DeployCanary" => "take the alias, update the stack, give the new version 10 % of the requests",
        "CanaryApproval" => "a person looks at the 10 %",
        "ExpandCanary" => "give the new version 50 % of the requests",
        "FinalApproval" => "a person looks at the 50 %",
        "DeployProd" => "CodeDeploy gives it everything, and it is watched",
        _ => "",
    }
}

/// The end of an action: what it handed on, or why it failed.
fn acted(
    seen: &GatedObserved,
    execution: &str,
    (stage, action): (&str, &str),
    status: &str,
) -> Option<String> {
    let run = seen.executions.iter().find(|e| e.id == execution)?.action(stage, action)?;
    // What goes well before production is told by the next stage.
    let place = |name: &str| seen.stages.iter().position(|stage| stage == name);
    let early = place(stage) < place(FIRST_OF_PRODUCTION);
    match status {
        "SUCCEEDED" if early => None,
        "FAILED" => Some(format!("{action} fails: {}", run.error)),
        "ABANDONED" => Some(format!("{action} is abandoned")),
        "SUCCEEDED" if run.variables.contains_key("verdict") => Some(found(run)),
        "SUCCEEDED" if action == "UpdateStack" => Some(
            "the stack is updated: the new version passed its smoke test, and no customer reaches it yet"
                .to_owned(),
        ),
        _ => None,
    }
}

/// `Shift10 is done (healthy): … 180 requests …`.
fn found(run: &ActionRun) -> String {
    let get = |name: &str| run.variables.get(name).map_or("", String::as_str);
    let mut told = format!("{} is done ({}): {}", run.action, get("verdict"), get("reason"));
    if get("evidence") != "unknown" {
        told = format!("{told}. Evidence: {}", get("evidence"));
    }
    let (requests, minutes) = (get("requests"), get("minutes"));
    if requests.parse::<u64>().is_ok_and(|count| count > 0) {
        let (new, old) = (get("candidate"), get("stable"));
        let beside = |what: &str, candidate: &str, stable: &str, unit: &str| {
            format!("; {what} {} {unit}, version {old} {} {unit}", get(candidate), get(stable))
        };
        told = format!("{told}. {requests} requests to version {new} in {minutes} minutes");
        told.push_str(&beside("errors", "candidateErrorPercent", "stableErrorPercent", "%"));
        told.push_str(&beside("p95", "candidateP95Ms", "stableP95Ms", "ms"));
    }
    told
}

fn split(version: &str, weights: &BTreeMap<String, f64>) -> String {
    weights.iter().next().map_or_else(
        || format!("all requests go to version {version}"),
        |(other, weight)| {
            format!(
                "{:.0} % of the requests go to version {other}, the others to version {version}",
                weight * 100.0
            )
        },
    )
}

fn announced(event: &RollbackEvent) -> String {
    let RollbackEvent { why, reason, from_version, to_version, .. } = event;
    let exposed = in_words(TimeDelta::seconds(event.exposed_seconds));
    let reason = if reason == why { String::new() } else { format!(" ({reason})") };
    format!(
        "the way back from version {from_version} to {to_version} is announced to other systems: {why}{reason}. Customers \
         could meet version {from_version} for {exposed}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(variables: &[(&str, &str)]) -> ActionRun {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        ActionRun { action: "Shift10".to_owned(), variables: variables.collect(), ..ActionRun::default() }
    }

    #[test]
    fn numbers_are_told_when_there_were_requests() {
        let of = |requests| {
            found(&run(&[
                ("verdict", "healthy"),
                ("reason", "all well"),
                ("evidence", "unknown"),
                ("requests", requests),
                ("minutes", "13"),
                ("candidate", "2"),
                ("stable", "1"),
                ("candidateErrorPercent", "0.10"),
                ("stableErrorPercent", "0.20"),
                ("candidateP95Ms", "16"),
                ("stableP95Ms", "14"),
            ]))
        };
        assert_eq!(of("0"), "Shift10 is done (healthy): all well");
        assert_eq!(
            of("159"),
            "Shift10 is done (healthy): all well. 159 requests to version 2 in 13 minutes; errors 0.10 %, version 1 0.20 \
             %; p95 16 ms, version 1 14 ms"
        );
    }

    #[test]
    fn reason_is_told_once_when_there_is_no_longer_one() {
        let event = |reason: &str| RollbackEvent {
            at: DateTime::UNIX_EPOCH,
            begun_at: DateTime::UNIX_EPOCH,
            safe_at: DateTime::UNIX_EPOCH,
            why: "by hand".to_owned(),
            reason: reason.to_owned(),
            from_version: "2".to_owned(),
            to_version: "1".to_owned(),
            exposed_seconds: 90,
        };
        let told = announced(&event("by hand"));
        assert!(told.ends_with("systems: by hand. Customers could meet version 2 for 1 min 30 s"), "{told}");
        assert!(announced(&event("complaints")).contains("by hand (complaints). Customers"));
    }

    #[test]
    fn split_names_both_versions() {
        let weights = BTreeMap::from([("2".to_owned(), 0.1)]);
        assert_eq!(split("1", &weights), "10 % of the requests go to version 2, the others to version 1");
        assert_eq!(split("1", &BTreeMap::new()), "all requests go to version 1");
    }
}
