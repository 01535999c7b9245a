//! Alarms through the API: definitions, evaluation minute by minute, descriptions and history.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{AlarmState, CloudWatch, Sample};

fn minute(number: i64) -> DateTime<Utc> {
    "2026-11-23T10:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(number)
}

fn record(cloudwatch: &CloudWatch, at: DateTime<Utc>, value: f64) {
    let (namespace, name, dimensions) =
        ("AWS/Lambda".into(), "Errors".into(), vec![("F".into(), "f".into())]);
    cloudwatch.record(Sample { namespace, name, dimensions, unit: None, at, value, count: 1.0 }, at);
}

fn definition() -> Value {
    json!({
        "AlarmName": "errors", "Namespace": "AWS/Lambda", "MetricName": "Errors",
        "Dimensions": [{"Name": "F", "Value": "f"}], "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1,
        "Threshold": 3.0, "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "notBreaching",
        "AlarmActions": ["arn:aws:sns:eu-west-1:123456789012:people"],
    })
}

fn with(changes: Value) -> Value {
    let mut definition = definition();
    for (name, value) in changes.as_object().unwrap() {
        definition[name] = value.clone();
    }
    definition
}

fn cloudwatch(definition: &Value) -> CloudWatch {
    let cloudwatch = CloudWatch::new("eu-west-1", "123456789012");
    cloudwatch.handle("PutMetricAlarm", definition, minute(0)).unwrap();
    cloudwatch
}

fn describe(cloudwatch: &CloudWatch) -> Value {
    cloudwatch.handle("DescribeAlarms", &json!({}), minute(9)).unwrap()["MetricAlarms"][0].clone()
}

#[test]
fn state_is_insufficient_data_when_alarm_is_new() {
    let alarm = describe(&cloudwatch(&definition()));
    assert_eq!(alarm["StateValue"], "INSUFFICIENT_DATA");
    assert_eq!(alarm["StateReason"], "Unchecked: Initial alarm creation");
    assert_eq!(alarm["AlarmArn"], "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:errors");
    assert_eq!(alarm["StateUpdatedTimestamp"], json!(1_795_428_000.0));
    assert_eq!(alarm.get("Unit"), None);
}

#[test]
fn alarm_fires_in_the_words_of_aws_when_threshold_is_crossed() {
    let cloudwatch = cloudwatch(&definition());
    record(&cloudwatch, minute(0), 5.0);
    let transitions = cloudwatch.evaluate_alarms(minute(1));
    let reason = "Threshold Crossed: 1 out of the last 1 datapoints [5.0 (23/11/26 10:00:00)] was greater than the \
                  threshold (3.0) (minimum 1 datapoint for OK -> ALARM transition).";
    assert_eq!(transitions.len(), 1);
    assert_eq!((transitions[0].from, transitions[0].to), (AlarmState::InsufficientData, AlarmState::Alarm));
    assert_eq!(transitions[0].reason, reason);
    let data: Value = serde_json::from_str(&transitions[0].reason_data).unwrap();
    assert_eq!(data["recentDatapoints"], json!([5.0]));
    assert_eq!(data["startDate"], "2026-11-23T10:00:00.000+0000");
    assert_eq!(describe(&cloudwatch)["StateReason"], reason);
    assert_eq!(cloudwatch.evaluate_alarms(minute(1)), []);
}

#[test]
fn alarm_recovers_when_the_bad_minute_leaves_the_evaluation_range() {
    let cloudwatch = cloudwatch(&definition());
    record(&cloudwatch, minute(0), 5.0);
    let states: Vec<_> = (1..=4)
        .map(|number| {
            cloudwatch.evaluate_alarms(minute(number));
            cloudwatch.alarm_state("errors").unwrap()
        })
        .collect();
    assert_eq!(states, [AlarmState::Alarm, AlarmState::Alarm, AlarmState::Alarm, AlarmState::Ok]);
    let reason = "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as \
                  [NonBreaching].";
    assert_eq!(describe(&cloudwatch)["StateReason"], reason);
}

#[test]
fn running_minute_does_not_count_when_it_is_not_complete() {
    let cloudwatch = cloudwatch(&definition());
    record(&cloudwatch, minute(1), 5.0);
    cloudwatch.evaluate_alarms(minute(1) + TimeDelta::seconds(59));
    assert_eq!(cloudwatch.alarm_state("errors"), Some(AlarmState::Ok));
}

#[test]
fn period_slides_with_the_minutes_when_it_is_longer_than_one() {
    let cloudwatch = cloudwatch(&with(json!({"Period": 300})));
    record(&cloudwatch, minute(1), 2.0);
    record(&cloudwatch, minute(3), 2.0);
    cloudwatch.evaluate_alarms(minute(3));
    assert_eq!(cloudwatch.alarm_state("errors"), Some(AlarmState::Ok));
    cloudwatch.evaluate_alarms(minute(4));
    assert_eq!(cloudwatch.alarm_state("errors"), Some(AlarmState::Alarm));
}

#[test]
fn missing_data_is_ignored_when_metric_is_dynamodbs() {
    let cloudwatch = cloudwatch(&with(json!({"Namespace": "AWS/DynamoDB"})));
    assert_eq!(cloudwatch.evaluate_alarms(minute(1)), []);
    assert_eq!(cloudwatch.alarm_state("errors"), Some(AlarmState::InsufficientData));
}

#[test]
fn state_stays_when_a_percentile_has_too_few_samples_to_ignore() {
    let percentile =
        json!({"Statistic": null, "ExtendedStatistic": "p95", "EvaluateLowSampleCountPercentile": "ignore"});
    let cloudwatch = cloudwatch(&with(percentile));
    (0..199).for_each(|_| record(&cloudwatch, minute(0), 9.0));
    cloudwatch.evaluate_alarms(minute(1));
    assert_eq!(cloudwatch.alarm_state("errors"), Some(AlarmState::InsufficientData));
    record(&cloudwatch, minute(0), 9.0);
    cloudwatch.evaluate_alarms(minute(1));
    assert_eq!(cloudwatch.alarm_state("errors"), Some(AlarmState::Alarm));
}

#[test]
fn state_stays_when_definition_is_replaced() {
    let cloudwatch = cloudwatch(&definition());
    cloudwatch.evaluate_alarms(minute(1));
    cloudwatch
        .handle("PutMetricAlarm", &with(json!({"Threshold": 9, "AlarmDescription": ""})), minute(2))
        .unwrap();
    let alarm = describe(&cloudwatch);
    assert_eq!((&alarm["StateValue"], &alarm["Threshold"]), (&json!("OK"), &json!(9.0)));
}

#[test]
fn error_names_the_member_when_a_definition_is_wrong() {
    for (changes, code, word) in [
        (json!({"AlarmName": null}), "ValidationError", "AlarmName"),
        (json!({"Threshold": null}), "ValidationError", "Threshold"),
        (json!({"Statistic": "Median"}), "ValidationError", "Statistic"),
        (json!({"Period": 90}), "ValidationError", "Period"),
        (json!({"EvaluationPeriods": 1441}), "ValidationError", "EvaluationPeriods"),
        (json!({"DatapointsToAlarm": 2}), "ValidationError", "DatapointsToAlarm"),
        (json!({"ComparisonOperator": "Above"}), "ValidationError", "ComparisonOperator"),
        (json!({"ExtendedStatistic": "p95"}), "ValidationError", "ExtendedStatistic"),
        (json!({"TreatMissingData": "zero"}), "ValidationError", "TreatMissingData"),
        (json!({"Period": 10}), "NotImplemented", "high-resolution"),
        (json!({"Metrics": []}), "ValidationError", "Metrics"),
        (json!({"ComparisonOperator": "GreaterThanUpperThreshold"}), "NotImplemented", "anomaly"),
    ] {
        let cloudwatch = CloudWatch::new("eu-west-1", "123456789012");
        let error = cloudwatch.handle("PutMetricAlarm", &with(changes), minute(0)).unwrap_err();
        assert_eq!(error.code, code, "{error}");
        assert!(error.message.contains(word), "{error}");
    }
}

#[test]
fn alarms_are_selected_when_described_by_name_state_or_metric() {
    let cloudwatch = cloudwatch(&definition());
    cloudwatch
        .handle("PutMetricAlarm", &with(json!({"AlarmName": "other", "Period": 120})), minute(0))
        .unwrap();
    let count = |operation: &str, input: Value| {
        cloudwatch.handle(operation, &input, minute(0)).unwrap()["MetricAlarms"].as_array().unwrap().len()
    };
    assert_eq!(count("DescribeAlarms", json!({"AlarmNames": ["errors", "unknown"]})), 1);
    assert_eq!(count("DescribeAlarms", json!({"AlarmNamePrefix": "oth"})), 1);
    assert_eq!(count("DescribeAlarms", json!({"StateValue": "ALARM"})), 0);
    assert_eq!(count("DescribeAlarms", json!({"AlarmTypes": ["CompositeAlarm"]})), 0);
    assert_eq!(count("DescribeAlarms", json!({"MaxRecords": 1})), 1);
    assert_eq!(count("DescribeAlarms", json!({"MaxRecords": 1, "NextToken": "after-1"})), 1);
    let dimensions = json!([{"Name": "F", "Value": "f"}]);
    let metric = json!({"Namespace": "AWS/Lambda", "MetricName": "Errors", "Dimensions": dimensions});
    assert_eq!(count("DescribeAlarmsForMetric", metric), 2);
}

#[test]
fn history_tells_creation_and_changes_when_asked() {
    let cloudwatch = cloudwatch(&definition());
    record(&cloudwatch, minute(0), 5.0);
    cloudwatch.evaluate_alarms(minute(1));
    cloudwatch.handle("DeleteAlarms", &json!({"AlarmNames": ["errors", "unknown"]}), minute(2)).unwrap();
    let history =
        cloudwatch.handle("DescribeAlarmHistory", &json!({"AlarmName": "errors"}), minute(3)).unwrap();
    let items = history["AlarmHistoryItems"].as_array().unwrap();
    let summaries: Vec<_> = items.iter().map(|item| item["HistorySummary"].as_str().unwrap()).collect();
    let expected = [
        "Alarm \"errors\" deleted",
        "Alarm updated from INSUFFICIENT_DATA to ALARM",
        "Alarm \"errors\" created",
    ];
    assert_eq!(summaries, expected);
    let data: Value = serde_json::from_str(items[1]["HistoryData"].as_str().unwrap()).unwrap();
    assert_eq!(data["newState"]["stateReasonData"]["threshold"], json!(3.0));
}

#[test]
fn resource_not_found_when_no_alarm_to_delete_exists() {
    let cloudwatch = cloudwatch(&definition());
    let error =
        cloudwatch.handle("DeleteAlarms", &json!({"AlarmNames": ["unknown"]}), minute(0)).unwrap_err();
    assert_eq!((error.code, error.status), ("ResourceNotFound", 404));
}

#[test]
fn actions_are_off_when_disabled() {
    let cloudwatch = cloudwatch(&definition());
    cloudwatch.handle("DisableAlarmActions", &json!({"AlarmNames": ["errors"]}), minute(0)).unwrap();
    assert_eq!(describe(&cloudwatch)["ActionsEnabled"], json!(false));
    cloudwatch.handle("EnableAlarmActions", &json!({"AlarmNames": ["errors"]}), minute(0)).unwrap();
    assert_eq!(describe(&cloudwatch)["ActionsEnabled"], json!(true));
}

#[test]
fn not_implemented_when_operation_comes_later() {
    let cloudwatch = cloudwatch(&definition());
    for operation in ["PutDashboard", "PutAnomalyDetector", "PutInsightRule"] {
        let error = cloudwatch.handle(operation, &json!({}), minute(0)).unwrap_err();
        assert_eq!(error.code, "NotImplemented");
        assert!(error.message.contains(operation));
    }
}
