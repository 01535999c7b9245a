//! What a request must hold before anything is looked up; codes and limits are the API model's.

use std::collections::BTreeSet;

use super::model::{AlarmConfiguration, AutoRollback};
use crate::error::ApiError;

/// Longest name of an application, a group or a configuration.
const LONGEST_NAME: usize = 100;
/// Longest name of an alarm.
const LONGEST_ALARM_NAME: usize = 255;
/// Alarms that one group may watch (CodeDeploy's limits page).
const MOST_ALARMS: usize = 10;
/// Events that may lead to a rollback.
const ROLLBACK_EVENTS: [&str; 3] =
    ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"];
/// Statuses that a list may be narrowed to; a Lambda deployment has five of them.
const STATUSES: [&str; 8] =
    ["Created", "Queued", "InProgress", "Baking", "Succeeded", "Failed", "Stopped", "Ready"];

/// Things with names, and the errors of a name that is missing or malformed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Named {
    Application,
    Group,
    Configuration,
}

impl Named {
    /// What it is called, then the codes for a missing and a malformed name.
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Application => {
                ("application", "ApplicationNameRequiredException", "InvalidApplicationNameException")
            }
            Self::Group => (
                "deployment group",
                "DeploymentGroupNameRequiredException",
                "InvalidDeploymentGroupNameException",
            ),
            Self::Configuration => (
                "deployment configuration",
                "DeploymentConfigNameRequiredException",
                "InvalidDeploymentConfigNameException",
            ),
        }
    }

    /// Checks a name's presence and form.
    ///
    /// # Errors
    /// The kind's own `…NameRequiredException` or `Invalid…NameException`.
    pub(super) fn check(self, name: &str) -> Result<(), ApiError> {
        let (what, required, invalid) = self.words();
        if name.is_empty() {
            return Err(ApiError::bad_request(required, format!("The {what} name is required")));
        }
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"+=,.@_-".contains(&b);
        if name.len() > LONGEST_NAME || !name.bytes().all(allowed) {
            let message =
                format!("The {what} name {name:?} is not valid: 1 to {LONGEST_NAME} of [A-Za-z0-9+=,.@_-]");
            return Err(ApiError::bad_request(invalid, message));
        }
        Ok(())
    }
}

/// Checks the alarms of a group or of one deployment.
pub(super) fn alarms(of: &AlarmConfiguration) -> Result<(), ApiError> {
    let invalid = |message: &str| Err(ApiError::bad_request("InvalidAlarmConfigException", message));
    if of.alarms.len() > MOST_ALARMS {
        let message = format!("The maximum number of alarms for a deployment group is {MOST_ALARMS}");
        return Err(ApiError::bad_request("AlarmsLimitExceededException", message));
    }
    if of.enabled && of.alarms.is_empty() {
        return invalid("The alarm configuration is enabled, but names no alarm");
    }
    if of.alarms.iter().any(|a| a.name.is_empty() || a.name.len() > LONGEST_ALARM_NAME) {
        return invalid("The name of an alarm is empty or longer than 255 characters");
    }
    let different: BTreeSet<_> = of.alarms.iter().map(|a| &a.name).collect();
    if different.len() < of.alarms.len() {
        return invalid("Two alarms have the same name");
    }
    Ok(())
}

/// Checks a rollback configuration.
pub(super) fn auto_rollback(of: &AutoRollback) -> Result<(), ApiError> {
    let invalid = |message: String| Err(ApiError::bad_request("InvalidAutoRollbackConfigException", message));
    if of.enabled && of.events.is_empty() {
        return invalid("Automatic rollback is enabled, but names no event".to_owned());
    }
    match of.events.iter().find(|e| !ROLLBACK_EVENTS.contains(&e.as_str())) {
        Some(unknown) => invalid(format!("{unknown:?} is no event of automatic rollbacks")),
        None => Ok(()),
    }
}

/// Checks the statuses that a list is narrowed to.
pub(super) fn statuses(given: &[String]) -> Result<(), ApiError> {
    match given.iter().find(|s| !STATUSES.contains(&s.as_str())) {
        Some(unknown) => {
            let message = format!("{unknown:?} is no status of a deployment");
            Err(ApiError::bad_request("InvalidDeploymentStatusException", message))
        }
        None => Ok(()),
    }
}

/// Checks how many names or ids a batch call has.
pub(super) fn batch(given: usize, most: usize, code: &'static str) -> Result<(), ApiError> {
    if given <= most {
        return Ok(());
    }
    Err(ApiError::bad_request(code, format!("{given} names or ids were given, at most {most} are allowed")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_is_refused_when_it_is_missing_too_long_or_has_a_strange_character() {
        let code = |name: &str| Named::Group.check(name).map_err(|e| e.code);
        assert_eq!(code("group-1.live@a"), Ok(()));
        assert_eq!(code(&"g".repeat(100)), Ok(()));
        assert_eq!(code(""), Err("DeploymentGroupNameRequiredException"));
        for bad in ["my group", "a/b", "größe", &"g".repeat(101)] {
            assert_eq!(code(bad), Err("InvalidDeploymentGroupNameException"), "{bad}");
        }
    }
}
