//! Delivering the answer: the one call that must get through.

use crate::{Delivery, Deployment, Hook, HookError, HookEvent, Timetable, Verdict, chain};
use aws_sdk_codedeploy::config::Builder;
use aws_sdk_codedeploy::config::retry::RetryConfig;
use aws_sdk_codedeploy::config::timeout::TimeoutConfig;
use aws_sdk_codedeploy::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_codedeploy::operation::put_lifecycle_event_hook_execution_status::PutLifecycleEventHookExecutionStatusError;
use aws_sdk_codedeploy::types::LifecycleEventStatus;
use backon::{ExponentialBuilder, Retryable};
use std::time::Duration;

/// First pause between two tries.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// What CodeDeploy's refusal means for the next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    /// Somebody answered before; done.
    AlreadyCompleted,
    /// The ids fit no waiting hook, and never will.
    Final,
    /// May pass: throttling, a server error, the network, or a policy of the same stack update that is not in force
    /// yet (aws/serverless-application-model issue 838). A missing answer costs an hour, a try costs nothing.
    MayPass { denied: bool },
}

fn refusal(code: Option<&str>) -> Refusal {
    match code {
        Some("LifecycleEventAlreadyCompletedException") => Refusal::AlreadyCompleted,
        Some(
            "InvalidLifecycleEventHookExecutionIdException"
            | "InvalidLifecycleEventHookExecutionStatusException"
            | "DeploymentDoesNotExistException"
            | "DeploymentIdRequiredException"
            | "InvalidDeploymentIdException"
            | "UnsupportedActionForDeploymentTypeException",
        ) => Refusal::Final,
        Some("AccessDeniedException") => Refusal::MayPass { denied: true },
        _ => Refusal::MayPass { denied: false },
    }
}

impl Hook<'_> {
    /// Tells CodeDeploy the verdict, trying again until just before the deadline.
    pub(crate) async fn report(
        &self,
        event: &HookEvent,
        verdict: &Verdict,
        times: &Timetable,
    ) -> Result<Delivery, HookError> {
        let may_try_again = |error: &SdkError<_>| {
            matches!(refusal(error.code()), Refusal::MayPass { .. })
                && self.clock.uptime() + times.report_pause <= times.last_report_at
        };
        let pauses = ExponentialBuilder::new()
            .with_min_delay(FIRST_PAUSE.min(times.report_pause))
            .with_max_delay(times.report_pause)
            .without_max_times();
        let delivered = (|| self.put(event, verdict, times.report_attempt))
            .retry(pauses)
            .when(may_try_again)
            .notify(|error, _| {
                tracing::warn!(
                    deployment_id = event.deployment_id,
                    error = chain(error),
                    "answer not taken yet"
                )
            })
            .await;
        let Err(error) = delivered else { return Ok(Delivery::Accepted) };
        match refusal(error.code()) {
            Refusal::AlreadyCompleted => Ok(Delivery::AlreadyCompleted),
            Refusal::Final if self.deployment_has_ended(event, times).await => Ok(Delivery::DeploymentEnded),
            Refusal::Final => Err(HookError::ReportRefused(Box::new(error))),
            Refusal::MayPass { denied: true } => Err(HookError::ReportDenied(Box::new(error))),
            Refusal::MayPass { denied: false } => Err(HookError::ReportUndelivered(Box::new(error))),
        }
    }

    /// One try; the retries above replace the SDK's, because they know the deadline.
    async fn put(
        &self,
        event: &HookEvent,
        verdict: &Verdict,
        time_limit: Duration,
    ) -> Result<(), SdkError<PutLifecycleEventHookExecutionStatusError>> {
        let one_try = Builder::new()
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(time_limit).build());
        let call = self.codedeploy.put_lifecycle_event_hook_execution_status();
        let call =
            call.deployment_id(&event.deployment_id).lifecycle_event_hook_execution_id(&event.execution_id);
        let call = call.status(LifecycleEventStatus::from(verdict.status()));
        call.customize().config_override(one_try).send().await.map(drop)
    }

    /// A refused answer is no failure when nobody waits for it: the deployment was stopped while the check ran. What
    /// cannot be read before the deadline has not ended, so that the refusal is reported and not Lambda's time-out.
    async fn deployment_has_ended(&self, event: &HookEvent, times: &Timetable) -> bool {
        let time_limit = times.end().saturating_sub(self.clock.uptime());
        let described = Deployment::describe(self.codedeploy, &event.deployment_id);
        matches!(tokio::time::timeout(time_limit, described).await, Ok(Ok(seen)) if seen.has_ended())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusal_is_final_when_the_ids_can_never_fit() {
        for code in [
            "InvalidLifecycleEventHookExecutionIdException",
            "InvalidLifecycleEventHookExecutionStatusException",
            "DeploymentDoesNotExistException",
            "DeploymentIdRequiredException",
            "InvalidDeploymentIdException",
            "UnsupportedActionForDeploymentTypeException",
        ] {
            assert_eq!(refusal(Some(code)), Refusal::Final, "{code}");
        }
    }

    #[test]
    fn refusal_may_pass_when_throttled_unreachable_or_denied() {
        assert_eq!(refusal(Some("ThrottlingException")), Refusal::MayPass { denied: false });
        assert_eq!(refusal(None), Refusal::MayPass { denied: false });
        assert_eq!(refusal(Some("AccessDeniedException")), Refusal::MayPass { denied: true });
    }

    #[test]
    fn refusal_is_success_when_the_hook_was_answered_before() {
        assert_eq!(refusal(Some("LifecycleEventAlreadyCompletedException")), Refusal::AlreadyCompleted);
    }
}
