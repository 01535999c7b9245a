//! What is judged, and how strictly.

use serde::{Deserialize, Serialize};

/// The part of α that each of a release's two phases may spend: the split phase (from the first shift to promotion) and
/// everything at 100 % (the last hook and the watch). Together they spend α once per release.
pub const PHASE_SHARE: f64 = 0.5;

/// Settings that make no sense; the message says what would.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[expect(missing_docs, reason = "each message says what its fields hold")]
pub enum SettingsError {
    #[error("alpha must be above 0 and below 1, for example 0.01; got {0}")]
    Alpha(f64),
    #[error("there must be at least one criterion")]
    NoCriterion,
    #[error("two criteria are called {0:?}; names must differ")]
    Twice(String),
    #[error(
        "criterion {name:?}: limit must be a share from 0.000001 to 0.9, for example 0.01 for 1 %; got {limit}"
    )]
    Limit { name: String, limit: f64 },
    #[error("criterion {name:?}: ratio must be 1 to 1000, for example 2; got {ratio}")]
    Ratio { name: String, ratio: f64 },
    #[error("criterion {name:?}: minimumEffect must be a share from 0 to 1, for example 0.001; got {effect}")]
    Effect { name: String, effect: f64 },
    #[error("criterion {name:?}: burst must be 1 to 1000 requests; got {burst}")]
    Burst { name: String, burst: f64 },
    #[error("criterion {name:?}: weight must be 0.001 to 1000; got {weight}")]
    Weight { name: String, weight: f64 },
    #[error("criterion {name:?}: {canary} minutes of the canary, but {stable} of the stable version")]
    Minutes { name: String, canary: usize, stable: usize },
    #[error("a minute must hold one reading for each of the {criteria} criteria; got {readings}")]
    Readings { criteria: usize, readings: usize },
}

/// Which tests apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    /// Both versions serve at the same time: limit and regression tests.
    Split,
    /// The new version serves alone: limit tests only. The old version's numbers may be shown beside, they are not
    /// tested, because they come from another time.
    Whole,
}

impl Phase {
    pub(crate) const fn tests(self) -> f64 {
        match self {
            Self::Split => 2.0,
            Self::Whole => 1.0,
        }
    }
}

/// One proportion of bad requests and what is allowed of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Criterion {
    /// Unique among the criteria, for example `errors`.
    pub name: String,
    /// The largest bad share that is allowed, 0 to 1: null hypothesis of the limit test.
    pub limit: f64,
    /// The canary's bad rate may be this many times the stable one's: null hypothesis of the regression test.
    pub ratio: f64,
    /// A difference of shares (canary minus stable) up to this is not worth a rollback, however certain it is: the other
    /// half of the regression test's null hypothesis.
    pub minimum_effect: f64,
    /// Part of α relative to the other criteria.
    pub weight: f64,
    /// How many requests are bad together when one is, at least 1: 5 when a broken connection fails five requests. The
    /// evidence of one such burst then counts as that of one request, and α holds for bursts of up to this size.
    #[serde(default = "one")]
    pub burst: f64,
    /// Requests of the canary that `Healthy` needs; `None` takes the settings' number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_requests: Option<u64>,
}

impl Criterion {
    /// A criterion with the usual choices: twice the stable rate, an effect of a tenth of the limit, weight 1.
    #[must_use]
    pub fn new(name: &str, limit: f64) -> Self {
        Self {
            name: name.to_owned(),
            limit,
            ratio: 2.0,
            minimum_effect: limit / 10.0,
            weight: 1.0,
            burst: 1.0,
            min_requests: None,
        }
    }

    fn check(&self) -> Result<(), SettingsError> {
        let name = || self.name.clone();
        // Ranges, because a comparison with NaN is false: it must not slip through.
        if !(1e-6..=0.9).contains(&self.limit) {
            return Err(SettingsError::Limit { name: name(), limit: self.limit });
        }
        if !(1.0..=1e3).contains(&self.ratio) {
            return Err(SettingsError::Ratio { name: name(), ratio: self.ratio });
        }
        if !(0.0..=1.0).contains(&self.minimum_effect) {
            return Err(SettingsError::Effect { name: name(), effect: self.minimum_effect });
        }
        if !(1.0..=1e3).contains(&self.burst) {
            return Err(SettingsError::Burst { name: name(), burst: self.burst });
        }
        if !(1e-3..=1e3).contains(&self.weight) {
            return Err(SettingsError::Weight { name: name(), weight: self.weight });
        }
        Ok(())
    }
}

const fn one() -> f64 {
    1.0
}

/// How one phase of a release is judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// The chance of ever breaching although every null hypothesis holds, 0 to 1: what this phase may spend.
    pub alpha: f64,
    /// Requests of the canary that `Healthy` needs. A breach never waits for them.
    pub min_requests: u64,
    /// Which tests apply.
    pub phase: Phase,
    /// At least one.
    pub criteria: Vec<Criterion>,
}

impl Settings {
    /// # Errors
    /// When a number is outside its range or a name occurs twice.
    pub fn check(&self) -> Result<(), SettingsError> {
        if !(self.alpha > 0.0 && self.alpha < 1.0) {
            return Err(SettingsError::Alpha(self.alpha));
        }
        if self.criteria.is_empty() {
            return Err(SettingsError::NoCriterion);
        }
        for (index, criterion) in self.criteria.iter().enumerate() {
            criterion.check()?;
            if self.criteria.iter().take(index).any(|earlier| earlier.name == criterion.name) {
                return Err(SettingsError::Twice(criterion.name.clone()));
            }
        }
        Ok(())
    }

    /// The part of α for each test of a criterion: by weight among the criteria, equally among their tests.
    pub(crate) fn alpha_per_test(&self, criterion: &Criterion) -> f64 {
        let weights: f64 = self.criteria.iter().map(|criterion| criterion.weight).sum();
        self.alpha * criterion.weight / weights / self.phase.tests()
    }

    pub(crate) fn requests_needed(&self, criterion: &Criterion) -> u64 {
        criterion.min_requests.unwrap_or(self.min_requests)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(alpha: f64, criteria: Vec<Criterion>) -> Settings {
        Settings { alpha, min_requests: 50, phase: Phase::Split, criteria }
    }

    fn with(change: impl Fn(&mut Criterion)) -> Result<(), SettingsError> {
        let mut criterion = Criterion::new("errors", 0.01);
        change(&mut criterion);
        settings(0.01, vec![criterion]).check()
    }

    #[test]
    fn settings_are_refused_when_a_number_is_outside_its_range() {
        for alpha in [0.0, 1.0, -0.1, f64::NAN, f64::INFINITY] {
            let refused = settings(alpha, vec![Criterion::new("errors", 0.01)]).check();
            assert!(matches!(refused, Err(SettingsError::Alpha(_))), "{alpha}");
        }
        for limit in [0.0, 9e-7, 0.91, f64::NAN] {
            assert!(matches!(with(|c| c.limit = limit), Err(SettingsError::Limit { .. })), "{limit}");
        }
        for ratio in [0.99, 1_001.0, f64::NAN] {
            assert!(matches!(with(|c| c.ratio = ratio), Err(SettingsError::Ratio { .. })), "{ratio}");
        }
        for effect in [-0.01, 1.01, f64::NAN] {
            assert!(
                matches!(with(|c| c.minimum_effect = effect), Err(SettingsError::Effect { .. })),
                "{effect}"
            );
        }
        for burst in [0.99, 1_000.1, f64::NAN] {
            assert!(matches!(with(|c| c.burst = burst), Err(SettingsError::Burst { .. })), "{burst}");
        }
        for weight in [0.0, 0.0009, 1_000.1, f64::NAN] {
            assert!(matches!(with(|c| c.weight = weight), Err(SettingsError::Weight { .. })), "{weight}");
        }
    }

    #[test]
    fn settings_are_taken_when_numbers_are_at_the_ends_of_their_ranges() {
        for (limit, ratio, effect, weight) in [(1e-6, 1.0, 0.0, 1e-3), (0.9, 1e3, 1.0, 1e3)] {
            let taken =
                with(|c| (c.limit, c.ratio, c.minimum_effect, c.weight) = (limit, ratio, effect, weight));
            assert_eq!(taken, Ok(()));
        }
    }

    #[test]
    fn settings_are_refused_when_criteria_are_missing_or_share_a_name() {
        assert_eq!(settings(0.01, Vec::new()).check(), Err(SettingsError::NoCriterion));
        let twice = vec![Criterion::new("errors", 0.01), Criterion::new("errors", 0.02)];
        assert_eq!(settings(0.01, twice).check(), Err(SettingsError::Twice("errors".to_owned())));
    }

    #[test]
    fn alpha_is_spent_exactly_when_all_tests_are_added() {
        let mut heavy = Criterion::new("errors", 0.01);
        heavy.weight = 3.0;
        for phase in [Phase::Split, Phase::Whole] {
            let criteria = vec![heavy.clone(), Criterion::new("slow", 0.05)];
            let settings = Settings { phase, ..settings(0.01, criteria) };
            let spent: f64 =
                settings.criteria.iter().map(|c| settings.alpha_per_test(c) * phase.tests()).sum();
            assert!((spent - 0.01).abs() < 1e-15);
            assert!((settings.alpha_per_test(&heavy) * phase.tests() - 0.0075).abs() < 1e-15);
        }
    }
}
