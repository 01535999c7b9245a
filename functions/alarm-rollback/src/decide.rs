//! Is a rollout in flight, and is this its fault? Pure.

mod alarms;
mod execution;
mod told;

use crate::trigger::{DeploymentChange, Trigger};
use crate::verdict::Breach;
use alarms::{accuses, blame, by_alarm};
use chrono::{DateTime, TimeDelta, Utc};
use execution::by_execution;
use guard::Alarm;
use release::{Deployment, Group, LiveAlias, Rollout, Stand};

pub use told::looks_for_mover;

/// What does not change from event to event.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// Only these alarms take a rollout back.
    pub guard_alarms: &'a [String],
    /// Only this group's deployments count.
    pub group: &'a Group,
    /// After the promotion only failures of these stages count.
    pub rollout_stages: &'a [String],
    /// For so long after the last step a rollout is still taken back by itself.
    pub window: TimeDelta,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The live alias.
    pub alias: LiveAlias,
    /// In a sweep of a rollout in flight: the guard alarms.
    pub alarms: Vec<Alarm>,
    /// In a sweep of a split: the judge's breach.
    pub breach: Option<Breach>,
    /// In a sweep: how the rollout's execution ended badly; `None` when it did not, or was not asked for.
    pub ended_badly: Option<String>,
    /// The deployment that failed while the alias was CodeDeploy's.
    pub deployment: Option<Deployment>,
    /// When the alias has left the last good version since the rollback was told: the deployments since its beginning.
    pub since_rollback: Vec<Deployment>,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Take the rollout back.
    Begin {
        /// Whose; `None` is whatever splits the alias.
        execution: Option<String>,
        /// In a few words, for the alias.
        why: String,
        /// All that is known; `None` where the pipeline knows more than the event.
        reason: Option<String>,
    },
    /// A rollback was begun: bring it to its end, and tell people.
    Finish,
    /// It was rolled back and told, and an approval of that execution may have begun after: withdraw it. Who gets the requests.
    Withdraw(String),
    /// Something fires, but it is not a rollout's fault, or not ours to act on. It is logged, and nobody is told.
    Report(String),
    /// Nothing; why.
    Nothing(String),
}

/// Decides about a trigger.
#[must_use]
pub fn decide(trigger: &Trigger, seen: &Seen, rules: &Rules<'_>, now: DateTime<Utc>) -> Decision {
    // Whatever woke us: nothing is more urgent than a rollback, and after it little is left to do.
    if let Some(decision) = told::by_mark(trigger, seen, rules, now) {
        return decision;
    }
    match trigger {
        Trigger::Alarm(change) => by_alarm(change, &seen.alias, rules, now),
        Trigger::Execution(change) => by_execution(change, &seen.alias, rules, now),
        Trigger::Deployment(change) => by_deployment(change, seen, rules),
        Trigger::Sweep => by_sweep(seen, rules, now),
        Trigger::Person(reason) => by_person(reason, &seen.alias),
        Trigger::Unknown(what) => Decision::Nothing(what.clone()),
    }
}

/// The rollout that an alarm may still take back: split, with CodeDeploy, or promoted no longer ago than the window; and its
/// version can be the cause, because it gets requests or is about to. A release that has shifted nothing yet stands for the
/// one before, whose version customers have.
#[must_use]
pub fn in_flight<'a>(alias: &'a LiveAlias, rules: &Rules<'_>, now: DateTime<Utc>) -> Option<&'a Rollout> {
    let is_recent = |since: DateTime<Utc>| now - since <= rules.window;
    match alias.stand() {
        Stand::Promoting(rollout) => Some(rollout),
        Stand::Shifting(rollout) => Some(rollout).filter(|rollout| serves(alias, rollout)),
        Stand::Promoted(rollout) => Some(rollout)
            .filter(|rollout| serves(alias, rollout) && rollout.whole_since.is_none_or(is_recent)),
        Stand::Acquired(rollout) => Some(rollout).filter(|rollout| {
            let before = rollout.previous.as_ref();
            before.is_some_and(|before| alias.serves(&before.candidate) && is_recent(before.whole_since))
        }),
        _ => None,
    }
}

/// Whether a guard alarm fires because of the rollout in flight.
#[must_use]
pub fn is_accused(seen: &Seen, rules: &Rules<'_>, now: DateTime<Utc>) -> bool {
    let rollout = in_flight(&seen.alias, rules, now);
    rollout.is_some_and(|rollout| seen.alarms.iter().any(|alarm| accuses(alarm, rollout)))
}

/// Whether the event's deployment may be the rollout's, so that CodeDeploy must be asked what it was.
#[must_use]
pub fn may_be_promotion(change: &DeploymentChange, alias: &LiveAlias, rules: &Rules<'_>) -> bool {
    is_of_group(change, rules)
        && ["FAILURE", "STOP"].contains(&change.state.as_str())
        && matches!(alias.stand(), Stand::Promoting(_))
}

fn is_of_group(change: &DeploymentChange, rules: &Rules<'_>) -> bool {
    (&change.application, &change.group) == (&rules.group.application, &rules.group.name)
}

fn serves(alias: &LiveAlias, rollout: &Rollout) -> bool {
    rollout.candidate.as_deref().is_some_and(|candidate| alias.serves(candidate))
}

fn nothing(why: impl Into<String>) -> Decision {
    Decision::Nothing(why.into())
}

fn begin(rollout: &Rollout, why: String, reason: Option<String>) -> Decision {
    Decision::Begin { execution: Some(rollout.execution.clone()), why, reason }
}

fn by_deployment(change: &DeploymentChange, seen: &Seen, rules: &Rules<'_>) -> Decision {
    let DeploymentChange { id, state, .. } = change;
    let (true, Stand::Promoting(rollout)) =
        (may_be_promotion(change, &seen.alias, rules), seen.alias.stand())
    else {
        return nothing(format!("the deployment {id} ({state}) is no promotion that failed"));
    };
    let problem = match &seen.deployment {
        Some(found) if found.is_rollback() => return nothing(format!("{id} puts an earlier version back")),
        Some(found) if !found.description.contains(&rollout.execution) => {
            return nothing(format!("{id} is not the promotion of this rollout"));
        }
        found => found.as_ref().and_then(|found| found.problem.clone()),
    };
    let why = format!("CodeDeploy {id} {}", if state == "STOP" { "was stopped" } else { "failed" });
    let reason = problem.map_or_else(|| why.clone(), |problem| format!("{why}: {problem}"));
    begin(rollout, why, Some(reason))
}

fn by_sweep(seen: &Seen, rules: &Rules<'_>, now: DateTime<Utc>) -> Decision {
    if let Some(rollout) = in_flight(&seen.alias, rules, now) {
        let accusers: Vec<_> = seen.alarms.iter().filter(|alarm| accuses(alarm, rollout)).collect();
        if !accusers.is_empty() {
            return blame(rollout, &accusers);
        }
        if let Some(Breach { why, reason }) = &seen.breach {
            return begin(rollout, why.clone(), Some(reason.clone()));
        }
    }
    match (seen.alias.stand(), &seen.ended_badly) {
        (Stand::Shifting(rollout) | Stand::Promoting(rollout), Some(end)) => {
            begin(rollout, format!("the pipeline execution ended: {end}"), None)
        }
        (Stand::Idle, _) => nothing("no rollout"),
        _ => nothing("nothing is wrong"),
    }
}

fn by_person(reason: &str, alias: &LiveAlias) -> Decision {
    let by_hand = || (format!("by hand: {reason}"), Some(format!("by hand: {reason}")));
    match alias.stand() {
        Stand::Shifting(rollout) | Stand::Promoting(rollout) | Stand::Acquired(rollout) => {
            let (why, reason) = by_hand();
            begin(rollout, why, reason)
        }
        Stand::Promoted(rollout) if serves(alias, rollout) => {
            let (why, reason) = by_hand();
            begin(rollout, why, reason)
        }
        Stand::Foreign(_) => {
            let (why, reason) = by_hand();
            Decision::Begin { execution: None, why, reason }
        }
        Stand::Idle | Stand::Promoted(_) | Stand::RolledBack(..) => {
            nothing(format!("there is nothing to take back: {}", alias.in_words()))
        }
    }
}

#[cfg(test)]
mod tests;
