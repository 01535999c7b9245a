//! In which order expressions can be evaluated, and at which period.
//!
//! Expressions may refer to each other's ids, in any order of the request, but not in a circle (A). The period of an
//! expression is that of the metrics behind it; AWS also mixes periods, the twin does not.

use std::collections::{BTreeMap, BTreeSet};

use super::{Queries, Query, Source, in_expression};
use crate::{
    cloudwatch::{grammar::Problem, math::syntax::Expression, time::MINUTE},
    error::ApiError,
};

/// The search for an order, depth first.
struct Search<'a> {
    queries: BTreeMap<&'a str, &'a Query>,
    /// Expressions that are being looked into: who meets one of them again goes in a circle.
    open: BTreeSet<&'a str>,
    /// The periods behind every query that is done.
    periods: BTreeMap<&'a str, BTreeSet<i64>>,
    ordered: Vec<(String, i64)>,
    /// The periods of all metrics of the request.
    of_request: BTreeSet<i64>,
}

impl Queries {
    /// Finds the order.
    pub(super) fn ordered(all: Vec<Query>) -> Result<Self, ApiError> {
        let queries: BTreeMap<_, _> = all.iter().map(|query| (query.id.as_str(), query)).collect();
        let metrics = all.iter().filter_map(|query| match &query.source {
            Source::Metric(metric) => Some((query.id.as_str(), BTreeSet::from([metric.period]))),
            Source::Math { .. } => None,
        });
        let periods: BTreeMap<_, _> = metrics.collect();
        let of_request = periods.values().flatten().copied().collect();
        let mut search = Search { queries, open: BTreeSet::new(), periods, ordered: Vec::new(), of_request };
        for query in &all {
            search.enter(&query.id)?;
        }
        let expressions = search.ordered;
        Ok(Self { all, expressions })
    }
}

impl<'a> Search<'a> {
    /// Orders the expression `id` after everything it refers to.
    fn enter(&mut self, id: &'a str) -> Result<(), ApiError> {
        if self.periods.contains_key(id) {
            return Ok(());
        }
        // Whoever refers to an id has checked that it exists.
        let Some(Source::Math { expression, period }) = self.queries.get(id).map(|query| &query.source)
        else {
            return Ok(());
        };
        self.open.insert(id);
        let mut periods = BTreeSet::new();
        for reference in self.references(id, expression)? {
            if self.open.contains(reference) {
                let problem = format!("it refers to itself, through '{reference}'");
                return Err(in_expression(id, Problem::invalid(problem)));
            }
            self.enter(reference)?;
            periods.extend(self.periods.get(reference).into_iter().flatten());
        }
        self.open.remove(id);
        let period = self.period(&periods, *period).map_err(|problem| in_expression(id, problem))?;
        periods.insert(period);
        self.periods.insert(id, periods);
        self.ordered.push((id.to_owned(), period));
        Ok(())
    }

    /// The ids that an expression mentions, also through `METRICS`.
    fn references(&self, id: &str, expression: &'a Expression) -> Result<BTreeSet<&'a str>, ApiError> {
        let mut found = BTreeSet::new();
        let mut unknown = None;
        expression.visit(&mut |part| match part {
            Expression::Id(other) => match self.queries.get_key_value(other.as_str()) {
                Some((known, _)) => {
                    found.insert(*known);
                }
                None => unknown = unknown.or(Some(other)),
            },
            Expression::Call(name, arguments) if name == "METRICS" => {
                let part = match arguments.as_slice() {
                    [Expression::Text(part)] => part.as_str(),
                    _ => "",
                };
                let metrics = self.queries.values().filter(|query| matches!(query.source, Source::Metric(_)));
                found.extend(metrics.map(|query| query.id.as_str()).filter(|id| id.contains(part)));
            }
            _ => {}
        });
        match unknown {
            Some(other) => {
                let problem = format!("there is no query with the id '{other}'");
                Err(in_expression(id, Problem::invalid(problem)))
            }
            None => Ok(found),
        }
    }

    /// The one period behind an expression. Without any, its own, else that of the whole request if there is one, else
    /// a minute (C).
    fn period(&self, behind: &BTreeSet<i64>, own: Option<i64>) -> Result<i64, Problem> {
        let mut behind = behind.iter();
        match (behind.next(), behind.next()) {
            (Some(period), None) => Ok(*period),
            (Some(_), Some(_)) => {
                Err(Problem::Later("metric math over metrics with different periods".to_owned()))
            }
            (None, _) => {
                let only = self.of_request.first().filter(|_| self.of_request.len() == 1);
                Ok(own.or(only.copied()).unwrap_or(MINUTE))
            }
        }
    }
}
