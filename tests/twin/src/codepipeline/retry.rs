//! Running a failed stage again.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    CodePipeline,
    errors::{no_execution, no_stage, validation},
    model::{ActionStatus, Place, Status},
    queue,
    requests::{Within, uuid},
    turn::Turn,
};
use crate::error::ApiError;

impl CodePipeline {
    /// FAILED_ACTIONS keeps what succeeded, ALL_ACTIONS begins the stage anew.
    pub(super) fn retry_stage(self: &Arc<Self>, request: &Within) -> Result<Value, ApiError> {
        uuid("pipelineExecutionId", &request.pipeline_execution_id)?;
        let all = match request.retry_mode.as_str() {
            "ALL_ACTIONS" => true,
            "FAILED_ACTIONS" => false,
            other => {
                return Err(validation(format!("'{other}' is no retryMode: FAILED_ACTIONS or ALL_ACTIONS")));
            }
        };
        self.turn(&request.pipeline_name, |turn| {
            let stage = turn
                .pipeline
                .current
                .stage_index(&request.stage_name)
                .ok_or_else(|| no_stage(&request.pipeline_name, &request.stage_name))?;
            let id = &request.pipeline_execution_id;
            turn.check_retryable(id, stage)?;
            turn.resume(id, stage, all);
            Ok(json!({"pipelineExecutionId": id}))
        })
    }
}

impl Turn<'_> {
    /// Only a stage that failed (A; a stopped one: C), of the pipeline as it is now (A), that no later execution has
    /// entered since (A).
    fn check_retryable(&self, id: &str, stage: usize) -> Result<(), ApiError> {
        let execution = self.pipeline.execution(id).ok_or_else(|| no_execution(id))?;
        let run = execution.stages.get(&stage).filter(|run| run.status == Status::Failed);
        let same = execution.declaration.version == self.pipeline.current.version;
        let Some(run) = run.filter(|_| same && execution.status == Status::Failed) else {
            let message = "Unable to retry. The pipeline structure or stage state might have changed while actions \
                           awaited retry, or the stage contains no failed actions.";
            return Err(ApiError::bad_request("StageNotRetryableException", message));
        };
        let is_later = |entered: u64| entered > run.entered;
        let others = self.pipeline.executions.iter().filter_map(|e| e.stages.get(&stage));
        if queue::holder(self.pipeline, stage).is_some() || others.map(|r| r.entered).any(is_later) {
            let message = "The stage has been entered by a later execution of the pipeline";
            return Err(ApiError::bad_request("NotLatestPipelineExecutionException", message));
        }
        Ok(())
    }

    /// Brings the execution back into its stage, which it did not leave for any other.
    fn resume(&mut self, id: &str, stage: usize, all: bool) {
        let now = self.now;
        let Some(execution) = self.pipeline.execution_mut(id) else { return };
        let Some(run) = execution.stages.get_mut(&stage) else { return };
        if all {
            run.done.clear();
        } else {
            // Earlier run orders are done already; of the last one, what succeeded.
            let ran = execution.actions.iter().filter(|a| run.current.contains(&a.id));
            let succeeded = ran.filter(|a| a.status == ActionStatus::Succeeded);
            run.done.extend(succeeded.map(|a| a.action.name.clone()));
        }
        run.current.clear();
        run.status = Status::InProgress;
        run.retries += 1;
        execution.attempt += 1;
        execution.updated_at = now;
        (execution.status, execution.place) = (Status::InProgress, Place::In { stage });
        self.tell_pipeline(id, "RESUMED");
        self.tell_stage(id, stage, "RESUMED");
        self.settle(id, stage);
    }
}
