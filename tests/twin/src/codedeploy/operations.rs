//! CodeDeploy's API: from an operation's name and JSON body to the answer.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::CodeDeploy;
use crate::error::ApiError;

/// Reads an operation's input.
pub(super) fn parse<T: DeserializeOwned>(input: &Value) -> Result<T, ApiError> {
    T::deserialize(input).map_err(|e| ApiError::bad_request("SerializationException", e.to_string()))
}

impl CodeDeploy {
    /// Carries out one operation.
    ///
    /// # Errors
    /// What CodeDeploy would answer; `NotImplemented` names an operation that the twin does not have.
    pub(crate) fn handle(self: &Arc<Self>, operation: &str, input: &Value) -> Result<Value, ApiError> {
        let done = |result: Result<(), ApiError>| result.map(|()| json!({}));
        match operation {
            "CreateApplication" => self.create_application(&parse(input)?),
            "GetApplication" => self.application(&parse(input)?),
            "BatchGetApplications" => self.batch_applications(&parse(input)?),
            "ListApplications" => Ok(self.list_applications()),
            "DeleteApplication" => done(self.delete_application(&parse(input)?)),
            "CreateDeploymentGroup" => self.create_group(&parse(input)?),
            "UpdateDeploymentGroup" => self.update_group(&parse(input)?),
            "GetDeploymentGroup" => self.group(&parse(input)?),
            "BatchGetDeploymentGroups" => self.batch_groups(&parse(input)?),
            "ListDeploymentGroups" => self.list_groups(&parse(input)?),
            "DeleteDeploymentGroup" => self.delete_group(&parse(input)?),
            "CreateDeploymentConfig" => self.create_configuration(&parse(input)?),
            "GetDeploymentConfig" => self.configuration(&parse(input)?),
            "ListDeploymentConfigs" => Ok(self.list_configurations()),
            "DeleteDeploymentConfig" => done(self.delete_configuration(&parse(input)?)),
            "CreateDeployment" => self.create_deployment(&parse(input)?, None),
            "GetDeployment" => self.deployment(&parse(input)?),
            "BatchGetDeployments" => self.batch_deployments(&parse(input)?),
            "ListDeployments" => self.list_deployments(&parse(input)?),
            "GetApplicationRevision" => self.revision(&parse(input)?),
            "StopDeployment" => self.stop_deployment(&parse(input)?),
            "ListDeploymentTargets" => self.list_targets(&parse(input)?),
            "GetDeploymentTarget" => self.target(&parse(input)?),
            "BatchGetDeploymentTargets" => self.batch_targets(&parse(input)?),
            "PutLifecycleEventHookExecutionStatus" => self.put_hook_status(&parse(input)?),
            "ContinueDeployment" => Err(ApiError::bad_request(
                "UnsupportedActionForDeploymentTypeException",
                "ContinueDeployment is not supported for the Lambda compute platform",
            )),
            other => Err(ApiError::not_implemented(format!("CodeDeploy {other}"))),
        }
    }
}
