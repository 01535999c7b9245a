//! `MetricDataQuery` structures: statistics of metrics and expressions over them, as `GetMetricData` and
//! `PutMetricAlarm` both take them.

mod order;
pub(super) mod read;

use std::{collections::BTreeMap, ops::Range};

use super::{
    grammar::Problem,
    math::{
        evaluate::Scope,
        syntax::Expression,
        value::{Grid, Points, Series, Value},
    },
    metric::{
        key::MetricKey,
        statistic::Statistic,
        store::{Selection, Store},
    },
    time::MINUTE,
};
use crate::error::ApiError;

/// One statistic of one metric.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct MetricQuery {
    pub(super) key: MetricKey,
    pub(super) unit: Option<String>,
    pub(super) statistic: Statistic,
    /// Seconds.
    pub(super) period: i64,
}

/// Where the values of a query come from.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Source {
    Metric(MetricQuery),
    Math {
        expression: Expression,
        /// Used only where the expression has no metric that says it (C).
        period: Option<i64>,
    },
}

/// One checked query.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Query {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) return_data: bool,
    pub(super) source: Source,
}

/// The checked queries of a request.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Queries {
    /// As they were given.
    pub(super) all: Vec<Query>,
    /// The ids of the expressions, each after those it refers to, with their periods.
    expressions: Vec<(String, i64)>,
}

/// Which time to look at, in epoch seconds.
#[derive(Debug, Clone)]
pub(super) struct Window {
    pub(super) span: Range<i64>,
    /// A time at which a period starts.
    pub(super) origin: i64,
}

impl MetricQuery {
    /// The values of the statistic, with the number of samples behind each.
    pub(super) fn samples(&self, store: &Store, window: &Window) -> BTreeMap<i64, (f64, f64)> {
        let selection = Selection {
            unit: self.unit.as_deref(),
            span: window.span.clone(),
            period: self.period,
            origin: window.origin,
            single_values: self.statistic.needs_values(),
        };
        let periods = store.periods(&self.key, &selection);
        let point = |(start, values)| {
            let value = self.statistic.of(&values)?;
            Some((start, (value, values.sample_count())))
        };
        periods.into_iter().filter_map(point).collect()
    }

    fn points(&self, store: &Store, window: &Window) -> Points {
        self.samples(store, window).into_iter().map(|(start, (value, _))| (start, value)).collect()
    }
}

impl Queries {
    /// The result of every query, by id.
    ///
    /// # Errors
    ///
    /// `ValidationError` when an expression makes no sense, `NotImplemented` for functions that the twin lacks. Which
    /// of them does not depend on the data, except for the size of the answer.
    pub(super) fn evaluate<'a>(
        &'a self,
        store: &Store,
        window: &Window,
    ) -> Result<BTreeMap<&'a str, Value>, ApiError> {
        let (mut values, mut metrics) = (BTreeMap::new(), Vec::new());
        for query in &self.all {
            if let Source::Metric(metric) = &query.source {
                let points = metric.points(store, window);
                let series = Series { label: query.label.clone(), points };
                values.insert(query.id.as_str(), Value::Series(series));
                metrics.push((query.id.as_str(), metric.period));
            }
        }
        for (id, period) in &self.expressions {
            let Some((query, expression)) = self.expression(id) else { continue };
            let grid = Grid { span: window.span.clone(), origin: window.origin, period: *period };
            let scope = Scope { grid, values: &values, metrics: &metrics };
            let value = scope.evaluate(expression).map_err(|problem| in_expression(id, problem))?;
            values.insert(query.id.as_str(), value);
        }
        Ok(values)
    }

    /// The period of a query's result.
    pub(super) fn period(&self, id: &str) -> i64 {
        let of_expression = self.expressions.iter().find(|(expression, _)| expression == id);
        let of_metric = || match self.all.iter().find(|query| query.id == id).map(|query| &query.source) {
            Some(Source::Metric(metric)) => metric.period,
            _ => MINUTE,
        };
        of_expression.map_or_else(of_metric, |(_, period)| *period)
    }

    fn expression(&self, id: &str) -> Option<(&Query, &Expression)> {
        let query = self.all.iter().find(|query| query.id == id)?;
        match &query.source {
            Source::Math { expression, .. } => Some((query, expression)),
            Source::Metric(_) => None,
        }
    }
}

/// The error about one expression; the words of AWS begin like this (B).
fn in_expression(id: &str, problem: Problem) -> ApiError {
    problem.in_place(format_args!("Error in expression '{id}'"))
}
