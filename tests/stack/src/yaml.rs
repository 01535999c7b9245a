//! YAML as CloudFormation reads it: short tags become the long form of their function, so that only one form is left.

use std::collections::BTreeMap;

use granit_parser::{Event, Parser, ScalarStyle, Span, StrInput, Tag, options};
use serde_json::{Map, Value, json};

use crate::error::StackError;

/// Tags that stand for `Fn::<tag>`.
const FUNCTIONS: [&str; 12] = [
    "And",
    "Base64",
    "Equals",
    "FindInMap",
    "GetAtt",
    "If",
    "ImportValue",
    "Join",
    "Not",
    "Or",
    "Select",
    "Split",
];

/// Reads one document.
pub(crate) fn read(text: &str) -> Result<Value, StackError> {
    let events = Parser::new_from_str_with_options(text, options! { emit_comments: false });
    let mut builder = Builder { events, anchors: BTreeMap::new() };
    loop {
        let (event, at) = builder.next()?;
        match event {
            Event::StreamStart | Event::DocumentStart(..) => {}
            Event::StreamEnd | Event::DocumentEnd => return Err(problem(at, "it is empty")),
            other => return builder.node(other, at),
        }
    }
}

struct Builder<'a> {
    events: Parser<'a, StrInput<'a>>,
    /// Nodes that an alias may repeat.
    anchors: BTreeMap<usize, Value>,
}

impl<'a> Builder<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), StackError> {
        let ended = || StackError::Yaml("it ends too early".to_owned());
        let read = self.events.next().ok_or_else(ended)?;
        read.map_err(|error| StackError::Yaml(error.to_string()))
    }

    /// The node that begins with `event`.
    fn node(&mut self, event: Event<'a>, at: Span) -> Result<Value, StackError> {
        let (value, anchor, tag) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let value = match &tag {
                    None if style == ScalarStyle::Plain => plain(&text).map_err(|text| problem(at, text))?,
                    _ => Value::from(text.into_owned()),
                };
                (value, anchor, tag)
            }
            Event::SequenceStart(_, anchor, tag) => (self.sequence()?, anchor, tag),
            Event::MappingStart(_, anchor, tag) => (self.mapping()?, anchor, tag),
            Event::Alias(id) => {
                let known = self.anchors.get(&id).cloned();
                return known.ok_or_else(|| problem(at, "an alias within its own anchor"));
            }
            other => return Err(problem(at, format!("unexpected {other:?}"))),
        };
        let value = match tag {
            Some(tag) => tagged(&tag, value).map_err(|text| problem(at, text))?,
            None => value,
        };
        if anchor > 0 {
            self.anchors.insert(anchor, value.clone());
        }
        Ok(value)
    }

    fn sequence(&mut self) -> Result<Value, StackError> {
        let mut elements = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Value::Array(elements)),
                (event, at) => elements.push(self.node(event, at)?),
            }
        }
    }

    fn mapping(&mut self) -> Result<Value, StackError> {
        let mut members = Map::new();
        loop {
            let (event, at) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                return Ok(Value::Object(members));
            }
            let key = match event {
                // A key is text, also where it looks like a number.
                Event::Scalar(text, ..) => text.into_owned(),
                _ => return Err(problem(at, "a key must be text")),
            };
            let (event, of_value) = self.next()?;
            let value = self.node(event, of_value)?;
            if members.insert(key.clone(), value).is_some() {
                return Err(problem(at, format!("the key {key} stands twice in one mapping")));
            }
        }
    }
}

fn problem(at: Span, text: impl std::fmt::Display) -> StackError {
    StackError::Yaml(format!("line {}: {text}", at.start.line()))
}

/// A scalar without quotes. CloudFormation reads YAML 1.1, where `yes` and `on` are true: refused, because readers differ.
fn plain(text: &str) -> Result<Value, String> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::Null),
        "true" | "True" | "TRUE" => return Ok(json!(true)),
        "false" | "False" | "FALSE" => return Ok(json!(false)),
        _ => {}
    }
    if ["yes", "no", "on", "off", "y", "n"].contains(&text.to_lowercase().as_str()) {
        return Err(format!(
            "{text} without quotes is text for some readers and a boolean for others: quote it"
        ));
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    // Account ids and octal numbers begin with a zero: text here, so that no digit is lost.
    let leading_zero = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    if !leading_zero && digits.starts_with(|c: char| c.is_ascii_digit()) {
        if let Ok(number) = text.parse::<i64>() {
            return Ok(json!(number));
        }
        let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
        return Ok(number.map_or_else(|| json!(text), |number| json!(number)));
    }
    Ok(json!(text))
}

/// The long form of a short tag.
fn tagged(tag: &Tag, value: Value) -> Result<Value, String> {
    if tag.is_yaml_core_schema_tag("str") {
        return Ok(value);
    }
    let name = tag.suffix();
    let value = match (name, &value) {
        // `!GetAtt Resource.Attribute`, where an attribute may have dots.
        ("GetAtt", Value::String(text)) => match text.split_once('.') {
            Some((resource, attribute)) => json!([resource, attribute]),
            None => return Err(format!("!GetAtt {text} names no attribute")),
        },
        _ => value,
    };
    match name {
        _ if tag.handle() != "!" => {
            Err(format!("the tag {}{name} is none of CloudFormation's", tag.handle()))
        }
        "Ref" | "Condition" => Ok(json!({name: value})),
        "Sub" => Ok(json!({"Fn::Sub": value})),
        name if FUNCTIONS.contains(&name) => Ok(json!({format!("Fn::{name}"): value})),
        other => Err(format!("the function !{other} is not known here")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        read(text).unwrap_err().to_string()
    }

    #[test]
    fn short_tag_is_the_long_form_when_both_are_possible() {
        let short = read(
            "{a: !Ref X, b: !GetAtt X.Arn.More, c: !Sub '${X}', d: !If [C, !Ref A, 1], e: !Condition C}",
        );
        let long = json!({"a": {"Ref": "X"}, "b": {"Fn::GetAtt": ["X", "Arn.More"]}, "c": {"Fn::Sub": "${X}"},
            "d": {"Fn::If": ["C", {"Ref": "A"}, 1]}, "e": {"Condition": "C"}});
        assert_eq!(short.unwrap(), long);
        assert_eq!(read("!Equals [a, b]").unwrap(), json!({"Fn::Equals": ["a", "b"]}));
        assert_eq!(read("!Join\n- ','\n- [a]").unwrap(), json!({"Fn::Join": [",", ["a"]]}));
    }

    #[test]
    fn scalar_is_text_when_it_is_quoted_or_would_lose_digits() {
        let read = read("[1, -2, 0.5, '1', 012345678901, 2012-10-17, 1.2.3, 1e3, true, ~, 2026-11-23T10:00]")
            .unwrap();
        let expected = json!([
            1,
            -2,
            0.5,
            "1",
            "012345678901",
            "2012-10-17",
            "1.2.3",
            1000.0,
            true,
            null,
            "2026-11-23T10:00"
        ]);
        assert_eq!(read, expected);
    }

    #[test]
    fn block_scalar_is_folded_and_an_alias_repeats_its_anchor() {
        let read = read("a: &x {b: !Ref C}\nd: *x\ne: >-\n  one\n  two\n").unwrap();
        assert_eq!(read, json!({"a": {"b": {"Ref": "C"}}, "d": {"b": {"Ref": "C"}}, "e": "one two"}));
    }

    #[test]
    fn template_is_refused_with_its_line_when_it_is_ambiguous_or_unknown() {
        assert!(refused("a: 1\nb: yes").contains("line 2: yes without quotes"));
        assert!(refused("a: 1\na: 2").contains("line 2: the key a stands twice"));
        assert!(refused("a: !Cidr [b, 1, 2]").contains("line 1: the function !Cidr is not known here"));
        assert!(refused("a: !GetAtt Backend").contains("names no attribute"));
        assert!(refused("").contains("empty"));
        assert!(refused("a: [1").contains("cannot be read"));
    }
}
