//! Plays one deployment: hook, traffic, hook; and the rollback when it goes wrong.

use std::{collections::BTreeMap, sync::Arc};

use chrono::TimeDelta;

use super::{
    CodeDeploy, configurations,
    model::{Deployment, Status},
};
use crate::{error::ApiError, journal::Event, lambda::AliasChange};

/// Why a deployment did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    Failed { code: &'static str, message: String },
    Stopped { code: &'static str, message: String, event: &'static str, rollback: Option<bool> },
}

impl End {
    pub(super) fn failed(code: &'static str, message: impl Into<String>) -> Self {
        Self::Failed { code, message: message.into() }
    }
}

impl From<ApiError> for End {
    fn from(error: ApiError) -> Self {
        Self::failed("INVALID_LAMBDA_CONFIGURATION", error.to_string())
    }
}

impl CodeDeploy {
    /// Runs a deployment from Created to its end, and its rollback if one is due.
    pub(super) async fn run(self: Arc<Self>, id: &str) {
        let result = tokio::select! {
            biased;
            end = self.interrupted(id) => Err(end),
            result = self.play(id) => result,
        };
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
        self.hook(id, "BeforeAllowTraffic").await?;
        self.shift(id).await?;
        self.hook(id, "AfterAllowTraffic").await
    }

    /// A deployment needs an alias that is whole and stands where its AppSpec says; a rollback takes it as it is.
    fn check_alias(&self, id: &str) -> Result<(), End> {
        let (spec, is_rollback) = self.with_deployment(id, |d| (d.appspec.clone(), d.is_rollback()))?;
        let alias = self.lambda.alias(&spec.function, &spec.alias)?;
        if is_rollback {
            return Ok(());
        }
        let name = format!("{}:{}", spec.function, spec.alias);
        if !alias.weights.is_empty() {
            let message = format!(
                "the alias {name} already routes traffic to two versions; clear its routing configuration first"
            );
            return Err(End::failed("INVALID_LAMBDA_CONFIGURATION", message));
        }
        if alias.version != spec.current_version {
            let message = format!(
                "the alias {name} points to version {}, not to {}",
                alias.version, spec.current_version
            );
            return Err(End::failed("INVALID_LAMBDA_CONFIGURATION", message));
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

    /// Marks one lifecycle event; a reason becomes its diagnostics.
    pub(super) fn set_event(
        &self,
        id: &str,
        event: &'static str,
        status: &'static str,
        reason: Option<&str>,
    ) {
        let now = self.now();
        let changed = self.with_deployment(id, |d| {
            let Some(found) = d.events.iter_mut().find(|e| e.name == event) else { return };
            found.status = status;
            match status {
                "InProgress" => found.started_at = Some(now),
                _ => found.ended_at = Some(now),
            }
            found.diagnostics = reason.map(str::to_owned);
        });
        if changed.is_ok() {
            let (deployment, event, status) = (id.to_owned(), event.to_owned(), status.to_owned());
            let entry =
                Event::LifecycleEvent { deployment, event, status, reason: reason.map(str::to_owned) };
            self.lambda.around.journal.record(now, entry);
        }
    }

    fn finish(self: &Arc<Self>, id: &str, result: Result<(), End>) {
        let now = self.now();
        let rollback = self.with_deployment(id, |d| {
            let rollback = conclude(d, result);
            d.completed_at = Some(now);
            for event in &mut d.events {
                match event.status {
                    "Pending" => event.status = "Skipped",
                    "InProgress" => (event.status, event.ended_at) = ("Failed", Some(now)),
                    _ => {}
                }
            }
            self.note_status(d);
            rollback
        });
        if rollback.unwrap_or(false) {
            // The group has no other active deployment now, so this can only fail if the deployment vanished.
            if let Err(error) = self.create_rollback(id) {
                tracing::error!(%error, deployment = id, "no rollback deployment");
            }
        }
        // Told last, so that whoever waits for the end finds the rollback's id too.
        let _ = self.with_deployment(id, |d| d.signals.send_modify(|s| s.finished = true));
    }
}

/// Sets status and error; true when a rollback deployment is due.
fn conclude(deployment: &mut Deployment, result: Result<(), End>) -> bool {
    match result {
        Ok(()) => {
            deployment.status = Status::Succeeded;
            false
        }
        Err(End::Failed { code, message }) => {
            deployment.status = Status::Failed;
            deployment.error = Some((code, message));
            deployment.auto_rollback.covers("DEPLOYMENT_FAILURE")
        }
        Err(End::Stopped { code, message, event, rollback }) => {
            deployment.status = Status::Stopped;
            deployment.error = Some((code, message));
            rollback.unwrap_or_else(|| deployment.auto_rollback.covers(event))
        }
    }
}
