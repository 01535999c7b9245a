//! Fault injection and the record of calls: which operation, by whom, with what result.
//!
//! A caller is the function name that the twin puts into a sandbox's access key; every other client is `"operator"`.

mod strike;
mod wire;

use std::{collections::VecDeque, future::Future};

use http::HeaderMap;
use parking_lot::Mutex;
use serde::Serialize;
use strike::Ledger;
pub use strike::{Crash, Strike, StrikeKind};
pub(crate) use strike::{Fate, SESSION_PREFIX};
use tokio::sync::watch;

use crate::error::ApiError;

/// Prefix of the access keys that the twin gives to its sandboxes, so that a signed request names its function.
pub(crate) const SANDBOX_KEY_PREFIX: &str = "TWIN-";

/// Every caller that is no function of the twin.
pub(crate) const OPERATOR: &str = "operator";

/// One API call that reached the twin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Call {
    /// Service and operation, for instance `codedeploy:PutLifecycleEventHookExecutionStatus`.
    pub operation: String,
    /// The calling function, or `operator`.
    pub caller: String,
    /// The error code that was answered, if any.
    pub error: Option<String>,
}

/// What a matching call gets instead of its effect.
#[derive(Debug, Clone)]
struct Fault {
    operation: String,
    remaining_calls: usize,
    error: ApiError,
}

/// Injected faults and the calls seen.
#[derive(Debug, Default)]
pub struct Faults {
    rules: Mutex<VecDeque<Fault>>,
    calls: Mutex<Vec<Call>>,
    ledger: Mutex<Ledger>,
    crashes: watch::Sender<Option<Crash>>,
}

impl Faults {
    /// Answers the next `calls` calls of `operation` (`service:Operation`) with `error`; they have no effect.
    pub fn inject(&self, operation: &str, calls: usize, error: ApiError) {
        self.rules.lock().push_back(Fault { operation: operation.to_owned(), remaining_calls: calls, error });
    }

    /// From now on waits for the call that `strike` names, and forgets the strike before it. A call
    /// that is struck meets no injected fault: that one is for a later call.
    pub fn strike(&self, strike: Strike) {
        self.ledger.lock().set(strike);
    }

    /// The call that the strike hit; `None` while there were fewer calls than its number. Its `error` is what the strike
    /// answered, so that an answer that was lost has none.
    #[must_use]
    pub fn struck(&self) -> Option<Call> {
        self.ledger.lock().struck()
    }

    /// How many calls these callers made together since the twin started; the attempts of an SDK operation are one call.
    #[must_use]
    pub fn count_by(&self, callers: &[&str]) -> usize {
        self.ledger.lock().count_by(callers)
    }

    /// The last caller that a strike ended. The twin itself lets hosted functions and sandboxes die of it.
    #[must_use]
    pub fn crashed(&self) -> watch::Receiver<Option<Crash>> {
        self.crashes.subscribe()
    }

    /// Every attempt of every call so far, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().clone()
    }

    /// How often `operation` was called.
    #[must_use]
    pub fn count(&self, operation: &str) -> usize {
        self.calls.lock().iter().filter(|call| call.operation == operation).count()
    }

    /// Counts an attempt; answers what becomes of it by the strike, else by the injected faults.
    pub(crate) fn arrive(&self, operation: &str, headers: &HeaderMap) -> Fate {
        let fate = self.ledger.lock().arrive(operation, headers);
        if fate != Fate::Answered {
            return fate;
        }
        self.take(operation).map_or(Fate::Answered, Fate::Refused)
    }

    /// Ends whoever signed the request.
    pub(crate) fn crash(&self, headers: &HeaderMap) {
        self.crashes.send_replace(Some(Crash::of(headers)));
    }

    /// Completes when a strike ends this caller, from the moment of the call on, not of the first poll.
    pub(crate) fn end_of(&self, caller: &str, session: &str) -> impl Future<Output = ()> + Send + 'static {
        let (mut crashes, caller, session) =
            (self.crashes.subscribe(), caller.to_owned(), session.to_owned());
        async move {
            while crashes.changed().await.is_ok() {
                if crashes.borrow_and_update().as_ref().is_some_and(|crash| crash.hits(&caller, &session)) {
                    return;
                }
            }
            std::future::pending().await
        }
    }

    /// The injected error for this call, if one is due; uses it up.
    fn take(&self, operation: &str) -> Option<ApiError> {
        let mut rules = self.rules.lock();
        let rule = rules.iter_mut().find(|rule| rule.operation == operation && rule.remaining_calls > 0)?;
        rule.remaining_calls -= 1;
        Some(rule.error.clone())
    }

    pub(crate) fn record(&self, operation: &str, headers: &HeaderMap, error: Option<&ApiError>) {
        let error = error.map(|e| e.code.to_owned());
        self.calls.lock().push(Call { operation: operation.to_owned(), caller: caller(headers), error });
    }
}

/// Reads the access key out of a SigV4 `Authorization` header.
pub(crate) fn caller(headers: &HeaderMap) -> String {
    headers
        .get(http::header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once("Credential="))
        .and_then(|(_, rest)| rest.split('/').next())
        .and_then(|key| key.strip_prefix(SANDBOX_KEY_PREFIX))
        .unwrap_or(OPERATOR)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slow_down() -> ApiError {
        ApiError::bad_request("ThrottlingException", "slow down")
    }

    #[test]
    fn fault_is_used_up_when_its_calls_were_made() {
        let (faults, headers) = (Faults::default(), HeaderMap::new());
        faults.inject("lambda:Invoke", 2, slow_down());
        let answers: Vec<_> =
            (0..3).map(|_| faults.arrive("lambda:Invoke", &headers).refusal().is_some()).collect();
        assert_eq!(answers, [true, true, false]);
        assert_eq!(faults.arrive("lambda:GetAlias", &headers), Fate::Answered);
    }

    #[test]
    fn fault_is_kept_for_a_later_call_when_this_one_is_struck() {
        let (faults, headers) = (Faults::default(), HeaderMap::new());
        faults.inject("lambda:Invoke", 1, slow_down());
        let callers = vec![OPERATOR.to_owned()];
        faults.strike(Strike { callers, call_number: 1, kind: StrikeKind::AnswerLost });
        let fates = [(); 3].map(|()| faults.arrive("lambda:Invoke", &headers));
        assert_eq!(fates, [Fate::AnswerLost, Fate::Refused(slow_down()), Fate::Answered]);
    }

    #[test]
    fn caller_is_the_function_when_the_key_is_a_sandbox_key() {
        let mut headers = HeaderMap::new();
        assert_eq!(caller(&headers), "operator");
        let signed =
            "AWS4-HMAC-SHA256 Credential=TWIN-pre-traffic/20261123/eu-west-1/codedeploy/aws4_request, Sig";
        headers.insert(http::header::AUTHORIZATION, signed.parse().unwrap());
        assert_eq!(caller(&headers), "pre-traffic");
    }
}
