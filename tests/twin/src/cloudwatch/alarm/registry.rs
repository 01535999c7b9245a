//! All alarms with their states.
//!
//! A new alarm starts in INSUFFICIENT_DATA; updating one replaces its definition and leaves its state (A). Metric and
//! composite alarms share one space of names (A); putting one kind over the other is refused (C).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{
    common::Common,
    composite::CompositeAlarm,
    decide::AlarmState,
    definition::MetricAlarm,
    evaluate::{Outcome, evaluate},
    history::History,
    notification::Notification,
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
    /// Why, as a JSON document; empty when a hand set the state and gave none.
    pub reason_data: String,
    /// When it was evaluated.
    pub at: DateTime<Utc>,
    /// The detail of the event that tells of it.
    pub detail: Value,
    /// What is published to whom.
    pub notification: Notification,
}

/// What an alarm watches.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    Metric(Box<MetricAlarm>),
    Composite(Box<CompositeAlarm>),
}

impl Kind {
    /// Its name in the API.
    pub(super) fn as_str(&self) -> &'static str {
        match self {
            Self::Metric(_) => "MetricAlarm",
            Self::Composite(_) => "CompositeAlarm",
        }
    }
}

/// One alarm.
#[derive(Debug, Clone)]
pub(super) struct Alarm {
    pub(super) common: Common,
    pub(super) kind: Kind,
    pub(super) arn: String,
    pub(super) configured: DateTime<Utc>,
    pub(super) state: AlarmState,
    pub(super) reason: String,
    /// Absent until the first evaluation.
    pub(super) reason_data: Option<String>,
    /// When the state was last set, be it to the same.
    pub(super) updated: DateTime<Utc>,
    /// When the state last changed.
    pub(super) transitioned: DateTime<Utc>,
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
        let request = Members::new(input, Family::Validation)?;
        let (common, alarm) = (Common::read(&request)?, MetricAlarm::read(&request)?);
        self.define(common, Kind::Metric(Box::new(alarm)), now)
    }

    /// `PutCompositeAlarm`: the same for an alarm on alarms. AWS takes rules that go in a circle and never evaluates
    /// them (A); here they are refused, because nothing good can come of one.
    pub(in crate::cloudwatch) fn put_composite(
        &mut self,
        input: &Value,
        now: DateTime<Utc>,
    ) -> Result<Value, ApiError> {
        let request = Members::new(input, Family::Validation)?;
        let common = Common::read(&request)?;
        let mut alarm = CompositeAlarm::read(&request, |reference| {
            let name = reference.strip_prefix(&self.arn_prefix).unwrap_or(reference);
            self.alarms.contains_key(name).then(|| name.to_owned())
        })?;
        if let Some(child) = alarm.children().into_iter().find(|child| self.reaches(child, &common.name)) {
            let problem = format!("'{child}' depends on this alarm itself");
            return Err(request.invalid("AlarmRule", problem));
        }
        alarm.stale = Some(if self.alarms.contains_key(&common.name) { "updated" } else { "created" });
        self.define(common, Kind::Composite(Box::new(alarm)), now)
    }

    /// Whether the alarm `from` is the alarm `to` or depends on it.
    fn reaches(&self, from: &str, to: &str) -> bool {
        let (mut ahead, mut seen) = (vec![from.to_owned()], BTreeSet::new());
        while let Some(name) = ahead.pop() {
            if name == to {
                return true;
            }
            if seen.insert(name.clone()) {
                ahead.extend(self.children(&name));
            }
        }
        false
    }

    /// The alarms that a composite alarm depends on.
    pub(super) fn children(&self, name: &str) -> BTreeSet<String> {
        match self.alarms.get(name).map(|alarm| &alarm.kind) {
            Some(Kind::Composite(composite)) => composite.children(),
            _ => BTreeSet::new(),
        }
    }

    fn define(&mut self, common: Common, kind: Kind, now: DateTime<Utc>) -> Result<Value, ApiError> {
        let name = common.name.clone();
        let present = self.alarms.get(&name).map(|alarm| alarm.kind.as_str());
        if let Some(present) = present.filter(|present| *present != kind.as_str()) {
            let problem = format!("The alarm {name} exists already, as a {present}.");
            return Err(errors::validation(problem));
        }
        let verb = if present.is_some() { "updated" } else { "created" };
        self.history.configuration(&name, kind.as_str(), verb, now);
        let arn = format!("{}{name}", self.arn_prefix);
        let (state, reason) = (AlarmState::InsufficientData, reason::INITIAL.to_owned());
        let (updated, transitioned) = (now, now);
        let new = Alarm {
            common,
            kind,
            arn,
            configured: now,
            state,
            reason,
            reason_data: None,
            updated,
            transitioned,
        };
        match self.alarms.get_mut(&name) {
            Some(alarm) => {
                alarm.common = new.common;
                alarm.kind = new.kind;
                alarm.configured = now;
            }
            None => {
                self.alarms.insert(name, new);
            }
        }
        Ok(json!({}))
    }

    /// Evaluates every alarm and returns those that changed: metric alarms by name, then composite ones, each after
    /// those it depends on.
    pub(in crate::cloudwatch) fn evaluate(&mut self, store: &Store, now: DateTime<Utc>) -> Vec<Transition> {
        let mut transitions = Vec::new();
        for alarm in self.alarms.values_mut() {
            let Kind::Metric(metric) = &alarm.kind else { continue };
            let outcome = evaluate(metric, store, now);
            if let Some(outcome) = outcome.filter(|outcome| outcome.state != alarm.state) {
                self.history.state(alarm, &outcome, now);
                transitions.push(alarm.change(outcome, now));
            }
        }
        self.evaluate_composites(&mut transitions, now);
        transitions
    }
}

impl Alarm {
    /// Takes over an outcome that differs from the present state.
    pub(super) fn change(&mut self, outcome: Outcome, now: DateTime<Utc>) -> Transition {
        let (from, previous) = (self.state, self.told_state());
        self.transitioned = now;
        self.set(outcome.clone(), now);
        Transition {
            alarm_name: self.common.name.clone(),
            alarm_arn: self.arn.clone(),
            from,
            to: self.state,
            reason: outcome.reason,
            reason_data: outcome.reason_data.unwrap_or_default(),
            at: now,
            detail: self.told_change(&previous),
            notification: self.notification(from),
        }
    }

    pub(super) fn set(&mut self, outcome: Outcome, now: DateTime<Utc>) {
        self.state = outcome.state;
        self.reason = outcome.reason;
        self.reason_data = outcome.reason_data;
        self.updated = now;
    }
}
