//! The settings, from the environment; beside these, all of [`readings::Config`].

use aws::TlsError;
use guard::NamesError;
use hook::{ReserveError, answer_reserve};
use readings::Config as Judging;
use std::ops::RangeInclusive;
use std::time::Duration;

/// How long the new version is watched with all the traffic, in whole minutes; 5 when unset.
pub const BAKE_MINUTES: &str = "BAKE_MINUTES";
/// What becomes of a bake without a verdict: `pass`, `fail-unreadable` or `fail`; `fail-unreadable` when unset.
pub const WHEN_INCONCLUSIVE: &str = "WHEN_INCONCLUSIVE";
/// Metric or composite alarms that must not fire, separated by commas; none when unset.
pub const ALARM_NAMES: &str = "ALARM_NAMES";

/// Settling takes at least one of the minutes that fit.
const BAKE_RANGE: RangeInclusive<u32> = 1..=12;
/// With the minute until the first full one, and half a minute to begin and to answer: 14.5 of 15 minutes.
const MOST_MINUTES: u32 = 13;

/// A setting that does not parse. The handler answers `Failed` with its text.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each message says what its fields hold")]
pub enum ConfigError {
    #[error(
        "{BAKE_MINUTES} and SETTLE_MINUTES must be at most {MOST_MINUTES} together, or the bake does not fit into the 15 minutes of a Lambda invocation; got {minutes}"
    )]
    TooLong { minutes: u32 },
    #[error("{BAKE_MINUTES} must be whole minutes from {min} to {max}; got {0:?}", min = BAKE_RANGE.start(), max = BAKE_RANGE.end())]
    Bake(String),
    #[error("{WHEN_INCONCLUSIVE} must be pass, fail-unreadable or fail; got {0:?}")]
    WhenInconclusive(String),
    #[error("{ALARM_NAMES} {0}")]
    Alarms(#[from] NamesError),
    #[error(transparent)]
    Reserve(#[from] ReserveError),
    #[error(transparent)]
    Judging(#[from] readings::ConfigError),
    #[error("the TLS settings cannot be used")]
    Tls(#[from] TlsError),
}

/// What becomes of a bake without a verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenInconclusive {
    /// Succeeded, whatever is unknown: for stages whose traffic judges nobody.
    Pass,
    /// Failed when metrics or alarms could not be read; Succeeded when there were too few requests to judge.
    #[default]
    FailUnreadable,
    /// Failed.
    Fail,
}

/// What the settings say.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// See [`BAKE_MINUTES`].
    pub bake_minutes: u32,
    /// See [`WHEN_INCONCLUSIVE`].
    pub when_inconclusive: WhenInconclusive,
    /// See [`ALARM_NAMES`]; each once.
    pub alarm_names: Vec<String>,
    /// Kept for the answer.
    pub answer_reserve: Duration,
    /// Criteria, α, settling time.
    pub judging: Judging,
}

impl Config {
    /// Reads the settings; empty counts as unset, because CloudFormation cannot leave a variable out.
    ///
    /// # Errors
    /// When a setting does not parse.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let filled = |name| lookup(name).filter(|value| !value.trim().is_empty());
        Self {
            bake_minutes: filled(BAKE_MINUTES).map_or(Ok(5), bake_minutes)?,
            when_inconclusive: filled(WHEN_INCONCLUSIVE).map_or(Ok(WhenInconclusive::default()), policy)?,
            alarm_names: guard::names(&filled(ALARM_NAMES).unwrap_or_default())?,
            answer_reserve: answer_reserve(&lookup)?,
            judging: Judging::from_lookup(lookup)?,
        }
        .checked()
    }

    /// A bake, its settling and the minute until it begins must fit into the longest invocation.
    fn checked(self) -> Result<Self, ConfigError> {
        let minutes = self.bake_minutes + self.judging.settle_minutes;
        if minutes > MOST_MINUTES { Err(ConfigError::TooLong { minutes }) } else { Ok(self) }
    }
}

fn bake_minutes(text: String) -> Result<u32, ConfigError> {
    let minutes = text.trim().parse().ok().filter(|minutes| BAKE_RANGE.contains(minutes));
    minutes.ok_or(ConfigError::Bake(text))
}

fn policy(text: String) -> Result<WhenInconclusive, ConfigError> {
    match text.trim() {
        "pass" => Ok(WhenInconclusive::Pass),
        "fail-unreadable" => Ok(WhenInconclusive::FailUnreadable),
        "fail" => Ok(WhenInconclusive::Fail),
        _ => Err(ConfigError::WhenInconclusive(text)),
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
        for name in ["UNRELATED", BAKE_MINUTES, WHEN_INCONCLUSIVE, ALARM_NAMES] {
            let config = config(name, " ").unwrap();
            assert_eq!((config.bake_minutes, config.judging.settle_minutes), (5, 2));
            assert_eq!(config.when_inconclusive, WhenInconclusive::FailUnreadable);
            assert_eq!((config.alarm_names.len(), config.answer_reserve), (0, hook::DEFAULT_RESERVE));
        }
    }

    #[test]
    fn bake_is_refused_when_it_is_outside_its_range() {
        for (text, taken) in
            [("0", false), ("1", true), ("11", true), ("12", false), ("13", false), ("1.5", false)]
        {
            assert_eq!(config(BAKE_MINUTES, text).is_ok(), taken, "{text}");
        }
    }

    #[test]
    fn policy_is_one_of_three_words() {
        use WhenInconclusive::{Fail, FailUnreadable, Pass};
        for (text, expected) in [("pass", Pass), ("fail-unreadable", FailUnreadable), (" fail ", Fail)] {
            assert_eq!(config(WHEN_INCONCLUSIVE, text).unwrap().when_inconclusive, expected);
        }
        assert!(matches!(config(WHEN_INCONCLUSIVE, "Pass"), Err(ConfigError::WhenInconclusive(_))));
    }

    #[test]
    fn alarm_names_are_read_once_each() {
        assert_eq!(
            config(ALARM_NAMES, "orders, canary breach,orders").unwrap().alarm_names,
            ["orders", "canary breach"]
        );
    }

    #[test]
    fn alarm_names_are_refused_when_one_is_empty_or_too_long_or_they_are_too_many() {
        let (long, longer) = ("a".repeat(255), "a".repeat(256));
        let many = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
        for (text, taken) in [
            (",", false),
            ("orders,", false),
            (&long, true),
            (&longer, false),
            (&many(100), true),
            (&many(101), false),
        ] {
            assert_eq!(config(ALARM_NAMES, text).is_ok(), taken, "{text}");
        }
    }

    #[test]
    fn other_settings_are_refused_as_elsewhere() {
        for name in [hook::ANSWER_RESERVE_SECONDS, readings::CRITERIA, readings::SETTLE_MINUTES] {
            assert!(config(name, "x").unwrap_err().to_string().contains(name), "{name}");
        }
    }
}
