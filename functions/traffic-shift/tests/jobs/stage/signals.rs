//! What CloudWatch knows: requests and alarms.

use super::{FUNCTION, Stage};
use aws_sdk_cloudwatch::types::{ComparisonOperator, StateValue, Statistic};
use twin::cloudwatch::Sample;

impl Stage {
    /// Invocations of a version (empty: of the alias, by no version) in one past minute, as Lambda records them.
    pub(crate) fn invocations(
        &self,
        version: &str,
        minutes_ago: i64,
        total: u32,
        errors: u32,
        duration_ms: f64,
    ) {
        let record = |metric, value, count| self.sample(version, minutes_ago, metric, (value, count));
        record("Invocations", 1.0, total);
        record("Errors", 1.0, errors);
        record("Errors", 0.0, total - errors);
        record("Duration", duration_ms, total);
    }

    /// One metric alone.
    pub(crate) fn record(&self, version: &str, minutes_ago: i64, metric: &str, count: u32) {
        self.sample(version, minutes_ago, metric, (1.0, count));
    }

    fn sample(&self, version: &str, minutes_ago: i64, metric: &str, (value, count): (f64, u32)) {
        let mut dimensions =
            vec![("FunctionName", FUNCTION.to_owned()), ("Resource", format!("{FUNCTION}:live"))];
        if !version.is_empty() {
            dimensions.push(("ExecutedVersion", version.to_owned()));
        }
        let dimensions = dimensions.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let (namespace, name, at) =
            ("AWS/Lambda".to_owned(), metric.to_owned(), self.minutes_ago(minutes_ago));
        let sample = Sample { namespace, name, dimensions, unit: None, at, value, count: f64::from(count) };
        self.twin.cloudwatch().record(sample, self.twin.clock().now());
    }

    /// Version 2 beside version 1 in these past minutes.
    pub(crate) fn traffic(&self, minutes_ago: std::ops::RangeInclusive<i64>, errors: u32) {
        for ago in minutes_ago {
            self.invocations("2", ago, 60, errors, 40.0);
            self.invocations("1", ago, 540, 0, 20.0);
        }
    }

    pub(crate) async fn put_alarm(&self, name: &str) {
        let alarm =
            self.cloudwatch.put_metric_alarm().alarm_name(name).namespace("Shop").metric_name("Failed");
        let alarm = alarm.statistic(Statistic::Sum).period(60).evaluation_periods(1).threshold(1.0);
        let alarm = alarm.comparison_operator(ComparisonOperator::GreaterThanOrEqualToThreshold);
        alarm.treat_missing_data("ignore").send().await.unwrap();
    }

    pub(crate) async fn fire(&self, name: &str) {
        let call = self.cloudwatch.set_alarm_state().alarm_name(name).state_value(StateValue::Alarm);
        call.state_reason("as the test says").send().await.unwrap();
    }
}
