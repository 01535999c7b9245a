//! `EventBridge`'s API: from an operation's name and JSON body to the answer.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{Bus, put_events, requests::parse};
use crate::error::ApiError;

impl Bus {
    /// Carries out one operation.
    ///
    /// # Errors
    /// What `EventBridge` would answer; `NotImplemented` names what the twin does not have.
    pub(crate) fn handle(
        self: &Arc<Self>,
        operation: &str,
        input: &Value,
        now: DateTime<Utc>,
    ) -> Result<Value, ApiError> {
        match operation {
            "PutRule" => self.put_rule(parse(input)?),
            "DescribeRule" => self.describe_rule(&parse(input)?),
            "ListRules" => self.list_rules(&parse(input)?),
            "DeleteRule" => self.delete_rule(&parse(input)?),
            "EnableRule" => self.set_enabled(&parse(input)?, true),
            "DisableRule" => self.set_enabled(&parse(input)?, false),
            "PutTargets" => self.put_targets(parse(input)?),
            "ListTargetsByRule" => self.list_targets(&parse(input)?),
            "RemoveTargets" => self.remove_targets(&parse(input)?),
            "PutEvents" => self.put_events(parse(input)?, now),
            "TestEventPattern" => put_events::test_event_pattern(&parse(input)?),
            other => Err(ApiError::not_implemented(format!("EventBridge {other}"))),
        }
    }
}
