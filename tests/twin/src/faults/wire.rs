//! How each service says that it is asked too often, or that it cannot answer.
//!
//! The codes are those of the API models where a service has one for it (A), else those of AWS's list of common errors
//! (B); the Rust SDK takes the first kind for throttling and the second for a server error that may pass.

use super::{Fate, StrikeKind};
use crate::error::ApiError;

/// What a strike makes of an attempt of `operation` (`service:Operation`).
pub(super) fn fate(kind: StrikeKind, operation: &str) -> Fate {
    let service = operation.split(':').next().unwrap_or_default();
    match kind {
        StrikeKind::Throttled => Fate::Refused(throttled(service)),
        StrikeKind::Unavailable => Fate::Refused(unavailable(service)),
        StrikeKind::AnswerLost => Fate::AnswerLost,
        StrikeKind::Crashed => Fate::Crashed,
    }
}

fn throttled(service: &str) -> ApiError {
    match service {
        "lambda" => ApiError {
            code: "TooManyRequestsException",
            status: 429,
            message: "Rate exceeded (CallerRateLimitExceeded)".to_owned(),
        },
        "bedrock" => ApiError {
            code: "ThrottlingException",
            status: 429,
            message: "Too many requests, please wait before trying again.".to_owned(),
        },
        "cloudwatch" | "sns" => ApiError::bad_request("Throttling", "Rate exceeded"),
        _ => ApiError::bad_request("ThrottlingException", "Rate exceeded"),
    }
}

fn unavailable(service: &str) -> ApiError {
    let (code, status) = match service {
        "bedrock" => ("ServiceUnavailableException", 503),
        "dynamodb" => ("InternalServerError", 500),
        "lambda" => ("ServiceException", 500),
        "cloudwatch" => ("InternalServiceError", 500),
        "events" => ("InternalException", 500),
        "sns" => ("InternalError", 500),
        _ => ("ServiceUnavailable", 503),
    };
    ApiError { code, status, message: "The service cannot answer at the moment".to_owned() }
}
