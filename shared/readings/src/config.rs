//! Which criteria, measured by which metrics: settings from the environment.

use judge::{Criterion, Phase, Settings, SettingsError};
use serde::{Deserialize, Serialize};

/// The criteria as a JSON array, see [`Config::from_lookup`]; unset or empty: errors and slow requests of `AWS/Lambda`.
pub const CRITERIA: &str = "CRITERIA";
/// The chance, over the whole release, of calling a version bad that keeps within its limits; 0.01 when unset.
pub const ALPHA: &str = "ALPHA";
/// Requests of the new version that `healthy` needs; 50 when unset.
pub const MIN_REQUESTS: &str = "MIN_REQUESTS";
/// Age at which a minute is judged, in minutes; 2 when unset. Take the function's time-out, rounded up, plus 1: slow
/// requests are recorded at their end, stamped with their start.
pub const SETTLE_MINUTES: &str = "SETTLE_MINUTES";

const MOST_SETTLE_MINUTES: u32 = 20;
const LEAST_ALPHA: f64 = 1e-6;
const MOST_ALPHA: f64 = 0.2;
const SENSIBLE_ALPHA: &str = "a share from 0.000001 to 0.2, for example 0.01";
/// A criterion may need none; a release of which nothing was seen is not healthy.
const SENSIBLE_REQUESTS: &str = "a whole number of at least 1";
/// 500 queries a call (CloudWatch API reference), two for each criterion and side.
const MOST_CRITERIA: usize = 50;

/// Settings that cannot be used; the message says what to write instead.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each message says what its fields hold")]
pub enum ConfigError {
    #[error("{CRITERIA}: {0}")]
    Json(#[from] serde_path_to_error::Error<serde_json::Error>),
    #[error(
        "{CRITERIA}: {0:?} must begin with a lower-case letter and have at most 40 letters, digits and underscores"
    )]
    Name(String),
    #[error("{CRITERIA}: {0:?} needs either \"bad\" and \"total\", or \"above\"")]
    Source(String),
    #[error("{CRITERIA}: {0:?}: \"above\" needs a finite \"threshold\" of at least 0")]
    Threshold(String),
    #[error("{CRITERIA}: at most {MOST_CRITERIA} criteria; got {0}")]
    TooMany(usize),
    #[error("{CRITERIA}, {ALPHA} or {MIN_REQUESTS}: {0}")]
    Settings(#[from] SettingsError),
    #[error("{name} must be {expected}; got {got:?}")]
    Number { name: &'static str, expected: &'static str, got: String },
}

/// A metric without its dimensions; those follow from the function, its alias and the version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metric {
    /// For example `AWS/Lambda`.
    pub namespace: String,
    /// For example `Errors`.
    pub metric: String,
}

/// How bad requests are counted.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// Two metrics whose sums are counts.
    Counted {
        /// Its sum is the number of bad requests.
        bad: Metric,
        /// Its sum is the number of requests.
        total: Metric,
    },
    /// One metric that measures each request; bad is what exceeds the threshold, by percentile rank.
    Above {
        /// For example `Duration`.
        metric: Metric,
        /// In the metric's unit; a request at the threshold is still good.
        threshold: f64,
    },
}

/// Whether a metric should count every successful invocation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Covers {
    /// Every one: its absence is noticed.
    #[default]
    All,
    /// Some, for example cold starts or one kind of request: its absence means that there were none.
    Some,
}

/// A criterion and its metrics.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// What is allowed.
    pub criterion: Criterion,
    /// How it is counted.
    pub source: Source,
    /// What it counts.
    pub covers: Covers,
}

/// How a release is judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// See [`ALPHA`].
    pub alpha: f64,
    /// See [`MIN_REQUESTS`].
    pub min_requests: u64,
    /// See [`SETTLE_MINUTES`].
    pub settle_minutes: u32,
    /// At least one.
    pub measures: Vec<Measure>,
}

/// One entry of [`CRITERIA`].
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Entry {
    name: String,
    limit: f64,
    ratio: Option<f64>,
    minimum_effect: Option<f64>,
    weight: Option<f64>,
    burst: Option<f64>,
    min_requests: Option<u64>,
    #[serde(default)]
    covers: Covers,
    bad: Option<Metric>,
    total: Option<Metric>,
    above: Option<Above>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Above {
    namespace: String,
    metric: String,
    threshold: f64,
}

impl Config {
    /// Reads the settings; empty counts as unset, because CloudFormation cannot leave a variable out.
    ///
    /// An entry of [`CRITERIA`] has `name`, `limit` (a share, 0.01 is 1 %), and either `bad` and `total` (each
    /// `{"namespace", "metric"}`) or `above` (`{"namespace", "metric", "threshold"}`); optional `ratio` (2),
    /// `minimumEffect` (a tenth of the limit), `weight` (1), `burst` (1), `minRequests`, `covers` (`all` or `some`).
    ///
    /// # Errors
    /// When a setting does not parse or makes no sense.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let filled = |name| lookup(name).filter(|value: &String| !value.trim().is_empty());
        let measures = filled(CRITERIA).map_or_else(|| Ok(of_lambda()), |text| Self::measures(&text))?;
        let config = Self {
            alpha: number(ALPHA, SENSIBLE_ALPHA, filled(ALPHA), 0.01)?,
            min_requests: number(MIN_REQUESTS, SENSIBLE_REQUESTS, filled(MIN_REQUESTS), 50)?,
            settle_minutes: settle_minutes(filled(SETTLE_MINUTES))?,
            measures,
        };
        // More would roll back at random, less would never roll back.
        if !(LEAST_ALPHA..=MOST_ALPHA).contains(&config.alpha) {
            return Err(ConfigError::Number {
                name: ALPHA,
                expected: SENSIBLE_ALPHA,
                got: config.alpha.to_string(),
            });
        }
        if config.min_requests == 0 {
            return Err(ConfigError::Number {
                name: MIN_REQUESTS,
                expected: SENSIBLE_REQUESTS,
                got: "0".to_owned(),
            });
        }
        config.settings(Phase::Split).check()?;
        Ok(config)
    }

    /// The criteria of a JSON text as [`CRITERIA`] holds it.
    ///
    /// # Errors
    /// When it does not parse or makes no sense.
    pub fn measures(text: &str) -> Result<Vec<Measure>, ConfigError> {
        let entries: Vec<Entry> =
            serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(text))?;
        if entries.len() > MOST_CRITERIA {
            return Err(ConfigError::TooMany(entries.len()));
        }
        entries.into_iter().map(Measure::try_from).collect()
    }

    /// Names of the criteria that count failed requests out of all: what people call the error rate.
    #[must_use]
    pub fn failures(&self) -> Vec<String> {
        let counts = |measure: &&Measure| {
            matches!(measure.source, Source::Counted { .. }) && measure.covers == Covers::All
        };
        self.measures.iter().filter(counts).map(|measure| measure.criterion.name.clone()).collect()
    }

    /// What the judge needs for a phase, which may spend its share of α.
    #[must_use]
    pub fn settings(&self, phase: Phase) -> Settings {
        let criteria = self.measures.iter().map(|measure| measure.criterion.clone()).collect();
        Settings { alpha: self.alpha * judge::PHASE_SHARE, min_requests: self.min_requests, phase, criteria }
    }
}

impl TryFrom<Entry> for Measure {
    type Error = ConfigError;

    fn try_from(entry: Entry) -> Result<Self, ConfigError> {
        let name = entry.name;
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(word) || name.len() > 40 {
            return Err(ConfigError::Name(name));
        }
        let source = match (entry.bad, entry.total, entry.above) {
            (Some(bad), Some(total), None) => Source::Counted { bad, total },
            (None, None, Some(Above { namespace, metric, threshold })) => {
                if !threshold.is_finite() || threshold < 0.0 {
                    return Err(ConfigError::Threshold(name));
                }
                Source::Above { metric: Metric { namespace, metric }, threshold }
            }
            _ => return Err(ConfigError::Source(name)),
        };
        let usual = Criterion::new(&name, entry.limit);
        let criterion = Criterion {
            ratio: entry.ratio.unwrap_or(usual.ratio),
            minimum_effect: entry.minimum_effect.unwrap_or(usual.minimum_effect),
            weight: entry.weight.unwrap_or(usual.weight),
            burst: entry.burst.unwrap_or(usual.burst),
            min_requests: entry.min_requests,
            ..usual
        };
        Ok(Self { criterion, source, covers: entry.covers })
    }
}

/// What every Lambda function has: at most 1 % of the invocations fail (requirement C2), and at most 5 % take longer than
/// 5 s, which is "p95 below 5 s".
fn of_lambda() -> Vec<Measure> {
    let metric = |metric: &str| Metric { namespace: "AWS/Lambda".to_owned(), metric: metric.to_owned() };
    let errors = Source::Counted { bad: metric("Errors"), total: metric("Invocations") };
    let slow = Source::Above { metric: metric("Duration"), threshold: 5_000.0 };
    let measure =
        |name, limit, source| Measure { criterion: Criterion::new(name, limit), source, covers: Covers::All };
    vec![measure("errors", 0.01, errors), measure("slow", 0.05, slow)]
}

fn number<T: std::str::FromStr>(
    name: &'static str,
    expected: &'static str,
    text: Option<String>,
    usual: T,
) -> Result<T, ConfigError> {
    let Some(got) = text else { return Ok(usual) };
    got.trim().parse().map_err(|_| ConfigError::Number { name, expected, got })
}

fn settle_minutes(text: Option<String>) -> Result<u32, ConfigError> {
    let expected = "whole minutes from 1 to 20";
    let minutes = number(SETTLE_MINUTES, expected, text, 2)?;
    if (1..=MOST_SETTLE_MINUTES).contains(&minutes) {
        Ok(minutes)
    } else {
        Err(ConfigError::Number { name: SETTLE_MINUTES, expected, got: minutes.to_string() })
    }
}

#[cfg(test)]
mod tests;
