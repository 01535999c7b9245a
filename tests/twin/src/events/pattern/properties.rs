//! What holds for every pattern and event.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::Pattern;

fn matches(pattern: &Value, event: &Value) -> bool {
    Pattern::read(&pattern.to_string()).unwrap().matches(event)
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-cA-C*\\\\ä]{0,6}".prop_map(Value::from),
    ]
}

/// Objects of objects, arrays and leaves; no field is called `$or`.
fn object() -> impl Strategy<Value = Map<String, Value>> {
    let value = leaf().prop_recursive(3, 24, 4, |inner| {
        let array = prop::collection::vec(inner.clone(), 1..4).prop_map(Value::from);
        prop_oneof![array, fields(inner).prop_map(Value::Object)]
    });
    fields(value)
}

fn fields(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::btree_map("[a-e]", value, 1..4).prop_map(|fields| fields.into_iter().collect())
}

/// The pattern that asks for everything an object has. What is in an array of objects is left out: its elements need not
/// have the same fields.
fn pattern_of(object: &Map<String, Value>) -> Map<String, Value> {
    let field = |(name, value): (&String, &Value)| {
        let wanted = match value {
            Value::Object(nested) => Value::Object(pattern_of(nested)),
            Value::Array(elements) => {
                let leaves: Vec<_> =
                    elements.iter().filter(|e| !e.is_object() && !e.is_array()).cloned().collect();
                Value::Array(leaves)
            }
            leaf => json!([leaf]),
        };
        let empty =
            wanted.as_array().is_some_and(Vec::is_empty) || wanted.as_object().is_some_and(Map::is_empty);
        (!empty).then(|| (name.clone(), wanted))
    };
    object.iter().filter_map(field).collect()
}

/// A wildcard that stands for the text itself.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('*', "\\*")
}

proptest! {
    #[test]
    fn event_matches_when_the_pattern_was_made_from_it(event in object()) {
        let pattern = pattern_of(&event);
        if !pattern.is_empty() {
            prop_assert!(matches(&Value::Object(pattern), &Value::Object(event)));
        }
    }

    #[test]
    fn event_still_matches_when_fields_are_added(event in object(), more in object()) {
        let pattern = pattern_of(&event);
        let more = more.into_iter().map(|(name, value)| (format!("more-{name}"), value));
        let larger: Map<_, _> = event.into_iter().chain(more).collect();
        if !pattern.is_empty() {
            prop_assert!(matches(&Value::Object(pattern), &Value::Object(larger)));
        }
    }

    #[test]
    fn exactly_one_matches_when_one_is_the_opposite(event in leaf(), text in "[a-c*\\\\]{1,3}") {
        let wildcard = format!("{}*", escaped(&text));
        for (kind, operand) in [("prefix", &text), ("suffix", &text), ("equals-ignore-case", &text), ("wildcard", &wildcard)] {
            let plain = json!({"a": [{kind: operand}]});
            let opposite = json!({"a": [{"anything-but": {kind: operand}}]});
            let event = json!({"a": event});
            prop_assert_ne!(matches(&plain, &event), matches(&opposite, &event), "{}", plain);
        }
    }

    #[test]
    fn leaf_is_there_or_not(event in object(), name in "[a-f]") {
        let event = Value::Object(event);
        let exists = |exists: bool| matches(&json!({&name: [{"exists": exists}]}), &event);
        prop_assert_ne!(exists(true), exists(false));
    }

    #[test]
    fn wildcard_agrees_with_prefix_and_suffix(text in "[ab*\\\\ä]{0,8}", part in "[ab*\\\\ä]{0,4}") {
        let event = json!({"a": text});
        let wildcard = |wildcard: String| matches(&json!({"a": [{"wildcard": wildcard}]}), &event);
        let part_escaped = escaped(&part);
        prop_assert_eq!(wildcard(format!("{part_escaped}*")), text.starts_with(&part));
        prop_assert_eq!(wildcard(format!("*{part_escaped}")), text.ends_with(&part));
        prop_assert_eq!(wildcard(part_escaped.clone()), text == part);
        if !part.is_empty() {
            prop_assert_eq!(wildcard(format!("*{part_escaped}*")), text.contains(&part));
        }
    }

    #[test]
    fn reading_ends_with_an_answer_when_the_pattern_is_any_text(text in ".{0,60}") {
        let _ = Pattern::read(&text);
    }
}
