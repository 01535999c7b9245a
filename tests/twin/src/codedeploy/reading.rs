//! Reading and listing deployments and their revisions.

use serde_json::{Value, json};

use super::{
    CodeDeploy, appspec,
    checks::{self, Named},
    errors::{check_deployment_id, invalid_revision},
    model::{Deployment, epoch},
    requests::{ListDeployments, OfDeployment, OfRevision, TimeRange},
};
use crate::error::ApiError;

/// Deployments that one BatchGetDeployments call may name.
const BATCH_LIMIT: usize = 25;

impl CodeDeploy {
    pub(super) fn deployment(&self, request: &OfDeployment) -> Result<Value, ApiError> {
        check_deployment_id(&request.deployment_id)?;
        self.with_deployment(&request.deployment_id, |d| json!({"deploymentInfo": d.to_json()}))
    }

    /// Ids of nothing are left out: the operation has no error for them.
    pub(super) fn batch_deployments(&self, request: &OfDeployment) -> Result<Value, ApiError> {
        let ids = &request.deployment_ids;
        if ids.is_empty() {
            check_deployment_id("")?;
        }
        checks::batch(ids.len(), BATCH_LIMIT, "BatchLimitExceededException")?;
        ids.iter().try_for_each(|id| check_deployment_id(id))?;
        let state = self.state.lock();
        let infos: Vec<_> =
            ids.iter().filter_map(|id| state.deployments.get(id)).map(Deployment::to_json).collect();
        Ok(json!({"deploymentsInfo": infos}))
    }

    /// Newest first, as CodeDeploy lists them.
    pub(super) fn list_deployments(&self, request: &ListDeployments) -> Result<Value, ApiError> {
        self.check_scope(request)?;
        checks::statuses(&request.include_only_statuses)?;
        let range = request.create_time_range.as_ref();
        if range.is_some_and(|r| r.start.zip(r.end).is_some_and(|(start, end)| start > end)) {
            let message = "The time range ends before it starts";
            return Err(ApiError::bad_request("InvalidTimeRangeException", message));
        }
        let state = self.state.lock();
        let mut found: Vec<_> = state.deployments.values().filter(|d| is_wanted(d, request)).collect();
        found.sort_by_key(|d| std::cmp::Reverse(d.created_at));
        Ok(json!({"deployments": found.iter().map(|d| &d.id).collect::<Vec<_>>()}))
    }

    /// Application and group are named together or not at all (A, the API reference).
    fn check_scope(&self, request: &ListDeployments) -> Result<(), ApiError> {
        match (&request.application_name, &request.deployment_group_name) {
            (None, None) => Ok(()),
            (None, Some(_)) => Named::Application.check(""),
            (Some(application), None) => {
                self.with_application(application, |_| Ok(()))?;
                Named::Group.check("")
            }
            (Some(application), Some(group)) => self.find_group(application, group).map(drop),
        }
    }

    /// The AppSpec's text, which GetDeployment leaves out; asked for by its hash or by itself.
    pub(super) fn revision(&self, request: &OfRevision) -> Result<Value, ApiError> {
        let application = &request.application_name;
        self.with_application(application, |_| Ok(()))?;
        let wanted = request.revision.app_spec_content.as_ref().or(request.revision.string.as_ref());
        let sha256 = wanted
            .and_then(|c| c.sha256.clone().or_else(|| c.content.as_deref().map(appspec::sha256)))
            .ok_or_else(|| invalid_revision("sha256 and content are missing"))?;
        let state = self.state.lock();
        let found = state
            .deployments
            .values()
            .find(|d| d.application == *application && d.appspec.sha256 == sha256)
            .ok_or_else(|| {
                ApiError::bad_request("RevisionDoesNotExistException", "The revision does not exist")
            })?;
        Ok(json!({"applicationName": application, "revision": found.revision_json(true)}))
    }
}

fn is_wanted(deployment: &Deployment, by: &ListDeployments) -> bool {
    let statuses = &by.include_only_statuses;
    by.application_name.as_ref().is_none_or(|name| *name == deployment.application)
        && by.deployment_group_name.as_ref().is_none_or(|name| *name == deployment.group)
        && (statuses.is_empty() || statuses.iter().any(|s| s == deployment.status.name()))
        && by.create_time_range.as_ref().is_none_or(|range| range.holds(epoch(deployment.created_at)))
}

impl TimeRange {
    /// To the millisecond: an SDK that reads a time and sends it again may lose what comes after.
    fn holds(&self, at: f64) -> bool {
        let ms = |seconds: f64| (seconds * 1000.0).round();
        self.start.is_none_or(|start| ms(start) <= ms(at)) && self.end.is_none_or(|end| ms(at) <= ms(end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_in_the_range_when_its_end_is_less_than_a_millisecond_off() {
        let at = 1_795_456_789.123;
        for (start, end, holds) in [
            (at, at, true),
            (at + 0.000_4, at - 0.000_4, true),
            (at + 0.001, at + 1.0, false),
            (at - 1.0, at - 0.001, false),
        ] {
            assert_eq!(TimeRange { start: Some(start), end: Some(end) }.holds(at), holds, "{start} {end}");
        }
        assert!(TimeRange::default().holds(at));
    }
}
