//! Applications, deployment groups and custom configurations.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    CodeDeploy, configurations,
    errors::{no_application, no_configuration, no_group},
    model::{Application, Configuration, Group, epoch},
    requests::Names,
};
use crate::error::ApiError;

/// Alarms that one group may watch (CodeDeploy's limits page).
const MOST_ALARMS: usize = 10;

impl CodeDeploy {
    pub(super) fn create_application(&self, request: &Names) -> Result<Value, ApiError> {
        let name = &request.application_name;
        if name.is_empty() {
            return Err(ApiError::bad_request(
                "ApplicationNameRequiredException",
                "The application name is required",
            ));
        }
        if request.compute_platform.as_deref() != Some("Lambda") {
            return Err(ApiError::not_implemented("compute platforms other than Lambda"));
        }
        let (id, created_at) = (Uuid::new_v4().to_string(), self.now());
        let mut state = self.state.lock();
        if state.applications.contains_key(name) {
            let message = format!("Application already exists: {name}");
            return Err(ApiError::bad_request("ApplicationAlreadyExistsException", message));
        }
        let application = Application { id: id.clone(), created_at, groups: BTreeMap::default() };
        state.applications.insert(name.clone(), application);
        Ok(json!({"applicationId": id}))
    }

    fn with_application<T>(
        &self,
        name: &str,
        work: impl FnOnce(&mut Application) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let mut state = self.state.lock();
        work(state.applications.get_mut(name).ok_or_else(|| no_application(name))?)
    }

    pub(super) fn application(&self, request: &Names) -> Result<Value, ApiError> {
        let name = &request.application_name;
        self.with_application(name, |a| {
            Ok(json!({"application": {
                "applicationId": a.id, "applicationName": name, "createTime": epoch(a.created_at),
                "linkedToGitHub": false, "computePlatform": "Lambda",
            }}))
        })
    }

    pub(super) fn list_applications(&self) -> Value {
        json!({"applications": self.state.lock().applications.keys().collect::<Vec<_>>()})
    }

    pub(super) fn delete_application(&self, request: &Names) -> Result<(), ApiError> {
        self.state.lock().applications.remove(&request.application_name);
        Ok(())
    }

    pub(super) fn create_group(&self, request: &Names) -> Result<Value, ApiError> {
        let mut group = Group {
            deployment_config_name: "CodeDeployDefault.LambdaAllAtOnce".to_owned(),
            ..Group::default()
        };
        self.apply(&mut group, request)?;
        let name = &request.deployment_group_name;
        if name.is_empty() {
            return Err(ApiError::bad_request(
                "DeploymentGroupNameRequiredException",
                "The group name is required",
            ));
        }
        self.with_application(&request.application_name, |a| {
            if a.groups.contains_key(name) {
                let message = format!("Deployment group name already exists: {name}");
                return Err(ApiError::bad_request("DeploymentGroupAlreadyExistsException", message));
            }
            a.groups.insert(name.clone(), group);
            Ok(json!({"deploymentGroupId": Uuid::new_v4().to_string()}))
        })
    }

    pub(super) fn update_group(&self, request: &Names) -> Result<Value, ApiError> {
        let name = &request.current_deployment_group_name;
        let mut group = self.find_group(&request.application_name, name)?;
        self.apply(&mut group, request)?;
        self.with_application(&request.application_name, |a| {
            a.groups.remove(name);
            a.groups.insert(request.new_deployment_group_name.clone().unwrap_or_else(|| name.clone()), group);
            Ok(json!({"hooksNotCleanedUp": []}))
        })
    }

    fn apply(&self, group: &mut Group, request: &Names) -> Result<(), ApiError> {
        if let Some(name) = &request.deployment_config_name {
            self.routing(name)?;
            group.deployment_config_name.clone_from(name);
        }
        if let Some(alarms) = &request.alarm_configuration {
            if alarms.alarms.len() > MOST_ALARMS {
                let message = format!("The maximum number of alarms for a deployment group is {MOST_ALARMS}");
                return Err(ApiError::bad_request("AlarmsLimitExceededException", message));
            }
            group.alarm_configuration = alarms.clone();
        }
        if let Some(rollback) = &request.auto_rollback_configuration {
            group.auto_rollback_configuration = rollback.clone();
        }
        if let Some(role) = &request.service_role_arn {
            group.service_role_arn.clone_from(role);
        }
        Ok(())
    }

    pub(super) fn find_group(&self, application: &str, group: &str) -> Result<Group, ApiError> {
        self.with_application(application, |a| a.groups.get(group).cloned().ok_or_else(|| no_group(group)))
    }

    pub(super) fn group(&self, request: &Names) -> Result<Value, ApiError> {
        let (application, name) = (&request.application_name, &request.deployment_group_name);
        let mut info = json!(self.find_group(application, name)?);
        if let Some(object) = info.as_object_mut() {
            object.insert("applicationName".to_owned(), json!(application));
            object.insert("deploymentGroupName".to_owned(), json!(name));
            object.insert("computePlatform".to_owned(), json!("Lambda"));
            let style = json!({"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"});
            object.insert("deploymentStyle".to_owned(), style);
        }
        Ok(json!({"deploymentGroupInfo": info}))
    }

    pub(super) fn list_groups(&self, request: &Names) -> Result<Value, ApiError> {
        let name = &request.application_name;
        self.with_application(name, |a| {
            Ok(json!({"applicationName": name, "deploymentGroups": a.groups.keys().collect::<Vec<_>>()}))
        })
    }

    pub(super) fn delete_group(&self, request: &Names) -> Result<Value, ApiError> {
        self.with_application(&request.application_name, |a| {
            a.groups.remove(&request.deployment_group_name);
            Ok(json!({"hooksNotCleanedUp": []}))
        })
    }

    pub(super) fn create_configuration(&self, request: &Names) -> Result<Value, ApiError> {
        let name = request.deployment_config_name.clone().unwrap_or_default();
        if name.is_empty() {
            let message = "The deployment configuration name is required";
            return Err(ApiError::bad_request("DeploymentConfigNameRequiredException", message));
        }
        let routing = request.traffic_routing_config.clone();
        configurations::steps(&routing)?;
        let (id, created_at) = (Uuid::new_v4().to_string(), self.now());
        let mut state = self.state.lock();
        if state.configurations.contains_key(&name) {
            let message = format!("Deployment configuration name already exists: {name}");
            return Err(ApiError::bad_request("DeploymentConfigAlreadyExistsException", message));
        }
        state.configurations.insert(name, Configuration { id: id.clone(), created_at, routing });
        Ok(json!({"deploymentConfigId": id}))
    }

    /// The traffic routing of a configuration.
    pub(super) fn routing(&self, name: &str) -> Result<Value, ApiError> {
        let state = self.state.lock();
        state.configurations.get(name).map(|c| c.routing.clone()).ok_or_else(|| no_configuration(name))
    }

    pub(super) fn configuration(&self, request: &Names) -> Result<Value, ApiError> {
        let name = request.deployment_config_name.clone().unwrap_or_default();
        let state = self.state.lock();
        let found = state.configurations.get(&name).ok_or_else(|| no_configuration(&name))?;
        Ok(json!({"deploymentConfigInfo": {
            "deploymentConfigId": found.id, "deploymentConfigName": name, "createTime": epoch(found.created_at),
            "computePlatform": "Lambda", "trafficRoutingConfig": found.routing,
        }}))
    }

    pub(super) fn list_configurations(&self) -> Value {
        json!({"deploymentConfigsList": self.state.lock().configurations.keys().collect::<Vec<_>>()})
    }
}
