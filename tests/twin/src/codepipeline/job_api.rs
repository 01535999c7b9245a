//! What functions say about their jobs.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    CodePipeline, JobOf,
    errors::{job_is_over, no_job, validation},
    model::{ActionStatus, Failure, Told},
    requests::{Details, JobFailure, JobSuccess, OfJob, uuid},
    turn::Turn,
    variables::is_word,
};
use crate::error::ApiError;

/// All output variables of one action together (A, the quotas page).
const MOST_VARIABLE_BYTES: usize = 122_880;
const LONGEST_TOKEN: usize = 2048;
const LONGEST_SUMMARY: usize = 2048;
const LONGEST_MESSAGE: usize = 5000;
const FAILURE_TYPES: [&str; 6] = [
    "JobFailed",
    "ConfigurationError",
    "PermissionError",
    "RevisionOutOfSync",
    "RevisionUnavailable",
    "SystemUnavailable",
];

impl CodePipeline {
    /// The job's end, or with a continuation token only a sign of life.
    pub(super) fn job_succeeded(self: &Arc<Self>, request: JobSuccess) -> Result<Value, ApiError> {
        check_success(&request)?;
        let JobSuccess { job_id, continuation_token, execution_details, output_variables } = request;
        let told = Told { variables: output_variables, ..told(execution_details) };
        self.answer_job(&job_id, |turn, of| match continuation_token {
            Some(token) => turn.continue_job(&of.execution, &of.action, token, told),
            None => turn.end_action(&of.execution, &of.action, ActionStatus::Succeeded, told),
        })
    }

    /// The end of the action, whatever its function meant to do.
    pub(super) fn job_failed(self: &Arc<Self>, request: JobFailure) -> Result<Value, ApiError> {
        uuid("jobId", &request.job_id)?;
        let details = request.failure_details;
        if !FAILURE_TYPES.contains(&details.kind.as_str()) {
            return Err(validation(format!("'{}' is no type of a failure", details.kind)));
        }
        length("failureDetails.message", &details.message, 1, LONGEST_MESSAGE)?;
        let told = Told {
            summary: Some(details.message.clone()),
            external_id: details.external_execution_id,
            error: Some(Failure { code: details.kind, message: details.message }),
            ..Told::default()
        };
        self.answer_job(&request.job_id, |turn, of| {
            turn.end_action(&of.execution, &of.action, ActionStatus::Failed, told);
        })
    }

    /// Lets `answer` take effect if the job waits for one.
    fn answer_job(
        self: &Arc<Self>,
        job: &str,
        answer: impl FnOnce(&mut Turn<'_>, &JobOf),
    ) -> Result<Value, ApiError> {
        let of = self.state.lock().jobs.get(job).cloned().ok_or_else(|| no_job(job))?;
        self.turn(&of.pipeline, |turn| {
            let action = turn.pipeline.execution(&of.execution).and_then(|e| e.action(&of.action));
            let is_open = |a: &super::model::ActionExecution| {
                a.status == ActionStatus::InProgress
                    && a.job.as_ref().is_some_and(|j| j.id == job && j.is_open)
            };
            if !action.is_some_and(is_open) {
                return Err(job_is_over(job));
            }
            answer(turn, &of);
            Ok(json!({}))
        })
    }

    /// What the event says, and the pipeline around it.
    pub(super) fn job_details(self: &Arc<Self>, request: &OfJob) -> Result<Value, ApiError> {
        let id = &request.job_id;
        uuid("jobId", id)?;
        let of = self.state.lock().jobs.get(id).cloned().ok_or_else(|| no_job(id))?;
        self.turn(&of.pipeline, |turn| {
            let execution = turn.pipeline.execution(&of.execution).ok_or_else(|| no_job(id))?;
            let action = execution.action(&of.action).ok_or_else(|| no_job(id))?;
            let job = action.job.as_ref().filter(|job| job.id == *id).ok_or_else(|| job_is_over(id))?;
            let mut data = turn.job_data(execution, action, job);
            let context = json!({"pipelineName": of.pipeline, "pipelineArn": self.pipeline_arn(&of.pipeline),
                "pipelineExecutionId": of.execution, "stage": {"name": execution.stage_name(action.stage)},
                "action": {"name": action.action.name, "actionExecutionId": of.action}});
            if let Some(object) = data.as_object_mut() {
                object.insert("actionTypeId".to_owned(), action.action.action_type_id.to_json());
                object.insert("pipelineContext".to_owned(), context);
            }
            Ok(json!({"jobDetails": {"id": id, "accountId": self.options().account, "data": data}}))
        })
    }
}

fn check_success(request: &JobSuccess) -> Result<(), ApiError> {
    uuid("jobId", &request.job_id)?;
    if let Some(token) = &request.continuation_token {
        length("continuationToken", token, 1, LONGEST_TOKEN)?;
        // Which error this is, nobody documents (C); that it is one, the API reference does.
        if !request.output_variables.is_empty() {
            return Err(validation("outputVariables can be given only without a continuationToken"));
        }
    }
    if let Some(summary) = &request.execution_details.summary {
        length("executionDetails.summary", summary, 1, LONGEST_SUMMARY)?;
    }
    if request.execution_details.percent_complete.is_some_and(|percent| percent > 100) {
        return Err(validation("executionDetails.percentComplete must be from 0 to 100"));
    }
    if let Some(key) = request.output_variables.keys().find(|key| !is_word(key)) {
        return Err(validation(format!("'{key}' is no name of an output variable: [A-Za-z0-9@\\-_]+")));
    }
    let bytes: usize = request.output_variables.iter().map(|(key, value)| key.len() + value.len()).sum();
    if bytes > MOST_VARIABLE_BYTES {
        let message = format!("The output variables have {bytes} bytes, the limit is {MOST_VARIABLE_BYTES}");
        return Err(ApiError::bad_request("OutputVariablesSizeExceededException", message));
    }
    Ok(())
}

/// Checks how many characters a member has.
pub(super) fn length(member: &str, given: &str, least: usize, most: usize) -> Result<(), ApiError> {
    let has = given.chars().count();
    if (least..=most).contains(&has) {
        return Ok(());
    }
    Err(validation(format!("'{member}' has {has} characters; it must have {least} to {most}")))
}

fn told(details: Details) -> Told {
    Told {
        summary: details.summary,
        external_id: details.external_execution_id,
        percent: details.percent_complete,
        ..Told::default()
    }
}
