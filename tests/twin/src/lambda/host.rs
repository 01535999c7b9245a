//! Hosted functions: what the owner of a twin lets run inside of its own process in the place of a program.

use std::{
    collections::BTreeMap,
    fmt,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::Poll,
};

use axum::body::Bytes;
use serde_json::{Value, json};

use super::{
    Lambda,
    failure::Failure,
    invoke::{Attempt, Target},
    run::Ended,
    sandbox::{Reply, new_session},
};
use crate::error::ApiError;

/// Time-out of a function that only a host made. The longest that any function here has; hosts are not there to test it.
const TIMEOUT_SECONDS: u64 = 60;

/// What a host is told about one attempt at an invocation.
#[derive(Debug, Clone)]
pub struct HostedInvocation {
    /// With the qualifier that was invoked, as Lambda tells a function.
    pub invoked_arn: String,
    /// The version that the qualifier stands for; `$LATEST` for none.
    pub version: String,
    /// The same for every attempt at an asynchronous invocation.
    pub request_id: String,
    /// From 1.
    pub attempt: u32,
    /// Real epoch milliseconds, as in a runtime's context.
    pub deadline_ms: u64,
    /// The event.
    pub payload: Value,
    environment: BTreeMap<String, String>,
}

impl HostedInvocation {
    /// A variable that a program would find in its environment: the function's own, region, endpoint, virtual clock, and
    /// credentials by which the twin knows the function and this very attempt.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<String> {
        self.environment.get(name).cloned()
    }
}

type Answer = Pin<Box<dyn Future<Output = Result<Value, String>> + Send>>;

/// A function inside of this process: `Err` and a panic are function errors. Its future is dropped at the time-out, and when
/// a strike of the kind [`crate::StrikeKind::Crashed`] hits one of its calls; what it spawned goes on.
#[derive(Clone)]
pub struct Host(Arc<dyn Fn(HostedInvocation) -> Answer + Send + Sync>);

impl Host {
    /// A host that answers invocations with what `work` comes to.
    pub fn new<F: Future<Output = Result<Value, String>> + Send + 'static>(
        work: impl Fn(HostedInvocation) -> F + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(move |invocation| Box::pin(work(invocation))))
    }

    /// Runs the work to its end, which may be a panic: that is an error of the function, not of the twin.
    async fn answer(&self, invocation: HostedInvocation) -> Result<Value, String> {
        let mut work = Box::pin(async { (self.0)(invocation).await });
        std::future::poll_fn(|context| {
            let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)));
            polled.unwrap_or_else(|_| Poll::Ready(Err("the function panicked".to_owned())))
        })
        .await
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Host")
    }
}

impl Lambda {
    /// Lets `host` answer the invocations of a function; makes the function if there is none.
    ///
    /// # Errors
    /// What CreateFunction answers to a name that is none, or when there is no room for an empty program.
    pub(crate) fn host(&self, function: &str, host: Host) -> Result<(), ApiError> {
        if !self.functions.lock().contains_key(function) {
            self.create_empty(function, TIMEOUT_SECONDS)?;
        }
        self.hosts.lock().insert(function.to_owned(), host);
        // Programs that were started before have nothing to do any more.
        self.drop_idle(function, None, None);
        Ok(())
    }

    pub(super) async fn ask_host(
        &self,
        host: &Host,
        target: &Target,
        payload: Bytes,
        attempt: &Attempt,
    ) -> Ended {
        let (of, session) = (&target.configuration, new_session());
        let (request_id, timeout) = (&attempt.request_id, of.timeout());
        let clock = self.around.clock;
        let invocation = HostedInvocation {
            invoked_arn: self.function_arn(&target.resource),
            version: of.version.clone(),
            request_id: request_id.clone(),
            attempt: attempt.number,
            deadline_ms: clock.real_deadline_ms(timeout).try_into().unwrap_or_default(),
            // Checked when the invocation was accepted.
            payload: serde_json::from_slice(&payload).unwrap_or_default(),
            environment: self.environment(&target.name, of, "", &session).into_iter().collect(),
        };
        let end = self.around.faults.end_of(&target.name, &session);
        let watch = clock.stopwatch();
        let result = tokio::select! {
            biased;
            () = end => Err(Failure::exited(request_id, None)),
            answer = host.answer(invocation) => Ok(answer.map_or_else(|e| Reply::Error(error(&e)), reply)),
            () = tokio::time::sleep(timeout) => Err(Failure::timed_out(request_id, timeout)),
        };
        Ended { result, duration_ms: watch.elapsed_ms(), lines: Vec::new() }
    }
}

fn reply(value: Value) -> Reply {
    Reply::Response(Bytes::from(value.to_string()))
}

/// As a runtime reports an error of its handler.
fn error(message: &str) -> Bytes {
    Bytes::from(json!({"errorType": "HostedError", "errorMessage": message}).to_string())
}
