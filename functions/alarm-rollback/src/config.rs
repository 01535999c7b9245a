//! The settings, from the environment; beside these, all of [`readings::Config`], for the numbers in the notice.

use chrono::TimeDelta;
use readings::Config as Judging;
use release::{Group, Place, PlaceError};

/// The alias whose rollouts are taken back, as `function:alias`. Required.
pub const LIVE_ALIAS: &str = "LIVE_ALIAS";
/// The CodeDeploy application that makes the last step. Required.
pub const CODEDEPLOY_APPLICATION: &str = "CODEDEPLOY_APPLICATION";
/// Its deployment group. Required.
pub const CODEDEPLOY_GROUP: &str = "CODEDEPLOY_GROUP";
/// Names of the alarms that may take a rollout back, separated by commas; empty: none may.
pub const GUARD_ALARMS: &str = "GUARD_ALARMS";
/// The pipeline of the rollouts; empty: no approvals are withdrawn, and no execution is looked up.
pub const PIPELINE: &str = "PIPELINE";
/// Names of the stages whose failure takes a promoted version back, separated by commas; empty: no stage's does, once the version
/// is promoted. List the stage that promotes and watches (`DeployProd`), and never a test stage after it: its failure is
/// about something else. Before the promotion each stage of the rollout's execution counts.
pub const ROLLOUT_STAGES: &str = "ROLLOUT_STAGES";
/// The SNS topic where people are told; empty: they are not.
pub const NOTICE_TOPIC_ARN: &str = "NOTICE_TOPIC_ARN";
/// For how long after the last step a rollout is still taken back by itself, in minutes; 60 when unset. A person may later.
pub const ROLLBACK_WINDOW_MINUTES: &str = "ROLLBACK_WINDOW_MINUTES";

/// A stage's name is at most this long (CodePipeline API reference, `StageDeclaration`).
const LONGEST_STAGE: usize = 100;
const USUAL_WINDOW_MINUTES: u32 = 60;
/// A week: what fires later than that is hardly the release's fault.
const MOST_WINDOW_MINUTES: u32 = 10_080;

/// Settings that cannot be used; the message says what to write instead.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each message says what its fields hold")]
pub enum ConfigError {
    #[error("{LIVE_ALIAS} {0}")]
    Alias(#[from] PlaceError),
    #[error("{0} is required: set it to the name that CodeDeploy knows")]
    Missing(&'static str),
    #[error("{GUARD_ALARMS} {0}")]
    Alarms(#[from] guard::NamesError),
    #[error(
        "{NOTICE_TOPIC_ARN} must be the ARN of an SNS topic, for example arn:aws:sns:eu-west-1:123456789012:releases; got {0:?}"
    )]
    Topic(String),
    #[error(
        "{ROLLOUT_STAGES} must be names of stages, of 1 to {LONGEST_STAGE} letters, digits and .@-_ each, separated by commas; got {0:?}"
    )]
    Stages(String),
    #[error("{ROLLBACK_WINDOW_MINUTES} must be whole minutes from 1 to {MOST_WINDOW_MINUTES}; got {0:?}")]
    Window(String),
    #[error(transparent)]
    Judging(#[from] readings::ConfigError),
}

/// What the settings say.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// See [`LIVE_ALIAS`].
    pub place: Place,
    /// See [`CODEDEPLOY_APPLICATION`] and [`CODEDEPLOY_GROUP`].
    pub group: Group,
    /// See [`GUARD_ALARMS`].
    pub guard_alarms: Vec<String>,
    /// See [`PIPELINE`].
    pub pipeline: Option<String>,
    /// See [`ROLLOUT_STAGES`].
    pub rollout_stages: Vec<String>,
    /// See [`NOTICE_TOPIC_ARN`].
    pub notice_topic_arn: Option<String>,
    /// See [`ROLLBACK_WINDOW_MINUTES`].
    pub window: TimeDelta,
    /// What is counted for the notice.
    pub judging: Judging,
}

impl Config {
    /// Reads the settings; empty counts as unset, because CloudFormation cannot leave a variable out.
    ///
    /// # Errors
    /// When one is missing or does not parse.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let filled = |name| {
            let text = lookup(name).map(|value| value.trim().to_owned());
            text.filter(|value| !value.is_empty())
        };
        let required = |name| filled(name).ok_or(ConfigError::Missing(name));
        Ok(Self {
            place: filled(LIVE_ALIAS).unwrap_or_default().parse()?,
            group: Group {
                application: required(CODEDEPLOY_APPLICATION)?,
                name: required(CODEDEPLOY_GROUP)?,
            },
            guard_alarms: guard::names(&filled(GUARD_ALARMS).unwrap_or_default())?,
            pipeline: filled(PIPELINE),
            rollout_stages: filled(ROLLOUT_STAGES).map(stages).transpose()?.unwrap_or_default(),
            notice_topic_arn: filled(NOTICE_TOPIC_ARN).map(topic).transpose()?,
            window: window(filled(ROLLBACK_WINDOW_MINUTES))?,
            judging: Judging::from_lookup(&lookup)?,
        })
    }
}

fn topic(arn: String) -> Result<String, ConfigError> {
    let parts: Vec<_> = arn.split(':').collect();
    let is_topic = matches!(parts.as_slice(), ["arn", _, "sns", _, _, name] if !name.is_empty());
    if is_topic { Ok(arn) } else { Err(ConfigError::Topic(arn)) }
}

fn stages(text: String) -> Result<Vec<String>, ConfigError> {
    let plain = |name: &String| {
        let known = |c: char| c.is_ascii_alphanumeric() || ".@-_".contains(c);
        (1..=LONGEST_STAGE).contains(&name.len()) && name.chars().all(known)
    };
    let names: Vec<_> = text.split(',').map(|name| name.trim().to_owned()).collect();
    if names.iter().all(plain) { Ok(names) } else { Err(ConfigError::Stages(text)) }
}

fn window(text: Option<String>) -> Result<TimeDelta, ConfigError> {
    let Some(text) = text else { return Ok(TimeDelta::minutes(USUAL_WINDOW_MINUTES.into())) };
    let minutes = text.parse().ok().filter(|minutes| (1..=MOST_WINDOW_MINUTES).contains(minutes));
    minutes.map(|minutes: u32| TimeDelta::minutes(minutes.into())).ok_or(ConfigError::Window(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPLETE: [(&str, &str); 3] =
        [(LIVE_ALIAS, "shop:live"), (CODEDEPLOY_APPLICATION, "shop"), (CODEDEPLOY_GROUP, "shop-live")];

    fn read(more: &[(&str, &str)]) -> Result<Config, String> {
        let pairs = [more, COMPLETE.as_slice()].concat();
        let lookup =
            |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Config::from_lookup(lookup).map_err(|error| error.to_string())
    }

    #[test]
    fn optional_settings_have_defaults_when_they_are_empty() {
        let config = read(&[
            (PIPELINE, ""),
            (GUARD_ALARMS, " "),
            (ROLLOUT_STAGES, " "),
            (NOTICE_TOPIC_ARN, ""),
            (ROLLBACK_WINDOW_MINUTES, ""),
        ])
        .unwrap();
        assert_eq!(
            (config.pipeline, config.notice_topic_arn, config.window),
            (None, None, TimeDelta::hours(1))
        );
        assert!(config.guard_alarms.is_empty() && config.rollout_stages.is_empty());
        assert_eq!(config.place.to_string(), "shop:live");
    }

    #[test]
    fn error_names_the_setting_when_one_is_missing_or_wrong() {
        for (name, value) in [
            (LIVE_ALIAS, ""),
            (LIVE_ALIAS, "shop"),
            (CODEDEPLOY_APPLICATION, ""),
            (CODEDEPLOY_GROUP, " "),
            (GUARD_ALARMS, "a,,b"),
            (ROLLOUT_STAGES, "DeployProd,,Test"),
            (ROLLOUT_STAGES, "Deploy Prod"),
            (NOTICE_TOPIC_ARN, "releases"),
            (NOTICE_TOPIC_ARN, "arn:aws:sqs:eu-west-1:123456789012:releases"),
            ("ALPHA", "2"),
        ] {
            let error = read(&[(name, value)]).unwrap_err();
            assert!(error.contains(name), "{name}={value}: {error}");
        }
    }

    #[test]
    fn stages_are_read_when_they_are_separated_by_commas() {
        let stages = |text: &str| read(&[(ROLLOUT_STAGES, text)]).map(|config| config.rollout_stages);
        assert_eq!(stages("DeployProd").unwrap(), ["DeployProd"]);
        assert_eq!(stages(" Deploy_Prod-1, Watch@2.0 ").unwrap(), ["Deploy_Prod-1", "Watch@2.0"]);
        for (length, taken) in [(99, true), (100, true), (101, false)] {
            assert_eq!(stages(&"s".repeat(length)).is_ok(), taken, "{length}");
        }
    }

    #[test]
    fn window_is_refused_when_it_is_outside_its_range() {
        for (text, taken) in [("0", false), ("1", true), ("10080", true), ("10081", false), ("1h", false)] {
            assert_eq!(read(&[(ROLLBACK_WINDOW_MINUTES, text)]).is_ok(), taken, "{text}");
        }
    }
}
