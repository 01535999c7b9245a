//! Deployment groups.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    CodeDeploy,
    applications::MOST_NAMES,
    checks::{self, Named},
    errors::{group_exists, no_application, no_group},
    model::{Deployment, Group, Status, epoch},
    requests::Names,
};
use crate::error::ApiError;

impl CodeDeploy {
    pub(super) fn create_group(&self, request: &Names) -> Result<Value, ApiError> {
        let name = &request.deployment_group_name;
        Named::Application.check(&request.application_name)?;
        Named::Group.check(name)?;
        if request.service_role_arn.as_ref().is_none_or(String::is_empty) {
            let message = "The role of the deployment group is required";
            return Err(ApiError::bad_request("RoleRequiredException", message));
        }
        let mut group = Group {
            deployment_group_id: Uuid::new_v4().to_string(),
            deployment_config_name: "CodeDeployDefault.LambdaAllAtOnce".to_owned(),
            ..Group::default()
        };
        let id = group.deployment_group_id.clone();
        self.with_application(&request.application_name, |_| Ok(()))?;
        self.apply(&mut group, request)?;
        self.with_application(&request.application_name, |a| {
            if a.groups.contains_key(name) {
                return Err(group_exists(name));
            }
            a.groups.insert(name.clone(), group);
            Ok(json!({"deploymentGroupId": id}))
        })
    }

    pub(super) fn update_group(&self, request: &Names) -> Result<Value, ApiError> {
        let (application, name) = (&request.application_name, &request.current_deployment_group_name);
        let new_name = request.new_deployment_group_name.as_ref().unwrap_or(name);
        let mut group = self.find_group(application, name)?;
        Named::Group.check(new_name)?;
        self.apply(&mut group, request)?;
        let mut state = self.state.lock();
        let a = state.applications.get_mut(application).ok_or_else(|| no_application(application))?;
        if new_name != name && a.groups.contains_key(new_name) {
            return Err(group_exists(new_name));
        }
        a.groups.remove(name);
        a.groups.insert(new_name.clone(), group);
        let of_group = |d: &&mut Deployment| d.application == *application && d.group == *name;
        state.deployments.values_mut().filter(of_group).for_each(|d| d.group.clone_from(new_name));
        Ok(json!({"hooksNotCleanedUp": []}))
    }

    fn apply(&self, group: &mut Group, request: &Names) -> Result<(), ApiError> {
        if let Some(alarms) = &request.alarm_configuration {
            checks::alarms(alarms)?;
            group.alarm_configuration = alarms.clone();
        }
        if let Some(rollback) = &request.auto_rollback_configuration {
            checks::auto_rollback(rollback)?;
            group.auto_rollback_configuration = rollback.clone();
        }
        if let Some(name) = &request.deployment_config_name {
            self.routing(name)?;
            group.deployment_config_name.clone_from(name);
        }
        if let Some(role) = &request.service_role_arn {
            group.service_role_arn.clone_from(role);
        }
        Ok(())
    }

    pub(super) fn find_group(&self, application: &str, group: &str) -> Result<Group, ApiError> {
        Named::Application.check(application)?;
        Named::Group.check(group)?;
        self.with_application(application, |a| a.groups.get(group).cloned().ok_or_else(|| no_group(group)))
    }

    pub(super) fn group(&self, request: &Names) -> Result<Value, ApiError> {
        let info = self.group_info(&request.application_name, &request.deployment_group_name)?;
        Ok(json!({"deploymentGroupInfo": info}))
    }

    /// The group's settings and its last deployments.
    fn group_info(&self, application: &str, name: &str) -> Result<Value, ApiError> {
        let group = self.find_group(application, name)?;
        let mut info = json!(group);
        let Some(object) = info.as_object_mut() else { return Ok(info) };
        object.insert("applicationName".to_owned(), json!(application));
        object.insert("deploymentGroupName".to_owned(), json!(name));
        object.insert("computePlatform".to_owned(), json!("Lambda"));
        let style = json!({"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"});
        object.insert("deploymentStyle".to_owned(), style);
        let state = self.state.lock();
        let of_group = state.deployments.values().filter(|d| d.group_id == group.deployment_group_id);
        let attempted = of_group.clone().max_by_key(|d| d.created_at);
        let successful = of_group.filter(|d| d.status == Status::Succeeded).max_by_key(|d| d.created_at);
        for (member, last) in
            [("lastAttemptedDeployment", attempted), ("lastSuccessfulDeployment", successful)]
        {
            if let Some(last) = last {
                object.insert(member.to_owned(), last_deployment(last));
            }
        }
        Ok(info)
    }

    /// Groups that exist; names of others are told in the answer's errorMessage.
    pub(super) fn batch_groups(&self, request: &Names) -> Result<Value, ApiError> {
        let (application, names) = (&request.application_name, &request.deployment_group_names);
        self.with_application(application, |_| Ok(()))?;
        if names.is_empty() {
            Named::Group.check("")?;
        }
        checks::batch(names.len(), MOST_NAMES, "BatchLimitExceededException")?;
        names.iter().try_for_each(|name| Named::Group.check(name))?;
        let (mut infos, mut errors) = (Vec::new(), Vec::new());
        for name in names {
            match self.group_info(application, name) {
                Ok(info) => infos.push(info),
                Err(error) => errors.push(error.message),
            }
        }
        let error = (!errors.is_empty()).then(|| errors.join("; "));
        Ok(json!({"deploymentGroupsInfo": infos, "errorMessage": error}))
    }

    pub(super) fn list_groups(&self, request: &Names) -> Result<Value, ApiError> {
        let name = &request.application_name;
        self.with_application(name, |a| {
            Ok(json!({"applicationName": name, "deploymentGroups": a.groups.keys().collect::<Vec<_>>()}))
        })
    }

    /// Deleting what is not there succeeds: the model has no error for it.
    pub(super) fn delete_group(&self, request: &Names) -> Result<Value, ApiError> {
        Named::Application.check(&request.application_name)?;
        Named::Group.check(&request.deployment_group_name)?;
        if let Some(a) = self.state.lock().applications.get_mut(&request.application_name) {
            a.groups.remove(&request.deployment_group_name);
        }
        Ok(json!({"hooksNotCleanedUp": []}))
    }
}

/// What a group tells about one of its deployments.
fn last_deployment(of: &Deployment) -> Value {
    let mut info = json!({"deploymentId": of.id, "status": of.status, "createTime": epoch(of.created_at)});
    if let (Some(object), Some(at)) = (info.as_object_mut(), of.completed_at) {
        object.insert("endTime".to_owned(), json!(epoch(at)));
    }
    info
}
