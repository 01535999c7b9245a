//! The function's payload as API Gateway would read it, held against a case. Pure.
//!
//! Source: API Gateway developer guide, "Create AWS Lambda proxy integrations for HTTP APIs", payload format 2.0, and "Set
//! up Lambda proxy integrations" for REST APIs, which read status, headers and body the same way. In 2.0, valid JSON without a `statusCode`, also a string or `null`, is an answer 200 with that JSON as its body. A case that gives a
//! whole event is read so; one that asks for a method and path demands the `statusCode`, because a handler of HTTP
//! requests that leaves it out is broken more often than terse. What API Gateway cannot read it answers with a 500, so
//! that is a failure whatever the case expects.

use crate::cases::{BodyRule, Expected, SmokeCase};
use crate::decide::Failure;
use crate::shown;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// An answer as API Gateway understands it.
struct Response {
    status: u64,
    /// Decoded; empty when there is none.
    body: Vec<u8>,
    /// An error in the form of RFC 9457.
    is_problem: bool,
}

/// Everything that the payload does not fulfil. Latency is judged elsewhere.
pub(crate) fn failures(case: &SmokeCase, payload: &[u8]) -> Vec<Failure> {
    let response = match read(case, payload) {
        Ok(response) => response,
        Err(failure) => return vec![failure],
    };
    let mut failures = Vec::new();
    if response.status != u64::from(case.status) {
        let problem = response.is_problem.then(|| shown::problem(&response.body)).flatten();
        let body = problem.unwrap_or_else(|| format!("body is {}", shown::described(&response.body)));
        failures.push(Failure::Status { expected: case.status, got: response.status, body });
    }
    if !case.body.is_empty() {
        match serde_json::from_slice(&response.body) {
            Ok(document) => failures.extend(case.body.iter().filter_map(|rule| broken(rule, &document))),
            Err(_) => failures.push(Failure::BodyNotJson { got: shown::described(&response.body) }),
        }
    }
    failures
}

fn read(case: &SmokeCase, payload: &[u8]) -> Result<Response, Failure> {
    let not_http = |got| Failure::NotHttp { got };
    let answer: Value = serde_json::from_slice(payload).map_err(|_| not_http(shown::described(payload)))?;
    let Some(status) = answer.get("statusCode") else {
        if case.is_http {
            return Err(not_http(shown::described(payload)));
        }
        return Ok(Response { status: 200, body: payload.to_vec(), is_problem: false });
    };
    let status = status.as_u64().ok_or_else(|| not_http(format!("statusCode is {}", shown::kind(status))))?;
    let body = body(&answer).map_err(|problem| Failure::Unreadable { problem })?;
    Ok(Response { status, body, is_problem: is_problem(&answer) })
}

/// The decoded bytes, or why API Gateway cannot have them. `null` counts as no body.
fn body(answer: &Value) -> Result<Vec<u8>, String> {
    let text = match answer.get("body") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::String(text)) => text,
        Some(other) => return Err(format!("it must be a string, got {}", shown::kind(other))),
    };
    if answer.get("isBase64Encoded").and_then(Value::as_bool) != Some(true) {
        return Ok(text.clone().into_bytes());
    }
    STANDARD.decode(text).map_err(|_| "isBase64Encoded is true, but it is not base64".to_owned())
}

fn is_problem(answer: &Value) -> bool {
    let headers = answer.get("headers").and_then(Value::as_object);
    headers.into_iter().flatten().any(|(name, value)| {
        let value = value.as_str().unwrap_or_default().to_ascii_lowercase();
        name.eq_ignore_ascii_case("content-type") && value.starts_with("application/problem+json")
    })
}

/// What the document has at the rule's place is shown only where the case demands a value, and never the whole body.
fn broken(rule: &BodyRule, document: &Value) -> Option<Failure> {
    let found = document.pointer(&rule.pointer);
    let (kept, expected) = match &rule.expected {
        Expected::Equals(value) => (found.is_some_and(|found| same(found, value)), shown::expected(value)),
        Expected::Exists(true) => (found.is_some(), "anything".to_owned()),
        Expected::Exists(false) => (found.is_none(), "nothing".to_owned()),
    };
    let demanded = matches!(rule.expected, Expected::Equals(_)) && !rule.pointer.is_empty();
    let show = if demanded { shown::scalar } else { shown::kind };
    let got = found.map_or_else(|| "nothing".to_owned(), show);
    (!kept).then(|| Failure::Body { pointer: rule.pointer.clone(), expected, got })
}

/// Equal, with numbers by their value: JSON knows one kind of number, so that 1 equals 1.0.
fn same(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Number(one), Value::Number(other)) => {
            let both_whole = !one.is_f64() && !other.is_f64();
            one == other
                || (!both_whole
                    && one.as_f64().partial_cmp(&other.as_f64()) == Some(std::cmp::Ordering::Equal))
        }
        (Value::Array(ones), Value::Array(others)) => {
            ones.len() == others.len() && ones.iter().zip(others).all(|(one, other)| same(one, other))
        }
        (Value::Object(ones), Value::Object(others)) => {
            ones.len() == others.len()
                && ones.iter().all(|(name, one)| others.get(name).is_some_and(|other| same(one, other)))
        }
        (one, other) => one == other,
    }
}

#[cfg(test)]
mod tests;
