//! The judge's verdict on a split, for the sweep: while a person thinks about an approval nobody else would act on it before
//! CloudWatch's alarm does, a minute later. The same minutes and the same test as in `canary-judge` and `traffic-shift`, so
//! that it says what they say and spends no α of its own.

use crate::App;
use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use judge::Phase;
use readings::{Readings, Subject, Window, fetch, log_text, queries};
use release::Rollout;

/// A breach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// In a few words.
    pub why: String,
    /// The judge's sentence.
    pub reason: String,
}

/// Judges the settled minutes since the split; `None` when they are no breach, or too few. What cannot be read is no breach
/// either: `canary-judge` is blind then too, and its alarm tells.
pub(crate) async fn breach(app: &App, rollout: &Rollout, now: DateTime<Utc>) -> Option<Breach> {
    let (candidate, since) = (rollout.candidate.clone()?, rollout.split_since?);
    let judging = &app.config.judging;
    let from = since.duration_trunc(TimeDelta::minutes(1)).unwrap_or(since);
    let window = Window::settled(from, now, judging.settle_minutes);
    if window.minutes == 0 {
        return None;
    }
    let subject = Subject {
        function: app.config.place.function.clone(),
        alias: app.config.place.alias.clone(),
        canary: candidate,
        stable: rollout.stable.clone(),
        whole: false,
    };
    let table = fetch(&app.cloudwatch, &queries(&judging.measures, &subject), window.from, window.to()).await;
    let table = table.inspect_err(|error| tracing::warn!(error = aws::chain(error), "not judged")).ok()?;
    let document = Readings::new(judging, &table).inputs(Phase::Split, &window).document();
    let document =
        document.inspect_err(|error| tracing::warn!(error = aws::chain(error), "not judged")).ok()?;
    let why = document.report.breach_in_short()?;
    let reason = document.report.reason.clone();
    tracing::info!(execution = rollout.execution, reason, document = log_text(&document), "judged");
    Some(Breach { why, reason })
}
