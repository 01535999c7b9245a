//! The smoke cases: what is asked of a new version and what it must answer.
//!
//! ```json
//! [{"name": "health", "request": {"method": "GET", "path": "/health"},
//!   "expect": {"status": 200, "body": [{"pointer": "/status", "equals": "ok"}]},
//!   "max_latency_ms": 3000, "max_cold_latency_ms": 10000, "repetitions": 3}]
//! ```
//! Only `name` and `request` are required; a request that is no HTTP one is given whole as `{"event": ...}`.
//! `max_cold_latency_ms` belongs to the first case alone, because only the first invocation of a version is cold.
//!
//! What is wrong with the setting is told without its values, because requests may carry credentials.

use crate::request::{Format, RawRequest, expand};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::ops::RangeInclusive;
use std::time::Duration;

/// What users of the API may expect of a warm version, unless a case says otherwise.
const MAX_LATENCY_MS: u64 = 3_000;
/// Loading a new version and its first connections may take this long, unless a case says otherwise.
const MAX_COLD_LATENCY_MS: u64 = 10_000;
/// A Lambda invocation lasts 15 minutes at most.
const LATENCY_RANGE_MS: RangeInclusive<u64> = 1..=900_000;
/// Warm invocations per case; at least one, so that the warm limit is always judged.
const REPETITIONS: RangeInclusive<usize> = 1..=50;
const STATUSES: RangeInclusive<u16> = 100..=599;

/// One case, validated.
#[derive(Clone, Debug, PartialEq)]
pub struct SmokeCase {
    /// Unique; appears in every message.
    pub name: String,
    /// The payload of the invocation.
    pub event: Value,
    /// Whether the request was given as method and path: then only an HTTP response with a `statusCode` is an answer.
    pub is_http: bool,
    /// HTTP status that the answer must have.
    pub status: u16,
    /// What the answer's JSON body must hold.
    pub body: Vec<BodyRule>,
    /// Limit for a warm invocation, as the hook measures it: with the way to Lambda and back.
    pub max_latency: Duration,
    /// Limit for the first invocation of the version; of interest in the first case only.
    pub max_cold_latency: Duration,
    /// Warm invocations.
    pub repetitions: usize,
}

/// One place in the body.
#[derive(Clone, Debug, PartialEq)]
pub struct BodyRule {
    /// JSON pointer (RFC 6901); the empty one is the whole body.
    pub pointer: String,
    /// What must be there.
    pub expected: Expected,
}

/// What must be at a place.
#[derive(Clone, Debug, PartialEq)]
pub enum Expected {
    /// This value, numbers by their value: 1 equals 1.0.
    Equals(Value),
    /// Anything (true) or nothing (false).
    Exists(bool),
}

/// What is wrong with the setting; names the case and its field, and quotes no value of a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaseProblem {
    /// Not an array of objects.
    #[error("must be a JSON array of cases: {0}")]
    NotAnArray(String),
    /// An empty array would let every version pass.
    #[error("must hold at least one case")]
    Empty,
    /// One case is wrong.
    #[error("case {position} ({name}): {problem}")]
    Case {
        /// Counted from 1.
        position: usize,
        /// As given, or `unnamed`.
        name: String,
        /// The field and what is wrong with it.
        problem: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a case")]
struct RawCase {
    name: String,
    request: RawRequest,
    #[serde(default)]
    expect: RawExpectation,
    max_latency_ms: Option<u64>,
    max_cold_latency_ms: Option<u64>,
    repetitions: Option<usize>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
struct RawExpectation {
    status: Option<u16>,
    #[serde(default)]
    body: Vec<RawRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
struct RawRule {
    pointer: String,
    /// `null` is a value like any other, hence the second layer.
    #[serde(default, deserialize_with = "given")]
    equals: Option<Value>,
    exists: Option<bool>,
}

fn given<'de, D: serde::Deserializer<'de>>(field: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(field).map(Some)
}

/// `GET /health` answers 200, within the default limits.
pub(crate) fn default_cases(format: Format) -> Vec<SmokeCase> {
    let request =
        RawRequest { method: Some("GET".into()), path: Some("/health".into()), ..RawRequest::default() };
    vec![SmokeCase {
        name: "health".to_owned(),
        event: expand(request, format).unwrap_or_default(),
        is_http: true,
        status: 200,
        body: Vec::new(),
        max_latency: Duration::from_millis(MAX_LATENCY_MS),
        max_cold_latency: Duration::from_millis(MAX_COLD_LATENCY_MS),
        repetitions: 1,
    }]
}

/// Reads and validates the setting; method and path stand for an event in this format.
pub(crate) fn parse_cases(text: &str, format: Format) -> Result<Vec<SmokeCase>, CaseProblem> {
    let raw: Vec<Map<String, Value>> =
        serde_json::from_str(text).map_err(|error| CaseProblem::NotAnArray(without_value(&error)))?;
    let mut cases: Vec<SmokeCase> = Vec::new();
    for (index, fields) in raw.into_iter().enumerate() {
        let name = fields.get("name").and_then(Value::as_str).unwrap_or("unnamed").to_owned();
        let case = read(fields).and_then(|raw| validate(raw, index == 0, format)).and_then(|case| {
            let known = cases.iter().any(|other| other.name == case.name);
            if known { Err("name: used by an earlier case".to_owned()) } else { Ok(case) }
        });
        cases.push(case.map_err(|problem| CaseProblem::Case { position: index + 1, name, problem })?);
    }
    if cases.is_empty() { Err(CaseProblem::Empty) } else { Ok(cases) }
}

fn read(fields: Map<String, Value>) -> Result<RawCase, String> {
    serde_path_to_error::deserialize(Value::Object(fields)).map_err(|error| {
        let problem = without_value(error.inner());
        let path = error.path().to_string();
        if path == "." { problem } else { format!("{path}: {problem}") }
    })
}

/// serde quotes the value that it does not like, and a request's values may be credentials. What is kept: the kind of
/// value, what was expected, and line and column when they are known.
fn without_value(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let cut = ["invalid type: ", "invalid value: "].into_iter().find_map(|problem| {
        let kind = text.strip_prefix(problem)?.split([',', '"', '`']).next()?.trim_end();
        // The last one: the value may hold this text too, the expectation does not.
        let (_, expected) = text.rsplit_once(", expected ")?;
        Some(format!("{problem}{kind}, expected {expected}"))
    });
    cut.unwrap_or(text)
}

fn validate(raw: RawCase, is_first: bool, format: Format) -> Result<SmokeCase, String> {
    if raw.name.trim().is_empty() {
        return Err("name: must not be empty".to_owned());
    }
    if !is_first && raw.max_cold_latency_ms.is_some() {
        let why = "only the first case may have it, because only the first invocation of a version is cold";
        return Err(format!("max_cold_latency_ms: {why}"));
    }
    let status = within("expect.status", raw.expect.status.unwrap_or(200), STATUSES)?;
    let latency = |field, limit: Option<u64>, default| {
        within(field, limit.unwrap_or(default), LATENCY_RANGE_MS).map(Duration::from_millis)
    };
    Ok(SmokeCase {
        is_http: raw.request.event.is_none(),
        event: expand(raw.request, format).map_err(|problem| format!("request: {problem}"))?,
        body: raw.expect.body.into_iter().map(rule).collect::<Result<_, _>>()?,
        status,
        max_latency: latency("max_latency_ms", raw.max_latency_ms, MAX_LATENCY_MS)?,
        max_cold_latency: latency("max_cold_latency_ms", raw.max_cold_latency_ms, MAX_COLD_LATENCY_MS)?,
        repetitions: within("repetitions", raw.repetitions.unwrap_or(1), REPETITIONS)?,
        name: raw.name,
    })
}

fn rule(raw: RawRule) -> Result<BodyRule, String> {
    let pointer = raw.pointer;
    if !pointer.is_empty() && !pointer.starts_with('/') {
        return Err(format!("expect.body.pointer: {pointer:?} must be empty or begin with /"));
    }
    if pointer.split('~').skip(1).any(|rest| !rest.starts_with(['0', '1'])) {
        return Err(format!("expect.body.pointer: {pointer:?} has a ~ that is not ~0 (for ~) or ~1 (for /)"));
    }
    let expected = match (raw.equals, raw.exists) {
        (Some(value), None) => Expected::Equals(value),
        (None, Some(exists)) => Expected::Exists(exists),
        _ => return Err(format!("expect.body: {pointer:?} needs either equals or exists")),
    };
    Ok(BodyRule { pointer, expected })
}

fn within<T: PartialOrd + std::fmt::Display>(
    field: &str,
    value: T,
    range: RangeInclusive<T>,
) -> Result<T, String> {
    if range.contains(&value) {
        return Ok(value);
    }
    Err(format!("{field}: must be from {} to {}; got {value}", range.start(), range.end()))
}

#[cfg(test)]
mod tests;
