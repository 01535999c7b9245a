//! What the pipeline tells: events in AWS's shapes, and the journal.
//!
//! `version` and `pipeline-execution-attempt` are floats in real events, the version of an action's type is a string (A,
//! samples). The attempt is 0 in the first stage, 1 later and one more after each retry (B).

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use super::{
    model::{ActionExecution, ActionStatus, Execution},
    outlets::Outgoing,
    turn::Turn,
};
use crate::{events::AwsEvent, journal::Event};

impl Turn<'_> {
    /// An execution changed its state; `state` is the word of events.
    pub(super) fn tell_pipeline(&self, id: &str, state: &str) {
        let Some(execution) = self.pipeline.execution(id) else { return };
        let mut detail = common(execution, None);
        detail.insert("state".to_owned(), json!(state));
        detail.insert("start-time".to_owned(), json!(millis(execution.started_at)));
        if state == "STARTED" {
            let trigger =
                json!({"trigger-type": execution.trigger.kind, "trigger-detail": execution.trigger.detail});
            detail.insert("execution-trigger".to_owned(), trigger);
        }
        if let (Some(reason), "STOPPING" | "STOPPED") = (&execution.stop_reason, state) {
            detail.insert("stop-execution-comments".to_owned(), json!(reason));
        }
        self.send("CodePipeline Pipeline Execution State Change", &execution.declaration.name, detail);
        self.note(Event::PipelineStatus {
            pipeline: execution.declaration.name.clone(),
            execution: id.to_owned(),
            status: state.to_owned(),
            reason: execution.stop_reason.clone(),
        });
    }

    /// A stage changed its state. RESUMED has the time of the retry where the others have their start (A, a sample).
    pub(super) fn tell_stage(&self, id: &str, stage: usize, state: &str) {
        let Some(execution) = self.pipeline.execution(id) else { return };
        let name = execution.stage_name(stage);
        let mut detail = common(execution, Some(stage));
        detail.insert("stage".to_owned(), json!(name));
        detail.insert("state".to_owned(), json!(state));
        if state == "RESUMED" {
            detail.insert("stage-last-retry-attempt-time".to_owned(), json!(millis(self.now)));
        } else if let Some(run) = execution.stages.get(&stage) {
            detail.insert("start-time".to_owned(), json!(millis(run.started_at)));
        }
        self.send("CodePipeline Stage Execution State Change", &execution.declaration.name, detail);
        self.note(Event::StageStatus {
            pipeline: execution.declaration.name.clone(),
            execution: id.to_owned(),
            stage: name.to_owned(),
            status: state.to_owned(),
        });
    }

    /// An action changed its state.
    pub(super) fn tell_action(&self, id: &str, action: &str) {
        let Some(execution) = self.pipeline.execution(id) else { return };
        let Some(run) = execution.action(action) else { return };
        let stage = execution.stage_name(run.stage);
        let mut detail = common(execution, Some(run.stage));
        detail.insert("stage".to_owned(), json!(stage));
        detail.insert("action".to_owned(), json!(run.action.name));
        detail.insert("action-execution-id".to_owned(), json!(run.id));
        detail.insert("state".to_owned(), json!(run.status.in_events()));
        detail.insert("region".to_owned(), json!(self.service.options().region));
        detail.insert("type".to_owned(), run.action.action_type_id.to_json());
        detail.insert("start-time".to_owned(), json!(millis(run.started_at)));
        if run.status != ActionStatus::InProgress {
            detail.insert("execution-result".to_owned(), result(run));
        }
        self.send("CodePipeline Action Execution State Change", &execution.declaration.name, detail);
        self.note(Event::ActionStatus {
            pipeline: execution.declaration.name.clone(),
            execution: id.to_owned(),
            stage: stage.to_owned(),
            action: run.action.name.clone(),
            status: run.status.in_events().to_owned(),
            summary: run.told.summary.clone(),
        });
    }

    /// Puts something into the journal, at the time of this turn.
    pub(super) fn note(&self, event: Event) {
        self.service.lambda.around.journal.record(self.now, event);
    }

    fn send(&self, detail_type: &str, pipeline: &str, detail: Map<String, Value>) {
        let event = AwsEvent {
            source: "aws.codepipeline".to_owned(),
            detail_type: detail_type.to_owned(),
            resources: vec![self.service.pipeline_arn(pipeline)],
            detail: Value::Object(detail),
            at: self.now,
        };
        self.post(Outgoing::Event(event));
    }

    /// Nobody takes anything any more once the twin stops.
    pub(super) fn post(&self, outgoing: Outgoing) {
        let _ = self.service.outbox.send(outgoing);
    }
}

/// The fields that all three kinds of events have.
fn common(execution: &Execution, stage: Option<usize>) -> Map<String, Value> {
    let attempt = match stage {
        Some(0) => execution.attempt.saturating_sub(1),
        _ => execution.attempt,
    };
    let version = i32::try_from(execution.declaration.version).unwrap_or(i32::MAX);
    let mut detail = Map::new();
    detail.insert("pipeline".to_owned(), json!(execution.declaration.name));
    detail.insert("execution-id".to_owned(), json!(execution.id));
    detail.insert("version".to_owned(), json!(f64::from(version)));
    detail.insert("pipeline-execution-attempt".to_owned(), json!(f64::from(attempt)));
    detail
}

/// What ended actions say; a failed approval has the code of a failed job (A, a sample).
fn result(of: &ActionExecution) -> Value {
    let mut result = Map::new();
    let mut put = |key: &str, value: &Option<String>| {
        if let Some(value) = value {
            result.insert(key.to_owned(), json!(value));
        }
    };
    put("external-execution-url", &of.told.external_url);
    put("external-execution-summary", &of.told.summary);
    put("external-execution-id", &of.told.external_id);
    put("error-code", &of.told.error.as_ref().map(|e| e.code.clone()));
    Value::Object(result)
}

fn millis(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
