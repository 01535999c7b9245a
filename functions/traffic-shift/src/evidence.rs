//! The output variables: what a person sees who is asked for approval. Pure.

use crate::usage::Usage;
use judge::{CriterionReport, Report, TestReport};
use std::collections::BTreeMap;

/// An approval refers to all of them, so that none may be missing.
pub const NAMES: [&str; 16] = [
    "verdict",
    "reason",
    "evidence",
    "minutes",
    "requests",
    "candidate",
    "stable",
    "percent",
    "candidateErrorPercent",
    "stableErrorPercent",
    "candidateP95Ms",
    "stableP95Ms",
    "candidateCostPerMillion",
    "stableCostPerMillion",
    "report",
    "firingAlarms",
];
/// What could not be read is said so, and never as 0.
pub const UNKNOWN: &str = "unknown";
/// Longer values hide what is beside them in an approval.
const LONGEST_VALUE: usize = 400;

/// All output variables of one action; unknown until set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variables(BTreeMap<&'static str, String>);

impl Variables {
    /// All of them, of which only these two are known.
    #[must_use]
    pub fn of(verdict: &str, reason: &str) -> Self {
        let mut variables = Self(NAMES.iter().map(|name| (*name, UNKNOWN.to_owned())).collect());
        variables.set("verdict", verdict);
        variables.set("reason", reason);
        variables
    }

    /// Sets one of [`NAMES`]; empty is unknown.
    pub fn set(&mut self, name: &str, value: &str) {
        if let Some(found) = self.0.get_mut(name).filter(|_| !value.is_empty()) {
            *found = shortened(value, LONGEST_VALUE);
        }
    }

    /// What the judge saw. `failures`: the criteria that count failed requests out of all; the worst of them is the error rate.
    pub fn judged(&mut self, report: &Report, failures: &[String]) {
        let requests = report.criteria.iter().map(|criterion| criterion.canary.total).max();
        self.set("minutes", &report.minutes.to_string());
        self.set("requests", &requests.map_or_else(String::new, |requests| requests.to_string()));
        self.set("evidence", &evidence(report));
        let counted = report.criteria.iter().filter(|criterion| failures.contains(&criterion.name));
        let worst = |share: fn(&CriterionReport) -> Option<f64>| {
            counted.clone().filter_map(share).reduce(f64::max).map(|rate| rate * 100.0)
        };
        self.set_number("candidateErrorPercent", worst(|criterion| criterion.canary.rate), 2);
        self.set_number("stableErrorPercent", worst(|criterion| criterion.stable.rate), 2);
    }

    /// What requests of both versions took, and cost.
    pub fn used(
        &mut self,
        [candidate, stable]: [&Usage; 2],
        [candidate_cost, stable_cost]: [Option<f64>; 2],
    ) {
        self.set_number("candidateP95Ms", candidate.p95_ms, 0);
        self.set_number("stableP95Ms", stable.p95_ms, 0);
        self.set_number("candidateCostPerMillion", candidate_cost, 2);
        self.set_number("stableCostPerMillion", stable_cost, 2);
    }

    fn set_number(&mut self, name: &str, value: Option<f64>, digits: usize) {
        self.set(name, &value.map_or_else(String::new, |value| format!("{value:.digits$}")));
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// One value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// A share for people, with as many digits as it has.
#[must_use]
pub fn percent_text(percent: f64) -> String {
    let text = format!("{percent:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Cut at a character, with a sign that it was.
#[must_use]
pub fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// How near each criterion's stronger test is to a breach, by the logarithms of evidence and threshold.
fn evidence(report: &Report) -> String {
    let part = |criterion: &CriterionReport| {
        let TestReport { evidence_log10, threshold_log10 } = criterion.strongest();
        format!("{} {:.0} %", criterion.name, evidence_log10 / threshold_log10 * 100.0)
    };
    let parts: Vec<_> = report.criteria.iter().map(part).collect();
    format!("{} of a breach's evidence", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use judge::{Counts, Criterion, Inputs, Phase, Series};
    use proptest::prelude::*;

    const ERRORS: &str = "errors";

    fn report(names: &[&str]) -> Report {
        let minutes = |total, bad| vec![Some(Counts::new(total, bad).unwrap()); 10];
        let series = names.iter().map(|name| Series {
            criterion: Criterion::new(name, 0.01),
            canary: minutes(60, u64::from(*name == ERRORS)),
            stable: minutes(540, 1),
        });
        let series = series.collect();
        Inputs { alpha: 0.005, min_requests: 50, phase: Phase::Split, series }.document().unwrap().report
    }

    #[test]
    fn everything_is_unknown_until_it_is_set() {
        let variables = Variables::of("done-before", "step 2 was begun since");
        assert_eq!(variables.iter().count(), NAMES.len());
        assert_eq!(variables.get("requests"), Some(UNKNOWN));
        assert_eq!(variables.get("verdict"), Some("done-before"));
    }

    #[test]
    fn numbers_are_told_for_people() {
        let mut variables = Variables::of("healthy", "well");
        variables.judged(&report(&["slow", "http_5xx", ERRORS]), &["http_5xx".to_owned(), ERRORS.to_owned()]);
        let usage = |p95_ms| Usage { p95_ms, average_ms: None };
        variables.used([&usage(Some(130.6)), &usage(None)], [Some(1.866), None]);
        for (name, value) in [
            ("minutes", "10"),
            ("requests", "600"),
            ("candidateErrorPercent", "1.67"),
            ("stableErrorPercent", "0.19"),
            ("candidateP95Ms", "131"),
            ("stableP95Ms", UNKNOWN),
            ("candidateCostPerMillion", "1.87"),
            ("stableCostPerMillion", UNKNOWN),
        ] {
            assert_eq!(variables.get(name), Some(value), "{name}");
        }
        let evidence = variables.get("evidence").unwrap();
        assert!(evidence.starts_with("slow 0 %, http_5xx 0 %, errors "), "{evidence}");
        assert!(evidence.ends_with(" % of a breach's evidence"), "{evidence}");
    }

    #[test]
    fn error_rate_is_unknown_when_no_criterion_counts_failures() {
        let mut variables = Variables::of("healthy", "well");
        variables.judged(&report(&["slow", "cold"]), &[]);
        assert_eq!(variables.get("candidateErrorPercent"), Some(UNKNOWN));
    }

    #[test]
    fn percent_has_the_digits_that_it_needs() {
        for (percent, text) in [(10.0, "10"), (0.5, "0.5"), (12.25, "12.25"), (100.0, "100"), (0.0, "0")] {
            assert_eq!(percent_text(percent), text);
        }
    }

    #[test]
    fn text_is_cut_when_it_is_longer_than_allowed() {
        for (length, kept) in [(399, 399), (400, 400), (401, 400)] {
            let text = shortened(&"ä".repeat(length), 400);
            assert_eq!((text.chars().count(), text.ends_with('…')), (kept, length > 400));
        }
    }

    proptest! {
        #[test]
        fn no_variable_exceeds_its_limits(name in proptest::sample::select(NAMES.to_vec()), value in ".{0,900}") {
            let mut variables = Variables::of(&value, &value);
            variables.set(name, &value);
            for (name, value) in variables.iter() {
                prop_assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b"@-_".contains(&b)));
                prop_assert!((1..=LONGEST_VALUE).contains(&value.chars().count()));
            }
        }
    }
}
