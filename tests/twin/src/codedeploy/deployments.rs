//! Starting deployments and waiting for their end.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tokio::sync::watch;
use uuid::Uuid;

use super::{
    CodeDeploy,
    appspec::AppSpec,
    checks,
    errors::{invalid_revision, no_deployment},
    model::{AlarmConfiguration, AutoRollback, Deployment, LifecycleEvent, RollbackInfo, Status},
    requests::{CreateDeployment, Revision},
};
use crate::{error::ApiError, journal::Event};

/// The scriptable and the traffic steps of a Lambda deployment, in their order.
pub(super) const LIFECYCLE: [&str; 3] = ["BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic"];

/// Ids chosen by the caller, so that a sample event on disk can name a waiting deployment.
#[derive(Debug, Clone)]
pub(crate) struct FixedIds {
    pub(crate) deployment: String,
    pub(crate) hook_execution: String,
}

impl CodeDeploy {
    /// Takes a deployment and starts it.
    ///
    /// # Errors
    /// Unknown application, group or configuration; a bad AppSpec; `DeploymentLimitExceededException` while the
    /// group has a deployment that runs.
    pub(super) fn create_deployment(
        self: &Arc<Self>,
        request: &CreateDeployment,
        ids: Option<FixedIds>,
    ) -> Result<Value, ApiError> {
        let group = self.find_group(&request.application_name, &request.deployment_group_name)?;
        let alarms = request.override_alarm_configuration.clone().unwrap_or(group.alarm_configuration);
        checks::alarms(&alarms)?;
        let auto_rollback =
            request.auto_rollback_configuration.clone().unwrap_or(group.auto_rollback_configuration);
        checks::auto_rollback(&auto_rollback)?;
        let appspec = AppSpec::parse(content(&request.revision)?)?;
        let configuration = request.deployment_config_name.clone().unwrap_or(group.deployment_config_name);
        self.routing(&configuration)?;
        let deployment = Deployment {
            id: ids.as_ref().map_or_else(new_deployment_id, |ids| ids.deployment.clone()),
            application: request.application_name.clone(),
            group: request.deployment_group_name.clone(),
            group_id: group.deployment_group_id,
            configuration,
            description: request.description.clone().unwrap_or_default(),
            creator: "user",
            status: Status::Created,
            events: pending_events(ids.map(|ids| ids.hook_execution)),
            appspec,
            revision_type: request.revision.revision_type.clone(),
            alarms,
            auto_rollback,
            target_weight_percent: 0.0,
            created_at: self.now(),
            started_at: None,
            completed_at: None,
            error: None,
            rollback: RollbackInfo::default(),
            signals: watch::Sender::default(),
        };
        let id = self.begin(deployment)?;
        Ok(json!({"deploymentId": id}))
    }

    /// A deployment whose ids the caller may choose; answers its id.
    ///
    /// # Errors
    /// As for [`Self::create_deployment`].
    pub(crate) fn create_seeded(
        self: &Arc<Self>,
        request: &Value,
        ids: Option<FixedIds>,
    ) -> Result<String, ApiError> {
        let created = self.create_deployment(&super::operations::parse(request)?, ids)?;
        Ok(created.get("deploymentId").and_then(Value::as_str).unwrap_or_default().to_owned())
    }

    /// Stores a deployment and runs it in a task of its own.
    fn begin(self: &Arc<Self>, deployment: Deployment) -> Result<String, ApiError> {
        let id = deployment.id.clone();
        {
            let mut state = self.state.lock();
            let same_group =
                |d: &&Deployment| d.application == deployment.application && d.group == deployment.group;
            if let Some(active) = state.deployments.values().filter(same_group).find(|d| !d.status.is_final())
            {
                let message = format!(
                    "The Deployment Group '{}' already has an active Deployment '{}'",
                    active.group, active.id
                );
                return Err(ApiError::bad_request("DeploymentLimitExceededException", message));
            }
            self.note_status(&deployment);
            state.deployments.insert(id.clone(), deployment);
        }
        self.play_in_background(id.clone());
        Ok(id)
    }

    /// Runs a stored deployment in a task of its own.
    pub(super) fn play_in_background(self: &Arc<Self>, id: String) {
        let service = self.clone();
        self.lambda.around.spawn(async move { service.run(&id).await });
    }

    /// Tells the journal and the event bus of a deployment's new status.
    pub(super) fn note_status(&self, of: &Deployment) {
        let event = Event::DeploymentStatus {
            deployment: of.id.clone(),
            status: of.status.name().to_owned(),
            creator: of.creator.to_owned(),
            reason: of.error.as_ref().map(|(code, message)| format!("{code}: {message}")),
        };
        self.lambda.around.journal.record(self.now(), event);
        self.announce(of);
    }

    /// Waits until a deployment has ended.
    ///
    /// # Errors
    /// `DeploymentDoesNotExistException`.
    pub(crate) async fn finished(&self, id: &str) -> Result<String, ApiError> {
        let mut signals = self.with_deployment(id, |d| d.signals.subscribe())?;
        // The sender lives as long as the deployment, which is never removed.
        let _ = signals.wait_for(|s| s.finished).await;
        self.with_deployment(id, |d| d.status.name().to_owned()).map_err(|_| no_deployment(id))
    }
}

/// Deploys the version that `failed` left, as CodeDeploy's automatic rollback does.
pub(super) fn rollback_of(failed: &Deployment, now: DateTime<Utc>) -> Deployment {
    Deployment {
        id: new_deployment_id(),
        application: failed.application.clone(),
        group: failed.group.clone(),
        group_id: failed.group_id.clone(),
        configuration: "CodeDeployDefault.LambdaAllAtOnce".to_owned(),
        description: format!("Rollback of deployment {}", failed.id),
        creator: "codeDeployRollback",
        status: Status::Created,
        events: pending_events(None),
        appspec: failed.appspec.reversed(),
        revision_type: failed.revision_type.clone(),
        alarms: AlarmConfiguration::default(),
        auto_rollback: AutoRollback::default(),
        target_weight_percent: 0.0,
        created_at: now,
        started_at: None,
        completed_at: None,
        error: None,
        rollback: RollbackInfo {
            rollback_triggering_deployment_id: Some(failed.id.clone()),
            rollback_message: Some(format!("Rolls back deployment {}", failed.id)),
            ..RollbackInfo::default()
        },
        signals: watch::Sender::default(),
    }
}

fn content(revision: &Revision) -> Result<&str, ApiError> {
    let content = match revision.revision_type.as_str() {
        "AppSpecContent" => &revision.app_spec_content,
        "String" => &revision.string,
        "" => return Err(ApiError::bad_request("RevisionRequiredException", "The revision is required")),
        other => {
            return Err(ApiError::not_implemented(format!("revisions of type {other}: use AppSpecContent")));
        }
    };
    content.as_ref().and_then(|c| c.content.as_deref()).ok_or_else(|| invalid_revision("content is missing"))
}

fn pending_events(first_hook_execution: Option<String>) -> Vec<LifecycleEvent> {
    let mut events: Vec<_> = LIFECYCLE
        .iter()
        .map(|&name| LifecycleEvent {
            name,
            status: "Pending",
            started_at: None,
            ended_at: None,
            hook_execution_id: None,
            diagnostics: None,
        })
        .collect();
    if let Some(first) = events.first_mut() {
        first.hook_execution_id = first_hook_execution;
    }
    events
}

/// `d-` and nine capital letters or digits.
fn new_deployment_id() -> String {
    format!("d-{:.9}", Uuid::new_v4().simple().to_string().to_uppercase())
}
