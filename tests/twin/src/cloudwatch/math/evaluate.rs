//! From a tree and the results it refers to, to its own result.

use std::collections::BTreeMap;

use super::{
    functions::call,
    syntax::Expression,
    value::{Grid, Series, Value},
};
use crate::cloudwatch::grammar::Problem;

/// What an expression can refer to.
#[derive(Debug)]
pub(in crate::cloudwatch) struct Scope<'a> {
    pub(in crate::cloudwatch) grid: Grid,
    /// The results of the queries evaluated so far, by id.
    pub(in crate::cloudwatch) values: &'a BTreeMap<&'a str, Value>,
    /// The ids and periods of the metrics of the request, in its order.
    pub(in crate::cloudwatch) metrics: &'a [(&'a str, i64)],
}

impl Scope<'_> {
    pub(in crate::cloudwatch) fn evaluate(&self, expression: &Expression) -> Result<Value, Problem> {
        match expression {
            Expression::Number(number) => Ok(Value::Scalar(Some(*number))),
            Expression::Id(id) => {
                let unknown = || Problem::invalid(format!("there is no query with the id '{id}'"));
                self.values.get(id.as_str()).cloned().ok_or_else(unknown)
            }
            Expression::Text(text) => Err(Problem::invalid(format!("the text '{text}' is no value"))),
            Expression::Word(word) => Err(Problem::invalid(format!("the word {word} is no value"))),
            Expression::Array(inside) => self.array(inside),
            Expression::Negated(inside) => match self.evaluate(inside)? {
                Value::Scalar(number) => Ok(Value::Scalar(number.map(|number| -number))),
                other => other.each_series("the minus sign", |series| series.map(|value| -value)),
            },
            Expression::Binary(operator, left, right) => {
                operator.apply(&self.evaluate(left)?, &self.evaluate(right)?)
            }
            Expression::Call(name, arguments) => call(name, arguments, self),
        }
    }

    /// Series one after the other; those of an inner array among them (A).
    fn array(&self, inside: &[Expression]) -> Result<Value, Problem> {
        let mut all = Vec::new();
        for expression in inside {
            match self.evaluate(expression)? {
                Value::Series(series) => all.push(series),
                Value::Array(inner) => all.extend(inner),
                number @ Value::Scalar(_) => return Err(number.refused_by("an array")),
            }
        }
        Ok(Value::Array(all))
    }

    /// The metrics whose id contains `part`.
    pub(super) fn metrics(&self, part: &str) -> Value {
        let found = self.metrics.iter().filter(|(id, _)| id.contains(part));
        let series = |(id, _): &(&str, i64)| match self.values.get(id) {
            Some(Value::Series(series)) => Some(series.clone()),
            _ => None,
        };
        Value::Array(found.filter_map(series).collect::<Vec<Series>>())
    }

    /// The period of a metric.
    pub(super) fn period(&self, id: &str) -> Option<i64> {
        self.metrics.iter().find(|(metric, _)| *metric == id).map(|(_, period)| *period)
    }
}
