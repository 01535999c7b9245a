//! What correlated errors do to the judge's guarantee.
//!
//! The guarantee holds when requests fail independently of each other, given the minute. Real ones do not quite: a slow
//! dependency or one client's retries make bad requests come together. This block keeps the mean share at the boundary
//! of what is allowed, where the guarantee is used up, lets errors come in bursts, and counts the breaches; and does the
//! same to healthy canaries.

use crate::error::ComparisonError;
use crate::parallel;
use crate::rules::settings;
use crate::simulate::{Errors, Source, generator};
use crate::statistics::share;
use judge::{Judge, Phase, Reading};
use serde::Serialize;

/// 10 requests per second.
const REQUESTS_PER_MINUTE: u32 = 600;
/// Releases per row, as a multiple of a cell's: the shares around alpha are small.
pub(crate) const TIMES_AS_MANY_RELEASES: usize = 5;
/// Far from the parts of the generator that the cells use.
const FIRST_PART: u64 = 1_000;

/// Bad shares under the null hypotheses: every breach is false.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Boundary {
    /// For people.
    pub(crate) name: &'static str,
    canary_bad_share: f64,
    stable_bad_share: f64,
}

/// At the limit the stable version must be above half of it, or the regression test would rightly breach; it is below
/// the limit, or the fault would count as shared and the judge would excuse the canary. The last two are no boundaries:
/// canaries as good as the stable version, which is what bursts cost in everyday releases.
pub(crate) const BOUNDARIES: [Boundary; 4] = [
    Boundary { name: "at the limit: 1 % beside 0.7 %", canary_bad_share: 0.01, stable_bad_share: 0.007 },
    Boundary { name: "at both bounds: 1 % beside 0.5 %", canary_bad_share: 0.01, stable_bad_share: 0.005 },
    Boundary { name: "healthy: 0.5 % beside 0.5 %", canary_bad_share: 0.005, stable_bad_share: 0.005 },
    Boundary { name: "healthy: 0.1 % beside 0.1 %", canary_bad_share: 0.001, stable_bad_share: 0.001 },
];

/// Correlation 0 and clumps of 1 are the same independent errors, drawn twice.
pub(crate) const MODELS: [Errors; 8] = [
    Errors::Independent,
    Errors::Wandering(0.001),
    Errors::Wandering(0.01),
    Errors::Wandering(0.05),
    Errors::Clumps(1),
    Errors::Clumps(2),
    Errors::Clumps(5),
    Errors::Clumps(10),
];

/// One row.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BurstResult {
    /// Where.
    pub(crate) boundary: Boundary,
    /// How errors follow each other.
    pub(crate) errors: Errors,
    /// Share of the releases with the verdict breach in any minute, 0 to 1: at most alpha while the guarantee holds.
    pub(crate) false_breach_share: f64,
    /// Share in which the limit test reached its threshold, for which it has half of alpha.
    pub(crate) limit_share: f64,
    /// The same of the regression test.
    pub(crate) regression_share: f64,
}

/// All rows.
pub(crate) fn measure(
    alpha: f64,
    releases: usize,
    seed: u64,
    threads: usize,
) -> Result<Vec<BurstResult>, ComparisonError> {
    let fresh = Judge::new(settings(alpha, Phase::Split))?;
    let rows: Vec<_> =
        BOUNDARIES.into_iter().flat_map(|boundary| MODELS.map(|errors| (boundary, errors))).collect();
    let work = |index: usize, row: &(Boundary, Errors)| {
        let part = FIRST_PART + u64::try_from(index).unwrap_or_default();
        row_of(row, &fresh, releases * TIMES_AS_MANY_RELEASES, (seed, part))
    };
    parallel::map(&rows, threads, work).into_iter().collect()
}

fn row_of(
    &(boundary, errors): &(Boundary, Errors),
    fresh: &Judge,
    releases: usize,
    (seed, part): (u64, u64),
) -> Result<BurstResult, ComparisonError> {
    let mut random = generator(seed, part);
    let Boundary { canary_bad_share, stable_bad_share, .. } = boundary;
    let source =
        Source { requests_per_minute: REQUESTS_PER_MINUTE, canary_bad_share, stable_bad_share, errors };
    let (mut breaches, mut of_limit, mut of_regression) = (0, 0, 0);
    for _ in 0..releases {
        let mut judge = fresh.clone();
        for minute in source.release(&mut random)? {
            judge.minute(&[Reading { canary: Some(minute.canary), stable: Some(minute.stable) }])?;
        }
        // The evidence in a report is the largest so far: the last minute's tells of all.
        let report = judge.report();
        breaches += usize::from(report.first_breach.is_some());
        for criterion in &report.criteria {
            let reached = |test: &judge::TestReport| test.evidence_log10 >= test.threshold_log10;
            of_limit += usize::from(reached(&criterion.limit));
            of_regression += usize::from(criterion.regression.as_ref().is_some_and(reached));
        }
    }
    Ok(BurstResult {
        boundary,
        errors,
        false_breach_share: share(breaches, releases),
        limit_share: share(of_limit, releases),
        regression_share: share(of_regression, releases),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_the_same_when_the_seed_is_the_same() {
        let rows = |threads| measure(0.01, 20, 7, threads).unwrap();
        assert_eq!(rows(1), rows(2));
        assert_eq!(rows(2).len(), BOUNDARIES.len() * MODELS.len());
    }

    #[test]
    fn breaches_are_more_frequent_when_errors_come_in_large_clumps() {
        let rows = measure(0.01, 40, 7, 2).unwrap();
        let breaches = |errors| {
            let of_model = rows.iter().filter(|row| row.errors == errors);
            of_model.map(|row| row.false_breach_share).fold(0.0, f64::max)
        };
        assert!(breaches(Errors::Clumps(10)) > 10.0 * breaches(Errors::Independent).max(0.005));
    }

    #[test]
    fn breach_needs_one_of_the_tests_when_it_is_counted() {
        for row in measure(0.01, 20, 7, 2).unwrap() {
            assert!(row.false_breach_share <= row.limit_share + row.regression_share, "{row:?}");
        }
    }
}
