//! Metrics that become visible late.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::{AlarmState, CloudWatch, Delay, Sample};

fn second(number: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_428_000 + number, 0).unwrap()
}

fn late(namespace: &str, by: i64, jitter: i64) -> Delay {
    let (by, jitter) = (TimeDelta::seconds(by), TimeDelta::seconds(jitter));
    Delay { namespace: Some(namespace.to_owned()), metric: None, by, jitter, seed: 7 }
}

fn cloudwatch(delays: impl IntoIterator<Item = Delay>) -> CloudWatch {
    let cloudwatch = CloudWatch::new("eu-west-1", "123456789012");
    delays.into_iter().for_each(|delay| cloudwatch.delay(delay));
    cloudwatch
}

fn record(cloudwatch: &CloudWatch, namespace: &str, name: &str, at: DateTime<Utc>) {
    let (namespace, name) = (namespace.to_owned(), name.to_owned());
    let sample = Sample { namespace, name, dimensions: vec![], unit: None, at, value: 9.0, count: 1.0 };
    cloudwatch.record(sample, at);
}

/// How many samples of a metric are visible, by minute.
fn visible(cloudwatch: &CloudWatch, namespace: &str, name: &str, now: DateTime<Utc>) -> Vec<(i64, f64)> {
    let minutes = cloudwatch.minutes(namespace, name, &[], second(0), second(3_600), now);
    minutes.iter().map(|minute| ((minute.at - second(0)).num_minutes(), minute.sample_count)).collect()
}

#[test]
fn sample_keeps_its_minute_when_it_becomes_visible_late() {
    let cloudwatch = cloudwatch([late("N", 120, 0)]);
    record(&cloudwatch, "N", "M", second(30));
    assert_eq!(visible(&cloudwatch, "N", "M", second(149)), []);
    assert_eq!(visible(&cloudwatch, "N", "M", second(150)), [(0, 1.0)]);
    assert_eq!(visible(&cloudwatch, "N", "M", second(200)), [(0, 1.0)]);
}

#[test]
fn delay_counts_from_the_arrival_when_the_stamp_is_older() {
    let cloudwatch = cloudwatch([late("N", 120, 0)]);
    let (namespace, name) = ("N".to_owned(), "M".to_owned());
    let sample =
        Sample { namespace, name, dimensions: vec![], unit: None, at: second(0), value: 1.0, count: 1.0 };
    cloudwatch.record(sample, second(100));
    assert_eq!(visible(&cloudwatch, "N", "M", second(219)), []);
    assert_eq!(visible(&cloudwatch, "N", "M", second(220)), [(0, 1.0)]);
}

#[test]
fn every_way_in_is_late_when_its_metric_is() {
    let cloudwatch = cloudwatch([late("N", 60, 0)]);
    record(&cloudwatch, "N", "Recorded", second(0));
    let line = json!({"Logged": 1, "_aws": {"Timestamp": second(0).timestamp_millis(),
        "CloudWatchMetrics": [{"Namespace": "N", "Dimensions": [[]], "Metrics": [{"Name": "Logged"}]}]}});
    assert!(cloudwatch.record_emf(&line.to_string(), second(0), |stamp| stamp));
    let data = json!([{"MetricName": "Put", "Value": 1, "Timestamp": second(0).timestamp()}]);
    cloudwatch.handle("PutMetricData", &json!({"Namespace": "N", "MetricData": data}), second(0)).unwrap();
    for name in ["Recorded", "Logged", "Put"] {
        assert_eq!(visible(&cloudwatch, "N", name, second(59)), [], "{name}");
    }
    let listed = |now| {
        let found = cloudwatch.handle("ListMetrics", &json!({}), now).unwrap();
        found["Metrics"].as_array().unwrap().len()
    };
    assert_eq!((listed(second(59)), listed(second(60))), (0, 3));
    for name in ["Recorded", "Logged", "Put"] {
        assert_eq!(visible(&cloudwatch, "N", name, second(60)), [(0, 1.0)], "{name}");
    }
}

#[test]
fn query_sees_a_sample_when_it_is_due() {
    let cloudwatch = cloudwatch([late("N", 90, 0)]);
    record(&cloudwatch, "N", "M", second(0));
    let sum = |now| {
        let stat = json!({"Metric": {"Namespace": "N", "MetricName": "M"}, "Period": 60, "Stat": "Sum"});
        let queries = json!([{"Id": "m", "MetricStat": stat}]);
        let request = json!({"MetricDataQueries": queries, "StartTime": second(0).timestamp(),
            "EndTime": second(60).timestamp()});
        cloudwatch.handle("GetMetricData", &request, now).unwrap()["MetricDataResults"][0]["Values"].clone()
    };
    assert_eq!((sum(second(89)), sum(second(90))), (json!([]), json!([9.0])));
}

/// Nothing but the evaluation reads here: it must see by itself what is due.
#[test]
fn alarm_sees_a_late_sample_when_it_still_lies_in_the_evaluation_range() {
    let cloudwatch = cloudwatch([late("N", 90, 0)]);
    let alarm = json!({
        "AlarmName": "late", "Namespace": "N", "MetricName": "M", "Statistic": "Sum", "Period": 60,
        "EvaluationPeriods": 1, "Threshold": 3.0, "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
    });
    cloudwatch.handle("PutMetricAlarm", &alarm, second(0)).unwrap();
    record(&cloudwatch, "N", "M", second(0));
    cloudwatch.evaluate_alarms(second(60));
    assert_eq!(cloudwatch.alarm_state("late"), Some(AlarmState::Ok));
    cloudwatch.evaluate_alarms(second(120));
    assert_eq!(cloudwatch.alarm_state("late"), Some(AlarmState::Alarm));
}

#[test]
fn other_metrics_are_visible_at_once_when_a_delay_does_not_concern_them() {
    let only = Delay { metric: Some("Slow".to_owned()), ..late("N", 60, 0) };
    let cloudwatch = cloudwatch([only]);
    for (namespace, name, count) in [("N", "Slow", 0), ("N", "Fast", 1), ("Other", "Slow", 1)] {
        record(&cloudwatch, namespace, name, second(0));
        assert_eq!(visible(&cloudwatch, namespace, name, second(0)).len(), count, "{namespace} {name}");
    }
}

#[test]
fn latest_delay_counts_when_several_concern_a_metric() {
    let all = Delay { namespace: None, ..late("", 600, 0) };
    let cloudwatch = cloudwatch([all, late("N", 60, 0), late("Fast", 0, 0)]);
    for (namespace, wait) in [("N", 60), ("Other", 600), ("Fast", 0)] {
        record(&cloudwatch, namespace, "M", second(0));
        let waits =
            (0..=600).step_by(60).find(|now| !visible(&cloudwatch, namespace, "M", second(*now)).is_empty());
        assert_eq!(waits, Some(wait), "{namespace}");
    }
}

#[test]
fn waiting_samples_keep_their_time_when_delays_are_stopped() {
    let cloudwatch = cloudwatch([late("N", 60, 0)]);
    record(&cloudwatch, "N", "M", second(0));
    cloudwatch.stop_delays();
    record(&cloudwatch, "N", "M", second(10));
    assert_eq!(visible(&cloudwatch, "N", "M", second(59)), [(0, 1.0)]);
    assert_eq!(visible(&cloudwatch, "N", "M", second(60)), [(0, 2.0)]);
}

/// What can be seen of ten minutes with six samples each, whenever something changes.
fn visible_over_time(seed: u64) -> Vec<Vec<(i64, f64)>> {
    let cloudwatch = cloudwatch([Delay { seed, ..late("N", 60, 300) }]);
    (0..60).for_each(|number| record(&cloudwatch, "N", "M", second(number * 10)));
    (600..=1_000).map(|now| visible(&cloudwatch, "N", "M", second(now))).collect()
}

#[test]
fn minutes_are_out_of_order_and_in_parts_when_there_is_jitter() {
    let seen = visible_over_time(7);
    assert_eq!(seen.last().unwrap(), &(0..10).map(|number| (number, 6.0)).collect::<Vec<_>>());
    let partial = |minutes: &Vec<(i64, f64)>| minutes.iter().any(|(_, count)| *count < 6.0);
    assert!(seen.iter().any(partial));
    // A later minute shows more than an earlier one.
    let overtaken = |minutes: &Vec<(i64, f64)>| minutes.windows(2).any(|pair| pair[0].1 < pair[1].1);
    assert!(seen.iter().any(overtaken));
}

#[test]
fn jitter_repeats_when_the_seed_is_the_same() {
    assert_eq!(visible_over_time(7), visible_over_time(7));
    assert_ne!(visible_over_time(7), visible_over_time(8));
}

#[test]
fn jitter_stays_within_its_limits_when_drawn_often() {
    let cloudwatch = cloudwatch([late("N", 60, 60)]);
    (0..500).for_each(|_| record(&cloudwatch, "N", "M", second(0)));
    let count = |now| visible(&cloudwatch, "N", "M", second(now)).first().map_or(0.0, |minute| minute.1);
    assert_eq!(count(59), 0.0);
    let half = count(90);
    assert!((150.0..350.0).contains(&half), "{half}");
    assert_eq!(count(120), 500.0);
}

#[test]
fn sample_is_visible_at_once_when_a_delay_is_negative() {
    let cloudwatch = cloudwatch([late("N", -60, -60)]);
    record(&cloudwatch, "N", "M", second(0));
    assert_eq!(visible(&cloudwatch, "N", "M", second(0)), [(0, 1.0)]);
}
