//! Metric math through the API: queries that refer to each other, and alarms on expressions.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{AlarmState, CloudWatch, Sample};
use crate::error::ApiError;

/// 2026-11-23T10:00:00Z.
const TEN: i64 = 1_795_428_000;

fn minute(number: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(TEN, 0).unwrap() + TimeDelta::minutes(number)
}

fn record(cloudwatch: &CloudWatch, name: &str, at: DateTime<Utc>, value: f64) {
    let (namespace, name) = ("N".to_owned(), name.to_owned());
    let sample = Sample { namespace, name, dimensions: vec![], unit: None, at, value, count: 1.0 };
    cloudwatch.record(sample, at);
}

/// Requests in the minutes 0 to 3, errors in 1 only.
fn cloudwatch() -> CloudWatch {
    let cloudwatch = CloudWatch::new("eu-west-1", "123456789012");
    for number in 0..4 {
        record(&cloudwatch, "Requests", minute(number), 100.0);
    }
    record(&cloudwatch, "Errors", minute(1), 5.0);
    cloudwatch
}

fn metric(id: &str, name: &str, period: u32) -> Value {
    let metric = json!({"Namespace": "N", "MetricName": name});
    let stat = json!({"Metric": metric, "Period": period, "Stat": "Sum"});
    json!({"Id": id, "MetricStat": stat, "ReturnData": false})
}

fn math(id: &str, expression: &str) -> Value {
    json!({"Id": id, "Expression": expression, "Label": format!("label of {id}")})
}

fn ask(cloudwatch: &CloudWatch, queries: Value) -> Result<Vec<Value>, ApiError> {
    let request = json!({"MetricDataQueries": queries, "StartTime": TEN, "EndTime": TEN + 240,
        "ScanBy": "TimestampAscending"});
    let answer = cloudwatch.handle("GetMetricData", &request, minute(4))?;
    Ok(answer["MetricDataResults"].as_array().unwrap().clone())
}

#[test]
fn expressions_use_each_other_when_in_any_order() {
    let queries = json!([
        math("rate", "IF(requests > 20, 100 * filled / requests, 0)"),
        metric("requests", "Requests", 60),
        {"Id": "filled", "Expression": "FILL(errors, 0)", "ReturnData": false},
        metric("errors", "Errors", 60),
    ]);
    let results = ask(&cloudwatch(), queries).unwrap();
    assert_eq!(results.len(), 1);
    assert_eq!((&results[0]["Id"], &results[0]["Label"]), (&json!("rate"), &json!("label of rate")));
    assert_eq!(results[0]["Values"], json!([0.0, 5.0, 0.0, 0.0]));
    assert_eq!(results[0]["Timestamps"][1], json!(1_795_428_060.0));
    assert_eq!(results[0]["StatusCode"], "Complete");
}

#[test]
fn period_is_that_of_the_metrics_when_series_are_made_up() {
    let five = metric("m1", "Requests", 300);
    let results = ask(&cloudwatch(), json!([five, math("e1", "TIME_SERIES(1)")])).unwrap();
    assert_eq!(results[0]["Timestamps"], json!([1_795_428_000.0]));
    let results = ask(&cloudwatch(), json!([math("e1", "TIME_SERIES(1)")])).unwrap();
    assert_eq!(results[0]["Values"], json!([1.0, 1.0, 1.0, 1.0]));
    let own = json!({"Id": "e1", "Expression": "TIME_SERIES(1)", "Period": 120});
    assert_eq!(ask(&cloudwatch(), json!([own])).unwrap()[0]["Values"], json!([1.0, 1.0]));
}

#[test]
fn every_series_is_a_result_when_an_expression_is_an_array() {
    let queries =
        json!([metric("m1", "Requests", 60), metric("m2", "Errors", 60), math("e1", "METRICS() / 10"),]);
    let results = ask(&cloudwatch(), queries).unwrap();
    let labels: Vec<_> = results.iter().map(|result| result["Label"].as_str().unwrap()).collect();
    assert_eq!(labels, ["label of e1 Requests", "label of e1 Errors"]);
    assert_eq!(results[1]["Values"], json!([0.5]));
    assert!(results.iter().all(|result| result["Id"] == "e1"));
}

#[test]
fn error_names_the_expression_when_it_cannot_be_evaluated() {
    for (expression, code, words) in [
        ("m1 + m2", "ValidationError", "Error in expression 'e1': there is no query with the id 'm2'"),
        ("e1 + 1", "ValidationError", "refers to itself"),
        ("m1 + e2", "ValidationError", "refers to itself"),
        ("m1 +", "ValidationError", "ends too early"),
        ("SUM(m1)", "ValidationError", "the result is a number"),
        ("SUM(1)", "ValidationError", "SUM does not take a number"),
        ("LOG(m1)", "NotImplemented", "LOG"),
        ("m1 + m5", "NotImplemented", "different periods"),
        ("SUM(METRICS())", "NotImplemented", "different periods"),
        ("SELECT COUNT(x) FROM y", "NotImplemented", "Metrics Insights"),
    ] {
        let queries = json!([
            metric("m1", "Requests", 60),
            metric("m5", "Requests", 300),
            math("e1", expression),
            math("e2", "2 * e1 + m1"),
        ]);
        let error = ask(&cloudwatch(), queries).unwrap_err();
        assert_eq!(error.code, code, "{expression}: {error}");
        assert!(error.message.contains(words), "{expression}: {error}");
    }
}

/// An alarm on the queries; an expression is watched unless it says otherwise.
fn alarm(queries: Value) -> Value {
    json!({
        "AlarmName": "math", "Metrics": queries, "EvaluationPeriods": 1, "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanThreshold",
    })
}

fn error_rate() -> Value {
    json!([
        metric("errors", "Errors", 60),
        metric("requests", "Requests", 60),
        {"Id": "rate", "Expression": "100 * FILL(errors, 0) / requests", "Label": "percent"},
    ])
}

#[test]
fn alarm_on_an_expression_fires_when_its_value_breaches() {
    let cloudwatch = cloudwatch();
    cloudwatch.handle("PutMetricAlarm", &alarm(error_rate()), minute(0)).unwrap();
    let changes = cloudwatch.evaluate_alarms(minute(2));
    assert_eq!(changes[0].to, AlarmState::Alarm);
    let reason = "Threshold Crossed: 1 out of the last 1 datapoints [5.0 (23/11/26 10:01:00)] was greater than the \
                  threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition).";
    assert_eq!(changes[0].reason, reason);
    let data: Value = serde_json::from_str(&changes[0].reason_data).unwrap();
    assert_eq!((data.get("statistic"), &data["period"]), (None, &json!(60)));
    assert_eq!(cloudwatch.evaluate_alarms(minute(3))[0].to, AlarmState::Ok);
}

#[test]
fn alarm_shows_its_queries_when_described() {
    let cloudwatch = cloudwatch();
    cloudwatch.handle("PutMetricAlarm", &alarm(error_rate()), minute(0)).unwrap();
    let found = cloudwatch.handle("DescribeAlarms", &json!({}), minute(0)).unwrap();
    let alarm = &found["MetricAlarms"][0];
    assert_eq!(alarm["Metrics"][0], error_rate()[0]);
    let watched = json!({"Id": "rate", "Expression": "100 * FILL(errors, 0) / requests", "Label": "percent",
        "ReturnData": true});
    assert_eq!(alarm["Metrics"][2], watched);
    for absent in
        ["MetricName", "Namespace", "Dimensions", "Period", "Statistic", "ExtendedStatistic", "Unit"]
    {
        assert_eq!(alarm.get(absent), None, "{absent}");
    }
    let metric = json!({"Namespace": "N", "MetricName": "Errors"});
    let found = cloudwatch.handle("DescribeAlarmsForMetric", &metric, minute(0)).unwrap();
    assert_eq!(found["MetricAlarms"], json!([]));
}

#[test]
fn alarm_watches_a_plain_metric_when_it_is_the_query_returned() {
    let cloudwatch = cloudwatch();
    let mut query = metric("m1", "Errors", 60);
    query["ReturnData"] = json!(true);
    query["MetricStat"]["Stat"] = json!("PR(4:)");
    cloudwatch.handle("PutMetricAlarm", &alarm(json!([query])), minute(0)).unwrap();
    assert_eq!(cloudwatch.evaluate_alarms(minute(2))[0].to, AlarmState::Alarm);
}

/// Whether a throttle alarm over DynamoDB is back in OK some minutes after its one bad minute.
fn throttle_alarm(expression: &str) -> Vec<AlarmState> {
    let cloudwatch = CloudWatch::new("eu-west-1", "123456789012");
    let mut throttles = metric("m", "ThrottledRequests", 60);
    throttles["MetricStat"]["Metric"]["Namespace"] = json!("AWS/DynamoDB");
    let definition = alarm(json!([throttles, math("e", expression)]));
    cloudwatch.handle("PutMetricAlarm", &definition, minute(0)).unwrap();
    let (namespace, name, at) = ("AWS/DynamoDB".to_owned(), "ThrottledRequests".to_owned(), minute(0));
    let sample = Sample { namespace, name, dimensions: vec![], unit: None, at, value: 9.0, count: 1.0 };
    cloudwatch.record(sample, at);
    let state = |number| {
        cloudwatch.evaluate_alarms(minute(number));
        cloudwatch.alarm_state("math").unwrap()
    };
    (1..=5).map(state).collect()
}

#[test]
fn throttle_alarm_returns_to_ok_when_its_gaps_are_filled() {
    use AlarmState::{Alarm, Ok};
    assert_eq!(throttle_alarm("FILL(m, 0)"), [Alarm, Ok, Ok, Ok, Ok]);
    assert_eq!(throttle_alarm("m * 1"), [Alarm; 5]);
}

#[test]
fn alarm_has_zeros_when_its_metric_never_existed() {
    let cloudwatch = CloudWatch::new("eu-west-1", "123456789012");
    let queries = json!([metric("m", "Never", 60), math("e", "FILL(m, 0)")]);
    cloudwatch.handle("PutMetricAlarm", &alarm(queries), minute(0)).unwrap();
    assert_eq!(cloudwatch.evaluate_alarms(minute(1))[0].to, AlarmState::Ok);
}

#[test]
fn alarm_is_refused_when_its_queries_are_wrong() {
    let metrics =
        |count: usize| (0..count).map(|n| metric(&format!("m{n}"), "Errors", 60)).collect::<Vec<_>>();
    let expressions = |count: usize| {
        let all =
            (0..count).map(|n| json!({"Id": format!("e{n}"), "Expression": "m0 + 1", "ReturnData": n == 0}));
        all.collect::<Vec<_>>()
    };
    let both = |m: usize, e: usize| json!([metrics(m), expressions(e)].concat());
    assert!(CloudWatch::new("r", "a").handle("PutMetricAlarm", &alarm(both(10, 10)), minute(0)).is_ok());
    for (queries, words) in [
        (both(11, 1), "at most 10"),
        (both(1, 11), "at most 10"),
        (both(10, 11), "at most 20"),
        (both(2, 0), "ReturnData true"),
        (json!([metric("m1", "Errors", 60), math("e1", "m1"), math("e2", "m1")]), "exactly one"),
        (json!([metric("m1", "Errors", 60), math("e1", "METRICS()")]), "a single time series"),
        (json!([metric("m1", "Errors", 60), math("e1", "MAX(m1)")]), "a single time series"),
        (json!([metric("m1", "Errors", 60), math("e1", "m2")]), "'m2'"),
    ] {
        let error =
            CloudWatch::new("r", "a").handle("PutMetricAlarm", &alarm(queries), minute(0)).unwrap_err();
        assert_eq!(error.code, "ValidationError", "{error}");
        assert!(error.message.contains(words), "{error}");
    }
    for member in
        ["Namespace", "MetricName", "Dimensions", "Period", "Unit", "Statistic", "ExtendedStatistic"]
    {
        let mut definition = alarm(error_rate());
        definition[member] = json!("Sum");
        let error = CloudWatch::new("r", "a").handle("PutMetricAlarm", &definition, minute(0)).unwrap_err();
        assert!(error.message.contains("together with Metrics"), "{member}: {error}");
    }
}
