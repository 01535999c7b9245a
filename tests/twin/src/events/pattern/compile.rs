//! From the JSON of a pattern to [`Fields`]; the reasons of refusals follow AWS's engine (B).

use serde_json::{Map, Value};

use super::{Field, Fields, Test, expression, matcher::Matcher};

/// Names that make `$or` an ordinary field when one of its objects uses them (A, the engine).
const KEYWORDS: [&str; 9] = [
    "anything-but",
    "cidr",
    "equals-ignore-case",
    "exactly",
    "exists",
    "numeric",
    "prefix",
    "suffix",
    "wildcard",
];

/// Reads one object of a pattern.
pub(super) fn fields(object: &Map<String, Value>) -> Result<Fields, String> {
    if object.is_empty() {
        return Err("Empty objects are not allowed".to_owned());
    }
    let mut fields = Fields::default();
    for (name, value) in object {
        if let Some(ways) = ways(name, value) {
            fields.any.push(ways.into_iter().map(self::fields).collect::<Result<_, _>>()?);
            continue;
        }
        let test = match value {
            Value::Object(nested) => Test::Nested(self::fields(nested)?),
            Value::Array(values) => Test::Leaf(leaf(values)?),
            _ => return Err(format!("\"{name}\" must be an object or an array")),
        };
        fields.all.push(Field { name: name.clone(), test });
    }
    Ok(fields)
}

/// The objects of an `$or`, which is one only with at least two objects and no keyword in them; otherwise a field may be
/// called `$or` (A, the engine).
fn ways<'a>(name: &str, value: &'a Value) -> Option<Vec<&'a Map<String, Value>>> {
    let values = value.as_array().filter(|values| name == "$or" && values.len() >= 2)?;
    let objects: Vec<_> = values.iter().map(Value::as_object).collect::<Option<_>>()?;
    let keyword = |object: &&Map<String, Value>| object.keys().any(|key| KEYWORDS.contains(&key.as_str()));
    (!objects.iter().any(keyword)).then_some(objects)
}

fn leaf(values: &[Value]) -> Result<Vec<Matcher>, String> {
    if values.is_empty() {
        return Err("Empty arrays are not allowed".to_owned());
    }
    let matcher = |value: &Value| match value {
        Value::Object(object) => expression::read(object),
        Value::Array(_) => Err("Match value must be String, number, true, false, or null".to_owned()),
        value => Ok(Matcher::Exactly(value.clone())),
    };
    values.iter().map(matcher).collect()
}
