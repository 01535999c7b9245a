//! Is a rollout in flight, and is this its fault? Pure.

use crate::trigger::{AlarmChange, DeploymentChange, ExecutionChange, Part, Trigger};
use crate::verdict::Breach;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use guard::Alarm;
use release::{Deployment, Group, LiveAlias, Notice, Rollout, Stand};

/// What does not change from event to event.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// Only these alarms take a rollout back.
    pub guard_alarms: &'a [String],
    /// Only this group's deployments count.
    pub group: &'a Group,
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
    /// Something fires, but it is not a rollout's fault, or not ours to act on.
    Report(String),
    /// Nothing; why.
    Nothing(String),
}

/// Decides about a trigger.
#[must_use]
pub fn decide(trigger: &Trigger, seen: &Seen, rules: &Rules<'_>, now: DateTime<Utc>) -> Decision {
    if let Stand::RolledBack(_, mark) = seen.alias.stand() {
        // Whatever woke us: nothing is more urgent, and nothing else is left to do.
        return match mark.notice {
            // The rollout's own promotion may have been started in the moment of its rollback.
            Some(Notice::Sent) if starts_deployment(trigger, rules) => Decision::Finish,
            Some(Notice::Sent) => nothing(format!("rolled back before: {}", seen.alias.in_words())),
            _ => Decision::Finish,
        };
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
/// version can be the cause, because it gets requests or is about to.
#[must_use]
pub fn in_flight<'a>(alias: &'a LiveAlias, rules: &Rules<'_>, now: DateTime<Utc>) -> Option<&'a Rollout> {
    match alias.stand() {
        Stand::Promoting(rollout) => Some(rollout),
        Stand::Shifting(rollout) => Some(rollout).filter(|rollout| serves(alias, rollout)),
        Stand::Promoted(rollout) => {
            Some(rollout).filter(|rollout| serves(alias, rollout) && is_recent(rollout, rules, now))
        }
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
    let ours = (&change.application, &change.group) == (&rules.group.application, &rules.group.name);
    ours && ["FAILURE", "STOP"].contains(&change.state.as_str())
        && matches!(alias.stand(), Stand::Promoting(_))
}

fn starts_deployment(trigger: &Trigger, rules: &Rules<'_>) -> bool {
    let ours = |change: &DeploymentChange| {
        (&change.application, &change.group) == (&rules.group.application, &rules.group.name)
    };
    matches!(trigger, Trigger::Deployment(change) if ours(change) && change.state == "START")
}

fn serves(alias: &LiveAlias, rollout: &Rollout) -> bool {
    rollout.candidate.as_deref().is_some_and(|candidate| alias.serves(candidate))
}

fn is_recent(rollout: &Rollout, rules: &Rules<'_>, now: DateTime<Utc>) -> bool {
    rollout.whole_since.is_none_or(|since| now - since <= rules.window)
}

fn nothing(why: impl Into<String>) -> Decision {
    Decision::Nothing(why.into())
}

fn begin(rollout: &Rollout, why: String, reason: Option<String>) -> Decision {
    Decision::Begin { execution: Some(rollout.execution.clone()), why, reason }
}

fn by_alarm(change: &AlarmChange, alias: &LiveAlias, rules: &Rules<'_>, now: DateTime<Utc>) -> Decision {
    let AlarmChange { name, state, since, reason } = change;
    if state != "ALARM" {
        return nothing(format!("the alarm {name} is in {state}"));
    }
    if !rules.guard_alarms.contains(name) {
        return nothing(format!("the alarm {name} guards no rollout"));
    }
    match alias.stand() {
        Stand::Foreign(_) => {
            return Decision::Report(format!(
                "the alarm {name} fires, and the split is nobody's rollout: CodeDeploy's own alarms act"
            ));
        }
        Stand::Acquired(_) => {
            return Decision::Report(format!(
                "the alarm {name} fires, and the new version got no traffic yet"
            ));
        }
        _ => {}
    }
    let Some(rollout) = in_flight(alias, rules, now) else {
        return nothing(format!("the alarm {name} fires, and no rollout is in flight"));
    };
    let alarm = Alarm { name: name.clone(), firing: true, since: *since, reason: reason.clone() };
    if accuses(&alarm, rollout) {
        return blame(rollout, &[&alarm]);
    }
    Decision::Report(format!("the alarm {name} fired before the new version got traffic"))
}

/// A rollout in flight always says since when its version serves; should it not, the alarm is blamed on it.
fn accuses(alarm: &Alarm, rollout: &Rollout) -> bool {
    rollout.served_since().map_or(alarm.firing, |since| alarm.accuses(since))
}

fn blame(rollout: &Rollout, alarms: &[&Alarm]) -> Decision {
    let names: Vec<_> = alarms.iter().map(|alarm| alarm.name.as_str()).collect();
    let (noun, verb) = if names.len() == 1 { ("alarm", "fires") } else { ("alarms", "fire") };
    let told = alarms.iter().map(|Alarm { name, since, reason, .. }| {
        let since =
            since.map_or("an unknown date".to_owned(), |at| at.to_rfc3339_opts(SecondsFormat::Secs, true));
        format!("alarm {name} fires since {since}: {reason}")
    });
    let reason = told.collect::<Vec<_>>().join("; ");
    begin(rollout, format!("{noun} {} {verb}", names.join(", ")), Some(reason))
}

/// `ABANDONED`: an action whose execution was stopped without waiting for it.
fn is_bad_end(state: &str) -> bool {
    ["FAILED", "STOPPED", "CANCELED", "ABANDONED", "SUPERSEDED"].contains(&state)
}

fn by_execution(
    change: &ExecutionChange,
    alias: &LiveAlias,
    rules: &Rules<'_>,
    now: DateTime<Utc>,
) -> Decision {
    let ExecutionChange { execution, part, state, summary, at } = change;
    let rollout = match alias.stand() {
        Stand::Shifting(rollout) | Stand::Promoting(rollout) | Stand::Promoted(rollout) => rollout,
        Stand::Acquired(rollout) if rollout.execution == *execution => {
            return nothing("the new version got no traffic");
        }
        _ => return nothing("no rollout is in flight"),
    };
    if rollout.execution != *execution {
        return nothing("it is of another execution than the rollout");
    }
    if !is_bad_end(state) {
        return nothing(format!("{state} is no failure"));
    }
    // A stage that failed before the first shift and was tried again; its event is late, or comes twice.
    if at.zip(rollout.served_since()).is_some_and(|(at, since)| at < since) {
        return nothing("it failed before the new version got traffic, and went on");
    }
    if matches!(alias.stand(), Stand::Promoted(_)) {
        if matches!(part, Part::Approval(_)) {
            return nothing("the rollout is past its approvals");
        }
        if in_flight(alias, rules, now).is_none() {
            return nothing("the rollout ended longer ago than the window");
        }
    }
    let state = state.to_lowercase();
    let told = summary.as_deref().map(|summary| format!(": {summary}")).unwrap_or_default();
    match part {
        Part::Approval(name) => {
            let why = format!("approval {name} {state}");
            begin(rollout, why.clone(), Some(format!("{why}{told}")))
        }
        Part::Action(name) => begin(rollout, format!("action {name} {state}{told}"), None),
        Part::Stage(name) => begin(rollout, format!("stage {name} {state}"), None),
        Part::Pipeline => begin(rollout, format!("the pipeline execution {state}"), None),
    }
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
