//! Operators: pointwise between series, with every point where one side is a number, with every series of an array.

use std::collections::BTreeSet;

use super::{
    syntax::Operator,
    value::{Points, Series, Value, finite},
};
use crate::cloudwatch::grammar::Problem;

impl Operator {
    /// Whether a value that only one of two series has is compared with 0 (A, user guide: comparison and logical
    /// operators). In arithmetic the result is a gap; see the module's text.
    fn takes_gaps_as_zero(self) -> bool {
        !matches!(self, Self::Add | Self::Subtract | Self::Multiply | Self::Divide | Self::Power)
    }

    /// `None` where there is no result: a division by zero (A), a root of a negative number, an overflow (C).
    #[expect(clippy::float_cmp, reason = "== and != of the language are exact")]
    fn of(self, left: f64, right: f64) -> Option<f64> {
        let truth = |truth: bool| Some(f64::from(u8::from(truth)));
        match self {
            Self::Or => truth(is_true(left) || is_true(right)),
            Self::And => truth(is_true(left) && is_true(right)),
            Self::Equal => truth(left == right),
            Self::NotEqual => truth(left != right),
            Self::Less => truth(left < right),
            Self::LessOrEqual => truth(left <= right),
            Self::Greater => truth(left > right),
            Self::GreaterOrEqual => truth(left >= right),
            Self::Add => finite(left + right),
            Self::Subtract => finite(left - right),
            Self::Multiply => finite(left * right),
            Self::Divide => finite(left / right),
            Self::Power => finite(left.powf(right)),
        }
    }

    /// Applies the operator to two values.
    pub(super) fn apply(self, left: &Value, right: &Value) -> Result<Value, Problem> {
        Ok(match (left, right) {
            (Value::Scalar(a), Value::Scalar(b)) => Value::Scalar(self.of_scalars(*a, *b)),
            (Value::Scalar(a), Value::Series(b)) => Value::Series(self.with_number_left(*a, b)),
            (Value::Series(a), Value::Scalar(b)) => Value::Series(self.with_number_right(a, *b)),
            (Value::Series(a), Value::Series(b)) => Value::Series(self.between(a, b)),
            (Value::Scalar(a), Value::Array(all)) => of_each(all, |b| self.with_number_left(*a, b)),
            (Value::Array(all), Value::Scalar(b)) => of_each(all, |a| self.with_number_right(a, *b)),
            (Value::Series(a), Value::Array(all)) => {
                of_each(all, |b| Series { label: b.label.clone(), ..self.between(a, b) })
            }
            (Value::Array(all), Value::Series(b)) => of_each(all, |a| self.between(a, b)),
            (Value::Array(_), Value::Array(_)) => {
                let problem = "an operator does not take two arrays of time series";
                return Err(Problem::invalid(problem));
            }
        })
    }

    fn of_scalars(self, left: Option<f64>, right: Option<f64>) -> Option<f64> {
        self.of(left?, right?)
    }

    fn with_number_left(self, left: Option<f64>, right: &Series) -> Series {
        let point = |(at, right): (&i64, &f64)| Some((*at, self.of(left?, *right)?));
        right.with(right.points.iter().filter_map(point).collect())
    }

    fn with_number_right(self, left: &Series, right: Option<f64>) -> Series {
        let point = |(at, left): (&i64, &f64)| Some((*at, self.of(*left, right?)?));
        left.with(left.points.iter().filter_map(point).collect())
    }

    fn between(self, left: &Series, right: &Series) -> Series {
        let (a, b) = (&left.points, &right.points);
        let points: Points = if self.takes_gaps_as_zero() {
            let times: BTreeSet<_> = a.keys().chain(b.keys()).copied().collect();
            let value = |points: &Points, at| points.get(&at).copied().unwrap_or_default();
            times.into_iter().filter_map(|at| Some((at, self.of(value(a, at), value(b, at))?))).collect()
        } else {
            a.iter().filter_map(|(at, left)| Some((*at, self.of(*left, *b.get(at)?)?))).collect()
        };
        left.with(points)
    }
}

fn of_each(all: &[Series], change: impl Fn(&Series) -> Series) -> Value {
    Value::Array(all.iter().map(change).collect())
}

/// Zero is false, everything else is true (A).
pub(super) fn is_true(value: f64) -> bool {
    value.abs() > 0.0
}
