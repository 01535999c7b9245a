//! Applications, groups and deployments as CodeDeploy keeps and shows them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::appspec::AppSpec;

/// An application and its deployment groups.
#[derive(Debug, Clone)]
pub(super) struct Application {
    pub(super) id: String,
    pub(super) created_at: DateTime<Utc>,
    pub(super) groups: BTreeMap<String, Group>,
}

/// A deployment group's settings.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Group {
    pub(super) deployment_group_id: String,
    pub(super) deployment_config_name: String,
    pub(super) service_role_arn: String,
    pub(super) alarm_configuration: AlarmConfiguration,
    pub(super) auto_rollback_configuration: AutoRollback,
}

/// Alarms that stop a deployment.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct AlarmConfiguration {
    pub(super) enabled: bool,
    pub(super) ignore_poll_alarm_failure: bool,
    pub(super) alarms: Vec<Alarm>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Alarm {
    pub(super) name: String,
}

/// Events after which CodeDeploy deploys the last version again.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct AutoRollback {
    pub(super) enabled: bool,
    pub(super) events: Vec<String>,
}

impl AutoRollback {
    pub(super) fn covers(&self, event: &str) -> bool {
        self.enabled && self.events.iter().any(|e| e == event)
    }
}

/// How traffic moves in time.
#[derive(Debug, Clone)]
pub(super) struct Configuration {
    pub(super) id: String,
    pub(super) created_at: DateTime<Utc>,
    pub(super) routing: Value,
}

/// A deployment's status, in CodeDeploy's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) enum Status {
    Created,
    InProgress,
    Succeeded,
    Failed,
    Stopped,
}

impl Status {
    pub(super) fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Stopped)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Created => "Created",
            Self::InProgress => "InProgress",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Stopped => "Stopped",
        }
    }
}

/// One step of a deployment.
#[derive(Debug, Clone)]
pub(super) struct LifecycleEvent {
    pub(super) name: &'static str,
    /// Pending, InProgress, Succeeded, Failed, Skipped or Unknown.
    pub(super) status: &'static str,
    pub(super) started_at: Option<DateTime<Utc>>,
    pub(super) ended_at: Option<DateTime<Utc>>,
    /// Opaque id that the hook must answer with; set while and after the hook runs.
    pub(super) hook_execution_id: Option<String>,
    pub(super) diagnostics: Option<String>,
}

/// What the outside tells a running deployment.
#[derive(Debug, Clone, Default)]
pub(super) struct Signals {
    /// StopDeployment was called; `Some(rollback)` with its choice, if it made one.
    pub(super) stop: Option<Option<bool>>,
    /// Lifecycle event → status that its hook reported.
    pub(super) answers: BTreeMap<&'static str, String>,
    pub(super) finished: bool,
}

/// A deployment, running or done.
#[derive(Debug)]
pub(super) struct Deployment {
    pub(super) id: String,
    pub(super) application: String,
    pub(super) group: String,
    /// Tells a group from a later one of the same name.
    pub(super) group_id: String,
    pub(super) configuration: String,
    pub(super) description: String,
    /// `user` or `codeDeployRollback`.
    pub(super) creator: &'static str,
    pub(super) status: Status,
    pub(super) appspec: AppSpec,
    pub(super) revision_type: String,
    pub(super) alarms: AlarmConfiguration,
    pub(super) auto_rollback: AutoRollback,
    pub(super) events: Vec<LifecycleEvent>,
    /// Share of the traffic on the target version, in percent.
    pub(super) target_weight_percent: f64,
    pub(super) created_at: DateTime<Utc>,
    pub(super) started_at: Option<DateTime<Utc>>,
    pub(super) completed_at: Option<DateTime<Utc>>,
    pub(super) error: Option<(&'static str, String)>,
    pub(super) rollback: RollbackInfo,
    pub(super) signals: watch::Sender<Signals>,
}

/// How a deployment and its rollback refer to each other.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RollbackInfo {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rollback_deployment_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rollback_triggering_deployment_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rollback_message: Option<String>,
}

/// Seconds since the epoch with milliseconds, as the JSON protocols carry times.
pub(super) fn epoch(at: DateTime<Utc>) -> f64 {
    let ms = at.timestamp_millis();
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 stay far below 2^53")]
    let seconds = ms as f64 / 1000.0;
    seconds
}

impl Deployment {
    pub(super) fn is_rollback(&self) -> bool {
        self.creator == "codeDeployRollback"
    }

    /// The `deploymentInfo` of GetDeployment; the AppSpec's content is null there, as in AWS.
    pub(super) fn to_json(&self) -> Value {
        let count = |wanted: Status| i32::from(self.status == wanted);
        let mut info = json!({
            "applicationName": self.application, "deploymentGroupName": self.group,
            "deploymentConfigName": self.configuration, "deploymentId": self.id,
            "description": self.description, "creator": self.creator, "status": self.status,
            "revision": self.revision_json(false),
            "createTime": epoch(self.created_at),
            "deploymentOverview": {
                "Pending": count(Status::Created), "InProgress": count(Status::InProgress),
                "Succeeded": count(Status::Succeeded), "Failed": count(Status::Failed) + count(Status::Stopped),
                "Skipped": 0, "Ready": 0,
            },
            "ignoreApplicationStopFailures": false, "updateOutdatedInstancesOnly": false,
            "instanceTerminationWaitTimeStarted": false, "fileExistsBehavior": "DISALLOW",
            "deploymentStatusMessages": [], "computePlatform": "Lambda",
            "deploymentStyle": {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"},
            "autoRollbackConfiguration": self.auto_rollback, "rollbackInfo": self.rollback,
        });
        let Some(object) = info.as_object_mut() else { return info };
        if let Some(at) = self.started_at {
            object.insert("startTime".to_owned(), json!(epoch(at)));
        }
        if let Some(at) = self.completed_at {
            object.insert("completeTime".to_owned(), json!(epoch(at)));
        }
        if let Some((code, message)) = &self.error {
            object.insert("errorInformation".to_owned(), json!({"code": code, "message": message}));
        }
        info
    }

    /// The revision, with the AppSpec's text or only its hash.
    pub(super) fn revision_json(&self, with_content: bool) -> Value {
        let content = with_content.then_some(&self.appspec.text);
        match self.revision_type.as_str() {
            "String" => {
                json!({"revisionType": "String", "string": {"content": content, "sha256": self.appspec.sha256}})
            }
            other => {
                json!({"revisionType": other, "appSpecContent": {"content": content, "sha256": self.appspec.sha256}})
            }
        }
    }
}
