//! Reads what a gated release left behind: executions with their actions, mails, events, and the alias.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use twin::{Twin, journal::Event};

use super::{
    observed::{ActionRun, Execution, GatedObserved, RollbackEvent, Told},
    stage::GatedStage,
};
use crate::{
    error::RehearsalError,
    judge_log,
    names::{ALIAS, APPLICATION, APPROVALS, BACKEND, GROUP, JUDGE, NOTICES, PIPELINE, USAGE_TABLE},
    stacks::Deployed,
    wire::{self, Service},
};

/// Everything but what only the player knows.
pub(super) async fn read(
    on: &GatedStage,
    started_at: DateTime<Utc>,
) -> Result<GatedObserved, RehearsalError> {
    let twin = &on.stage.twin;
    let alias = on.stage.clients.lambda.get_alias().function_name(BACKEND).name(ALIAS).send().await?;
    let group = on.stage.clients.codedeploy.list_deployments().application_name(APPLICATION);
    let deployments = group.deployment_group_name(GROUP).send().await?.deployments.unwrap_or_default();
    let journal = twin.journal().entries().into_iter().filter(|e| is_ours(&e.event, &deployments)).collect();
    let weights = alias.routing_config.as_ref().and_then(|c| c.additional_version_weights.as_ref());
    Ok(GatedObserved {
        started_at,
        ended_at: twin.clock().now(),
        requests: Vec::new(),
        verdicts: judge_log::read(&twin.log_lines(JUDGE)),
        journal,
        stages: on.stages.clone(),
        executions: executions(twin)?,
        shown: twin.inbox(APPROVALS).iter().filter_map(|m| shown(m.at, &m.message)).collect(),
        notices: twin
            .inbox(NOTICES)
            .into_iter()
            .filter(|mail| !is_alarm(&mail.message))
            .map(|mail| Told { at: mail.at, about: mail.subject, text: mail.message })
            .collect(),
        rollbacks: twin.events().iter().filter_map(rollback).collect(),
        operated: Vec::new(),
        gave_up: None,
        alias_is_whole: weights.is_none_or(|weights| weights.is_empty()),
        alias_version: alias.function_version.unwrap_or_default(),
        elsewhere: elsewhere(on).await?,
        questions_counted: questions_counted(on).await?,
        rate: twin.clock().rate(),
        real_seconds: 0.0,
    })
}

/// Whether CloudWatch wrote it: the topic of notices also gets the alarms that page nobody, those of staging among them.
fn is_alarm(message: &str) -> bool {
    serde_json::from_str::<Value>(message).is_ok_and(|message| message.get("AlarmName").is_some())
}

/// What customers of the other environments get.
async fn elsewhere(on: &GatedStage) -> Result<BTreeMap<&'static str, String>, RehearsalError> {
    let mut versions = BTreeMap::new();
    for stack in on.environments.iter().map(Deployed::stack).filter(|stack| *stack != APPLICATION) {
        let backend = format!("{stack}-backend");
        let live = on.stage.clients.lambda.get_alias().function_name(backend).name(ALIAS).send().await?;
        versions.insert(stack, live.function_version.unwrap_or_default());
    }
    Ok(versions)
}

/// The sum over all customers and days.
async fn questions_counted(on: &GatedStage) -> Result<u64, RehearsalError> {
    let table = json!({"TableName": USAGE_TABLE});
    let found = wire::call(&on.stage.clients.endpoint, Service::DynamoDb, "Scan", &table).await?;
    let items = found.get("Items").and_then(Value::as_array).into_iter().flatten();
    Ok(items.filter_map(|item| text(item, "/questions/N").parse::<u64>().ok()).sum())
}

/// Whether it happened to production's `live`, or in the pipeline. What other environments do on the way, and what happens to
/// `candidate`, ends in the pipeline's own words.
fn is_ours(event: &Event, deployments: &[String]) -> bool {
    match event {
        Event::AliasMoved { function, alias, .. } => function == BACKEND && alias == ALIAS,
        Event::VersionPublished { function, .. } => function == BACKEND,
        Event::InvocationFailed { function: name, .. } | Event::AlarmChanged { alarm: name, .. } => {
            name.starts_with(APPLICATION)
        }
        Event::DeploymentStatus { deployment, .. }
        | Event::LifecycleEvent { deployment, .. }
        | Event::HookInvoked { deployment, .. }
        | Event::HookAnswered { deployment, .. } => deployments.contains(deployment),
        _ => true,
    }
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
    fn alarm_is_no_notice_of_a_rollback() {
        assert!(is_alarm(r#"{"AlarmName": "manuel-staging-backend-throttles", "NewStateValue": "ALARM"}"#));
        for notice in ["Rolled back from version 2 to 1", r#"{"id": "1/2/1"}"#, "", r#"["AlarmName"]"#] {
            assert!(!is_alarm(notice), "{notice}");
        }
    }

    #[test]
    fn event_is_left_out_when_it_is_about_another_alias_or_environment() {
        let moved = |function: &str, alias: &str| Event::AliasMoved {
            function: function.to_owned(),
            alias: alias.to_owned(),
            version: "2".to_owned(),
            weights: BTreeMap::new(),
        };
        let asked = |deployment: &str| Event::HookAnswered {
            deployment: deployment.to_owned(),
            event: "BeforeAllowTraffic".to_owned(),
            status: "Succeeded".to_owned(),
        };
        let deployments = ["d-1".to_owned()];
        let events = [
            (moved("manuel-prod-backend", "live"), true),
            (moved("manuel-prod-backend", "candidate"), false),
            (moved("manuel-dev-backend", "live"), false),
            (asked("d-1"), true),
            (asked("d-2"), false),
        ];
        for (event, expected) in events {
            assert_eq!(is_ours(&event, &deployments), expected, "{event:?}");
        }
    }

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
