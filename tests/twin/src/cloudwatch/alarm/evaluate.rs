//! Evaluating one metric alarm: reading the data points of its range and applying the rule.
//!
//! Periods are windows that slide with the minutes: at each minute the last complete window ends at that minute (A).
//! CloudWatch evaluates some seconds later than that, and a datapoint that arrives after its window was judged counts
//! again as long as it is in the range (B); the twin does the latter and has no delay of its own.

use chrono::{DateTime, Utc};

use super::{
    decide::{AlarmState, decide, evaluation_range},
    definition::MetricAlarm,
    reason::{self, Point},
};
use crate::cloudwatch::metric::store::Store;

/// The outcome of an evaluation that has one, or of a hand that sets the state.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Outcome {
    pub(super) state: AlarmState,
    pub(super) reason: String,
    /// A hand need not give any.
    pub(super) reason_data: Option<String>,
}

/// Evaluates at `now`; `None` where the alarm keeps its state.
pub(super) fn evaluate(alarm: &MetricAlarm, store: &Store, now: DateTime<Utc>) -> Option<Outcome> {
    let windows = i64::try_from(evaluation_range(alarm.rule.evaluation_periods)).unwrap_or(i64::MAX);
    let range = alarm.watched.windows(store, windows, now);
    let values: Vec<_> = range.iter().map(|point| point.map(|point| point.value)).collect();
    let verdict = decide(&values, &alarm.rule);
    let used = verdict.used.iter().rev().filter_map(|index| range.get(*index).copied().flatten());
    let points: Vec<Point> = used.collect();
    if too_few_samples(alarm, &points) {
        return None;
    }
    let state = verdict.state?;
    let reason = reason::sentence(&alarm.rule, state, &verdict, &points);
    Some(Outcome { state, reason, reason_data: Some(reason::data(alarm, &points, now)) })
}

/// `EvaluateLowSampleCountPercentile: ignore`: the state stays while a percentile has too few samples (A).
fn too_few_samples(alarm: &MetricAlarm, points: &[Point]) -> bool {
    let Some(metric) = alarm.watched.metric() else { return false };
    let ignore = alarm.low_samples.as_deref() == Some("ignore");
    let samples: f64 = points.iter().filter_map(|point| point.samples).sum();
    ignore && !points.is_empty() && samples < metric.statistic.samples_needed()
}
