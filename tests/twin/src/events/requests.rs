//! Request bodies of `EventBridge`, as far as the twin reads them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::errors;
use crate::error::ApiError;

/// Reads an operation's input and refuses every bus but the default one.
///
/// # Errors
/// `SerializationException`, `NotImplemented`.
pub(super) fn parse<T: DeserializeOwned>(input: &Value) -> Result<T, ApiError> {
    let bus = input.get("EventBusName").and_then(Value::as_str);
    if let Some(other) = bus.filter(|bus| !is_default(bus)) {
        return Err(ApiError::not_implemented(format!("event buses other than the default one: {other}")));
    }
    T::deserialize(input).map_err(|e| ApiError::bad_request("SerializationException", e.to_string()))
}

/// By name or by ARN.
pub(super) fn is_default(bus: &str) -> bool {
    bus == "default" || bus.ends_with(":event-bus/default")
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct PutRule {
    pub(super) name: String,
    pub(super) schedule_expression: Option<String>,
    pub(super) event_pattern: Option<String>,
    pub(super) state: Option<String>,
    pub(super) description: Option<String>,
    pub(super) role_arn: Option<String>,
}

/// Operations on one rule call it `Name` or `Rule`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct OfRule {
    #[serde(alias = "Rule")]
    pub(super) name: String,
    pub(super) ids: Vec<String>,
    pub(super) targets: Vec<Target>,
    pub(super) limit: Option<usize>,
    pub(super) next_token: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ListRules {
    pub(super) name_prefix: Option<String>,
    pub(super) limit: Option<usize>,
    pub(super) next_token: Option<String>,
}

/// A target as it is put, kept and shown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Target {
    pub(super) id: String,
    pub(super) arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) role_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) input: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) input_transformer: Option<InputTransformer>,
    /// What the twin does not have; kept only to be refused by name.
    #[serde(flatten, skip_serializing)]
    pub(super) further: BTreeMap<String, Value>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct InputTransformer {
    pub(super) input_paths_map: BTreeMap<String, String>,
    pub(super) input_template: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct PutEvents {
    pub(super) entries: Vec<Entry>,
    pub(super) endpoint_id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Entry {
    /// Epoch seconds.
    pub(super) time: Option<f64>,
    pub(super) source: Option<String>,
    pub(super) resources: Vec<String>,
    pub(super) detail_type: Option<String>,
    pub(super) detail: Option<String>,
    pub(super) event_bus_name: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct TestEventPattern {
    pub(super) event_pattern: String,
    pub(super) event: String,
}

/// Names and ids: 1 to 64 letters, digits, dots, hyphens and underscores (A, API model).
///
/// # Errors
/// `ValidationException`.
pub(super) fn check_name(member: &str, name: &str) -> Result<(), ApiError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if (1..=64).contains(&name.len()) && name.chars().all(allowed) {
        return Ok(());
    }
    Err(errors::invalid(format!(
        "Value '{name}' at '{member}' failed to satisfy constraint: Member must satisfy regular expression \
         pattern: [\\.\\-_A-Za-z0-9]+ and have length between 1 and 64"
    )))
}
