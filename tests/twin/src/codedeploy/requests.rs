//! Request bodies of CodeDeploy, as far as the twin reads them; unknown members are ignored as AWS does.

use serde::Deserialize;
use serde_json::Value;

use super::model::{AlarmConfiguration, AutoRollback};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Names {
    pub(super) application_name: String,
    pub(super) application_names: Vec<String>,
    pub(super) deployment_group_name: String,
    pub(super) deployment_group_names: Vec<String>,
    pub(super) current_deployment_group_name: String,
    pub(super) new_deployment_group_name: Option<String>,
    pub(super) deployment_config_name: Option<String>,
    pub(super) compute_platform: Option<String>,
    pub(super) service_role_arn: Option<String>,
    pub(super) alarm_configuration: Option<AlarmConfiguration>,
    pub(super) auto_rollback_configuration: Option<AutoRollback>,
    pub(super) traffic_routing_config: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct CreateDeployment {
    pub(super) application_name: String,
    pub(super) deployment_group_name: String,
    pub(super) deployment_config_name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) revision: Revision,
    pub(super) auto_rollback_configuration: Option<AutoRollback>,
    pub(super) override_alarm_configuration: Option<AlarmConfiguration>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Revision {
    pub(super) revision_type: String,
    pub(super) app_spec_content: Option<Content>,
    pub(super) string: Option<Content>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Content {
    pub(super) content: Option<String>,
    pub(super) sha256: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct OfDeployment {
    pub(super) deployment_id: String,
    pub(super) target_id: String,
    pub(super) target_ids: Vec<String>,
    pub(super) deployment_ids: Vec<String>,
    pub(super) auto_rollback_enabled: Option<bool>,
    pub(super) lifecycle_event_hook_execution_id: String,
    pub(super) status: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ListDeployments {
    pub(super) application_name: Option<String>,
    pub(super) deployment_group_name: Option<String>,
    pub(super) include_only_statuses: Vec<String>,
    pub(super) create_time_range: Option<TimeRange>,
}

/// Epoch seconds; a missing end is open.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TimeRange {
    pub(super) start: Option<f64>,
    pub(super) end: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct OfRevision {
    pub(super) application_name: String,
    pub(super) revision: Revision,
}
