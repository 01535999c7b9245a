//! `GetMetricData`: many statistics at once.
//!
//! `StartTime` is inclusive and rounded down to the minute, `EndTime` exclusive, periods without data are absent (A).
//! Periods longer than a minute start at multiples of their length since the epoch, and only minutes inside the
//! requested span count (C). A label that is not given is the metric's name; `${…}` in labels stays as written.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    errors,
    input::{Family, Members},
    metric::{
        key::MetricKey,
        statistic::Statistic,
        store::{Selection, Store},
    },
    page, time,
    units::read_unit,
};
use crate::error::ApiError;

/// The most queries in a request (A).
const MOST_QUERIES: usize = 500;
/// Data points in one answer unless the request says otherwise, which is also the most it may say (A).
const MOST_DATAPOINTS: usize = 100_800;

/// One checked query for one statistic of one metric.
struct Query {
    id: String,
    label: String,
    return_data: bool,
    key: MetricKey,
    unit: Option<String>,
    statistic: Statistic,
    /// Seconds.
    period: i64,
}

pub(super) fn get_metric_data(store: &Store, input: &Value) -> Result<Value, ApiError> {
    let request = Members::new(input, Family::Validation)?;
    let queries = read_queries(&request)?;
    let start = time::minute_of(request.require("StartTime", request.time("StartTime")?)?);
    let end = request.require("EndTime", request.time("EndTime")?)?;
    // A minute that starts before a fractional end belongs to the answer.
    let end = end.timestamp() + i64::from(end.timestamp_subsec_nanos() > 0);
    if start >= end {
        return Err(errors::validation("The parameter StartTime must be less than the parameter EndTime."));
    }
    let orders = [("TimestampDescending", false), ("TimestampAscending", true)];
    let ascending = request.word("ScanBy", &orders)?.unwrap_or(false);
    let most = request.page_size("MaxDatapoints", MOST_DATAPOINTS)?.unwrap_or(MOST_DATAPOINTS);
    let skip = page::delivered(request.text("NextToken", 1024)?)?;

    let returned = queries.iter().filter(|query| query.return_data);
    let found = returned.map(|query| (query, datapoints(store, query, start..end, ascending))).collect();
    Ok(one_page(found, skip, most))
}

fn datapoints(store: &Store, query: &Query, span: std::ops::Range<i64>, ascending: bool) -> Vec<(i64, f64)> {
    let selection = Selection {
        unit: query.unit.as_deref(),
        span,
        period: query.period,
        origin: 0,
        single_values: query.statistic.needs_values(),
    };
    let periods = store.periods(&query.key, &selection);
    let mut points: Vec<_> =
        periods.iter().filter_map(|(start, values)| Some((*start, query.statistic.of(values)?))).collect();
    if !ascending {
        points.reverse();
    }
    points
}

/// The data points after `skip` and at most `most` of them, over all results in order.
fn one_page(found: Vec<(&Query, Vec<(i64, f64)>)>, mut skip: usize, most: usize) -> Value {
    let total: usize = found.iter().map(|(_, points)| points.len()).sum();
    let (earlier, mut room) = (skip, most);
    let mut results = Vec::new();
    for (query, points) in found {
        let wanted = points.get(skip.min(points.len())..).unwrap_or_default();
        let shown = wanted.get(..room.min(wanted.len())).unwrap_or_default();
        // An empty result is shown on every page, a finished one only once.
        let delivered_before = skip >= points.len() && !points.is_empty();
        skip = skip.saturating_sub(points.len());
        room -= shown.len();
        if delivered_before {
            continue;
        }
        results.push(json!({
            "Id": query.id,
            "Label": query.label,
            "Timestamps": shown.iter().map(|(at, _)| time::second_to_epoch(*at)).collect::<Vec<_>>(),
            "Values": shown.iter().map(|(_, value)| *value).collect::<Vec<_>>(),
            "StatusCode": if shown.len() < wanted.len() { "PartialData" } else { "Complete" },
        }));
    }
    let mut answer = json!({"MetricDataResults": results, "Messages": []});
    let delivered = earlier.saturating_add(most);
    if let Some(members) = answer.as_object_mut().filter(|_| delivered < total) {
        members.insert("NextToken".to_owned(), page::token(delivered).into());
    }
    answer
}

fn read_queries(request: &Members<'_>) -> Result<Vec<Query>, ApiError> {
    let given = request.structures("MetricDataQueries")?;
    if given.is_empty() {
        return Err(request.missing("MetricDataQueries"));
    }
    if given.len() > MOST_QUERIES {
        return Err(
            request.invalid("MetricDataQueries", format!("there must be at most {MOST_QUERIES} queries"))
        );
    }
    let queries = given.iter().map(read_query).collect::<Result<Vec<_>, _>>()?;
    let mut ids = BTreeSet::new();
    if let Some(twice) = queries.iter().find(|query| !ids.insert(&query.id)) {
        return Err(request.invalid("MetricDataQueries", format!("the Id '{}' occurs twice", twice.id)));
    }
    if !queries.iter().any(|query| query.return_data) {
        return Err(request.invalid("MetricDataQueries", "at least one query must have ReturnData true"));
    }
    Ok(queries)
}

fn read_query(query: &Members<'_>) -> Result<Query, ApiError> {
    let id = query.require("Id", query.text("Id", 255)?)?;
    let tail_is_word = id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !id.starts_with(|c: char| c.is_ascii_lowercase()) || !tail_is_word {
        return Err(query.invalid("Id", format!("'{id}' does not match ^[a-z][a-zA-Z0-9_]*$")));
    }
    if query.has("Expression") {
        return Err(ApiError::not_implemented("metric math (Expression in MetricDataQueries)"));
    }
    let stat = query.require("MetricStat", query.structure("MetricStat")?)?;
    let key = MetricKey::read(&stat.require("Metric", stat.structure("Metric")?)?)?;
    let name = stat.require("Stat", stat.text("Stat", 255)?)?;
    let unknown = || stat.invalid("Stat", format!("'{name}' is not a statistic"));
    let statistic = Statistic::parse(name)?.ok_or_else(unknown)?;
    Ok(Query {
        id: id.to_owned(),
        label: query.text("Label", 1024)?.unwrap_or(&key.name).to_owned(),
        return_data: query.boolean("ReturnData")?.unwrap_or(true),
        unit: read_unit(&stat)?,
        statistic,
        period: read_period(&stat)?,
        key,
    })
}

/// A period in seconds: a multiple of 60. Those under a minute need sub-minute data, which the twin does not keep.
pub(super) fn read_period(members: &Members<'_>) -> Result<i64, ApiError> {
    match members.require("Period", members.positive("Period")?)? {
        short @ (1 | 5 | 10 | 20 | 30) => {
            Err(ApiError::not_implemented(format!("high-resolution metrics (Period {short})")))
        }
        period if period % 60 == 0 => Ok(period.into()),
        _ => Err(members.invalid("Period", "it must be a multiple of 60 seconds")),
    }
}
