//! From the event to the answer: observe, let the function check, report; whatever happens in between.

use crate::deployment::{deployment_may_exist, read_targets};
use crate::{Deployment, HookError, HookEvent, ObserveError, Outcome, Target, Timetable, Verdict, chain};
use aws_sdk_codedeploy::Client;
use aws_sdk_codedeploy::error::ProvideErrorMetadata;
use backon::{ExponentialBuilder, Retryable};
use clock::Clock;
use futures_util::FutureExt;
use std::any::Any;
use std::error::Error;
use std::panic::AssertUnwindSafe;
use std::sync::OnceLock;
use std::time::Duration;

/// First pause before asking again about the deployment.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// Longest pause before asking again about the deployment.
const LONGEST_PAUSE: Duration = Duration::from_secs(4);
/// An invocation without a usable deadline is given this much time.
const ASSUMED_TIME: Duration = Duration::from_secs(60);
/// 13 November 2014, when Lambda was announced. An earlier deadline is no date: emulators send nothing, or a duration
/// (`cargo lambda watch` sends 600000).
const FIRST_DEADLINE_MS: u64 = 1_415_836_800_000;
/// A reason is for a log line and a console: longer ones are cut.
const REASON_LIMIT: usize = 1_000;
/// The same for what is appended to a reason.
const NOTE_LIMIT: usize = 300;

/// What is known so far; it lives outside of the check, which may panic or be dropped.
#[derive(Default)]
struct Seen {
    deployment: OnceLock<Deployment>,
    /// Why creator and status could not be read.
    creator_unknown: OnceLock<String>,
}

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
    /// and for a deployment that has ended (`Failed`: nobody is waiting). Both are known from `GetDeployment`, which is
    /// asked again for up to a quarter of the check's time; if it stays unreadable, the deployment is checked like any
    /// other, and the verdict's reason says `creator unknown`. An error, a panic and the end of the time all become
    /// `Failed` with the reason.
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
        let seen = Seen::default();
        let examined = AssertUnwindSafe(self.examine(event, &times, &seen, check)).catch_unwind();
        let time_limit = times.check_until.saturating_sub(self.clock.uptime());
        let verdict = match tokio::time::timeout(time_limit, examined).await {
            Ok(Ok(verdict)) => verdict,
            Ok(Err(panic)) => Verdict::Failed(format!("the check panicked: {}", panic_text(panic.as_ref()))),
            Err(_) => Verdict::Failed(too_late(time_limit, seen.deployment.get().is_some())),
        };
        let verdict = worded(verdict, seen.creator_unknown.get());
        let deployment = seen.deployment.into_inner();
        self.log(event, &verdict, deployment.as_ref());
        let delivery = self.report(event, &verdict, &times).await?;
        tracing::info!(deployment_id = event.deployment_id, ?delivery, "hook answered");
        Ok(Outcome { verdict, delivery, deployment })
    }

    async fn examine<F, E>(
        &self,
        event: &HookEvent,
        times: &Timetable,
        seen: &Seen,
        check: impl FnOnce(Deployment, Timetable) -> F,
    ) -> Verdict
    where
        F: Future<Output = Result<Verdict, E>>,
        E: Error,
    {
        let mut deployment = self.describe(event, times, seen).await;
        if let Some(verdict) = verdict_without_check(&deployment) {
            seen.deployment.get_or_init(|| deployment);
            return verdict;
        }
        match self.targets(event, times).await {
            Ok(targets) => deployment.targets = targets,
            Err(error) => {
                seen.deployment.get_or_init(|| deployment);
                return Verdict::Failed(format!("the deployment could not be observed: {}", chain(&error)));
            }
        }
        seen.deployment.get_or_init(|| deployment.clone());
        check(deployment, *times)
            .await
            .unwrap_or_else(|error| Verdict::Failed(format!("not checked: {}", chain(&error))))
    }

    /// A deployment that cannot be described is checked like any other: only the short cuts are lost. So this takes at
    /// most half of the time for observing.
    async fn describe(&self, event: &HookEvent, times: &Timetable, seen: &Seen) -> Deployment {
        let id = &event.deployment_id;
        let time_limit = times.observe_until.saturating_sub(self.clock.uptime()) / 2;
        let mut last_problem = None;
        let described = (|| Deployment::describe(self.codedeploy, id))
            .retry(pauses())
            .when(|error| deployment_may_exist(error.code()))
            .notify(|error, _| last_problem = Some(chain(error)));
        let problem = match tokio::time::timeout(time_limit, described).await {
            Ok(Ok(deployment)) => return deployment,
            Ok(Err(error)) => chain(&error),
            Err(_) => {
                last_problem.unwrap_or_else(|| format!("no answer within {:.1} s", time_limit.as_secs_f64()))
            }
        };
        tracing::error!(
            deployment_id = id,
            error = problem,
            "creator and status unknown: a rollback is held up by the check, and fails with it"
        );
        seen.creator_unknown.get_or_init(|| problem);
        Deployment::unknown(id)
    }

    async fn targets(&self, event: &HookEvent, times: &Timetable) -> Result<Vec<Target>, ObserveError> {
        (|| read_targets(self.codedeploy, &event.deployment_id))
            .retry(pauses())
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

/// Without an end of their own: the caller knows how long to ask.
fn pauses() -> ExponentialBuilder {
    ExponentialBuilder::new().with_min_delay(FIRST_PAUSE).with_max_delay(LONGEST_PAUSE).without_max_times()
}

/// The time until a deadline, or [`ASSUMED_TIME`] where it is none.
fn time_left(clock: &Clock, deadline_ms: u64) -> Duration {
    if deadline_ms < FIRST_DEADLINE_MS { ASSUMED_TIME } else { clock.time_left(deadline_ms) }
}

/// The two cases in which nothing is checked.
fn verdict_without_check(deployment: &Deployment) -> Option<Verdict> {
    if deployment.is_rollback() {
        let creator = deployment.creator.as_deref().unwrap_or("unknown");
        let description = deployment.description.as_deref().filter(|text| !text.is_empty());
        let description = description.map(|text| format!(", described as {text:?}")).unwrap_or_default();
        return Some(Verdict::Succeeded(format!(
            "a rollback is not checked (created by {creator}{description})"
        )));
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

/// The verdict with its reason cut, and what else a reader must know.
fn worded(verdict: Verdict, creator_unknown: Option<&String>) -> Verdict {
    let note =
        creator_unknown.map(|problem| format!("; creator unknown: {}", shortened(problem, NOTE_LIMIT)));
    let word = |reason: String| shortened(&reason, REASON_LIMIT) + &note.unwrap_or_default();
    match verdict {
        Verdict::Succeeded(reason) => Verdict::Succeeded(word(reason)),
        Verdict::Failed(reason) => Verdict::Failed(word(reason)),
    }
}

fn shortened(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
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
        let short = worded(Verdict::Failed("ä".repeat(REASON_LIMIT)), None);
        assert_eq!(short.reason().chars().count(), REASON_LIMIT);
        let long = worded(Verdict::Failed("ä".repeat(REASON_LIMIT + 1)), None);
        assert!(long.reason().ends_with("..."));
        assert_eq!(long.reason().chars().count(), REASON_LIMIT + 3);
    }

    #[test]
    fn reason_says_so_when_the_creator_is_unknown_even_after_a_long_one() {
        let long = worded(Verdict::Failed("ä".repeat(REASON_LIMIT + 1)), Some(&"denied".to_owned()));
        assert!(long.reason().ends_with("...; creator unknown: denied"));
    }
}
