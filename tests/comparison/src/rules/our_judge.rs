//! Our judge, as the gate asks it: once a minute, and a breach rolls back at once.

use super::Rule;
use crate::error::ComparisonError;
use crate::plan::{ALLOWED_RATIO, LIMIT_BASIS_POINTS, share};
use crate::simulate::Minute;
use judge::{Criterion, Judge, Phase, Reading, Settings, Verdict};

pub(super) const MODELS: &str =
    "limit 1 % and twice the stable rate, alpha shared by the two tests; rollback at the first breach";

/// Requests for the verdict healthy; a breach never waits for them, so that the number changes nothing here.
const MIN_REQUESTS: u64 = 50;

/// What the judge is told; the rest are its usual choices.
pub(crate) fn settings(alpha: f64, phase: Phase) -> Settings {
    let mut criterion = Criterion::new("errors", share(LIMIT_BASIS_POINTS));
    criterion.ratio = f64::from(ALLOWED_RATIO);
    Settings { alpha, min_requests: MIN_REQUESTS, phase, criteria: vec![criterion] }
}

/// Knows the stable version's numbers, which the alarm and the two failure counters do not.
#[derive(Clone, Debug)]
pub(super) struct OurJudge(Judge);

impl OurJudge {
    pub(super) fn new(alpha: f64) -> Result<Self, ComparisonError> {
        Ok(Self(Judge::new(settings(alpha, Phase::Split))?))
    }
}

impl Rule for OurJudge {
    fn rolls_back(&mut self, minute: &Minute) -> bool {
        let reading = Reading { canary: Some(minute.canary), stable: Some(minute.stable) };
        // One reading for the one criterion: it cannot be refused.
        matches!(self.0.minute(&[reading]), Ok(Verdict::Breach { .. }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{minute, rollback_minute};
    use super::*;

    const ALPHA: f64 = 0.01;

    /// The evidence of both tests after one minute, as multiples of what they must reach, common logarithm.
    fn excess(one: Minute) -> f64 {
        let mut judge = OurJudge::new(ALPHA).unwrap();
        judge.rolls_back(&one);
        let criterion = judge.0.report().criteria.remove(0);
        let tests = [Some(criterion.limit), criterion.regression];
        let excess = tests.iter().flatten().map(|test| test.evidence_log10 - test.threshold_log10);
        excess.fold(f64::NEG_INFINITY, f64::max)
    }

    #[test]
    fn first_minute_rolls_back_when_its_evidence_is_just_enough() {
        let fewest = (1..100).find(|bad| excess(minute(100, *bad)) >= 0.0).unwrap();
        assert!(excess(minute(100, fewest - 1)) < 0.0);
        let judge = || OurJudge::new(ALPHA).unwrap();
        assert_eq!(rollback_minute(judge(), &[minute(100, fewest)]), Some(1));
        assert_eq!(rollback_minute(judge(), &[minute(100, fewest - 1)]), None);
    }

    #[test]
    fn nothing_is_rolled_back_when_there_is_no_traffic() {
        assert_eq!(rollback_minute(OurJudge::new(ALPHA).unwrap(), &[minute(0, 0); 30]), None);
    }

    #[test]
    fn more_evidence_is_asked_for_when_alpha_is_smaller() {
        let minutes = [minute(60, 3); 30];
        let rollback = |alpha| rollback_minute(OurJudge::new(alpha).unwrap(), &minutes).unwrap();
        assert!(rollback(1e-6) > rollback(0.01));
    }

    #[test]
    fn rule_cannot_be_made_when_alpha_makes_no_sense() {
        assert!(matches!(OurJudge::new(0.0), Err(ComparisonError::Judge(_))));
    }
}
