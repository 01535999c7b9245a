//! From the event to the answer: observe, let the function check, report; whatever happens in between.

use crate::deployment::read_targets;
use crate::{Deployment, HookError, HookEvent, ObserveError, Outcome, Target, Timetable, Verdict, chain};
use aws_sdk_codedeploy::Client;
use backon::{ExponentialBuilder, Retryable};
use clock::Clock;
use futures_util::FutureExt;
use std::any::Any;
use std::error::Error;
use std::panic::AssertUnwindSafe;
use std::sync::OnceLock;
use std::time::Duration;

/// First pause before asking again for the targets.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// Longest pause before asking again for the targets.
const LONGEST_PAUSE: Duration = Duration::from_secs(4);
/// An invocation without a usable deadline is given this much time.
const ASSUMED_TIME: Duration = Duration::from_secs(60);
/// 13 November 2014, when Lambda was announced. An earlier deadline is no date: emulators send nothing, or a duration
/// (`cargo lambda watch` sends 600000).
const FIRST_DEADLINE_MS: u64 = 1_415_836_800_000;
/// A reason is for a log line and a console: longer ones are cut.
const REASON_LIMIT: usize = 1_000;

/// What a hook needs to answer.
#[derive(Clone, Copy, Debug)]
pub struct Hook<'a> {
    /// Where to observe and to answer.
    pub codedeploy: &'a Client,
    /// Real time for the deadline.
    pub clock: &'a Clock,
    /// Time kept back for the answer; at most a third of the invocation is taken ([`Timetable`]).
    pub reserve: Duration,
}

impl Hook<'_> {
    /// Runs the check on the observed deployment and reports its verdict before the invocation's deadline
    /// (milliseconds since 1970, as in Lambda's context). The check is told the timetable, so that it
    /// can stop by itself with what it has found; at `check_until` it is dropped.
    ///
    /// The check is skipped for a rollback (`Succeeded` at once: putting the old version back must never be held up)
    /// and for a deployment that has ended (`Failed`: nobody is waiting). An error, a panic and the end of the time
    /// all become `Failed` with the reason.
    ///
    /// # Errors
    /// When CodeDeploy did not take the answer; see [`HookError`].
    pub async fn answer<F, E>(
        &self,
        event: &HookEvent,
        deadline_ms: u64,
        check: impl FnOnce(Deployment, Timetable) -> F,
    ) -> Result<Outcome, HookError>
    where
        F: Future<Output = Result<Verdict, E>>,
        E: Error,
    {
        let left = time_left(self.clock, deadline_ms);
        let times = Timetable::new(self.clock.uptime(), left, self.reserve);
        let seen = OnceLock::new();
        let examined = AssertUnwindSafe(self.examine(event, &times, &seen, check)).catch_unwind();
        let time_limit = times.check_until.saturating_sub(self.clock.uptime());
        let verdict = match tokio::time::timeout(time_limit, examined).await {
            Ok(Ok(verdict)) => verdict,
            Ok(Err(panic)) => Verdict::Failed(format!("the check panicked: {}", panic_text(panic.as_ref()))),
            Err(_) => Verdict::Failed(too_late(time_limit, seen.get().is_some())),
        };
        let verdict = shortened(verdict);
        let deployment = seen.into_inner();
        self.log(event, &verdict, deployment.as_ref());
        let delivery = self.report(event, &verdict, &times).await?;
        tracing::info!(deployment_id = event.deployment_id, ?delivery, "hook answered");
        Ok(Outcome { verdict, delivery, deployment })
    }

    async fn examine<F, E>(
        &self,
        event: &HookEvent,
        times: &Timetable,
        seen: &OnceLock<Deployment>,
        check: impl FnOnce(Deployment, Timetable) -> F,
    ) -> Verdict
    where
        F: Future<Output = Result<Verdict, E>>,
        E: Error,
    {
        let mut deployment = self.describe(event, times).await;
        if let Some(verdict) = verdict_without_check(&deployment) {
            seen.get_or_init(|| deployment);
            return verdict;
        }
        match self.targets(event, times).await {
            Ok(targets) => deployment.targets = targets,
            Err(error) => {
                seen.get_or_init(|| deployment);
                return Verdict::Failed(format!("the deployment could not be observed: {}", chain(&error)));
            }
        }
        seen.get_or_init(|| deployment.clone());
        check(deployment, *times)
            .await
            .unwrap_or_else(|error| Verdict::Failed(format!("not checked: {}", chain(&error))))
    }

    /// A deployment that cannot be described is checked like any other: only the short cuts are lost. So this takes at
    /// most half of the time for observing.
    async fn describe(&self, event: &HookEvent, times: &Timetable) -> Deployment {
        let id = &event.deployment_id;
        let time_limit = times.observe_until.saturating_sub(self.clock.uptime()) / 2;
        let problem = match tokio::time::timeout(time_limit, Deployment::describe(self.codedeploy, id)).await
        {
            Ok(Ok(deployment)) => return deployment,
            Ok(Err(error)) => chain(&error),
            Err(late) => late.to_string(),
        };
        tracing::warn!(deployment_id = id, error = problem, "creator and status unknown");
        Deployment::unknown(id)
    }

    async fn targets(&self, event: &HookEvent, times: &Timetable) -> Result<Vec<Target>, ObserveError> {
        let pauses = ExponentialBuilder::new()
            .with_min_delay(FIRST_PAUSE)
            .with_max_delay(LONGEST_PAUSE)
            .without_max_times();
        (|| read_targets(self.codedeploy, &event.deployment_id))
            .retry(pauses)
            .when(|error: &ObserveError| error.may_pass() && self.clock.uptime() < times.observe_until)
            .await
    }

    fn log(&self, event: &HookEvent, verdict: &Verdict, deployment: Option<&Deployment>) {
        tracing::info!(
            deployment_id = event.deployment_id,
            verdict = verdict.status(),
            reason = verdict.reason(),
            versions = deployment.map(Deployment::versions),
            creator = deployment.and_then(|seen| seen.creator.as_deref()),
            "hook decided"
        );
    }
}

/// The time until a deadline, or [`ASSUMED_TIME`] where it is none.
fn time_left(clock: &Clock, deadline_ms: u64) -> Duration {
    if deadline_ms < FIRST_DEADLINE_MS { ASSUMED_TIME } else { clock.time_left(deadline_ms) }
}

/// The two cases in which nothing is checked.
fn verdict_without_check(deployment: &Deployment) -> Option<Verdict> {
    if deployment.is_rollback() {
        let creator = deployment.creator.as_deref().unwrap_or_default();
        return Some(Verdict::Succeeded(format!("a rollback is not checked (created by {creator})")));
    }
    let status = deployment.status.as_deref().unwrap_or_default();
    deployment.has_ended().then(|| Verdict::Failed(format!("the deployment has already ended: {status}")))
}

fn too_late(time_limit: Duration, observed: bool) -> String {
    let what = if observed { "no verdict" } else { "the deployment could not be observed" };
    format!("{what} within {:.1} s", time_limit.as_secs_f64())
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

fn shortened(verdict: Verdict) -> Verdict {
    let cut = |reason: String| match reason.char_indices().nth(REASON_LIMIT) {
        Some((end, _)) => format!("{}...", reason.get(..end).unwrap_or_default()),
        None => reason,
    };
    match verdict {
        Verdict::Succeeded(reason) => Verdict::Succeeded(cut(reason)),
        Verdict::Failed(reason) => Verdict::Failed(cut(reason)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deployment(creator: &str, status: &str) -> Deployment {
        Deployment {
            creator: Some(creator.to_owned()),
            status: Some(status.to_owned()),
            ..Deployment::unknown("d-1")
        }
    }

    #[test]
    fn time_is_assumed_when_the_deadline_is_no_date() {
        let clock = Clock::standing_at(std::time::UNIX_EPOCH + Duration::from_millis(FIRST_DEADLINE_MS - 5));
        assert_eq!(time_left(&clock, 0), ASSUMED_TIME);
        assert_eq!(time_left(&clock, 600_000), ASSUMED_TIME);
        assert_eq!(time_left(&clock, FIRST_DEADLINE_MS - 1), ASSUMED_TIME);
        assert_eq!(time_left(&clock, FIRST_DEADLINE_MS), Duration::from_millis(5));
    }

    #[test]
    fn rollback_succeeds_unchecked_even_when_it_has_ended() {
        for status in ["InProgress", "Stopped"] {
            let verdict = verdict_without_check(&deployment("codeDeployRollback", status)).unwrap();
            assert_eq!(verdict.status(), "Succeeded");
        }
    }

    #[test]
    fn ended_deployment_fails_unchecked() {
        let verdict = verdict_without_check(&deployment("user", "Stopped")).unwrap();
        assert_eq!(verdict, Verdict::Failed("the deployment has already ended: Stopped".to_owned()));
    }

    #[test]
    fn deployment_is_checked_when_it_runs_or_is_unknown() {
        assert_eq!(verdict_without_check(&deployment("CloudFormation", "InProgress")), None);
        assert_eq!(verdict_without_check(&Deployment::unknown("d-1")), None);
    }

    #[test]
    fn reason_is_cut_on_a_character_when_it_is_too_long() {
        let short = shortened(Verdict::Failed("ä".repeat(REASON_LIMIT)));
        assert_eq!(short.reason().chars().count(), REASON_LIMIT);
        let long = shortened(Verdict::Failed("ä".repeat(REASON_LIMIT + 1)));
        assert!(long.reason().ends_with("..."));
        assert_eq!(long.reason().chars().count(), REASON_LIMIT + 3);
    }
}
