//! What the pipeline knows and has to be told: how an execution goes, why it failed, and that nobody is to approve it.

use crate::error::{Cause, Refusal};
use aws_sdk_codepipeline::Client;
use aws_sdk_codepipeline::error::ProvideErrorMetadata as _;
use aws_sdk_codepipeline::operation::get_pipeline_state::GetPipelineStateOutput;
use aws_sdk_codepipeline::types::{
    ActionExecutionStatus, ActionState, ApprovalResult, ApprovalStatus, PipelineExecutionStatus, StageState,
};
use chrono::{DateTime, TimeDelta, Utc};

/// `PutApprovalResult` takes at most this many characters (CodePipeline API reference).
const LONGEST_SUMMARY: usize = 512;
/// How an approval that is withdrawn here begins its summary, by which it is told from a person's.
const WITHDRAWN: &str = "rolled back: ";
/// Clocks differ: a failure counts as one of the new version when CodePipeline dates it this much earlier.
const CLOCKS: TimeDelta = TimeDelta::seconds(5);

/// How an execution ended, when it ended without success. One that CodePipeline does not know is no such end but an error: the
/// setting may name another pipeline, and a good rollout must not be taken back for that.
pub(crate) async fn ended_badly(
    client: &Client,
    pipeline: &str,
    execution: &str,
) -> Result<Option<String>, Cause> {
    let call = client.get_pipeline_execution().pipeline_name(pipeline).pipeline_execution_id(execution);
    let answer = call.send().await?;
    let status = answer.pipeline_execution().and_then(|execution| execution.status());
    Ok(status.filter(|status| is_bad_end(status)).map(|status| status.as_str().to_owned()))
}

const fn is_bad_end(status: &PipelineExecutionStatus) -> bool {
    use PipelineExecutionStatus::{Cancelled, Failed, Stopped, Superseded};
    matches!(status, Cancelled | Failed | Stopped | Superseded)
}

/// An approval that waits for a person. Its token entitles to answer it, and stays out of the logs.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) stage: String,
    pub(crate) action: String,
    token: String,
}

/// What the pipeline says about an execution.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct State {
    /// Approvals to withdraw.
    pub(crate) waiting: Vec<Waiting>,
    /// Why the execution failed, in its action's words.
    pub(crate) failure: Option<String>,
}

/// Looks at the stages in which the execution is, or was last.
pub(crate) async fn state(
    client: &Client,
    pipeline: &str,
    execution: &str,
    served_since: Option<DateTime<Utc>>,
) -> Result<State, Refusal> {
    let answer = client.get_pipeline_state().name(pipeline).send().await.map_err(Refusal::of)?;
    Ok(state_of(&answer, execution, served_since))
}

fn state_of(answer: &GetPipelineStateOutput, execution: &str, served_since: Option<DateTime<Utc>>) -> State {
    let is_in = |stage: &&StageState| {
        stage.latest_execution().is_some_and(|latest| latest.pipeline_execution_id() == execution)
    };
    let mut state = State::default();
    for stage in answer.stage_states().iter().filter(is_in) {
        for action in stage.action_states() {
            state.waiting.extend(waiting(stage, action));
            state.failure = state.failure.or_else(|| failure(action, served_since));
        }
    }
    state
}

/// Only an approval has a token, and only while it waits.
fn waiting(stage: &StageState, action: &ActionState) -> Option<Waiting> {
    let latest = action.latest_execution()?;
    if latest.status() != Some(&ActionExecutionStatus::InProgress) {
        return None;
    }
    Some(Waiting {
        stage: stage.stage_name()?.to_owned(),
        action: action.action_name()?.to_owned(),
        token: latest.token()?.to_owned(),
    })
}

/// An action's last run may be an earlier execution's: then it is older than the new version's traffic. And what was
/// withdrawn here is no reason.
fn failure(action: &ActionState, served_since: Option<DateTime<Utc>>) -> Option<String> {
    let latest = action.latest_execution()?;
    let message = latest.error_details()?.message()?;
    let changed_at =
        latest.last_status_change().and_then(|at| DateTime::from_timestamp_millis(at.to_millis().ok()?));
    let is_late = changed_at? + CLOCKS >= served_since?;
    let failed = latest.status() == Some(&ActionExecutionStatus::Failed);
    (failed && is_late && !message.starts_with(WITHDRAWN)).then(|| message.to_owned())
}

/// Answers a waiting approval with no. One that was answered meanwhile, or has expired, is no error.
pub(crate) async fn withdraw(
    client: &Client,
    pipeline: &str,
    approval: &Waiting,
    why: &str,
) -> Result<(), Refusal> {
    let summary: String = format!("{WITHDRAWN}{why}").chars().take(LONGEST_SUMMARY).collect();
    let result = ApprovalResult::builder().status(ApprovalStatus::Rejected).summary(summary).build();
    let result = result.map_err(|error| Refusal { for_good: false, source: error.into() })?;
    let call = client.put_approval_result().pipeline_name(pipeline).stage_name(&approval.stage);
    let call = call.action_name(&approval.action).token(&approval.token).result(result);
    match call.send().await {
        Ok(_) => {
            tracing::info!(stage = approval.stage, action = approval.action, "approval withdrawn");
            Ok(())
        }
        Err(error) => match error.code() {
            Some("ApprovalAlreadyCompletedException" | "InvalidApprovalTokenException") => Ok(()),
            _ => Err(Refusal::of(error)),
        },
    }
}

#[cfg(test)]
mod tests;
