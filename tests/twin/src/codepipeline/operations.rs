//! CodePipeline's API: from an operation's name and JSON body to the answer.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::CodePipeline;
use crate::error::ApiError;

/// Reads an operation's input.
pub(super) fn parse<T: DeserializeOwned>(input: &Value) -> Result<T, ApiError> {
    T::deserialize(input).map_err(|e| ApiError::bad_request("SerializationException", e.to_string()))
}

impl CodePipeline {
    /// Carries out one operation for a caller: the name of a function, or `operator`.
    ///
    /// # Errors
    /// What CodePipeline would answer; `NotImplemented` names an operation that the twin does not have.
    pub(crate) fn handle(
        self: &Arc<Self>,
        operation: &str,
        input: &Value,
        caller: &str,
    ) -> Result<Value, ApiError> {
        let by = self.principal(caller);
        let done = |result: Result<(), ApiError>| result.map(|()| json!({}));
        match operation {
            "CreatePipeline" => self.create_pipeline(input, &by),
            "UpdatePipeline" => self.update_pipeline(input),
            "GetPipeline" => self.pipeline(&parse(input)?),
            "ListPipelines" => self.list_pipelines(&parse(input)?),
            "DeletePipeline" => Ok(self.delete_pipeline(&parse(input)?)),
            "StartPipelineExecution" => self.start_execution(&parse(input)?, &by),
            "StopPipelineExecution" => self.stop_execution(parse(input)?),
            "RetryStageExecution" => self.retry_stage(&parse(input)?),
            "DisableStageTransition" => done(self.disable_transition(&parse(input)?, &by)),
            "EnableStageTransition" => done(self.enable_transition(&parse(input)?, &by)),
            "PutJobSuccessResult" => self.job_succeeded(parse(input)?),
            "PutJobFailureResult" => self.job_failed(parse(input)?),
            "GetJobDetails" => self.job_details(&parse(input)?),
            "PutApprovalResult" => self.answer_approval(&parse(input)?, &by),
            "GetPipelineState" => self.pipeline_state(&parse(input)?),
            "GetPipelineExecution" => self.pipeline_execution(&parse(input)?),
            "ListPipelineExecutions" => self.list_executions(&parse(input)?),
            "ListActionExecutions" => self.list_action_executions(&parse(input)?),
            other => Err(ApiError::not_implemented(format!("CodePipeline {other}"))),
        }
    }
}
