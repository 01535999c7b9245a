//! The embedded metric format: a JSON log line that says which of its members are metrics.
//!
//! At most 100 metrics a directive, 30 dimensions a set, 100 values an array; dimension values are text (A). A
//! directive, a set or a metric that breaks a rule is left out and the rest recorded; a line without
//! `_aws.Timestamp` is not recorded, since there is no log service here to stamp it (C).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    metric::{
        datum::{Datum, Values},
        key::{MOST_DIMENSIONS, MetricKey},
    },
    time,
    units::is_unit,
};

/// The most metrics in a directive, and the most values of a metric.
const MOST: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    /// Milliseconds since the epoch.
    timestamp: i64,
    cloud_watch_metrics: Vec<Directive>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Directive {
    namespace: String,
    #[serde(default)]
    dimensions: Vec<Vec<String>>,
    #[serde(default)]
    metrics: Vec<Definition>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Definition {
    name: String,
    unit: Option<String>,
}

/// The metrics of one log line.
pub(super) fn read(line: &str, virtual_time: impl Fn(DateTime<Utc>) -> DateTime<Utc>) -> Vec<Datum> {
    let line = line.trim();
    // Most lines are no documents: do not parse them.
    if !line.starts_with('{') || !line.contains("\"_aws\"") {
        return Vec::new();
    }
    let Ok(root) = serde_json::from_str::<Map<String, Value>>(line) else { return Vec::new() };
    let metadata = root.get("_aws").and_then(|aws| Metadata::deserialize(aws).ok());
    let Some(metadata) = metadata else { return Vec::new() };
    let Some(at) = DateTime::from_timestamp_millis(metadata.timestamp) else { return Vec::new() };
    let minute = time::minute_of(virtual_time(at));
    metadata
        .cloud_watch_metrics
        .iter()
        .flat_map(|directive| read_directive(&root, directive, minute))
        .collect()
}

fn read_directive(root: &Map<String, Value>, directive: &Directive, minute: i64) -> Vec<Datum> {
    let mut data = Vec::new();
    if directive.metrics.len() > MOST || directive.namespace.is_empty() {
        return data;
    }
    let no_dimensions = [Vec::new()];
    let sets = if directive.dimensions.is_empty() { &no_dimensions[..] } else { &directive.dimensions };
    for dimensions in sets.iter().filter_map(|names| dimension_values(root, names)) {
        for metric in &directive.metrics {
            let Some(values) = root.get(&metric.name).and_then(numbers) else { continue };
            let (namespace, name) = (directive.namespace.clone(), metric.name.clone());
            let key = MetricKey { namespace, name, dimensions: dimensions.clone() };
            let unit = metric.unit.clone().filter(|unit| is_unit(unit));
            let values = Values::Many(values.into_iter().map(|value| (value, 1.0)).collect());
            data.push(Datum { key, unit, minute, values });
        }
    }
    data
}

/// The dimensions of one set; `None` when a value is absent, not text or too long.
fn dimension_values(root: &Map<String, Value>, names: &[String]) -> Option<BTreeMap<String, String>> {
    if names.len() > MOST_DIMENSIONS {
        return None;
    }
    let value = |name: &String| {
        let text = root.get(name)?.as_str()?;
        let fits = (1..=1024).contains(&text.chars().count());
        fits.then(|| (name.clone(), text.to_owned()))
    };
    names.iter().map(value).collect()
}

/// A number or an array of 1 to 100 numbers.
fn numbers(value: &Value) -> Option<Vec<f64>> {
    match value {
        Value::Number(number) => Some(vec![number.as_f64()?]),
        Value::Array(items) if (1..=MOST).contains(&items.len()) => items.iter().map(Value::as_f64).collect(),
        _ => None,
    }
}
