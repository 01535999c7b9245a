//! The one error type of the twin: what AWS would put on the wire.

/// An AWS error as a client sees it: code, HTTP status and message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code} ({status}): {message}")]
pub struct ApiError {
    /// The service's error code, for instance `ResourceNotFoundException`.
    pub code: &'static str,
    /// HTTP status; the AWS JSON protocols use 400 for every client error, Lambda uses 404, 409, 412, 429.
    pub status: u16,
    /// What is wrong, in AWS's words where they are known.
    pub message: String,
}

impl ApiError {
    /// A client error (HTTP 400), the usual case in the AWS JSON and CBOR protocols.
    #[must_use]
    pub fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, status: 400, message: message.into() }
    }

    /// An operation or option that AWS has and the twin does not.
    #[must_use]
    pub fn not_implemented(what: impl std::fmt::Display) -> Self {
        Self { code: "NotImplemented", status: 501, message: format!("the twin does not implement {what}") }
    }
}
