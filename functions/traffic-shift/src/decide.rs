//! What each action makes of what it finds. Pure.
//!
//! Everything is decided from the alias: an invocation that is repeated or lost changes nothing, because the next one looks
//! again.

mod acquire;
mod bake;
mod preflight;
mod promote;
mod shift;
mod watch;

use chrono::{DateTime, TimeDelta, Utc};
use release::{LiveAlias, Notice, RollbackMark, Rollout, Stand};

pub use acquire::{Acquired, Others, acquire, taking};
pub use bake::{
    Blame, HEALTHY, INCONCLUSIVE, accused, baked, breach, missing_alarms, no_alarm_is_missing,
    percent_complete, window_alone,
};
pub use preflight::{Found, Version, preflight, with_alarms};
pub use promote::{
    AfterDeployment, Driving, Promoting, after_deployment, alarms_that_count, promote, whole_seconds,
};
pub use shift::{Shifting, shift};
pub use watch::{Watched, Watching, watch, watched};

/// Somebody tells people of a rollback within seconds. Where nobody can for this long, the notice is lost, and the next
/// release may be the very one that corrects it.
const NOTICE_PATIENCE: TimeDelta = TimeDelta::minutes(30);

/// Why an action cannot go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Whether somebody must correct a setting.
    pub is_configuration: bool,
    /// One line for people.
    pub message: String,
}

impl Refusal {
    fn because(message: impl Into<String>) -> Self {
        Self { is_configuration: false, message: message.into() }
    }

    fn configuration(message: impl Into<String>) -> Self {
        Self { is_configuration: true, message: message.into() }
    }
}

/// The rollback of this execution, which every action but acquire drives before anything else.
#[must_use]
pub fn taken_back<'a>(alias: &'a LiveAlias, execution: &str) -> Option<(&'a Rollout, &'a RollbackMark)> {
    let rollout = alias.rollout.as_ref().filter(|rollout| rollout.execution == execution)?;
    Some((rollout, rollout.rollback.as_ref()?))
}

/// The rollout that the stand is of.
const fn rollout_of(stand: Stand<'_>) -> Option<&Rollout> {
    match stand {
        Stand::Idle | Stand::Foreign(_) => None,
        Stand::Acquired(rollout)
        | Stand::Shifting(rollout)
        | Stand::Promoting(rollout)
        | Stand::Promoted(rollout)
        | Stand::RolledBack(rollout, _) => Some(rollout),
    }
}

/// Where a release stands, in words.
fn stand_in_words(stand: Stand<'_>) -> &'static str {
    match stand {
        Stand::Idle => "nobody rolls anything out",
        Stand::Foreign(_) => "split by somebody who wrote nothing",
        Stand::Acquired(_) => "not shifted yet",
        Stand::Shifting(_) => "shifting",
        Stand::Promoting(_) => "being promoted",
        Stand::Promoted(_) => "promoted",
        Stand::RolledBack(..) => "rolled back",
    }
}

/// The stand of an alias that is this execution's, or nobody's.
///
/// # Errors
/// When it is another's.
fn ours<'a>(alias: &'a LiveAlias, execution: &str) -> Result<Stand<'a>, Refusal> {
    let stand = alias.stand();
    let words = alias.in_words();
    if let Stand::Foreign(_) = stand {
        return Err(Refusal::because(format!(
            "the alias was split by hand or by another deployment ({words}); point it to one version, then acquire first"
        )));
    }
    match rollout_of(stand).filter(|rollout| rollout.execution != execution) {
        Some(other) => Err(Refusal::because(format!(
            "the alias is taken by execution {} ({}: {words}); acquire first",
            other.execution,
            stand_in_words(stand)
        ))),
        None => Ok(stand),
    }
}

/// Whether nobody's release is under way, so that one that never acquired may have the alias.
fn is_free(alias: &LiveAlias, execution: &str, now: DateTime<Utc>) -> bool {
    match alias.stand() {
        Stand::Idle => true,
        Stand::Promoted(other) => other.execution != execution,
        Stand::RolledBack(other, mark) => other.execution != execution && is_over(alias, other, mark, now),
        _ => false,
    }
}

/// Whether a rollback holds up nobody any more: people were told of it; or it is done, and they cannot be told.
fn is_over(alias: &LiveAlias, rollout: &Rollout, mark: &RollbackMark, now: DateTime<Utc>) -> bool {
    let serves = rollout.candidate.as_deref().is_some_and(|candidate| alias.serves(candidate));
    let is_done = alias.split.is_none() && !serves;
    mark.notice == Some(Notice::Sent) || (is_done && now - mark.at >= NOTICE_PATIENCE)
}

/// A release goes forward. CodePipeline's own rollback of a stage runs the last good version once more, as if it were a new
/// release (CodePipeline guide, stage rollback): it would be shifted and baked step by step while customers have the bad one.
fn not_older(candidate: &str, than: &str) -> Result<(), Refusal> {
    let number = |version: &str| version.parse::<u64>().ok();
    match (number(candidate), number(than)) {
        (Some(older), Some(newer)) if older < newer => Err(Refusal::because(format!(
            "version {candidate} is older than version {than}, which customers have; to go back invoke alarm-rollback (docs/runbook.md)"
        ))),
        _ => Ok(()),
    }
}

fn is_whole_at(alias: &LiveAlias, version: &str) -> bool {
    alias.split.is_none() && alias.version == version
}

/// A release has one candidate.
fn same_candidate(rollout: &Rollout, candidate: &str) -> Result<(), Refusal> {
    match rollout.candidate.as_deref().filter(|found| *found != candidate) {
        Some(found) => Err(Refusal::because(format!(
            "this execution rolls out version {found}, and this action asks for version {candidate}; a release has one candidate"
        ))),
        None => Ok(()),
    }
}

/// What the alias should do after the last shift; `None` when it does. The share is checked only by the step that set it,
/// because the alias's description does not hold it.
fn differs_from_split(alias: &LiveAlias, rollout: &Rollout, percent: Option<f64>) -> Option<String> {
    let is_left = alias.split.as_ref().is_some_and(|split| {
        Some(&split.stable) == rollout.stable.as_ref()
            && Some(&split.canary) == rollout.candidate.as_ref()
            && percent.is_none_or(|percent| split.is_at(percent))
    });
    let version = |version: &Option<String>| version.clone().unwrap_or_else(|| "unknown".to_owned());
    let (candidate, stable) = (version(&rollout.candidate), version(&rollout.stable));
    let share = percent.map_or_else(|| "a share".to_owned(), |percent| format!("{percent} %"));
    (!is_left).then(|| {
        format!(
            "the alias was changed by hand: found that {}, expected {share} of them at version {candidate}, the others at version {stable}",
            alias.in_words()
        )
    })
}

/// The same for an alias that should serve one version.
fn differs_from_whole(alias: &LiveAlias, version: Option<&str>) -> Option<String> {
    let is_left = alias.split.is_none() && version.is_none_or(|version| alias.version == version);
    let expected =
        version.map_or_else(|| "at one version".to_owned(), |version| format!("at version {version}"));
    (!is_left).then(|| {
        format!(
            "the alias was changed by hand: found that {}, expected all of them {expected}",
            alias.in_words()
        )
    })
}

fn first_release(candidate: &str) -> String {
    format!("all requests go to version {candidate} already; nothing to shift")
}

#[cfg(test)]
pub(crate) mod samples;
