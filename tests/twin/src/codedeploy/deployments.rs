//! Starting, reading and listing deployments.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::watch;
use uuid::Uuid;

use super::{
    CodeDeploy,
    appspec::AppSpec,
    errors::{check_deployment_id, invalid_revision, no_deployment},
    model::{Deployment, LifecycleEvent, RollbackInfo, Status},
    requests::{CreateDeployment, ListDeployments, OfDeployment, OfRevision, Revision},
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
        let configuration = request.deployment_config_name.clone().unwrap_or(group.deployment_config_name);
        self.routing(&configuration)?;
        let appspec = AppSpec::parse(content(&request.revision)?)?;
        let deployment = Deployment {
            id: ids.as_ref().map_or_else(new_deployment_id, |ids| ids.deployment.clone()),
            application: request.application_name.clone(),
            group: request.deployment_group_name.clone(),
            configuration,
            description: request.description.clone().unwrap_or_default(),
            creator: "user",
            status: Status::Created,
            events: pending_events(ids.map(|ids| ids.hook_execution)),
            appspec,
            revision_type: request.revision.revision_type.clone(),
            alarms: request.override_alarm_configuration.clone().unwrap_or(group.alarm_configuration),
            auto_rollback: request
                .auto_rollback_configuration
                .clone()
                .unwrap_or(group.auto_rollback_configuration),
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

    /// Deploys the version that `failed` left, as CodeDeploy's automatic rollback does.
    pub(super) fn create_rollback(self: &Arc<Self>, failed: &str) -> Result<String, ApiError> {
        let now = self.now();
        let rollback = self.with_deployment(failed, |of| Deployment {
            id: new_deployment_id(),
            application: of.application.clone(),
            group: of.group.clone(),
            configuration: "CodeDeployDefault.LambdaAllAtOnce".to_owned(),
            description: format!("Rollback of deployment {failed}"),
            creator: "codeDeployRollback",
            status: Status::Created,
            events: pending_events(None),
            appspec: of.appspec.reversed(),
            revision_type: of.revision_type.clone(),
            alarms: super::model::AlarmConfiguration::default(),
            auto_rollback: super::model::AutoRollback::default(),
            target_weight_percent: 0.0,
            created_at: now,
            started_at: None,
            completed_at: None,
            error: None,
            rollback: RollbackInfo {
                rollback_triggering_deployment_id: Some(failed.to_owned()),
                rollback_message: Some(format!("Rolls back deployment {failed}")),
                ..RollbackInfo::default()
            },
            signals: watch::Sender::default(),
        })?;
        let id = self.begin(rollback)?;
        self.with_deployment(failed, |of| of.rollback.rollback_deployment_id = Some(id.clone()))?;
        Ok(id)
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
        let (service, running) = (self.clone(), id.clone());
        tokio::spawn(async move { service.run(&running).await });
        Ok(id)
    }

    pub(super) fn note_status(&self, of: &Deployment) {
        let event = Event::DeploymentStatus {
            deployment: of.id.clone(),
            status: of.status.name().to_owned(),
            creator: of.creator.to_owned(),
            reason: of.error.as_ref().map(|(code, message)| format!("{code}: {message}")),
        };
        self.lambda.around.journal.record(self.now(), event);
    }

    pub(super) fn deployment(&self, request: &OfDeployment) -> Result<Value, ApiError> {
        check_deployment_id(&request.deployment_id)?;
        self.with_deployment(&request.deployment_id, |d| json!({"deploymentInfo": d.to_json()}))
    }

    pub(super) fn batch_deployments(&self, request: &OfDeployment) -> Result<Value, ApiError> {
        let infos: Result<Vec<_>, _> =
            request.deployment_ids.iter().map(|id| self.with_deployment(id, |d| d.to_json())).collect();
        Ok(json!({"deploymentsInfo": infos?}))
    }

    /// Newest first, as CodeDeploy lists them.
    pub(super) fn list_deployments(&self, request: &ListDeployments) -> Result<Value, ApiError> {
        if let (Some(application), Some(group)) = (&request.application_name, &request.deployment_group_name)
        {
            self.find_group(application, group)?;
        }
        let state = self.state.lock();
        let mut found: Vec<_> = state
            .deployments
            .values()
            .filter(|d| request.application_name.as_ref().is_none_or(|name| *name == d.application))
            .filter(|d| request.deployment_group_name.as_ref().is_none_or(|name| *name == d.group))
            .filter(|d| {
                let wanted = &request.include_only_statuses;
                wanted.is_empty() || wanted.iter().any(|s| s == d.status.name())
            })
            .collect();
        found.sort_by_key(|d| std::cmp::Reverse(d.created_at));
        Ok(json!({"deployments": found.iter().map(|d| &d.id).collect::<Vec<_>>()}))
    }

    /// The AppSpec's text, which GetDeployment leaves out.
    pub(super) fn revision(&self, request: &OfRevision) -> Result<Value, ApiError> {
        let wanted = request.revision.app_spec_content.as_ref().or(request.revision.string.as_ref());
        let sha256 =
            wanted.and_then(|c| c.sha256.clone()).ok_or_else(|| invalid_revision("sha256 is missing"))?;
        let state = self.state.lock();
        let found = state
            .deployments
            .values()
            .find(|d| d.application == request.application_name && d.appspec.sha256 == sha256)
            .ok_or_else(|| {
                ApiError::bad_request("RevisionDoesNotExistException", "The revision does not exist")
            })?;
        Ok(json!({"applicationName": request.application_name, "revision": found.revision_json(true)}))
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
