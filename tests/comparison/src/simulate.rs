//! Draws the requests of a release. Pure: the generator is an argument, and all rules get to see the same minutes.

use crate::error::ComparisonError;
use crate::plan::BAKES;
use judge::Counts;
use rand::{SeedableRng, rngs::StdRng};
use rand_distr::{Beta, Binomial, Distribution, Poisson};
use serde::Serialize;

/// What both versions did in one minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Minute {
    /// The new version.
    pub(crate) canary: Counts,
    /// The version that served before.
    pub(crate) stable: Counts,
}

/// How bad requests follow each other. The mean share is the same for all.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", tag = "model", content = "parameter")]
pub(crate) enum Errors {
    /// Each request is bad or not, whatever the others are.
    Independent,
    /// Each minute and version draws its own bad share from a Beta distribution: a dependency is slow for a minute. The
    /// number is the correlation of two requests in the same minute, above 0 and below 1.
    Wandering(f64),
    /// Requests come in groups of this size, and a group is bad as a whole: one client's retries, one batch. The last
    /// group of a minute may be smaller, so that the mean share stays exact.
    Clumps(u64),
}

/// One release's traffic.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source {
    /// Both versions together.
    pub(crate) requests_per_minute: u32,
    /// Mean bad share of the canary, 0 to 1.
    pub(crate) canary_bad_share: f64,
    /// Mean bad share of the stable version, 0 to 1.
    pub(crate) stable_bad_share: f64,
    /// The same for both versions, drawn independently.
    pub(crate) errors: Errors,
}

impl Source {
    /// All minutes of one release.
    pub(crate) fn release(&self, random: &mut StdRng) -> Result<Vec<Minute>, ComparisonError> {
        let weights = BAKES.iter().flat_map(|bake| std::iter::repeat_n(bake.canary_weight, bake.minutes));
        weights.map(|canary_weight| self.minute(canary_weight, random)).collect()
    }

    /// One minute in which the canary gets this share of all requests.
    pub(crate) fn minute(&self, canary_weight: f64, random: &mut StdRng) -> Result<Minute, ComparisonError> {
        let requests = f64::from(self.requests_per_minute);
        let canary = self.counts(requests * canary_weight, self.canary_bad_share, random)?;
        let stable = self.counts(requests * (1.0 - canary_weight), self.stable_bad_share, random)?;
        Ok(Minute { canary, stable })
    }

    fn counts(&self, mean: f64, bad_share: f64, random: &mut StdRng) -> Result<Counts, ComparisonError> {
        let total = whole(Poisson::new(mean)?.sample(random));
        let bad = match self.errors {
            Errors::Independent => Binomial::new(total, bad_share)?.sample(random),
            Errors::Wandering(correlation) => {
                // Beta(a, b) has the mean a/(a + b), and its requests correlate by 1/(a + b + 1).
                let sum = 1.0 / correlation - 1.0;
                let share = Beta::new(bad_share * sum, (1.0 - bad_share) * sum)?.sample(random);
                Binomial::new(total, share)?.sample(random)
            }
            Errors::Clumps(size) => {
                let full = Binomial::new(total / size, bad_share)?.sample(random) * size;
                full + Binomial::new(1, bad_share)?.sample(random) * (total % size)
            }
        };
        Ok(Counts::new(total, bad)?)
    }
}

/// A generator of its own for each part of the simulation, so that no part's numbers depend on how many another drew
/// or on the number of threads.
pub(crate) fn generator(seed: u64, part: u64) -> StdRng {
    // The factor is odd and its bits look random (2^64 divided by the golden ratio), so that (seed, part) and
    // (seed + 1, part - 1) share nothing.
    StdRng::seed_from_u64(seed ^ part.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a Poisson number is whole, not negative and far below 2^53 here"
)]
const fn whole(number: f64) -> u64 {
    number as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODELS: [Errors; 5] = [
        Errors::Independent,
        Errors::Wandering(0.001),
        Errors::Wandering(0.05),
        Errors::Clumps(1),
        Errors::Clumps(10),
    ];

    fn source(errors: Errors) -> Source {
        Source { requests_per_minute: 600, canary_bad_share: 0.02, stable_bad_share: 0.01, errors }
    }

    fn bad_of_canary(errors: Errors, minutes: u32) -> Vec<f64> {
        let mut random = generator(1, 0);
        let draw = |_| source(errors).minute(0.5, &mut random).unwrap().canary;
        (0..minutes).map(draw).map(|counts| f64::from(u32::try_from(counts.bad()).unwrap())).collect()
    }

    #[test]
    fn release_has_both_bakes_when_it_is_drawn() {
        let release = source(Errors::Independent).release(&mut generator(1, 0)).unwrap();
        let canary = |minutes: &[Minute]| minutes.iter().map(|minute| minute.canary.total()).sum::<u64>();
        assert_eq!(release.len(), 30);
        // 900 and 4500 expected; 10 standard deviations are 300 and 671.
        assert!((600..1_200).contains(&canary(&release[..15])));
        assert!((3_829..5_171).contains(&canary(&release[15..])));
    }

    #[test]
    fn mean_share_is_kept_when_errors_come_in_bursts() {
        for errors in MODELS {
            let bad = bad_of_canary(errors, 20_000);
            let mean = bad.iter().sum::<f64>() / 20_000.0;
            assert!((mean - 6.0).abs() < 0.5, "{errors:?}: {mean}");
        }
    }

    #[test]
    fn numbers_spread_more_when_errors_come_in_bursts() {
        let spread = |errors| {
            let bad = bad_of_canary(errors, 20_000);
            bad.iter().map(|number| (number - 6.0).powi(2)).sum::<f64>() / 20_000.0
        };
        let independent = spread(Errors::Independent);
        // Clumps of 10 have ten times the variance; a correlation of 0.01 adds 300 * 0.01 = 3 times.
        assert!((9.0..11.0).contains(&(spread(Errors::Clumps(10)) / independent)));
        assert!((3.4..4.6).contains(&(spread(Errors::Wandering(0.01)) / independent)));
        assert!((0.9..1.1).contains(&(spread(Errors::Clumps(1)) / independent)));
    }

    #[test]
    fn release_is_the_same_when_seed_and_part_are_the_same() {
        let draw = |seed, part| source(Errors::Independent).release(&mut generator(seed, part)).unwrap();
        assert_eq!(draw(1, 2), draw(1, 2));
        assert_ne!(draw(1, 2), draw(2, 1));
        assert_ne!(draw(1, 2), draw(1, 3));
    }
}
