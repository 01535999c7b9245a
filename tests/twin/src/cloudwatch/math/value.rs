//! What an expression can be: a number, a time series, or an array of time series (A).

use std::{collections::BTreeMap, ops::Range};

use crate::cloudwatch::{grammar::Problem, time::MINUTE};

/// Values by the start of their period; a gap is an absent one.
pub(in crate::cloudwatch) type Points = BTreeMap<i64, f64>;

/// The most points that an expression may make up; AWS answers at most as many (A).
const MOST_POINTS: i64 = 100_800;

#[derive(Debug, Clone, PartialEq)]
pub(in crate::cloudwatch) enum Value {
    /// `None` comes from a series without points or a division by zero; what is computed from it is a gap (C).
    Scalar(Option<f64>),
    Series(Series),
    Array(Vec<Series>),
}

/// A time series; the label of the metric it comes from distinguishes those of an array.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::cloudwatch) struct Series {
    pub(in crate::cloudwatch) label: String,
    pub(in crate::cloudwatch) points: Points,
}

impl Series {
    /// The series with other points.
    pub(super) fn with(&self, points: Points) -> Self {
        Self { label: self.label.clone(), points }
    }

    /// The series of one that belongs to no metric.
    pub(super) fn unnamed(points: Points) -> Self {
        Self { label: String::new(), points }
    }

    /// Applies `function` to every point; what is no finite number is dropped.
    pub(super) fn map(&self, function: impl Fn(f64) -> f64) -> Self {
        self.with(
            self.points.iter().filter_map(|(at, value)| Some((*at, finite(function(*value))?))).collect(),
        )
    }
}

impl Value {
    /// What kind of value this is, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Scalar(_) => "a number",
            Self::Series(_) => "a time series",
            Self::Array(_) => "an array of time series",
        }
    }

    /// Applies `change` to the series, or to every series of the array.
    pub(super) fn each_series(
        &self,
        function: &str,
        change: impl Fn(&Series) -> Series,
    ) -> Result<Self, Problem> {
        match self {
            Self::Series(series) => Ok(Self::Series(change(series))),
            Self::Array(all) => Ok(Self::Array(all.iter().map(change).collect())),
            Self::Scalar(_) => Err(self.refused_by(function)),
        }
    }

    pub(super) fn refused_by(&self, function: &str) -> Problem {
        Problem::invalid(format!("{function} does not take {}", self.kind()))
    }
}

/// A number that a data point can have.
pub(super) fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// The periods of a request, in epoch seconds.
#[derive(Debug, Clone)]
pub(in crate::cloudwatch) struct Grid {
    pub(in crate::cloudwatch) span: Range<i64>,
    /// A time at which a period starts.
    pub(in crate::cloudwatch) origin: i64,
    pub(in crate::cloudwatch) period: i64,
}

impl Grid {
    /// The starts of all periods, also of those without data.
    pub(super) fn starts(&self) -> Result<Vec<i64>, Problem> {
        let period = self.period.max(MINUTE);
        let first = self.span.start - (self.span.start - self.origin).rem_euclid(period);
        let count = self.span.end.saturating_sub(first).saturating_add(period - 1).div_euclid(period).max(0);
        if count > MOST_POINTS {
            let problem = format!("it would have {count} data points, more than {MOST_POINTS}");
            return Err(Problem::invalid(problem));
        }
        Ok((0..count).map(|index| first + index * period).collect())
    }
}
