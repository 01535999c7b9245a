//! The settings, from the environment.

use crate::cases::{CaseProblem, SmokeCase, default_cases, parse_cases};
use crate::request::Format;
use aws::TlsError;
use hook::{ReserveError, answer_reserve};
use std::time::Duration;

/// The cases as a JSON array; unset or empty: `GET /health` answers 200 within 3 s.
pub const SMOKE_CASES: &str = "SMOKE_CASES";

/// The payload format of the events that method and path stand for: `1.0` as from a REST API, `2.0` as from an HTTP API;
/// unset or empty: `2.0`.
pub const PAYLOAD_FORMAT: &str = "PAYLOAD_FORMAT";

/// A setting that does not parse. The handler answers `Failed` with its text.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Correct the JSON.
    #[error("{SMOKE_CASES}: {0}")]
    Cases(#[from] CaseProblem),
    /// Give one of the two.
    #[error("{PAYLOAD_FORMAT} must be 1.0 (a REST API) or 2.0 (an HTTP API); got {0:?}")]
    PayloadFormat(String),
    /// Give whole seconds.
    #[error(transparent)]
    Reserve(#[from] ReserveError),
    /// Correct the TLS variables.
    #[error("the TLS settings cannot be used")]
    Tls(#[from] TlsError),
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
        let format = filled(PAYLOAD_FORMAT).map_or(Ok(Format::Http), |text| payload_format(&text))?;
        let cases = filled(SMOKE_CASES);
        let cases = cases.map_or_else(|| Ok(default_cases(format)), |text| parse_cases(&text, format))?;
        Ok(Self { cases, answer_reserve: answer_reserve(lookup)? })
    }

    /// The longest time that any case allows one answer.
    #[must_use]
    pub fn longest_limit(&self) -> Duration {
        let limits = self.cases.iter().flat_map(|case| [case.max_latency, case.max_cold_latency]);
        limits.max().unwrap_or_default()
    }
}

fn payload_format(text: &str) -> Result<Format, ConfigError> {
    match text.trim() {
        "1.0" => Ok(Format::Rest),
        "2.0" => Ok(Format::Http),
        other => Err(ConfigError::PayloadFormat(other.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hook::ANSWER_RESERVE_SECONDS;

    fn config(name: &str, value: &str) -> Result<Config, ConfigError> {
        Config::from_lookup(|asked| (asked == name).then(|| value.to_owned()))
    }

    #[test]
    fn defaults_hold_when_settings_are_unset_or_empty() {
        for name in ["UNRELATED", SMOKE_CASES, PAYLOAD_FORMAT, ANSWER_RESERVE_SECONDS] {
            let config = config(name, " ").unwrap();
            assert_eq!(config.cases, default_cases(Format::Http));
            assert_eq!(config.answer_reserve, Duration::from_secs(10));
            assert_eq!(config.longest_limit(), Duration::from_secs(10));
        }
    }

    #[test]
    fn reserve_is_read_and_refused_as_every_hook_does() {
        assert_eq!(config(ANSWER_RESERVE_SECONDS, "7").unwrap().answer_reserve, Duration::from_secs(7));
        assert!(matches!(config(ANSWER_RESERVE_SECONDS, "0"), Err(ConfigError::Reserve(_))));
    }

    #[test]
    fn error_names_the_setting_when_the_cases_do_not_parse() {
        assert!(config(SMOKE_CASES, "{").unwrap_err().to_string().starts_with("SMOKE_CASES: "));
    }

    #[test]
    fn cases_have_the_payload_format_that_is_set() {
        let cases = r#"[{"name": "a", "request": {"method": "GET", "path": "/health"}}]"#;
        for (given, key) in [("1.0", "httpMethod"), (" 2.0 ", "rawPath"), ("2.0", "rawPath")] {
            let lookup = |cases: Option<&str>| {
                let (cases, given) = (cases.map(str::to_owned), given.to_owned());
                move |asked: &str| match asked {
                    SMOKE_CASES => cases.clone(),
                    PAYLOAD_FORMAT => Some(given.clone()),
                    _ => None,
                }
            };
            for lookup in [lookup(None), lookup(Some(cases))] {
                let case = Config::from_lookup(lookup).unwrap().cases.remove(0);
                assert!(case.event.get(key).is_some(), "{given}: {}", case.event);
            }
        }
    }

    #[test]
    fn error_names_both_formats_when_the_given_one_is_neither() {
        for wrong in ["1", "2", "3.0", "rest", "1.0 2.0"] {
            let told = config(PAYLOAD_FORMAT, wrong).unwrap_err().to_string();
            assert_eq!(
                told,
                format!("PAYLOAD_FORMAT must be 1.0 (a REST API) or 2.0 (an HTTP API); got {wrong:?}")
            );
        }
    }
}
