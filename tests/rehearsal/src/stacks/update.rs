//! The update of a stack with a new build: a version is published, the alarms of the new version are put again, and CodeDeploy
//! moves `candidate` to it after its smoke test. `live` stays where it is.

use aws_sdk_lambda::types::Environment as Variables;
use chrono::TimeDelta;
use serde_json::{Value, json};
use stack::{Resource, Stack};

use super::{Deployed, build_id, functions, groups, text};
use crate::{error::RehearsalError, scenario::Version, stage::faults_of, templates};

/// How often CloudFormation looks whether the deployment has ended.
const LOOK: TimeDelta = TimeDelta::seconds(5);

impl Deployed {
    /// Answers the outputs of the stack after the update. A build that is there already changes nothing.
    pub(crate) async fn update(&self, build: usize, candidate: Version) -> Result<Stack, RehearsalError> {
        let build = build_id(build);
        // The version has no number yet, and nothing of the function depends on it.
        let before = templates::environment(self.environment, "0", &build)?;
        let backend = backend_of(&before)?;
        let mut variables = functions::variables(backend);
        variables.extend(faults_of(&self.clients, candidate));
        let variables = Variables::builder().set_variables(Some(variables.into_iter().collect())).build();
        let lambda = &self.clients.lambda;
        let change = lambda.update_function_configuration().function_name(&backend.name);
        change.environment(variables).send().await?;
        let published = lambda.publish_version().function_name(&backend.name).send().await?;
        let version =
            published.version.ok_or(RehearsalError::Incomplete("PublishVersion answered no version"))?;
        let stack = templates::environment(self.environment, &version, &build)?;
        self.put_changed_alarms(&stack).await?;
        self.move_candidate(&stack, &version).await?;
        Ok(stack)
    }

    /// Has CodeDeploy move SAM's alias, as its deployment preference says.
    async fn move_candidate(&self, stack: &Stack, version: &str) -> Result<(), RehearsalError> {
        let backend = backend_of(stack)?;
        let alias = text(&backend.properties, "/AutoPublishAlias");
        let now = self.clients.lambda.get_alias().function_name(&backend.name).name(alias).send().await?;
        let current = now.function_version.unwrap_or_default();
        if current == version {
            return Ok(());
        }
        let group = group_of(stack)?;
        let appspec = json!({"version": 0.0,
            "Resources": [{alias: {"Type": "AWS::Lambda::Function", "Properties": {
                "Name": backend.name, "Alias": alias, "CurrentVersion": current, "TargetVersion": version}}}],
            "Hooks": [{"BeforeAllowTraffic": text(&backend.properties, "/DeploymentPreference/Hooks/PreTraffic")}]});
        let deployment = json!({
            "applicationName": text(&group.properties, "/ApplicationName"),
            "deploymentGroupName": group.name,
            "deploymentConfigName": text(&group.properties, "/DeploymentConfigName"),
            "revision": {"revisionType": "AppSpecContent", "appSpecContent": {"content": appspec.to_string()}},
        });
        let created = groups::call(&self.clients, "CreateDeployment", &deployment).await?;
        self.ended(text(&created, "/deploymentId")).await
    }

    /// Waits for the end of a deployment; an error is what the stack's update would fail with.
    async fn ended(&self, deployment: &str) -> Result<(), RehearsalError> {
        loop {
            let found =
                groups::call(&self.clients, "GetDeployment", &json!({"deploymentId": deployment})).await?;
            match text(&found, "/deploymentInfo/status") {
                "Succeeded" => return Ok(()),
                "Failed" | "Stopped" => {
                    let why = text(&found, "/deploymentInfo/errorInformation/message").to_owned();
                    return Err(RehearsalError::CandidateRefused(why));
                }
                _ => self.clients.clock.sleep(LOOK).await,
            }
        }
    }
}

/// The one function that SAM publishes.
fn backend_of(stack: &Stack) -> Result<&Resource, RehearsalError> {
    let published = |function: &&Resource| function.properties.get("AutoPublishAlias").is_some();
    let found = stack.of_type(functions::FUNCTION).find(published);
    found.ok_or(RehearsalError::Incomplete("the template has no function with AutoPublishAlias"))
}

/// The group that SAM makes for it.
fn group_of(stack: &Stack) -> Result<&Resource, RehearsalError> {
    let of_sam = |group: &&Resource| {
        let application = group.properties.get("ApplicationName").and_then(Value::as_str);
        application.is_some_and(|name| name.ends_with("ServerlessDeploymentApplication"))
    };
    let found = stack.of_type(groups::GROUP).find(of_sam);
    found.ok_or(RehearsalError::Incomplete("the template has no function with a DeploymentPreference"))
}
