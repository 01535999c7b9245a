//! Starting and ending actions, and those that stand-ins play.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    declaration::Action,
    model::{ActionExecution, ActionStatus, Told},
    stand_in::{ActionRun, StandIn, StandInResult},
    turn::Turn,
    variables,
};

/// The error code of most failures in real events.
pub(super) const JOB_FAILED: &str = "JobFailed";
/// The error code of an action that cannot run as it is configured (C).
pub(super) const CONFIGURATION: &str = "ConfigurationError";

impl Turn<'_> {
    /// Starts one action. It may have failed when this returns; its stage is settled by the caller.
    pub(super) fn start_action(&mut self, id: &str, stage: usize, action: Action) {
        let (run, sequence) = (Uuid::new_v4().to_string(), self.pipeline.next_in_sequence());
        let now = self.now;
        let Some(execution) = self.pipeline.execution_mut(id) else { return };
        let resolved = variables::resolve_all(&action.configuration, &execution.namespaces());
        // The history shows what was declared where nothing could be resolved.
        let (configuration, problem) = match resolved {
            Ok(configuration) => (configuration, None),
            Err(problem) => (action.configuration.clone(), Some(problem)),
        };
        // The stage judges by these when they have ended, not by runs of an earlier attempt.
        if let Some(stage) = execution.stages.get_mut(&stage) {
            stage.current.push(run.clone());
        }
        let kind = action.action_type_id.clone();
        execution.updated_at = now;
        execution.actions.push(ActionExecution {
            id: run.clone(),
            sequence,
            stage,
            action,
            status: ActionStatus::InProgress,
            started_at: now,
            updated_at: now,
            configuration: configuration.clone(),
            told: Told::default(),
            job: None,
            token: None,
        });
        self.tell_action(id, &run);
        if let Some(problem) = problem {
            self.finish(id, &run, ActionStatus::Failed, Told::failure(CONFIGURATION, problem));
        } else if kind.is_lambda() {
            self.begin_job(id, &run, &configuration);
        } else if kind.is_approval() {
            self.ask(id, &run);
        } else {
            self.play(id, &run, configuration);
        }
    }

    /// Ends an action that still runs; its stage is settled by the caller. What ended already stays as it is.
    pub(super) fn finish(&mut self, id: &str, run: &str, status: ActionStatus, told: Told) {
        let now = self.now;
        let Some(execution) = self.pipeline.execution_mut(id) else { return };
        let Some(ended) = execution.action_mut(run).filter(|a| a.status == ActionStatus::InProgress) else {
            return;
        };
        (ended.status, ended.updated_at) = (status, now);
        ended.told.update(told);
        if let Some(job) = &mut ended.job {
            job.is_open = false;
        }
        let output = (ended.action.namespace.clone(), ended.told.variables.clone());
        execution.updated_at = now;
        if let (Some(namespace), variables, ActionStatus::Succeeded) = (output.0, output.1, status) {
            execution.outputs.insert(namespace, variables);
        }
        self.tell_action(id, run);
    }

    /// Ends an action and goes on with its stage.
    pub(super) fn end_action(&mut self, id: &str, run: &str, status: ActionStatus, told: Told) {
        let Some(stage) = self.pipeline.execution(id).and_then(|e| e.action(run)).map(|a| a.stage) else {
            return;
        };
        self.finish(id, run, status, told);
        self.settle(id, stage);
    }

    /// Has a stand-in play the action in the background; nothing is locked while it does.
    fn play(&mut self, id: &str, run: &str, configuration: BTreeMap<String, String>) {
        let Some(told) = self.run_of(id, run, configuration) else { return };
        let Some(stand_in) = self.service.stand_ins.lock().get(&told.provider).cloned() else {
            let message = format!(
                "the twin has no stand-in for {} actions of the provider {}: give it one with Twin::stand_in",
                told.category, told.provider
            );
            return self.finish(id, run, ActionStatus::Failed, Told::failure(JOB_FAILED, message));
        };
        let (service, id, run) = (self.service.clone(), id.to_owned(), run.to_owned());
        self.service.lambda.around.spawn(async move {
            let pipeline = told.pipeline.clone();
            let result = play_through(&service.lambda.around.clock, &stand_in, told).await;
            let done = service.turn(&pipeline, |turn| {
                turn.stand_in_ended(&id, &run, result);
                Ok(())
            });
            // A pipeline that was deleted meanwhile has no more use for the result.
            drop(done);
        });
    }

    fn run_of(&self, id: &str, run: &str, configuration: BTreeMap<String, String>) -> Option<ActionRun> {
        let execution = self.pipeline.execution(id)?;
        let found = execution.action(run)?;
        let Action { name, action_type_id: kind, input_artifacts, .. } = &found.action;
        let of_action = |revision: &&serde_json::Value| {
            revision.get("actionName").and_then(serde_json::Value::as_str) == Some(name)
        };
        Some(ActionRun {
            pipeline: execution.declaration.name.clone(),
            stage: execution.stage_name(found.stage).to_owned(),
            action: name.clone(),
            execution_id: id.to_owned(),
            action_execution_id: run.to_owned(),
            category: kind.category.clone(),
            provider: kind.provider.clone(),
            configuration,
            input_artifacts: input_artifacts.iter().map(|artifact| artifact.name.clone()).collect(),
            source_revision: execution.source_revisions.iter().find(of_action).cloned(),
            at: self.now,
        })
    }

    /// What the stand-in answered becomes what the action tells.
    fn stand_in_ended(&mut self, id: &str, run: &str, result: StandInResult) {
        let (status, mut told) = match result.failure {
            None => (ActionStatus::Succeeded, Told::default()),
            Some(message) => (ActionStatus::Failed, Told::failure(JOB_FAILED, message)),
        };
        told.summary = result.summary.or(told.summary);
        told.external_id = result.external_execution_id;
        told.external_url = result.external_execution_url;
        told.variables = result.output_variables;
        told.revision = result.revision;
        self.end_action(id, run, status, told);
    }
}

/// The closure takes the real time that it takes, the result then waits its virtual time.
async fn play_through(
    clock: &crate::clock::VirtualClock,
    stand_in: &StandIn,
    run: ActionRun,
) -> StandInResult {
    let result = stand_in.play(run).await;
    let until: DateTime<Utc> = clock.now() + result.after;
    clock.sleep_until(until).await;
    result
}
