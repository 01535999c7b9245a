//! Fault injection and the record of calls: which operation, by whom, with what result.
//!
//! A caller is the function name that the twin puts into a sandbox's access key; every other client is `"operator"`.

use std::collections::VecDeque;

use http::HeaderMap;
use parking_lot::Mutex;
use serde::Serialize;

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
}

impl Faults {
    /// Answers the next `calls` calls of `operation` (`service:Operation`) with `error`; they have no effect.
    pub fn inject(&self, operation: &str, calls: usize, error: ApiError) {
        self.rules.lock().push_back(Fault { operation: operation.to_owned(), remaining_calls: calls, error });
    }

    /// Every call so far, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().clone()
    }

    /// How often `operation` was called.
    #[must_use]
    pub fn count(&self, operation: &str) -> usize {
        self.calls.lock().iter().filter(|call| call.operation == operation).count()
    }

    /// The injected error for this call, if one is due; uses it up.
    pub(crate) fn take(&self, operation: &str) -> Option<ApiError> {
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

    #[test]
    fn fault_is_used_up_when_its_calls_were_made() {
        let faults = Faults::default();
        faults.inject("lambda:Invoke", 2, ApiError::bad_request("ThrottlingException", "slow down"));
        let answers: Vec<_> = (0..3).map(|_| faults.take("lambda:Invoke").is_some()).collect();
        assert_eq!(answers, [true, true, false]);
        assert!(faults.take("lambda:GetAlias").is_none());
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
