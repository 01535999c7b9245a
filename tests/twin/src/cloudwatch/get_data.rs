//! `GetMetricData`: many statistics and expressions over them at once.
//!
//! `StartTime` is inclusive and rounded down to the minute, `EndTime` exclusive, periods without data are absent (A).
//! Periods longer than a minute start at multiples of their length since the epoch, and only minutes inside the
//! requested span count (C). A label that is not given is the metric's name or the expression's id; `${…}` in labels
//! stays as written.

use std::ops::Range;

use serde_json::{Value as Json, json};

use super::{
    errors,
    input::{Family, Members},
    math::value::{Points, Value},
    metric::store::Store,
    page,
    queries::{Queries, Query, Window},
    time,
};
use crate::error::ApiError;

/// The most queries in a request (A).
const MOST_QUERIES: usize = 500;
/// Data points in one answer unless the request says otherwise, which is also the most it may say (A).
const MOST_DATAPOINTS: usize = 100_800;

/// One time series of the answer.
struct Found<'a> {
    id: &'a str,
    label: String,
    points: Vec<(i64, f64)>,
}

pub(super) fn get_metric_data(store: &Store, input: &Json) -> Result<Json, ApiError> {
    let request = Members::new(input, Family::Validation)?;
    let queries = Queries::read(&request, "MetricDataQueries", MOST_QUERIES)?;
    let span = read_span(&request)?;
    let orders = [("TimestampDescending", false), ("TimestampAscending", true)];
    let ascending = request.word("ScanBy", &orders)?.unwrap_or(false);
    let most = request.page_size("MaxDatapoints", MOST_DATAPOINTS)?.unwrap_or(MOST_DATAPOINTS);
    let skip = page::delivered(request.text("NextToken", 1024)?)?;

    let mut values = queries.evaluate(store, &Window { span, origin: 0 })?;
    let mut found = Vec::new();
    for query in queries.all.iter().filter(|query| query.return_data) {
        if let Some(value) = values.remove(query.id.as_str()) {
            add(&mut found, query, value, ascending)?;
        }
    }
    Ok(one_page(found, skip, most))
}

fn read_span(request: &Members<'_>) -> Result<Range<i64>, ApiError> {
    let start = time::minute_of(request.require("StartTime", request.time("StartTime")?)?);
    let end = request.require("EndTime", request.time("EndTime")?)?;
    // A minute that starts before a fractional end belongs to the answer.
    let end = end.timestamp() + i64::from(end.timestamp_subsec_nanos() > 0);
    if start >= end {
        return Err(errors::validation("The parameter StartTime must be less than the parameter EndTime."));
    }
    Ok(start..end)
}

/// Adds the series of one query. An array gives a result for each of its series, with the same id, and a label made of
/// the expression's and the metric's (B).
fn add<'a>(
    found: &mut Vec<Found<'a>>,
    query: &'a Query,
    value: Value,
    ascending: bool,
) -> Result<(), ApiError> {
    let in_order = |points: Points| {
        let mut points: Vec<_> = points.into_iter().collect();
        if !ascending {
            points.reverse();
        }
        points
    };
    match value {
        Value::Series(series) => {
            let points = in_order(series.points);
            found.push(Found { id: &query.id, label: query.label.clone(), points });
        }
        Value::Array(all) => found.extend(all.into_iter().map(|series| {
            let label = format!("{} {}", query.label, series.label);
            Found { id: &query.id, label, points: in_order(series.points) }
        })),
        // The guide: the final result must not be a number (A).
        Value::Scalar(_) => {
            let problem = "the result is a number and must be a time series or an array of them";
            return Err(errors::validation(format!("Error in expression '{}': {problem}", query.id)));
        }
    }
    Ok(())
}

/// The data points after `skip` and at most `most` of them, over all results in order.
fn one_page(found: Vec<Found<'_>>, mut skip: usize, most: usize) -> Json {
    let total: usize = found.iter().map(|found| found.points.len()).sum();
    let (earlier, mut room) = (skip, most);
    let mut results = Vec::new();
    for Found { id, label, points } in found {
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
            "Id": id,
            "Label": label,
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
