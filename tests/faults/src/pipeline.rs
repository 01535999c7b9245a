//! The pipeline of a gated release, with bakes of two minutes.

use serde_json::{Value, json};

use crate::functions::SHIFT;
use crate::world::{ALIAS, BACKEND, CANDIDATE};

/// Its name.
pub const PIPELINE: &str = "manuel-backend-pipeline";
/// Minutes of every bake; the watch takes twice as long, so that a judged minute is in it.
const MINUTES: u32 = 2;

fn kind(category: &str, provider: &str) -> Value {
    json!({"category": category, "owner": "AWS", "provider": provider, "version": "1"})
}

fn job(name: &str, run_order: u32, mut parameters: Value) -> Value {
    let common =
        json!({"execution": "#{codepipeline.PipelineExecutionId}", "function": BACKEND, "alias": ALIAS});
    parameters.as_object_mut().unwrap().extend(common.as_object().unwrap().clone());
    json!({"name": name, "namespace": name, "runOrder": run_order, "actionTypeId": kind("Invoke", "Lambda"),
        "configuration": {"FunctionName": SHIFT, "UserParameters": parameters.to_string()}})
}

fn shift(name: &str, run_order: u32, step: u32, percent: u32) -> Value {
    let parameters = json!({"action": "shift", "candidate": CANDIDATE, "step": step, "percent": percent,
        "bakeMinutes": MINUTES, "maxBakeMinutes": 3 * MINUTES});
    job(name, run_order, parameters)
}

fn approval(name: &str, verdict_of: &str) -> Value {
    json!({"name": name, "actionTypeId": kind("Approval", "Manual"), "timeoutInMinutes": 1440,
        "configuration": {"CustomData": format!("#{{{verdict_of}.verdict}}: #{{{verdict_of}.reason}}")}})
}

/// The definition.
#[must_use]
pub fn definition() -> Value {
    let source = json!({"name": "SourceAction", "actionTypeId": kind("Source", "S3"), "outputArtifacts": [{"name": "code"}]});
    let acquire = job("Acquire", 1, json!({"action": "acquire"}));
    let promote = json!({"action": "promote", "candidate": CANDIDATE, "deploymentConfig": "CodeDeployDefault.LambdaAllAtOnce"});
    let watch = json!({"action": "watch", "candidate": CANDIDATE, "minutes": 2 * MINUTES});
    let stage = |name: &str, actions: Vec<Value>| json!({"name": name, "actions": actions});
    json!({"name": PIPELINE, "roleArn": "arn:aws:iam::123456789012:role/pipeline", "pipelineType": "V2",
    "executionMode": "QUEUED", "artifactStore": {"type": "S3", "location": "artifacts"}, "stages": [
        stage("Source", vec![source]),
        stage("DeployCanary", vec![acquire, shift("Canary10", 2, 1, 10)]),
        stage("CanaryApproval", vec![approval("CanaryApproval", "Canary10")]),
        stage("ExpandCanary", vec![shift("Canary50", 1, 2, 50)]),
        stage("FinalApproval", vec![approval("FinalApproval", "Canary50")]),
        stage("DeployProd", vec![job("Promote", 1, promote), job("Watch", 2, watch)]),
    ]})
}
