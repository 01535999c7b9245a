//! What other services do for the pipeline: the source, the builds and tests of CodeBuild, and CloudFormation's updates.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use aws_sdk_lambda::primitives::Blob;
use chrono::TimeDelta;
use serde_json::{Value, json};
use twin::{ActionRun, StandIn, StandInResult};

use crate::{
    error::RehearsalError,
    load,
    scenario::{Version, gated::GatedScenario},
    stacks::Deployed,
    stage::{Clients, Stage},
    templates::Environment,
};

/// Virtual time that the update of a stack takes, beside its smoke test.
const STACK_UPDATE: TimeDelta = TimeDelta::seconds(20);
/// The same of the build, of the tests of an environment, and of the chaos test.
const BUILD: TimeDelta = TimeDelta::minutes(6);
const TESTS: TimeDelta = TimeDelta::minutes(2);
const CHAOS: TimeDelta = TimeDelta::minutes(3);
/// The first build of a release; the one before serves already.
const FIRST_RELEASED: usize = 2;

/// The builds that were published in one stack.
type Turns = Arc<BTreeMap<&'static str, (Deployed, AtomicUsize)>>;

pub(super) fn set(stage: &Stage, scenario: &GatedScenario, environments: &[Deployed]) {
    stage.twin.stand_in("CodeStarSourceConnection", StandIn::that_succeeds());
    let clients = stage.clients.clone();
    stage.twin.stand_in(
        "CodeBuild",
        StandIn::new(move |run| {
            let clients = clients.clone();
            async move { outcome(build(&clients, &run).await) }
        }),
    );
    let stacks =
        environments.iter().map(|deployed| (deployed.stack(), (deployed.clone(), AtomicUsize::new(0))));
    let (turns, candidates): (Turns, _) = (Arc::new(stacks.collect()), scenario.candidates);
    let update = move |run: ActionRun| {
        let turns = turns.clone();
        async move { outcome(update(&turns, candidates, &run).await) }
    };
    stage.twin.stand_in("CloudFormation", StandIn::new(update));
}

fn outcome(result: Result<StandInResult, RehearsalError>) -> StandInResult {
    result.unwrap_or_else(|error| StandInResult::failure(error.to_string()))
}

/// Publishes the next build in the stack that the action names.
async fn update(
    turns: &Turns,
    candidates: &'static [fn() -> Version],
    run: &ActionRun,
) -> Result<StandInResult, RehearsalError> {
    let stack = run.configuration.get("StackName").map_or("", String::as_str);
    let unknown = RehearsalError::Incomplete("the pipeline updates a stack that is not there");
    let (deployed, updates) = turns.get(stack).ok_or(unknown)?;
    let turn = updates.fetch_add(1, Ordering::Relaxed);
    // The last build is released again when there is no further one.
    let turn = turn.min(candidates.len().saturating_sub(1));
    let candidate =
        candidates.get(turn).ok_or(RehearsalError::Incomplete("the scenario has no candidate"))?;
    // What is wrong with a version shows in production only: that is what its gates are for.
    let candidate =
        if deployed.environment() == Environment::Production { candidate() } else { Version::default() };
    let updated = deployed.update(FIRST_RELEASED + turn, candidate).await?;
    let outputs = updated.outputs.iter().filter_map(|(name, value)| Some((name, value.as_str()?)));
    let done = StandInResult::success().after(STACK_UPDATE);
    Ok(outputs.fold(done, |done, (name, value)| done.with_variable(name, value)))
}

/// The projects of the pipeline: what takes time takes it, and tests look at what was deployed.
async fn build(clients: &Clients, run: &ActionRun) -> Result<StandInResult, RehearsalError> {
    let project = run.configuration.get("ProjectName").map_or("", String::as_str);
    let backend = format!("{}-backend", stack_of(run));
    let took = match project {
        "manuel-build" => BUILD,
        "manuel-integration-test" => {
            must_answer(clients, &backend, true).await?;
            TESTS
        }
        "manuel-chaos-testing" => {
            let lambda = &clients.lambda;
            let starve = lambda.put_function_concurrency().function_name(&backend);
            starve.reserved_concurrent_executions(0).send().await?;
            must_answer(clients, &backend, false).await?;
            lambda.delete_function_concurrency().function_name(&backend).send().await?;
            must_answer(clients, &backend, true).await?;
            CHAOS
        }
        _ => return Err(RehearsalError::Incomplete("the pipeline starts a project that is not known")),
    };
    Ok(StandInResult::success().after(took))
}

/// The environment variable `STACK_NAME` of an action.
fn stack_of(run: &ActionRun) -> String {
    let given = run.configuration.get("EnvironmentVariables").map_or("[]", String::as_str);
    let given: Vec<Value> = serde_json::from_str(given).unwrap_or_default();
    let is_it = |variable: &&Value| variable.get("name") == Some(&json!("STACK_NAME"));
    let value = given.iter().find(is_it).and_then(|variable| variable.get("value")?.as_str());
    value.unwrap_or_default().to_owned()
}

/// Whether a customer of `live` is answered, as it must be.
async fn must_answer(clients: &Clients, backend: &str, expected: bool) -> Result<(), RehearsalError> {
    let request = Blob::new(load::version_event().to_string());
    let call = clients.lambda.invoke().function_name(backend).qualifier("live").payload(request);
    let answer = call.send().await.ok().and_then(|answer| answer.payload);
    let answer: Option<Value> = answer.and_then(|payload| serde_json::from_slice(payload.as_ref()).ok());
    let answered = answer.is_some_and(|answer| answer.get("statusCode") == Some(&json!(200)));
    if answered != expected {
        return Err(RehearsalError::Incomplete(
            "a test of the pipeline found another answer than it must have",
        ));
    }
    Ok(())
}
