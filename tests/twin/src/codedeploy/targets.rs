//! Deployment targets: what is deployed where, and how far its steps are.

use serde_json::{Value, json};

use super::{
    CodeDeploy, checks,
    errors::check_deployment_id,
    model::{Deployment, LifecycleEvent, Status, epoch},
    requests::OfDeployment,
};
use crate::error::ApiError;

/// Targets that one BatchGetDeploymentTargets call may name.
const BATCH_LIMIT: usize = 25;

impl CodeDeploy {
    fn with_started<T>(
        &self,
        id: &str,
        work: impl FnOnce(&Deployment) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        check_deployment_id(id)?;
        self.with_deployment(id, |d| {
            if d.status == Status::Created {
                let message = format!("The deployment {id} has not started");
                return Err(ApiError::bad_request("DeploymentNotStartedException", message));
            }
            work(d)
        })?
    }

    pub(super) fn list_targets(&self, request: &OfDeployment) -> Result<Value, ApiError> {
        self.with_started(&request.deployment_id, |d| Ok(json!({"targetIds": [target_id(d)]})))
    }

    pub(super) fn target(&self, request: &OfDeployment) -> Result<Value, ApiError> {
        check_deployment_id(&request.deployment_id)?;
        if request.target_id.is_empty() {
            return Err(no_target_id());
        }
        self.with_started(&request.deployment_id, |d| {
            Ok(json!({"deploymentTarget": target(d, &request.target_id)?}))
        })
    }

    pub(super) fn batch_targets(&self, request: &OfDeployment) -> Result<Value, ApiError> {
        check_deployment_id(&request.deployment_id)?;
        if request.target_ids.is_empty() {
            return Err(no_target_id());
        }
        checks::batch(request.target_ids.len(), BATCH_LIMIT, "DeploymentTargetListSizeExceededException")?;
        self.with_started(&request.deployment_id, |d| {
            let targets: Result<Vec<_>, _> = request.target_ids.iter().map(|id| target(d, id)).collect();
            Ok(json!({"deploymentTargets": targets?}))
        })
    }
}

fn no_target_id() -> ApiError {
    ApiError::bad_request("DeploymentTargetIdRequiredException", "A deployment target ID must be specified")
}

fn target_id(of: &Deployment) -> String {
    format!("{}:{}", of.appspec.function, of.appspec.alias)
}

fn target(of: &Deployment, id: &str) -> Result<Value, ApiError> {
    if id != target_id(of) {
        let message = format!("The deployment target {id} does not exist in deployment {}", of.id);
        return Err(ApiError::bad_request("DeploymentTargetDoesNotExistException", message));
    }
    let status = match of.status {
        Status::Created => "Pending",
        Status::InProgress => "InProgress",
        Status::Succeeded => "Succeeded",
        Status::Failed | Status::Stopped => "Failed",
    };
    let spec = &of.appspec;
    Ok(json!({"deploymentTargetType": "LambdaTarget", "lambdaTarget": {
        "deploymentId": of.id, "targetId": id, "targetArn": id, "status": status,
        "lastUpdatedAt": epoch(of.completed_at.or(of.started_at).unwrap_or(of.created_at)),
        "lifecycleEvents": of.events.iter().map(event).collect::<Vec<_>>(),
        "lambdaFunctionInfo": {
            "functionName": spec.function, "functionAlias": spec.alias, "currentVersion": spec.current_version,
            "targetVersion": spec.target_version, "targetVersionWeight": of.target_weight_percent,
        },
    }}))
}

fn event(of: &LifecycleEvent) -> Value {
    let mut value = json!({"lifecycleEventName": of.name, "status": of.status});
    let Some(object) = value.as_object_mut() else { return value };
    if let Some(at) = of.started_at {
        object.insert("startTime".to_owned(), json!(epoch(at)));
    }
    if let Some(at) = of.ended_at {
        object.insert("endTime".to_owned(), json!(epoch(at)));
    }
    if let Some(message) = &of.diagnostics {
        let code = if of.name == "AllowTraffic" { "UnknownError" } else { "ScriptFailed" };
        object.insert("diagnostics".to_owned(), json!({"errorCode": code, "message": message}));
    }
    value
}
