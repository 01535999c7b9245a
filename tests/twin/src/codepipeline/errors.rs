//! CodePipeline's errors; the codes are the API model's, the sentences mostly our own.

use crate::error::ApiError;

pub(super) fn no_pipeline(name: &str) -> ApiError {
    ApiError::bad_request(
        "PipelineNotFoundException",
        format!("Account does not have a pipeline with name '{name}'"),
    )
}

pub(super) fn no_execution(id: &str) -> ApiError {
    ApiError::bad_request(
        "PipelineExecutionNotFoundException",
        format!("Could not find pipeline execution with id '{id}'"),
    )
}

pub(super) fn no_stage(pipeline: &str, stage: &str) -> ApiError {
    ApiError::bad_request(
        "StageNotFoundException",
        format!("Pipeline '{pipeline}' does not have a stage with name '{stage}'"),
    )
}

pub(super) fn no_action(stage: &str, action: &str) -> ApiError {
    ApiError::bad_request(
        "ActionNotFoundException",
        format!("Stage '{stage}' does not have an action with name '{action}'"),
    )
}

pub(super) fn no_job(id: &str) -> ApiError {
    ApiError::bad_request("JobNotFoundException", format!("No job found with the id '{id}'"))
}

pub(super) fn job_is_over(id: &str) -> ApiError {
    ApiError::bad_request(
        "InvalidJobStateException",
        format!("The job '{id}' is not in progress: it was answered, timed out or abandoned"),
    )
}

pub(super) fn validation(message: impl Into<String>) -> ApiError {
    ApiError::bad_request("ValidationException", message)
}

pub(super) fn structure(message: impl Into<String>) -> ApiError {
    ApiError::bad_request("InvalidStructureException", message)
}

pub(super) fn stage_declaration(message: impl Into<String>) -> ApiError {
    ApiError::bad_request("InvalidStageDeclarationException", message)
}

pub(super) fn action_declaration(message: impl Into<String>) -> ApiError {
    ApiError::bad_request("InvalidActionDeclarationException", message)
}
