//! Lifecycle hooks: invoked asynchronously with exactly the two documented fields, answered by whoever may.

use axum::body::Bytes;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    CodeDeploy,
    deployments::LIFECYCLE,
    engine::End,
    errors::{check_deployment_id, no_deployment},
    requests::OfDeployment,
};
use crate::{error::ApiError, journal::Event, lambda::bare_name};

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
            return Ok(());
        }
        let payload = json!({"DeploymentId": id, "LifecycleEventHookExecutionId": execution});
        self.lambda.invoke_async(bare_name(function), None, Bytes::from(payload.to_string()))
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
            .iter_mut()
            .find(|e| e.hook_execution_id.as_ref() == Some(execution) && e.status != "Pending")
            .and_then(|e| LIFECYCLE.iter().find(|&&name| name == e.name).map(|&name| (name, e)));
        let Some((name, event)) = event else {
            let message = "The lifecycle event hook execution id is not valid for this deployment";
            return Err(ApiError::bad_request("InvalidLifecycleEventHookExecutionIdException", message));
        };
        if event.status != "InProgress" {
            let message = format!("The lifecycle event {name} was completed already");
            return Err(ApiError::bad_request("LifecycleEventAlreadyCompletedException", message));
        }
        event.status = if request.status == "Succeeded" { "Succeeded" } else { "Failed" };
        event.ended_at = Some(self.now());
        deployment.signals.send_modify(|s| drop(s.answers.insert(name, request.status.clone())));
        drop(state);
        let answered = Event::HookAnswered {
            deployment: id.clone(),
            event: name.to_owned(),
            status: request.status.clone(),
        };
        self.lambda.around.journal.record(self.now(), answered);
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
