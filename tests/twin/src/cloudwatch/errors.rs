//! CloudWatch's errors, and the two names each of them has on the wire.

use crate::error::ApiError;

pub(super) fn validation(message: impl Into<String>) -> ApiError {
    ApiError::bad_request("ValidationError", message)
}

pub(super) fn invalid_value(message: impl Into<String>) -> ApiError {
    ApiError::bad_request("InvalidParameterValue", message)
}

pub(super) fn invalid_combination(message: impl Into<String>) -> ApiError {
    ApiError::bad_request("InvalidParameterCombination", message)
}

pub(super) fn invalid_token(token: &str) -> ApiError {
    ApiError::bad_request("InvalidNextToken", format!("The next token {token} is not valid."))
}

pub(super) fn invalid_format(message: impl Into<String>) -> ApiError {
    ApiError::bad_request("InvalidFormat", message)
}

pub(super) fn not_found(message: impl Into<String>) -> ApiError {
    ApiError { code: "ResourceNotFound", status: 404, message: message.into() }
}

/// The name of an error in `__type`, given its code.
///
/// CloudWatch came from the query protocol: a response carries the shape's name in `__type` and the older code in the
/// header `x-amzn-query-error` as `<code>;Sender`, and clients report the latter (A, API model and both SDKs).
#[must_use]
pub fn shape_name(code: &str) -> &str {
    match code {
        "InvalidParameterValue" => "InvalidParameterValueException",
        "MissingParameter" => "MissingRequiredParameterException",
        "InvalidParameterCombination" => "InvalidParameterCombinationException",
        "InvalidFormat" => "InvalidFormatFault",
        "LimitExceeded" => "LimitExceededFault",
        "InternalServiceError" => "InternalServiceFault",
        "ValidationError" => "ValidationException",
        other => other,
    }
}
