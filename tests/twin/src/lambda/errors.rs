//! Lambda's errors in its own words, where those are known (README, "What the twin assumes").

use std::fmt::Display;

use crate::error::ApiError;

fn error(code: &'static str, status: u16, message: impl Into<String>) -> ApiError {
    ApiError { code, status, message: message.into() }
}

pub(super) fn function_not_found(arn: impl Display) -> ApiError {
    error("ResourceNotFoundException", 404, format!("Function not found: {arn}"))
}

pub(super) fn alias_not_found(arn: impl Display) -> ApiError {
    error("ResourceNotFoundException", 404, format!("Cannot find alias arn: {arn}"))
}

pub(super) fn invalid_parameter(message: impl Into<String>) -> ApiError {
    error("InvalidParameterValueException", 400, message)
}

pub(super) fn validation(member: &str, value: impl Display, constraint: &str) -> ApiError {
    let message = format!(
        "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {constraint}"
    );
    error("ValidationException", 400, message)
}

pub(super) fn conflict(message: impl Into<String>) -> ApiError {
    error("ResourceConflictException", 409, message)
}

/// 412: somebody else changed the resource since its RevisionId was read.
pub(super) fn stale_revision(reader: &str) -> ApiError {
    let message = format!(
        "The Revision Id provided does not match the latest Revision Id. Call the {reader} API to retrieve \
         the latest Revision Id"
    );
    error("PreconditionFailedException", 412, message)
}

pub(super) fn throttled(reserved: bool) -> ApiError {
    let reason = if reserved {
        "ReservedFunctionConcurrentInvocationLimitExceeded"
    } else {
        "ConcurrentInvocationLimitExceeded"
    };
    error("TooManyRequestsException", 429, format!("Rate Exceeded. ({reason})"))
}

/// 500: the twin could not do what Lambda would.
pub(super) fn service_failure(message: impl Into<String>) -> ApiError {
    error("ServiceException", 500, message)
}

/// A required member is not there.
pub(super) fn missing(member: &str) -> ApiError {
    let message = format!(
        "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
    );
    error("ValidationException", 400, message)
}

pub(super) fn bad_json(detail: impl Display) -> ApiError {
    let message = format!("Could not parse request body into json: {detail}");
    error("InvalidRequestContentException", 400, message)
}

pub(super) fn too_large(bytes: usize, limit: usize) -> ApiError {
    let message = format!(
        "{bytes} byte payload is too large for the RequestResponse invocation type (limit {limit} bytes)"
    );
    error("RequestTooLargeException", 413, message)
}
