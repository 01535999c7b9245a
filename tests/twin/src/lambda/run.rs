//! One invocation, in a sandbox (warm or cold start, time-out, crash, answer) or by its host.

use std::{pin::pin, sync::Arc, time::Duration};

use axum::body::Bytes;
use serde_json::json;
use tokio::sync::oneshot;

use super::{
    Lambda, PoolKey,
    failure::Failure,
    invoke::{Attempt, Invoked, Target},
    report,
    sandbox::{NotStarted, Reply, Sandbox, Start, Work},
};
use crate::error::ApiError;

/// Time that Lambda gives the start of a sandbox before it counts against the invocation.
const INIT_LIMIT: Duration = Duration::from_secs(10);

/// How an invocation ended.
pub(super) struct Ended {
    pub(super) result: Result<Reply, Failure>,
    /// Real time that the function took.
    pub(super) duration_ms: f64,
    pub(super) lines: Vec<String>,
}

impl Lambda {
    /// Runs one invocation; answers the result and its duration in real milliseconds.
    ///
    /// # Errors
    /// When the twin itself fails; everything that goes wrong with the function is a result.
    pub(super) async fn run(
        self: &Arc<Self>,
        target: &Target,
        payload: Bytes,
        attempt: &Attempt,
    ) -> Result<(Invoked, f64), ApiError> {
        let host = self.hosts.lock().get(&target.name).cloned();
        let ended = match host {
            Some(host) => self.ask_host(&host, target, payload, attempt).await,
            None => self.run_in_sandbox(target, payload, &attempt.request_id).await?,
        };
        let of = &target.configuration;
        let log_tail = report::tail(of, &attempt.request_id, &ended.lines, ended.duration_ms);
        let (payload, function_error) = match ended.result {
            Ok(Reply::Response(body)) => (body, false),
            Ok(Reply::Error(body)) => (body, true),
            Err(Failure(body)) => (Bytes::from(body.to_string()), true),
        };
        let executed_version = of.version.clone();
        Ok((Invoked { executed_version, payload, function_error, log_tail }, ended.duration_ms))
    }

    /// Takes a warm sandbox or starts one.
    async fn run_in_sandbox(
        self: &Arc<Self>,
        target: &Target,
        payload: Bytes,
        request_id: &str,
    ) -> Result<Ended, ApiError> {
        let of = &target.configuration;
        let key = (target.name.clone(), of.version.clone(), of.revision_id.clone());
        let idle = self.idle.lock().get_mut(&key).and_then(Vec::pop);
        let sandbox = match idle {
            Some(sandbox) => Ok(sandbox),
            None => self.start_sandbox(&target.name, of).await,
        };
        match sandbox {
            Ok(sandbox) => Ok(self.use_sandbox(sandbox, key, target, request_id, payload).await),
            Err(NotStarted::Program(error)) => {
                let failure = Failure::invalid_entrypoint(request_id, &error);
                Ok(Ended { result: Err(failure), duration_ms: 0.0, lines: Vec::new() })
            }
            Err(NotStarted::Twin(error)) => Err(error),
        }
    }

    /// A sandbox that failed is dropped, one that answered is kept for the next invocation.
    async fn use_sandbox(
        &self,
        mut sandbox: Sandbox,
        key: PoolKey,
        target: &Target,
        request_id: &str,
        payload: Bytes,
    ) -> Ended {
        sandbox.output.begin();
        let mut end = pin!(self.around.faults.end_of(&target.name, &sandbox.session));
        let limit = INIT_LIMIT.max(target.configuration.timeout());
        let started = tokio::select! {
            biased;
            () = &mut end => Err(Failure::exited(request_id, None)),
            started = wait_for_start(&mut sandbox, request_id, limit) => started,
        };
        let watch = self.around.clock.stopwatch();
        let result = match started {
            Ok(()) => tokio::select! {
                biased;
                () = &mut end => Err(Failure::exited(request_id, None)),
                result = self.hand_over(&mut sandbox, target, request_id, payload) => result,
            },
            Err(failure) => Err(failure),
        };
        let duration_ms = watch.elapsed_ms();
        let lines = sandbox.output.lines().await;
        if result.is_ok() {
            self.keep_for_next(key, sandbox);
        }
        Ended { result, duration_ms, lines }
    }

    /// Keeps a sandbox, unless its configuration was replaced or deleted meanwhile.
    fn keep_for_next(&self, key: PoolKey, sandbox: Sandbox) {
        let (name, version, revision) = &key;
        let functions = self.functions.lock();
        let current = functions.get(name).and_then(|f| f.configuration(version));
        if current.is_some_and(|c| c.revision_id == *revision) {
            self.idle.lock().entry(key).or_default().push(sandbox);
        }
    }

    /// Ends the idle sandboxes of one version (of all: `None`) whose revision is not `current`.
    pub(super) fn drop_idle(&self, function: &str, version: Option<&str>, current: Option<&str>) {
        self.idle.lock().retain(|(name, of, revision), _| {
            name != function || version.is_some_and(|v| v != of) || current.is_some_and(|c| c == revision)
        });
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
