//! What went wrong, for whoever reads the function's errors: first what customers get, then what to do.

use crate::config::ConfigError;
use crate::trigger::TriggerError;
use aws::AwsError;
use aws_sdk_codepipeline::error::ProvideErrorMetadata;
use lambda_runtime::Diagnostic;
use std::error::Error;

/// Why the function cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Correct the settings.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Set region and credentials.
    #[error(transparent)]
    Aws(#[from] AwsError),
}

/// A cause, whichever service it came from.
pub type Cause = Box<dyn Error + Send + Sync>;

/// Why an event was not acted on to the end. Lambda repeats the event, and the next sweep goes on where this one ended.
#[derive(Debug, thiserror::Error)]
pub enum HandleError {
    /// The event is not what it should be.
    #[error(transparent)]
    Event(#[from] TriggerError),
    /// Nothing was decided.
    #[error(
        "NOBODY WATCHES {alias}: {what} cannot be read; to take the last good version back by hand: {by_hand}"
    )]
    Blind {
        /// `function:alias`.
        alias: String,
        /// What is not known.
        what: &'static str,
        /// A command.
        by_hand: String,
        /// The cause.
        source: Cause,
    },
    /// It was decided, and not done.
    #[error(
        "CUSTOMERS OF {alias} MAY STILL GET VERSION {candidate}: the rollback is not done; to do it by hand: {by_hand}"
    )]
    Unsafe {
        /// `function:alias`.
        alias: String,
        /// The version to get rid of.
        candidate: String,
        /// A command.
        by_hand: String,
        /// The cause.
        source: Cause,
    },
    /// Customers are safe, and something that may succeed later is left.
    #[error("{alias} was rolled back, and this is left: {left}; it is tried again by itself")]
    Untold {
        /// `function:alias`.
        alias: String,
        /// What is left.
        left: &'static str,
        /// The cause.
        source: Cause,
    },
}

impl From<HandleError> for Diagnostic {
    fn from(error: HandleError) -> Self {
        let error_type = match &error {
            HandleError::Event(_) => "AlarmRollbackEvent",
            HandleError::Blind { .. } => "AlarmRollbackBlind",
            HandleError::Unsafe { .. } => "AlarmRollbackUnsafe",
            HandleError::Untold { .. } => "AlarmRollbackUntold",
        };
        Self { error_type: error_type.to_owned(), error_message: aws::chain(&error) }
    }
}

/// A call that failed.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// A repetition would not help: a permission is missing, or a setting names what does not exist.
    pub(crate) for_good: bool,
    /// The cause.
    pub(crate) source: Cause,
}

impl Refusal {
    pub(crate) fn of<E: Error + ProvideErrorMetadata + Send + Sync + 'static>(error: E) -> Self {
        Self { for_good: error.code().is_some_and(is_for_good), source: error.into() }
    }
}

/// Whether a repetition gets the same answer. SNS writes its codes without `Exception` on the wire and with it in its API
/// reference; of KMS, through which an encrypted topic goes, only throttling passes by itself.
pub(crate) fn is_for_good(code: &str) -> bool {
    const CODES: [&str; 8] = [
        "AccessDenied",
        "AuthorizationError",
        "PipelineNotFound",
        "NotFound",
        "InvalidParameter",
        "InvalidParameterValue",
        "ParameterValueInvalid",
        "InvalidSecurity",
    ];
    let code = code.strip_suffix("Exception").unwrap_or(code);
    CODES.contains(&code) || (code.starts_with("KMS") && code != "KMSThrottling")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusal_is_for_good_when_only_a_person_can_change_the_answer() {
        for (code, expected) in [
            ("AccessDeniedException", true),
            ("AuthorizationError", true),
            ("AuthorizationErrorException", true),
            ("NotFound", true),
            ("NotFoundException", true),
            ("InvalidParameter", true),
            ("InvalidParameterValueException", true),
            ("KMSAccessDenied", true),
            ("KMSDisabledException", true),
            ("KMSThrottling", false),
            ("KMSThrottlingException", false),
            ("Throttled", false),
            ("ThrottlingException", false),
            ("InternalError", false),
            ("InternalFailure", false),
        ] {
            assert_eq!(is_for_good(code), expected, "{code}");
        }
    }
}
