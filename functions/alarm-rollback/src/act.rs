//! Taking a rollout back: begin, bring to its end, tell.

use crate::error::{Cause, HandleError};
use crate::outcome::{Outcome, Word};
use crate::tell::{tell, untold, withdraw_approvals};
use crate::{App, commands};
use chrono::{DateTime, TimeDelta, Utc};
use release::{Begun, Claim, Deployment, LiveAlias, Progress, RollbackMark, Rollout, Split, Stand, Which};

/// CodeDeploy puts a version back in seconds; what lasts longer is worth a warning. `release` waits no longer than three minutes.
const USUAL_WAIT: TimeDelta = TimeDelta::seconds(60);

/// What is to be begun.
pub(crate) struct Plan {
    /// Whose rollout; `None` is whatever splits the alias.
    pub(crate) execution: Option<String>,
    pub(crate) why: String,
    pub(crate) reason: Option<String>,
}

/// Begins a rollback and brings it as far as it goes now.
pub(crate) async fn begin(
    app: &App,
    alias: &LiveAlias,
    plan: Plan,
    now: DateTime<Utc>,
) -> Result<Outcome, HandleError> {
    let is_unsafe = |source: Cause| unsafe_error(app, &Versions::of(alias), None, source);
    // A split of our own is reset without asking anybody: each call before that is time in which customers get errors.
    let codedeploy_runs = match alias.stand() {
        Stand::Foreign(_) => {
            let running = app.live.deployments(Which::Running).await;
            !running.map_err(|error| is_unsafe(error.into()))?.is_empty()
        }
        _ => false,
    };
    let begun = app.live.begin_rollback(plan.execution.as_deref(), &plan.why, codedeploy_runs, now).await;
    match begun.map_err(|error| is_unsafe(error.into()))? {
        Begun::Nothing => Ok(app.outcome(Word::Nothing, "the rollout ended meanwhile")),
        Begun::Marked { by_us, rollout } => finish(app, &rollout, plan.reason.filter(|_| by_us)).await,
    }
}

/// Brings a rollback that was begun as far as it goes now, and tells of it once customers are safe.
pub(crate) async fn finish(
    app: &App,
    rollout: &Rollout,
    reason: Option<String>,
) -> Result<Outcome, HandleError> {
    let now = app.now();
    let progress = match app.live.drive_back(now).await {
        Ok(progress) => progress,
        Err(error) => {
            let running = app.live.deployments(Which::Running).await.unwrap_or_default();
            let forward = running.iter().find(|deployment| !deployment.is_rollback());
            return Err(unsafe_error(app, &Versions::from(rollout), forward, error.into()));
        }
    };
    let Some(mark) = &rollout.rollback else { return Ok(app.outcome(Word::Nothing, "nothing was begun")) };
    let word = if rollout.candidate.is_some() { Word::RolledBack } else { Word::Cancelled };
    let outcome = |word, reason: String| Outcome {
        from_version: rollout.candidate.clone(),
        to_version: rollout.stable.clone(),
        ..app.outcome(word, &reason)
    };
    let alias = match progress {
        Progress::Waiting(id) => {
            return Ok(outcome(Word::Waiting, waiting(rollout, mark, &id, now)));
        }
        Progress::Safe(alias) => alias,
    };
    let claim = app.live.claim_notice(&rollout.execution, app.now()).await;
    match claim.map_err(|error| untold(app, "nobody was told", error.into()))? {
        Claim::Sent => Ok(outcome(word, format!("told before: {}", mark.why))),
        Claim::Theirs(since) => {
            Ok(outcome(word, format!("told by another invocation since {since}: {}", mark.why)))
        }
        Claim::Ours => {
            let story = tell(app, (rollout, mark), &alias, reason).await?;
            let exposed_seconds = story.exposed_seconds();
            Ok(Outcome { exposed_seconds, ..outcome(word, story.reason) })
        }
    }
}

/// Says whom is waited for, and warns when it lasts: until CodeDeploy is done, customers may get the version that is left.
fn waiting(rollout: &Rollout, mark: &RollbackMark, deployment: &str, now: DateTime<Utc>) -> String {
    let (reason, waited) =
        (format!("CodeDeploy puts the last good version back: {deployment}"), now - mark.at);
    if waited <= USUAL_WAIT {
        return reason;
    }
    let (execution, waited_seconds) = (rollout.execution.as_str(), waited.num_seconds());
    let candidate = rollout.candidate.as_deref().unwrap_or("<unknown>");
    tracing::warn!(
        execution,
        deployment,
        candidate,
        waited_seconds,
        "customers may still get the version that is taken back"
    );
    format!("{reason}; for {waited_seconds} s by now, in which customers may still get version {candidate}")
}

/// Withdraws approvals that began after people were told of the rollback.
pub(crate) async fn withdraw(app: &App, alias: &LiveAlias, reason: &str) -> Result<Outcome, HandleError> {
    let rollout = alias.rollout.as_ref();
    if let Some((rollout, mark)) = rollout.and_then(|rollout| Some((rollout, rollout.rollback.as_ref()?))) {
        // What is refused for good is in the logs; the notice about this rollback has gone out.
        withdraw_approvals(app, rollout, mark, &mut Vec::new()).await?;
    }
    Ok(app.outcome(Word::Nothing, reason))
}

/// The versions that an error names.
struct Versions {
    candidate: Option<String>,
    stable: Option<String>,
}

impl Versions {
    fn of(alias: &LiveAlias) -> Self {
        match (alias.stand(), &alias.rollout) {
            (Stand::Foreign(Split { stable, canary, .. }), _) => {
                Self { candidate: Some(canary.clone()), stable: Some(stable.clone()) }
            }
            (_, Some(rollout)) => Self::from(rollout),
            _ => Self { candidate: None, stable: None },
        }
    }
}

impl From<&Rollout> for Versions {
    fn from(rollout: &Rollout) -> Self {
        // A release that has shifted nothing takes back the version of the one before.
        let before = rollout.previous.as_ref();
        Self {
            candidate: rollout.candidate.clone().or_else(|| Some(before?.candidate.clone())),
            stable: rollout.stable.clone().or_else(|| Some(before?.stable.clone())),
        }
    }
}

/// A deployment that is at work must be stopped first: it would undo a change of the alias.
fn unsafe_error(app: &App, versions: &Versions, running: Option<&Deployment>, source: Cause) -> HandleError {
    let place = &app.config.place;
    let stable = versions.stable.as_deref().unwrap_or("<last good version>");
    HandleError::Unsafe {
        alias: place.to_string(),
        candidate: versions.candidate.clone().unwrap_or_else(|| "<unknown>".to_owned()),
        by_hand: running
            .map_or_else(|| commands::reset(place, stable), |deployment| commands::stop(&deployment.id)),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wait_is_told_with_its_time_when_it_is_longer_than_usual() {
        let at = DateTime::<Utc>::UNIX_EPOCH;
        let rollout = Rollout { candidate: Some("7".to_owned()), ..Rollout::of("e-1") }.taken_back("x", at);
        let mark = rollout.rollback.clone().unwrap();
        let told = |seconds| waiting(&rollout, &mark, "d-1", at + TimeDelta::seconds(seconds));
        let short = "CodeDeploy puts the last good version back: d-1";
        assert_eq!((told(59).as_str(), told(60).as_str()), (short, short));
        let long = format!("{short}; for 61 s by now, in which customers may still get version 7");
        assert_eq!(told(61), long);
    }
}
