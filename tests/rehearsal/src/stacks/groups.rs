//! CodeDeploy's applications and groups: the one of `live`, and the one that SAM makes for the alias of each stack update.

use serde_json::{Value, json};
use stack::{Resource, Stack, api_names};

use crate::{
    error::RehearsalError,
    stage::Clients,
    wire::{self, Service},
};

pub(super) const GROUP: &str = "AWS::CodeDeploy::DeploymentGroup";

pub(super) async fn make_all(clients: &Clients, stack: &Stack) -> Result<(), RehearsalError> {
    for application in stack.of_type("AWS::CodeDeploy::Application") {
        create(clients, "CreateApplication", application, "applicationName").await?;
    }
    for group in stack.of_type(GROUP) {
        create(clients, "CreateDeploymentGroup", group, "deploymentGroupName").await?;
    }
    Ok(())
}

/// Everything under the names of the API.
async fn create(
    clients: &Clients,
    operation: &str,
    resource: &Resource,
    name: &str,
) -> Result<(), RehearsalError> {
    let mut input = api_names(&resource.properties);
    input.as_object_mut().and_then(|members| members.insert(name.to_owned(), json!(resource.name)));
    call(clients, operation, &input).await?;
    Ok(())
}

pub(super) async fn call(clients: &Clients, operation: &str, input: &Value) -> Result<Value, RehearsalError> {
    wire::call(&clients.endpoint, Service::CodeDeploy, operation, input).await
}
