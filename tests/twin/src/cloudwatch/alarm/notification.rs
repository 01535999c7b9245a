//! The message that an alarm publishes to its SNS topics, made from the alarm as `DescribeAlarms` shows it.
//!
//! Member for member as in recorded messages (B): the region by its display name, statistics in capitals, dimensions with
//! small `name` and `value`, padding in TreatMissingData, null for what the alarm does not have. A composite alarm has
//! AlarmRule and TriggeringChildren and no Trigger. How an extended statistic is shown: C.

use serde_json::{Map, Value, json};

use super::{
    decide::AlarmState,
    registry::{Alarm, Kind},
};
use crate::cloudwatch::time;

/// SNS takes fewer than 100 characters.
const LONGEST_SUBJECT: usize = 99;

/// Regions in the words of messages; others appear by their code.
const REGIONS: [(&str, &str); 12] = [
    ("us-east-1", "US East (N. Virginia)"),
    ("us-east-2", "US East (Ohio)"),
    ("us-west-1", "US West (N. California)"),
    ("us-west-2", "US West (Oregon)"),
    ("eu-central-1", "EU (Frankfurt)"),
    ("eu-north-1", "EU (Stockholm)"),
    ("eu-west-1", "EU (Ireland)"),
    ("eu-west-2", "EU (London)"),
    ("eu-west-3", "EU (Paris)"),
    ("ap-northeast-1", "Asia Pacific (Tokyo)"),
    ("ap-southeast-1", "Asia Pacific (Singapore)"),
    ("ap-southeast-2", "Asia Pacific (Sydney)"),
];

/// What an alarm publishes when it changes its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// The state's actions by ARN, of whatever service; none while actions are disabled.
    pub actions: Vec<String>,
    /// Subject of the message.
    pub subject: String,
    /// The message, a JSON document.
    pub message: String,
}

impl Alarm {
    /// What is published after a change from the state `from`.
    pub(super) fn notification(&self, from: AlarmState) -> Notification {
        let actions = match self.state {
            AlarmState::Ok => &self.common.ok_actions,
            AlarmState::Alarm => &self.common.alarm_actions,
            AlarmState::InsufficientData => &self.common.insufficient_data_actions,
        };
        let actions = if self.common.actions_enabled { actions.clone() } else { Vec::new() };
        let subject = format!("{}: \"{}\" in {}", self.state.as_str(), self.common.name, self.region());
        let printable = |c: char| if matches!(c, ' '..='~') { c } else { '?' };
        let subject = subject.chars().map(printable).take(LONGEST_SUBJECT).collect();
        Notification { actions, subject, message: self.message(from).to_string() }
    }

    fn message(&self, from: AlarmState) -> Value {
        let shown = self.to_json();
        let mut message = json!({
            "AlarmName": self.common.name,
            "AlarmDescription": self.common.description,
            "AWSAccountId": self.arn.split(':').nth(4),
            "NewStateValue": self.state.as_str(),
            "NewStateReason": self.reason,
            "StateChangeTime": time::reason_data_format(self.updated),
            "Region": self.region(),
            "AlarmArn": self.arn,
            "OldStateValue": from.as_str(),
            "OKActions": self.common.ok_actions,
            "AlarmActions": self.common.alarm_actions,
            "InsufficientDataActions": self.common.insufficient_data_actions,
        });
        let further = match self.kind {
            Kind::Metric(_) => json!({"Trigger": trigger(&shown)}),
            Kind::Composite(_) => {
                json!({"AlarmRule": shown.get("AlarmRule"), "TriggeringChildren": self.triggering_children()})
            }
        };
        if let (Some(members), Value::Object(further)) = (message.as_object_mut(), further) {
            members.extend(further);
        }
        message
    }

    /// The alarms that made a composite alarm change; none when a hand did.
    fn triggering_children(&self) -> Vec<Value> {
        let data = self.reason_data.as_deref().and_then(|data| serde_json::from_str::<Value>(data).ok());
        let alarms = data.as_ref().and_then(|data| data.get("triggeringAlarms")?.as_array());
        let child = |alarm: &Value| {
            let state = alarm.get("state");
            let (value, at) = (state.and_then(|s| s.get("value")), state.and_then(|s| s.get("timestamp")));
            json!({"Arn": alarm.get("arn"), "State": {"Value": value, "Timestamp": at}})
        };
        alarms.into_iter().flatten().map(child).collect()
    }

    fn region(&self) -> &str {
        let code = self.arn.split(':').nth(3).unwrap_or_default();
        REGIONS.iter().find(|(known, _)| *known == code).map_or(code, |(_, name)| name)
    }
}

/// What a metric alarm watches, and its limit.
fn trigger(shown: &Value) -> Value {
    let get = |name: &str| shown.get(name).cloned().unwrap_or_default();
    let treatment = shown.get("TreatMissingData").and_then(Value::as_str).unwrap_or("missing");
    let mut trigger = json!({
        "EvaluationPeriods": get("EvaluationPeriods"),
        "ComparisonOperator": get("ComparisonOperator"),
        "Threshold": get("Threshold"),
        "TreatMissingData": format!("- TreatMissingData:                    {treatment}"),
        "EvaluateLowSampleCountPercentile":
            shown.get("EvaluateLowSampleCountPercentile").cloned().unwrap_or_else(|| "".into()),
    });
    let Some(members) = trigger.as_object_mut() else { return trigger };
    let mut add = |name: &str, value: Value| members.insert(name.to_owned(), value);
    if let Some(to_alarm) = shown.get("DatapointsToAlarm") {
        add("DatapointsToAlarm", to_alarm.clone());
    }
    if let Some(queries) = shown.get("Metrics").and_then(Value::as_array) {
        add("Metrics", queries.iter().map(query).collect());
        add("Period", json!(queries.iter().find_map(period)));
        return trigger;
    }
    add("MetricName", get("MetricName"));
    add("Namespace", get("Namespace"));
    match shown.get("ExtendedStatistic") {
        Some(name) => {
            add("StatisticType", "ExtendedStatistic".into());
            add("ExtendedStatistic", name.clone());
        }
        None => {
            add("StatisticType", "Statistic".into());
            add("Statistic", capitals(&get("Statistic")));
        }
    }
    add("Unit", get("Unit"));
    add("Dimensions", dimensions(shown));
    add("Period", get("Period"));
    trigger
}

fn period(query: &Value) -> Option<Value> {
    query.get("Period").or_else(|| query.get("MetricStat")?.get("Period")).cloned()
}

fn capitals(statistic: &Value) -> Value {
    match statistic.as_str() {
        Some("SampleCount") => "SAMPLE_COUNT".into(),
        Some(name) => name.to_uppercase().into(),
        None => Value::Null,
    }
}

/// A query as in the API, but for the dimensions.
fn query(given: &Value) -> Value {
    let mut query: Map<_, _> = given.as_object().cloned().unwrap_or_default();
    let metric = query.get_mut("MetricStat").and_then(|stat| stat.get_mut("Metric"));
    if let Some(metric) = metric {
        let dimensions = dimensions(metric);
        if let Some(members) = metric.as_object_mut() {
            members.insert("Dimensions".to_owned(), dimensions);
        }
    }
    Value::Object(query)
}

fn dimensions(of: &Value) -> Value {
    let given = of.get("Dimensions").and_then(Value::as_array).into_iter().flatten();
    given.map(|dimension| json!({"name": dimension.get("Name"), "value": dimension.get("Value")})).collect()
}
