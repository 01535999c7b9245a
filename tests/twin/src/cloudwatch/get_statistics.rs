//! `GetMetricStatistics`: several statistics of one metric.
//!
//! Periods are counted from `StartTime` rounded down to the minute (A, the examples of the AWS CLI); the data points
//! come in no particular order in AWS and in order of time here. At most 1,440 in an answer (A). A request without Unit
//! gets the points of every unit that was recorded, each with its unit (A).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{
    errors,
    input::{Family, Members},
    metric::{
        distribution::Distribution,
        key::MetricKey,
        statistic::{PLAIN, Statistic},
        store::{Selection, Store},
    },
    queries::read::read_period,
    time,
    units::read_unit,
};
use crate::error::ApiError;

/// The most data points one request may ask for.
const MOST_DATAPOINTS: i64 = 1_440;

/// Statistics with the name they were asked by.
type Named = Vec<(String, Statistic)>;

pub(super) fn get_metric_statistics(store: &Store, input: &Value) -> Result<Value, ApiError> {
    let request = Members::new(input, Family::Parameter)?;
    let key = MetricKey::read(&request)?;
    let unit = read_unit(&request)?;
    let period = read_period(&request)?;
    let start = time::minute_of(request.require("StartTime", request.time("StartTime")?)?);
    let end = request.require("EndTime", request.time("EndTime")?)?.timestamp();
    if start >= end {
        return Err(errors::invalid_value(
            "The parameter StartTime must be less than the parameter EndTime.",
        ));
    }
    if (end - start) / period > MOST_DATAPOINTS {
        let message = format!(
            "You have requested up to {} datapoints, which exceeds the limit of {MOST_DATAPOINTS}. You may reduce \
             the datapoints requested by increasing Period, or decreasing the time range.",
            (end - start) / period
        );
        return Err(errors::invalid_combination(message));
    }
    let (plain, extended) = read_statistics(&request)?;
    let single_values = !extended.is_empty();
    let span = start..end;
    let units = unit.as_deref().map_or_else(|| store.units(&key, &span), |unit| BTreeSet::from([unit]));
    let mut points = BTreeMap::new();
    for unit in units {
        let selection =
            Selection { unit: Some(unit), span: span.clone(), period, origin: start, single_values };
        for (at, data) in store.periods(&key, &selection) {
            points.insert((at, unit), datapoint(at, &data, &plain, &extended, unit));
        }
    }
    let points: Vec<_> = points.into_values().collect();
    Ok(json!({"Label": key.name, "Datapoints": points}))
}

fn datapoint(at: i64, data: &Distribution, plain: &Named, extended: &Named, unit: &str) -> Value {
    let values = |named: &Named| -> Map<String, Value> {
        named
            .iter()
            .filter_map(|(name, statistic)| Some((name.clone(), statistic.of(data)?.into())))
            .collect()
    };
    let mut point = values(plain);
    point.insert("Timestamp".to_owned(), time::second_to_epoch(at).into());
    point.insert("Unit".to_owned(), unit.into());
    let extended = values(extended);
    if !extended.is_empty() {
        point.insert("ExtendedStatistics".to_owned(), extended.into());
    }
    Value::Object(point)
}

/// `Statistics` or `ExtendedStatistics`, one of them.
fn read_statistics(request: &Members<'_>) -> Result<(Named, Named), ApiError> {
    let (plain, extended) = (request.texts("Statistics")?, request.texts("ExtendedStatistics")?);
    if plain.is_empty() == extended.is_empty() {
        let message = "Exactly one of the parameters Statistics and ExtendedStatistics must be specified.";
        return Err(errors::invalid_combination(message));
    }
    let plain = plain.into_iter().map(|name| {
        let found = PLAIN.iter().find(|(word, _)| *word == name).map(|(_, statistic)| *statistic);
        let unknown = || request.invalid("Statistics", format!("'{name}' is not a statistic"));
        found.ok_or_else(unknown).map(|statistic| (name.clone(), statistic))
    });
    let extended = extended.into_iter().map(|name| {
        let unknown =
            || request.invalid("ExtendedStatistics", format!("'{name}' is not an extended statistic"));
        Statistic::parse_extended(&name)?.ok_or_else(unknown).map(|statistic| (name.clone(), statistic))
    });
    Ok((plain.collect::<Result<_, _>>()?, extended.collect::<Result<_, _>>()?))
}
