//! Functions with their settings, and the aliases of the backend.

use std::collections::BTreeMap;

use serde_json::Value;
use stack::{Resource, Stack};
use twin::programs::Programs;

use super::{number, text};
use crate::{
    error::RehearsalError,
    scenario::Version,
    stage::{Function, Stage, faults_of},
};

pub(super) const FUNCTION: &str = "AWS::Serverless::Function";

/// Makes every function, publishes the first version of those that SAM publishes, and makes the aliases.
pub(super) async fn make_all(
    on: &Stage,
    programs: &Programs,
    stack: &Stack,
    stable: Version,
) -> Result<(), RehearsalError> {
    let is_published = |function: &&Resource| function.properties.get("AutoPublishAlias").is_some();
    let (published, others): (Vec<_>, Vec<_>) = stack.of_type(FUNCTION).partition(is_published);
    for function in others {
        make(on, programs, function, BTreeMap::new()).await?;
    }
    // Last, because its faults begin some minutes from now and setting up takes some.
    for function in published {
        let faults = faults_of(&on.clients, stable.clone());
        make(on, programs, function, faults.into_iter().collect()).await?;
        let version = on.clients.lambda.publish_version().function_name(&function.name).send().await?;
        let version = version.version.unwrap_or_default();
        for alias in stack.of_type("AWS::Lambda::Alias") {
            // SAM's alias follows what is published; the other one says where it begins.
            let begins = alias.properties.get("FunctionVersion").and_then(Value::as_str).unwrap_or(&version);
            let create = on.clients.lambda.create_alias().name(text(&alias.properties, "/Name"));
            let create = create.function_name(text(&alias.properties, "/FunctionName"));
            create.function_version(begins).send().await?;
        }
    }
    Ok(())
}

/// Environment variables of a function.
pub(super) fn variables(function: &Resource) -> BTreeMap<String, String> {
    let given = function.properties.pointer("/Environment/Variables").and_then(Value::as_object);
    let as_text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    given.into_iter().flatten().map(|(name, value)| (name.clone(), as_text(value))).collect()
}

async fn make(
    on: &Stage,
    programs: &Programs,
    function: &Resource,
    more: BTreeMap<String, String>,
) -> Result<(), RehearsalError> {
    let (properties, name) = (&function.properties, &function.name);
    let missing = || RehearsalError::Incomplete("a function of the template has no Timeout or no MemorySize");
    let program = text(&function.metadata, "/BuildProperties/Binary");
    on.create_function(Function {
        name,
        program: &programs.path(program)?,
        variables: variables(function).into_iter().chain(more).collect(),
        timeout_seconds: number(properties, "Timeout").ok_or_else(missing)?,
        memory_megabytes: number(properties, "MemorySize").ok_or_else(missing)?,
    })
    .await?;
    let lambda = &on.clients.lambda;
    let retries =
        properties.get("EventInvokeConfig").and_then(|config| number(config, "MaximumRetryAttempts"));
    if let Some(retries) = retries {
        let put = lambda.put_function_event_invoke_config().function_name(name);
        put.maximum_retry_attempts(retries).send().await?;
    }
    if let Some(reserved) = number(properties, "ReservedConcurrentExecutions") {
        let put = lambda.put_function_concurrency().function_name(name);
        put.reserved_concurrent_executions(reserved).send().await?;
    }
    Ok(())
}
