//! Metric data through the API: publishing, queries, listings.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{CloudWatch, Sample};
use crate::error::ApiError;

/// 2026-11-23T10:00:00Z.
const TEN: i64 = 1_795_428_000;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(TEN + 600, 0).unwrap()
}

fn call(cloudwatch: &CloudWatch, operation: &str, input: Value) -> Result<Value, ApiError> {
    cloudwatch.handle(operation, &input, now())
}

/// Ten minutes from 10:00 on, with the values 1 to 10, except that minute 4 has no data.
fn cloudwatch() -> CloudWatch {
    let cloudwatch = CloudWatch::new("eu-west-1", "123456789012");
    for (minute, value) in (0..10).zip(1_u8..).filter(|(minute, _)| *minute != 4) {
        let datum = json!({"MetricName": "M", "Timestamp": TEN + minute * 60 + 7, "Value": f64::from(value)});
        call(&cloudwatch, "PutMetricData", json!({"Namespace": "N", "MetricData": [datum]})).unwrap();
    }
    cloudwatch
}

fn query(id: &str, stat: &str, period: u32) -> Value {
    let metric = json!({"Namespace": "N", "MetricName": "M"});
    json!({"Id": id, "MetricStat": {"Metric": metric, "Period": period, "Stat": stat}})
}

fn ask(queries: Value, start: i64, end: i64) -> Value {
    json!({"MetricDataQueries": queries, "StartTime": start, "EndTime": end, "ScanBy": "TimestampAscending"})
}

fn values(answer: &Value) -> Vec<f64> {
    answer["MetricDataResults"][0]["Values"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

#[test]
fn minutes_are_returned_when_inside_start_and_before_end() {
    let answer =
        call(&cloudwatch(), "GetMetricData", ask(json!([query("m", "Sum", 60)]), TEN + 179, TEN + 360))
            .unwrap();
    assert_eq!(values(&answer), [3.0, 4.0, 6.0]);
    let result = &answer["MetricDataResults"][0];
    assert_eq!(result["Timestamps"], json!([f64::from(1_795_428_120), 1_795_428_180.0, 1_795_428_300.0]));
    assert_eq!((&result["Label"], &result["StatusCode"]), (&json!("M"), &json!("Complete")));
}

#[test]
fn newest_comes_first_when_order_is_not_given() {
    let mut request = ask(json!([query("m", "Maximum", 300)]), TEN, TEN + 600);
    request["ScanBy"] = Value::Null;
    assert_eq!(values(&call(&cloudwatch(), "GetMetricData", request).unwrap()), [10.0, 4.0]);
}

#[test]
fn statistics_agree_when_asked_together() {
    let stats = ["Sum", "SampleCount", "Average", "Minimum", "Maximum", "p50", "p99.9"];
    let queries: Vec<_> = (0..).zip(stats).map(|(n, stat)| query(&format!("m{n}"), stat, 300)).collect();
    let answer = call(&cloudwatch(), "GetMetricData", ask(json!(queries), TEN, TEN + 300)).unwrap();
    let results = answer["MetricDataResults"].as_array().unwrap();
    let first: Vec<_> = results.iter().map(|result| result["Values"][0].as_f64().unwrap()).collect();
    assert_eq!(first, [10.0, 4.0, 2.5, 1.0, 4.0, 2.0, 4.0]);
}

#[test]
fn rank_is_the_share_of_the_values_when_asked_of_any_operation() {
    let cloudwatch = cloudwatch();
    let request = ask(json!([query("r", "PR(2:6)", 300)]), TEN, TEN + 600);
    // 1 to 4, of which two lie above 2; 6 to 10, of which one is at most 6.
    assert_eq!(values(&call(&cloudwatch, "GetMetricData", request).unwrap()), [50.0, 20.0]);
    let statistics = json!({"Namespace": "N", "MetricName": "M", "StartTime": TEN, "EndTime": TEN + 300,
        "Period": 300, "ExtendedStatistics": ["PR(:2)", "p50"]});
    let answer = call(&cloudwatch, "GetMetricStatistics", statistics).unwrap();
    assert_eq!(answer["Datapoints"][0]["ExtendedStatistics"], json!({"PR(:2)": 50.0, "p50": 2.0}));
    let minute = ask(json!([query("r", "PR(:300)", 60)]), TEN + 240, TEN + 300);
    assert!(values(&call(&cloudwatch, "GetMetricData", minute).unwrap()).is_empty());
}

#[test]
fn all_points_arrive_once_when_pages_are_followed() {
    let cloudwatch = cloudwatch();
    let mut request = ask(json!([query("a", "Sum", 60), query("b", "Sum", 60)]), TEN, TEN + 600);
    request["MaxDatapoints"] = json!(5);
    let (mut seen, mut statuses) = (Vec::new(), Vec::new());
    loop {
        let answer = call(&cloudwatch, "GetMetricData", request.clone()).unwrap();
        for result in answer["MetricDataResults"].as_array().unwrap() {
            seen.extend(result["Values"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()));
            statuses.push(result["StatusCode"].as_str().unwrap().to_owned());
        }
        let Some(token) = answer.get("NextToken") else { break };
        request["NextToken"] = token.clone();
    }
    let once = [1.0, 2.0, 3.0, 4.0, 6.0, 7.0, 8.0, 9.0, 10.0];
    assert_eq!(seen, [once, once].concat());
    assert_eq!(statuses.last().unwrap(), "Complete");
}

#[test]
fn result_is_empty_when_metric_is_unknown_or_hidden() {
    let mut hidden = query("h", "Sum", 60);
    hidden["ReturnData"] = json!(false);
    let mut unknown = query("u", "Sum", 60);
    unknown["MetricStat"]["Metric"]["Dimensions"] = json!([{"Name": "D", "Value": "d"}]);
    let answer = call(&cloudwatch(), "GetMetricData", ask(json!([hidden, unknown]), TEN, TEN + 600)).unwrap();
    assert_eq!(answer["MetricDataResults"].as_array().unwrap().len(), 1);
    assert!(values(&answer).is_empty());
}

#[test]
fn query_is_refused_when_it_breaks_a_rule() {
    let mut both = query("e", "Sum", 60);
    both["Expression"] = json!("m1 / m2");
    for (queries, code) in [
        (json!([]), "ValidationError"),
        (json!([query("M1", "Sum", 60)]), "ValidationError"),
        (json!([query("m-1", "Sum", 60)]), "ValidationError"),
        (json!([query("m", "Sum", 60), query("m", "Sum", 60)]), "ValidationError"),
        (json!([query("m", "Sum", 61)]), "ValidationError"),
        (json!([query("m", "Median", 60)]), "ValidationError"),
        (json!([query("m", "PR(200:100)", 60)]), "ValidationError"),
        (json!([query("m", "TM(:200)", 60)]), "NotImplemented"),
        (json!(vec![query("m", "Sum", 60); 501]), "ValidationError"),
        (json!([both]), "ValidationError"),
        (json!([{"Id": "e"}]), "ValidationError"),
    ] {
        let error = call(&cloudwatch(), "GetMetricData", ask(queries, TEN, TEN + 60)).unwrap_err();
        assert_eq!(error.code, code, "{error}");
    }
    let backwards = ask(json!([query("m", "Sum", 60)]), TEN, TEN);
    assert_eq!(call(&cloudwatch(), "GetMetricData", backwards).unwrap_err().code, "ValidationError");
}

#[test]
fn values_and_counts_are_weighed_when_published_as_arrays() {
    let cloudwatch = CloudWatch::new("eu-west-1", "123456789012");
    let weighted =
        json!({"MetricName": "M", "Timestamp": "2026-11-23T10:00:00Z", "Values": [1, 9], "Counts": [99, 1]});
    let summary = json!({"SampleCount": 2, "Sum": 3, "Minimum": 1, "Maximum": 2});
    let set = json!({"MetricName": "S", "StatisticValues": summary, "Unit": "Count"});
    call(&cloudwatch, "PutMetricData", json!({"Namespace": "N", "MetricData": [weighted, set]})).unwrap();
    let answer =
        call(&cloudwatch, "GetMetricData", ask(json!([query("m", "p99", 60)]), TEN, TEN + 60)).unwrap();
    assert_eq!(values(&answer), [1.0]);
}

#[test]
fn whole_request_is_refused_when_one_datum_is_wrong() {
    let cloudwatch = CloudWatch::new("eu-west-1", "123456789012");
    let good = json!({"MetricName": "M", "Value": 1});
    for (bad, code) in [
        (json!({"Value": 1}), "MissingParameter"),
        (json!({"MetricName": "M"}), "MissingParameter"),
        (json!({"MetricName": "M", "Value": "NaN"}), "InvalidParameterValue"),
        (json!({"MetricName": "M", "Value": 1e109}), "InvalidParameterValue"),
        (json!({"MetricName": "M", "Value": 1, "Unit": "Parsec"}), "InvalidParameterValue"),
        (json!({"MetricName": "M", "Value": 1, "Timestamp": TEN + 600 + 7_201}), "InvalidParameterValue"),
        (json!({"MetricName": "M", "Value": 1, "Timestamp": TEN - 1_209_600}), "InvalidParameterValue"),
        (json!({"MetricName": "M", "Value": 1, "Values": [1]}), "InvalidParameterCombination"),
        (json!({"MetricName": "M", "Values": [1, 2], "Counts": [1]}), "InvalidParameterValue"),
        (json!({"MetricName": "M", "Value": 1, "Dimensions": [{"Name": "D"}]}), "MissingParameter"),
    ] {
        let error = call(&cloudwatch, "PutMetricData", json!({"Namespace": "N", "MetricData": [good, bad]}))
            .unwrap_err();
        assert_eq!(error.code, code, "{error}");
        assert!(
            error.message.contains("MetricData.member.2.") || code == "InvalidParameterCombination",
            "{error}"
        );
    }
    assert_eq!(call(&cloudwatch, "ListMetrics", json!({})).unwrap()["Metrics"], json!([]));
}

#[test]
fn periods_count_from_start_when_statistics_are_asked() {
    let request = json!({
        "Namespace": "N", "MetricName": "M", "StartTime": "2026-11-23T10:01:30Z", "EndTime": TEN + 600,
        "Period": 300, "Statistics": ["Sum", "SampleCount"],
    });
    let answer = call(&cloudwatch(), "GetMetricStatistics", request.clone()).unwrap();
    let point = json!({"Timestamp": 1_795_428_060.0, "Sum": 15.0, "SampleCount": 4.0, "Unit": "None"});
    assert_eq!(answer["Datapoints"][0], point);
    let mut extended = request.clone();
    extended["ExtendedStatistics"] = json!(["p90"]);
    assert_eq!(
        call(&cloudwatch(), "GetMetricStatistics", extended.clone()).unwrap_err().code,
        "InvalidParameterCombination"
    );
    extended["Statistics"] = Value::Null;
    let answer = call(&cloudwatch(), "GetMetricStatistics", extended).unwrap();
    assert_eq!(answer["Datapoints"][0]["ExtendedStatistics"], json!({"p90": 6.0}));
}

#[test]
fn datapoint_has_the_recorded_unit_when_none_is_asked_for() {
    let cloudwatch = cloudwatch();
    for (unit, value) in [("Milliseconds", 40.0), ("Seconds", 2.0), ("Milliseconds", 60.0)] {
        let datum = json!({"MetricName": "D", "Timestamp": TEN, "Value": value, "Unit": unit});
        call(&cloudwatch, "PutMetricData", json!({"Namespace": "N", "MetricData": [datum]})).unwrap();
    }
    let ask = |unit: Value| {
        let request = json!({"Namespace": "N", "MetricName": "D", "StartTime": TEN, "EndTime": TEN + 60,
            "Period": 60, "Statistics": ["Sum"], "Unit": unit});
        let answer = call(&cloudwatch, "GetMetricStatistics", request).unwrap();
        let points = answer["Datapoints"].as_array().unwrap().clone();
        points.iter().map(|p| (p["Unit"].clone(), p["Sum"].clone())).collect::<Vec<_>>()
    };
    let milliseconds = (json!("Milliseconds"), json!(100.0));
    assert_eq!(ask(Value::Null), [milliseconds.clone(), (json!("Seconds"), json!(2.0))]);
    assert_eq!(ask(json!("Milliseconds")), [milliseconds]);
    assert_eq!(ask(json!("Count")), []);
}

#[test]
fn metrics_are_listed_when_they_match_the_filters() {
    let cloudwatch = cloudwatch();
    let dimensions = vec![("FunctionName".to_owned(), "f".to_owned())];
    let (namespace, name) = ("AWS/Lambda".to_owned(), "Errors".to_owned());
    let sample = Sample { namespace, name, dimensions, unit: None, at: now(), value: 0.0, count: 1.0 };
    cloudwatch.record(sample, now());
    let count = |input| call(&cloudwatch, "ListMetrics", input).unwrap()["Metrics"].as_array().unwrap().len();
    assert_eq!(count(json!({})), 2);
    assert_eq!(count(json!({"Namespace": "N", "MetricName": "M"})), 1);
    assert_eq!(count(json!({"Dimensions": [{"Name": "FunctionName"}]})), 1);
    assert_eq!(count(json!({"Dimensions": [{"Name": "FunctionName", "Value": "g"}]})), 0);
    assert_eq!(count(json!({"RecentlyActive": "PT3H"})), 2);
}
