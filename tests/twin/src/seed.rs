//! A whole starting point in one call: a function with two versions, an alias, and a deployment of the second that
//! asks a hook. For `make twin` and for tests of hooks.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Services, codedeploy::FixedIds, error::ApiError};

/// The function whose alias is being deployed.
pub const FUNCTION: &str = "manuel-backend";
/// The alias that customers use.
pub const ALIAS: &str = "live";
/// The hook function, as the AppSpec names it.
pub const HOOK: &str = "pre-traffic";
const APPLICATION: &str = "manuel";
const GROUP: &str = "manuel-backend-live";

/// What a seeded release is made of.
#[derive(Debug, Clone)]
pub struct SeededRelease {
    /// Program of the function.
    pub program: PathBuf,
    /// Environment that makes the second version differ from the first.
    pub second_version: BTreeMap<String, String>,
    /// The hook function; `None` where it runs outside the twin (see `Options::external_functions`).
    pub hook: Option<SeededHook>,
    /// The two ids of the hook's event, where they must be those of a sample; otherwise made up.
    pub ids: Option<HookIds>,
}

/// The hook function of a seeded release.
#[derive(Debug, Clone)]
pub struct SeededHook {
    /// Its program.
    pub program: PathBuf,
    /// Its settings.
    pub environment: BTreeMap<String, String>,
    /// Its time-out in real seconds.
    pub timeout_seconds: u64,
}

/// The two fields of CodeDeploy's hook event.
#[derive(Debug, Clone, Deserialize)]
pub struct HookIds {
    /// `d-` and capitals or digits.
    #[serde(rename = "DeploymentId")]
    pub deployment: String,
    /// Opaque.
    #[serde(rename = "LifecycleEventHookExecutionId")]
    pub hook_execution: String,
}

/// See [`crate::Twin::seed`].
pub(crate) fn release(services: &Arc<Services>, seed: SeededRelease) -> Result<String, ApiError> {
    let lambda = &services.lambda;
    lambda.create_from_program(FUNCTION, &seed.program, &BTreeMap::new(), 10)?;
    lambda.publish_with(FUNCTION, &seed.second_version)?;
    lambda.create_alias_at(FUNCTION, ALIAS, "1")?;
    if let Some(hook) = &seed.hook {
        lambda.create_from_program(HOOK, &hook.program, &hook.environment, hook.timeout_seconds)?;
    }
    let call = |operation: &str, input: Value| services.codedeploy.handle(operation, &input);
    call("CreateApplication", json!({"applicationName": APPLICATION, "computePlatform": "Lambda"}))?;
    let group = json!({"applicationName": APPLICATION, "deploymentGroupName": GROUP,
        "serviceRoleArn": "arn:aws:iam::123456789012:role/deploy",
        "deploymentConfigName": "CodeDeployDefault.LambdaCanary10Percent5Minutes",
        "autoRollbackConfiguration": {"enabled": true, "events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_REQUEST"]}});
    call("CreateDeploymentGroup", group)?;
    let appspec = json!({"version": 0.0,
        "Resources": [{FUNCTION: {"Type": "AWS::Lambda::Function", "Properties":
            {"Name": FUNCTION, "Alias": ALIAS, "CurrentVersion": "1", "TargetVersion": "2"}}}],
        "Hooks": [{"BeforeAllowTraffic": HOOK}]});
    let request = json!({"applicationName": APPLICATION, "deploymentGroupName": GROUP, "revision":
        {"revisionType": "AppSpecContent", "appSpecContent": {"content": appspec.to_string()}}});
    let ids = seed.ids.map(|ids| FixedIds { deployment: ids.deployment, hook_execution: ids.hook_execution });
    services.codedeploy.create_seeded(&request, ids)
}

/// Reads the ids out of a sample event.
///
/// # Errors
/// When the file cannot be read or is no hook event; the message names it.
pub fn read_hook_ids(event: &Path) -> Result<HookIds, ApiError> {
    let invalid = |e: &dyn std::fmt::Display| ApiError {
        code: "InvalidEventFile",
        status: 400,
        message: format!("{}: {e}", event.display()),
    };
    let text = std::fs::read_to_string(event).map_err(|e| invalid(&e))?;
    serde_json::from_str(&text).map_err(|e| invalid(&e))
}
