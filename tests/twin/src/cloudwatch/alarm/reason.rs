//! Why an alarm has its state, in the words and the JSON of AWS.
//!
//! The sentences for crossings and for missing data follow examples of real alarms (B); the newest data point stands
//! first. At most ten data points are named, so that a reason stays under the 1,023 characters of the API (A).

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{
    decide::{AlarmState, Verdict},
    definition::{Comparison, MetricAlarm, MissingData, Rule},
};
use crate::cloudwatch::time;

/// The reason of an alarm that was never evaluated.
pub(super) const INITIAL: &str = "Unchecked: Initial alarm creation";

/// The most data points named in a reason.
const MOST_NAMED: usize = 10;

/// A period with data: its start in epoch seconds, the value and the number of samples, which an expression has not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub(super) start: i64,
    pub(super) value: f64,
    pub(super) samples: Option<f64>,
}

/// The sentence for people; `points` are those that took part, newest first.
pub(super) fn sentence(rule: &Rule, state: AlarmState, verdict: &Verdict, points: &[Point]) -> String {
    let total = rule.evaluation_periods;
    if state == AlarmState::InsufficientData {
        return format!("Insufficient Data: {} unknown.", were(total, "datapoint"));
    }
    if points.is_empty() {
        let treated = treatment(rule.missing_data);
        return format!(
            "Threshold Crossed: no datapoints were received for {} and {} treated as [{treated}].",
            counted(total, "period"),
            were(total, "missing datapoint")
        );
    }
    let alarm = state == AlarmState::Alarm;
    let crossing = if alarm { verdict.breaching } else { points.len() - verdict.breaching };
    let negation = if alarm { "" } else { "not " };
    let verb = if crossing == 1 { "was" } else { "were" };
    let missing = match verdict.filled {
        0 => String::new(),
        filled => format!(
            " and {} treated as [{}]",
            were(filled, "missing datapoint"),
            treatment(rule.missing_data)
        ),
    };
    // N - M + 1 good ones make M bad ones impossible.
    let (minimum, change) = match alarm {
        true => (rule.datapoints_to_alarm, "OK -> ALARM"),
        false => (total - rule.datapoints_to_alarm + 1, "ALARM -> OK"),
    };
    format!(
        "Threshold Crossed: {crossing} out of the last {} datapoints [{}] {verb} {negation}{} the threshold \
         ({:?}){missing} (minimum {} for {change} transition).",
        points.len(),
        named(points),
        comparison(rule.comparison),
        rule.threshold,
        counted(minimum, "datapoint"),
    )
}

/// The JSON document for programs, newest data point first in `evaluatedDatapoints`, last in `recentDatapoints`.
/// For an expression it has neither statistic nor sample counts (C).
pub(super) fn data(alarm: &MetricAlarm, points: &[Point], now: DateTime<Utc>) -> String {
    let stamp = |second| time::reason_data_format(time::at_second(second));
    let shown = points.get(..points.len().min(MOST_NAMED)).unwrap_or_default();
    let evaluated = |point: &Point| {
        let timestamp = stamp(point.start);
        match point.samples {
            Some(samples) => json!({"timestamp": timestamp, "sampleCount": samples, "value": point.value}),
            None => json!({"timestamp": timestamp, "value": point.value}),
        }
    };
    let recent = shown.iter().rev().map(|point| point.value).collect::<Vec<_>>();
    let mut document = json!({
        "version": "1.0",
        "queryDate": time::reason_data_format(now),
        "period": alarm.watched.period(),
        "recentDatapoints": recent,
        "threshold": alarm.rule.threshold,
        "evaluatedDatapoints": shown.iter().map(evaluated).collect::<Vec<_>>(),
    });
    if let Some(members) = document.as_object_mut() {
        let statistic = alarm.watched.statistic_name();
        members.extend(statistic.map(|name| ("statistic".to_owned(), Value::from(name))));
        let start = points.last().map(|oldest| Value::from(stamp(oldest.start)));
        members.extend(start.map(|start| ("startDate".to_owned(), start)));
    }
    document.to_string()
}

fn named(points: &[Point]) -> String {
    let text = |point: &Point| {
        let at = time::at_second(point.start).format("%d/%m/%y %H:%M:%S");
        format!("{:?} ({at})", point.value)
    };
    let mut texts: Vec<_> = points.iter().take(MOST_NAMED).map(text).collect();
    if points.len() > MOST_NAMED {
        texts.push("...".to_owned());
    }
    texts.join(", ")
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn were(count: usize, noun: &str) -> String {
    format!("{} {}", counted(count, noun), if count == 1 { "was" } else { "were" })
}

fn comparison(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::GreaterOrEqual => "greater than or equal to",
        Comparison::Greater => "greater than",
        Comparison::Less => "less than",
        Comparison::LessOrEqual => "less than or equal to",
    }
}

fn treatment(missing_data: MissingData) -> &'static str {
    match missing_data {
        MissingData::Missing => "Missing",
        MissingData::NotBreaching => "NonBreaching",
        MissingData::Breaching => "Breaching",
        MissingData::Ignore => "Ignored",
    }
}
