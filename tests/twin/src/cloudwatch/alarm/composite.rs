//! A composite alarm: the checked input of `PutCompositeAlarm`, and why it has its state.
//!
//! It is in ALARM while its rule holds and in OK while it does not; INSUFFICIENT_DATA only before its first evaluation
//! (A). It is evaluated when one of its alarms changes and when it is put, at no other time, so that a state set by
//! hand stays until then (A). Members of the actions suppressor are kept and shown and suppress nothing.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{condition::Condition, decide::AlarmState, evaluate::Outcome, registry::Transition};
use crate::{
    cloudwatch::{input::Members, time},
    error::ApiError,
};

/// The longest rule (A, API model).
const LONGEST_RULE: usize = 10_240;
/// How the suppressor's two periods are called.
const PERIODS: [&str; 2] = ["ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod"];

#[derive(Debug, Clone, PartialEq)]
pub(in crate::cloudwatch) struct CompositeAlarm {
    /// With names in place of ARNs.
    rule: Condition,
    /// As it was given.
    rule_text: String,
    /// As it was given, and the name of that alarm.
    suppressor: Option<(String, String)>,
    /// Wait and extension, in seconds.
    periods: Vec<(&'static str, u64)>,
    /// Put since the last evaluation: how, for the reason.
    pub(super) stale: Option<&'static str>,
}

impl CompositeAlarm {
    /// Reads and checks the input; `name_of` gives the name of the alarm that a name or an ARN refers to.
    pub(super) fn read(
        request: &Members<'_>,
        name_of: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ApiError> {
        let text = request.require("AlarmRule", request.text("AlarmRule", LONGEST_RULE)?)?;
        let rule = Condition::parse(text).map_err(|problem| problem.in_place("AlarmRule"))?;
        let unknown = |member: &str, alarm: &str| {
            request.invalid(member, format!("there is no alarm '{alarm}' that it could refer to"))
        };
        let known = |alarm: &str| name_of(alarm).ok_or_else(|| unknown("AlarmRule", alarm));
        let rule = rule.with_names(&known)?;
        let given = request.text("ActionsSuppressor", 1_600)?;
        let suppressor = given.map(|alarm| {
            let name = name_of(alarm).ok_or_else(|| unknown("ActionsSuppressor", alarm))?;
            Ok((alarm.to_owned(), name))
        });
        let mut periods = Vec::new();
        for member in PERIODS {
            let seconds = request.whole(member)?;
            if given.is_some() && seconds.is_none() {
                return Err(request.missing(member));
            }
            periods.extend(seconds.map(|seconds| (member, seconds)));
        }
        Ok(Self {
            rule,
            rule_text: text.to_owned(),
            suppressor: suppressor.transpose()?,
            periods,
            stale: None,
        })
    }

    /// The alarms whose states decide.
    pub(super) fn children(&self) -> BTreeSet<String> {
        self.rule.alarms()
    }

    /// Whether this alarm needs the alarm `name`: in its rule, or as its suppressor (the latter C).
    pub(super) fn refers_to(&self, name: &str) -> bool {
        self.suppressor.as_ref().is_some_and(|(_, suppressor)| suppressor == name)
            || self.children().contains(name)
    }

    /// What the rule says, given the states of alarms. `trigger` is the change that made it worth asking, `arn` the
    /// composite alarm's own. The words follow examples of events (B), those without a trigger are ours.
    pub(super) fn evaluate(
        &self,
        arn: &str,
        state: impl Fn(&str) -> Option<AlarmState>,
        trigger: Option<&Transition>,
    ) -> Outcome {
        let holds = self.rule.holds(&state);
        let state = if holds { AlarmState::Alarm } else { AlarmState::Ok };
        let triggering: Vec<_> = trigger
            .map(|change| {
                let at = time::reason_data_format(change.at);
                json!({"arn": change.alarm_arn, "state": {"value": change.to.as_str(), "timestamp": at}})
            })
            .into_iter()
            .collect();
        let reason = match trigger {
            Some(change) => {
                let at = change.at.format("%A %d %B, %Y %H:%M:%S UTC");
                format!("{} transitioned to {} at {at}", change.alarm_arn, change.to.as_str())
            }
            None => {
                let verb = self.stale.unwrap_or("evaluated");
                format!("{arn} was {verb} and its alarm rule evaluates to {}", state.as_str())
            }
        };
        let reason_data = Some(json!({"triggeringAlarms": triggering}).to_string());
        Outcome { state, reason, reason_data }
    }

    /// Adds the members of the API to `members`; a null stands for an absent one.
    pub(super) fn describe(&self, members: &mut Map<String, Value>) {
        let mut add = |name: &str, value: Value| members.insert(name.to_owned(), value);
        add("AlarmRule", json!(self.rule_text));
        add("ActionsSuppressor", json!(self.suppressor.as_ref().map(|(given, _)| given)));
        for (member, seconds) in &self.periods {
            add(member, json!(seconds));
        }
    }
}
