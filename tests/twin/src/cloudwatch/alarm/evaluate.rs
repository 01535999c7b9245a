//! Evaluating one alarm: reading the data points of its range and applying the rule.
//!
//! Periods are windows that slide with the minutes: at each minute the last complete window ends at that minute (A).
//! CloudWatch evaluates some seconds later than that, and a datapoint that arrives after its window was judged counts
//! again as long as it is in the range (B); the twin does the latter and has no delay of its own.

use chrono::{DateTime, Utc};

use super::{
    decide::{AlarmState, decide, evaluation_range},
    definition::Definition,
    reason::{self, Point},
};
use crate::cloudwatch::{
    metric::store::{Selection, Store},
    time,
};

/// The outcome of an evaluation that has one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Outcome {
    pub(super) state: AlarmState,
    pub(super) reason: String,
    pub(super) reason_data: String,
}

/// Evaluates at `now`; `None` where the alarm keeps its state.
pub(super) fn evaluate(definition: &Definition, store: &Store, now: DateTime<Utc>) -> Option<Outcome> {
    let range = read_range(definition, store, now);
    let values: Vec<_> = range.iter().map(|point| point.map(|point| point.value)).collect();
    let verdict = decide(&values, &definition.rule);
    let used = verdict.used.iter().rev().filter_map(|index| range.get(*index).copied().flatten());
    let points: Vec<Point> = used.collect();
    if too_few_samples(definition, &points) {
        return None;
    }
    let state = verdict.state?;
    let sentence = reason::sentence(definition, state, &verdict, &points);
    Some(Outcome { state, reason: sentence, reason_data: reason::data(definition, &points, now) })
}

/// The windows of the evaluation range, oldest first.
fn read_range(definition: &Definition, store: &Store, now: DateTime<Utc>) -> Vec<Option<Point>> {
    let (period, end) = (definition.period, time::minute_of(now));
    let windows = i64::try_from(evaluation_range(definition.rule.evaluation_periods)).unwrap_or(i64::MAX);
    let start = end.saturating_sub(windows.saturating_mul(period));
    let selection = Selection {
        unit: definition.unit.as_deref(),
        span: start..end,
        period,
        origin: end,
        single_values: definition.statistic.needs_values(),
    };
    let data = store.periods(&definition.metric, &selection);
    let point = |window: i64| {
        let start = start + window * period;
        let values = data.get(&start)?;
        Some(Point { start, value: definition.statistic.of(values)?, samples: values.sample_count() })
    };
    (0..windows).map(point).collect()
}

/// `EvaluateLowSampleCountPercentile: ignore`: the state stays while a percentile has too few samples (A).
fn too_few_samples(definition: &Definition, points: &[Point]) -> bool {
    let ignore = definition.low_samples.as_deref() == Some("ignore");
    let samples: f64 = points.iter().map(|point| point.samples).sum();
    ignore && !points.is_empty() && samples < definition.statistic.samples_needed()
}
