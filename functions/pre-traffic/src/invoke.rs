//! One invocation of the new version, by its number and not through an alias.

use crate::decide::Answer;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_lambda::operation::invoke::{InvokeError, InvokeOutput};
use aws_sdk_lambda::primitives::Blob;
use backon::{ExponentialBuilder, Retryable};
use clock::Clock;
use serde_json::Value;
use std::time::Duration;

/// Pauses between tries: 0.25, 0.5, 1, 2, 4, 4 s, about 12 s in all; a version takes a few seconds to become active.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(4);
const MAX_RETRIES: usize = 6;

/// Invokes and waits for the answer; the latency is that of the last try.
pub(crate) async fn invoke(
    client: &Client,
    clock: &Clock,
    function_name: &str,
    version: &str,
    event: &Value,
) -> (Answer, Duration) {
    let payload = Blob::new(event.to_string());
    let once = || async {
        let call = client.invoke().function_name(function_name).qualifier(version).payload(payload.clone());
        let started = clock.uptime();
        let result = call.send().await;
        let latency = clock.uptime().saturating_sub(started);
        result.map(|output| (answer(output), latency)).map_err(|error| (error, latency))
    };
    let pauses = ExponentialBuilder::new()
        .with_min_delay(FIRST_PAUSE)
        .with_max_delay(LONGEST_PAUSE)
        .with_max_times(MAX_RETRIES);
    let result =
        once.retry(pauses).when(|(error, _): &(SdkError<InvokeError>, _)| never_reached(error)).await;
    result.unwrap_or_else(|(error, latency)| (Answer::Nothing(reason(&error)), latency))
}

/// Whether the function cannot have run, so that another try is harmless and its failure no fault of the version:
/// throttling, a version that is not active yet, no connection, or a permission made in the same stack update that is
/// not in force yet (aws/serverless-application-model issue 838).
fn never_reached(error: &SdkError<InvokeError>) -> bool {
    let refused = [
        "TooManyRequestsException",
        "ResourceConflictException",
        "ResourceNotReadyException",
        "AccessDeniedException",
    ];
    match error {
        SdkError::DispatchFailure(failure) => !failure.is_timeout(),
        error => error.code().is_some_and(|code| refused.contains(&code)),
    }
}

fn answer(output: InvokeOutput) -> Answer {
    let payload = output.payload.map(Blob::into_inner).unwrap_or_default();
    match output.function_error {
        Some(kind) => Answer::FunctionError { kind, payload },
        None => Answer::Payload(payload),
    }
}

fn reason(error: &SdkError<InvokeError>) -> String {
    match error {
        SdkError::TimeoutError(_) => "no answer before the time-out".to_owned(),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => {
            "no answer before the time-out".to_owned()
        }
        SdkError::ServiceError(service) => {
            let (code, message) = (service.err().code(), service.err().message());
            format!(
                "Lambda refused the invocation: {}: {}",
                code.unwrap_or("?"),
                message.unwrap_or("no message")
            )
        }
        error => DisplayErrorContext(error).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answer_is_an_error_when_lambda_says_so() {
        let output = InvokeOutput::builder().function_error("Unhandled").payload(Blob::new("{}")).build();
        assert!(matches!(answer(output), Answer::FunctionError { kind, .. } if kind == "Unhandled"));
        let output = InvokeOutput::builder().payload(Blob::new("{}")).build();
        assert!(matches!(answer(output), Answer::Payload(payload) if payload == b"{}"));
    }

    #[test]
    fn time_out_is_not_tried_again_but_a_failed_construction_says_why() {
        assert!(!never_reached(&SdkError::timeout_error("slow")));
        assert_eq!(reason(&SdkError::timeout_error("slow")), "no answer before the time-out");
        assert!(!never_reached(&SdkError::construction_failure("bad")));
        assert!(reason(&SdkError::construction_failure("bad")).contains("bad"));
    }
}
