//! Jobs of Lambda actions: asked, answered with a continuation or for good, or failed for their silence.

use std::collections::BTreeMap;

use axum::body::Bytes;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    JobOf,
    action::{CONFIGURATION, JOB_FAILED},
    limits,
    model::{ActionExecution, ActionStatus, Execution, Job, Told},
    turn::Turn,
};
use crate::{
    journal::Event,
    lambda::{bare_name, qualifier_in},
};

/// How long a job's credentials are said to be valid; the twin's are good for nothing.
const CREDENTIALS: TimeDelta = TimeDelta::hours(1);

impl Turn<'_> {
    /// Asks the function for the first time. The caller settles the stage.
    pub(super) fn begin_job(&mut self, id: &str, run: &str, configuration: &BTreeMap<String, String>) {
        let deadline = limits::job_deadline(self.now, self.now);
        self.open_job(id, run, None, deadline);
        self.fail_when_silent(id, run, deadline);
        if let Err(problem) = self.ask_function(id, run, configuration) {
            self.finish(id, run, ActionStatus::Failed, Told::failure(CONFIGURATION, problem));
        }
    }

    /// Gives the action a job with an id that was never used.
    fn open_job(&mut self, id: &str, run: &str, continuation: Option<String>, deadline: DateTime<Utc>) {
        let job = Uuid::new_v4().to_string();
        let Some(execution) = self.pipeline.execution_mut(id) else { return };
        let pipeline = execution.declaration.name.clone();
        let Some(action) = execution.action_mut(run) else { return };
        action.job = Some(Job { id: job.clone(), is_open: true, continuation, deadline });
        // Earlier jobs of the action stay known, so that a late answer is refused for the right reason.
        self.jobs.insert(job, JobOf { pipeline, execution: id.to_owned(), action: run.to_owned() });
    }

    /// Invokes the function asynchronously; one that runs outside the twin is not invoked, and whoever reads the job's id
    /// in the journal may answer.
    fn ask_function(
        &self,
        id: &str,
        run: &str,
        configuration: &BTreeMap<String, String>,
    ) -> Result<(), String> {
        let function = configuration.get("FunctionName").cloned().unwrap_or_default();
        let Some(execution) = self.pipeline.execution(id) else { return Ok(()) };
        let Some((action, job)) = execution.action(run).and_then(|a| Some((a, a.job.as_ref()?))) else {
            return Ok(());
        };
        self.note(Event::JobInvoked {
            pipeline: execution.declaration.name.clone(),
            stage: execution.stage_name(action.stage).to_owned(),
            action: action.action.name.clone(),
            function: function.clone(),
            job: job.id.clone(),
            continued: job.continuation.is_some(),
        });
        let outside = &self.service.options().external_functions;
        if outside.iter().any(|name| name == bare_name(&function)) {
            return Ok(());
        }
        let mut data = self.job_data(execution, action, job);
        if let Some(object) = data.as_object_mut() {
            let configuration = json!({"configuration": configuration});
            object.insert("actionConfiguration".to_owned(), configuration);
        }
        let account = &self.service.options().account;
        let event = json!({"CodePipeline.job": {"id": job.id, "accountId": account, "data": data}});
        let (name, qualifier) = (bare_name(&function), qualifier_in(&function));
        self.service
            .lambda
            .invoke_async(name, qualifier, Bytes::from(event.to_string()))
            .map_err(|error| format!("The AWS Lambda function {function} cannot be invoked: {error}"))
    }

    /// The members of `data` that the event and GetJobDetails share.
    pub(super) fn job_data(&self, execution: &Execution, action: &ActionExecution, job: &Job) -> Value {
        let expires = (self.now + CREDENTIALS).to_rfc3339_opts(SecondsFormat::Secs, true);
        let location = execution.declaration.artifact_store.as_ref().map_or("", |store| &store.location);
        let artifact = |name: &str| {
            let key = format!("{}/{name}/{}", execution.declaration.name, execution.id);
            json!({"name": name, "revision": null, "location": {"type": "S3",
                "s3Location": {"bucketName": location, "objectKey": key}}})
        };
        let all = |of: &[super::declaration::Named]| of.iter().map(|a| artifact(&a.name)).collect::<Vec<_>>();
        let mut data = json!({
            "actionConfiguration": {"configuration": action.configuration},
            "inputArtifacts": all(&action.action.input_artifacts),
            "outputArtifacts": all(&action.action.output_artifacts),
            "artifactCredentials": {"accessKeyId": "TWINCREDENTIALS", "secretAccessKey": "none",
                "sessionToken": "none", "expirationTime": expires},
        });
        if let (Some(token), Some(object)) = (&job.continuation, data.as_object_mut()) {
            object.insert("continuationToken".to_owned(), json!(token));
        }
        data
    }

    /// The function is not done: it is asked again after a while, with a new job and what it wants to remember.
    pub(super) fn continue_job(&mut self, id: &str, run: &str, continuation: String, told: Told) {
        let (now, pause) = (self.now, self.service.options().pipelines.continuation_interval);
        let Some(execution) = self.pipeline.execution_mut(id) else { return };
        let pipeline = execution.declaration.name.clone();
        let Some(action) = execution.action_mut(run) else { return };
        let deadline = limits::job_deadline(action.started_at, now);
        action.told.update(told);
        action.updated_at = now;
        if let Some(job) = &mut action.job {
            // Nobody may answer until the function is asked again.
            (job.is_open, job.deadline) = (false, deadline);
        }
        self.fail_when_silent(id, run, deadline);
        let (id, run) = (id.to_owned(), run.to_owned());
        self.service.later(now + pause, &pipeline, move |turn| turn.ask_again(&id, &run, continuation));
    }

    /// The next invocation of a continued job, unless the action ended meanwhile.
    fn ask_again(&mut self, id: &str, run: &str, continuation: String) {
        let running = self.pipeline.execution(id).and_then(|e| e.action(run));
        let Some(action) = running.filter(|a| a.status == ActionStatus::InProgress) else { return };
        let Some(deadline) = action.job.as_ref().map(|job| job.deadline) else { return };
        let configuration = action.configuration.clone();
        self.open_job(id, run, Some(continuation), deadline);
        if let Err(problem) = self.ask_function(id, run, &configuration) {
            self.end_action(id, run, ActionStatus::Failed, Told::failure(CONFIGURATION, problem));
        }
    }

    /// A deadline counts only while it is the action's: every answer sets a new one.
    fn fail_when_silent(&self, id: &str, run: &str, deadline: DateTime<Utc>) {
        let Some(execution) = self.pipeline.execution(id) else { return };
        let (pipeline, id, run) = (execution.declaration.name.clone(), id.to_owned(), run.to_owned());
        self.service.later(deadline, &pipeline, move |turn| {
            let Some(action) = turn.pipeline.execution(&id).and_then(|e| e.action(&run)) else { return };
            if action.job.as_ref().is_none_or(|job| job.deadline != deadline) {
                return;
            }
            let function = action.configuration.get("FunctionName").cloned().unwrap_or_default();
            let message = limits::silence_message(&function, action.started_at, deadline);
            turn.end_action(&id, &run, ActionStatus::Failed, Told::failure(JOB_FAILED, message));
        });
    }
}
