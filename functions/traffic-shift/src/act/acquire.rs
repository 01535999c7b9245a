//! Taking the alias for this execution.

use crate::WorkError;
use crate::answer::Answer;
use crate::decide::{self, Acquired, Others};
use crate::run::{Run, is_unchanged};
use aws_sdk_codepipeline::types::PipelineExecutionStatus;
use release::{BY_HAND, Change, LiveAlias, Rollout, Traffic, Which};

pub(super) async fn acquire(run: &Run<'_>, alias: LiveAlias) -> Result<Answer, WorkError> {
    let owner = alias.rollout.as_ref().map(|rollout| rollout.execution.as_str());
    let owner_runs = match owner.filter(|owner| *owner != run.execution) {
        Some(owner) => is_under_way(run, owner).await?,
        None => false,
    };
    let running = run.live.deployments(Which::Running).await?;
    let others =
        Others { deployment: running.into_iter().next().map(|deployment| deployment.id), owner_runs };
    match decide::acquire(&alias, run.execution, &others, run.now) {
        Acquired::Take => take(run, &alias).await,
        Acquired::HadItBefore => Ok(done(run, &alias, "done-before", "this execution had the alias before")),
        Acquired::Wait(what) => Ok(Answer::wait(format!("waiting: {what}"))),
        Acquired::Over(message) => Ok(Answer::failed(message)),
    }
}

async fn take(run: &Run<'_>, read: &LiveAlias) -> Result<Answer, WorkError> {
    let mine =
        |alias: &LiveAlias| Change { traffic: Traffic::Keep, rollout: decide::taking(alias, run.execution) };
    let alias = run.live.change(|alias| is_unchanged(alias, read).then(|| mine(alias))).await?;
    let is_mine = |rollout: &Rollout| rollout.execution == run.execution && rollout.rollback.is_none();
    if alias.rollout.as_ref().is_some_and(is_mine) {
        return Ok(done(run, &alias, "acquired", "this execution has the alias"));
    }
    Ok(Answer::wait("waiting: the alias was changed at the same moment; looking again"))
}

fn done(run: &Run<'_>, alias: &LiveAlias, verdict: &str, reason: &str) -> Answer {
    let summary = format!("{reason}: {}", alias.in_words());
    let variables = run.variables(verdict, &summary, &alias.version);
    Answer::Done { summary, variables }
}

/// An execution that CodePipeline does not know (any more), or that is none, is over.
async fn is_under_way(run: &Run<'_>, execution: &str) -> Result<bool, WorkError> {
    if execution == BY_HAND {
        return Ok(false);
    }
    let call = run.app.codepipeline.get_pipeline_execution().pipeline_name(&run.config.pipeline);
    match call.pipeline_execution_id(execution).send().await {
        Ok(answer) => {
            let status = answer.pipeline_execution().and_then(|execution| execution.status());
            Ok(matches!(
                status,
                Some(PipelineExecutionStatus::InProgress | PipelineExecutionStatus::Stopping)
            ))
        }
        Err(error)
            if error.as_service_error().is_some_and(|e| e.is_pipeline_execution_not_found_exception()) =>
        {
            Ok(false)
        }
        Err(error) => Err(WorkError::call("codepipeline:GetPipelineExecution", error)),
    }
}
