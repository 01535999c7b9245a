//! `ListMetrics`: which metrics have data.
//!
//! 500 a page; a dimension filter without a value matches every value (A). A metric is listed as soon as its data are visible,
//! where AWS may take 15 minutes (A).

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{
    input::{Family, Members},
    metric::{key::MetricKey, key::read_namespace, store::Store},
    page, time,
};
use crate::error::ApiError;

/// Metrics in one answer.
const PAGE: usize = 500;

pub(super) fn list_metrics(store: &Store, input: &Value, now: DateTime<Utc>) -> Result<Value, ApiError> {
    let request = Members::new(input, Family::Parameter)?;
    let namespace = read_namespace(&request)?;
    let name = request.text("MetricName", 255)?;
    let filters = read_filters(&request)?;
    let recent = request.word("RecentlyActive", &[("PT3H", TimeDelta::hours(3))])?;
    let oldest = recent.map_or(i64::MIN, |span| time::minute_of(now - span));
    let matches = |key: &MetricKey| {
        namespace.as_ref().is_none_or(|wanted| *wanted == key.namespace)
            && name.is_none_or(|wanted| wanted == key.name)
            && filters.iter().all(|(name, value)| {
                key.dimensions.get(name).is_some_and(|has| value.as_ref().is_none_or(|wanted| wanted == has))
            })
    };
    let found = store.metrics().filter(|(key, last)| *last >= oldest && matches(key));
    let all = found.map(|(key, _)| key.to_json()).collect();
    let (metrics, next) = page::cut(all, request.text("NextToken", 1024)?, PAGE)?;
    Ok(match next {
        Some(token) => json!({"Metrics": metrics, "NextToken": token}),
        None => json!({"Metrics": metrics}),
    })
}

fn read_filters(request: &Members<'_>) -> Result<Vec<(String, Option<String>)>, ApiError> {
    let read = |filter: Members<'_>| {
        let name = filter.require("Name", filter.text("Name", 255)?)?;
        Ok((name.to_owned(), filter.text("Value", 1024)?.map(str::to_owned)))
    };
    request.structures("Dimensions")?.into_iter().map(read).collect()
}
