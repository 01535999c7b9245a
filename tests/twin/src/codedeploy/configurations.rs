//! Deployment configurations: the predefined ones for Lambda and custom ones, as traffic steps in time.

use std::collections::BTreeMap;

use chrono::DateTime;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    CodeDeploy,
    checks::Named,
    errors::no_configuration,
    model::{Configuration, epoch},
    requests::Names,
};
use crate::error::ApiError;

/// Names with this start belong to CodeDeploy itself.
const RESERVED: &str = "CodeDeployDefault.";

/// Longest span between the first and the last shift, two days (CodeDeploy's limits page).
const LONGEST_MINUTES: i64 = 2880;

/// The configurations that every account has.
pub(super) fn predefined() -> BTreeMap<String, Configuration> {
    let mut all =
        BTreeMap::from([("CodeDeployDefault.LambdaAllAtOnce".to_owned(), json!({"type": "AllAtOnce"}))]);
    for minutes in [5, 10, 15, 30] {
        let routing = json!({"type": "TimeBasedCanary", "timeBasedCanary": {"canaryPercentage": 10, "canaryInterval": minutes}});
        all.insert(format!("CodeDeployDefault.LambdaCanary10Percent{minutes}Minutes"), routing);
    }
    for (name, minutes) in
        [("Every1Minute", 1), ("Every2Minutes", 2), ("Every3Minutes", 3), ("Every10Minutes", 10)]
    {
        let routing = json!({"type": "TimeBasedLinear", "timeBasedLinear": {"linearPercentage": 10, "linearInterval": minutes}});
        all.insert(format!("CodeDeployDefault.LambdaLinear10Percent{name}"), routing);
    }
    let made =
        |routing| Configuration { id: Uuid::new_v4().to_string(), created_at: DateTime::UNIX_EPOCH, routing };
    all.into_iter().map(|(name, routing)| (name, made(routing))).collect()
}

/// The weight in percent and the minutes after the first shift, for each step.
///
/// # Errors
/// `InvalidTrafficRoutingConfigurationException` for a shape or number that CodeDeploy refuses.
pub(super) fn steps(routing: &Value) -> Result<Vec<(f64, i64)>, ApiError> {
    let invalid =
        |m: &str| ApiError::bad_request("InvalidTrafficRoutingConfigurationException", m.to_owned());
    let pair = |object: &str, percent: &str, interval: &str| {
        let part = &routing[object];
        let percent = part[percent].as_i64().filter(|p| (1..=99).contains(p));
        let minutes = part[interval].as_i64().filter(|m| (1..=LONGEST_MINUTES).contains(m));
        percent
            .zip(minutes)
            .ok_or_else(|| invalid("the percentage must be 1 to 99 and the interval 1 to 2880 minutes"))
    };
    let weight = |percent: i64| f64::from(u8::try_from(percent).unwrap_or(100));
    match routing["type"].as_str() {
        Some("AllAtOnce") => Ok(vec![(100.0, 0)]),
        Some("TimeBasedCanary") => {
            let (percent, minutes) = pair("timeBasedCanary", "canaryPercentage", "canaryInterval")?;
            Ok(vec![(weight(percent), 0), (100.0, minutes)])
        }
        Some("TimeBasedLinear") => {
            let (percent, minutes) = pair("timeBasedLinear", "linearPercentage", "linearInterval")?;
            let count = (100 + percent - 1) / percent;
            if (count - 1) * minutes > LONGEST_MINUTES {
                return Err(invalid("the last shift must come within 2880 minutes of the first"));
            }
            Ok((1..=count).map(|i| (weight((i * percent).min(100)), (i - 1) * minutes)).collect())
        }
        _ => Err(invalid("type must be AllAtOnce, TimeBasedCanary or TimeBasedLinear")),
    }
}

impl CodeDeploy {
    pub(super) fn create_configuration(&self, request: &Names) -> Result<Value, ApiError> {
        let name = configuration_name(request)?;
        if name.starts_with(RESERVED) {
            let message = format!("The deployment configuration name {name} is reserved: {RESERVED}*");
            return Err(ApiError::bad_request("InvalidDeploymentConfigNameException", message));
        }
        let routing = request.traffic_routing_config.clone();
        steps(&routing)?;
        let (id, created_at) = (Uuid::new_v4().to_string(), self.now());
        let mut state = self.state.lock();
        if state.configurations.contains_key(name) {
            let message = format!("Deployment configuration name already exists: {name}");
            return Err(ApiError::bad_request("DeploymentConfigAlreadyExistsException", message));
        }
        state.configurations.insert(name.to_owned(), Configuration { id: id.clone(), created_at, routing });
        Ok(json!({"deploymentConfigId": id}))
    }

    /// The traffic routing of a configuration.
    pub(super) fn routing(&self, name: &str) -> Result<Value, ApiError> {
        Named::Configuration.check(name)?;
        let state = self.state.lock();
        state.configurations.get(name).map(|c| c.routing.clone()).ok_or_else(|| no_configuration(name))
    }

    pub(super) fn configuration(&self, request: &Names) -> Result<Value, ApiError> {
        let name = configuration_name(request)?;
        let state = self.state.lock();
        let found = state.configurations.get(name).ok_or_else(|| no_configuration(name))?;
        Ok(json!({"deploymentConfigInfo": {
            "deploymentConfigId": found.id, "deploymentConfigName": name, "createTime": epoch(found.created_at),
            "computePlatform": "Lambda", "trafficRoutingConfig": found.routing,
        }}))
    }

    pub(super) fn list_configurations(&self) -> Value {
        json!({"deploymentConfigsList": self.state.lock().configurations.keys().collect::<Vec<_>>()})
    }

    /// Deleting what is not there succeeds: the model has no error for it.
    pub(super) fn delete_configuration(&self, request: &Names) -> Result<(), ApiError> {
        let name = configuration_name(request)?;
        if name.starts_with(RESERVED) {
            let message = format!("The deployment configuration {name} is predefined");
            return Err(ApiError::bad_request("InvalidOperationException", message));
        }
        let mut state = self.state.lock();
        let mut groups = state.applications.values().flat_map(|a| a.groups.values());
        if groups.any(|g| g.deployment_config_name == name) {
            let message = format!("The deployment configuration {name} is used by a deployment group");
            return Err(ApiError::bad_request("DeploymentConfigInUseException", message));
        }
        state.configurations.remove(name);
        Ok(())
    }
}

fn configuration_name(request: &Names) -> Result<&str, ApiError> {
    let name = request.deployment_config_name.as_deref().unwrap_or_default();
    Named::Configuration.check(name)?;
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routing(name: &str) -> Value {
        predefined()[name].routing.clone()
    }

    #[test]
    fn canary_has_two_steps_when_predefined() {
        let steps = steps(&routing("CodeDeployDefault.LambdaCanary10Percent15Minutes")).unwrap();
        assert_eq!(steps, [(10.0, 0), (100.0, 15)]);
    }

    #[test]
    fn linear_ends_at_hundred_when_the_increment_does_not_divide_it() {
        let custom = json!({"type": "TimeBasedLinear", "timeBasedLinear": {"linearPercentage": 40, "linearInterval": 2}});
        assert_eq!(steps(&custom).unwrap(), [(40.0, 0), (80.0, 2), (100.0, 4)]);
        assert_eq!(
            steps(&routing("CodeDeployDefault.LambdaLinear10PercentEvery3Minutes")).unwrap().last(),
            Some(&(100.0, 27))
        );
    }

    #[test]
    fn routing_is_refused_when_a_number_is_out_of_range() {
        for percent in [0, 100, -1] {
            let bad = json!({"type": "TimeBasedCanary", "timeBasedCanary": {"canaryPercentage": percent, "canaryInterval": 5}});
            assert_eq!(steps(&bad).unwrap_err().code, "InvalidTrafficRoutingConfigurationException");
        }
        let slow = json!({"type": "TimeBasedLinear", "timeBasedLinear": {"linearPercentage": 1, "linearInterval": 30}});
        assert!(steps(&slow).is_err());
    }
}
