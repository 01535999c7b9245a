//! Inbound transitions, disabled and enabled by hand.

use std::sync::Arc;

use super::{
    CodePipeline,
    errors::{no_stage, validation},
    job_api::length,
    model::Transition,
    requests::Within,
};
use crate::error::ApiError;

const LONGEST_REASON: usize = 300;

impl CodePipeline {
    /// Executions wait before the stage from now on; one that is in it goes on.
    pub(super) fn disable_transition(self: &Arc<Self>, request: &Within, by: &str) -> Result<(), ApiError> {
        let reason = request.reason.clone().unwrap_or_default();
        length("reason", &reason, 1, LONGEST_REASON)?;
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"!@ ().*?-".contains(&b);
        if !reason.bytes().all(allowed) {
            return Err(validation(
                "'reason' may have only these characters: [a-zA-Z0-9!@ \\(\\)\\.\\*\\?\\-]",
            ));
        }
        self.set_transition(request, by, Some(reason))
    }

    /// Whoever waits goes on at once.
    pub(super) fn enable_transition(self: &Arc<Self>, request: &Within, by: &str) -> Result<(), ApiError> {
        self.set_transition(request, by, None)
    }

    fn set_transition(
        self: &Arc<Self>,
        request: &Within,
        by: &str,
        reason: Option<String>,
    ) -> Result<(), ApiError> {
        match request.transition_type.as_str() {
            "Inbound" => {}
            "Outbound" => return Err(ApiError::not_implemented("CodePipeline outbound transitions")),
            other => return Err(validation(format!("'{other}' is no transitionType: Inbound or Outbound"))),
        }
        self.turn(&request.pipeline_name, |turn| {
            if turn.pipeline.current.stage_index(&request.stage_name).is_none() {
                return Err(no_stage(&request.pipeline_name, &request.stage_name));
            }
            let change = Transition { enabled: reason.is_none(), reason, by: by.to_owned(), at: turn.now };
            turn.pipeline.transitions.insert(request.stage_name.clone(), change);
            Ok(())
        })
    }
}
