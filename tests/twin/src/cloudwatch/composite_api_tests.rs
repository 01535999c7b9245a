//! Composite alarms and states set by hand, through the API.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;
use serde_json::{Value, json};

use super::{AlarmState, CloudWatch, Sample, Transition};
use crate::error::ApiError;

const ARN: &str = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:";

fn minute(number: i64) -> DateTime<Utc> {
    "2026-11-23T10:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(number)
}

fn call(cloudwatch: &CloudWatch, operation: &str, input: Value) -> Result<Value, ApiError> {
    cloudwatch.handle(operation, &input, minute(5))
}

fn metric_alarm(name: &str) -> Value {
    json!({
        "AlarmName": name, "Namespace": "N", "MetricName": name, "Statistic": "Sum", "Period": 60,
        "EvaluationPeriods": 1, "Threshold": 3.0, "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
    })
}

fn put(cloudwatch: &CloudWatch, name: &str, rule: &str) -> Result<Value, ApiError> {
    let rule =
        json!({"AlarmName": name, "AlarmRule": rule, "AlarmActions": ["arn:aws:sns:eu-west-1:1:people"]});
    call(cloudwatch, "PutCompositeAlarm", rule)
}

/// The metric alarms `errors` and `latency`, both in OK.
fn cloudwatch() -> CloudWatch {
    let cloudwatch = CloudWatch::new("eu-west-1", "123456789012");
    call(&cloudwatch, "PutMetricAlarm", metric_alarm("errors")).unwrap();
    call(&cloudwatch, "PutMetricAlarm", metric_alarm("latency")).unwrap();
    cloudwatch.evaluate_alarms(minute(0));
    cloudwatch
}

fn breach(cloudwatch: &CloudWatch, name: &str, at: DateTime<Utc>) {
    let (namespace, name) = ("N".to_owned(), name.to_owned());
    let sample = Sample { namespace, name, dimensions: vec![], unit: None, at, value: 9.0, count: 1.0 };
    cloudwatch.record(sample, at);
}

fn set(cloudwatch: &CloudWatch, name: &str, state: &str) -> Result<Value, ApiError> {
    let input = json!({"AlarmName": name, "StateValue": state, "StateReason": "drill"});
    call(cloudwatch, "SetAlarmState", input)
}

fn describe(cloudwatch: &CloudWatch, name: &str) -> Value {
    let input = json!({"AlarmNames": [name], "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]});
    let found = call(cloudwatch, "DescribeAlarms", input).unwrap();
    let all = [&found["MetricAlarms"], &found["CompositeAlarms"]];
    all.into_iter().find_map(|kind| kind.get(0)).cloned().unwrap()
}

fn changes(transitions: &[Transition]) -> Vec<(&str, AlarmState)> {
    transitions.iter().map(|change| (change.alarm_name.as_str(), change.to)).collect()
}

#[test]
fn several_levels_follow_in_one_tick_when_a_metric_alarm_fires() {
    use AlarmState::{Alarm, Ok};
    let cloudwatch = cloudwatch();
    // By name the parents come before the children: the order must be that of dependence.
    put(&cloudwatch, "z", "ALARM(errors) OR ALARM(latency)").unwrap();
    put(&cloudwatch, "m", &format!("ALARM(\"{ARN}z\") AND OK(latency)")).unwrap();
    put(&cloudwatch, "a", "ALARM(m) OR FALSE").unwrap();
    assert_eq!(describe(&cloudwatch, "a")["StateValue"], "INSUFFICIENT_DATA");
    assert_eq!(changes(&cloudwatch.evaluate_alarms(minute(1))), [("z", Ok), ("m", Ok), ("a", Ok)]);
    breach(&cloudwatch, "errors", minute(5));
    let fired = cloudwatch.evaluate_alarms(minute(6));
    assert_eq!(changes(&fired), [("errors", Alarm), ("z", Alarm), ("m", Alarm), ("a", Alarm)]);
    let reason = format!("{ARN}errors transitioned to ALARM at Monday 23 November, 2026 10:06:00 UTC");
    assert_eq!(fired[1].reason, reason);
    let data: Value = serde_json::from_str(&fired[3].reason_data).unwrap();
    assert_eq!(data["triggeringAlarms"][0]["arn"], format!("{ARN}m"));
    assert_eq!(data["triggeringAlarms"][0]["state"]["value"], "ALARM");
    assert_eq!(cloudwatch.evaluate_alarms(minute(6)), []);
    let over = cloudwatch.evaluate_alarms(minute(12));
    assert_eq!(changes(&over), [("errors", Ok), ("z", Ok), ("m", Ok), ("a", Ok)]);
}

#[test]
fn reason_tells_the_creation_when_no_alarm_changed() {
    let cloudwatch = cloudwatch();
    put(&cloudwatch, "c", "TRUE").unwrap();
    let reason = format!("{ARN}c was created and its alarm rule evaluates to ALARM");
    assert_eq!(cloudwatch.evaluate_alarms(minute(1))[0].reason, reason);
    put(&cloudwatch, "c", "FALSE").unwrap();
    assert_eq!(describe(&cloudwatch, "c")["StateValue"], "ALARM");
    let reason = format!("{ARN}c was updated and its alarm rule evaluates to OK");
    assert_eq!(cloudwatch.evaluate_alarms(minute(2))[0].reason, reason);
}

#[test]
fn rule_is_refused_when_it_refers_to_nothing_or_to_itself() {
    let cloudwatch = cloudwatch();
    put(&cloudwatch, "low", "ALARM(errors)").unwrap();
    put(&cloudwatch, "high", "ALARM(low)").unwrap();
    for (name, rule, words) in [
        ("new", "ALARM(unknown)", "'unknown'"),
        ("new", "ALARM(new)", "'new'"),
        ("new", "ALARM(arn:aws:cloudwatch:us-east-1:123456789012:alarm:errors)", "us-east-1"),
        ("low", "ALARM(errors) OR OK(low)", "depends on this alarm itself"),
        ("low", "NOT ALARM(high)", "'high' depends on this alarm itself"),
        ("new", "ALARM(errors) AND", "AlarmRule"),
        ("errors", "TRUE", "MetricAlarm"),
    ] {
        let error = put(&cloudwatch, name, rule).unwrap_err();
        assert_eq!(error.code, "ValidationError", "{rule}: {error}");
        assert!(error.message.contains(words), "{rule}: {error}");
    }
    let error = call(&cloudwatch, "PutMetricAlarm", metric_alarm("low")).unwrap_err();
    assert!(error.message.contains("CompositeAlarm"), "{error}");
}

#[test]
fn composite_alarms_are_shown_when_their_kind_is_asked_for() {
    let cloudwatch = cloudwatch();
    let definition = json!({"AlarmName": "c", "AlarmRule": "ALARM(\"errors\")", "AlarmDescription": "",
        "ActionsSuppressor": "latency", "ActionsSuppressorWaitPeriod": 60,
        "ActionsSuppressorExtensionPeriod": 0});
    call(&cloudwatch, "PutCompositeAlarm", definition).unwrap();
    let count = |types: Value| {
        let found = call(&cloudwatch, "DescribeAlarms", json!({"AlarmTypes": types})).unwrap();
        let count = |kind: &str| found[kind].as_array().unwrap().len();
        (count("MetricAlarms"), count("CompositeAlarms"))
    };
    assert_eq!(count(Value::Null), (2, 0));
    assert_eq!(count(json!(["CompositeAlarm"])), (0, 1));
    assert_eq!(count(json!(["CompositeAlarm", "MetricAlarm"])), (2, 1));
    assert_eq!(count(json!(["LogAlarm"])), (0, 0));
    let error = call(&cloudwatch, "DescribeAlarms", json!({"AlarmTypes": ["Other"]})).unwrap_err();
    assert_eq!(error.code, "ValidationError");
    let alarm = describe(&cloudwatch, "c");
    assert_eq!(
        (&alarm["AlarmRule"], &alarm["AlarmArn"]),
        (&json!("ALARM(\"errors\")"), &json!(format!("{ARN}c")))
    );
    assert_eq!(alarm["ActionsSuppressorExtensionPeriod"], 0);
    assert_eq!(alarm["ActionsSuppressor"], "latency");
    assert_eq!(alarm.get("EvaluationPeriods"), None);
}

#[test]
fn suppressor_is_refused_when_it_is_unknown_or_without_periods() {
    let cloudwatch = cloudwatch();
    for suppressor in ["unknown", "errors"] {
        let definition = json!({"AlarmName": "c", "AlarmRule": "TRUE", "ActionsSuppressor": suppressor});
        let error = call(&cloudwatch, "PutCompositeAlarm", definition).unwrap_err();
        assert_eq!(error.code, "ValidationError");
        assert!(error.message.contains("ActionsSuppressor"), "{error}");
    }
}

#[test]
fn alarm_stays_when_a_composite_alarm_needs_it() {
    let cloudwatch = cloudwatch();
    put(&cloudwatch, "low", "ALARM(errors)").unwrap();
    put(&cloudwatch, "high", "ALARM(low)").unwrap();
    let delete = |names: Value| call(&cloudwatch, "DeleteAlarms", json!({"AlarmNames": names}));
    for names in [json!(["errors"]), json!(["latency", "low"]), json!(["low", "high"])] {
        assert_eq!(delete(names).unwrap_err().code, "ValidationError");
    }
    assert!(cloudwatch.alarm_state("latency").is_some());
    delete(json!(["high"])).unwrap();
    delete(json!(["errors", "low"])).unwrap();
    assert_eq!(cloudwatch.alarm_state("errors"), None);
}

#[test]
fn history_tells_of_composite_alarms_when_asked_for_them() {
    let cloudwatch = cloudwatch();
    put(&cloudwatch, "c", "TRUE").unwrap();
    cloudwatch.evaluate_alarms(minute(6));
    call(&cloudwatch, "DisableAlarmActions", json!({"AlarmNames": ["c"]})).unwrap();
    assert_eq!(describe(&cloudwatch, "c")["ActionsEnabled"], json!(false));
    let items = |input: Value| {
        call(&cloudwatch, "DescribeAlarmHistory", input).unwrap()["AlarmHistoryItems"]
            .as_array()
            .unwrap()
            .clone()
    };
    assert!(items(json!({})).iter().all(|item| item["AlarmType"] == "MetricAlarm"));
    let found = items(json!({"AlarmTypes": ["CompositeAlarm"], "ScanBy": "TimestampAscending"}));
    let summaries: Vec<_> = found.iter().map(|item| item["HistorySummary"].as_str().unwrap()).collect();
    let expected =
        ["Alarm \"c\" created", "Alarm updated from INSUFFICIENT_DATA to ALARM", "Alarm \"c\" updated"];
    assert_eq!(summaries, expected);
    assert_eq!(found[0]["AlarmType"], "CompositeAlarm");
}

/// Remembers what the listeners of a CloudWatch hear.
fn listen(cloudwatch: &CloudWatch) -> Arc<Mutex<Vec<Transition>>> {
    let heard = Arc::new(Mutex::new(Vec::new()));
    cloudwatch.on_transition({
        let heard = heard.clone();
        move |change| heard.lock().push(change.clone())
    });
    heard
}

#[test]
fn metric_alarm_returns_to_its_actual_state_when_it_was_set_by_hand() {
    use AlarmState::{Alarm, Ok};
    let cloudwatch = cloudwatch();
    let heard = listen(&cloudwatch);
    set(&cloudwatch, "errors", "ALARM").unwrap();
    let alarm = describe(&cloudwatch, "errors");
    assert_eq!((&alarm["StateValue"], &alarm["StateReason"]), (&json!("ALARM"), &json!("drill")));
    assert_eq!(alarm.get("StateReasonData"), None);
    assert_eq!(changes(&cloudwatch.evaluate_alarms(minute(6))), [("errors", Ok)]);
    assert_eq!(changes(&heard.lock()), [("errors", Alarm), ("errors", Ok)]);
    let first = heard.lock()[0].clone();
    assert_eq!((first.at, first.from), (minute(5), Ok));
    let input = json!({"AlarmName": "errors", "HistoryItemType": "StateUpdate"});
    let history = call(&cloudwatch, "DescribeAlarmHistory", input).unwrap();
    let data = history["AlarmHistoryItems"][1]["HistoryData"].as_str().unwrap();
    assert!(data.contains("drill"), "{data}");
}

#[test]
fn composite_alarms_follow_at_once_when_a_state_is_set_by_hand() {
    use AlarmState::{Alarm, Ok};
    let cloudwatch = cloudwatch();
    put(&cloudwatch, "c", "ALARM(errors)").unwrap();
    cloudwatch.evaluate_alarms(minute(1));
    let heard = listen(&cloudwatch);
    set(&cloudwatch, "errors", "ALARM").unwrap();
    assert_eq!(changes(&heard.lock()), [("errors", Alarm), ("c", Alarm)]);
    assert_eq!(changes(&cloudwatch.evaluate_alarms(minute(6))), [("errors", Ok), ("c", Ok)]);
}

#[test]
fn composite_alarm_keeps_the_state_set_by_hand_when_no_child_changes() {
    use AlarmState::{Alarm, Ok};
    let cloudwatch = cloudwatch();
    put(&cloudwatch, "c", "ALARM(errors)").unwrap();
    cloudwatch.evaluate_alarms(minute(1));
    set(&cloudwatch, "c", "ALARM").unwrap();
    assert_eq!(cloudwatch.evaluate_alarms(minute(6)), []);
    assert_eq!(cloudwatch.alarm_state("c"), Some(Alarm));
    breach(&cloudwatch, "errors", minute(6));
    assert_eq!(changes(&cloudwatch.evaluate_alarms(minute(7))), [("errors", Alarm)]);
    assert_eq!(changes(&cloudwatch.evaluate_alarms(minute(12))), [("errors", Ok), ("c", Ok)]);
}

#[test]
fn nothing_changes_when_the_state_is_the_same() {
    let cloudwatch = cloudwatch();
    let heard = listen(&cloudwatch);
    let before = describe(&cloudwatch, "errors");
    set(&cloudwatch, "errors", "OK").unwrap();
    let after = describe(&cloudwatch, "errors");
    assert!(heard.lock().is_empty());
    assert_eq!(after["StateReason"], "drill");
    assert_eq!(after["StateTransitionedTimestamp"], before["StateTransitionedTimestamp"]);
    assert_ne!(after["StateUpdatedTimestamp"], before["StateUpdatedTimestamp"]);
}

#[test]
fn state_is_refused_when_a_member_is_wrong() {
    let cloudwatch = cloudwatch();
    let long = "x".repeat(1_024);
    for (changes, code) in [
        (json!({"AlarmName": "unknown"}), "ResourceNotFound"),
        (json!({"AlarmName": null}), "ValidationError"),
        (json!({"StateValue": "BROKEN"}), "ValidationError"),
        (json!({"StateReason": null}), "ValidationError"),
        (json!({"StateReason": long}), "ValidationError"),
        (json!({"StateReasonData": "{"}), "InvalidFormat"),
    ] {
        let mut input = json!({"AlarmName": "errors", "StateValue": "ALARM", "StateReason": "drill"});
        input.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let error = call(&cloudwatch, "SetAlarmState", input).unwrap_err();
        assert_eq!(error.code, code, "{error}");
    }
    assert_eq!(cloudwatch.alarm_state("errors"), Some(AlarmState::Ok));
    let input = json!({"AlarmName": "errors", "StateValue": "ALARM", "StateReason": "x".repeat(1_023),
        "StateReasonData": "{\"a\":1}"});
    call(&cloudwatch, "SetAlarmState", input).unwrap();
    assert_eq!(describe(&cloudwatch, "errors")["StateReasonData"], "{\"a\":1}");
}
