//! `PutMetricData`: custom metrics, all or none of a request.
//!
//! At most 1,000 metrics a request, 150 values a metric, time stamps from two weeks ago to two hours ahead, values
//! within ±2^360 (A, API model). What is published is visible at once unless [`super::CloudWatch::delay`]
//! says otherwise; in AWS it takes seconds to minutes (B).

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{
    errors,
    input::{Family, Members},
    metric::{
        datum::{Datum, Values},
        distribution::StatisticSet,
        key::{MetricKey, read_namespace},
    },
    time,
    units::read_unit,
};
use crate::error::ApiError;

/// The most metrics in one request.
const MOST_METRICS: usize = 1_000;
/// The most values in one metric of a request.
const MOST_VALUES: usize = 150;
/// 2^360, the largest magnitude of a value.
const LARGEST: f64 = 2.348_542_582_773_833_3e108;

pub(super) fn put_metric_data(
    input: &Value,
    now: DateTime<Utc>,
    arrive: impl FnMut(Datum),
) -> Result<Value, ApiError> {
    let request = Members::new(input, Family::Parameter)?;
    let namespace = request.require("Namespace", read_namespace(&request)?)?;
    if request.has("EntityMetricData") {
        return Err(ApiError::not_implemented("PutMetricData with EntityMetricData"));
    }
    let data = request.structures("MetricData")?;
    if data.is_empty() {
        return Err(request.missing("MetricData"));
    }
    if data.len() > MOST_METRICS {
        return Err(request.invalid("MetricData", format!("there must be at most {MOST_METRICS} metrics")));
    }
    let checked =
        data.iter().map(|datum| read_datum(&namespace, datum, now)).collect::<Result<Vec<_>, _>>()?;
    // Nothing is stored before everything was checked.
    checked.into_iter().for_each(arrive);
    Ok(json!({}))
}

fn read_datum(namespace: &str, datum: &Members<'_>, now: DateTime<Utc>) -> Result<Datum, ApiError> {
    let key = MetricKey::read_in(namespace, datum)?;
    let at = datum.time("Timestamp")?.unwrap_or(now);
    if !time::accepted_stamps(now).contains(&at) {
        let window = "it must be at most two weeks in the past and two hours in the future";
        return Err(datum.invalid("Timestamp", window));
    }
    Ok(Datum { key, unit: read_unit(datum)?, minute: time::minute_of(at), values: read_values(datum)? })
}

/// Exactly one of `Value`, `Values` and `StatisticValues`.
fn read_values(datum: &Members<'_>) -> Result<Values, ApiError> {
    let given = ["Value", "Values", "StatisticValues"].into_iter().filter(|name| datum.has(name));
    match given.collect::<Vec<_>>().as_slice() {
        ["Value"] => {
            let value = datum.require("Value", datum.number("Value")?)?;
            in_range(datum, "Value", value)?;
            Ok(Values::One(value, 1.0))
        }
        ["Values"] => read_weighted(datum).map(Values::Many),
        ["StatisticValues"] => read_set(datum).map(Values::Summary),
        [] => Err(datum.missing("Value")),
        several => {
            let message = format!("The parameters {} are mutually exclusive.", several.join(" and "));
            Err(errors::invalid_combination(message))
        }
    }
}

fn read_weighted(datum: &Members<'_>) -> Result<Vec<(f64, f64)>, ApiError> {
    let values = datum.numbers("Values")?;
    if values.is_empty() || values.len() > MOST_VALUES {
        return Err(datum.invalid("Values", format!("there must be 1 to {MOST_VALUES} values")));
    }
    values.iter().try_for_each(|value| in_range(datum, "Values", *value))?;
    let counts = if datum.has("Counts") { datum.numbers("Counts")? } else { vec![1.0; values.len()] };
    if counts.len() != values.len() {
        return Err(datum.invalid("Counts", "there must be as many counts as values"));
    }
    if counts.iter().any(|count| *count < 0.0) {
        return Err(datum.invalid("Counts", "a count must not be negative"));
    }
    Ok(values.into_iter().zip(counts).collect())
}

fn read_set(datum: &Members<'_>) -> Result<StatisticSet, ApiError> {
    let set = datum.require("StatisticValues", datum.structure("StatisticValues")?)?;
    let number = |name| {
        let value = set.require(name, set.number(name)?)?;
        in_range(&set, name, value).map(|()| value)
    };
    let (sample_count, sum) = (number("SampleCount")?, number("Sum")?);
    let (min, max) = (number("Minimum")?, number("Maximum")?);
    if sample_count <= 0.0 {
        return Err(set.invalid("SampleCount", "it must be greater than 0"));
    }
    if min > max {
        return Err(set.invalid("Minimum", "it must not exceed Maximum"));
    }
    Ok(StatisticSet { sample_count, sum, min, max })
}

fn in_range(members: &Members<'_>, name: &str, value: f64) -> Result<(), ApiError> {
    let wrong = || members.invalid(name, "it must lie between -2^360 and 2^360");
    if value.abs() <= LARGEST { Ok(()) } else { Err(wrong()) }
}
