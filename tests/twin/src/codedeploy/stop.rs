//! What ends a deployment from outside: StopDeployment and alarms.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{CodeDeploy, engine::End, errors::check_deployment_id, requests::OfDeployment};
use crate::{cloudwatch::AlarmState, error::ApiError};

/// How often alarms are read, in virtual time; AWS does not say (README, grade C).
const ALARM_POLL: TimeDelta = TimeDelta::seconds(15);
/// Real pause that keeps a very fast clock from polling without rest.
const SHORTEST_POLL: Duration = Duration::from_millis(5);

impl CodeDeploy {
    pub(super) fn stop_deployment(&self, request: &OfDeployment) -> Result<Value, ApiError> {
        let id = &request.deployment_id;
        check_deployment_id(id)?;
        let running = self.with_deployment(id, |d| {
            if d.status.is_final() {
                return false;
            }
            d.signals.send_modify(|s| s.stop = Some(request.auto_rollback_enabled));
            true
        })?;
        if !running {
            let message = format!("The deployment {id} is already completed");
            return Err(ApiError::bad_request("DeploymentAlreadyCompletedException", message));
        }
        Ok(json!({"status": "Pending", "statusMessage": "No further steps will be taken"}))
    }

    /// Completes when the deployment must stop, with the reason.
    pub(super) async fn interrupted(&self, id: &str) -> End {
        let Ok(mut signals) = self.with_deployment(id, |d| d.signals.subscribe()) else {
            return End::failed("INTERNAL_ERROR", format!("{id} vanished"));
        };
        let stopped = async {
            let signal = signals.wait_for(|s| s.stop.is_some()).await;
            signal.ok().and_then(|s| s.stop).flatten()
        };
        tokio::select! {
            rollback = stopped => End::Stopped {
                code: "MANUAL_STOP",
                message: "the deployment was stopped by StopDeployment".to_owned(),
                event: "DEPLOYMENT_STOP_ON_REQUEST",
                rollback,
            },
            alarm = self.firing_alarm(id) => End::Stopped {
                code: "ALARM_ACTIVE",
                message: format!("alarm {alarm} is in ALARM"),
                event: "DEPLOYMENT_STOP_ON_ALARM",
                rollback: None,
            },
        }
    }

    /// Completes with the first alarm of the deployment that is in ALARM; one that fires already counts at once,
    /// one that does not exist never does: DescribeAlarms answers nothing for it, which is no failed poll.
    async fn firing_alarm(&self, id: &str) -> String {
        let alarms = self.with_deployment(id, |d| d.alarms.clone()).unwrap_or_default();
        if !alarms.enabled || alarms.alarms.is_empty() {
            return std::future::pending().await;
        }
        let around = &self.lambda.around;
        loop {
            let fires = |name: &str| around.cloudwatch.alarm_state(name) == Some(AlarmState::Alarm);
            if let Some(alarm) = alarms.alarms.iter().find(|alarm| fires(&alarm.name)) {
                return alarm.name.clone();
            }
            tokio::time::sleep(SHORTEST_POLL).await;
            around.clock.sleep(ALARM_POLL).await;
        }
    }
}
