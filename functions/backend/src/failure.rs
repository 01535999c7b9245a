//! A call to another service that failed, as one error type and one line for the log.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use std::error::Error;

/// Why a call gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error_type}: {reason}")]
pub struct CallFailure {
    /// The service's error code where it answered one, else what went wrong on the way.
    pub error_type: String,
    /// With its causes. It has no words of a question or an answer.
    pub reason: String,
}

impl CallFailure {
    pub(crate) fn new(error_type: &str, reason: &str) -> Self {
        Self { error_type: error_type.to_owned(), reason: reason.to_owned() }
    }

    /// Of an SDK's error.
    pub(crate) fn of<E, R>(error: &SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
        R: std::fmt::Debug,
    {
        let error_type = match error {
            SdkError::ServiceError(refused) => refused.err().code().unwrap_or("Unknown"),
            SdkError::TimeoutError(_) => "TimeoutError",
            SdkError::DispatchFailure(_) => "DispatchFailure",
            SdkError::ResponseError(_) => "ResponseError",
            _ => "ConstructionFailure",
        };
        Self::new(error_type, &aws::chain(error))
    }
}
