//! Match expressions: the objects inside a pattern's arrays, such as `{"prefix": "d-"}`.

use serde_json::{Map, Value};

use super::{
    matcher::{Matcher, Range},
    wildcard::Wildcard,
};

/// Numbers beyond this are refused in `numeric` (A).
const LARGEST: f64 = 5e9;

/// Reads one match expression.
pub(super) fn read(object: &Map<String, Value>) -> Result<Matcher, String> {
    let (kind, operand) = only_member(object)?;
    match kind {
        "exists" => match operand.as_bool() {
            Some(true) => Ok(Matcher::Present),
            Some(false) => Ok(Matcher::Absent),
            None => Err("exists match pattern must be either true or false.".to_owned()),
        },
        "numeric" => numeric(operand).map(Matcher::Numeric),
        "cidr" => {
            let text = string(kind, operand)?;
            text.parse().map(Matcher::Cidr).map_err(|e| format!("Malformed CIDR {text}: {e}"))
        }
        "anything-but" => anything_but(operand).map(Matcher::AnythingBut),
        "exactly" => Ok(Matcher::Exactly(Value::from(string(kind, operand)?))),
        _ => text(kind, operand),
    }
}

/// `prefix`, `suffix`, `equals-ignore-case` and `wildcard`: what is about text.
fn text(kind: &str, operand: &Value) -> Result<Matcher, String> {
    match (kind, operand) {
        ("prefix" | "suffix", Value::Object(object)) => {
            let (inner, operand) = only_member(object)?;
            if inner != "equals-ignore-case" {
                return Err(format!("Unsupported {kind} pattern: {inner}"));
            }
            let lower = string(inner, operand)?.to_lowercase();
            Ok(if kind == "prefix" { Matcher::PrefixAnyCase(lower) } else { Matcher::SuffixAnyCase(lower) })
        }
        ("prefix", _) => Ok(Matcher::Prefix(string(kind, operand)?.to_owned())),
        ("suffix", _) => Ok(Matcher::Suffix(string(kind, operand)?.to_owned())),
        ("equals-ignore-case", _) => Ok(Matcher::AnyCase(string(kind, operand)?.to_lowercase())),
        ("wildcard", _) => Wildcard::read(string(kind, operand)?).map(Matcher::Wildcard),
        (other, _) => Err(format!("Unrecognized match type {other}")),
    }
}

/// What must not match: values, a list of strings or one of numbers, or a text expression with one or several operands.
fn anything_but(operand: &Value) -> Result<Vec<Matcher>, String> {
    if let Value::Object(object) = operand {
        let (kind, operands) = only_member(object)?;
        if !matches!(kind, "prefix" | "suffix" | "equals-ignore-case" | "wildcard") {
            return Err(format!("Unsupported anything-but pattern: {kind}"));
        }
        // An empty prefix excludes everything, which nobody means (A, the engine).
        if one_or_all(operands)?.iter().any(|operand| operand.as_str() == Some("")) {
            return Err("Null prefix/suffix not allowed".to_owned());
        }
        return one_or_all(operands)?.iter().map(|operand| text(kind, operand)).collect();
    }
    let values = one_or_all(operand)?;
    if !values.iter().all(Value::is_string) && !values.iter().all(Value::is_number) {
        return Err(
            "Inside anything-but, either all values are numbers or all values are strings.".to_owned()
        );
    }
    Ok(values.iter().cloned().map(Matcher::Exactly).collect())
}

fn one_or_all(value: &Value) -> Result<&[Value], String> {
    match value {
        Value::Array(values) if values.is_empty() => Err("Empty arrays are not allowed".to_owned()),
        Value::Array(values) => Ok(values),
        value => Ok(std::slice::from_ref(value)),
    }
}

/// One comparison, or a lower bound followed by an upper one.
fn numeric(operand: &Value) -> Result<Range, String> {
    let elements = operand.as_array().ok_or("Value of numeric must be an array.")?;
    let [operator, value, rest @ ..] = elements.as_slice() else {
        return Err("Invalid member in numeric match: an operator and a number are needed".to_owned());
    };
    let (operator, value) = comparison(operator, value)?;
    let (low, high) = match operator {
        "=" => (Some((value, true)), Some((value, true))),
        ">" | ">=" => (Some((value, operator == ">=")), None),
        "<" | "<=" => (None, Some((value, operator == "<="))),
        other => return Err(format!("Unrecognized numeric range operator: {other}")),
    };
    match rest {
        [] => Ok(Range { low, high }),
        [second, top] if high.is_none() => {
            let (second, top) = comparison(second, top)?;
            if !matches!(second, "<" | "<=") {
                return Err(format!("Bad numeric range operator: {second}"));
            }
            if value >= top {
                return Err("Bottom must be less than top".to_owned());
            }
            Ok(Range { low, high: Some((top, second == "<=")) })
        }
        _ => Err("Too many elements in numeric expression".to_owned()),
    }
}

fn comparison<'a>(operator: &'a Value, value: &Value) -> Result<(&'a str, f64), String> {
    let operator = operator.as_str().ok_or_else(|| format!("Invalid member in numeric match: {operator}"))?;
    let value = value.as_f64().ok_or_else(|| format!("Value of {operator} must be numeric"))?;
    if value.abs() > LARGEST {
        return Err("Value must be between -5.0E9 and 5.0E9, inclusive".to_owned());
    }
    Ok((operator, value))
}

fn string<'a>(kind: &str, operand: &'a Value) -> Result<&'a str, String> {
    operand.as_str().ok_or_else(|| format!("{kind} match pattern must be a string"))
}

fn only_member(object: &Map<String, Value>) -> Result<(&str, &Value), String> {
    let mut members = object.iter();
    match (members.next(), members.next()) {
        (Some((name, value)), None) => Ok((name, value)),
        (None, _) => Err("Empty match expression".to_owned()),
        _ => Err("Only one key allowed in match expression".to_owned()),
    }
}
