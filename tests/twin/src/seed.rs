//! The starting point of `make twin`: a deployment that waits for its hook's answer.

use std::{path::Path, sync::Arc};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Services, codedeploy::FixedIds, error::ApiError, lambda::seed_function};

/// The function whose alias is being deployed.
const FUNCTION: &str = "manuel-backend";
const APPLICATION: &str = "manuel";
const GROUP: &str = "manuel-backend-live";
/// The hook runs outside the twin; its name in the AppSpec.
pub(crate) const HOOK: &str = "pre-traffic";

/// The two fields of CodeDeploy's hook event.
#[derive(Deserialize)]
struct HookEvent {
    #[serde(rename = "DeploymentId")]
    deployment: String,
    #[serde(rename = "LifecycleEventHookExecutionId")]
    hook_execution: String,
}

/// See [`crate::Twin::seed_waiting_deployment`].
pub(crate) fn waiting_deployment(services: &Arc<Services>, backend: &Path, event: &Path) -> Result<(), ApiError> {
    let invalid = |what: &Path, e: &dyn std::fmt::Display| ApiError {
        code: "InvalidEventFile",
        status: 400,
        message: format!("{}: {e}", what.display()),
    };
    let text = std::fs::read_to_string(event).map_err(|e| invalid(event, &e))?;
    let event: HookEvent = serde_json::from_str(&text).map_err(|e| invalid(event, &e))?;
    seed_function(&services.lambda, FUNCTION, backend)?;
    let call = |operation: &str, input: Value| services.codedeploy.handle(operation, &input);
    call("CreateApplication", json!({"applicationName": APPLICATION, "computePlatform": "Lambda"}))?;
    let group = json!({"applicationName": APPLICATION, "deploymentGroupName": GROUP,
        "deploymentConfigName": "CodeDeployDefault.LambdaCanary10Percent5Minutes",
        "autoRollbackConfiguration": {"enabled": true, "events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_REQUEST"]}});
    call("CreateDeploymentGroup", group)?;
    let appspec = json!({"version": 0.0,
        "Resources": [{FUNCTION: {"Type": "AWS::Lambda::Function", "Properties":
            {"Name": FUNCTION, "Alias": "live", "CurrentVersion": "1", "TargetVersion": "2"}}}],
        "Hooks": [{"BeforeAllowTraffic": HOOK}]});
    let request = json!({"applicationName": APPLICATION, "deploymentGroupName": GROUP, "revision":
        {"revisionType": "AppSpecContent", "appSpecContent": {"content": appspec.to_string()}}});
    let ids = FixedIds { deployment: event.deployment, hook_execution: event.hook_execution };
    services.codedeploy.create_seeded(&request, ids)
}
