//! All alarms with their states.
//!
//! A new alarm starts in INSUFFICIENT_DATA; updating one replaces its definition and leaves its state (A). Deleting
//! unknown names among known ones deletes the known ones (A); only unknown names are `ResourceNotFound` (C).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{
    decide::AlarmState,
    definition::Definition,
    evaluate::{Outcome, evaluate},
    history::History,
    reason,
};
use crate::{
    cloudwatch::{
        errors,
        input::{Family, Members},
        metric::store::Store,
    },
    error::ApiError,
};

/// An alarm that changed its state.
#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    /// The alarm's name.
    pub alarm_name: String,
    /// The alarm's ARN.
    pub alarm_arn: String,
    /// The state before.
    pub from: AlarmState,
    /// The state now.
    pub to: AlarmState,
    /// Why, for people.
    pub reason: String,
    /// Why, as a JSON document.
    pub reason_data: String,
    /// When it was evaluated.
    pub at: DateTime<Utc>,
}

/// One alarm.
#[derive(Debug, Clone)]
pub(super) struct Alarm {
    pub(super) definition: Definition,
    pub(super) arn: String,
    pub(super) configured: DateTime<Utc>,
    pub(super) state: AlarmState,
    pub(super) reason: String,
    /// Absent until the first evaluation.
    pub(super) reason_data: Option<String>,
    pub(super) updated: DateTime<Utc>,
}

/// The alarms of one account and region.
#[derive(Debug)]
pub(in crate::cloudwatch) struct Registry {
    /// `arn:aws:cloudwatch:<region>:<account>:alarm:`
    arn_prefix: String,
    pub(super) alarms: BTreeMap<String, Alarm>,
    pub(in crate::cloudwatch) history: History,
}

impl Registry {
    pub(in crate::cloudwatch) fn new(region: &str, account: &str) -> Self {
        let arn_prefix = format!("arn:aws:cloudwatch:{region}:{account}:alarm:");
        Self { arn_prefix, alarms: BTreeMap::new(), history: History::default() }
    }

    pub(in crate::cloudwatch) fn state(&self, name: &str) -> Option<AlarmState> {
        self.alarms.get(name).map(|alarm| alarm.state)
    }

    /// `PutMetricAlarm`: creates an alarm or replaces the definition of one.
    pub(in crate::cloudwatch) fn put(
        &mut self,
        input: &Value,
        now: DateTime<Utc>,
    ) -> Result<Value, ApiError> {
        let definition = Definition::read(input)?;
        let name = definition.name.clone();
        let verb = if self.alarms.contains_key(&name) { "updated" } else { "created" };
        self.history.configuration(&name, verb, now);
        let arn = format!("{}{name}", self.arn_prefix);
        let alarm = self.alarms.entry(name).or_insert_with(|| Alarm {
            definition: definition.clone(),
            arn,
            configured: now,
            state: AlarmState::InsufficientData,
            reason: reason::INITIAL.to_owned(),
            reason_data: None,
            updated: now,
        });
        alarm.definition = definition;
        alarm.configured = now;
        Ok(json!({}))
    }

    /// `DeleteAlarms`; the history stays.
    pub(in crate::cloudwatch) fn delete(
        &mut self,
        input: &Value,
        now: DateTime<Utc>,
    ) -> Result<Value, ApiError> {
        let names = read_names(input)?;
        let mut found = false;
        for name in &names {
            if self.alarms.remove(name).is_some() {
                found = true;
                self.history.configuration(name, "deleted", now);
            }
        }
        if found {
            Ok(json!({}))
        } else {
            Err(errors::not_found(format!("No alarm found for {}", names.join(", "))))
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
                alarm.definition.actions_enabled = enabled;
                alarm.configured = now;
                self.history.configuration(&name, "updated", now);
            }
        }
        Ok(json!({}))
    }

    /// Evaluates every alarm and returns those that changed, by name.
    pub(in crate::cloudwatch) fn evaluate(&mut self, store: &Store, now: DateTime<Utc>) -> Vec<Transition> {
        let mut transitions = Vec::new();
        for alarm in self.alarms.values_mut() {
            let outcome = evaluate(&alarm.definition, store, now);
            if let Some(outcome) = outcome.filter(|outcome| outcome.state != alarm.state) {
                self.history.state(alarm, &outcome, now);
                transitions.push(alarm.change(outcome, now));
            }
        }
        transitions
    }
}

impl Alarm {
    /// Takes over the outcome of an evaluation that differs from the present state.
    fn change(&mut self, outcome: Outcome, now: DateTime<Utc>) -> Transition {
        let from = std::mem::replace(&mut self.state, outcome.state);
        self.reason.clone_from(&outcome.reason);
        self.reason_data = Some(outcome.reason_data.clone());
        self.updated = now;
        Transition {
            alarm_name: self.definition.name.clone(),
            alarm_arn: self.arn.clone(),
            from,
            to: self.state,
            reason: outcome.reason,
            reason_data: outcome.reason_data,
            at: now,
        }
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
