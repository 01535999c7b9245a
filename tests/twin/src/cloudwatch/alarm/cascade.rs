//! How changes of alarms reach the composite alarms above them, and how a hand sets a state (`SetAlarmState`).
//!
//! A metric alarm set by hand returns to its actual state at its next evaluation, a composite one when one of its alarms
//! changes or when it is put again (A). Composite alarms above follow at once, as they do after an evaluation (B).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    decide::AlarmState,
    describe::STATES,
    evaluate::Outcome,
    registry::{Kind, Registry, Transition},
};
use crate::{
    cloudwatch::{
        errors,
        input::{Family, Members},
    },
    error::ApiError,
};

impl Registry {
    /// Evaluates the composite alarms that have a reason to be, and adds those that changed to `transitions`.
    pub(super) fn evaluate_composites(&mut self, transitions: &mut Vec<Transition>, now: DateTime<Utc>) {
        let mut states: BTreeMap<String, AlarmState> = BTreeMap::new();
        for name in self.composites_in_order() {
            let children = self.children(&name);
            states.extend(children.iter().filter_map(|child| Some((child.clone(), self.state(child)?))));
            let Some(alarm) = self.alarms.get_mut(&name) else { continue };
            let Kind::Composite(composite) = &mut alarm.kind else { continue };
            let trigger = transitions.iter().rev().find(|change| children.contains(&change.alarm_name));
            if trigger.is_none() && composite.stale.is_none() {
                continue;
            }
            let outcome = composite.evaluate(&alarm.arn, |child| states.get(child).copied(), trigger);
            composite.stale = None;
            if outcome.state != alarm.state {
                self.history.state(alarm, &outcome, now);
                transitions.push(alarm.change(outcome, now));
            }
        }
    }

    /// The composite alarms, each after the composite alarms it depends on.
    fn composites_in_order(&self) -> Vec<String> {
        let composites = self.alarms.iter().filter(|(_, alarm)| matches!(alarm.kind, Kind::Composite(_)));
        let mut left: BTreeMap<_, _> =
            composites.map(|(name, _)| (name.clone(), self.children(name))).collect();
        let mut ordered = Vec::new();
        // Rules have no circles, so every round finds some.
        while !left.is_empty() {
            let waits = |children: &BTreeSet<String>| children.iter().any(|child| left.contains_key(child));
            let ready: Vec<_> =
                left.iter().filter(|(_, children)| !waits(children)).map(|(name, _)| name.clone()).collect();
            if ready.is_empty() {
                break;
            }
            ready.iter().for_each(|name| drop(left.remove(name)));
            ordered.extend(ready);
        }
        ordered
    }

    /// `SetAlarmState`, and what follows from it. The same state again is noted in the alarm and is no change (C).
    pub(in crate::cloudwatch) fn set_state(
        &mut self,
        input: &Value,
        now: DateTime<Utc>,
    ) -> Result<Vec<Transition>, ApiError> {
        let request = Members::new(input, Family::Validation)?;
        let name = request.require("AlarmName", request.text("AlarmName", 255)?)?;
        let state = request.require("StateValue", request.word("StateValue", &STATES)?)?;
        let reason = request.require("StateReason", request.text_or_empty("StateReason", 1_023)?)?;
        let data = request.text_or_empty("StateReasonData", 4_000)?.filter(|data| !data.is_empty());
        if data.is_some_and(|data| serde_json::from_str::<Value>(data).is_err()) {
            return Err(errors::invalid_format("StateReasonData was not syntactically valid JSON"));
        }
        let unknown = || errors::not_found(format!("There is no alarm named {name}"));
        let alarm = self.alarms.get_mut(name).ok_or_else(unknown)?;
        let outcome = Outcome { state, reason: reason.to_owned(), reason_data: data.map(str::to_owned) };
        if alarm.state == state {
            alarm.set(outcome, now);
            return Ok(Vec::new());
        }
        self.history.state(alarm, &outcome, now);
        let mut transitions = vec![alarm.change(outcome, now)];
        self.evaluate_composites(&mut transitions, now);
        Ok(transitions)
    }
}
