//! The rank-sum test as Kayenta's judge applies it to one metric, once per bake.

use super::Rule;
use crate::error::ComparisonError;
use crate::plan::BAKES;
use crate::simulate::Minute;
use crate::statistics::float;
use statrs::distribution::{ContinuousCDF, Normal};

pub(super) const MODELS: &str = "Mann-Whitney on error rates per minute at the end of each bake; rollback when the 98 % interval \
     of the shift is above 1/4 of its estimate";

/// Two-sided; a literal in Kayenta's judge.
const CONFIDENCE: f64 = 0.98;
/// Part of the estimated shift that the lower bound must exceed; a literal there too.
const TOLERANCE: f64 = 0.25;

/// One metric with direction `increase`, missing values removed, effect size `meanRatio` at its default of 1.
///
/// Where it differs from Kayenta: the ends of the interval are exact (ordered differences) and not found by a search
/// with an absolute tolerance of 1e-4; constant samples get no random noise but the variance that noise would give them;
/// outliers stay in, which is the default; and one metric is the whole score. Its guide asks for 50 points per metric,
/// a bake of 15 minutes has 15; and for equally large versions, here they are 10/90 and then 50/50 (rates make up for
/// the means, not for the spread).
#[derive(Clone, Debug)]
pub(super) struct RankSum {
    /// Standard deviations of the normal distribution that `CONFIDENCE` means.
    deviations: f64,
    bakes: &'static [crate::plan::Bake],
    minutes: usize,
    canary: Vec<f64>,
    stable: Vec<f64>,
}

/// By how much the canary's values are larger.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Shift {
    /// Median of all differences (Hodges and Lehmann).
    estimate: f64,
    /// Lower end of the interval.
    low: f64,
}

impl RankSum {
    pub(super) fn new() -> Result<Self, ComparisonError> {
        let deviations = Normal::new(0.0, 1.0)?.inverse_cdf(f64::midpoint(1.0, CONFIDENCE));
        Ok(Self { deviations, bakes: &BAKES, minutes: 0, canary: Vec::new(), stable: Vec::new() })
    }

    fn is_high(&self) -> bool {
        let mean = |values: &[f64]| values.iter().sum::<f64>() / float(values.len());
        let high = shift(&self.canary, &self.stable, self.deviations).is_some_and(exceeds_tolerance);
        high && mean(&self.canary) >= mean(&self.stable)
    }
}

impl Rule for RankSum {
    fn rolls_back(&mut self, minute: &Minute) -> bool {
        self.canary.extend(minute.canary.share());
        self.stable.extend(minute.stable.share());
        self.minutes += 1;
        let Some((bake, later)) = self.bakes.split_first() else { return false };
        if self.minutes < bake.minutes {
            return false;
        }
        let high = self.is_high();
        (self.bakes, self.minutes) = (later, 0);
        self.canary.clear();
        self.stable.clear();
        high
    }
}

fn exceeds_tolerance(shift: Shift) -> bool {
    shift.low > TOLERANCE * shift.estimate.abs()
}

/// `None` where Kayenta passes without a test: nothing to compare, or a single value everywhere.
fn shift(canary: &[f64], stable: &[f64], deviations: f64) -> Option<Shift> {
    let mut differences: Vec<f64> =
        canary.iter().flat_map(|canary| stable.iter().map(move |stable| canary - stable)).collect();
    differences.sort_unstable_by(f64::total_cmp);
    let (first, last) = (differences.first()?, differences.last()?);
    if (last - first).abs() <= f64::EPSILON && first.abs() <= f64::EPSILON {
        return None;
    }
    // The shift d is too small to be believed while more pairs differ by more than d than the normal approximation
    // (with its continuity correction of a half) allows.
    let pairs = float(differences.len());
    let most = pairs / 2.0 + 0.5 + deviations * deviation(canary, stable);
    let larger = differences.iter().enumerate().take_while(|(index, _)| float(index + 1) <= most).count();
    // With very few minutes that is every pair: then the interval ends at the smallest difference, as Kayenta's does.
    let low = *differences.iter().rev().nth(larger).unwrap_or(first);
    let upper_middle = differences.get(differences.len() / 2)?;
    let lower_middle = differences.get((differences.len() - 1) / 2)?;
    Some(Shift { estimate: f64::midpoint(*lower_middle, *upper_middle), low })
}

/// Standard deviation of the rank sum. Equal values within a sample make it smaller; between the samples there are none,
/// because one of them is shifted by d.
fn deviation(canary: &[f64], stable: &[f64]) -> f64 {
    let (of_canary, of_stable) = (float(canary.len()), float(stable.len()));
    let all = of_canary + of_stable;
    let (groups_of_canary, groups_of_stable) = (ties(canary), ties(stable));
    let constant = groups_of_canary.len() == 1 && groups_of_stable.len() == 1;
    let cubes =
        groups_of_canary.iter().chain(&groups_of_stable).map(|group| group.powi(3) - group).sum::<f64>();
    let tied = if constant { 0.0 } else { cubes / (all * (all - 1.0)) };
    (of_canary * of_stable / 12.0 * (all + 1.0 - tied)).sqrt()
}

/// How many values there are of each kind.
fn ties(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.chunk_by(|one, next| one.total_cmp(next).is_eq()).map(|group| float(group.len())).collect()
}

#[cfg(test)]
mod tests;
