//! The people around a release: who approves, who rejects, who operates by hand. They follow a script, and wait only for
//! what the journal tells and for virtual time.

use std::collections::HashMap;

use aws_sdk_codepipeline::types::{ApprovalResult, ApprovalStatus, PipelineVariable};
use aws_sdk_lambda::{primitives::Blob, types::AliasRoutingConfiguration};
use chrono::TimeDelta;
use serde_json::json;
use twin::journal::Event;

use super::{observed::Told, stage::GatedStage, watch::Watch};
use crate::{
    error::RehearsalError,
    names::{ALIAS, BACKEND, PIPELINE, ROLLBACK},
    observed::{CANDIDATE, STABLE},
};

/// One line of a script.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    pub(crate) when: Cue,
    /// Virtual minutes after that.
    pub(crate) minutes: i64,
    pub(crate) act: Act,
}

/// What a step waits for; it must come after what the step before waited for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cue {
    /// This approval waits for an answer.
    Asked(&'static str),
    /// The alias gives the candidate this share, in percent.
    Share(f64),
    /// This action has begun.
    Began(&'static str),
    /// CodeDeploy asks the hook of this step.
    Hook(&'static str),
    /// An execution has come to its end.
    Ended,
    /// The step before was made.
    Then,
}

/// What a person does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Act {
    /// Approves what is asked.
    Approve(&'static str, &'static str),
    /// Rejects it, with words.
    Reject(&'static str, &'static str),
    /// Has the release taken back, for this reason.
    TakeBack(&'static str),
    /// Gives the candidate this share by hand, in percent.
    GiveShare(f64),
    /// Stops the execution that is on its way, at once, with words.
    Stop(&'static str),
    /// Starts another execution.
    Start { hotfix: bool },
    /// Sets an alarm's state by hand.
    SetAlarm(&'static str, &'static str),
}

impl Cue {
    /// What is awaited, in words.
    fn told(self) -> String {
        match self {
            Self::Asked(action) => format!("nobody was asked for {action}"),
            Self::Share(percent) => format!("version {CANDIDATE} did not get {percent} %"),
            Self::Began(action) => format!("{action} did not begin"),
            Self::Hook(step) => format!("CodeDeploy did not ask the hook of {step}"),
            Self::Ended => "no execution ended".to_owned(),
            Self::Then => "the next step was not made".to_owned(),
        }
    }

    fn is(self, event: &Event) -> bool {
        match (self, event) {
            (Self::Asked(wanted), Event::ApprovalAsked { action, .. }) => action == wanted,
            (Self::Share(percent), Event::AliasMoved { function, alias, weights, .. }) => {
                let has =
                    weights.get(CANDIDATE).is_some_and(|weight| (weight * 100.0 - percent).abs() < 0.01);
                has && function == BACKEND && alias == ALIAS
            }
            (Self::Began(wanted), Event::ActionStatus { action, status, .. }) => {
                action == wanted && status == "STARTED"
            }
            (Self::Hook(step), Event::HookInvoked { event, .. }) => event == step,
            (Self::Ended, Event::PipelineStatus { status, .. }) => super::watch::is_final(status),
            _ => false,
        }
    }
}

/// Plays a script to its end; `done` gets what was done beside answers, `waiting_for` what is awaited at any time.
pub(crate) async fn follow(
    script: &[Step],
    stage: &GatedStage,
    watch: &mut Watch<'_>,
    done: &mut Vec<Told>,
    waiting_for: &mut String,
) -> Result<(), RehearsalError> {
    let clock = stage.stage.twin.clock();
    let mut last = clock.now();
    for step in script {
        *waiting_for = step.when.told();
        if !matches!(step.when, Cue::Then) {
            last = watch.next(|event| step.when.is(event)).await.at;
        }
        last += TimeDelta::minutes(step.minutes);
        clock.sleep_until(last).await;
        *waiting_for = format!("{} in vain", step.act.told());
        // Before it is done: what comes of it comes later. The journal tells of answers by itself.
        if !matches!(step.act, Act::Approve(..) | Act::Reject(..)) {
            done.push(Told { at: clock.now(), about: "operator".to_owned(), text: step.act.told() });
        }
        step.act.perform(stage).await?;
    }
    Ok(())
}

impl Act {
    /// What the person does, for the timeline.
    fn told(self) -> String {
        match self {
            Self::Approve(action, _) => format!("the approver of {action} says yes"),
            Self::Reject(action, _) => format!("the approver of {action} says no"),
            Self::TakeBack(reason) => format!("an operator has the release taken back: {reason}"),
            Self::GiveShare(percent) => {
                format!("an operator changes the alias by hand: {percent} % to version {CANDIDATE}")
            }
            Self::Stop(reason) => format!("somebody stops the execution at once: {reason}"),
            Self::Start { hotfix: false } => "somebody starts another release".to_owned(),
            Self::Start { hotfix: true } => "somebody starts a release with Hotfix = true".to_owned(),
            Self::SetAlarm(name, state) => format!("an operator sets the alarm {name} to {state}"),
        }
    }

    async fn perform(self, on: &GatedStage) -> Result<(), RehearsalError> {
        match self {
            Self::Approve(action, words) => answer(on, action, ApprovalStatus::Approved, words).await,
            Self::Reject(action, words) => answer(on, action, ApprovalStatus::Rejected, words).await,
            Self::TakeBack(reason) => {
                let order = Blob::new(json!({"action": "rollback", "reason": reason}).to_string());
                on.stage.clients.customers.invoke().function_name(ROLLBACK).payload(order).send().await?;
                Ok(())
            }
            Self::GiveShare(percent) => {
                let weights = HashMap::from([(CANDIDATE.to_owned(), percent / 100.0)]);
                let routing =
                    AliasRoutingConfiguration::builder().set_additional_version_weights(Some(weights));
                let update = on.stage.clients.lambda.update_alias().function_name(BACKEND).name(ALIAS);
                update.function_version(STABLE).routing_config(routing.build()).send().await?;
                Ok(())
            }
            Self::Stop(reason) => stop(on, reason).await,
            Self::Start { hotfix } => start(on, hotfix).await,
            Self::SetAlarm(name, state) => {
                let set = on.stage.clients.cloudwatch.set_alarm_state().alarm_name(name);
                set.state_value(state.into()).state_reason("set by an operator").send().await?;
                Ok(())
            }
        }
    }
}

/// Starts an execution of the pipeline.
pub(crate) async fn start(on: &GatedStage, hotfix: bool) -> Result<(), RehearsalError> {
    let mut call = on.codepipeline.start_pipeline_execution().name(PIPELINE);
    if hotfix {
        let variable = PipelineVariable::builder().name("Hotfix").value("true").build();
        call = call
            .variables(variable.map_err(|_| RehearsalError::Incomplete("a variable has name and value"))?);
    }
    call.send().await?;
    Ok(())
}

async fn stop(on: &GatedStage, reason: &str) -> Result<(), RehearsalError> {
    let listed = on.codepipeline.list_pipeline_executions().pipeline_name(PIPELINE).send().await?;
    let newest = listed.pipeline_execution_summaries().first();
    let id = newest.and_then(|execution| execution.pipeline_execution_id());
    let id = id.ok_or(RehearsalError::Incomplete("no execution is on its way"))?;
    let call = on.codepipeline.stop_pipeline_execution().pipeline_name(PIPELINE);
    call.pipeline_execution_id(id).abandon(true).reason(reason).send().await?;
    Ok(())
}

/// Answers the approval of this name, in whatever stage it is.
async fn answer(
    on: &GatedStage,
    action: &str,
    status: ApprovalStatus,
    words: &str,
) -> Result<(), RehearsalError> {
    let state = on.codepipeline.get_pipeline_state().name(PIPELINE).send().await?;
    let asked = state.stage_states().iter().find_map(|stage| {
        let asked = stage.action_states().iter().find(|state| state.action_name() == Some(action))?;
        Some((stage.stage_name()?, asked.latest_execution()?.token()?))
    });
    let (stage, token) = asked.ok_or(RehearsalError::Incomplete("the approval does not wait any more"))?;
    let result = ApprovalResult::builder().status(status).summary(words).build();
    let result = result.map_err(|_| RehearsalError::Incomplete("an answer has a status and words"))?;
    let call = on.codepipeline.put_approval_result().pipeline_name(PIPELINE).stage_name(stage);
    call.action_name(action).token(token).result(result).send().await?;
    Ok(())
}
