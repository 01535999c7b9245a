//! The rules that are compared. Each sees the same minutes and says after each of them whether to roll back now.
//!
//! All of them are told to accept 1 % bad requests; what else they know is in their files. None of them is charged for
//! the time in which metrics arrive: see the report's first lines.

mod alarm;
mod argo;
mod flagger;
mod our_judge;
mod rank_sum;

use crate::error::ComparisonError;
use crate::plan::LIMIT_BASIS_POINTS;
use crate::simulate::Minute;
use alarm::Alarm;
use argo::Argo;
use flagger::Flagger;
use judge::Counts;
use our_judge::OurJudge;
pub(crate) use our_judge::settings;
use rank_sum::RankSum;
use serde::Serialize;

/// Names under which results are looked up again.
pub(crate) const OURS: &str = "our judge";
/// What CodeDeploy users have today.
pub(crate) const ALARM: &str = "alarm, 10 of 10";

/// A rule in the middle of one release.
pub(crate) trait Rule {
    /// Takes the next minute. `true` is: roll back now. What comes after a rollback is not asked for.
    fn rolls_back(&mut self, minute: &Minute) -> bool;
}

/// A rule before any release.
pub(crate) struct Candidate {
    /// What it is and where its numbers come from.
    pub(crate) description: Description,
    start: Box<dyn Fn() -> Box<dyn Rule> + Sync>,
}

/// A rule for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Description {
    /// Short, as in the tables.
    pub(crate) name: &'static str,
    /// In one sentence.
    pub(crate) models: &'static str,
}

impl Candidate {
    fn new<R: Rule + 'static>(
        name: &'static str,
        models: &'static str,
        start: impl Fn() -> R + Sync + 'static,
    ) -> Self {
        let start = Box::new(move || Box::new(start()) as Box<dyn Rule>);
        Self { description: Description { name, models }, start }
    }

    /// The rule at the beginning of a release, without memory of any other.
    pub(crate) fn start(&self) -> Box<dyn Rule> {
        (self.start)()
    }
}

/// All of them, ours first. `alpha` is what our judge may spend.
pub(crate) fn candidates(alpha: f64) -> Result<Vec<Candidate>, ComparisonError> {
    let ours = OurJudge::new(alpha)?;
    let rank_sum = RankSum::new()?;
    Ok(vec![
        Candidate::new(OURS, our_judge::MODELS, move || ours.clone()),
        Candidate::new(ALARM, alarm::MODELS, Alarm::default),
        Candidate::new("Flagger, threshold 5", flagger::MODELS, Flagger::default),
        Candidate::new("Argo, failureLimit 0", argo::MODELS_STRICT, || Argo::new(0)),
        Candidate::new("Argo, failureLimit 3", argo::MODELS, || Argo::new(3)),
        Candidate::new("rank-sum, as Kayenta", rank_sum::MODELS, move || rank_sum.clone()),
    ])
}

/// Whether more than the limit is bad. In whole numbers, because 1 of 100 must not be over 1 %.
fn over_limit(counts: Counts) -> bool {
    counts.bad().saturating_mul(10_000) > counts.total().saturating_mul(u64::from(LIMIT_BASIS_POINTS))
}

#[cfg(test)]
mod testing {
    use super::{Minute, Rule};
    use judge::Counts;

    /// A minute in which `bad` of the canary's `total` requests were bad, and nothing of the stable version's 900.
    pub(super) fn minute(total: u64, bad: u64) -> Minute {
        Minute { canary: Counts::new(total, bad).unwrap(), stable: Counts::new(900, 0).unwrap() }
    }

    /// The minute of the rollback, counted from 1.
    pub(super) fn rollback_minute(mut rule: impl Rule, minutes: &[Minute]) -> Option<usize> {
        minutes.iter().position(|minute| rule.rolls_back(minute)).map(|index| index + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minute_is_within_the_limit_when_exactly_1_percent_is_bad() {
        let over = |total, bad| over_limit(Counts::new(total, bad).unwrap());
        assert!(!over(100, 1) && !over(300, 3) && !over(0, 0));
        assert!(over(99, 1) && over(100, 2));
        assert!(!over(101, 1));
    }

    #[test]
    fn rules_start_without_memory_when_another_release_was_rolled_back() {
        for candidate in candidates(0.01).unwrap() {
            let outage = testing::minute(1_000, 1_000);
            let mut first = candidate.start();
            let name = candidate.description.name;
            assert!((0..30).any(|_| first.rolls_back(&outage)), "{name}");
            assert!(!candidate.start().rolls_back(&testing::minute(1_000, 0)), "{name}");
        }
    }
}
