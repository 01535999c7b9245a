//! `EventBridge`'s errors; the codes are the API model's, the sentences those of public reports where there are any (B).

use crate::error::ApiError;

pub(super) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::bad_request("ValidationException", message)
}

pub(super) fn invalid_pattern(reason: &str) -> ApiError {
    let message = format!("Event pattern is not valid. Reason: {reason}");
    ApiError::bad_request("InvalidEventPatternException", message)
}

pub(super) fn no_rule(name: &str) -> ApiError {
    let message = format!("Rule {name} does not exist on EventBus default.");
    ApiError::bad_request("ResourceNotFoundException", message)
}

pub(super) fn too_many(what: &str) -> ApiError {
    ApiError::bad_request(
        "LimitExceededException",
        format!("The requested resource exceeds the limit: {what}"),
    )
}
