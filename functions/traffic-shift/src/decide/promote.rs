//! May the new version get everything, and what became of its deployment?

use super::bake::Blame;
use super::{
    Refusal, differs_from_split, differs_from_whole, first_release, is_free, is_whole_at, not_older, ours,
    rollout_of, same_candidate,
};
use crate::parameters::Promote;
use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use guard::Alarm;
use release::{Deployment, LiveAlias, Rollout, Stand, Status};

/// What promote does next.
#[derive(Clone, Debug, PartialEq)]
pub enum Promoting {
    /// Nothing, for this reason: the verdict is `first-release`.
    FirstRelease(String),
    /// Nothing, for this reason: the verdict is `done-before`.
    DoneBefore(String),
    /// Check everything, then hand the alias over to CodeDeploy.
    Begin {
        /// What the alias's description is to say, but for the time.
        rollout: Box<Rollout>,
        /// The last good version.
        stable: String,
        /// How the alias differs from what the release left.
        differs: Option<String>,
    },
    /// It is CodeDeploy's: start the deployment, or look at it.
    Drive(Driving),
}

/// A last step that is CodeDeploy's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Driving {
    /// The last good version.
    pub stable: String,
    /// Since when the alias is CodeDeploy's.
    pub since: DateTime<Utc>,
    /// Since when customers may have met the new version: what an alarm is held against.
    pub served_since: DateTime<Utc>,
}

/// Decides by the alias. Whoever asks has seen to [`super::taken_back`] before. A release that never acquired (an earlier
/// stage has one version after another and no shifts) may take the alias where nobody's release is under way.
///
/// # Errors
/// When the alias is another's or not as this release left it, or the version is older than the one that customers have.
pub fn promote(alias: &LiveAlias, wanted: &Promote, now: DateTime<Utc>) -> Result<Promoting, Refusal> {
    if is_free(alias, &wanted.execution, now) {
        return begin_whole(alias, wanted);
    }
    let stand = ours(alias, &wanted.execution)?;
    if let Some(rollout) = rollout_of(stand) {
        same_candidate(rollout, &wanted.candidate)?;
    }
    match stand {
        Stand::Acquired(_) => begin_whole(alias, wanted),
        Stand::Shifting(rollout) => {
            let stable = rollout.stable.clone().ok_or_else(incomplete)?;
            not_older(&wanted.candidate, &stable)?;
            let differs = differs_from_split(alias, rollout, None);
            Ok(Promoting::Begin { rollout: Box::new(rollout.clone()), stable, differs })
        }
        Stand::Promoting(rollout) => driving(rollout).map(Promoting::Drive).ok_or_else(incomplete),
        Stand::Promoted(_) => {
            Ok(Promoting::DoneBefore(format!("done before: version {} was promoted", wanted.candidate)))
        }
        Stand::Idle | Stand::Foreign(_) | Stand::RolledBack(..) => {
            Err(Refusal::because("the alias is not taken by this execution; acquire first"))
        }
    }
}

fn incomplete() -> Refusal {
    Refusal::because("the alias's description does not name the version that is left; start a new release")
}

fn driving(rollout: &Rollout) -> Option<Driving> {
    let (since, served_since) = (rollout.promoting_since?, rollout.served_since()?);
    Some(Driving { stable: rollout.stable.clone()?, since, served_since })
}

/// From an alias on which this release shifted nothing.
fn begin_whole(alias: &LiveAlias, wanted: &Promote) -> Result<Promoting, Refusal> {
    if is_whole_at(alias, &wanted.candidate) {
        return Ok(Promoting::FirstRelease(first_release(&wanted.candidate)));
    }
    not_older(&wanted.candidate, &alias.version)?;
    let rollout = Rollout {
        candidate: Some(wanted.candidate.clone()),
        stable: Some(alias.version.clone()),
        ..Rollout::of(&wanted.execution)
    };
    let differs = differs_from_whole(alias, None);
    Ok(Promoting::Begin { rollout: Box::new(rollout), stable: alias.version.clone(), differs })
}

/// What follows from how the deployment stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AfterDeployment {
    /// Look again.
    Wait,
    /// Write down that the new version has everything.
    Finish,
    /// Somebody else moved the alias since.
    Changed(String),
    /// Back to the last good version.
    RollBack(Blame),
}

/// Decides by the deployment, and by the alias as it was read after it.
#[must_use]
pub fn after_deployment(deployment: &Deployment, alias: &LiveAlias, candidate: &str) -> AfterDeployment {
    let id = &deployment.id;
    match deployment.status {
        Status::Running => AfterDeployment::Wait,
        Status::Succeeded => match differs_from_whole(alias, Some(candidate)) {
            None => AfterDeployment::Finish,
            Some(differs) => {
                AfterDeployment::Changed(format!("after CodeDeploy's deployment {id}, {differs}"))
            }
        },
        Status::Failed => {
            let problem =
                deployment.problem.clone().unwrap_or_else(|| "CodeDeploy gives no reason".to_owned());
            let reason = format!("CodeDeploy's deployment {id} failed: {problem}");
            AfterDeployment::RollBack(Blame::new(&format!("CodeDeploy {id} failed"), reason))
        }
    }
}

/// The alarms that CodeDeploy is to watch: those of its group (`None`), unless a hotfix excuses some that fired before it. One
/// that fires since the new version has requests stays: CodeDeploy then takes that version back.
#[must_use]
pub fn alarms_that_count(
    hotfix: bool,
    names: &[String],
    alarms: &[Alarm],
    served_since: DateTime<Utc>,
) -> Option<Vec<String>> {
    let excuses = |alarm: &Alarm| alarm.firing && !alarm.accuses(served_since);
    let left_out = |name: &String| alarms.iter().any(|alarm| alarm.name == *name && excuses(alarm));
    let counting = || names.iter().filter(|name| !left_out(name)).cloned().collect();
    (hotfix && names.iter().any(left_out)).then(counting)
}

/// Rounded up to a whole second, because the alias's description holds no parts of one: rounded down, a date just after a
/// full minute would move into it, and the version before would have had requests in that minute.
#[must_use]
pub fn whole_seconds(at: DateTime<Utc>) -> DateTime<Utc> {
    let down = at.trunc_subsecs(0);
    if down < at { down + TimeDelta::seconds(1) } else { at }
}

#[cfg(test)]
mod tests;
