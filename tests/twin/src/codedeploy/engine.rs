//! Plays one deployment: hook, traffic, hook; and the rollback when it goes wrong.

use std::{collections::BTreeMap, sync::Arc};

use chrono::TimeDelta;

use super::{
    CodeDeploy, configurations,
    deployments::{LIFECYCLE, rollback_of},
    model::{Deployment, Status},
};
use crate::{error::ApiError, journal::Event, lambda::AliasChange};

/// The error code of a deployment that Lambda does not let happen.
const INVALID: &str = "INVALID_LAMBDA_CONFIGURATION";
/// What the lifecycle events say that were not reached.
const NOT_REACHED: &str = "the deployment ended before";

/// Why a deployment did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// The alias or a version forbids the deployment: nothing has moved, so nothing is rolled back.
    Refused {
        message: String,
    },
    Failed {
        code: &'static str,
        message: String,
    },
    Stopped {
        code: &'static str,
        message: String,
        event: &'static str,
        rollback: Option<bool>,
    },
}

impl End {
    pub(super) fn failed(code: &'static str, message: impl Into<String>) -> Self {
        Self::Failed { code, message: message.into() }
    }

    fn refused(message: impl Into<String>) -> Self {
        Self::Refused { message: message.into() }
    }
}

impl From<ApiError> for End {
    fn from(error: ApiError) -> Self {
        Self::failed(INVALID, error.to_string())
    }
}

impl CodeDeploy {
    /// Runs a deployment from Created to its end, and starts its rollback if one is due.
    pub(super) async fn run(self: Arc<Self>, id: &str) {
        let result = self.play(id).await;
        self.finish(id, result);
    }

    async fn play(&self, id: &str) -> Result<(), End> {
        let now = self.now();
        self.with_deployment(id, |d| {
            d.status = Status::InProgress;
            d.started_at = Some(now);
            self.note_status(d);
        })?;
        self.check_alias(id)?;
        tokio::select! {
            biased;
            end = self.interrupted(id) => Err(end),
            result = self.steps(id) => result,
        }
    }

    async fn steps(&self, id: &str) -> Result<(), End> {
        self.hook(id, "BeforeAllowTraffic").await?;
        self.shift(id).await?;
        self.hook(id, "AfterAllowTraffic").await
    }

    /// A deployment needs its target version, and an alias that is whole and stands where the AppSpec says; a
    /// rollback takes the alias as it is.
    fn check_alias(&self, id: &str) -> Result<(), End> {
        let (spec, is_rollback) = self.with_deployment(id, |d| (d.appspec.clone(), d.is_rollback()))?;
        let refused = |e: ApiError| End::refused(e.to_string());
        let alias = self.lambda.alias(&spec.function, &spec.alias).map_err(refused)?;
        self.lambda.configuration(&spec.function, Some(&spec.target_version)).map_err(refused)?;
        let name = format!("{}:{}", spec.function, spec.alias);
        if is_rollback {
            return Ok(());
        }
        if !alias.weights.is_empty() {
            return Err(End::refused(format!(
                "the alias {name} already routes traffic to two versions; clear its routing configuration first"
            )));
        }
        if alias.version != spec.current_version {
            return Err(End::refused(format!(
                "the alias {name} points to version {}, not to {}",
                alias.version, spec.current_version
            )));
        }
        Ok(())
    }

    async fn shift(&self, id: &str) -> Result<(), End> {
        let (spec, configuration) =
            self.with_deployment(id, |d| (d.appspec.clone(), d.configuration.clone()))?;
        let steps = configurations::steps(&self.routing(&configuration)?)?;
        self.set_event(id, "AllowTraffic", "InProgress", None);
        let first = self.now();
        for (percent, minutes) in steps {
            self.lambda.around.clock.sleep_until(first + TimeDelta::minutes(minutes)).await;
            let complete = percent >= 100.0;
            let change = if complete {
                let version = Some(spec.target_version.clone());
                AliasChange { version, weights: Some(BTreeMap::new()), ..AliasChange::default() }
            } else {
                let weights = BTreeMap::from([(spec.target_version.clone(), percent / 100.0)]);
                AliasChange { weights: Some(weights), ..AliasChange::default() }
            };
            self.lambda.update_alias(&spec.function, &spec.alias, change)?;
            self.with_deployment(id, |d| d.target_weight_percent = percent)?;
        }
        self.set_event(id, "AllowTraffic", "Succeeded", None);
        Ok(())
    }

    /// Marks one lifecycle event and tells the journal.
    pub(super) fn set_event(
        &self,
        id: &str,
        event: &'static str,
        status: &'static str,
        reason: Option<&str>,
    ) {
        // A deployment is never removed, so there is always one to mark.
        let _ = self.with_deployment(id, |d| self.mark(d, event, status, reason));
    }

    /// [`Self::set_event`] for who holds the lock; the reason of a failure becomes the event's diagnostics.
    pub(super) fn mark(&self, of: &mut Deployment, event: &str, status: &'static str, reason: Option<&str>) {
        let now = self.now();
        let Some(found) = of.events.iter_mut().find(|e| e.name == event) else { return };
        found.status = status;
        match status {
            "InProgress" => found.started_at = Some(now),
            _ => found.ended_at = Some(now),
        }
        found.diagnostics = reason.filter(|_| status == "Failed").map(str::to_owned);
        let entry = Event::LifecycleEvent {
            deployment: of.id.clone(),
            event: event.to_owned(),
            status: status.to_owned(),
            reason: reason.map(str::to_owned),
        };
        self.lambda.around.journal.record(now, entry);
    }

    /// Ends a deployment. Its final status and its rollback deployment appear together: no reader sees one without
    /// the other, and no other deployment of the group comes between.
    fn finish(self: &Arc<Self>, id: &str, result: Result<(), End>) {
        let rollback = {
            let mut state = self.state.lock();
            let Some(ended) = state.deployments.get_mut(id) else { return };
            let due = self.conclude(ended, result);
            let rollback = due.then(|| rollback_of(ended, self.now()));
            if let Some(rollback) = &rollback {
                ended.rollback.rollback_deployment_id = Some(rollback.id.clone());
                ended.rollback.rollback_message = Some(format!("Rolled back by deployment {}", rollback.id));
                self.note_status(rollback);
            }
            ended.signals.send_modify(|s| s.finished = true);
            rollback.map(|rollback| {
                let id = rollback.id.clone();
                state.deployments.insert(id.clone(), rollback);
                id
            })
        };
        if let Some(id) = rollback {
            self.play_in_background(id);
        }
    }

    /// Sets status, error and the events' endings; true when a rollback deployment is due.
    fn conclude(&self, ended: &mut Deployment, result: Result<(), End>) -> bool {
        let begun = ended.events.iter().any(|e| e.status != "Pending");
        let covers = |event: &str| begun && ended.auto_rollback.covers(event);
        let (status, error, rollback) = match result {
            Ok(()) => (Status::Succeeded, None, false),
            Err(End::Refused { message }) => (Status::Failed, Some((INVALID, message)), false),
            Err(End::Failed { code, message }) => {
                (Status::Failed, Some((code, message)), covers("DEPLOYMENT_FAILURE"))
            }
            Err(End::Stopped { code, message, event, rollback }) => {
                (Status::Stopped, Some((code, message)), rollback.unwrap_or_else(|| covers(event)))
            }
        };
        let reason = error.as_ref().map(|(_, message)| message.clone());
        for name in LIFECYCLE {
            match ended.events.iter().find(|e| e.name == name).map(|e| e.status) {
                Some("Pending") => self.mark(ended, name, "Skipped", Some(NOT_REACHED)),
                Some("InProgress") => self.mark(ended, name, "Failed", reason.as_deref()),
                _ => {}
            }
        }
        (ended.status, ended.error, ended.completed_at) = (status, error, Some(self.now()));
        self.note_status(ended);
        rollback
    }
}
