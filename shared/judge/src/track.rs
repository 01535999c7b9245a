//! One criterion over the minutes: its two tests, its sums, and its own standing.

use crate::counts::Counts;
use crate::limit::LimitTest;
use crate::recent::Recent;
use crate::regression::RegressionTest;
use crate::report::{CriterionReport, TestReport, log10};
use crate::settings::{Criterion, Phase, Settings};
use crate::verdict::{Doubt, Test};
use serde::{Deserialize, Serialize};
use statrs::function::beta::checked_beta_reg;

/// The stable version is over the limit when so many bad requests would have at most this chance in a version exactly at
/// the limit: two of two are, three of 290 at 1 % are not. Without that a few unlucky requests would excuse the canary.
const CHANCE_OF_EXCUSE: f64 = 0.01;

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
    /// Over the minutes in which the canary has no excuse.
    limit: LimitTest,
    /// Over all minutes: says that both versions are over the limit, and blames nobody.
    limit_of_all: LimitTest,
    regression: Option<RegressionTest>,
    /// Natural logarithm of 1/α of each test.
    log_threshold: f64,
    largest_share: f64,
    min_requests: u64,
    pub(crate) canary: Counts,
    pub(crate) stable: Counts,
    /// The canary's requests in the minutes without an excuse.
    unexcused: Counts,
    excused_minutes: u64,
    recent: Recent,
    unknown_minutes: u64,
}

impl Track {
    pub(crate) fn new(settings: &Settings, criterion: &Criterion) -> Self {
        let regression = || RegressionTest::new(criterion.ratio, criterion.minimum_effect, criterion.burst);
        Self {
            limit: LimitTest::new(criterion.limit, criterion.burst),
            limit_of_all: LimitTest::new(criterion.limit, criterion.burst),
            regression: (settings.phase == Phase::Split).then(regression),
            log_threshold: -settings.alpha_per_test(criterion).ln(),
            largest_share: criterion.limit,
            min_requests: settings.requests_needed(criterion),
            canary: Counts::default(),
            stable: Counts::default(),
            unexcused: Counts::default(),
            excused_minutes: 0,
            recent: Recent::default(),
            unknown_minutes: 0,
        }
    }

    /// The limit test leaves out the minutes in which the stable version is over the limit too, in that minute or lately.
    /// That a minute is left out depends on the stable version's counts and not on the canary's, so that the test stays
    /// valid. Leaving them out for good, and not only the verdict while it lasts, is what keeps an innocent canary alive
    /// when a shared outage is over: evidence does not fade, and the stable version recovers. A minute in which the stable
    /// version is unknown is left out as well, because it may be such a minute.
    pub(crate) fn minute(&mut self, reading: Reading) {
        let split = self.regression.is_some();
        self.unknown_minutes += u64::from(reading.canary.is_none() || (split && reading.stable.is_none()));
        let (canary, stable) = (reading.canary.unwrap_or_default(), reading.stable.unwrap_or_default());
        self.canary = self.canary.plus(canary);
        self.stable = self.stable.plus(stable);
        self.recent.minute(canary, stable);
        self.limit_of_all.minute(canary);
        if split && (self.is_over(stable) || self.is_over(self.recent.stable())) {
            self.excused_minutes += 1;
        } else if !split || reading.stable.is_some() {
            self.limit.minute(canary);
            self.unexcused = self.unexcused.plus(canary);
        }
        if let (Some(test), Some(canary), Some(stable)) =
            (&mut self.regression, reading.canary, reading.stable)
        {
            test.minute(canary, stable);
        }
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
            let excess = self.log_evidence(test)? - self.log_threshold;
            (excess >= 0.0).then_some((test, excess))
        };
        let breaches = [excess(Test::Limit), excess(Test::Regression)].into_iter().flatten();
        match breaches.max_by(|left, right| left.1.total_cmp(&right.1)) {
            Some((test, excess)) => Standing::Breach(test, excess),
            None => self.doubt().map_or(Standing::Healthy, Standing::Doubtful),
        }
    }

    fn doubt(&self) -> Option<Doubt> {
        // Both lately: an outage that is over is no doubt any more.
        let both_over = self.is_over(self.recent.stable()) && self.exceeds(self.recent.canary());
        let proven = self.limit_of_all.log_evidence() >= self.log_threshold;
        if self.regression.is_some() && both_over && proven {
            Some(Doubt::BothOverLimit)
        } else if self.unknown_minutes > 0 {
            Some(Doubt::Unreadable)
        } else if self.exceeds(self.unexcused) || (self.regression.is_some() && both_over) {
            Some(Doubt::OverLimitNotProven)
        } else if self.canary.total() < self.min_requests {
            Some(Doubt::TooFewRequests)
        } else {
            None
        }
    }

    fn exceeds(&self, counts: Counts) -> bool {
        counts.share().is_some_and(|share| share > self.largest_share)
    }

    /// Over the limit, and hardly by chance: P(X ≥ bad) for X Binomial at the limit, by the incomplete beta function.
    fn is_over(&self, stable: Counts) -> bool {
        let (bad, good) = stable.bad_and_good();
        let chance = || checked_beta_reg(bad, good + 1.0, self.largest_share);
        self.exceeds(stable) && chance().is_ok_and(|chance| chance <= CHANCE_OF_EXCUSE)
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
            unexcused_canary: self.unexcused,
            excused_minutes: self.excused_minutes,
            unknown_minutes: self.unknown_minutes,
        }
    }
}
