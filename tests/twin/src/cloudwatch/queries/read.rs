//! Reading and checking `MetricDataQuery` structures.

use std::collections::BTreeSet;

use super::{MetricQuery, Queries, Query, Source, in_expression};
use crate::{
    cloudwatch::{
        input::Members,
        math::syntax::Expression,
        metric::{key::MetricKey, statistic::Statistic},
        units::read_unit,
    },
    error::ApiError,
};

/// The longest expression (A, API model).
const LONGEST_EXPRESSION: usize = 2_048;

impl Queries {
    /// Reads the list `member`, of at most `most` queries.
    pub(in crate::cloudwatch) fn read(
        request: &Members<'_>,
        member: &str,
        most: usize,
    ) -> Result<Self, ApiError> {
        let given = request.structures(member)?;
        if given.is_empty() {
            return Err(request.missing(member));
        }
        if given.len() > most {
            return Err(request.invalid(member, format!("there must be at most {most} queries")));
        }
        let all = given.iter().map(read_query).collect::<Result<Vec<_>, _>>()?;
        let mut ids = BTreeSet::new();
        if let Some(twice) = all.iter().find(|query| !ids.insert(&query.id)) {
            return Err(request.invalid(member, format!("the Id '{}' occurs twice", twice.id)));
        }
        if !all.iter().any(|query| query.return_data) {
            return Err(request.invalid(member, "at least one query must have ReturnData true"));
        }
        Self::ordered(all)
    }
}

fn read_query(query: &Members<'_>) -> Result<Query, ApiError> {
    let id = query.require("Id", query.text("Id", 255)?)?;
    let tail_is_word = id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !id.starts_with(|c: char| c.is_ascii_lowercase()) || !tail_is_word {
        return Err(query.invalid("Id", format!("'{id}' does not match ^[a-z][a-zA-Z0-9_]*$")));
    }
    let source = match (query.structure("MetricStat")?, query.text("Expression", LONGEST_EXPRESSION)?) {
        (Some(stat), None) => Source::Metric(read_stat(&stat)?),
        (None, Some(text)) => Source::Math {
            expression: Expression::parse(text).map_err(|problem| in_expression(id, problem))?,
            period: if query.has("Period") { Some(read_period(query)?) } else { None },
        },
        (Some(_), Some(_)) => return Err(query.invalid("Expression", "MetricStat is given as well")),
        (None, None) => return Err(query.missing("MetricStat")),
    };
    // AWS makes up a label for what has none: the name of the metric (B), of an expression its id (C).
    let default = match &source {
        Source::Metric(metric) => metric.key.name.as_str(),
        Source::Math { .. } => id,
    };
    Ok(Query {
        id: id.to_owned(),
        label: query.text("Label", 1024)?.unwrap_or(default).to_owned(),
        return_data: query.boolean("ReturnData")?.unwrap_or(true),
        source,
    })
}

fn read_stat(stat: &Members<'_>) -> Result<MetricQuery, ApiError> {
    let key = MetricKey::read(&stat.require("Metric", stat.structure("Metric")?)?)?;
    let name = stat.require("Stat", stat.text("Stat", 255)?)?;
    let unknown = || stat.invalid("Stat", format!("'{name}' is not a statistic"));
    let statistic = Statistic::parse(name)?.ok_or_else(unknown)?;
    Ok(MetricQuery { key, unit: read_unit(stat)?, statistic, period: read_period(stat)? })
}

/// A period in seconds: a multiple of 60. Those under a minute need sub-minute data, which the twin does not keep.
pub(in crate::cloudwatch) fn read_period(members: &Members<'_>) -> Result<i64, ApiError> {
    match members.require("Period", members.positive("Period")?)? {
        short @ (1 | 5 | 10 | 20 | 30) => {
            Err(ApiError::not_implemented(format!("high-resolution metrics (Period {short})")))
        }
        period if period % 60 == 0 => Ok(period.into()),
        _ => Err(members.invalid("Period", "it must be a multiple of 60 seconds")),
    }
}
