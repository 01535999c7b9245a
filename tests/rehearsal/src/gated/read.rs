//! Reads what a gated release left behind: executions with their actions, mails, events, and the alias.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use twin::{Twin, journal::Event};

use super::{
    observed::{ActionRun, Execution, GatedObserved, RollbackEvent, Told},
    pipeline::PIPELINE,
    stage::{APPROVALS, GatedStage, NOTICES},
};
use crate::{
    error::RehearsalError,
    judge_log,
    stage::{ALIAS, BACKEND, JUDGE},
};

/// Everything but what only the player knows.
pub(super) async fn read(
    on: &GatedStage,
    started_at: DateTime<Utc>,
) -> Result<GatedObserved, RehearsalError> {
    let twin = &on.stage.twin;
    let alias = on.stage.lambda.get_alias().function_name(BACKEND).name(ALIAS).send().await?;
    let weights = alias.routing_config.as_ref().and_then(|c| c.additional_version_weights.as_ref());
    Ok(GatedObserved {
        started_at,
        ended_at: twin.clock().now(),
        requests: Vec::new(),
        verdicts: judge_log::read(&twin.log_lines(JUDGE)),
        journal: twin.journal().entries(),
        executions: executions(twin)?,
        shown: twin.inbox(APPROVALS).iter().filter_map(|m| shown(m.at, &m.message)).collect(),
        notices: twin
            .inbox(NOTICES)
            .into_iter()
            .map(|mail| Told { at: mail.at, about: mail.subject, text: mail.message })
            .collect(),
        rollbacks: twin.events().iter().filter_map(rollback).collect(),
        operated: Vec::new(),
        gave_up: None,
        alias_is_whole: weights.is_none_or(|weights| weights.is_empty()),
        alias_version: alias.function_version.unwrap_or_default(),
        rate: twin.clock().rate(),
        real_seconds: 0.0,
    })
}

/// The executions in the order of their start.
fn executions(twin: &Twin) -> Result<Vec<Execution>, RehearsalError> {
    let entries = twin.journal().entries();
    let started = entries.iter().filter_map(|entry| match &entry.event {
        Event::PipelineStatus { execution, status, .. } if status == "STARTED" => Some(execution.clone()),
        _ => None,
    });
    started.map(|id| execution(twin, id)).collect()
}

fn execution(twin: &Twin, id: String) -> Result<Execution, RehearsalError> {
    let asked = json!({"pipelineName": PIPELINE, "pipelineExecutionId": id});
    let whole = twin.call_codepipeline("GetPipelineExecution", &asked)?;
    let asked = json!({"pipelineName": PIPELINE, "filter": {"pipelineExecutionId": id}});
    let listed = twin.call_codepipeline("ListActionExecutions", &asked)?;
    let newest_first = listed.get("actionExecutionDetails").and_then(Value::as_array).into_iter().flatten();
    let mut actions: Vec<ActionRun> = newest_first.map(action).collect();
    actions.reverse();
    Ok(Execution { id, status: text(&whole, "/pipelineExecution/status"), actions })
}

fn action(run: &Value) -> ActionRun {
    let variables = run.pointer("/output/outputVariables").and_then(Value::as_object);
    let variables = variables.into_iter().flatten();
    ActionRun {
        stage: text(run, "/stageName"),
        action: text(run, "/actionName"),
        variables: variables
            .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
            .collect(),
        error: text(run, "/output/executionResult/errorDetails/message"),
    }
}

/// What an approver read, without the token.
fn shown(at: DateTime<Utc>, mail: &str) -> Option<Told> {
    let mail: Value = serde_json::from_str(mail).ok()?;
    Some(Told { at, about: text(&mail, "/approval/actionName"), text: text(&mail, "/approval/customData") })
}

fn rollback(event: &Value) -> Option<RollbackEvent> {
    if text(event, "/detail-type") != "delivery.rollback" {
        return None;
    }
    Some(RollbackEvent {
        at: text(event, "/time").parse().ok()?,
        begun_at: text(event, "/detail/begunAt").parse().ok()?,
        safe_at: text(event, "/detail/safeAt").parse().ok()?,
        why: text(event, "/detail/why"),
        reason: text(event, "/detail/reason"),
        from_version: text(event, "/detail/fromVersion"),
        to_version: text(event, "/detail/toVersion"),
        exposed_seconds: event.pointer("/detail/exposedSeconds").and_then(Value::as_i64).unwrap_or(0),
    })
}

/// A text inside of a document; empty where there is none.
fn text(document: &Value, pointer: &str) -> String {
    document.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn approver_is_shown_the_words_and_no_token() {
        let mail =
            json!({"approval": {"actionName": "CanaryApproval", "token": "t", "customData": "healthy"}});
        let told = shown(DateTime::UNIX_EPOCH, &mail.to_string()).unwrap();
        assert_eq!((told.about.as_str(), told.text.as_str()), ("CanaryApproval", "healthy"));
        assert!(shown(DateTime::UNIX_EPOCH, "no JSON").is_none());
    }

    #[test]
    fn only_rollbacks_are_read_from_the_bus() {
        let event = json!({"detail-type": "delivery.rollback", "time": "2026-11-23T10:15:00Z",
            "detail": {"why": "breach", "begunAt": "2026-11-23T10:14:00Z", "safeAt": "2026-11-23T10:14:20Z", "fromVersion": "2", "toVersion": "1", "exposedSeconds": 90}});
        let read = rollback(&event).unwrap();
        assert_eq!((read.why.as_str(), read.exposed_seconds), ("breach", 90));
        assert!(rollback(&json!({"detail-type": "other"})).is_none());
    }

    #[test]
    fn action_tells_its_variables_and_its_error() {
        let run = action(&json!({"stageName": "DeployCanary", "actionName": "Shift10", "status": "Failed",
            "output": {"outputVariables": {"verdict": "healthy"},
                "executionResult": {"errorDetails": {"message": "too bad"}}}}));
        assert_eq!(run.variables.get("verdict").map(String::as_str), Some("healthy"));
        assert_eq!((run.action.as_str(), run.error.as_str()), ("Shift10", "too bad"));
    }
}
