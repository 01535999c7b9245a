//! Whole executions in a running twin. Jobs go to a function outside the twin: the tests read a job's id in the journal
//! and answer it, as a function would.

mod approvals;
mod flow;
mod jobs;
mod operator;

use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::{Twin, journal::Event};

const PIPELINE: &str = "release";
/// What the actions of the samples are asked with.
const FUNCTION: &str = "shift";

/// A twin with the pipeline of these stages after a source stage, and a stand-in for the source.
pub(super) async fn twin(rate: f64, mode: &str, stages: Value) -> Twin {
    let twin = Twin::start(Options {
        rate,
        external_functions: vec![FUNCTION.to_owned()],
        pipelines: PipelineOptions { run_when_created: false, ..PipelineOptions::default() },
        ..Options::default()
    });
    let twin = twin.await.unwrap();
    twin.stand_in("S3", StandIn::that_succeeds());
    call(&twin, "CreatePipeline", json!({"pipeline": pipeline(mode, stages)}));
    twin
}

pub(super) fn pipeline(mode: &str, stages: Value) -> Value {
    let mut all = vec![json!({"name": "Source", "actions": [
        {"name": "Code", "namespace": "Source", "outputArtifacts": [{"name": "code"}], "actionTypeId": kind("Source", "S3")}]})];
    all.extend(stages.as_array().unwrap().iter().cloned());
    json!({"name": PIPELINE, "roleArn": "arn:aws:iam::123456789012:role/pipeline", "pipelineType": "V2",
        "executionMode": mode, "artifactStore": {"type": "S3", "location": "artifacts"},
        "variables": [{"name": "Hotfix", "defaultValue": "false"}], "stages": all})
}

fn kind(category: &str, provider: &str) -> Value {
    json!({"category": category, "owner": "AWS", "provider": provider, "version": "1"})
}

/// An action that waits for a job's answer.
pub(super) fn job(name: &str, parameters: &str) -> Value {
    json!({"name": name, "namespace": name, "actionTypeId": kind("Invoke", "Lambda"),
        "configuration": {"FunctionName": FUNCTION, "UserParameters": parameters}})
}

/// An action that waits for a person.
pub(super) fn approval(name: &str) -> Value {
    json!({"name": name, "actionTypeId": kind("Approval", "Manual"), "timeoutInMinutes": 60})
}

/// An action of a provider that may have a stand-in.
pub(super) fn build(name: &str) -> Value {
    json!({"name": name, "actionTypeId": kind("Build", "CodeBuild")})
}

pub(super) fn stage(name: &str, actions: &[Value]) -> Value {
    json!({"name": name, "actions": actions})
}

pub(super) fn call(twin: &Twin, operation: &str, input: Value) -> Value {
    twin.call_codepipeline(operation, &input).unwrap()
}

pub(super) fn refusal(twin: &Twin, operation: &str, input: Value) -> &'static str {
    twin.call_codepipeline(operation, &input).unwrap_err().code
}

pub(super) fn start(twin: &Twin) -> String {
    text(&call(twin, "StartPipelineExecution", json!({"name": PIPELINE}))["pipelineExecutionId"])
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// The members that name an execution, with more of a request.
pub(super) fn of(execution: &str, more: Value) -> Value {
    let mut request = json!({"pipelineName": PIPELINE, "pipelineExecutionId": execution});
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    request
}

pub(super) fn status(twin: &Twin, execution: &str) -> String {
    text(&call(twin, "GetPipelineExecution", of(execution, json!({})))["pipelineExecution"]["status"])
}

/// Waits for what comes in its own time.
pub(super) async fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..1000 {
        if let Some(found) = look() {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {what}");
}

pub(super) async fn ends(twin: &Twin, execution: &str, wanted: &str) {
    let look = || Some(status(twin, execution)).filter(|seen| seen == wanted);
    eventually(&format!("{execution} is {wanted}"), look).await;
}

/// The id of the `number`th job of an action, counted from 1.
pub(super) async fn asked(twin: &Twin, action: &str, number: usize) -> String {
    let look = || {
        let jobs = twin.journal().entries().into_iter().filter_map(|entry| match entry.event {
            Event::JobInvoked { action: asked, job, .. } if asked == action => Some(job),
            _ => None,
        });
        jobs.into_iter().nth(number - 1)
    };
    eventually(&format!("job {number} of {action}"), look).await
}

pub(super) fn succeed(twin: &Twin, job: &str) {
    call(twin, "PutJobSuccessResult", json!({"jobId": job}));
}

pub(super) fn fail(twin: &Twin, job: &str) {
    call(
        twin,
        "PutJobFailureResult",
        json!({"jobId": job, "failureDetails": {"type": "JobFailed", "message": "no"}}),
    );
}

pub(super) fn stage_state(twin: &Twin, name: &str) -> Value {
    let state = call(twin, "GetPipelineState", json!({"name": PIPELINE}));
    state["stageStates"].as_array().unwrap().iter().find(|s| s["stageName"] == name).unwrap().clone()
}

/// The last run of an action, as GetPipelineState has it.
pub(super) fn action_state(twin: &Twin, stage: &str, action: &str) -> Value {
    let state = stage_state(twin, stage);
    let found = state["actionStates"].as_array().unwrap().iter().find(|a| a["actionName"] == action);
    found.unwrap()["latestExecution"].clone()
}

/// Who waits before a stage, in order.
pub(super) fn inbound(twin: &Twin, stage: &str) -> Vec<String> {
    let state = stage_state(twin, stage);
    state["inboundExecutions"].as_array().unwrap().iter().map(|e| text(&e["pipelineExecutionId"])).collect()
}

/// Pipeline, stage and action changes of an execution, as its events tell them.
pub(super) fn told(twin: &Twin, execution: &str) -> Vec<String> {
    let details =
        twin.events().into_iter().filter(|e| e["source"] == "aws.codepipeline").map(|e| e["detail"].clone());
    details
        .filter(|d| d["execution-id"] == execution)
        .map(|d| match (d["stage"].as_str(), d["action"].as_str()) {
            (Some(_), Some(action)) => format!("{action} {}", text(&d["state"])),
            (Some(stage), None) => format!("{stage} {}", text(&d["state"])),
            _ => text(&d["state"]),
        })
        .collect()
}
