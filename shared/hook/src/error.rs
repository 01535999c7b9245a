//! When a hook's invocation itself fails: the answer could not be delivered.

use crate::EventProblem;
use aws::chain;
use aws_sdk_codedeploy::error::SdkError;
use aws_sdk_codedeploy::operation::put_lifecycle_event_hook_execution_status::PutLifecycleEventHookExecutionStatusError;
use lambda_runtime::Diagnostic;
use std::fmt;

type ReportError = Box<SdkError<PutLifecycleEventHookExecutionStatusError>>;

/// No answer reached CodeDeploy; each variant says what to do next. The deployment waits for up to an hour: stop it.
#[derive(thiserror::Error)]
pub enum HookError {
    /// Check who invoked the function: this is no event of CodeDeploy's.
    #[error("this is not a CodeDeploy hook event")]
    InvalidEvent(#[from] EventProblem),
    /// Allow the function's role `codedeploy:PutLifecycleEventHookExecutionStatus` on the deployment group.
    #[error("CodeDeploy denied the hook's answer; the function's role lacks the permission")]
    ReportDenied(#[source] ReportError),
    /// CodeDeploy will never take this answer: the ids belong to no waiting hook.
    #[error("CodeDeploy refused the hook's answer")]
    ReportRefused(#[source] ReportError),
    /// CodeDeploy could not be reached until the deadline.
    #[error("the hook's answer could not be delivered before the deadline")]
    ReportUndelivered(#[source] ReportError),
}

impl HookError {
    /// The fixed name under which Lambda reports the error, for alarms and log filters.
    #[must_use]
    pub fn error_type(&self) -> &'static str {
        match self {
            Self::InvalidEvent(_) => "HookEventInvalid",
            Self::ReportDenied(_) => "HookReportDenied",
            Self::ReportRefused(_) => "HookReportRefused",
            Self::ReportUndelivered(_) => "HookReportUndelivered",
        }
    }
}

/// The runtime logs this form; the derived one would spill the whole HTTP response.
impl fmt::Debug for HookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.error_type(), chain(self))
    }
}

impl From<HookError> for Diagnostic {
    fn from(error: HookError) -> Self {
        Self { error_type: error.error_type().to_owned(), error_message: chain(&error) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn diagnostic_carries_the_cause_when_the_event_is_invalid() {
        let diagnostic = Diagnostic::from(HookError::InvalidEvent(EventProblem::Field("DeploymentId")));
        assert_eq!(diagnostic.error_type, "HookEventInvalid");
        assert_eq!(
            diagnostic.error_message,
            "this is not a CodeDeploy hook event: the event's field DeploymentId is missing, empty or not a string"
        );
    }
}
