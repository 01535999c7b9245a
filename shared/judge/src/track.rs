//! One criterion over the minutes: its two tests, its sums, and its own standing.

use crate::counts::Counts;
use crate::limit::LimitTest;
use crate::recent::Recent;
use crate::regression::RegressionTest;
use crate::report::{CriterionReport, TestReport, log10};
use crate::settings::{Criterion, Phase, Settings};
use crate::verdict::{Doubt, Test};
use serde::{Deserialize, Serialize};

/// The stable version is blamed too only when it had at least this many requests in the recent minutes: below, a
/// single bad request in a few would excuse the canary.
const ENOUGH_TO_BLAME: u64 = 50;

/// What is known of one criterion in one minute. `None` is unknown, which is not the same as no requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// The new version.
    pub canary: Option<Counts>,
    /// The version that served before; in [`Phase::Whole`] it is neither needed nor tested.
    pub stable: Option<Counts>,
}

/// How one criterion stands; the largest is the gravest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Standing {
    Healthy,
    Doubtful(Doubt),
    /// With the natural logarithm by which the evidence exceeds its threshold.
    Breach(Test, f64),
}

#[derive(Clone, Debug)]
pub(crate) struct Track {
    limit: LimitTest,
    regression: Option<RegressionTest>,
    /// Natural logarithm of 1/α of each test.
    log_threshold: f64,
    largest_share: f64,
    minimum_effect: f64,
    min_requests: u64,
    pub(crate) canary: Counts,
    pub(crate) stable: Counts,
    recent: Recent,
    unknown_minutes: u64,
}

impl Track {
    pub(crate) fn new(settings: &Settings, criterion: &Criterion) -> Self {
        Self {
            limit: LimitTest::new(criterion.limit),
            regression: (settings.phase == Phase::Split).then(|| RegressionTest::new(criterion.ratio)),
            log_threshold: -settings.alpha_per_test(criterion).ln(),
            largest_share: criterion.limit,
            minimum_effect: criterion.minimum_effect,
            min_requests: settings.min_requests(criterion),
            canary: Counts::default(),
            stable: Counts::default(),
            recent: Recent::default(),
            unknown_minutes: 0,
        }
    }

    pub(crate) fn minute(&mut self, reading: Reading) {
        let split = self.regression.is_some();
        self.unknown_minutes += u64::from(reading.canary.is_none() || (split && reading.stable.is_none()));
        let (canary, stable) = (reading.canary.unwrap_or_default(), reading.stable.unwrap_or_default());
        self.limit.minute(canary);
        if let (Some(test), Some(canary), Some(stable)) =
            (&mut self.regression, reading.canary, reading.stable)
        {
            test.minute(canary, stable);
        }
        self.canary = self.canary.plus(canary);
        self.stable = self.stable.plus(stable);
        self.recent.minute(canary, stable);
    }

    /// Natural logarithm; `None` when the test does not apply.
    pub(crate) fn log_evidence(&self, test: Test) -> Option<f64> {
        match test {
            Test::Limit => Some(self.limit.log_evidence()),
            Test::Regression => self.regression.as_ref().map(RegressionTest::log_evidence),
        }
    }

    pub(crate) fn standing(&self) -> Standing {
        let excess = |test| {
            self.log_evidence(test).map(|log| log - self.log_threshold).filter(|excess| *excess >= 0.0)
        };
        let (limit, regression) = (excess(Test::Limit), excess(Test::Regression));
        let regression_matters = regression.filter(|_| self.recent.effect() >= self.minimum_effect);
        match (limit, regression_matters) {
            (limit, Some(regression)) if limit.is_none_or(|limit| regression > limit) => {
                Standing::Breach(Test::Regression, regression)
            }
            (Some(limit), _) if regression.is_some() || !self.stable_is_over() => {
                Standing::Breach(Test::Limit, limit)
            }
            (Some(_), _) => Standing::Doubtful(Doubt::BothOverLimit),
            (None, _) => self.doubt().map_or(Standing::Healthy, Standing::Doubtful),
        }
    }

    pub(crate) fn report(&self, criterion: &Criterion) -> CriterionReport {
        let test = |log_evidence| TestReport {
            evidence_log10: log10(log_evidence),
            threshold_log10: log10(self.log_threshold),
        };
        CriterionReport {
            name: criterion.name.clone(),
            limit_share: criterion.limit,
            limit: test(self.limit.log_evidence()),
            regression: self.log_evidence(Test::Regression).map(test),
            canary: self.canary.into(),
            stable: self.stable.into(),
            recent_canary: self.recent.canary(),
            recent_stable: self.recent.stable(),
            unknown_minutes: self.unknown_minutes,
        }
    }

    fn stable_is_over(&self) -> bool {
        let stable = self.recent.stable();
        let over = stable.share().is_some_and(|share| share > self.largest_share);
        self.regression.is_some() && over && stable.total() >= ENOUGH_TO_BLAME
    }

    fn doubt(&self) -> Option<Doubt> {
        if self.unknown_minutes > 0 {
            Some(Doubt::Unreadable)
        } else if self.canary.share().is_some_and(|share| share > self.largest_share) {
            Some(Doubt::OverLimitNotProven)
        } else if self.canary.total() < self.min_requests {
            Some(Doubt::TooFewRequests)
        } else {
            None
        }
    }
}
