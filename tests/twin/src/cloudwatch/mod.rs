//! CloudWatch: metrics, their statistics, metric alarms and the embedded metric format.
//!
//! Everything is kept in memory, in minutes, and time is always passed in: nothing happens between two calls, and
//! alarms change only in [`CloudWatch::evaluate_alarms`]. What is assumed about AWS stands in each module's text with
//! a grade: (A) read in an API model, an SDK's source or AWS documentation, (B) indirect but well supported, (C)
//! inference.

mod alarm;
mod emf;
mod errors;
mod get_data;
mod get_statistics;
mod input;
mod list_metrics;
mod metric;
mod minutes;
mod page;
mod put_data;
mod time;
mod units;

#[cfg(test)]
mod alarm_api_tests;
#[cfg(test)]
mod data_api_tests;
#[cfg(test)]
mod emf_tests;

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use serde_json::Value;

use self::{
    alarm::registry::Registry,
    metric::{
        key::MetricKey,
        store::{Selection, Store},
    },
};
pub use self::{
    alarm::{decide::AlarmState, registry::Transition},
    errors::shape_name,
    minutes::MinuteStatistics,
};
use crate::error::ApiError;

/// Samples of one metric that were taken at one time.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// For instance `AWS/Lambda`.
    pub namespace: String,
    /// For instance `Duration`.
    pub name: String,
    /// Names and values, in any order.
    pub dimensions: Vec<(String, String)>,
    /// For instance `Milliseconds`; `None` is CloudWatch's unit `None`.
    pub unit: Option<String>,
    /// When; only the minute is kept.
    pub at: DateTime<Utc>,
    /// The value, in `unit`.
    pub value: f64,
    /// How many samples had this value.
    pub count: f64,
}

/// One account's CloudWatch in one region.
#[derive(Debug)]
pub struct CloudWatch {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    store: Store,
    alarms: Registry,
}

impl CloudWatch {
    /// An empty CloudWatch, whose alarms get ARNs of this region and account.
    #[must_use]
    pub fn new(region: &str, account: &str) -> Self {
        let state = State { store: Store::default(), alarms: Registry::new(region, account) };
        Self { state: Mutex::new(state) }
    }

    /// Records a sample as an AWS service would; one that is not finite is dropped.
    pub fn record(&self, sample: Sample) {
        let dimensions = sample.dimensions.into_iter().collect();
        let key = MetricKey { namespace: sample.namespace, name: sample.name, dimensions };
        let mut state = self.state.lock();
        let minute = state.store.minute(key, time::minute_of(sample.at), sample.unit.as_deref());
        minute.add(sample.value, sample.count);
    }

    /// Records the metrics of a log line in the embedded metric format; false when the line holds none. The line's
    /// stamp may be real time: `virtual_time` turns it into ours.
    pub fn record_emf(&self, line: &str, virtual_time: impl Fn(DateTime<Utc>) -> DateTime<Utc>) -> bool {
        emf::record(&mut self.state.lock().store, line, virtual_time)
    }

    /// Evaluates every alarm over the periods complete at `now` and returns the state changes, by alarm name.
    pub fn evaluate_alarms(&self, now: DateTime<Utc>) -> Vec<Transition> {
        let state = &mut *self.state.lock();
        state.alarms.evaluate(&state.store, now)
    }

    /// The state of an alarm; `None` when there is no such alarm.
    #[must_use]
    pub fn alarm_state(&self, name: &str) -> Option<AlarmState> {
        self.state.lock().alarms.state(name)
    }

    /// The minutes of one metric that have data, in order: from `from` (inclusive) to `to` (exclusive), all units.
    #[must_use]
    pub fn minutes(
        &self,
        namespace: &str,
        name: &str,
        dimensions: &[(&str, &str)],
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Vec<MinuteStatistics> {
        let dimensions =
            dimensions.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let key = MetricKey { namespace: namespace.to_owned(), name: name.to_owned(), dimensions };
        let span = time::minute_of(from)..to.timestamp();
        let all = Selection { unit: None, span, period: time::MINUTE, origin: 0, single_values: true };
        let found = self.state.lock().store.periods(&key, &all);
        found
            .into_iter()
            .map(|(start, values)| MinuteStatistics::new(time::at_second(start), values))
            .collect()
    }

    /// Answers one operation of the API. Times in `input` may be epoch seconds or ISO 8601; those in the answer are
    /// epoch seconds.
    ///
    /// # Errors
    ///
    /// CloudWatch's own errors (`ValidationError`, `MissingParameter`, `InvalidParameterValue`,
    /// `InvalidParameterCombination`, `InvalidNextToken`, `ResourceNotFound`), `SerializationException` when `input` is
    /// not a structure, `NotImplemented` for what AWS has and the twin has not. See [`shape_name`].
    pub fn handle(&self, operation: &str, input: &Value, now: DateTime<Utc>) -> Result<Value, ApiError> {
        let State { store, alarms } = &mut *self.state.lock();
        match operation {
            "PutMetricData" => put_data::put_metric_data(store, input, now),
            "GetMetricData" => get_data::get_metric_data(store, input),
            "GetMetricStatistics" => get_statistics::get_metric_statistics(store, input),
            "ListMetrics" => list_metrics::list_metrics(store, input, now),
            "PutMetricAlarm" => alarms.put(input, now),
            "DescribeAlarms" => alarms.describe(input),
            "DescribeAlarmsForMetric" => alarms.describe_for_metric(input),
            "DescribeAlarmHistory" => alarms.history.describe(input),
            "DeleteAlarms" => alarms.delete(input, now),
            "EnableAlarmActions" => alarms.set_actions(input, true, now),
            "DisableAlarmActions" => alarms.set_actions(input, false, now),
            other => Err(ApiError::not_implemented(format!("CloudWatch {other}"))),
        }
    }
}
