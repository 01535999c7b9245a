//! The detail of a `CloudWatch Alarm State Change` event, made from the alarm as `DescribeAlarms` shows it.
//!
//! The shape follows recorded events (B): the metrics of a single-metric alarm have one query with an id of their own
//! (here a new one each time), reasonData is JSON in a string and absent where there is none. The suppressor's members
//! are those of the API with a small letter (B).

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::registry::{Alarm, Kind};
use crate::cloudwatch::time;

impl Alarm {
    /// The state as an event tells it.
    pub(super) fn told_state(&self) -> Value {
        present(json!({
            "value": self.state.as_str(),
            "reason": self.reason,
            "reasonData": self.reason_data,
            "timestamp": time::reason_data_format(self.updated),
        }))
    }

    /// The detail of the event, after the change; `previous` is [`Self::told_state`] before it.
    pub(super) fn told_change(&self, previous: &Value) -> Value {
        let shown = self.to_json();
        let configuration = match self.kind {
            Kind::Metric(_) => {
                json!({"description": shown.get("AlarmDescription"), "metrics": metrics(&shown)})
            }
            Kind::Composite(_) => json!({
                "description": shown.get("AlarmDescription"),
                "alarmRule": shown.get("AlarmRule"),
                "actionsSuppressor": shown.get("ActionsSuppressor"),
                "actionsSuppressorWaitPeriod": shown.get("ActionsSuppressorWaitPeriod"),
                "actionsSuppressorExtensionPeriod": shown.get("ActionsSuppressorExtensionPeriod"),
            }),
        };
        json!({
            "alarmName": self.common.name,
            "configuration": present(configuration),
            "previousState": previous,
            "state": self.told_state(),
        })
    }
}

/// The queries behind a metric alarm.
fn metrics(shown: &Value) -> Vec<Value> {
    if let Some(queries) = shown.get("Metrics").and_then(Value::as_array) {
        return queries.iter().map(query).collect();
    }
    let stat = shown.get("Statistic").or_else(|| shown.get("ExtendedStatistic"));
    let metric_stat = present(json!({
        "metric": metric(shown), "period": shown.get("Period"), "stat": stat, "unit": shown.get("Unit"),
    }));
    vec![json!({"id": Uuid::new_v4().to_string(), "metricStat": metric_stat, "returnData": true})]
}

fn query(given: &Value) -> Value {
    let metric_stat = given.get("MetricStat").map(|stat| {
        let metric = stat.get("Metric").map(metric);
        present(json!({
            "metric": metric, "period": stat.get("Period"), "stat": stat.get("Stat"), "unit": stat.get("Unit"),
        }))
    });
    present(json!({
        "id": given.get("Id"),
        "expression": given.get("Expression"),
        "label": given.get("Label"),
        "period": given.get("Period"),
        "metricStat": metric_stat,
        "returnData": given.get("ReturnData"),
    }))
}

/// Dimensions are an object here, unlike in the API.
fn metric(given: &Value) -> Value {
    let dimensions = given.get("Dimensions").and_then(Value::as_array).into_iter().flatten();
    let pair = |dimension: &Value| {
        Some((dimension.get("Name")?.as_str()?.to_owned(), dimension.get("Value")?.clone()))
    };
    let dimensions: Map<_, _> = dimensions.filter_map(pair).collect();
    json!({"namespace": given.get("Namespace"), "name": given.get("MetricName"), "dimensions": dimensions})
}

/// Without the members that have no value.
fn present(mut value: Value) -> Value {
    if let Some(members) = value.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    value
}
