//! Which minutes are judged, and what the verdict says to those who watch the metrics. Pure.

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use judge::{Doubt, Report, TestReport, Word};
use readings::Window;
use std::collections::BTreeSet;

/// No request for longer than this ends what came before: the split began after it.
const LONGEST_GAP: TimeDelta = TimeDelta::minutes(5);

/// The settled minutes of a split.
///
/// It began when the rollout says so. Without that (a plain CodeDeploy canary), with the first request of both versions
/// after the last gap of more than five minutes in the traffic of either: before it one of them served alone, or it was
/// another release. So at less than a request in five minutes of one of them the evidence starts anew after each gap. The
/// minute of the shift itself counts, because its requests are the canary's as well.
#[must_use]
pub fn window(
    split_since: Option<DateTime<Utc>>,
    [canary, stable]: [&BTreeSet<DateTime<Utc>>; 2],
    now: DateTime<Utc>,
    settle_minutes: u32,
) -> Window {
    let since = split_since.and_then(|at| at.duration_trunc(TimeDelta::minutes(1)).ok());
    // A request that is not settled yet must not end what has been judged so far.
    let settled = |traffic: &BTreeSet<DateTime<Utc>>| {
        let ended = |minute: &&DateTime<Utc>| Window::settled(**minute, now, settle_minutes).minutes > 0;
        traffic.iter().filter(ended).copied().collect::<BTreeSet<_>>()
    };
    let began = |traffic| after_last_gap(&settled(traffic));
    let from = since.or_else(|| Some(began(canary)?.max(began(stable).unwrap_or_default()))).unwrap_or(now);
    Window::settled(from, now, settle_minutes)
}

/// Whether there is nothing to judge because CloudWatch could not read: no traffic to be seen is then no sign that there was
/// none.
#[must_use]
pub const fn sees_nothing(window: &Window, problems: &[String]) -> bool {
    window.minutes == 0 && !problems.is_empty()
}

fn after_last_gap(traffic: &BTreeSet<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    let mut later = traffic.last().copied()?;
    for minute in traffic.iter().rev() {
        // Two neighbouring minutes are one minute apart and have no gap between them.
        if later - *minute > LONGEST_GAP + TimeDelta::minutes(1) {
            break;
        }
        later = *minute;
    }
    Some(later)
}

/// One number for CloudWatch. The dimensions of all are the function and its alias, never a version: one alarm watches
/// every release.
#[derive(Clone, Debug, PartialEq)]
pub struct Datum {
    /// Name of the metric.
    pub name: &'static str,
    /// The criterion, and the test when it is about one; further dimensions.
    pub about: Option<(String, Option<&'static str>)>,
    /// `Percent` where the name ends so, else none.
    pub value: f64,
}

impl Datum {
    fn flag(name: &'static str, set: bool) -> Self {
        Self { name, about: None, value: f64::from(u8::from(set)) }
    }
}

/// What is published when a verdict was reached. `problems`: CloudWatch could not read everything.
///
/// - `Breach`, `Judged`, `Blind`, `SharedFault`: 0 or 1. Blind: something could not be read, whatever the verdict.
/// - `EvidencePercent`: logarithm of the strongest evidence as percent of its threshold's; 100 is a breach.
/// - by criterion: `CanaryBadPercent`, `StableBadPercent`; by test: `EvidenceLog10`.
#[must_use]
pub fn published(report: &Report, problems: bool) -> Vec<Datum> {
    let unknown = report.criteria.iter().any(|criterion| criterion.unknown_minutes > 0);
    let mut data = vec![
        Datum::flag("Breach", report.verdict == Word::Breach),
        Datum::flag("Judged", true),
        Datum::flag("Blind", problems || unknown),
        Datum::flag("SharedFault", report.doubt == Some(Doubt::BothOverLimit)),
    ];
    let mut strongest = 0.0_f64;
    for criterion in &report.criteria {
        let tests = [("limit", Some(criterion.limit)), ("regression", criterion.regression)];
        for (test, TestReport { evidence_log10, threshold_log10 }) in
            tests.into_iter().filter_map(|(name, test)| Some((name, test?)))
        {
            strongest = strongest.max(evidence_log10 / threshold_log10 * 100.0);
            let about = Some((criterion.name.clone(), Some(test)));
            data.push(Datum { name: "EvidenceLog10", about, value: evidence_log10 });
        }
        let shares =
            [("CanaryBadPercent", criterion.canary.rate), ("StableBadPercent", criterion.stable.rate)];
        for (name, rate) in shares {
            data.extend(rate.map(|rate| Datum {
                name,
                about: Some((criterion.name.clone(), None)),
                value: rate * 100.0,
            }));
        }
    }
    data.push(Datum { name: "EvidencePercent", about: None, value: strongest });
    data
}

/// What is published when nothing could be read. No `Breach`: neither 0 nor 1 would be true.
#[must_use]
pub fn published_when_blind() -> Vec<Datum> {
    vec![Datum::flag("Judged", false), Datum::flag("Blind", true)]
}

#[cfg(test)]
mod tests;
