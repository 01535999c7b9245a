//! Stopping executions: after what runs, or at once.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    CodePipeline,
    errors::no_execution,
    job_api::length,
    model::{Place, Status},
    requests::{Within, uuid},
};
use crate::error::ApiError;

const LONGEST_REASON: usize = 200;

impl CodePipeline {
    /// Waits for the actions that run, or abandons them. Waiting twice is refused, abandoning what is being waited for is
    /// not (A). An execution between stages stops at once (B).
    pub(super) fn stop_execution(self: &Arc<Self>, request: Within) -> Result<Value, ApiError> {
        uuid("pipelineExecutionId", &request.pipeline_execution_id)?;
        length("reason", request.reason.as_deref().unwrap_or_default(), 0, LONGEST_REASON)?;
        let id = request.pipeline_execution_id;
        self.turn(&request.pipeline_name, |turn| {
            let execution = turn.pipeline.execution_mut(&id).ok_or_else(|| no_execution(&id))?;
            match execution.status {
                Status::InProgress => {}
                Status::Stopping if request.abandon => {}
                Status::Stopping => {
                    let message = "The pipeline execution is already in a Stopping state";
                    return Err(ApiError::bad_request("DuplicatedStopRequestException", message));
                }
                over => {
                    let message = format!("Unable to stop the pipeline execution: it is {}", over.name());
                    return Err(ApiError::bad_request("PipelineExecutionNotStoppableException", message));
                }
            }
            // What is stopping already told so, and is only hurried now.
            let first = execution.status == Status::InProgress;
            execution.status = Status::Stopping;
            execution.stop_reason = request.reason.or(execution.stop_reason.take());
            let place = execution.place;
            if first {
                turn.tell_pipeline(&id, Status::Stopping.in_events());
            }
            let Place::In { stage } = place else {
                turn.end_execution(&id, Status::Stopped);
                return Ok(json!({"pipelineExecutionId": id}));
            };
            if let Some(run) = turn.pipeline.execution_mut(&id).and_then(|e| e.stages.get_mut(&stage)) {
                run.status = Status::Stopping;
            }
            if first {
                turn.tell_stage(&id, stage, Status::Stopping.in_events());
            }
            if request.abandon {
                turn.abandon_actions(&id);
                turn.settle(&id, stage);
            }
            Ok(json!({"pipelineExecutionId": id}))
        })
    }
}
