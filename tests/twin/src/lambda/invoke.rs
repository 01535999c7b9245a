//! Invocation: routing by weight, cold and warm sandboxes, time-outs, crashes, and the metrics of each.

use std::{sync::Arc, time::Duration};

use axum::body::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use rand::RngExt as _;
use serde_json::json;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::{
    Lambda,
    alias_rules::route,
    errors::{bad_json, function_not_found, throttled, too_large},
    failure::{Failure, told},
    logs::tail,
    model::{AsyncConfig, Configuration, LATEST},
    sandbox::{Reply, Sandbox, Start, Work},
};
use crate::{cloudwatch::Sample, error::ApiError, journal::Event};

/// Largest synchronous payload, 6 MB.
const PAYLOAD_LIMIT_BYTES: usize = 6_291_556;
/// Time that Lambda gives the start of a sandbox before it counts against the invocation.
const INIT_LIMIT: Duration = Duration::from_secs(10);

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

/// A resolved target: which version, reached under which name.
struct Target {
    name: String,
    /// `fn`, `fn:alias` or `fn:version`, as in the metrics' Resource dimension.
    resource: String,
    through_alias: bool,
    configuration: Configuration,
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
    ) -> Result<Invoked, ApiError> {
        let payload = checked(payload)?;
        let target = self.resolve(name, qualifier)?;
        let started = self.around.clock.now();
        let Some(_running) = self.take_concurrency(&target) else {
            self.measure(&target, started, "Throttles", "Count", 1.0);
            return Err(throttled(target.reserved.is_some()));
        };
        let (outcome, duration_ms) = self.run(&target, payload).await?;
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

    /// Accepts an asynchronous invocation; failed attempts are repeated after 1 and 2 virtual minutes.
    ///
    /// # Errors
    /// As for [`Self::invoke`], before the invocation is accepted.
    pub(crate) fn invoke_async(
        self: &Arc<Self>,
        name: &str,
        qualifier: Option<&str>,
        payload: Bytes,
    ) -> Result<(), ApiError> {
        let payload = checked(payload)?;
        self.resolve(name, qualifier)?;
        let config = self.with_function(name, |f| {
            Ok(f.async_configs.get(qualifier.unwrap_or(LATEST)).copied().unwrap_or_default())
        })?;
        let (lambda, name, qualifier) = (self.clone(), name.to_owned(), qualifier.map(str::to_owned));
        tokio::spawn(async move { lambda.attempt(&name, qualifier.as_deref(), payload, config).await });
        Ok(())
    }

    async fn attempt(
        self: &Arc<Self>,
        name: &str,
        qualifier: Option<&str>,
        payload: Bytes,
        config: AsyncConfig,
    ) {
        for attempt in 0..=config.maximum_retry_attempts {
            if attempt > 0 {
                self.around.clock.sleep(TimeDelta::minutes(i64::from(attempt))).await;
            }
            let result = self.invoke(name, qualifier, payload.clone()).await;
            if result.is_ok_and(|done| !done.function_error) {
                return;
            }
        }
    }

    fn resolve(&self, name: &str, qualifier: Option<&str>) -> Result<Target, ApiError> {
        let dice: f64 = self.dice.lock().random();
        let arn = self.function_arn(name);
        self.with_function(name, |f| {
            let wanted = qualifier.unwrap_or(LATEST);
            let alias = f.aliases.get(wanted);
            let version = alias.map_or(wanted, |alias| route(alias, dice));
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

    /// Runs one invocation in a warm or new sandbox; answers the result and its duration in real milliseconds.
    async fn run(self: &Arc<Self>, target: &Target, payload: Bytes) -> Result<(Invoked, f64), ApiError> {
        let of = &target.configuration;
        let key = (target.name.clone(), of.version.clone(), of.revision_id.clone());
        let request_id = Uuid::new_v4().to_string();
        let idle = self.idle.lock().get_mut(&key).and_then(Vec::pop);
        let mut sandbox = match idle {
            Some(sandbox) => sandbox,
            None => self.spawn(&target.name, of)?,
        };
        sandbox.recent.lock().clear();
        let started = wait_for_start(&mut sandbox, &request_id, INIT_LIMIT.max(of.timeout())).await;
        let watch = self.around.clock.stopwatch();
        let result = match started {
            Ok(()) => self.hand_over(&mut sandbox, target, &request_id, payload).await,
            Err(failure) => Err(failure),
        };
        let duration_ms = watch.elapsed_ms();
        let log_tail = tail(&sandbox.recent.lock());
        let (payload, function_error) = match result {
            Ok(Reply::Response(body)) => (body, false),
            Ok(Reply::Error(body)) => (body, true),
            Err(Failure(body)) => {
                let payload = Bytes::from(body.to_string());
                return Ok((
                    Invoked { executed_version: of.version.clone(), payload, function_error: true, log_tail },
                    duration_ms,
                ));
            }
        };
        self.idle.lock().entry(key).or_default().push(sandbox);
        Ok((Invoked { executed_version: of.version.clone(), payload, function_error, log_tail }, duration_ms))
    }

    async fn hand_over(
        &self,
        sandbox: &mut Sandbox,
        target: &Target,
        request_id: &str,
        payload: Bytes,
    ) -> Result<Reply, Failure> {
        let timeout = target.configuration.timeout();
        let (reply, answered) = oneshot::channel();
        let work = Work {
            request_id: request_id.to_owned(),
            payload,
            deadline_ms: self.around.clock.real_deadline_ms(timeout),
            invoked_arn: self.function_arn(&target.resource),
            reply,
        };
        if sandbox.work.send(work).await.is_err() {
            return Err(Failure::exited(request_id, None));
        }
        tokio::select! {
            biased;
            Ok(reply) = answered => Ok(reply),
            status = sandbox.child.wait() => Err(Failure::exited(request_id, status.ok())),
            () = tokio::time::sleep(timeout) => Err(Failure::timed_out(request_id, timeout)),
        }
    }

    /// Publishes one value under Lambda's dimension sets (facts: per function, per resource, per executed version).
    fn measure(&self, target: &Target, at: DateTime<Utc>, name: &str, unit: &str, value: f64) {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let function = pair("FunctionName", &target.name);
        let resource = pair("Resource", &target.resource);
        let mut sets = vec![vec![], vec![function.clone()], vec![function.clone(), resource.clone()]];
        if target.through_alias && name != "Throttles" {
            sets.push(vec![function, resource, pair("ExecutedVersion", &target.configuration.version)]);
        }
        for dimensions in sets {
            self.around.cloudwatch.record(Sample {
                namespace: "AWS/Lambda".to_owned(),
                name: name.to_owned(),
                dimensions,
                unit: Some(unit.to_owned()),
                at,
                value,
                count: 1.0,
            });
        }
    }
}

/// Waits until a new sandbox asks for work; a warm one is ready already.
async fn wait_for_start(sandbox: &mut Sandbox, request_id: &str, limit: Duration) -> Result<(), Failure> {
    let ready = async {
        let state = sandbox.start.wait_for(|state| *state != Start::Starting).await;
        state.map(|state| state.clone()).unwrap_or(Start::Starting)
    };
    tokio::select! {
        state = ready => match state {
            Start::Ready => Ok(()),
            Start::Failed(body) => Err(Failure(serde_json::from_slice(&body).unwrap_or_else(|_| json!({"errorType": "Runtime.InitError"})))),
            Start::Starting => Err(Failure::exited(request_id, None)),
        },
        status = sandbox.child.wait() => Err(Failure::exited(request_id, status.ok())),
        () = tokio::time::sleep(limit) => Err(Failure::timed_out(request_id, limit)),
    }
}

/// The event: JSON within the size limit; no payload at all is an empty object, as Lambda does it.
fn checked(payload: Bytes) -> Result<Bytes, ApiError> {
    if payload.len() > PAYLOAD_LIMIT_BYTES {
        return Err(too_large(payload.len(), PAYLOAD_LIMIT_BYTES));
    }
    if payload.is_empty() {
        return Ok(Bytes::from_static(b"{}"));
    }
    serde_json::from_slice::<serde::de::IgnoredAny>(&payload).map_err(bad_json)?;
    Ok(payload)
}
