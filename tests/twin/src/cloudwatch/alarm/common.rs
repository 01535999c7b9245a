//! What every kind of alarm has: a name, a description, actions.
//!
//! Limits: name 255, description 1024, five actions per state (A, API model). Those that are SNS topics
//! get a message, others are stored and shown.

use serde_json::{Map, Value, json};

use crate::{cloudwatch::input::Members, error::ApiError};

/// The most actions for one state.
const MOST_ACTIONS: usize = 5;

#[derive(Debug, Clone, PartialEq)]
pub(in crate::cloudwatch) struct Common {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) actions_enabled: bool,
    pub(super) ok_actions: Vec<String>,
    pub(super) alarm_actions: Vec<String>,
    pub(super) insufficient_data_actions: Vec<String>,
}

impl Common {
    pub(super) fn read(request: &Members<'_>) -> Result<Self, ApiError> {
        let name = request.require("AlarmName", request.text("AlarmName", 255)?)?;
        Ok(Self {
            name: name.to_owned(),
            description: request.text_or_empty("AlarmDescription", 1024)?.map(str::to_owned),
            actions_enabled: request.boolean("ActionsEnabled")?.unwrap_or(true),
            ok_actions: read_actions(request, "OKActions")?,
            alarm_actions: read_actions(request, "AlarmActions")?,
            insufficient_data_actions: read_actions(request, "InsufficientDataActions")?,
        })
    }

    /// Whether an action for any state begins with `prefix`.
    pub(super) fn has_action(&self, prefix: &str) -> bool {
        let actions = [&self.ok_actions, &self.alarm_actions, &self.insufficient_data_actions];
        actions.into_iter().flatten().any(|action| action.starts_with(prefix))
    }

    /// Adds the members of the API to `members`; a null stands for an absent one.
    pub(super) fn describe(&self, members: &mut Map<String, Value>) {
        let mut add = |name: &str, value: Value| members.insert(name.to_owned(), value);
        add("AlarmName", json!(self.name));
        add("AlarmDescription", json!(self.description));
        add("ActionsEnabled", json!(self.actions_enabled));
        add("OKActions", json!(self.ok_actions));
        add("AlarmActions", json!(self.alarm_actions));
        add("InsufficientDataActions", json!(self.insufficient_data_actions));
    }
}

fn read_actions(request: &Members<'_>, name: &str) -> Result<Vec<String>, ApiError> {
    let actions = request.texts(name)?;
    if actions.len() > MOST_ACTIONS {
        return Err(request.invalid(name, format!("there must be at most {MOST_ACTIONS}")));
    }
    Ok(actions)
}
