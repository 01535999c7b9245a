//! One invocation of the new version, by its number and not through an alias.

use crate::decide::Answer;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_lambda::operation::invoke::{InvokeError, InvokeOutput};
use aws_sdk_lambda::primitives::Blob;
use backon::{ExponentialBuilder, Retryable};
use clock::Clock;
use hook::{Target, chain};
use serde_json::Value;
use std::time::Duration;

/// Pauses between tries: 0.25, 0.5, 1, 2, 4, 4 s, about 12 s in all; a version takes a few seconds to become active.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(4);
const MAX_RETRIES: usize = 6;

/// Refusals that pass by themselves, whatever their HTTP status: throttling, a version that is not active yet, or a
/// permission made in the same stack update that is not in force yet (aws/serverless-application-model issue 838).
const PASSING: [&str; 6] = [
    "AccessDeniedException",
    "CodeArtifactUserPendingException",
    "ResourceConflictException",
    "ResourceNotReadyException",
    "SnapStartNotReadyException",
    "TooManyRequestsException",
];
/// Refusals with a server error's status that are the version's own fault, its code or its settings, and stay.
const VERSIONS_FAULT: [&str; 9] = [
    "CodeArtifactUserFailedException",
    "InvalidRuntimeException",
    "InvalidSecurityGroupIDException",
    "InvalidSubnetIDException",
    "InvalidZipFileException",
    "KMSDisabledException",
    "KMSInvalidStateException",
    "KMSNotFoundException",
    "SnapStartRegenerationFailureException",
];
/// The SDK has one kind for both time-outs of a connection; only its text tells them apart.
const CONNECT_TIMEOUT: &str = "HTTP connect timeout";

/// Invokes and waits for the answer, for at most `time_limit` with all tries; the latency is that of the last try.
pub(crate) async fn invoke(
    client: &Client,
    clock: &Clock,
    target: &Target,
    event: &Value,
    time_limit: Duration,
) -> (Answer, Duration) {
    let payload = Blob::new(event.to_string());
    let once = || async {
        let call = client.invoke().function_name(&target.function_name).qualifier(&target.target_version);
        let call = call.payload(payload.clone());
        let started = clock.uptime();
        let result = call.send().await;
        let latency = clock.uptime().saturating_sub(started);
        result.map(|output| (answer(output), latency)).map_err(|error| (error, latency))
    };
    let pauses = ExponentialBuilder::new()
        .with_min_delay(FIRST_PAUSE)
        .with_max_delay(LONGEST_PAUSE)
        .with_max_times(MAX_RETRIES);
    let mut time_is_up = "the hook's time is up".to_owned();
    let tries = once
        .retry(pauses)
        .when(|(error, _): &(SdkError<InvokeError>, _)| may_pass(error))
        .notify(|(error, _), _| time_is_up = format!("the hook's time is up; before: {}", reason(error)));
    match tokio::time::timeout(time_limit, tries).await {
        Ok(Ok(answered)) => answered,
        Ok(Err((error, latency))) => (Answer::Nothing(reason(&error)), latency),
        Err(_) => (Answer::Nothing(time_is_up), time_limit),
    }
}

/// Whether another try may succeed and the failure is no fault of the version: no connection, a server error, or one of
/// [`PASSING`]. The function may have run all the same, when a connection broke or a gateway gave up in the middle: so
/// cases must be safe to repeat. A missing answer is not asked for again, because its lateness is what is judged.
fn may_pass(error: &SdkError<InvokeError>) -> bool {
    let code = error.code().unwrap_or_default();
    match error {
        SdkError::DispatchFailure(failure) => !failure.is_timeout() || chain(error).contains(CONNECT_TIMEOUT),
        _ if VERSIONS_FAULT.contains(&code) => false,
        _ => PASSING.contains(&code) || http_status(error).is_some_and(|status| status >= 500),
    }
}

fn http_status(error: &SdkError<InvokeError>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

fn answer(output: InvokeOutput) -> Answer {
    let payload = output.payload.map(Blob::into_inner).unwrap_or_default();
    match output.function_error {
        Some(kind) => Answer::FunctionError { kind, payload },
        None => Answer::Payload(payload),
    }
}

/// One line: what Lambda said, or which time-out of how many seconds, or the chain of causes.
fn reason(error: &SdkError<InvokeError>) -> String {
    let status = http_status(error).map(|status| format!("HTTP {status}")).unwrap_or_default();
    match error {
        SdkError::ServiceError(service) => format!(
            "Lambda refused the invocation: {status} {}: {}",
            service.err().code().unwrap_or("without a code"),
            service.err().message().unwrap_or("no message")
        ),
        SdkError::ResponseError(_) => format!("Lambda's answer is not readable: {status}: {}", chain(error)),
        error => chain(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_lambda::config::http::HttpResponse;
    use aws_sdk_lambda::error::{ConnectorError, ErrorMetadata};

    fn refused(status: u16, code: Option<&str>) -> SdkError<InvokeError> {
        let metadata = code.map(|code| ErrorMetadata::builder().code(code).message("as said").build());
        let raw = HttpResponse::new(status.try_into().unwrap(), "".into());
        SdkError::service_error(InvokeError::generic(metadata.unwrap_or_default()), raw)
    }

    #[test]
    fn answer_is_an_error_when_lambda_says_so() {
        let output = InvokeOutput::builder().function_error("Unhandled").payload(Blob::new("{}")).build();
        assert!(matches!(answer(output), Answer::FunctionError { kind, .. } if kind == "Unhandled"));
        let output = InvokeOutput::builder().payload(Blob::new("{}")).build();
        assert!(matches!(answer(output), Answer::Payload(payload) if payload == b"{}"));
    }

    #[test]
    fn refusal_is_tried_again_unless_it_is_the_versions_fault() {
        for (status, code, passing) in [
            (500, Some("ServiceException"), true),
            (502, Some("EC2ThrottledException"), true),
            (502, None, true),
            (503, None, true),
            (403, Some("AccessDeniedException"), true),
            (429, Some("TooManyRequestsException"), true),
            (409, Some("SnapStartNotReadyException"), true),
            (502, Some("InvalidRuntimeException"), false),
            (502, Some("InvalidZipFileException"), false),
            (502, Some("KMSNotFoundException"), false),
            (404, Some("ResourceNotFoundException"), false),
            (499, None, false),
        ] {
            assert_eq!(may_pass(&refused(status, code)), passing, "{status} {code:?}");
        }
    }

    #[test]
    fn reason_tells_http_status_and_code() {
        assert_eq!(
            reason(&refused(502, Some("ENILimitReachedException"))),
            "Lambda refused the invocation: HTTP 502 ENILimitReachedException: as said"
        );
        assert_eq!(
            reason(&refused(503, None)),
            "Lambda refused the invocation: HTTP 503 without a code: no message"
        );
    }

    #[test]
    fn late_answer_is_not_asked_for_again_but_a_late_connection_is() {
        for (text, passing) in [
            ("HTTP read timeout occurred after 11s", false),
            ("HTTP connect timeout occurred after 2s", true),
        ] {
            let error = SdkError::dispatch_failure(ConnectorError::timeout(text.into()));
            assert_eq!(may_pass(&error), passing, "{text}");
            assert!(reason(&error).contains(text), "{}", reason(&error));
        }
        assert!(!may_pass(&SdkError::timeout_error("slow")));
        assert!(may_pass(&SdkError::dispatch_failure(ConnectorError::io("reset".into()))));
    }

    #[test]
    fn failed_construction_says_why() {
        assert!(!may_pass(&SdkError::construction_failure("bad")));
        assert!(reason(&SdkError::construction_failure("bad")).contains("bad"));
    }
}
