//! Plays every rule on every release of a cell, and sums up.

use crate::error::ComparisonError;
use crate::parallel;
use crate::plan::{Cell, Truth, cells, share};
use crate::rules::{Candidate, Rule};
use crate::simulate::{Errors, Minute, Source, generator};
use crate::statistics::{self, median};
use serde::Serialize;

/// Minutes that the gate lets pass before it judges one, because CloudWatch's numbers still change. Not part of any
/// minute of rollback; see [`RuleResult::median_bad_served_settled`].
pub(crate) const SETTLING_MINUTES: usize = 2;

/// One cell of the comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CellResult {
    /// Which one.
    #[serde(flatten)]
    pub(crate) cell: Cell,
    /// What the rules should do.
    pub(crate) truth: Truth,
    /// In the order of the rules.
    pub(crate) rules: Vec<RuleResult>,
}

/// One rule in one cell.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RuleResult {
    /// Name of the rule.
    pub(crate) rule: &'static str,
    /// Share of the releases, 0 to 1.
    pub(crate) rolled_back_share: f64,
    /// Minute at whose end the rule rolled back; over the releases that were rolled back.
    pub(crate) median_rollback_minute: Option<usize>,
    /// Bad requests that the canary answered until the end of that minute, or in all 30 minutes where nothing was
    /// rolled back; over all releases.
    pub(crate) median_bad_served: u64,
    /// The same when each rollback comes [`SETTLING_MINUTES`] later.
    pub(crate) median_bad_served_settled: u64,
}

impl CellResult {
    /// A rule's result in this cell.
    pub(crate) fn rule(&self, name: &str) -> Option<&RuleResult> {
        self.rules.iter().find(|result| result.rule == name)
    }
}

/// What one rule did to one release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Outcome {
    rollback_minute: Option<usize>,
    bad_served: u64,
    bad_served_settled: u64,
}

/// All cells. The same for the same seed, however many threads there are.
pub(crate) fn compare(
    candidates: &[Candidate],
    releases: usize,
    seed: u64,
    threads: usize,
) -> Result<Vec<CellResult>, ComparisonError> {
    let work = |index: usize, cell: &Cell| {
        // Lossless: there are 48.
        let part = u64::try_from(index).unwrap_or_default();
        compare_in(cell, candidates, releases, (seed, part))
    };
    parallel::map(&cells(), threads, work).into_iter().collect()
}

fn compare_in(
    cell: &Cell,
    candidates: &[Candidate],
    releases: usize,
    (seed, part): (u64, u64),
) -> Result<CellResult, ComparisonError> {
    let mut random = generator(seed, part);
    let source = Source {
        requests_per_minute: cell.requests_per_minute,
        canary_bad_share: share(cell.canary_basis_points),
        stable_bad_share: share(cell.stable_basis_points),
        errors: Errors::Independent,
    };
    let mut outcomes: Vec<Vec<Outcome>> = candidates.iter().map(|_| Vec::with_capacity(releases)).collect();
    for _ in 0..releases {
        let minutes = source.release(&mut random)?;
        for (candidate, outcomes) in candidates.iter().zip(&mut outcomes) {
            outcomes.push(outcome(candidate.start(), &minutes));
        }
    }
    let pairs = candidates.iter().zip(&outcomes);
    let rules = pairs.map(|(candidate, outcomes)| summary(candidate.description.name, outcomes)).collect();
    Ok(CellResult { cell: *cell, truth: cell.truth(), rules })
}

fn outcome(mut rule: Box<dyn Rule>, minutes: &[Minute]) -> Outcome {
    let rollback = minutes.iter().position(|minute| rule.rolls_back(minute));
    let rollback_minute = rollback.map(|index| index + 1);
    let bad_within = |count: usize| minutes.iter().take(count).map(|minute| minute.canary.bad()).sum();
    let served = rollback_minute.unwrap_or(minutes.len());
    Outcome {
        rollback_minute,
        bad_served: bad_within(served),
        bad_served_settled: bad_within(served + SETTLING_MINUTES),
    }
}

fn summary(rule: &'static str, outcomes: &[Outcome]) -> RuleResult {
    let rollback_minutes: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.rollback_minute).collect();
    let middle = |bad: fn(&Outcome) -> u64| median(outcomes.iter().map(bad).collect()).unwrap_or_default();
    RuleResult {
        rule,
        rolled_back_share: statistics::share(rollback_minutes.len(), outcomes.len()),
        median_rollback_minute: median(rollback_minutes),
        median_bad_served: middle(|outcome| outcome.bad_served),
        median_bad_served_settled: middle(|outcome| outcome.bad_served_settled),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::candidates;
    use judge::Counts;

    struct RollsBackAt(usize);

    impl Rule for RollsBackAt {
        fn rolls_back(&mut self, _: &Minute) -> bool {
            self.0 -= 1;
            self.0 == 0
        }
    }

    /// 1, 2, 3, … bad requests per minute.
    fn rising() -> Vec<Minute> {
        let counts = |bad| Counts::new(100, bad).unwrap();
        (1..=30).map(|bad| Minute { canary: counts(bad), stable: counts(0) }).collect()
    }

    #[test]
    fn bad_requests_are_counted_to_the_end_of_the_minute_when_it_is_rolled_back() {
        let third = outcome(Box::new(RollsBackAt(3)), &rising());
        let expected = Outcome { rollback_minute: Some(3), bad_served: 6, bad_served_settled: 15 };
        assert_eq!(third, expected);
    }

    #[test]
    fn bad_requests_are_counted_to_the_end_when_nothing_is_rolled_back() {
        let expected = Outcome { rollback_minute: None, bad_served: 465, bad_served_settled: 465 };
        assert_eq!(outcome(Box::new(RollsBackAt(31)), &rising()), expected);
    }

    #[test]
    fn minute_is_the_median_of_rollbacks_when_some_releases_went_through() {
        let outcome =
            |rollback_minute, bad_served| Outcome { rollback_minute, bad_served, bad_served_settled: 9 };
        let result =
            summary("x", &[outcome(Some(4), 1), outcome(None, 30), outcome(Some(2), 2), outcome(None, 40)]);
        assert_eq!((result.median_rollback_minute, result.median_bad_served), (Some(2), 2));
        assert!((result.rolled_back_share - 0.5).abs() < 1e-12);
        assert_eq!(summary("x", &[outcome(None, 5)]).median_rollback_minute, None);
    }

    #[test]
    fn results_are_the_same_when_the_seed_is_the_same() {
        let results = |seed, threads| compare(&candidates(0.01).unwrap(), 20, seed, threads).unwrap();
        assert_eq!(results(1, 1), results(1, 2));
        assert_ne!(results(1, 2), results(2, 2));
    }
}
