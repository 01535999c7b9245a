//! `PutEvents` and `TestEventPattern`.
//!
//! Entries are taken one by one; what is wrong with one is told in its place and does not hold up the others. Only when
//! none of them has source, detail type and detail is the whole request refused (A, API model). The sizes of entries are
//! not checked.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{
    AwsEvent, Bus, errors,
    pattern::Pattern,
    requests::{Entry, PutEvents, TestEventPattern, is_default},
};
use crate::error::ApiError;

/// The most entries of one request (A, API model).
const MOST: usize = 10;
/// What an event for `TestEventPattern` must have (A).
const MANDATORY: [&str; 7] = ["id", "account", "source", "time", "region", "resources", "detail-type"];

impl Bus {
    pub(super) fn put_events(&self, request: PutEvents, now: DateTime<Utc>) -> Result<Value, ApiError> {
        if let Some(endpoint) = request.endpoint_id {
            return Err(ApiError::not_implemented(format!("global endpoints: {endpoint}")));
        }
        if !(1..=MOST).contains(&request.entries.len()) {
            return Err(errors::invalid(format!("Entries must have between 1 and {MOST} elements")));
        }
        let other_bus = |entry: &Entry| entry.event_bus_name.clone().filter(|bus| !is_default(bus));
        if let Some(bus) = request.entries.iter().find_map(other_bus) {
            return Err(ApiError::not_implemented(format!("event buses other than the default one: {bus}")));
        }
        if request.entries.iter().all(|entry| missing(entry).is_some()) {
            return Err(errors::invalid("No entry has all of Source, DetailType and Detail."));
        }
        let results: Vec<_> = request
            .entries
            .into_iter()
            .map(|entry| match read(entry, now) {
                Ok(event) => json!({"EventId": self.publish(event)}),
                Err((code, message)) => json!({"ErrorCode": code, "ErrorMessage": message}),
            })
            .collect();
        let failed = results.iter().filter(|result| result.get("ErrorCode").is_some()).count();
        Ok(json!({"FailedEntryCount": failed, "Entries": results}))
    }
}

fn missing(entry: &Entry) -> Option<&'static str> {
    let members = [("Source", &entry.source), ("DetailType", &entry.detail_type), ("Detail", &entry.detail)];
    members.into_iter().find(|(_, value)| value.as_deref().is_none_or(str::is_empty)).map(|(name, _)| name)
}

/// The event of an entry, or code and message of what is wrong with it.
fn read(entry: Entry, now: DateTime<Utc>) -> Result<AwsEvent, (&'static str, String)> {
    if let Some(name) = missing(&entry) {
        let message = format!("Parameter {name} is not valid. Reason: {name} is a required argument.");
        return Err(("InvalidArgument", message));
    }
    let source = entry.source.unwrap_or_default();
    if source.starts_with("aws.") {
        return Err(("NotAuthorizedForSourceException", "Not authorized for the source.".to_owned()));
    }
    let detail = entry.detail.and_then(|text| serde_json::from_str(&text).ok()).filter(Value::is_object);
    let detail = detail.ok_or_else(|| ("MalformedDetail", "Detail is malformed.".to_owned()))?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float too large becomes the largest integer, no date"
    )]
    let given = entry.time.map(|seconds| DateTime::from_timestamp((seconds.floor()) as i64, 0));
    let at = match given {
        None => now,
        Some(at) => at.ok_or_else(|| ("InvalidArgument", "Parameter Time is not valid.".to_owned()))?,
    };
    let detail_type = entry.detail_type.unwrap_or_default();
    Ok(AwsEvent { source, detail_type, resources: entry.resources, detail, at })
}

/// Whether a pattern matches an event; needs no bus.
pub(super) fn test_event_pattern(request: &TestEventPattern) -> Result<Value, ApiError> {
    let pattern = Pattern::read(&request.event_pattern)?;
    let invalid = |reason: String| errors::invalid(format!("Parameter Event is not valid. Reason: {reason}"));
    let event: Value =
        serde_json::from_str(&request.event).map_err(|e| invalid(format!("Invalid JSON: {e}")))?;
    if let Some(name) = MANDATORY.into_iter().find(|name| event.get(name).is_none()) {
        return Err(invalid(format!("{name} is a required field")));
    }
    Ok(json!({"Result": pattern.matches(&event)}))
}
