//! What a target gets: the event, its constant `Input`, or what its `InputTransformer` makes of the event.
//!
//! A template is text with `<names>`. Inside a JSON string a value is inserted as text, elsewhere as JSON, so a string
//! gets its quotes (A). A path that leads nowhere inserts nothing (A), and what is then no JSON is not delivered to a
//! function (B). Objects inside a string are inserted as escaped JSON (C). A name that nobody defined is refused when
//! the target is put (C).

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;

use super::{
    errors,
    requests::{InputTransformer, Target},
    targets::Kind,
};
use crate::error::ApiError;

/// The longest template and the most paths (A, API model).
const LONGEST: usize = 8_192;
const MOST_PATHS: usize = 100;
/// Names that need no path (A).
const RESERVED: [&str; 5] = [
    "aws.events.rule-arn",
    "aws.events.rule-name",
    "aws.events.event.ingestion-time",
    "aws.events.event",
    "aws.events.event.json",
];

/// What there is to insert.
pub(super) struct Source<'a> {
    pub(super) event: &'a Value,
    pub(super) rule: &'a str,
    pub(super) rule_arn: &'a str,
    pub(super) at: DateTime<Utc>,
}

/// The payload for one target.
///
/// # Errors
/// `ValidationException` when a function would get what is no JSON.
pub(super) fn of(target: &Target, source: &Source<'_>) -> Result<String, ApiError> {
    if let Some(input) = &target.input {
        return Ok(input.clone());
    }
    let Some(transformer) = &target.input_transformer else { return Ok(source.event.to_string()) };
    let payload = fill(transformer, source);
    let is_json = serde_json::from_str::<serde::de::IgnoredAny>(&payload).is_ok();
    if !is_json && Kind::of(&target.arn)? == Kind::Function {
        return Err(errors::invalid(format!("the InputTemplate makes no JSON of this event: {payload}")));
    }
    Ok(payload)
}

/// Checks a transformer before it is kept.
pub(super) fn check(target: &str, transformer: &InputTransformer) -> Result<(), ApiError> {
    let InputTransformer { input_paths_map: paths, input_template: template } = transformer;
    let refuse = |problem: String| Err(errors::invalid(format!("{problem} for target {target}.")));
    if template.is_empty() || template.chars().count() > LONGEST {
        return refuse(format!("InputTemplate must have between 1 and {LONGEST} characters"));
    }
    if paths.len() > MOST_PATHS {
        return refuse(format!("InputPathsMap must have at most {MOST_PATHS} elements"));
    }
    if let Some(name) = paths.keys().find(|name| name.starts_with("aws.") || name.starts_with("AWS.")) {
        return refuse(format!("Invalid InputPathsMap key {name}: the prefix is reserved"));
    }
    if let Some(path) = paths.values().find(|path| steps(path).is_none()) {
        return refuse(format!("Invalid InputPath {path}"));
    }
    let known = |name: &str| paths.contains_key(name) || RESERVED.contains(&name);
    match pieces(template).into_iter().find(|piece| matches!(piece, Piece::Name { name, .. } if !known(name)))
    {
        Some(Piece::Name { name, .. }) => refuse(format!("Invalid InputTemplate: <{name}> is not defined")),
        _ => Ok(()),
    }
}

#[derive(Debug, PartialEq)]
enum Piece<'a> {
    Text(&'a str),
    Name { name: &'a str, in_string: bool },
}

/// Splits a template at its `<names>`; any other `<` is text.
fn pieces(template: &str) -> Vec<Piece<'_>> {
    let (mut pieces, mut rest, mut in_string) = (Vec::new(), template, false);
    while let Some((before, from_name)) = rest.split_once('<') {
        let name = from_name.split_once('>').filter(|(name, _)| is_name(name));
        let text = if name.is_some() { before } else { rest.split_at(before.len() + 1).0 };
        in_string ^= quotes(text) % 2 == 1;
        pieces.push(Piece::Text(text));
        rest = match name {
            Some((name, after)) => {
                pieces.push(Piece::Name { name, in_string });
                after
            }
            None => from_name,
        };
    }
    pieces.push(Piece::Text(rest));
    pieces
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

/// How many quotes in `text` begin or end a string.
fn quotes(text: &str) -> usize {
    let (mut count, mut escaped) = (0, false);
    for character in text.chars() {
        count += usize::from(character == '"' && !escaped);
        escaped = character == '\\' && !escaped;
    }
    count
}

fn fill(transformer: &InputTransformer, source: &Source<'_>) -> String {
    let insert = |piece| match piece {
        Piece::Text(text) => text.to_owned(),
        Piece::Name { name, in_string } => {
            let value = reserved(name, source)
                .or_else(|| find(source.event, transformer.input_paths_map.get(name)?).cloned());
            value.map(|value| written(&value, in_string)).unwrap_or_default()
        }
    };
    pieces(&transformer.input_template).into_iter().map(insert).collect()
}

fn written(value: &Value, in_string: bool) -> String {
    if !in_string {
        return value.to_string();
    }
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    // As JSON it is escaped; the template has the quotes.
    let quoted = Value::from(text).to_string();
    quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default().to_owned()
}

fn reserved(name: &str, source: &Source<'_>) -> Option<Value> {
    match name {
        "aws.events.rule-arn" => Some(Value::from(source.rule_arn)),
        "aws.events.rule-name" => Some(Value::from(source.rule)),
        "aws.events.event.ingestion-time" => {
            Some(Value::from(source.at.to_rfc3339_opts(SecondsFormat::Secs, true)))
        }
        "aws.events.event.json" => Some(source.event.clone()),
        "aws.events.event" => {
            let mut event = source.event.clone();
            event.as_object_mut()?.remove("detail");
            Some(event)
        }
        _ => None,
    }
}

/// `$.detail.states[0]`: names and indices; `None` for anything else.
fn steps(path: &str) -> Option<Vec<&str>> {
    let rest = path.strip_prefix('$')?;
    if rest.is_empty() {
        return Some(Vec::new());
    }
    let mut steps = Vec::new();
    for part in rest.strip_prefix('.')?.split('.') {
        let (name, indices) = part.split_once('[').map_or((part, None), |(name, rest)| (name, Some(rest)));
        steps.push(name);
        for index in indices.into_iter().flat_map(|rest| rest.split('[')) {
            let index = index.strip_suffix(']')?;
            index.parse::<usize>().ok()?;
            steps.push(index);
        }
    }
    (!steps.iter().any(|step| step.is_empty())).then_some(steps)
}

fn find<'a>(event: &'a Value, path: &str) -> Option<&'a Value> {
    steps(path)?.into_iter().try_fold(event, |value, step| match value {
        Value::Array(elements) => elements.get(step.parse::<usize>().ok()?),
        object => object.get(step),
    })
}
