//! The functions that the twin has. Others answer NotImplemented with their name.

use super::{
    evaluate::Scope,
    fill::fill,
    operators::is_true,
    syntax::Expression,
    value::{Points, Series, Value, finite},
};
use crate::cloudwatch::grammar::Problem;

pub(super) fn call(name: &str, arguments: &[Expression], scope: &Scope<'_>) -> Result<Value, Problem> {
    match name {
        "ABS" => pointwise(name, arguments, scope, f64::abs),
        "CEIL" => pointwise(name, arguments, scope, f64::ceil),
        "FLOOR" => pointwise(name, arguments, scope, f64::floor),
        "SUM" => aggregate(name, arguments, scope, |values, _| values.iter().sum()),
        // Of an array, a missing value counts as 0 (A, user guide): the divisor is the number of series.
        "AVG" => aggregate(name, arguments, scope, |values, count| values.iter().sum::<f64>() / count),
        "MAX" => {
            aggregate(name, arguments, scope, |values, _| values.iter().copied().fold(f64::MIN, f64::max))
        }
        "MIN" => {
            aggregate(name, arguments, scope, |values, _| values.iter().copied().fold(f64::MAX, f64::min))
        }
        "DIFF" => steps(name, arguments, scope, |step, _| step),
        "RATE" => steps(name, arguments, scope, |step, seconds| step / seconds),
        "FILL" => fill(arguments, scope),
        "IF" => choose(arguments, scope),
        "METRICS" => metrics(arguments, scope),
        "PERIOD" => period(arguments, scope),
        "TIME_SERIES" => time_series(arguments, scope),
        other => Err(Problem::Later(format!("the metric math function {other}"))),
    }
}

/// The value of the only argument.
fn only(name: &str, arguments: &[Expression], scope: &Scope<'_>) -> Result<Value, Problem> {
    match arguments {
        [argument] => scope.evaluate(argument),
        _ => Err(Problem::invalid(format!("{name} takes one argument"))),
    }
}

/// Numbers are taken as well, although the guide speaks of series only (C).
fn pointwise(
    name: &str,
    arguments: &[Expression],
    scope: &Scope<'_>,
    function: impl Fn(f64) -> f64,
) -> Result<Value, Problem> {
    match only(name, arguments, scope)? {
        Value::Scalar(number) => Ok(Value::Scalar(number.map(function))),
        other => other.each_series(name, |series| series.map(&function)),
    }
}

/// One number out of a series, one series out of an array (A). `function` gets the values that exist, at least one,
/// and how many series there are, or values in the one series. Times at which no series of the array has a value are
/// gaps; a series without values has no sum (C).
fn aggregate(
    name: &str,
    arguments: &[Expression],
    scope: &Scope<'_>,
    function: impl Fn(&[f64], f64) -> f64,
) -> Result<Value, Problem> {
    let of = |values: &[f64], count: usize| {
        let count = u32::try_from(count).map(f64::from).ok()?;
        if values.is_empty() { None } else { finite(function(values, count)) }
    };
    match only(name, arguments, scope)? {
        Value::Series(series) => {
            let values: Vec<_> = series.points.into_values().collect();
            Ok(Value::Scalar(of(&values, values.len())))
        }
        Value::Array(all) => {
            let times = all.iter().flat_map(|series| series.points.keys().copied());
            let at =
                |at: i64| all.iter().filter_map(|series| series.points.get(&at).copied()).collect::<Vec<_>>();
            let points = times.filter_map(|time| Some((time, of(&at(time), all.len())?))).collect();
            Ok(Value::Series(Series::unnamed(points)))
        }
        number @ Value::Scalar(_) => Err(number.refused_by(name)),
    }
}

/// What changed since the value before, which may lie more than a period back; the first value has none (C).
fn steps(
    name: &str,
    arguments: &[Expression],
    scope: &Scope<'_>,
    function: impl Fn(f64, f64) -> f64,
) -> Result<Value, Problem> {
    let of_series = |series: &Series| {
        let later = series.points.iter().skip(1);
        let pairs = series.points.iter().zip(later);
        let point = |((before, low), (at, high)): ((&i64, &f64), (&i64, &f64))| {
            let seconds = u32::try_from(at - before).map(f64::from).ok()?;
            Some((*at, finite(function(high - low, seconds))?))
        };
        series.with(pairs.filter_map(point).collect())
    };
    only(name, arguments, scope)?.each_series(name, of_series)
}

/// `IF(condition, then, otherwise)`, after the tables of the user guide (A): at every time of the condition the value
/// of the branch that it chooses; where that is missing 0 for the first branch and a gap for the second.
fn choose(arguments: &[Expression], scope: &Scope<'_>) -> Result<Value, Problem> {
    let (condition, then, otherwise) = match arguments {
        [condition, then] => (condition, then, None),
        [condition, then, otherwise] => (condition, then, Some(otherwise)),
        _ => return Err(Problem::invalid("IF takes a condition, a value and, if wanted, another value")),
    };
    let condition = scope.evaluate(condition)?;
    let then = scope.evaluate(then)?;
    let otherwise = otherwise.map(|otherwise| scope.evaluate(otherwise)).transpose()?;
    for branch in [Some(&condition), Some(&then), otherwise.as_ref()].into_iter().flatten() {
        if matches!(branch, Value::Array(_)) {
            return Err(branch.refused_by("IF"));
        }
    }
    let condition = match condition {
        Value::Series(condition) => condition,
        Value::Scalar(number) => return choose_once(number, then, otherwise, scope),
        Value::Array(_) => return Err(condition.refused_by("IF")),
    };
    let value = |branch: &Value, at: i64| match branch {
        Value::Scalar(number) => *number,
        Value::Series(series) => series.points.get(&at).copied(),
        Value::Array(_) => None,
    };
    let point = |(at, truth): (&i64, &f64)| {
        let chosen = if is_true(*truth) {
            Some(value(&then, *at).unwrap_or_default())
        } else {
            otherwise.as_ref().and_then(|otherwise| value(otherwise, *at))
        };
        Some((*at, chosen?))
    };
    Ok(Value::Series(condition.with(condition.points.iter().filter_map(point).collect())))
}

/// A condition that is one number: one of the branches as it is (A). The kind of the result does not depend on the
/// data: it is a number only if both branches are (C).
fn choose_once(
    condition: Option<f64>,
    then: Value,
    otherwise: Option<Value>,
    scope: &Scope<'_>,
) -> Result<Value, Problem> {
    let number = matches!((&then, &otherwise), (Value::Scalar(_), Some(Value::Scalar(_))));
    let chosen = condition.and_then(|truth| if is_true(truth) { Some(then) } else { otherwise });
    Ok(match chosen {
        Some(Value::Scalar(value)) if !number => Value::Series(constant(value, scope)?),
        Some(branch) => branch,
        None if number => Value::Scalar(None),
        None => Value::Series(Series::unnamed(Points::new())),
    })
}

/// A series with one value at all times of the request.
fn constant(value: Option<f64>, scope: &Scope<'_>) -> Result<Series, Problem> {
    let starts = scope.grid.starts()?;
    Ok(Series::unnamed(starts.into_iter().filter_map(|at| Some((at, value?))).collect()))
}

/// The metrics of the request, without its expressions; of those whose id contains a text, if one is given (A).
fn metrics(arguments: &[Expression], scope: &Scope<'_>) -> Result<Value, Problem> {
    match arguments {
        [] => Ok(scope.metrics("")),
        [Expression::Text(part)] => Ok(scope.metrics(part)),
        _ => Err(Problem::invalid("METRICS takes nothing or a text in quotes")),
    }
}

/// Only of metrics, not of expressions (A).
fn period(arguments: &[Expression], scope: &Scope<'_>) -> Result<Value, Problem> {
    let found = match arguments {
        [Expression::Id(id)] => scope.period(id),
        _ => None,
    };
    let seconds = found.and_then(|seconds| u32::try_from(seconds).ok()).map(f64::from);
    let seconds = seconds.ok_or_else(|| Problem::invalid("PERIOD takes the id of a metric"))?;
    Ok(Value::Scalar(Some(seconds)))
}

fn time_series(arguments: &[Expression], scope: &Scope<'_>) -> Result<Value, Problem> {
    match only("TIME_SERIES", arguments, scope)? {
        Value::Scalar(number) => Ok(Value::Series(constant(number, scope)?)),
        other => Err(other.refused_by("TIME_SERIES")),
    }
}
