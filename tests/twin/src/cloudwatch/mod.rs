//! CloudWatch: metrics, their statistics and metric math, metric and composite alarms, the embedded metric format.
//!
//! Everything is kept in memory, in minutes, and time is always passed in, never backwards: nothing happens between two
//! calls, and alarms change only in [`CloudWatch::evaluate_alarms`] and by `SetAlarmState`. What is assumed about AWS stands in each module's text with
//! a grade: (A) read in an API model, an SDK's source or AWS documentation, (B) indirect but well supported, (C)
//! inference.

mod alarm;
mod delay;
mod emf;
mod errors;
mod get_data;
mod get_statistics;
mod grammar;
mod input;
mod list_metrics;
mod listeners;
mod math;
mod metric;
mod minutes;
pub(crate) mod page;
mod put_data;
mod queries;
mod time;
mod units;

#[cfg(test)]
mod alarm_api_tests;
#[cfg(test)]
mod composite_api_tests;
#[cfg(test)]
mod data_api_tests;
#[cfg(test)]
mod delay_tests;
#[cfg(test)]
mod emf_tests;
#[cfg(test)]
mod math_api_tests;
#[cfg(test)]
mod told_tests;

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use serde_json::{Value, json};

use self::{
    alarm::registry::Registry,
    delay::Arrivals,
    listeners::Listeners,
    metric::{
        datum::{Datum, Values},
        key::MetricKey,
        store::{Selection, Store},
    },
};
pub use self::{
    alarm::{decide::AlarmState, notification::Notification, registry::Transition},
    delay::Delay,
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
    /// Locked before `state` by whoever may change an alarm, and until every listener was told, so that all of them hear
    /// of changes in their order.
    listeners: Mutex<Listeners>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    store: Store,
    arrivals: Arrivals,
    alarms: Registry,
}

impl State {
    fn arrive(&mut self, datum: Datum, now: DateTime<Utc>) {
        self.arrivals.arrive(&mut self.store, datum, now);
    }

    /// Makes visible what can be seen at `now`.
    fn at(&mut self, now: DateTime<Utc>) -> &mut Self {
        self.arrivals.release(&mut self.store, now);
        self
    }
}

impl CloudWatch {
    /// An empty CloudWatch, whose alarms get ARNs of this region and account.
    #[must_use]
    pub fn new(region: &str, account: &str) -> Self {
        let alarms = Registry::new(region, account);
        let state = State { store: Store::default(), arrivals: Arrivals::default(), alarms };
        Self { listeners: Mutex::default(), state: Mutex::new(state) }
    }

    /// Calls `listener` with every change of an alarm's state from now on, be it found by an evaluation or set by
    /// `SetAlarmState`. It may ask for states, and must not evaluate or set alarms itself.
    pub fn on_transition(&self, listener: impl Fn(&Transition) + Send + Sync + 'static) {
        self.listeners.lock().add(listener);
    }

    /// Makes some metrics visible late, from the next sample on; where several delays concern a metric, the latest
    /// counts.
    pub fn delay(&self, delay: Delay) {
        self.state.lock().arrivals.delay(delay);
    }

    /// Ends all delays for samples from now on; earlier ones still become visible when they would have.
    pub fn stop_delays(&self) {
        self.state.lock().arrivals.stop_delays();
    }

    /// Records a sample that arrives at `now`, as an AWS service would; one that is not finite is dropped.
    pub fn record(&self, sample: Sample, now: DateTime<Utc>) {
        let dimensions = sample.dimensions.into_iter().collect();
        let key = MetricKey { namespace: sample.namespace, name: sample.name, dimensions };
        let values = Values::One(sample.value, sample.count);
        let datum = Datum { key, unit: sample.unit, minute: time::minute_of(sample.at), values };
        self.state.lock().arrive(datum, now);
    }

    /// Records the metrics of a log line in the embedded metric format, read at `now`; false when the line holds none.
    /// The line's stamp may be real time: `virtual_time` turns it into ours.
    pub fn record_emf(
        &self,
        line: &str,
        now: DateTime<Utc>,
        virtual_time: impl Fn(DateTime<Utc>) -> DateTime<Utc>,
    ) -> bool {
        let data = emf::read(line, virtual_time);
        let found = !data.is_empty();
        if found {
            let mut state = self.state.lock();
            data.into_iter().for_each(|datum| state.arrive(datum, now));
        }
        found
    }

    /// Evaluates every alarm over the periods complete at `now`, composite alarms after the others, tells the listeners
    /// and returns the state changes.
    pub fn evaluate_alarms(&self, now: DateTime<Utc>) -> Vec<Transition> {
        let listeners = self.listeners.lock();
        let transitions = {
            let mut state = self.state.lock();
            let State { store, alarms, .. } = state.at(now);
            alarms.evaluate(store, now)
        };
        listeners.tell(&transitions);
        transitions
    }

    /// The state of an alarm; `None` when there is no such alarm.
    #[must_use]
    pub fn alarm_state(&self, name: &str) -> Option<AlarmState> {
        self.state.lock().alarms.state(name)
    }

    /// The minutes of one metric that have data visible at `now`, in order: from `from` (inclusive) to `to` (exclusive),
    /// all units.
    #[must_use]
    pub fn minutes(
        &self,
        namespace: &str,
        name: &str,
        dimensions: &[(&str, &str)],
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Vec<MinuteStatistics> {
        let dimensions =
            dimensions.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let key = MetricKey { namespace: namespace.to_owned(), name: name.to_owned(), dimensions };
        let span = time::minute_of(from)..to.timestamp();
        let all = Selection { unit: None, span, period: time::MINUTE, origin: 0, single_values: true };
        let found = self.state.lock().at(now).store.periods(&key, &all);
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
    /// `InvalidParameterCombination`, `InvalidNextToken`, `InvalidFormat`, `ResourceNotFound`), `SerializationException` when `input` is
    /// not a structure, `NotImplemented` for what AWS has and the twin has not. See [`shape_name`].
    pub fn handle(&self, operation: &str, input: &Value, now: DateTime<Utc>) -> Result<Value, ApiError> {
        if operation == "SetAlarmState" {
            return self.set_alarm_state(input, now);
        }
        let mut state = self.state.lock();
        let State { store, arrivals, alarms } = state.at(now);
        match operation {
            "PutMetricData" => {
                put_data::put_metric_data(input, now, |datum| arrivals.arrive(store, datum, now))
            }
            "GetMetricData" => get_data::get_metric_data(store, input),
            "GetMetricStatistics" => get_statistics::get_metric_statistics(store, input),
            "ListMetrics" => list_metrics::list_metrics(store, input, now),
            "PutMetricAlarm" => alarms.put(input, now),
            "PutCompositeAlarm" => alarms.put_composite(input, now),
            "DescribeAlarms" => alarms.describe(input),
            "DescribeAlarmsForMetric" => alarms.describe_for_metric(input),
            "DescribeAlarmHistory" => alarms.history.describe(input),
            "DeleteAlarms" => alarms.delete(input, now),
            "EnableAlarmActions" => alarms.set_actions(input, true, now),
            "DisableAlarmActions" => alarms.set_actions(input, false, now),
            other => Err(ApiError::not_implemented(format!("CloudWatch {other}"))),
        }
    }

    /// A change by hand is told to the listeners as any other.
    fn set_alarm_state(&self, input: &Value, now: DateTime<Utc>) -> Result<Value, ApiError> {
        let listeners = self.listeners.lock();
        let transitions = self.state.lock().alarms.set_state(input, now)?;
        listeners.tell(&transitions);
        Ok(json!({}))
    }
}
