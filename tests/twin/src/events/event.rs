//! What a service of the twin says happened; the bus puts the envelope around it.

use chrono::{DateTime, Utc};
use serde_json::Value;

/// An event as its service tells it. Account, region, id and version are the bus's to add, so that no service can get them
/// wrong.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AwsEvent {
    /// Who tells it, for instance `aws.codedeploy`.
    pub(crate) source: String,
    /// What kind of event it is, for instance `CodeDeploy Deployment State-change Notification`.
    pub(crate) detail_type: String,
    /// ARNs of what it is about.
    pub(crate) resources: Vec<String>,
    /// The event's own fields.
    pub(crate) detail: Value,
    /// Virtual time at which it happened.
    pub(crate) at: DateTime<Utc>,
}
