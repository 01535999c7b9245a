//! What CodeDeploy sends.

use serde_json::Value;
use std::fmt;

/// The payload of a hook's invocation: two strings, and nothing about what is being deployed.
#[derive(Clone, PartialEq, Eq)]
pub struct HookEvent {
    /// Names the deployment in every call, for example `d-EXAMPLE01`.
    pub deployment_id: String,
    /// Entitles its holder to answer, so it never appears in a log; see the `Debug` form.
    pub(crate) execution_id: String,
}

/// Why the payload is not a hook event. Without both ids there is no way to answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventProblem {
    /// The payload is JSON, but no object.
    #[error("the event is not a JSON object")]
    NotAnObject,
    /// A field is absent, empty or no string.
    #[error("the event's field {0} is missing, empty or not a string")]
    Field(&'static str),
}

impl HookEvent {
    /// Reads an event; fields that we do not know are ignored.
    ///
    /// # Errors
    /// When the payload is no object or one of the two ids is missing, empty or not a string.
    pub fn parse(payload: &Value) -> Result<Self, EventProblem> {
        let fields = payload.as_object().ok_or(EventProblem::NotAnObject)?;
        let text = |name: &'static str| {
            let value = fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
            value.map(str::to_owned).ok_or(EventProblem::Field(name))
        };
        Ok(Self {
            deployment_id: text("DeploymentId")?,
            execution_id: text("LifecycleEventHookExecutionId")?,
        })
    }
}

impl fmt::Debug for HookEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HookEvent").field("deployment_id", &self.deployment_id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn event_is_read_when_unknown_fields_are_present() {
        let event = json!({"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "abc", "Extra": [1]});
        let event = HookEvent::parse(&event).unwrap();
        assert_eq!((event.deployment_id.as_str(), event.execution_id.as_str()), ("d-1", "abc"));
    }

    #[test]
    fn error_names_the_field_when_an_id_is_missing_empty_or_no_string() {
        for bad in [json!({}), json!({"DeploymentId": ""}), json!({"DeploymentId": 7})] {
            assert_eq!(HookEvent::parse(&bad), Err(EventProblem::Field("DeploymentId")));
        }
        let no_hook_id = json!({"DeploymentId": "d-1", "LifecycleEventHookExecutionId": ""});
        assert_eq!(HookEvent::parse(&no_hook_id), Err(EventProblem::Field("LifecycleEventHookExecutionId")));
    }

    #[test]
    fn error_when_the_payload_is_no_object() {
        for bad in [json!(null), json!([]), json!("d-1")] {
            assert_eq!(HookEvent::parse(&bad), Err(EventProblem::NotAnObject));
        }
    }

    /// The SDK traces whole requests.
    #[test]
    fn execution_id_stays_out_of_the_log_at_its_highest_level() {
        assert_eq!(tracing::level_filters::STATIC_MAX_LEVEL, tracing::level_filters::LevelFilter::DEBUG);
    }

    #[test]
    fn execution_id_stays_out_of_debug_output() {
        let event = json!({"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "opaque"});
        assert!(!format!("{:?}", HookEvent::parse(&event).unwrap()).contains("opaque"));
    }
}
