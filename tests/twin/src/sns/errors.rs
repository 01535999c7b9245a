//! SNS's errors; the codes are the API model's, the sentences those of public reports (B).

use crate::error::ApiError;

pub(super) fn invalid(problem: impl std::fmt::Display) -> ApiError {
    ApiError::bad_request("InvalidParameter", format!("Invalid parameter: {problem}"))
}

pub(super) fn no_topic() -> ApiError {
    ApiError { code: "NotFound", status: 404, message: "Topic does not exist".to_owned() }
}
