//! Event patterns: which events a rule wants.
//!
//! The rules are those of AWS's own open-source engine and of its user guide:
//! - every field of the pattern must match, and a field matches when one of its values does (A);
//! - an array in the event matches when one of its elements does; fields of a pattern below one array must be met by one
//!   and the same element (A);
//! - `exists` looks at leaves: an object is none, and an array without values is none either (A; the array C);
//! - null is a value, and not the absence of one (A);
//! - a number equals another only in the same notation: `300` is not `300.0` (A in the user guide, while the engine
//!   compares values; C which of the two counts, and this is the careful one). `3.0e2` and `300.0` are not told apart.
//!
//! There is no crate for this: the one of that name on crates.io is empty.

mod compile;
mod expression;
mod matcher;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
mod wildcard;

use serde_json::Value;

use self::matcher::Matcher;
use super::errors;
use crate::error::ApiError;

/// The longest pattern (A, API model).
const LONGEST: usize = 4_096;

/// A checked pattern.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pattern(Fields);

/// Fields of one object: all of `all`, and one way of each group in `any`.
#[derive(Debug, Clone, PartialEq, Default)]
struct Fields {
    all: Vec<Field>,
    any: Vec<Vec<Fields>>,
}

#[derive(Debug, Clone, PartialEq)]
struct Field {
    name: String,
    test: Test,
}

#[derive(Debug, Clone, PartialEq)]
enum Test {
    Leaf(Vec<Matcher>),
    Nested(Fields),
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// `InvalidEventPatternException` with the reason.
    pub(super) fn read(text: &str) -> Result<Self, ApiError> {
        if text.chars().count() > LONGEST {
            return Err(errors::invalid(format!("EventPattern must have at most {LONGEST} characters")));
        }
        let value: Value =
            serde_json::from_str(text).map_err(|e| errors::invalid_pattern(&format!("Invalid JSON: {e}")))?;
        let object = value.as_object().ok_or_else(|| errors::invalid_pattern("Filter is not an object"))?;
        compile::fields(object).map(Self).map_err(|reason| errors::invalid_pattern(&reason))
    }

    /// Whether the event, envelope and all, is one that the pattern wants.
    pub(super) fn matches(&self, event: &Value) -> bool {
        self.0.hold(Some(event), &[event])
    }
}

impl Fields {
    /// `here` is the object that must have the fields, if there is one, `everywhere` every object at the same path: a
    /// field is absent only where no element of an array has it.
    fn hold(&self, here: Option<&Value>, everywhere: &[&Value]) -> bool {
        self.all.iter().all(|field| field.holds(here, everywhere))
            && self.any.iter().all(|ways| ways.iter().any(|way| way.hold(here, everywhere)))
    }
}

impl Field {
    fn holds(&self, here: Option<&Value>, everywhere: &[&Value]) -> bool {
        let here = here.and_then(|object| object.get(&self.name));
        let everywhere = everywhere.iter().filter_map(|object| object.get(&self.name));
        match &self.test {
            Test::Leaf(matchers) => {
                let present = everywhere.flat_map(leaves).next().is_some();
                let found = here.map(leaves).unwrap_or_default();
                matchers.iter().any(|matcher| match matcher {
                    Matcher::Absent => !present,
                    matcher => found.iter().any(|leaf| matcher.matches(leaf)),
                })
            }
            Test::Nested(fields) => {
                let everywhere: Vec<_> = everywhere.flat_map(objects).collect();
                match here.map(objects).unwrap_or_default().as_slice() {
                    // Where nothing is, patterns that want nothing still hold.
                    [] => fields.hold(None, &everywhere),
                    found => found.iter().any(|object| fields.hold(Some(object), &everywhere)),
                }
            }
        }
    }
}

/// The values at a path: itself, or what an array holds; objects are none.
fn leaves(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(elements) => elements.iter().flat_map(leaves).collect(),
        Value::Object(_) => Vec::new(),
        leaf => vec![leaf],
    }
}

/// The objects at a path: itself, or what an array holds.
fn objects(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(elements) => elements.iter().flat_map(objects).collect(),
        Value::Object(_) => vec![value],
        _ => Vec::new(),
    }
}
