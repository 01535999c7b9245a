//! How Lambda reports a function that failed: by its own error, by a crash, by a time-out.

use std::{process::ExitStatus, time::Duration};

use axum::body::Bytes;
use serde_json::{Value, json};

/// A failure that the platform reports in place of the function.
pub(super) struct Failure(pub(super) Value);

impl Failure {
    pub(super) fn exited(request_id: &str, status: Option<ExitStatus>) -> Self {
        let how = match status.map(|s| (s.success(), s.to_string().replace("exit status:", "exit status"))) {
            Some((false, how)) => format!("Runtime exited with error: {how}"),
            _ => "Runtime exited without providing a reason".to_owned(),
        };
        let message = format!("RequestId: {request_id} Error: {how}");
        Self(json!({"errorType": "Runtime.ExitError", "errorMessage": message}))
    }

    /// The program of the release cannot be executed at all.
    pub(super) fn invalid_entrypoint(request_id: &str, error: &std::io::Error) -> Self {
        let told = error.to_string();
        let reason = told.split(" (os error").next().unwrap_or_default().to_lowercase();
        let message = format!("RequestId: {request_id} Error: fork/exec /var/task/bootstrap: {reason}");
        Self(json!({"errorType": "Runtime.InvalidEntrypoint", "errorMessage": message}))
    }

    pub(super) fn timed_out(request_id: &str, after: Duration) -> Self {
        let message =
            format!("RequestId: {request_id} Error: Task timed out after {:.2} seconds", after.as_secs_f64());
        Self(json!({"errorType": "Sandbox.Timedout", "errorMessage": message}))
    }
}

/// A function error in one line: type and message, or what came instead of them.
pub(super) fn told(payload: &Bytes) -> String {
    let error: Value = serde_json::from_slice(payload).unwrap_or_default();
    let text = |name: &str| error.get(name).and_then(Value::as_str);
    let line = match (text("errorType"), text("errorMessage")) {
        (Some(kind), Some(message)) => format!("{kind}: {message}"),
        _ => String::from_utf8_lossy(payload).into_owned(),
    };
    line.chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_is_told_in_one_line_when_it_has_type_and_message() {
        let payload = |text: &'static str| Bytes::from_static(text.as_bytes());
        assert_eq!(told(&payload(r#"{"errorType":"Boom","errorMessage":"as asked"}"#)), "Boom: as asked");
        assert_eq!(told(&payload("oops")), "oops");
        assert_eq!(told(&Bytes::from("x".repeat(400))).len(), 300);
    }
}
