//! What a transition carries for the outside: the event's detail and the message to topics.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{CloudWatch, Sample, Transition};

const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:people";

fn minute(number: i64) -> DateTime<Utc> {
    "2026-11-23T10:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(number)
}

fn alarm(name: &str) -> Value {
    json!({
        "AlarmName": name, "Namespace": "N", "MetricName": "M", "Dimensions": [{"Name": "D", "Value": "v"}],
        "ExtendedStatistic": "p95", "Unit": "Seconds", "Period": 60, "EvaluationPeriods": 1, "DatapointsToAlarm": 1,
        "Threshold": 3.0, "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "notBreaching",
        "AlarmActions": [TOPIC], "OKActions": ["arn:aws:lambda:eu-west-1:1:function:f"],
    })
}

/// A CloudWatch with one alarm in OK, and a datapoint beyond its threshold.
fn cloudwatch(definition: &Value) -> CloudWatch {
    let cloudwatch = CloudWatch::new("eu-west-1", "123456789012");
    cloudwatch.handle("PutMetricAlarm", definition, minute(0)).unwrap();
    cloudwatch.evaluate_alarms(minute(1));
    let dimensions = vec![("D".to_owned(), "v".to_owned())];
    let (namespace, name, unit) = ("N".to_owned(), "M".to_owned(), Some("Seconds".to_owned()));
    cloudwatch.record(
        Sample { namespace, name, dimensions, unit, at: minute(1), value: 9.0, count: 1.0 },
        minute(1),
    );
    cloudwatch
}

fn only(mut transitions: Vec<Transition>) -> Transition {
    assert_eq!(transitions.len(), 1);
    transitions.remove(0)
}

#[test]
fn both_states_are_told_whole_when_an_alarm_fires() {
    let change = only(cloudwatch(&alarm("a")).evaluate_alarms(minute(2)));
    let mut detail = change.detail;
    let data: Value = serde_json::from_str(detail["previousState"]["reasonData"].as_str().unwrap()).unwrap();
    assert_eq!(data["queryDate"], "2026-11-23T10:01:00.000+0000");
    assert_eq!(detail["previousState"]["timestamp"], "2026-11-23T10:01:00.000+0000");
    assert_eq!(detail["state"]["timestamp"], "2026-11-23T10:02:00.000+0000");
    assert_eq!(
        (&detail["previousState"]["value"], &detail["state"]["value"]),
        (&json!("OK"), &json!("ALARM"))
    );
    detail["configuration"]["metrics"][0]["id"].take();
    let metric = json!({"namespace": "N", "name": "M", "dimensions": {"D": "v"}});
    let stat = json!({"metric": metric, "period": 60, "stat": "p95", "unit": "Seconds"});
    assert_eq!(
        detail["configuration"],
        json!({"metrics": [{"id": null, "metricStat": stat, "returnData": true}]}),
        "no description, so none is told"
    );
}

#[test]
fn message_has_the_trigger_when_an_alarm_fires() {
    let change = only(cloudwatch(&alarm("a")).evaluate_alarms(minute(2)));
    let message: Value = serde_json::from_str(&change.notification.message).unwrap();
    assert_eq!(change.notification.actions, [TOPIC]);
    assert_eq!(
        (&message["StateChangeTime"], &message["OldStateValue"]),
        (&json!("2026-11-23T10:02:00.000+0000"), &json!("OK"))
    );
    assert_eq!(
        message["Trigger"],
        json!({"MetricName": "M", "Namespace": "N", "StatisticType": "ExtendedStatistic", "ExtendedStatistic": "p95",
            "Unit": "Seconds", "Dimensions": [{"name": "D", "value": "v"}], "Period": 60, "EvaluationPeriods": 1,
            "DatapointsToAlarm": 1, "ComparisonOperator": "GreaterThanThreshold", "Threshold": 3.0,
            "TreatMissingData": "- TreatMissingData:                    notBreaching",
            "EvaluateLowSampleCountPercentile": ""})
    );
}

#[test]
fn actions_are_those_of_the_new_state_and_none_when_disabled() {
    let cloudwatch = cloudwatch(&alarm("a"));
    cloudwatch.evaluate_alarms(minute(2));
    let back = only(cloudwatch.evaluate_alarms(minute(9)));
    assert_eq!(back.notification.actions, ["arn:aws:lambda:eu-west-1:1:function:f"]);
    let mut silent = alarm("a");
    silent["ActionsEnabled"] = false.into();
    let change = only(self::cloudwatch(&silent).evaluate_alarms(minute(2)));
    assert!(change.notification.actions.is_empty() && change.detail["alarmName"] == "a");
}

#[test]
fn subject_is_one_that_sns_takes_when_the_name_is_long_or_foreign() {
    let change = only(cloudwatch(&alarm(&"ä".repeat(200))).evaluate_alarms(minute(2)));
    let subject = change.notification.subject;
    assert!(subject.starts_with("ALARM: \"??") && subject.len() == 99 && subject.is_ascii(), "{subject}");
}

#[test]
fn suppressor_is_told_when_a_composite_alarm_has_one() {
    let cloudwatch = cloudwatch(&alarm("a"));
    let rule = json!({"AlarmName": "c", "AlarmRule": "ALARM(a)", "ActionsSuppressor": "a",
        "ActionsSuppressorWaitPeriod": 60, "ActionsSuppressorExtensionPeriod": 120});
    cloudwatch.handle("PutCompositeAlarm", &rule, minute(1)).unwrap();
    let changes = cloudwatch.evaluate_alarms(minute(2));
    let composite = changes.iter().find(|change| change.alarm_name == "c").unwrap();
    assert_eq!(
        composite.detail["configuration"],
        json!({"alarmRule": "ALARM(a)", "actionsSuppressor": "a", "actionsSuppressorWaitPeriod": 60,
            "actionsSuppressorExtensionPeriod": 120})
    );
    let message: Value = serde_json::from_str(&composite.notification.message).unwrap();
    assert_eq!(message["TriggeringChildren"][0]["State"]["Value"], "ALARM");
}
