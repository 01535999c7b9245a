//! `DeleteAlarms`, `EnableAlarmActions` and `DisableAlarmActions`: operations on lists of alarms.
//!
//! Deleting unknown names among known ones deletes the known ones (A); only unknown names are `ResourceNotFound` (C). An
//! alarm that a composite alarm refers to cannot be deleted (A; the words B), except together with that one (C).

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::registry::{Kind, Registry};
use crate::{
    cloudwatch::{
        errors,
        input::{Family, Members},
    },
    error::ApiError,
};

impl Registry {
    /// `DeleteAlarms`; the history stays.
    pub(in crate::cloudwatch) fn delete(
        &mut self,
        input: &Value,
        now: DateTime<Utc>,
    ) -> Result<Value, ApiError> {
        let names = read_names(input)?;
        self.check_deletion(&names)?;
        let mut found = false;
        for name in &names {
            if let Some(alarm) = self.alarms.remove(name) {
                found = true;
                self.history.configuration(name, alarm.kind.as_str(), "deleted", now);
            }
        }
        if found {
            Ok(json!({}))
        } else {
            Err(errors::not_found(format!("No alarm found for {}", names.join(", "))))
        }
    }

    fn check_deletion(&self, names: &[String]) -> Result<(), ApiError> {
        let composites = self.alarms.iter().filter_map(|(name, alarm)| match &alarm.kind {
            Kind::Composite(composite) => Some((name, composite)),
            Kind::Metric(_) => None,
        });
        let (deleted, kept): (Vec<_>, Vec<_>) = composites.partition(|(name, _)| names.contains(name));
        // One composite alarm in one operation (A, API model).
        if deleted.len() > 1 {
            return Err(errors::validation("At most one composite alarm can be deleted in one operation."));
        }
        let needed = |name: &&String| kept.iter().any(|(_, composite)| composite.refers_to(name));
        match names.iter().find(needed) {
            Some(name) => Err(errors::validation(format!(
                "Cannot delete {name} as there are composite alarm(s) depending on it"
            ))),
            None => Ok(()),
        }
    }

    /// `EnableAlarmActions` and `DisableAlarmActions`; unknown names are passed over.
    pub(in crate::cloudwatch) fn set_actions(
        &mut self,
        input: &Value,
        enabled: bool,
        now: DateTime<Utc>,
    ) -> Result<Value, ApiError> {
        for name in read_names(input)? {
            if let Some(alarm) = self.alarms.get_mut(&name) {
                alarm.common.actions_enabled = enabled;
                alarm.configured = now;
                self.history.configuration(&name, alarm.kind.as_str(), "updated", now);
            }
        }
        Ok(json!({}))
    }
}

/// One to a hundred alarm names.
fn read_names(input: &Value) -> Result<Vec<String>, ApiError> {
    let request = Members::new(input, Family::Validation)?;
    let names = request.texts("AlarmNames")?;
    match names.len() {
        0 => Err(request.missing("AlarmNames")),
        1..=100 => Ok(names),
        _ => Err(request.invalid("AlarmNames", "there must be at most 100")),
    }
}
