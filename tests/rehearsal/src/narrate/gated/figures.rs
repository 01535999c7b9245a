//! The few numbers of a gated release that a reader would ask for first.

use chrono::TimeDelta;
use twin::journal::Event;

use crate::{
    gated::observed::GatedObserved,
    narrate::judged,
    observed::{CANDIDATE, STABLE},
    report::{KeyFigure, in_words},
};

pub(super) fn figures(seen: &GatedObserved) -> Vec<KeyFigure> {
    let mut figures = vec![
        figure("Pipeline", statuses(seen), format!("people were asked {} times", seen.shown.len())),
        figure(
            "Customer requests",
            seen.requests.len().to_string(),
            format!("{} failed", seen.failed_requests()),
        ),
        figure("Served by version 2", seen.served_by(CANDIDATE).to_string(), shares(seen)),
    ];
    figures.extend([10.0, 50.0].into_iter().filter_map(|percent| at_share(seen, percent)));
    figures.extend(seen.nothing_during_promotion().map(|(from, to)| {
        figure(
            "At 0 % before the last step",
            in_words(to - from),
            "CodeDeploy starts from a whole alias".to_owned(),
        )
    }));
    figures.push(judge(seen));
    figures.extend(breach_to_safe(seen));
    figures.extend(answers(seen));
    figures.extend(rollback(seen));
    figures
}

fn figure(label: &str, value: String, note: String) -> KeyFigure {
    KeyFigure { label: label.to_owned(), value, note }
}

/// The status of each execution.
fn statuses(seen: &GatedObserved) -> String {
    seen.executions.iter().map(|execution| execution.status.as_str()).collect::<Vec<_>>().join(", then ")
}

/// `10, 50, 0, 100 % one after the other`.
fn shares(seen: &GatedObserved) -> String {
    let shares: Vec<String> = seen.shares().iter().map(|share| format!("{share:.0}")).collect();
    format!("its share: {} %", shares.join(", "))
}

/// How long the candidate had a share.
fn at_share(seen: &GatedObserved, percent: f64) -> Option<KeyFigure> {
    let has = |other: Option<(&str, f64)>| {
        other.is_some_and(|(version, share)| version == CANDIDATE && (share - percent).abs() < 0.01)
    };
    let mut moves = seen.moves().skip_while(|(_, _, other)| !has(*other));
    let from = moves.next()?.0;
    let to = moves.next().map_or(seen.ended_at, |(at, ..)| at);
    let minutes = ((to - from).num_seconds() + 30) / 60;
    Some(figure(&format!("At {percent:.0} %"), format!("{minutes} min"), "bake and approval".to_owned()))
}

fn judge(seen: &GatedObserved) -> KeyFigure {
    let (word, note) = judged::deciding(&seen.verdicts).map_or_else(
        || ("not asked".to_owned(), String::new()),
        |line| (line.verdict.to_string(), format!("of {} minutes", line.inputs.minutes().count())),
    );
    figure("Judge", word, note)
}

/// From the first proof to the last customer on the new version.
fn breach_to_safe(seen: &GatedObserved) -> Option<KeyFigure> {
    let breach = seen.breach()?.at;
    let safe = seen.safe_at()?;
    let value = if safe < breach { "before it".to_owned() } else { in_words(safe - breach) };
    Some(figure("Breach to safe", value, format!("until version {STABLE} had everything")))
}

/// The answers that approvals got.
fn answers(seen: &GatedObserved) -> Option<KeyFigure> {
    let answers = seen.journal.iter().filter_map(|entry| match &entry.event {
        Event::ApprovalAnswered { status, .. } => Some(status.as_str()),
        _ => None,
    });
    let answers: Vec<_> = answers.collect();
    let note = format!("{} of {} answered", answers.len(), seen.shown.len());
    (!answers.is_empty()).then(|| figure("Approvals", answers.join(", "), note))
}

/// How long the way back took, and who was told.
fn rollback(seen: &GatedObserved) -> Vec<KeyFigure> {
    let Some(event) = seen.rollbacks.first() else {
        return vec![figure("Rollback", "none".to_owned(), String::new())];
    };
    let exposed = in_words(TimeDelta::seconds(event.exposed_seconds));
    let exposed = format!("customers could meet version {} for {exposed}", event.from_version);
    let plural = if seen.notices.len() == 1 { "" } else { "s" };
    vec![
        figure("Decision to safe", in_words(event.safe_at - event.begun_at), event.why.clone()),
        figure("Rollback", format!("{} notice{plural}", seen.notices.len()), exposed),
    ]
}
