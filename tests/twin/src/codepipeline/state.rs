//! GetPipelineState: each stage with who waits, who is in it, and how its actions are.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::{
    CodePipeline,
    declaration::{Action, Stage},
    model::{ActionExecution, ActionStatus, Execution, Pipeline},
    queue,
    requests::OfPipeline,
};
use crate::error::ApiError;

/// Seconds since the epoch with milliseconds, as the JSON protocols carry times.
pub(super) fn epoch(at: DateTime<Utc>) -> f64 {
    let ms = at.timestamp_millis();
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 stay far below 2^53")]
    let seconds = ms as f64 / 1000.0;
    seconds
}

/// An object from members that may be missing; AWS leaves out what there is not.
pub(super) fn object<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    let present = members.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Value::Object(present.collect::<Map<_, _>>())
}

impl CodePipeline {
    pub(super) fn pipeline_state(&self, request: &OfPipeline) -> Result<Value, ApiError> {
        self.read(&request.name, |pipeline| {
            let stages = pipeline.current.stages.iter().enumerate();
            let states: Vec<_> = stages.map(|(index, stage)| stage_state(pipeline, index, stage)).collect();
            Ok(json!({"pipelineName": request.name, "pipelineVersion": pipeline.current.version,
                "created": epoch(pipeline.created_at), "updated": epoch(pipeline.updated_at),
                "stageStates": states}))
        })
    }
}

/// `inboundExecution` is the newest that waits: in SUPERSEDED mode there is no other (A; in QUEUED mode: C).
fn stage_state(pipeline: &Pipeline, index: usize, stage: &Stage) -> Value {
    let inbound: Vec<_> = queue::waiting(pipeline, index)
        .into_iter()
        .map(|w| json!({"pipelineExecutionId": w.execution, "status": "InProgress", "type": "STANDARD"}))
        .collect();
    // Whoever entered last; nobody is retried once a later execution was there.
    let latest = pipeline
        .executions
        .iter()
        .filter_map(|e| Some((e, e.stages.get(&index)?)))
        .filter(|(e, _)| e.stage_name(index) == stage.name)
        .max_by_key(|(_, run)| run.entered);
    let retries = latest.map(|(_, run)| run.retries).filter(|retries| *retries > 0);
    let actions: Vec<_> = stage.actions.iter().map(|action| action_state(pipeline, stage, action)).collect();
    object([
        ("stageName", Some(json!(stage.name))),
        ("inboundExecution", inbound.last().cloned()),
        ("inboundExecutions", Some(json!(inbound))),
        ("inboundTransitionState", Some(transition(pipeline, &stage.name))),
        ("actionStates", Some(json!(actions))),
        (
            "latestExecution",
            latest.map(|(e, run)| {
                json!({"pipelineExecutionId": e.id, "status": run.status.name(), "type": "STANDARD"})
            }),
        ),
        (
            "retryStageMetadata",
            retries.map(|n| json!({"manualStageRetryAttempt": n, "latestRetryTrigger": "ManualStageRetry"})),
        ),
    ])
}

fn transition(pipeline: &Pipeline, stage: &str) -> Value {
    let changed = pipeline.transitions.get(stage);
    object([
        ("enabled", Some(json!(pipeline.is_open(stage)))),
        ("lastChangedBy", changed.map(|t| json!(t.by))),
        ("lastChangedAt", changed.map(|t| json!(epoch(t.at)))),
        ("disabledReason", changed.and_then(|t| t.reason.as_ref()).map(|reason| json!(reason))),
    ])
}

/// The last run of an action, whichever execution made it.
fn action_state(pipeline: &Pipeline, stage: &Stage, action: &Action) -> Value {
    let of_action = |e: &'_ Execution, a: &ActionExecution| {
        a.action.name == action.name && e.stage_name(a.stage) == stage.name
    };
    let runs = pipeline.executions.iter().flat_map(|e| e.actions.iter().filter(move |a| of_action(e, a)));
    let last = runs.max_by_key(|a| a.sequence);
    let revision = last.and_then(|a| a.told.revision.as_ref());
    object([
        ("actionName", Some(json!(action.name))),
        (
            "currentRevision",
            revision
                .map(|r| json!({"revisionId": r.id, "revisionChangeId": r.id, "created": epoch(r.created)})),
        ),
        ("revisionUrl", revision.and_then(|r| r.url.as_ref()).map(|url| json!(url))),
        ("latestExecution", last.map(latest_execution)),
    ])
}

/// The token of an approval is there as long as it can be answered (A).
fn latest_execution(of: &ActionExecution) -> Value {
    let told = &of.told;
    let text = |value: &Option<String>| value.as_ref().map(|v| json!(v));
    object([
        ("actionExecutionId", Some(json!(of.id))),
        ("status", Some(json!(of.status.name()))),
        ("lastStatusChange", Some(json!(epoch(of.updated_at)))),
        ("summary", text(&told.summary)),
        ("token", text(&of.token).filter(|_| of.status == ActionStatus::InProgress)),
        ("lastUpdatedBy", text(&told.by)),
        ("externalExecutionId", text(&told.external_id)),
        ("externalExecutionUrl", text(&told.external_url)),
        ("percentComplete", told.percent.map(|percent| json!(percent))),
        ("errorDetails", told.error.as_ref().map(|e| json!({"code": e.code, "message": e.message}))),
    ])
}
