//! `DescribeAlarmHistory`: state and configuration changes of alarms, also of deleted ones.
//!
//! Newest first unless asked otherwise; without `AlarmTypes` those of metric alarms only (A). AWS keeps 30 days
//! (A), the twin everything.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{describe::read_kinds, evaluate::Outcome, registry::Alarm};
use crate::{
    cloudwatch::{
        input::{Family, Members},
        page, time,
    },
    error::ApiError,
};

/// Items in one answer, and the most a request may ask for.
const PAGE: usize = 100;

/// The item types that occur here; others of the API match nothing.
const TYPES: [(&str, &str); 5] = [
    ("ConfigurationUpdate", "ConfigurationUpdate"),
    ("StateUpdate", "StateUpdate"),
    ("Action", "Action"),
    ("AlarmContributorStateUpdate", "AlarmContributorStateUpdate"),
    ("AlarmContributorAction", "AlarmContributorAction"),
];

#[derive(Debug, Clone)]
struct Item {
    alarm: String,
    /// `MetricAlarm` or `CompositeAlarm`.
    alarm_type: &'static str,
    kind: &'static str,
    at: DateTime<Utc>,
    summary: String,
    data: String,
}

/// The history of all alarms, oldest first.
#[derive(Debug, Default)]
pub(in crate::cloudwatch) struct History {
    items: Vec<Item>,
}

impl History {
    /// Notes that a definition was created, updated or deleted.
    pub(super) fn configuration(
        &mut self,
        alarm: &str,
        alarm_type: &'static str,
        verb: &str,
        at: DateTime<Utc>,
    ) {
        let kind = match verb {
            "created" => "Create",
            "deleted" => "Delete",
            _ => "Update",
        };
        let data = json!({"version": "1.0", "type": kind}).to_string();
        let summary = format!("Alarm \"{alarm}\" {verb}");
        let (alarm, kind) = (alarm.to_owned(), "ConfigurationUpdate");
        self.items.push(Item { alarm, alarm_type, kind, at, summary, data });
    }

    /// Notes that `alarm` is about to change to `outcome`.
    pub(super) fn state(&mut self, alarm: &Alarm, outcome: &Outcome, at: DateTime<Utc>) {
        let state = |value: &str, reason: &str, data: Option<&str>| {
            let data = data.and_then(|text| serde_json::from_str::<Value>(text).ok());
            json!({"stateValue": value, "stateReason": reason, "stateReasonData": data})
        };
        let (old, new) = (alarm.state.as_str(), outcome.state.as_str());
        let data = json!({
            "version": "1.0",
            "oldState": state(old, &alarm.reason, alarm.reason_data.as_deref()),
            "newState": state(new, &outcome.reason, outcome.reason_data.as_deref()),
        });
        self.items.push(Item {
            alarm: alarm.common.name.clone(),
            alarm_type: alarm.kind.as_str(),
            kind: "StateUpdate",
            at,
            summary: format!("Alarm updated from {old} to {new}"),
            data: data.to_string(),
        });
    }

    pub(in crate::cloudwatch) fn describe(&self, input: &Value) -> Result<Value, ApiError> {
        let request = Members::new(input, Family::Validation)?;
        let name = request.text("AlarmName", 255)?;
        let kind = request.word("HistoryItemType", &TYPES)?;
        let (start, end) = (request.time("StartDate")?, request.time("EndDate")?);
        let size = request.page_size("MaxRecords", PAGE)?.unwrap_or(PAGE);
        let orders = [("TimestampDescending", false), ("TimestampAscending", true)];
        let ascending = request.word("ScanBy", &orders)?.unwrap_or(false);
        let kinds = read_kinds(&request)?;
        let wanted = |item: &&Item| {
            kinds.iter().any(|kind| kind == item.alarm_type)
                && name.is_none_or(|name| name == item.alarm)
                && kind.is_none_or(|kind| kind == item.kind)
                && start.is_none_or(|start| item.at >= start)
                && end.is_none_or(|end| item.at <= end)
        };
        let mut items: Vec<_> = self.items.iter().filter(wanted).map(Item::to_json).collect();
        if !ascending {
            items.reverse();
        }
        let (items, next) = page::cut(items, request.text("NextToken", 1024)?, size)?;
        Ok(match next {
            Some(token) => json!({"AlarmHistoryItems": items, "NextToken": token}),
            None => json!({"AlarmHistoryItems": items}),
        })
    }
}

impl Item {
    fn to_json(&self) -> Value {
        json!({
            "AlarmName": self.alarm,
            "AlarmType": self.alarm_type,
            "Timestamp": time::to_epoch(self.at),
            "HistoryItemType": self.kind,
            "HistorySummary": self.summary,
            "HistoryData": self.data,
        })
    }
}
