//! Which minutes are judged, and what the verdict says to those who watch the metrics. Pure.

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use judge::{Doubt, Report, TestReport, Word};
use readings::Window;
use std::collections::BTreeSet;

/// No request for longer than this ends what came before: the split began after it.
const LONGEST_GAP: TimeDelta = TimeDelta::minutes(5);

/// The settled minutes of a split.
///
/// It began when the rollout says so. Without that (a plain CodeDeploy canary), with the first request of the new version
/// after the last gap in its traffic of more than five minutes: an earlier split of the same version is another release.
/// So at less than a request in five minutes of the canary its evidence starts anew after each gap, which is safe and
/// slow. The minute of the shift itself counts, because its requests are the canary's as well.
#[must_use]
pub fn window(
    split_since: Option<DateTime<Utc>>,
    traffic: &BTreeSet<DateTime<Utc>>,
    now: DateTime<Utc>,
    settle_minutes: u32,
) -> Window {
    let since = split_since.and_then(|at| at.duration_trunc(TimeDelta::minutes(1)).ok());
    let from = since.or_else(|| after_last_gap(traffic)).unwrap_or(now);
    Window::settled(from, now, settle_minutes)
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

/// What is published when the metrics could be read.
///
/// - `Breach`, `Judged`, `Blind`, `SharedFault`: 0 or 1. Blind: something could not be read, the verdict is no verdict.
/// - `EvidencePercent`: logarithm of the strongest evidence as percent of its threshold's; 100 is a breach.
/// - by criterion: `CanaryBadPercent`, `StableBadPercent`; by test: `EvidenceLog10`.
#[must_use]
pub fn published(report: &Report) -> Vec<Datum> {
    let mut data = vec![
        Datum::flag("Breach", report.verdict == Word::Breach),
        Datum::flag("Judged", true),
        Datum::flag("Blind", report.doubt == Some(Doubt::Unreadable)),
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
mod tests {
    use super::*;
    use judge::{Counts, Criterion, Inputs, Phase, Series};
    use proptest::prelude::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + minute * 60, 0).unwrap()
    }

    fn began(traffic: &[i64]) -> Option<DateTime<Utc>> {
        after_last_gap(&traffic.iter().map(|minute| at(*minute)).collect())
    }

    #[test]
    fn split_begins_after_the_last_gap_of_more_than_five_minutes() {
        assert_eq!(began(&[]), None);
        assert_eq!(began(&[3]), Some(at(3)));
        // Minutes 4 to 8 without traffic are a gap of five minutes: the same split.
        assert_eq!(began(&[1, 2, 3, 9, 10]), Some(at(1)));
        assert_eq!(began(&[1, 2, 3, 10, 11]), Some(at(10)));
        assert_eq!(began(&[1, 10, 30, 31]), Some(at(30)));
    }

    #[test]
    fn window_begins_with_the_rollout_when_it_says_since_when() {
        let since = Some(at(3) + TimeDelta::seconds(59));
        let traffic = [at(8), at(9)].into();
        let window = window(since, &traffic, at(12), 2);
        assert_eq!((window.from, window.stable_from, window.minutes), (at(3), at(3), 7));
    }

    #[test]
    fn window_begins_with_traffic_when_there_is_no_rollout() {
        let window = window(None, &[at(8), at(9)].into(), at(12), 2);
        assert_eq!((window.from, window.minutes), (at(8), 2));
    }

    #[test]
    fn window_is_empty_when_there_is_no_traffic_or_nothing_is_settled() {
        assert_eq!(window(None, &BTreeSet::new(), at(12), 2).minutes, 0);
        assert_eq!(window(None, &[at(10)].into(), at(12), 2).minutes, 0);
        assert_eq!(window(Some(at(14)), &BTreeSet::new(), at(12), 2).minutes, 0);
    }

    fn report(canary: Option<(u64, u64)>, stable: (u64, u64)) -> Report {
        let counts = |(total, bad)| Counts::new(total, bad).unwrap();
        let series = Series {
            criterion: Criterion::new("errors", 0.01),
            canary: vec![canary.map(counts)],
            stable: vec![Some(counts(stable))],
        };
        let inputs = Inputs { alpha: 0.005, min_requests: 50, phase: Phase::Split, series: vec![series] };
        inputs.document().unwrap().report
    }

    fn value(data: &[Datum], name: &str) -> Option<f64> {
        data.iter().find(|datum| datum.name == name).map(|datum| datum.value)
    }

    #[test]
    fn flags_tell_the_verdict() {
        let cases = [
            (report(Some((100, 0)), (900, 0)), [0.0, 0.0, 0.0]),
            (report(Some((100, 30)), (900, 0)), [1.0, 0.0, 0.0]),
            (report(Some((100, 30)), (900, 270)), [0.0, 0.0, 1.0]),
            (report(None, (900, 0)), [0.0, 1.0, 0.0]),
            (report(Some((10, 0)), (90, 0)), [0.0, 0.0, 0.0]),
        ];
        for (report, expected) in cases {
            let data = published(&report);
            let flags = ["Breach", "Blind", "SharedFault"].map(|name| value(&data, name).unwrap());
            assert!(
                flags.iter().zip(expected).all(|(flag, expected)| (flag - expected).abs() < 1e-9),
                "{data:?}"
            );
            assert_eq!(value(&data, "Judged"), Some(1.0));
        }
    }

    #[test]
    fn breach_is_left_out_when_blind() {
        let data = published_when_blind();
        assert_eq!(
            (value(&data, "Breach"), value(&data, "Blind"), value(&data, "Judged")),
            (None, Some(1.0), Some(0.0))
        );
    }

    #[test]
    fn evidence_is_100_percent_at_least_when_it_breaches() {
        assert!(value(&published(&report(Some((100, 30)), (900, 0))), "EvidencePercent").unwrap() >= 100.0);
        assert!(value(&published(&report(Some((100, 1)), (900, 1))), "EvidencePercent").unwrap() < 100.0);
    }

    proptest! {
        #[test]
        fn window_never_reaches_into_unsettled_minutes(
            traffic in prop::collection::btree_set(-400_i64..20, 0..50), second in 0_i64..1_200, settle in 1_u32..20,
        ) {
            let now = at(0) + TimeDelta::seconds(second);
            let traffic = traffic.into_iter().map(at).collect();
            let window = window(None, &traffic, now, settle);
            if window.minutes > 0 {
                prop_assert!(window.to() + TimeDelta::minutes(settle.into()) <= now);
                prop_assert!(traffic.contains(&window.from));
            }
        }
    }
}
