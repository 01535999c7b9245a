//! The regression test: is the canary's bad rate more than r times the stable one's?

use crate::counts::{Counts, float};
use crate::grid::RATIO_GRID;
use crate::process::Process;

/// Null hypothesis: in each minute the canary's bad share is at most r times the stable version's, whatever that is and
/// however it changes: trouble that hits both alike is no evidence.
///
/// With c and s bad requests of n_c and n_s, the alternative ratio ρ > r has the likelihood ratio a^c · b^s, where
/// q = r·n_c/(r·n_c + n_s), q' the same with ρ, a = q'/q and b = (1−q')/(1−q): the ratio of Binomial(c + s, q') to
/// Binomial(c + s, q). It is valid for Binomial counts, not given their sum: with stable share p_s and canary share at
/// most r·p_s, independent,
///
/// E\[a^c·b^s\] = (1 + p_c(a−1))^n_c · (1 + p_s(b−1))^n_s ≤ exp(n_c·p_c·(a−1) + n_s·p_s·(b−1))
/// ≤ exp((r·n_c + n_s)·p_s·(q·a + (1−q)·b − 1)) = 1,
///
/// because 1 + x ≤ eˣ, a ≥ 1, and q·a + (1−q)·b = 1.
#[derive(Clone, Debug)]
pub(crate) struct RegressionTest {
    ratio: f64,
    process: Process<Alternative>,
}

#[derive(Clone, Copy, Debug)]
struct Alternative {
    /// ρ.
    ratio: f64,
    /// ln(ρ/r).
    log_multiple: f64,
}

impl RegressionTest {
    /// `ratio` is r, at least 1.
    pub(crate) fn new(ratio: f64) -> Self {
        let alternative =
            |multiple: f64| Alternative { ratio: ratio * multiple, log_multiple: multiple.ln() };
        Self {
            ratio,
            process: Process::new(RATIO_GRID.map(|(multiple, weight)| (alternative(multiple), weight))),
        }
    }

    /// A minute without bad requests, or in which only one of the versions was asked, says nothing.
    pub(crate) fn minute(&mut self, canary: Counts, stable: Counts) {
        let (of_canary, of_stable) = (float(canary.total()), float(stable.total()));
        let (bad_of_canary, bad) = (float(canary.bad()), float(canary.bad()) + float(stable.bad()));
        if bad <= 0.0 || of_canary <= 0.0 || of_stable <= 0.0 {
            return;
        }
        // ln a = ln(ρ/r) + ln b, and b = (r·n_c + n_s)/(ρ·n_c + n_s).
        let log_null = (self.ratio * of_canary + of_stable).ln();
        self.process.minute(|alternative| {
            let log_b = log_null - (alternative.ratio * of_canary + of_stable).ln();
            bad_of_canary * alternative.log_multiple + bad * log_b
        });
    }

    /// Natural logarithm.
    pub(crate) const fn log_evidence(&self) -> f64 {
        self.process.log_evidence()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::FROM_THE_START;
    use proptest::prelude::*;
    use statrs::distribution::{Binomial, Discrete as _};

    fn counts(total: u64, bad: u64) -> Counts {
        Counts::new(total, bad).unwrap()
    }

    #[test]
    fn evidence_is_that_of_the_definition() {
        let mut test = RegressionTest::new(2.0);
        test.minute(counts(10, 4), counts(90, 1));
        let mean: f64 = RATIO_GRID
            .iter()
            .map(|(multiple, weight)| {
                let share = |ratio: f64| ratio * 10.0 / (ratio * 10.0 + 90.0);
                let (q, alternative) = (share(2.0), share(2.0 * multiple));
                weight * (alternative / q).powi(4) * ((1.0 - alternative) / (1.0 - q))
            })
            .sum();
        assert!((test.log_evidence() - (FROM_THE_START * mean).ln()).abs() < 1e-9);
    }

    #[test]
    fn minute_says_nothing_when_only_one_version_was_asked_or_nothing_was_bad() {
        let mut test = RegressionTest::new(2.0);
        test.minute(counts(10, 10), counts(0, 0));
        test.minute(counts(0, 0), counts(10, 10));
        test.minute(counts(10, 0), counts(10, 0));
        assert!(test.log_evidence().abs() < 1e-12);
        // And it does not count as a minute of the onset either: the next one is still the first.
        let mut fresh = RegressionTest::new(2.0);
        test.minute(counts(10, 9), counts(90, 1));
        fresh.minute(counts(10, 9), counts(90, 1));
        assert!((test.log_evidence() - fresh.log_evidence()).abs() < 1e-12);
    }

    proptest! {
        /// Over all pairs of counts, not given their sum.
        #[test]
        fn expected_evidence_is_at_most_one_when_the_null_is_true(
            of_canary in 1_u64..15, of_stable in 1_u64..30, stable_share in 0.001_f64..=1.0,
            ratio in 1.0_f64..5.0, part in 0.0_f64..=1.0,
        ) {
            let canary_share = (stable_share * ratio).min(1.0) * part;
            let canary = Binomial::new(canary_share, of_canary).unwrap();
            let stable = Binomial::new(stable_share, of_stable).unwrap();
            let expected: f64 = (0..=of_canary).flat_map(|c| (0..=of_stable).map(move |s| (c, s))).map(|(c, s)| {
                let mut test = RegressionTest::new(ratio);
                test.minute(counts(of_canary, c), counts(of_stable, s));
                // A minute without bad requests is left out: its factor is 1.
                let mean = if c + s == 0 { 1.0 } else { test.process.mean() / FROM_THE_START };
                mean * canary.pmf(c) * stable.pmf(s)
            }).sum();
            prop_assert!(expected <= 1.0 + 1e-6, "{expected}");
        }
    }
}
