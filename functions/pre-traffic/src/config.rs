//! The settings, from the environment.

use crate::cases::{CaseProblem, SmokeCase, default_cases, parse_cases};
use aws::TlsError;
use std::time::Duration;

/// The cases as a JSON array; unset or empty: `GET /health` answers 200 within 3 s.
pub const SMOKE_CASES: &str = "SMOKE_CASES";
/// Whole seconds of the invocation that are kept for the answer; unset: 10.
pub const ANSWER_RESERVE_SECONDS: &str = "ANSWER_RESERVE_SECONDS";

/// A reserve below a second leaves no second try; above five minutes no function time-out leaves time to check.
const RESERVE_SECONDS: std::ops::RangeInclusive<u64> = 1..=300;

/// A setting that does not parse. The handler answers `Failed` with its text.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Correct the JSON.
    #[error("{SMOKE_CASES}: {0}")]
    Cases(#[from] CaseProblem),
    /// Give whole seconds.
    #[error("{ANSWER_RESERVE_SECONDS} must be whole seconds from {min} to {max}; got {0:?}", min = RESERVE_SECONDS.start(), max = RESERVE_SECONDS.end())]
    Reserve(String),
    /// Correct the TLS variables.
    #[error("the TLS settings cannot be used")]
    Tls(#[source] TlsError),
}

/// What the settings say.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// In the order in which they run.
    pub cases: Vec<SmokeCase>,
    /// Kept for the answer.
    pub answer_reserve: Duration,
}

impl Config {
    /// Reads the settings; empty counts as unset, because CloudFormation cannot leave a variable out.
    ///
    /// # Errors
    /// When a setting does not parse.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let filled = |name| lookup(name).filter(|value| !value.trim().is_empty());
        let cases = filled(SMOKE_CASES).map_or_else(|| Ok(default_cases()), |text| parse_cases(&text))?;
        let answer_reserve = filled(ANSWER_RESERVE_SECONDS).map_or(Ok(hook::DEFAULT_RESERVE), reserve)?;
        Ok(Self { cases, answer_reserve })
    }

    /// The longest time that any case allows one answer.
    #[must_use]
    pub fn longest_limit(&self) -> Duration {
        let limits = self.cases.iter().flat_map(|case| [case.max_latency, case.max_cold_latency]);
        limits.max().unwrap_or_default()
    }
}

fn reserve(text: String) -> Result<Duration, ConfigError> {
    match text.trim().parse() {
        Ok(seconds) if RESERVE_SECONDS.contains(&seconds) => Ok(Duration::from_secs(seconds)),
        _ => Err(ConfigError::Reserve(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(name: &str, value: &str) -> Result<Config, ConfigError> {
        Config::from_lookup(|asked| (asked == name).then(|| value.to_owned()))
    }

    #[test]
    fn defaults_hold_when_settings_are_unset_or_empty() {
        for name in ["UNRELATED", SMOKE_CASES, ANSWER_RESERVE_SECONDS] {
            let config = config(name, " ").unwrap();
            assert_eq!(config.cases, default_cases());
            assert_eq!(config.answer_reserve, Duration::from_secs(10));
            assert_eq!(config.longest_limit(), Duration::from_secs(10));
        }
    }

    #[test]
    fn reserve_is_taken_at_its_bounds() {
        for seconds in [1, 300] {
            let config = config(ANSWER_RESERVE_SECONDS, &seconds.to_string()).unwrap();
            assert_eq!(config.answer_reserve, Duration::from_secs(seconds));
        }
    }

    #[test]
    fn error_when_the_reserve_is_out_of_bounds_or_no_number() {
        for value in ["0", "301", "-1", "1.5", "10s"] {
            assert!(matches!(config(ANSWER_RESERVE_SECONDS, value), Err(ConfigError::Reserve(_))), "{value}");
        }
    }

    #[test]
    fn error_names_the_setting_when_the_cases_do_not_parse() {
        assert!(config(SMOKE_CASES, "{").unwrap_err().to_string().starts_with("SMOKE_CASES: "));
    }
}
