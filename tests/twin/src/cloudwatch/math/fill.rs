//! `FILL`: real values in place of gaps.
//!
//! The gaps are the periods of the requested range without a value, or of the evaluation range of an alarm, also of a
//! metric without any data (B). REPEAT and LINEAR need a value before the gap, LINEAR one after it, too; a gap without
//! stays (C).

use super::{
    evaluate::Scope,
    syntax::Expression,
    value::{Points, Series, Value},
};
use crate::cloudwatch::grammar::Problem;

/// What stands in a gap.
enum Filler {
    Number(Option<f64>),
    /// The value that another series has at that time.
    Series(Points),
    Repeat,
    Linear,
}

pub(super) fn fill(arguments: &[Expression], scope: &Scope<'_>) -> Result<Value, Problem> {
    let [filled, filler] = arguments else {
        return Err(Problem::invalid("FILL takes a time series and what to fill it with"));
    };
    let filled = scope.evaluate(filled)?;
    let filler = read_filler(filler, scope)?;
    let starts = scope.grid.starts()?;
    filled.each_series("FILL", |series| fill_series(series, &filler, &starts))
}

fn read_filler(filler: &Expression, scope: &Scope<'_>) -> Result<Filler, Problem> {
    match filler {
        Expression::Word(word) if word == "REPEAT" => Ok(Filler::Repeat),
        Expression::Word(word) if word == "LINEAR" => Ok(Filler::Linear),
        other => match scope.evaluate(other)? {
            Value::Scalar(number) => Ok(Filler::Number(number)),
            Value::Series(series) => Ok(Filler::Series(series.points)),
            array @ Value::Array(_) => Err(array.refused_by("FILL, as its second argument,")),
        },
    }
}

fn fill_series(series: &Series, filler: &Filler, starts: &[i64]) -> Series {
    let points = &series.points;
    let value = |at: i64| match filler {
        Filler::Number(number) => *number,
        Filler::Series(others) => others.get(&at).copied(),
        Filler::Repeat => points.range(..at).next_back().map(|(_, value)| *value),
        Filler::Linear => between_neighbours(points, at),
    };
    let mut whole = points.clone();
    for at in starts.iter().filter(|at| !points.contains_key(at)) {
        whole.extend(value(*at).map(|value| (*at, value)));
    }
    series.with(whole)
}

/// The value at `at` on the straight line between the points before and after it.
#[expect(clippy::cast_precision_loss, reason = "distances within one request stay far below 2^53 seconds")]
fn between_neighbours(points: &Points, at: i64) -> Option<f64> {
    let (before, low) = points.range(..at).next_back()?;
    let (after, high) = points.range(at..).next()?;
    let share = (at - before) as f64 / (after - before) as f64;
    Some(low + (high - low) * share)
}
