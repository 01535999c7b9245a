//! The way back. A rollback is *begun* by one guarded update of the alias, which also resets the weights where the rollout's
//! own shifts split it; then it is *driven*: whatever is found, the next move towards the last good version is made, until
//! customers are safe or CodeDeploy is at work. Both may be done by anybody, at once, and again.

mod decide;

use crate::{
    BY_HAND, Change, Deployment, Live, LiveAlias, Notice, ReleaseError, RollbackMark, Rollout, Stand,
    Started, Status, Traffic, Which,
};
use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use decide::{Found, Move, next_move};

/// A move changes what is found next; more of them than this is a circle.
const MOST_MOVES: usize = 8;
/// What puts a version back takes seconds; after this long it is stuck, and customers wait.
const PATIENCE: TimeDelta = TimeDelta::minutes(3);
/// Clocks differ: a deployment is dated by CodeDeploy, a rollback by us.
const CLOCKS: TimeDelta = TimeDelta::minutes(2);
/// Whoever claimed a notice this long ago has died: it is somebody else's now.
const CLAIM: TimeDelta = TimeDelta::minutes(1);

/// What came of beginning.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "there is one per invocation")]
pub enum Begun {
    /// The rollback stands in the alias; `by_us` when this call wrote it.
    Marked {
        /// False when it was begun before.
        by_us: bool,
        /// The rollout with its mark.
        rollout: Rollout,
    },
    /// No rollout, or another one than was meant.
    Nothing,
}

/// How far the way back has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The new version gets no requests any more. The alias in words, because somebody may have moved it elsewhere by hand.
    Safe(String),
    /// CodeDeploy puts the last good version back; look again when this deployment has ended.
    Waiting(String),
}

/// Whether it is this caller who tells people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is.
    Ours,
    /// Another invocation began to at this time.
    Theirs(DateTime<Utc>),
    /// They were told.
    Sent,
}

impl Live {
    /// Writes the rollback into the alias. Only of the rollout of `execution`; `None` stands for whatever splits the alias,
    /// also a hand. `codedeploy_runs`: a deployment of the group has not ended, so that weights that no rollout wrote
    /// are its own.
    ///
    /// # Errors
    /// When the alias cannot be read or changed.
    pub async fn begin_rollback(
        &self,
        execution: Option<&str>,
        why: &str,
        codedeploy_runs: bool,
        now: DateTime<Utc>,
    ) -> Result<Begun, ReleaseError> {
        let change = |alias: &LiveAlias| taken_back(alias, execution, why, codedeploy_runs, now);
        let (alias, by_us) = self.change_and_own(change).await?;
        let meant = |rollout: &Rollout| execution.is_none_or(|execution| rollout.execution == execution);
        Ok(match alias.rollout.filter(|rollout| rollout.rollback.is_some() && meant(rollout)) {
            Some(rollout) => Begun::Marked { by_us, rollout },
            None => Begun::Nothing,
        })
    }

    /// Makes the next moves of a rollback that was begun.
    ///
    /// # Errors
    /// When a move fails; what was reached until then stays, and the next call goes on from there.
    pub async fn drive_back(&self, now: DateTime<Utc>) -> Result<Progress, ReleaseError> {
        let (mut stopped, mut codedeploy_failed) = (None, false);
        let mut last = (String::new(), String::new());
        for _ in 0..MOST_MOVES {
            // Before the alias: what a deployment did that ends between the two is seen there.
            let running = self.deployments(Which::Running).await?;
            let alias = self.alias().await?;
            let Some((rollout, mark)) = unfinished(&alias, &running) else {
                return Ok(Progress::Safe(alias.in_words()));
            };
            let serves = rollout.candidate.as_deref().is_some_and(|candidate| alias.serves(candidate));
            let elsewhere =
                !serves && alias.split.is_none() && rollout.stable.as_ref() != Some(&alias.version);
            let tried = if mark.promoted || elsewhere {
                self.deployments(Which::Since(rollout.served_since().unwrap_or(mark.at))).await?
            } else {
                Vec::new()
            };
            let found = Found {
                running: &running,
                stopped: stopped.as_deref(),
                codedeploy_failed: codedeploy_failed || way_back_failed(&tried, mark.at),
                codedeploy_moved: tried.iter().any(Deployment::is_codedeploys_own),
                overdue: now - mark.at >= PATIENCE,
            };
            let next = next_move(&alias, rollout, &found);
            tracing::info!(execution = rollout.execution, alias = alias.in_words(), next = ?next, "way back");
            last = (rollout.stable.clone().unwrap_or_default(), alias.in_words());
            match next {
                Move::Safe => return Ok(Progress::Safe(alias.in_words())),
                Move::Wait(id) => return Ok(Progress::Waiting(id)),
                Move::Stop(id) => {
                    self.stop(&id).await?;
                    stopped = Some(id);
                }
                Move::Point { to } => self.point_back(&alias, &to).await?,
                Move::Deploy { from, to } => {
                    let way = (rollout.execution.as_str(), from.as_str(), to.as_str());
                    codedeploy_failed = self.deploy(way, mark.at).await;
                }
            }
        }
        let (stable, alias) = last;
        Err(ReleaseError::Endless { stable, alias })
    }

    /// Answers whether CodeDeploy failed: then the alias is pointed back without it.
    async fn deploy(&self, way: (&str, &str, &str), since: DateTime<Utc>) -> bool {
        match self.deploy_back(way, since).await {
            // Another deployment that runs is seen in the next turn.
            Ok(Started::As(_) | Started::Busy(_)) => false,
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::error!(
                    error,
                    "CodeDeploy does not put the last good version back: pointing the alias to it"
                );
                true
            }
        }
    }

    /// Unless somebody has moved it since it was `read`: then the next turn looks at that.
    async fn point_back(&self, read: &LiveAlias, to: &str) -> Result<(), ReleaseError> {
        self.change(|alias| {
            let same = (&alias.version, &alias.split) == (&read.version, &read.split);
            let execution =
                |alias: &LiveAlias| alias.rollout.as_ref().map(|rollout| rollout.execution.clone());
            let rollout = alias.rollout.clone().filter(|_| same && execution(alias) == execution(read))?;
            Some(Change { traffic: Traffic::Whole(to.to_owned()), rollout })
        })
        .await?;
        Ok(())
    }

    /// Claims the telling of a rollback, so that one caller tells.
    ///
    /// # Errors
    /// When the alias cannot be read or changed.
    pub async fn claim_notice(&self, execution: &str, now: DateTime<Utc>) -> Result<Claim, ReleaseError> {
        // Two may claim in the same second and write the same. A claim whose answer was lost is nobody's until it is free.
        let (alias, claimed) = self
            .change_and_own(|alias| {
                noticed(alias, execution, Notice::ClaimedAt(now.trunc_subsecs(0)), |notice| {
                    matches!(notice, None | Some(Notice::ClaimedAt(_)) if claim_is_free(notice, now))
                })
            })
            .await?;
        let mark = alias.rollout.filter(|r| r.execution == execution).and_then(|rollout| rollout.rollback);
        Ok(match mark.and_then(|mark| mark.notice) {
            Some(Notice::ClaimedAt(_)) if claimed => Claim::Ours,
            Some(Notice::ClaimedAt(at)) => Claim::Theirs(at),
            // Nothing to tell of what is not there any more.
            Some(Notice::Sent) | None => Claim::Sent,
        })
    }

    /// Writes down that people were told.
    ///
    /// # Errors
    /// When the alias cannot be read or changed: they are told again, with the same id.
    pub async fn notice_sent(&self, execution: &str) -> Result<(), ReleaseError> {
        self.change(|alias| noticed(alias, execution, Notice::Sent, |notice| notice != Some(Notice::Sent)))
            .await?;
        Ok(())
    }
}

/// The rollback that is to be driven. After people were told of it, what moves the alias is somebody's decision, but for the
/// rollout's own promotion: it may have been started in the very moment of the rollback.
fn unfinished<'a>(alias: &'a LiveAlias, running: &[Deployment]) -> Option<(&'a Rollout, &'a RollbackMark)> {
    let rollout = alias.rollout.as_ref()?;
    let mark = rollout.rollback.as_ref()?;
    let straggles = || running.iter().any(|deployment| rollout.is_promotion(deployment));
    (mark.notice != Some(Notice::Sent) || straggles()).then_some((rollout, mark))
}

/// Whether CodeDeploy has tried to put a version back since then, and could not.
fn way_back_failed(tried: &[Deployment], since: DateTime<Utc>) -> bool {
    let failed = |deployment: &&Deployment| deployment.is_rollback() && deployment.status == Status::Failed;
    let mut failed = tried.iter().filter(failed);
    failed.any(|deployment| deployment.ended_at.is_none_or(|ended| ended >= since - CLOCKS))
}

fn claim_is_free(notice: Option<Notice>, now: DateTime<Utc>) -> bool {
    match notice {
        None => true,
        Some(Notice::ClaimedAt(at)) => now - at >= CLAIM,
        Some(Notice::Sent) => false,
    }
}

/// The alias with another notice, when its rollback is of this execution and `may` says so.
fn noticed(
    alias: &LiveAlias,
    execution: &str,
    notice: Notice,
    may: impl Fn(Option<Notice>) -> bool,
) -> Option<Change> {
    let mut rollout = alias.rollout.clone().filter(|rollout| rollout.execution == execution)?;
    let mark = rollout.rollback.as_mut().filter(|mark| may(mark.notice))?;
    mark.notice = Some(notice);
    Some(Change { traffic: Traffic::Keep, rollout })
}

/// The alias with the rollback begun; `None` when there is nothing to begin.
fn taken_back(
    alias: &LiveAlias,
    execution: Option<&str>,
    why: &str,
    codedeploy_runs: bool,
    now: DateTime<Utc>,
) -> Option<Change> {
    let (rollout, weights_are_ours) = match alias.stand() {
        // It was told, and CodeDeploy has moved the alias once more: begun again, and told again.
        Stand::RolledBack(rollout, _) if alias.is_astray() => (rollout.clone(), false),
        Stand::RolledBack(..) | Stand::Idle => return None,
        Stand::Foreign(split) => {
            let rollout = Rollout {
                candidate: Some(split.canary.clone()),
                stable: Some(split.stable.clone()),
                ..Rollout::of(BY_HAND)
            };
            (rollout, !codedeploy_runs)
        }
        Stand::Shifting(rollout) => (rollout.clone(), true),
        Stand::Acquired(rollout) | Stand::Promoting(rollout) | Stand::Promoted(rollout) => {
            (rollout.clone(), false)
        }
    };
    if execution.is_some_and(|execution| rollout.execution != execution) {
        return None;
    }
    let candidate_serves = rollout.candidate.as_deref().is_some_and(|candidate| alias.serves(candidate));
    let traffic = match &rollout.stable {
        Some(stable) if weights_are_ours && candidate_serves => Traffic::Whole(stable.clone()),
        _ => Traffic::Keep,
    };
    Some(Change { traffic, rollout: rollout.taken_back(why, now) })
}

#[cfg(test)]
mod tests;
