//! Plays the stacks of the templates in the local AWS: what CloudFormation makes of them, and what an update of a stack does.

mod alarms;
mod coverage;
mod functions;
mod groups;
mod rules;
mod tables;
mod topics;
mod update;

use std::{collections::BTreeMap, sync::Arc};

use parking_lot::Mutex;
use serde_json::Value;
use stack::Stack;
use twin::programs::Programs;

use crate::{
    error::RehearsalError,
    scenario::Version,
    stage::{Clients, Stage},
    templates::{self, Environment},
};

/// The build that serves before the release.
const FIRST_BUILD: usize = 1;
/// What the first publication of a function answers, and what live is created at.
const FIRST_VERSION: &str = "1";

/// One environment of `template.yaml`. A copy is the same environment.
#[derive(Clone)]
pub(crate) struct Deployed {
    environment: Environment,
    clients: Clients,
    /// The alarms that were put, as they were put, by name.
    alarms: Arc<Mutex<BTreeMap<String, Value>>>,
}

impl Deployed {
    /// Makes the stack of an environment for the first time, but for its alarms; `stable` is the version that serves.
    pub(crate) async fn make(
        on: &Stage,
        programs: &Programs,
        environment: Environment,
        stable: Version,
    ) -> Result<Self, RehearsalError> {
        let stack = templates::environment(environment, FIRST_VERSION, &build_id(FIRST_BUILD))?;
        let deployed = Self { environment, clients: on.clients.clone(), alarms: Arc::default() };
        tables::make_all(&on.clients, &stack).await?;
        functions::make_all(on, programs, &stack, stable).await?;
        groups::make_all(&on.clients, &stack).await?;
        rules::make_all(&on.clients, &stack).await?;
        Ok(deployed)
    }

    /// The stack's name.
    pub(crate) fn stack(&self) -> &'static str {
        self.environment.stack()
    }

    pub(crate) fn environment(&self) -> Environment {
        self.environment
    }

    /// Puts every alarm. Apart from the rest: before the judge has run for some minutes, an alarm on its absence would be
    /// right to fire.
    pub(crate) async fn put_alarms(&self) -> Result<(), RehearsalError> {
        let stack = templates::environment(self.environment, FIRST_VERSION, &build_id(FIRST_BUILD))?;
        self.put_changed_alarms(&stack).await
    }
}

/// Makes what a release needs of the pipeline's own stack: its topics and rules, and the alarm.
pub(crate) async fn make_pipeline_stack(on: &Stage, stack: &Stack) -> Result<(), RehearsalError> {
    topics::make_all(on, stack).await?;
    rules::make_all(&on.clients, stack).await?;
    for (_, alarm) in alarms::definitions(stack) {
        alarms::put(&on.clients, &alarm).await?;
    }
    Ok(())
}

/// How a build calls itself.
pub(crate) fn build_id(number: usize) -> String {
    format!("build-{number}")
}

/// A text of a resolved template.
fn text<'a>(properties: &'a Value, pointer: &str) -> &'a str {
    properties.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// A whole number of a resolved template, where a reference to a parameter is a text.
fn number(properties: &Value, name: &str) -> Option<i32> {
    match properties.get(name)? {
        Value::String(text) => text.parse().ok(),
        number => i32::try_from(number.as_i64()?).ok(),
    }
}
