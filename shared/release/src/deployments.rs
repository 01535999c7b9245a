//! The deployments of the alias's group: which run, which failed, and starting and stopping them.

use crate::{Live, ReleaseError};
use aws_sdk_codedeploy::error::ProvideErrorMetadata as _;
use aws_sdk_codedeploy::primitives::DateTime as SdkTime;
use aws_sdk_codedeploy::types::{
    DeploymentCreator, DeploymentInfo, DeploymentStatus, LambdaTarget, TimeRange,
};
use chrono::{DateTime, TimeDelta, Utc};
use hook::ROLLBACK_DESCRIPTION;

/// `BatchGetDeployments` takes at most this many (CodeDeploy API reference).
const MOST_AT_ONCE: usize = 25;
/// Clocks differ: a deployment counts as made since a date when CodeDeploy dates it this much earlier.
const CLOCKS: TimeDelta = TimeDelta::minutes(2);

/// Which deployments are asked for.
#[derive(Clone, Copy, Debug)]
pub enum Which {
    /// Those that have not ended.
    Running,
    /// Those created since.
    Since(DateTime<Utc>),
}

/// How a deployment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Not ended.
    Running,
    /// Ended well.
    Succeeded,
    /// Failed, or was stopped.
    Failed,
}

/// A deployment as CodeDeploy describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// Its id.
    pub id: String,
    /// How it stands.
    pub status: Status,
    /// What its creator wrote.
    pub description: String,
    /// `user`, `codeDeployRollback`, ….
    pub creator: String,
    /// The deployment that puts this one's change back.
    pub rolled_back_by: Option<String>,
    /// Why it failed.
    pub problem: Option<String>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
}

impl Deployment {
    /// Whether it puts an earlier version back, be it by CodeDeploy, by CloudFormation or by us. Such a deployment is never
    /// stopped and never counts as a promotion.
    #[must_use]
    pub fn is_rollback(&self) -> bool {
        matches!(self.creator.as_str(), "codeDeployRollback" | "CloudFormationRollback")
            || self.description.starts_with(ROLLBACK_DESCRIPTION)
    }

    /// Whether CodeDeploy made it by itself, and chose the version.
    #[must_use]
    pub fn is_codedeploys_own(&self) -> bool {
        self.creator == "codeDeployRollback" && self.status == Status::Succeeded
    }

    fn of(info: &DeploymentInfo) -> Option<Self> {
        let status = match info.status()? {
            DeploymentStatus::Succeeded => Status::Succeeded,
            DeploymentStatus::Failed | DeploymentStatus::Stopped => Status::Failed,
            _ => Status::Running,
        };
        let rollback = info.rollback_info().and_then(|info| info.rollback_deployment_id());
        let problem = info.error_information().map(|error| {
            let code = error.code().map_or("no code", |code| code.as_str());
            format!("{code}: {}", error.message().unwrap_or("no message"))
        });
        Some(Self {
            id: info.deployment_id()?.to_owned(),
            status,
            description: info.description().unwrap_or_default().to_owned(),
            creator: info.creator().map_or("", DeploymentCreator::as_str).to_owned(),
            rolled_back_by: rollback.filter(|id| !id.is_empty()).map(str::to_owned),
            problem,
            ended_at: info.complete_time().and_then(date),
        })
    }
}

fn date(time: &SdkTime) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(time.to_millis().ok()?)
}

impl Live {
    /// The group's deployments.
    ///
    /// # Errors
    /// When CodeDeploy does not answer.
    pub async fn deployments(&self, which: Which) -> Result<Vec<Deployment>, ReleaseError> {
        let mut call = self.codedeploy.list_deployments().application_name(&self.group.application);
        call = call.deployment_group_name(&self.group.name);
        call = match which {
            Which::Running => {
                use DeploymentStatus::{Baking, Created, InProgress, Queued, Ready};
                call.set_include_only_statuses(Some(vec![Created, Queued, InProgress, Baking, Ready]))
            }
            Which::Since(from) => {
                let start = SdkTime::from_secs((from - CLOCKS).timestamp());
                call.create_time_range(TimeRange::builder().start(start).build())
            }
        };
        let mut ids = Vec::new();
        let mut pages = call.into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| ReleaseError::call("codedeploy:ListDeployments", error))?;
            ids.extend(page.deployments().iter().cloned());
        }
        let mut found = Vec::new();
        for ids in ids.chunks(MOST_AT_ONCE) {
            let call = self.codedeploy.batch_get_deployments().set_deployment_ids(Some(ids.to_vec()));
            let answer = call.send().await;
            let answer =
                answer.map_err(|error| ReleaseError::call("codedeploy:BatchGetDeployments", error))?;
            found.extend(answer.deployments_info().iter().filter_map(Deployment::of));
        }
        Ok(found)
    }

    /// One deployment.
    ///
    /// # Errors
    /// When CodeDeploy does not answer with it.
    pub async fn deployment(&self, id: &str) -> Result<Deployment, ReleaseError> {
        const OPERATION: &str = "codedeploy:GetDeployment";
        let answer = self.codedeploy.get_deployment().deployment_id(id).send().await;
        let answer = answer.map_err(|error| ReleaseError::call(OPERATION, error))?;
        let found = answer.deployment_info().and_then(Deployment::of);
        found.ok_or(ReleaseError::Incomplete(OPERATION, "a status"))
    }

    /// Since when the deployment's new version has all requests: when the check after the shift began, as that check
    /// counts it (`post-traffic`); without such a check, when the shift ended. `None` when it has not come so far.
    ///
    /// # Errors
    /// When CodeDeploy does not answer.
    pub async fn whole_since(&self, id: &str) -> Result<Option<DateTime<Utc>>, ReleaseError> {
        let listed = self.codedeploy.list_deployment_targets().deployment_id(id).send().await;
        let listed = listed.map_err(|error| ReleaseError::call("codedeploy:ListDeploymentTargets", error))?;
        let call = self.codedeploy.batch_get_deployment_targets().deployment_id(id);
        let answer = call.set_target_ids(Some(listed.target_ids().to_vec())).send().await;
        let answer =
            answer.map_err(|error| ReleaseError::call("codedeploy:BatchGetDeploymentTargets", error))?;
        let mut targets = answer.deployment_targets().iter().filter_map(|target| target.lambda_target());
        Ok(targets.find_map(whole_since))
    }

    /// Stops a deployment, and has CodeDeploy put back what it changed. One that has ended meanwhile is no error.
    ///
    /// # Errors
    /// When CodeDeploy refuses otherwise.
    pub async fn stop(&self, id: &str) -> Result<(), ReleaseError> {
        let call = self.codedeploy.stop_deployment().deployment_id(id).auto_rollback_enabled(true);
        match call.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("DeploymentAlreadyCompletedException") => Ok(()),
            Err(error) => Err(ReleaseError::call("codedeploy:StopDeployment", error)),
        }
    }
}

fn whole_since(target: &LambdaTarget) -> Option<DateTime<Utc>> {
    let event = |name: &str| {
        let mut events = target.lifecycle_events().iter();
        events.find(|event| event.lifecycle_event_name() == Some(name))
    };
    let checked = event("AfterAllowTraffic").and_then(|event| event.start_time());
    checked.or_else(|| event("AllowTraffic")?.end_time()).and_then(date)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_codedeploy::types::LifecycleEvent;

    fn event(name: &str, start: i64, end: Option<i64>) -> LifecycleEvent {
        let event =
            LifecycleEvent::builder().lifecycle_event_name(name).start_time(SdkTime::from_secs(start));
        event.set_end_time(end.map(SdkTime::from_secs)).build()
    }

    #[test]
    fn version_has_everything_since_its_check_began_or_else_since_the_shift_ended() {
        let shift = event("AllowTraffic", 10, Some(20));
        let since = |events: Vec<LifecycleEvent>| {
            let target = LambdaTarget::builder().set_lifecycle_events(Some(events)).build();
            whole_since(&target).map(|at| at.timestamp())
        };
        assert_eq!(since(vec![shift.clone(), event("AfterAllowTraffic", 90, None)]), Some(90));
        assert_eq!(since(vec![shift]), Some(20));
        assert_eq!(since(vec![event("AllowTraffic", 10, None)]), None);
    }

    #[test]
    fn deployment_runs_until_it_succeeded_failed_or_was_stopped() {
        use DeploymentStatus::{Baking, Created, Failed, InProgress, Queued, Ready, Stopped, Succeeded};
        let read = |status: DeploymentStatus| {
            let info = DeploymentInfo::builder().deployment_id("d-1").status(status).build();
            Deployment::of(&info).unwrap().status
        };
        for running in [Created, Queued, InProgress, Baking, Ready] {
            assert_eq!(read(running), Status::Running);
        }
        assert_eq!([Failed, Stopped].map(read), [Status::Failed; 2]);
        assert_eq!(read(Succeeded), Status::Succeeded);
    }
}
