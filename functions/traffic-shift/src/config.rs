//! The settings, from the environment; beside these, all of [`readings::Config`].

use crate::cost::Prices;
use aws::TlsError;
use guard::NamesError;
use readings::Config as Judging;
use release::Group;

/// Name of the CodeDeploy application. Required.
pub const CODEDEPLOY_APPLICATION: &str = "CODEDEPLOY_APPLICATION";
/// Name of the deployment group that makes the last step. Required.
pub const CODEDEPLOY_GROUP: &str = "CODEDEPLOY_GROUP";
/// The function that checks before the last step, by name; none when unset.
pub const PRE_TRAFFIC_HOOK: &str = "PRE_TRAFFIC_HOOK";
/// The function that checks after the last step, by name; none when unset.
pub const POST_TRAFFIC_HOOK: &str = "POST_TRAFFIC_HOOK";
/// The rollout guard: alarms that must not fire, by name, separated by commas; `none` for a release without one. Required,
/// because a guard that was forgotten looks like one that never fires.
pub const GUARD_ALARMS: &str = "GUARD_ALARMS";
const NO_GUARD: &str = "none";
/// Name of the pipeline whose executions roll out. Required.
pub const PIPELINE: &str = "PIPELINE";
/// Where people find the report of a release; none when unset.
pub const REPORT_URL: &str = "REPORT_URL";
/// A price list that replaces the built-in one, as JSON ([`Prices`]).
pub const PRICES: &str = "PRICES";

/// A setting that does not parse. The handler fails the job with its text.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each message says what its fields hold")]
pub enum ConfigError {
    #[error("{0} must be set, for example {1}")]
    Missing(&'static str, &'static str),
    #[error("{GUARD_ALARMS} must be set: list the rollout guard, or write {NO_GUARD} to release without one")]
    NoGuard,
    #[error("{GUARD_ALARMS} {0}")]
    Alarms(#[from] NamesError),
    #[error("{PRICES}: {0}")]
    Prices(#[from] serde_path_to_error::Error<serde_json::Error>),
    #[error(transparent)]
    Judging(#[from] readings::ConfigError),
    #[error("the TLS settings cannot be used")]
    Tls(#[from] TlsError),
}

/// What the settings say.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// See [`CODEDEPLOY_GROUP`].
    pub group: Group,
    /// See [`PRE_TRAFFIC_HOOK`].
    pub before_traffic: Option<String>,
    /// See [`POST_TRAFFIC_HOOK`].
    pub after_traffic: Option<String>,
    /// See [`GUARD_ALARMS`]; each once.
    pub guard_alarms: Vec<String>,
    /// See [`PIPELINE`].
    pub pipeline: String,
    /// See [`REPORT_URL`].
    pub report_url: Option<String>,
    /// See [`PRICES`].
    pub prices: Prices,
    /// Criteria, α, settling time.
    pub judging: Judging,
}

impl Config {
    /// Reads the settings; empty counts as unset, because CloudFormation cannot leave a variable out.
    ///
    /// # Errors
    /// When one is missing or does not parse.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let filled =
            |name: &str| lookup(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let required = |name, example| filled(name).ok_or(ConfigError::Missing(name, example));
        Ok(Self {
            group: Group {
                application: required(CODEDEPLOY_APPLICATION, "manuel")?,
                name: required(CODEDEPLOY_GROUP, "manuel-backend-live")?,
            },
            before_traffic: filled(PRE_TRAFFIC_HOOK),
            after_traffic: filled(POST_TRAFFIC_HOOK),
            guard_alarms: match filled(GUARD_ALARMS).ok_or(ConfigError::NoGuard)? {
                none if none == NO_GUARD => Vec::new(),
                names => guard::names(&names)?,
            },
            pipeline: required(PIPELINE, "manuel-release")?,
            report_url: filled(REPORT_URL),
            prices: Prices::read(filled(PRICES).as_deref())?,
            judging: Judging::from_lookup(&lookup)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, value: &str) -> Result<Config, ConfigError> {
        Config::from_lookup(|asked| match asked {
            asked if asked == name => Some(value.to_owned()),
            CODEDEPLOY_APPLICATION | CODEDEPLOY_GROUP | PIPELINE => Some("manuel".to_owned()),
            GUARD_ALARMS => Some("none".to_owned()),
            _ => None,
        })
    }

    #[test]
    fn optional_settings_are_none_when_they_are_unset_or_empty() {
        for name in ["UNRELATED", PRE_TRAFFIC_HOOK, POST_TRAFFIC_HOOK, REPORT_URL, PRICES] {
            let config = read(name, " ").unwrap();
            assert_eq!((config.before_traffic, config.after_traffic, config.report_url), (None, None, None));
        }
    }

    #[test]
    fn setting_is_named_when_it_is_missing_or_wrong() {
        for (name, value) in [
            (CODEDEPLOY_APPLICATION, " "),
            (CODEDEPLOY_GROUP, ""),
            (PIPELINE, ""),
            (GUARD_ALARMS, " "),
            (GUARD_ALARMS, "a,,b"),
            (PRICES, "{}"),
            (readings::ALPHA, "x"),
        ] {
            let told = read(name, value).unwrap_err().to_string();
            assert!(told.contains(name), "{told}");
        }
    }

    #[test]
    fn settings_are_taken_when_they_are_given() {
        assert_eq!(read(GUARD_ALARMS, "orders, canary").unwrap().guard_alarms, ["orders", "canary"]);
        assert!(read(GUARD_ALARMS, " none ").unwrap().guard_alarms.is_empty());
        let report = read(REPORT_URL, " https://example.org/r ").unwrap().report_url;
        assert_eq!(report.as_deref(), Some("https://example.org/r"));
    }
}
