//! What an action of the pipeline is asked to do: its UserParameters, strictly read.

mod fields;

use fields::{alias_name, candidate, execution, flag, minutes, percent, step, text, watch_minutes};
use release::Place;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Parameters that cannot be used; the message names the field and says what to write instead.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each message says what its fields hold")]
pub enum ParametersError {
    #[error("UserParameters must be a JSON object such as {EXAMPLE}: {0}")]
    Json(#[source] serde_json::Error),
    #[error("UserParameters: \"action\" must be acquire, shift, promote or watch; got {0}")]
    Action(String),
    #[error("UserParameters of {0}: {1}")]
    Field(&'static str, #[source] serde_path_to_error::Error<serde_json::Error>),
    #[error("UserParameters of shift: maxBakeMinutes must be bakeMinutes ({least}) or more; got {most}")]
    BakeEndsEarly { least: u32, most: u32 },
}

const EXAMPLE: &str = r##"{"action":"acquire","execution":"#{codepipeline.PipelineExecutionId}","function":"manuel-backend","alias":"live"}"##;

/// One action of a rollout.
#[derive(Clone, Debug, PartialEq)]
pub enum Parameters {
    /// Take the alias for this execution.
    Acquire(Acquire),
    /// Give the new version a share, and bake.
    Shift(Shift),
    /// Give the new version everything, by CodeDeploy.
    Promote(Promote),
    /// Watch the new version while it has everything.
    Watch(Watch),
}

/// See [`Parameters::Acquire`].
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Acquire {
    /// Id of the pipeline execution.
    #[serde(deserialize_with = "execution")]
    pub execution: String,
    /// Name of the function.
    #[serde(deserialize_with = "alias_name")]
    pub function: String,
    /// Name of the alias.
    #[serde(deserialize_with = "alias_name")]
    pub alias: String,
}

/// See [`Parameters::Shift`].
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Shift {
    /// Id of the pipeline execution.
    #[serde(deserialize_with = "execution")]
    pub execution: String,
    /// Name of the function.
    #[serde(deserialize_with = "alias_name")]
    pub function: String,
    /// Name of the alias.
    #[serde(deserialize_with = "alias_name")]
    pub alias: String,
    /// Number of the new version.
    #[serde(deserialize_with = "candidate")]
    pub candidate: String,
    /// Which shift this is, from 1.
    #[serde(deserialize_with = "step")]
    pub step: u8,
    /// The new version's share of the requests.
    #[serde(deserialize_with = "percent")]
    pub percent: f64,
    /// How long the share is watched at least.
    #[serde(deserialize_with = "minutes")]
    pub bake_minutes: u32,
    /// How long it is watched at most while there is no verdict.
    #[serde(deserialize_with = "watch_minutes")]
    pub max_bake_minutes: u32,
    /// An urgent correction: alarms that fire already do not stop it.
    #[serde(default, deserialize_with = "flag")]
    pub hotfix: bool,
}

/// See [`Parameters::Promote`].
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Promote {
    /// Id of the pipeline execution.
    #[serde(deserialize_with = "execution")]
    pub execution: String,
    /// Name of the function.
    #[serde(deserialize_with = "alias_name")]
    pub function: String,
    /// Name of the alias.
    #[serde(deserialize_with = "alias_name")]
    pub alias: String,
    /// Number of the new version.
    #[serde(deserialize_with = "candidate")]
    pub candidate: String,
    /// Name of CodeDeploy's deployment configuration.
    #[serde(deserialize_with = "text")]
    pub deployment_config: String,
    /// An urgent correction: alarms that fire already do not stop it.
    #[serde(default, deserialize_with = "flag")]
    pub hotfix: bool,
}

/// See [`Parameters::Watch`].
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Watch {
    /// Id of the pipeline execution.
    #[serde(deserialize_with = "execution")]
    pub execution: String,
    /// Name of the function.
    #[serde(deserialize_with = "alias_name")]
    pub function: String,
    /// Name of the alias.
    #[serde(deserialize_with = "alias_name")]
    pub alias: String,
    /// Number of the new version.
    #[serde(deserialize_with = "candidate")]
    pub candidate: String,
    /// How long, from when it got everything.
    #[serde(deserialize_with = "watch_minutes")]
    pub minutes: u32,
}

impl Parameters {
    /// Reads the text of UserParameters.
    ///
    /// # Errors
    /// When it is no JSON object, an unknown action, or a field is missing, unknown or out of its range.
    pub fn read(text: &str) -> Result<Self, ParametersError> {
        let mut fields: serde_json::Map<String, Value> =
            serde_json::from_str(text).map_err(ParametersError::Json)?;
        // Taken out before, because serde loses the place of an error within a tagged enum.
        let action = fields.remove("action").unwrap_or_default();
        let fields = Value::Object(fields);
        match action.as_str() {
            Some("acquire") => Ok(Self::Acquire(of("acquire", fields)?)),
            Some("shift") => shift(of("shift", fields)?).map(Self::Shift),
            Some("promote") => Ok(Self::Promote(of("promote", fields)?)),
            Some("watch") => Ok(Self::Watch(of("watch", fields)?)),
            _ => Err(ParametersError::Action(action.to_string())),
        }
    }

    /// Its name in UserParameters.
    #[must_use]
    pub const fn action(&self) -> &'static str {
        match self {
            Self::Acquire(_) => "acquire",
            Self::Shift(_) => "shift",
            Self::Promote(_) => "promote",
            Self::Watch(_) => "watch",
        }
    }

    /// Id of the pipeline execution.
    #[must_use]
    pub fn execution(&self) -> &str {
        match self {
            Self::Acquire(Acquire { execution, .. })
            | Self::Shift(Shift { execution, .. })
            | Self::Promote(Promote { execution, .. })
            | Self::Watch(Watch { execution, .. }) => execution,
        }
    }

    /// Which alias.
    #[must_use]
    pub fn place(&self) -> Place {
        let (function, alias) = match self {
            Self::Acquire(Acquire { function, alias, .. })
            | Self::Shift(Shift { function, alias, .. })
            | Self::Promote(Promote { function, alias, .. })
            | Self::Watch(Watch { function, alias, .. }) => (function.clone(), alias.clone()),
        };
        Place { function, alias }
    }

    /// Number of the new version; acquire does not know it.
    #[must_use]
    pub fn candidate(&self) -> Option<&str> {
        match self {
            Self::Acquire(_) => None,
            Self::Shift(Shift { candidate, .. })
            | Self::Promote(Promote { candidate, .. })
            | Self::Watch(Watch { candidate, .. }) => Some(candidate),
        }
    }

    /// The share that the action gives to the new version, in percent.
    #[must_use]
    pub const fn percent(&self) -> f64 {
        match self {
            Self::Acquire(_) => 0.0,
            Self::Shift(shift) => shift.percent,
            Self::Promote(_) | Self::Watch(_) => 100.0,
        }
    }

    /// Index of the shift.
    #[must_use]
    pub const fn step(&self) -> Option<u8> {
        match self {
            Self::Shift(shift) => Some(shift.step),
            _ => None,
        }
    }
}

fn of<T: DeserializeOwned>(action: &'static str, fields: Value) -> Result<T, ParametersError> {
    serde_path_to_error::deserialize(fields).map_err(|error| ParametersError::Field(action, error))
}

fn shift(shift: Shift) -> Result<Shift, ParametersError> {
    let (least, most) = (shift.bake_minutes, shift.max_bake_minutes);
    if most < least { Err(ParametersError::BakeEndsEarly { least, most }) } else { Ok(shift) }
}

#[cfg(test)]
mod tests;
