//! Invocation: routing by weight, concurrency, and what is measured and told about each.

use std::sync::Arc;

use axum::body::Bytes;
use rand::RngExt as _;
use uuid::Uuid;

use super::{
    Lambda,
    alias_rules::route,
    errors::{bad_json, function_not_found, throttled, too_large},
    failure::told,
    model::{Configuration, LATEST},
};
use crate::{error::ApiError, journal::Event};

/// Largest synchronous payload, 6 MB.
const PAYLOAD_LIMIT_BYTES: usize = 6_291_556;

/// The result of an invocation that reached a version.
#[derive(Debug)]
pub(crate) struct Invoked {
    pub(crate) executed_version: String,
    pub(crate) payload: Bytes,
    /// The function itself failed: error, crash or time-out.
    pub(crate) function_error: bool,
    /// The end of the log, for `LogType: Tail`.
    pub(crate) log_tail: String,
}

/// One attempt at an invocation. All attempts of an asynchronous one have the same request id (A).
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(super) request_id: String,
    /// From 1; attempts that Lambda itself refused do not count.
    pub(super) number: u32,
}

impl Attempt {
    /// The first attempt of a new invocation.
    pub(crate) fn first() -> Self {
        Self { request_id: Uuid::new_v4().to_string(), number: 1 }
    }
}

/// A resolved target: which version, reached under which name.
pub(super) struct Target {
    pub(super) name: String,
    /// `fn`, `fn:alias` or `fn:version`, as in the metrics' Resource dimension.
    pub(super) resource: String,
    pub(super) through_alias: bool,
    pub(super) configuration: Configuration,
    reserved: Option<usize>,
}

/// Frees one unit of concurrency when the invocation ends, however it ends.
struct Running<'a>(&'a Lambda, String);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if let Some(count) = self.0.running.lock().get_mut(&self.1) {
            *count = count.saturating_sub(1);
        }
    }
}

impl Lambda {
    /// Invokes and waits.
    ///
    /// # Errors
    /// Lambda's own errors: unknown function, bad JSON, too large, throttled. Function errors are results.
    pub(crate) async fn invoke(
        self: &Arc<Self>,
        name: &str,
        qualifier: Option<&str>,
        payload: Bytes,
        attempt: &Attempt,
    ) -> Result<Invoked, ApiError> {
        let payload = checked(payload)?;
        let target = self.resolve(name, qualifier)?;
        let started = self.around.clock.now();
        let Some(_running) = self.take_concurrency(&target) else {
            self.measure(&target, started, "Throttles", "Count", 1.0);
            return Err(throttled(target.reserved.is_some()));
        };
        let (outcome, duration_ms) = self.run(&target, payload, attempt).await?;
        self.measure(&target, started, "Invocations", "Count", 1.0);
        self.measure(&target, started, "Throttles", "Count", 0.0);
        self.measure(&target, started, "Errors", "Count", if outcome.function_error { 1.0 } else { 0.0 });
        self.measure(&target, started, "Duration", "Milliseconds", duration_ms);
        if outcome.function_error {
            let error = told(&outcome.payload);
            let version = outcome.executed_version.clone();
            let event = Event::InvocationFailed { function: name.to_owned(), version, error };
            self.around.journal.record(self.around.clock.now(), event);
        }
        Ok(outcome)
    }

    pub(super) fn resolve(&self, name: &str, qualifier: Option<&str>) -> Result<Target, ApiError> {
        let arn = self.function_arn(name);
        self.with_function(name, |f| {
            let wanted = qualifier.unwrap_or(LATEST);
            let alias = f.aliases.get(wanted);
            let version = alias.map_or(wanted, |alias| route(alias, || self.dice.lock().random()));
            let missing = || function_not_found(format!("{arn}:{wanted}"));
            let configuration = f.configuration(version).ok_or_else(missing)?.clone();
            Ok(Target {
                name: name.to_owned(),
                resource: qualifier.map_or_else(|| name.to_owned(), |q| format!("{name}:{q}")),
                through_alias: alias.is_some(),
                configuration,
                reserved: f.reserved_concurrency,
            })
        })
    }

    fn take_concurrency(&self, target: &Target) -> Option<Running<'_>> {
        let mut running = self.running.lock();
        let everywhere: usize = running.values().sum();
        let here = running.entry(target.name.clone()).or_default();
        if everywhere >= self.around.options.account_concurrency
            || target.reserved.is_some_and(|limit| *here >= limit)
        {
            return None;
        }
        *here += 1;
        Some(Running(self, target.name.clone()))
    }
}

/// The event: JSON within the size limit; no payload at all is an empty object, as Lambda does it.
pub(super) fn checked(payload: Bytes) -> Result<Bytes, ApiError> {
    if payload.len() > PAYLOAD_LIMIT_BYTES {
        return Err(too_large(payload.len(), PAYLOAD_LIMIT_BYTES));
    }
    if payload.is_empty() {
        return Ok(Bytes::from_static(b"{}"));
    }
    serde_json::from_slice::<serde::de::IgnoredAny>(&payload).map_err(bad_json)?;
    Ok(payload)
}
