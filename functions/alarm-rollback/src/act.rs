//! Taking a rollout back: begin, bring to its end, tell.

use crate::error::{Cause, HandleError};
use crate::outcome::{Outcome, Word};
use crate::tell::{tell, untold};
use crate::{App, commands};
use chrono::{DateTime, Utc};
use release::{Begun, Claim, Deployment, LiveAlias, Progress, Rollout, Split, Stand, Which};

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
    let progress = match app.live.drive_back().await {
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
            return Ok(outcome(Word::Waiting, format!("CodeDeploy puts the last good version back: {id}")));
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
        Self { candidate: rollout.candidate.clone(), stable: rollout.stable.clone() }
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
