//! Manual approvals: a token, a notice, an answer or none.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    CodePipeline,
    action::JOB_FAILED,
    errors::{no_action, no_stage, validation},
    job_api::length,
    limits,
    model::{ActionExecution, ActionStatus, Failure, Told},
    outlets::Outgoing,
    requests::{Approval, uuid},
    turn::Turn,
};
use crate::{error::ApiError, journal::Event};

const LONGEST_SUMMARY: usize = 512;
/// SNS takes a subject of fewer than 100 characters.
const LONGEST_SUBJECT: usize = 99;

impl Turn<'_> {
    /// Waits for an answer, and tells who wants to know. History knows the token as the external execution id (A for
    /// PARALLEL mode, B for the others).
    pub(super) fn ask(&mut self, id: &str, run: &str) {
        let (now, token) = (self.now, Uuid::new_v4().to_string());
        let Some(execution) = self.pipeline.execution_mut(id) else { return };
        let Some(action) = execution.action_mut(run) else { return };
        action.token = Some(token.clone());
        action.told.external_id = Some(token.clone());
        let minutes = action.action.timeout_in_minutes;
        let deadline = limits::approval_deadline(now, minutes);
        let (asked, configuration) = (action.action.name.clone(), action.configuration.clone());
        let stage_index = action.stage;
        let stage = execution.stage_name(stage_index).to_owned();
        let pipeline = execution.declaration.name.clone();
        let message = self.notice((&pipeline, &stage, &asked), &token, deadline, &configuration);
        if let Some(topic) = configuration.get("NotificationArn").cloned() {
            let mut subject = format!("APPROVAL NEEDED: AWS CodePipeline {pipeline} for action {asked}");
            // Names are ASCII, so that this never cuts a character in two.
            subject.truncate(LONGEST_SUBJECT);
            self.post(Outgoing::Notice { topic, subject, message });
        }
        self.note(Event::ApprovalAsked {
            pipeline: pipeline.clone(),
            stage,
            action: asked,
            expires: deadline,
        });
        // An approval that was answered by then has ended, and what has ended stays as it is.
        let (id, run) = (id.to_owned(), run.to_owned());
        self.service.later(deadline, &pipeline, move |turn| {
            turn.end_action(&id, &run, ActionStatus::Failed, expired(deadline - now));
        });
    }

    /// The notice in AWS's shape; what is not configured is absent (C), and the expiry has no seconds (A).
    fn notice(
        &self,
        (pipeline, stage, action): (&str, &str, &str),
        token: &str,
        expires: DateTime<Utc>,
        configuration: &std::collections::BTreeMap<String, String>,
    ) -> String {
        let region = &self.service.options().region;
        let console =
            format!("https://console.aws.amazon.com/codepipeline/home?region={region}#/view/{pipeline}");
        let mut approval = json!({"pipelineName": pipeline, "stageName": stage, "actionName": action,
            "token": token, "expires": expires.format("%Y-%m-%dT%H:%MZ").to_string(),
            "approvalReviewLink": format!("{console}/{stage}/{action}/approve/{token}")});
        if let Some(object) = approval.as_object_mut() {
            for (key, member) in [("ExternalEntityLink", "externalEntityLink"), ("CustomData", "customData")]
            {
                if let Some(value) = configuration.get(key) {
                    object.insert(member.to_owned(), json!(value));
                }
            }
        }
        json!({"region": region, "consoleLink": console, "approval": approval}).to_string()
    }
}

/// Code and words are ours (C); that the action fails is AWS's (A).
fn expired(after: chrono::TimeDelta) -> Told {
    let message = format!("The approval expired: nobody answered within {} minutes", after.num_minutes());
    Told::failure(JOB_FAILED, message)
}

impl CodePipeline {
    /// Takes an answer. The approver is whoever calls: a function that answers for a person writes the person into the
    /// summary.
    pub(super) fn answer_approval(self: &Arc<Self>, request: &Approval, by: &str) -> Result<Value, ApiError> {
        uuid("token", &request.token)?;
        length("result.summary", &request.result.summary, 0, LONGEST_SUMMARY)?;
        let approved = match request.result.status.as_str() {
            "Approved" => true,
            "Rejected" => false,
            other => return Err(validation(format!("'{other}' is no answer: Approved or Rejected"))),
        };
        self.turn(&request.pipeline_name, |turn| {
            let (id, run) = turn.waiting_approval(request)?;
            turn.note(Event::ApprovalAnswered {
                pipeline: request.pipeline_name.clone(),
                stage: request.stage_name.clone(),
                action: request.action_name.clone(),
                status: request.result.status.clone(),
                by: by.to_owned(),
                summary: request.result.summary.clone(),
            });
            let status = if approved { ActionStatus::Succeeded } else { ActionStatus::Failed };
            let now = turn.now;
            turn.end_action(&id, &run, status, answered(request, approved, by));
            Ok(json!({"approvedAt": super::state::epoch(now)}))
        })
    }
}

impl Turn<'_> {
    /// The action execution that an answer is for. An answer to what was answered already is told so; an unknown, an
    /// expired or an abandoned one has an invalid token (A, the words of the API model).
    fn waiting_approval(&self, request: &Approval) -> Result<(String, String), ApiError> {
        let Approval { pipeline_name, stage_name, action_name, token, .. } = request;
        let declared = &self.pipeline.current;
        let index = declared.stage_index(stage_name).ok_or_else(|| no_stage(pipeline_name, stage_name))?;
        let is_approval =
            |a: &super::declaration::Action| a.name == *action_name && a.action_type_id.is_approval();
        if !declared.stages.get(index).is_some_and(|stage| stage.actions.iter().any(is_approval)) {
            return Err(no_action(stage_name, action_name));
        }
        let is_meant =
            |a: &&ActionExecution| a.token.as_ref() == Some(token) && a.action.name == *action_name;
        let found = self.pipeline.executions.iter().find_map(|e| {
            Some((e, e.actions.iter().find(|a| is_meant(a) && e.stage_name(a.stage) == stage_name)?))
        });
        match found {
            Some((execution, action)) if action.status == ActionStatus::InProgress => {
                Ok((execution.id.clone(), action.id.clone()))
            }
            Some((_, action)) if action.told.by.is_some() => Err(ApiError::bad_request(
                "ApprovalAlreadyCompletedException",
                "The approval action has already been approved or rejected",
            )),
            _ => Err(ApiError::bad_request(
                "InvalidApprovalTokenException",
                "The approval request already received a response or has expired",
            )),
        }
    }
}

/// The reviewer's words, or who it was where there are none (C); a rejection has the code of a failed job (A, a sample).
fn answered(request: &Approval, approved: bool, by: &str) -> Told {
    let given = &request.result.summary;
    let summary = match (given.is_empty(), approved) {
        (false, _) => given.clone(),
        (true, true) => format!("Approved by {by}"),
        (true, false) => format!("Rejected by {by}"),
    };
    let error = (!approved).then(|| Failure { code: JOB_FAILED.to_owned(), message: summary.clone() });
    Told { summary: Some(summary), error, by: Some(by.to_owned()), ..Told::default() }
}
