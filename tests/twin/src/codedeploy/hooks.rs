//! Lifecycle hooks: invoked asynchronously with exactly the two documented fields, answered by whoever may.

use axum::body::Bytes;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    CodeDeploy,
    engine::End,
    errors::{check_deployment_id, no_deployment},
    requests::OfDeployment,
};
use crate::{
    error::ApiError,
    journal::Event,
    lambda::{bare_name, qualifier_in},
};

/// A hook that has not answered by then has failed (CodeDeploy's hooks page).
const ANSWER_LIMIT: TimeDelta = TimeDelta::hours(1);

impl CodeDeploy {
    /// Runs one scriptable step: asks the hook, if there is one, and waits for its answer.
    pub(super) async fn hook(&self, id: &str, event: &'static str) -> Result<(), End> {
        let hook = self.with_deployment(id, |d| d.appspec.hooks.get(event).cloned())?;
        let Some(function) = hook else {
            self.set_event(id, event, "Skipped", None);
            return Ok(());
        };
        let mut signals = self.with_deployment(id, |d| d.signals.subscribe())?;
        self.set_event(id, event, "InProgress", None);
        let failed = |reason: String| End::failed("HOOK_EXECUTION_FAILURE", reason);
        self.ask(id, event, &function).map_err(|e| failed(format!("{function} cannot be invoked: {e}")))?;
        let answered = async {
            let answer = signals.wait_for(|s| s.answers.contains_key(event)).await;
            answer.ok().and_then(|s| s.answers.get(event).cloned()).unwrap_or_default()
        };
        tokio::select! {
            status = answered => {
                if status == "Succeeded" {
                    return Ok(());
                }
                Err(failed(format!("the {event} hook {function} reported {status}")))
            }
            () = self.lambda.around.clock.sleep(ANSWER_LIMIT) => {
                let reason = format!("the {event} hook {function} did not answer within one hour");
                self.set_event(id, event, "Failed", Some(&reason));
                Err(End::failed("TIMEOUT", reason))
            }
        }
    }

    fn ask(&self, id: &str, event: &'static str, function: &str) -> Result<(), ApiError> {
        let execution = self.with_deployment(id, |d| {
            let found = d.events.iter_mut().find(|e| e.name == event);
            found.map(|e| e.hook_execution_id.get_or_insert_with(|| new_execution_id(id, event)).clone())
        })?;
        let invoked = Event::HookInvoked {
            deployment: id.to_owned(),
            event: event.to_owned(),
            function: function.to_owned(),
        };
        self.lambda.around.journal.record(self.now(), invoked);
        if self.lambda.around.options.external_functions.iter().any(|name| name == bare_name(function)) {
            return self.answer_for_the_outside(id, execution);
        }
        let payload = json!({"DeploymentId": id, "LifecycleEventHookExecutionId": execution});
        self.lambda.invoke_async(
            bare_name(function),
            qualifier_in(function),
            Bytes::from(payload.to_string()),
        )
    }

    /// A hook outside knows the ids of one sample event only: it answers that deployment itself. The rollback that may
    /// follow is answered here, as such a hook would: Succeeded at once.
    fn answer_for_the_outside(&self, id: &str, execution: Option<String>) -> Result<(), ApiError> {
        if !self.with_deployment(id, |d| d.is_rollback())? {
            return Ok(());
        }
        let answer = OfDeployment {
            deployment_id: id.to_owned(),
            lifecycle_event_hook_execution_id: execution.unwrap_or_default(),
            status: "Succeeded".to_owned(),
            ..OfDeployment::default()
        };
        self.put_hook_status(&answer).map(drop)
    }

    /// Takes a hook's report.
    pub(super) fn put_hook_status(&self, request: &OfDeployment) -> Result<Value, ApiError> {
        let (id, execution) = (&request.deployment_id, &request.lifecycle_event_hook_execution_id);
        check_deployment_id(id)?;
        if !["Succeeded", "Failed"].contains(&request.status.as_str()) {
            let message = format!("The status {:?} is not valid: use Succeeded or Failed", request.status);
            return Err(ApiError::bad_request("InvalidLifecycleEventHookExecutionStatusException", message));
        }
        let mut state = self.state.lock();
        let deployment = state.deployments.get_mut(id).ok_or_else(|| no_deployment(id))?;
        let event = deployment
            .events
            .iter()
            .find(|e| e.hook_execution_id.as_ref() == Some(execution) && e.status != "Pending");
        let Some((name, status)) = event.map(|e| (e.name, e.status)) else {
            let message = "The lifecycle event hook execution id is not valid for this deployment";
            return Err(ApiError::bad_request("InvalidLifecycleEventHookExecutionIdException", message));
        };
        if status != "InProgress" {
            let message = format!("The lifecycle event {name} was completed already");
            return Err(ApiError::bad_request("LifecycleEventAlreadyCompletedException", message));
        }
        let answered = Event::HookAnswered {
            deployment: id.clone(),
            event: name.to_owned(),
            status: request.status.clone(),
        };
        self.lambda.around.journal.record(self.now(), answered);
        match request.status.as_str() {
            "Succeeded" => self.mark(deployment, name, "Succeeded", None),
            _ => self.mark(deployment, name, "Failed", Some("the hook reported Failed")),
        }
        // Told last: what the deployment does next comes after the answer in the journal.
        deployment.signals.send_modify(|s| drop(s.answers.insert(name, request.status.clone())));
        Ok(json!({"lifecycleEventHookExecutionId": execution}))
    }
}

/// A long opaque token; clients must not read anything into it.
fn new_execution_id(deployment: &str, event: &str) -> String {
    let noise: String = (0..4).map(|_| Uuid::new_v4().simple().to_string()).collect();
    URL_SAFE_NO_PAD.encode(
        json!({"encryptedData": noise, "ivParameterSpec": format!("{deployment}/{event}")}).to_string(),
    )
}
