//! The limit test: is the canary's bad share above what is allowed?

use crate::counts::Counts;
use crate::grid::ODDS_GRID;
use crate::process::Process;

/// Null hypothesis: each request of the canary is bad with probability at most L, whatever happened before.
///
/// For an alternative p > L the likelihood ratio of a request is p/L when it is bad and (1−p)/(1−L) when it is not. Its
/// expectation is linear in the true probability, rises with it, and is 1 at L: at most 1 under the null.
///
/// With bursts of k requests that are bad or good together, n/k bursts were drawn and not n requests: their likelihood
/// ratio is the k-th root. For smaller bursts the root is valid too, because E\[X^(1/k)\] ≤ E\[X\]^(1/k) (Jensen).
#[derive(Clone, Debug)]
pub(crate) struct LimitTest {
    process: Process<Ratios>,
}

/// Natural logarithms of the likelihood ratio of one request.
#[derive(Clone, Copy, Debug)]
struct Ratios {
    bad: f64,
    good: f64,
}

impl LimitTest {
    /// `limit` is a share between 0 and 1, both excluded; `burst` is at least 1.
    pub(crate) fn new(limit: f64, burst: f64) -> Self {
        let odds = limit / (1.0 - limit);
        // With p/(1−p) = k·L/(1−L): (1−p)/(1−L) = 1/(1 + (k−1)·L), and p/L is k times that.
        let ratios = |multiple: f64| {
            let good = -((multiple - 1.0) * odds / (1.0 + odds)).ln_1p();
            Ratios { bad: (multiple.ln() + good) / burst, good: good / burst }
        };
        Self { process: Process::new(ODDS_GRID.map(|(multiple, weight)| (ratios(multiple), weight))) }
    }

    /// A minute without requests says nothing.
    pub(crate) fn minute(&mut self, canary: Counts) {
        if canary.total() == 0 {
            return;
        }
        let (bad, good) = canary.bad_and_good();
        self.process.minute(|ratios| bad * ratios.bad + good * ratios.good);
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

    /// Expected likelihood ratio of one request at the true probability `p`.
    fn expected(ratios: Ratios, p: f64) -> f64 {
        p * ratios.bad.exp() + (1.0 - p) * ratios.good.exp()
    }

    #[test]
    fn expectation_is_at_most_one_when_the_share_is_at_or_below_the_limit() {
        for limit in [1e-6, 0.001, 0.01, 0.05, 0.5, 0.9] {
            let odds = limit / (1.0 - limit);
            for (multiple, _) in ODDS_GRID {
                let p = multiple * odds / (1.0 + multiple * odds);
                let ratios = Ratios { bad: (p / limit).ln(), good: ((1.0 - p) / (1.0 - limit)).ln() };
                assert!((expected(ratios, limit) - 1.0).abs() < 1e-9);
                assert!(expected(ratios, limit * 0.9) < 1.0);
                assert!(expected(ratios, limit * 1.1) > 1.0);
            }
        }
    }

    #[test]
    fn ratios_are_those_of_the_definition() {
        let mut test = LimitTest::new(0.01, 1.0);
        test.minute(Counts::new(7, 3).unwrap());
        let odds = 0.01 / 0.99;
        let by_definition = |multiple: f64| {
            let p = multiple * odds / (1.0 + multiple * odds);
            (p / 0.01_f64).powi(3) * ((1.0 - p) / 0.99_f64).powi(4)
        };
        let mean: f64 = ODDS_GRID.iter().map(|(multiple, weight)| weight * by_definition(*multiple)).sum();
        assert!((test.log_evidence() - (FROM_THE_START * mean).ln()).abs() < 1e-9);
    }

    proptest! {
        /// Over all counts of a minute: exactly 1 at the limit, at most 1 below.
        #[test]
        fn expected_evidence_is_at_most_one_when_the_null_is_true(
            total in 1_u64..60, limit in 0.000_1_f64..0.85, part in 0.0_f64..=1.0,
        ) {
            let expected = |share: f64| -> f64 {
                let chance = Binomial::new(share, total).unwrap();
                (0..=total).map(|bad| {
                    let mut test = LimitTest::new(limit, 1.0);
                    test.minute(Counts::new(total, bad).unwrap());
                    test.process.mean() / FROM_THE_START * chance.pmf(bad)
                }).sum()
            };
            prop_assert!((expected(limit) - 1.0).abs() < 1e-6, "{}", expected(limit));
            prop_assert!(expected(limit * part) <= 1.0 + 1e-6, "{}", expected(limit * part));
        }
    }
}
