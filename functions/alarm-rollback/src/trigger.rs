//! What woke the function, read from the event.
//!
//! The reading is tolerant of what AWS varies (numbers as floats, JSON in strings, absent fields, the two envelopes of
//! EventBridge rules and of notification rules) and depends on nothing but the few fields that it names. Only a person's
//! request is read strictly, because a person can correct it.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

/// The longest reason that a person may give, in characters.
const LONGEST_REASON: usize = 500;

/// Why an event cannot be used; AWS's shape has changed, or a person's request is to be corrected.
#[derive(Debug, thiserror::Error)]
pub enum TriggerError {
    /// A field without which the event says nothing.
    #[error("{event}: {field} is missing or no text")]
    Field {
        /// Its detail-type.
        event: String,
        /// Path of the field.
        field: &'static str,
    },
    /// Correct the request.
    #[error(r#"a rollback by hand takes {{"action":"rollback","reason":"…"}}: {0}"#)]
    Request(#[from] serde_path_to_error::Error<serde_json::Error>),
    /// Correct the request.
    #[error(r#"action: must be "rollback"; got {0:?}"#)]
    Action(String),
    /// Correct the request.
    #[error("reason: must have 1 to {LONGEST_REASON} characters; got {0}")]
    Reason(usize),
}

/// What in a pipeline changed its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// The execution as a whole.
    Pipeline,
    /// A stage, by name.
    Stage(String),
    /// An action of any category but the next.
    Action(String),
    /// An action that waits for a person. The rule that delivers its events must let `STARTED` through beside `FAILED`: an
    /// approval that begins just after a rollback is withdrawn on that event, else only by the next sweep.
    Approval(String),
}

/// Something of a pipeline execution changed its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutionChange {
    /// Id of the execution.
    pub execution: String,
    /// What of it.
    pub part: Part,
    /// The stage that it is, or is in; `None` for a pipeline, or when the event does not say.
    pub stage: Option<String>,
    /// In the words of events: `FAILED`, `SUCCEEDED`, ….
    pub state: String,
    /// The action's own words; in an approval the reviewer's.
    pub summary: Option<String>,
    /// When; `None` when the event does not say.
    pub at: Option<DateTime<Utc>>,
}

/// An alarm, be it of a metric or composite, changed its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmChange {
    /// Its name.
    pub name: String,
    /// `OK`, `ALARM` or `INSUFFICIENT_DATA`.
    pub state: String,
    /// Since when, as the alarm says; not when the event arrived.
    pub since: Option<DateTime<Utc>>,
    /// Why.
    pub reason: String,
}

/// A deployment changed its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentChange {
    /// Its id.
    pub id: String,
    /// The CodeDeploy application.
    pub application: String,
    /// The deployment group.
    pub group: String,
    /// `START`, `SUCCESS`, `FAILURE`, `STOP` or `READY`.
    pub state: String,
}

/// What woke the function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// An alarm.
    Alarm(AlarmChange),
    /// A pipeline.
    Execution(ExecutionChange),
    /// CodeDeploy.
    Deployment(DeploymentChange),
    /// The schedule: look whether anything was missed.
    Sweep,
    /// A person, with the reason.
    Person(String),
    /// Nothing of these; what it is.
    Unknown(String),
}

/// `{"action":"rollback","reason":"…"}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    action: String,
    reason: String,
}

impl Trigger {
    /// Reads an event.
    ///
    /// # Errors
    /// When an event of a kind that is acted on lacks what it is about; when a person's request is wrong.
    pub fn parse(event: &Value) -> Result<Self, TriggerError> {
        let text = |key: &str| event.get(key).and_then(Value::as_str);
        let detail_type = text("detail-type").or_else(|| text("detailType"));
        match (text("source"), detail_type) {
            (Some("aws.cloudwatch"), Some("CloudWatch Alarm State Change")) => alarm(event),
            (Some("aws.codepipeline"), Some(kind)) if kind.starts_with("CodePipeline ") => {
                execution(event, kind)
            }
            (Some("aws.codedeploy"), Some("CodeDeploy Deployment State-change Notification")) => {
                deployment(event)
            }
            (Some("aws.events" | "aws.scheduler"), Some("Scheduled Event")) => Ok(Self::Sweep),
            (source, Some(kind)) => {
                Ok(Self::Unknown(format!("{kind} of {}", source.unwrap_or("an unknown source"))))
            }
            _ if ["action", "reason"].iter().any(|key| event.get(key).is_some()) => request(event),
            _ => Ok(Self::Unknown("neither an event of AWS nor a request".to_owned())),
        }
    }

    /// One word for the logs.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Alarm(_) => "alarm",
            Self::Execution(ExecutionChange { part: Part::Pipeline, .. }) => "pipeline",
            Self::Execution(ExecutionChange { part: Part::Stage(_), .. }) => "stage",
            Self::Execution(ExecutionChange { part: Part::Action(_), .. }) => "action",
            Self::Execution(ExecutionChange { part: Part::Approval(_), .. }) => "approval",
            Self::Deployment(_) => "deployment",
            Self::Sweep => "sweep",
            Self::Person(_) => "person",
            Self::Unknown(_) => "unknown",
        }
    }
}

fn request(event: &Value) -> Result<Trigger, TriggerError> {
    let Request { action, reason } = serde_path_to_error::deserialize(event)?;
    if action != "rollback" {
        return Err(TriggerError::Action(action));
    }
    let characters = reason.trim().chars().count();
    if !(1..=LONGEST_REASON).contains(&characters) {
        return Err(TriggerError::Reason(characters));
    }
    Ok(Trigger::Person(reason.trim().to_owned()))
}

fn alarm(event: &Value) -> Result<Trigger, TriggerError> {
    let optional = |pointer| event.pointer(pointer).and_then(Value::as_str);
    Ok(Trigger::Alarm(AlarmChange {
        name: required(event, "/detail/alarmName")?,
        state: required(event, "/detail/state/value")?,
        since: optional("/detail/state/timestamp").and_then(date),
        reason: optional("/detail/state/reason").unwrap_or("no reason given").to_owned(),
    }))
}

fn execution(event: &Value, kind: &str) -> Result<Trigger, TriggerError> {
    let optional = |pointer| event.pointer(pointer).and_then(Value::as_str);
    let name = |pointer| optional(pointer).unwrap_or("of an unknown name").to_owned();
    let part = match kind {
        "CodePipeline Pipeline Execution State Change" => Part::Pipeline,
        "CodePipeline Stage Execution State Change" => Part::Stage(name("/detail/stage")),
        "CodePipeline Action Execution State Change" => match optional("/detail/type/category") {
            Some("Approval") => Part::Approval(name("/detail/action")),
            _ => Part::Action(name("/detail/action")),
        },
        _ => return Ok(Trigger::Unknown(kind.to_owned())),
    };
    Ok(Trigger::Execution(ExecutionChange {
        execution: required(event, "/detail/execution-id")?,
        part,
        stage: optional("/detail/stage").map(str::to_owned),
        state: required(event, "/detail/state")?,
        summary: optional("/detail/execution-result/external-execution-summary").map(str::to_owned),
        at: optional("/time").and_then(date),
    }))
}

fn deployment(event: &Value) -> Result<Trigger, TriggerError> {
    Ok(Trigger::Deployment(DeploymentChange {
        id: required(event, "/detail/deploymentId")?,
        application: required(event, "/detail/application")?,
        group: required(event, "/detail/deploymentGroup")?,
        state: required(event, "/detail/state")?,
    }))
}

fn required(event: &Value, field: &'static str) -> Result<String, TriggerError> {
    let found = event.pointer(field).and_then(Value::as_str).filter(|text| !text.is_empty());
    let kind = || event.get("detail-type").or_else(|| event.get("detailType")).and_then(Value::as_str);
    found
        .map(str::to_owned)
        .ok_or_else(|| TriggerError::Field { event: kind().unwrap_or_default().to_owned(), field })
}

/// Alarms write `+0000` without a colon, everything else `Z`.
fn date(text: &str) -> Option<DateTime<Utc>> {
    let alarms = || DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z");
    DateTime::parse_from_rfc3339(text).or_else(|_| alarms()).ok().map(|date| date.to_utc())
}

#[cfg(test)]
mod tests;
