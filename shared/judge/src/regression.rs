//! The regression test: is the canary's bad rate more than r times the stable one's, and by an amount that matters?

use crate::counts::{Counts, float};
use crate::grid::{EFFECT_GRID, RATIO_GRID};
use crate::process::Process;

/// Null hypothesis: in every minute the canary's bad share is at most r times the stable version's; *or* in every minute
/// it is at most δ above it. The stable share is whatever it is and changes as it likes: trouble that hits both alike is
/// no evidence, and neither is a difference that is too small to matter, however certain it is.
///
/// Each half is tested by itself, "at most r·p_s" and "at most p_s + δ", and the evidence against both together is the
/// smaller one (an intersection-union test: no part of α is lost by asking for both).
///
/// With c and s bad requests of n_c and n_s, the alternative ratio ρ > r has the likelihood ratio a^c · b^s, where
/// q = r·n_c/(r·n_c + n_s), q' the same with ρ, a = q'/q and b = (1−q')/(1−q): the ratio of Binomial(c + s, q') to
/// Binomial(c + s, q). It is valid for Binomial counts, not given their sum. With a stable share p_s and a canary share
/// p_c of at most r·p_s + δ, independent,
///
/// E\[a^c·b^s\] = (1 + p_c(a−1))^n_c · (1 + p_s(b−1))^n_s ≤ exp(n_c·p_c·(a−1) + n_s·p_s·(b−1))
/// ≤ exp(n_c·δ·(a−1)) · exp((r·n_c + n_s)·p_s·(q·a + (1−q)·b − 1)) = exp(n_c·δ·(a−1)),
///
/// because 1 + x ≤ eˣ, a ≥ 1, and q·a + (1−q)·b = 1. So a^c · b^s · exp(−n_c·δ·(a−1)) has an expectation of at most 1.
/// The first half is this with δ = 0, the second with r = 1.
#[derive(Clone, Debug)]
pub(crate) struct RegressionTest {
    ratio: Half,
    effect: Half,
}

/// One half: "at most `ratio` times the stable share plus `effect`".
#[derive(Clone, Debug)]
struct Half {
    ratio: f64,
    effect: f64,
    /// 1/burst.
    per_burst: f64,
    process: Process<Alternative>,
}

#[derive(Clone, Copy, Debug)]
struct Alternative {
    /// ρ.
    ratio: f64,
    /// ρ/r, and its natural logarithm.
    multiple: f64,
    log_multiple: f64,
}

impl RegressionTest {
    /// `ratio` is r, at least 1; `minimum_effect` is δ, a share of at least 0; `burst` is at least 1 (see `limit.rs`).
    pub(crate) fn new(ratio: f64, minimum_effect: f64, burst: f64) -> Self {
        Self {
            ratio: Half::new(ratio, 0.0, burst, &RATIO_GRID),
            effect: Half::new(1.0, minimum_effect, burst, &EFFECT_GRID),
        }
    }

    /// A minute in which only one of the versions was asked says nothing.
    pub(crate) fn minute(&mut self, canary: Counts, stable: Counts) {
        if canary.total() == 0 || stable.total() == 0 {
            return;
        }
        // Without bad requests the factor of the first half is exactly 1; that of the second is less.
        if canary.bad() > 0 || stable.bad() > 0 {
            self.ratio.minute(canary, stable);
        }
        self.effect.minute(canary, stable);
    }

    /// Natural logarithm.
    pub(crate) const fn log_evidence(&self) -> f64 {
        self.ratio.process.log_evidence().min(self.effect.process.log_evidence())
    }
}

impl Half {
    fn new(ratio: f64, effect: f64, burst: f64, grid: &[(f64, f64)]) -> Self {
        let alternative =
            |multiple: f64| Alternative { ratio: ratio * multiple, multiple, log_multiple: multiple.ln() };
        let grid = grid.iter().map(|(multiple, weight)| (alternative(*multiple), *weight));
        Self { ratio, effect, per_burst: 1.0 / burst, process: Process::new(grid) }
    }

    fn minute(&mut self, canary: Counts, stable: Counts) {
        let (of_canary, of_stable) = (float(canary.total()), float(stable.total()));
        let (bad_of_canary, bad) = (float(canary.bad()), float(canary.bad()) + float(stable.bad()));
        let null = self.ratio * of_canary + of_stable;
        let (allowed, per_burst) = (of_canary * self.effect, self.per_burst);
        self.process.minute(|alternative| {
            // b = (r·n_c + n_s)/(ρ·n_c + n_s), and a = b·ρ/r.
            let b = null / (alternative.ratio * of_canary + of_stable);
            let tolerance = allowed * (alternative.multiple * b - 1.0);
            per_burst * (bad_of_canary * alternative.log_multiple + bad * b.ln() - tolerance)
        });
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

    /// Evidence after 4 of 10 against 1 of 90, by the definition.
    fn by_definition(ratio: f64, effect: f64, grid: &[(f64, f64)]) -> f64 {
        let of_alternative = |(multiple, weight): &(f64, f64)| {
            let share = |ratio: f64| ratio * 10.0 / (ratio * 10.0 + 90.0);
            let (q, alternative) = (share(ratio), share(ratio * multiple));
            let a = alternative / q;
            weight * a.powi(4) * ((1.0 - alternative) / (1.0 - q)) * (-10.0 * effect * (a - 1.0)).exp()
        };
        (FROM_THE_START * grid.iter().map(of_alternative).sum::<f64>()).ln()
    }

    #[test]
    fn evidence_is_the_smaller_of_both_halves() {
        let ratio = by_definition(2.0, 0.0, &RATIO_GRID);
        for (effect, expected) in [(0.001, ratio), (0.1, by_definition(1.0, 0.1, &EFFECT_GRID))] {
            let mut test = RegressionTest::new(2.0, effect, 1.0);
            test.minute(counts(10, 4), counts(90, 1));
            assert!((test.log_evidence() - expected).abs() < 1e-9, "{effect}");
        }
    }

    #[test]
    fn minute_says_nothing_when_only_one_version_was_asked() {
        let mut test = RegressionTest::new(2.0, 0.001, 1.0);
        test.minute(counts(10, 10), counts(0, 0));
        test.minute(counts(0, 0), counts(10, 10));
        assert!(test.log_evidence().abs() < 1e-12);
        // And it does not count as a minute of the onset either: the next one is still the first.
        let mut fresh = RegressionTest::new(2.0, 0.001, 1.0);
        test.minute(counts(10, 9), counts(90, 1));
        fresh.minute(counts(10, 9), counts(90, 1));
        assert!((test.log_evidence() - fresh.log_evidence()).abs() < 1e-12);
    }

    #[test]
    fn minute_without_bad_requests_is_evidence_of_a_small_effect() {
        let mut test = RegressionTest::new(1.0, 0.01, 1.0);
        test.minute(counts(1_000, 0), counts(9_000, 0));
        assert!(test.effect.process.mean() < FROM_THE_START);
    }

    proptest! {
        /// Over all pairs of counts, not given their sum.
        #[test]
        fn expected_evidence_is_at_most_one_when_the_null_is_true(
            of_canary in 1_u64..15, of_stable in 1_u64..30, stable_share in 0.001_f64..=1.0,
            ratio in 1.0_f64..5.0, effect in 0.0_f64..0.5, part in 0.0_f64..=1.0,
        ) {
            let canary_share = (stable_share * ratio + effect).min(1.0) * part;
            let canary = Binomial::new(canary_share, of_canary).unwrap();
            let stable = Binomial::new(stable_share, of_stable).unwrap();
            let pairs = (0..=of_canary).flat_map(|c| (0..=of_stable).map(move |s| (c, s)));
            let expected: f64 = pairs.map(|(c, s)| {
                let mut half = Half::new(ratio, effect, 1.0, &RATIO_GRID);
                half.minute(counts(of_canary, c), counts(of_stable, s));
                half.process.mean() / FROM_THE_START * canary.pmf(c) * stable.pmf(s)
            }).sum();
            prop_assert!(expected <= 1.0 + 1e-6, "{expected}");
        }
    }
}
