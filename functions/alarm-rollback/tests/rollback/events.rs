//! Events as the function gets them: the samples, with the ids and dates of the test.

use crate::stage::{GUARD, Stage};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn with(mut event: Value, changes: &[(&str, Value)]) -> Value {
    for (pointer, value) in changes {
        *event.pointer_mut(pointer).unwrap() = value.clone();
    }
    event
}

fn date(at: DateTime<Utc>) -> Value {
    json!(at.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// The guard alarm fires since now.
pub(crate) fn alarm(stage: &Stage) -> Value {
    alarm_since(stage.now())
}

pub(crate) fn alarm_since(since: DateTime<Utc>) -> Value {
    let since = json!(since.format("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string());
    let event = read(include_str!("../../../../events/alarm/composite-fires.json"));
    with(event, &[("/detail/alarmName", json!(GUARD)), ("/detail/state/timestamp", since)])
}

fn of_pipeline(text: &str, stage: &Stage, execution: &str) -> Value {
    with(read(text), &[("/time", date(stage.now())), ("/detail/execution-id", json!(execution))])
}

pub(crate) fn approval_failed(stage: &Stage, execution: &str) -> Value {
    let text = include_str!("../../../../events/codepipeline-events/approval-rejected.json");
    of_pipeline(text, stage, execution)
}

pub(crate) fn approval_started(stage: &Stage, execution: &str) -> Value {
    with(approval_failed(stage, execution), &[("/detail/state", json!("STARTED"))])
}

/// The stage that promotes and watches.
pub(crate) fn last_stage_failed(stage: &Stage, execution: &str) -> Value {
    with(stage_failed(stage, execution), &[("/detail/stage", json!("DeployProd"))])
}

pub(crate) fn stage_failed(stage: &Stage, execution: &str) -> Value {
    of_pipeline(include_str!("../../../../events/codepipeline-events/stage-failed.json"), stage, execution)
}

pub(crate) fn pipeline_failed(stage: &Stage, execution: &str) -> Value {
    of_pipeline(include_str!("../../../../events/codepipeline-events/pipeline-failed.json"), stage, execution)
}

pub(crate) fn pipeline_succeeded(stage: &Stage, execution: &str) -> Value {
    let text = include_str!("../../../../events/codepipeline-events/pipeline-succeeded.json");
    of_pipeline(text, stage, execution)
}

/// `state`: `started`, `succeeded`, `failed` or `stopped`, as the samples are named.
pub(crate) fn deployment(state: &str, id: &str) -> Value {
    let text = match state {
        "started" => include_str!("../../../../events/codedeploy-events/started.json"),
        "succeeded" => include_str!("../../../../events/codedeploy-events/succeeded.json"),
        "failed" => include_str!("../../../../events/codedeploy-events/failed.json"),
        _ => include_str!("../../../../events/codedeploy-events/stopped.json"),
    };
    with(read(text), &[("/detail/deploymentId", json!(id))])
}

pub(crate) fn sweep() -> Value {
    read(include_str!("../../../../events/rollback/every-minute.json"))
}

pub(crate) fn by_hand() -> Value {
    read(include_str!("../../../../events/rollback/by-hand.json"))
}
