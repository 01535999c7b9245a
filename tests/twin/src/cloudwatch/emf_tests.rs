//! The embedded metric format.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{CloudWatch, MinuteStatistics};

fn document() -> Value {
    json!({
        "_aws": {
            "Timestamp": 1_795_428_012_345_i64,
            "CloudWatchMetrics": [{
                "Namespace": "Manuel",
                "Dimensions": [["Service", "Version"], ["Service"]],
                "Metrics": [{"Name": "Latency", "Unit": "Milliseconds"}, {"Name": "Failures"}],
            }],
        },
        "Service": "backend", "Version": "7", "Latency": [10, 20.5], "Failures": 0, "RequestId": "abc",
    })
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_428_013, 0).unwrap()
}

fn minutes(cloudwatch: &CloudWatch, name: &str, dimensions: &[(&str, &str)]) -> Vec<MinuteStatistics> {
    let at = |text: &str| text.parse().unwrap();
    let (from, to) = (at("2026-11-23T10:00:00Z"), at("2026-11-23T10:01:00Z"));
    cloudwatch.minutes("Manuel", name, dimensions, from, to, to)
}

#[test]
fn every_dimension_set_is_a_metric_when_document_is_recorded() {
    let cloudwatch = CloudWatch::new("eu-west-1", "123456789012");
    assert!(cloudwatch.record_emf(&document().to_string(), now(), |stamp| stamp));
    for dimensions in [&[("Version", "7"), ("Service", "backend")][..], &[("Service", "backend")]] {
        let latency = minutes(&cloudwatch, "Latency", dimensions);
        assert_eq!((latency[0].sample_count, latency[0].sum), (2.0, 30.5));
        assert_eq!(latency[0].percentile(50.0), Some(10.0));
        assert_eq!(minutes(&cloudwatch, "Failures", dimensions)[0].percentile(100.0), Some(0.0));
    }
    assert!(minutes(&cloudwatch, "Latency", &[("Version", "7")]).is_empty());
}

#[test]
fn line_is_no_metric_when_it_is_something_else() {
    let cloudwatch = CloudWatch::new("eu-west-1", "123456789012");
    for line in ["", "START RequestId: 1", "{\"level\":\"info\"}", "{\"_aws\":1}", "{\"_aws\": {}} trailing"]
    {
        assert!(!cloudwatch.record_emf(line, now(), |stamp| stamp), "{line}");
    }
}

#[test]
fn the_rest_is_recorded_when_one_set_or_metric_is_broken() {
    let cloudwatch = CloudWatch::new("eu-west-1", "123456789012");
    let mut broken = document();
    broken["Version"] = json!(7);
    broken["Failures"] = json!("none");
    assert!(cloudwatch.record_emf(&broken.to_string(), now(), |stamp| stamp));
    assert_eq!(minutes(&cloudwatch, "Latency", &[("Service", "backend")]).len(), 1);
    assert!(minutes(&cloudwatch, "Failures", &[("Service", "backend")]).is_empty());
    assert!(minutes(&cloudwatch, "Latency", &[("Service", "backend"), ("Version", "7")]).is_empty());
}

#[test]
fn nothing_is_recorded_when_limits_are_exceeded() {
    let cloudwatch = CloudWatch::new("eu-west-1", "123456789012");
    let mut long = document();
    long["Latency"] = json!(vec![1; 101]);
    long["Failures"] = json!([]);
    assert!(!cloudwatch.record_emf(&long.to_string(), now(), |stamp| stamp));
    let mut unstamped = document();
    unstamped["_aws"]["Timestamp"] = json!(null);
    assert!(!cloudwatch.record_emf(&unstamped.to_string(), now(), |stamp| stamp));
}
