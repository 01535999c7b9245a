//! The time series that a metric alarm watches: a statistic of a metric, or a query among several, usually an
//! expression.
//!
//! `Metrics` has at most 20 queries, 10 of them metrics and 10 expressions, and exactly one with ReturnData true, whose
//! result is one time series; the members that name a single metric must be absent then (A, API model).

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::reason::Point;
use crate::{
    cloudwatch::{
        input::Members,
        math::value,
        metric::{
            key::MetricKey,
            statistic::{PLAIN, Statistic},
            store::Store,
        },
        queries::{MetricQuery, Queries, Source, Window, read::read_period},
        time,
        units::read_unit,
    },
    error::ApiError,
};

/// The most queries in `Metrics`.
const MOST_QUERIES: usize = 20;
/// The most of them that are metrics, and the most that are expressions.
const MOST_OF_A_KIND: usize = 10;
/// What `Metrics` excludes.
const OF_A_SINGLE_METRIC: [&str; 7] =
    ["Namespace", "MetricName", "Dimensions", "Period", "Unit", "Statistic", "ExtendedStatistic"];

#[derive(Debug, Clone, PartialEq)]
pub(in crate::cloudwatch) enum Watched {
    Metric {
        query: MetricQuery,
        /// As it was written: `Sum`, `p95`.
        statistic_name: String,
    },
    Queries {
        queries: Queries,
        /// The id of the one that is watched.
        id: String,
        /// The list as it was given, to be shown again.
        given: Value,
    },
}

impl Watched {
    pub(super) fn read(request: &Members<'_>) -> Result<Self, ApiError> {
        if request.has("Metrics") {
            return read_queries(request);
        }
        let (statistic_name, statistic) = read_statistic(request)?;
        let (key, unit) = (MetricKey::read(request)?, read_unit(request)?);
        let query = MetricQuery { key, unit, statistic, period: read_period(request)? };
        Ok(Self::Metric { query, statistic_name })
    }

    /// Seconds.
    pub(super) fn period(&self) -> i64 {
        match self {
            Self::Metric { query, .. } => query.period,
            Self::Queries { queries, id, .. } => queries.period(id),
        }
    }

    /// The metric, if it is a single one.
    pub(super) fn metric(&self) -> Option<&MetricQuery> {
        match self {
            Self::Metric { query, .. } => Some(query),
            Self::Queries { .. } => None,
        }
    }

    /// `Sum`, `p95`; expressions have none.
    pub(super) fn statistic_name(&self) -> Option<&str> {
        match self {
            Self::Metric { statistic_name, .. } => Some(statistic_name),
            Self::Queries { .. } => None,
        }
    }

    /// Whether a metric behind it has this namespace.
    pub(super) fn has_namespace(&self, namespace: &str) -> bool {
        match self {
            Self::Metric { query, .. } => query.key.namespace == namespace,
            Self::Queries { queries, .. } => queries.all.iter().any(
                |query| matches!(&query.source, Source::Metric(metric) if metric.key.namespace == namespace),
            ),
        }
    }

    /// The last `count` windows that are complete at `now`, oldest first; `None` is a window without a value. Windows
    /// end at the minute, so that they slide with it, and an expression sees exactly these: what `FILL` fills is the
    /// evaluation range.
    pub(super) fn windows(&self, store: &Store, count: i64, now: DateTime<Utc>) -> Vec<Option<Point>> {
        let (period, end) = (self.period(), time::minute_of(now));
        let start = end.saturating_sub(count.saturating_mul(period));
        let window = Window { span: start..end, origin: end };
        let starts = (0..count).map(|index| start.saturating_add(index.saturating_mul(period)));
        match self {
            Self::Metric { query, .. } => {
                let samples = query.samples(store, &window);
                let point = |start| {
                    let (value, samples) = *samples.get(&start)?;
                    Some(Point { start, value, samples: Some(samples) })
                };
                starts.map(point).collect()
            }
            Self::Queries { queries, id, .. } => {
                let mut values = queries.evaluate(store, &window).unwrap_or_default();
                // Anything but a series, and any error, was refused when the alarm was put.
                let Some(value::Value::Series(series)) = values.remove(id.as_str()) else {
                    return starts.map(|_| None).collect();
                };
                let point = |start| Some(Point { start, value: *series.points.get(&start)?, samples: None });
                starts.map(point).collect()
            }
        }
    }

    /// Adds the members of the API to `members`; a null stands for an absent one.
    pub(super) fn describe(&self, members: &mut Map<String, Value>) {
        let mut add = |name: &str, value: Value| members.insert(name.to_owned(), value);
        match self {
            Self::Metric { query, statistic_name } => {
                let extended = query.statistic.is_extended();
                let statistic = if extended { "ExtendedStatistic" } else { "Statistic" };
                add("Namespace", json!(query.key.namespace));
                add("MetricName", json!(query.key.name));
                add("Dimensions", query.key.dimensions_json());
                add(statistic, json!(statistic_name));
                add("Period", json!(query.period));
                add("Unit", json!(query.unit));
            }
            Self::Queries { given, .. } => {
                add("Metrics", given.clone());
            }
        }
    }
}

fn read_queries(request: &Members<'_>) -> Result<Watched, ApiError> {
    if let Some(member) = OF_A_SINGLE_METRIC.into_iter().find(|member| request.has(member)) {
        return Err(request.invalid(member, "it must not be given together with Metrics"));
    }
    let queries = Queries::read(request, "Metrics", MOST_QUERIES)?;
    let metrics = queries.all.iter().filter(|query| matches!(query.source, Source::Metric(_))).count();
    if metrics.max(queries.all.len() - metrics) > MOST_OF_A_KIND {
        let problem =
            format!("there must be at most {MOST_OF_A_KIND} metrics and {MOST_OF_A_KIND} expressions");
        return Err(request.invalid("Metrics", problem));
    }
    let returned: Vec<_> = queries.all.iter().filter(|query| query.return_data).collect();
    let [watched] = returned.as_slice() else {
        return Err(request.invalid("Metrics", "exactly one query must have ReturnData true"));
    };
    let id = watched.id.clone();
    // What is wrong with an expression does not depend on data: no data show it.
    let mut values = queries.evaluate(&Store::default(), &Window { span: 0..0, origin: 0 })?;
    if !matches!(values.remove(id.as_str()), Some(value::Value::Series(_))) {
        let problem = format!("the query '{id}' must return a single time series");
        return Err(request.invalid("Metrics", problem));
    }
    drop(values);
    let given = request.list("Metrics")?.iter().map(as_shown).collect();
    Ok(Watched::Queries { queries, id, given })
}

/// A query as `DescribeAlarms` shows it: what was given, ReturnData in any case (C).
fn as_shown(query: &Value) -> Value {
    let mut members = query.as_object().cloned().unwrap_or_default();
    members.retain(|_, value| !value.is_null());
    members.entry("ReturnData").or_insert(Value::Bool(true));
    Value::Object(members)
}

fn read_statistic(request: &Members<'_>) -> Result<(String, Statistic), ApiError> {
    let (plain, extended) = (request.word("Statistic", &PLAIN)?, request.text("ExtendedStatistic", 255)?);
    match (plain, extended) {
        (Some(_), Some(_)) => Err(request.invalid("ExtendedStatistic", "Statistic is given as well")),
        (None, None) => Err(request.missing("Statistic")),
        (Some(statistic), None) => {
            Ok((request.text("Statistic", 255)?.unwrap_or_default().to_owned(), statistic))
        }
        (None, Some(name)) => {
            let unknown =
                || request.invalid("ExtendedStatistic", format!("'{name}' is not an extended statistic"));
            Ok((name.to_owned(), Statistic::parse_extended(name)?.ok_or_else(unknown)?))
        }
    }
}
