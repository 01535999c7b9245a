//! After a rollback was begun: finishing it, and what may come after people were told.

use super::{Decision, Rules, Seen, begin, is_of_group, nothing};
use crate::trigger::{ExecutionChange, Part, Trigger};
use chrono::{DateTime, TimeDelta, Utc};
use release::{BY_HAND, Deployment, LiveAlias, Notice, RollbackMark, Rollout, Stand, Status};

/// For so long after a rollback the sweep looks for approvals that began after it: the stage that runs in its moment may end
/// well, and the next one asks for one.
const LATE_APPROVALS: TimeDelta = TimeDelta::minutes(30);

/// Whether this trigger must find out who has moved the alias away from the last good version since the rollback was told.
/// Only in that rare state are CodeDeploy's deployments asked for.
#[must_use]
pub fn looks_for_mover<'a>(
    trigger: &Trigger,
    alias: &'a LiveAlias,
    rules: &Rules<'_>,
) -> Option<&'a RollbackMark> {
    let looks = match trigger {
        Trigger::Sweep => true,
        Trigger::Deployment(change) => is_of_group(change, rules),
        _ => false,
    };
    alias.rollout.as_ref()?.rollback.as_ref().filter(|_| looks && alias.is_astray())
}

/// What a rollback that was begun asks for; `None` when there is none, or when only the other rules say what to do.
pub(super) fn by_mark(
    trigger: &Trigger,
    seen: &Seen,
    rules: &Rules<'_>,
    now: DateTime<Utc>,
) -> Option<Decision> {
    let rollout = seen.alias.rollout.as_ref()?;
    let mark = rollout.rollback.as_ref()?;
    if mark.notice != Some(Notice::Sent) {
        return Some(Decision::Finish);
    }
    if looks_for_mover(trigger, &seen.alias, rules).is_some()
        && let Some(mover) = mover(rollout, mark, &seen.since_rollback)
        && let Some(decision) = again(rollout, mover, &seen.alias)
    {
        return Some(decision);
    }
    let whole = matches!(seen.alias.stand(), Stand::RolledBack(..));
    match trigger {
        // A split is taken back as whoever's it is, and a whole alias as this rollout's.
        Trigger::Person(reason) if whole && seen.alias.is_astray() => {
            let why = format!("by hand: {reason}");
            Some(begin(rollout, why.clone(), Some(why)))
        }
        _ if has_late_approvals(trigger, rollout, mark, now) => Some(Decision::Withdraw(before(seen))),
        // The rollout's own promotion may have been started in the moment of its rollback.
        Trigger::Deployment(change) if whole && is_of_group(change, rules) && change.state == "START" => {
            Some(Decision::Finish)
        }
        _ => whole.then(|| nothing(before(seen))),
    }
}

fn before(seen: &Seen) -> String {
    let words = seen.alias.in_words();
    if seen.alias.is_astray() {
        return format!("rolled back before, and moved since by somebody's decision: {words}");
    }
    format!("rolled back before: {words}")
}

/// Approvals of an execution that was rolled back wait for nobody; a rollback by hand has no execution.
fn has_late_approvals(trigger: &Trigger, rollout: &Rollout, mark: &RollbackMark, now: DateTime<Utc>) -> bool {
    let may = match trigger {
        Trigger::Sweep => now - mark.at <= LATE_APPROVALS,
        Trigger::Execution(ExecutionChange { execution, part: Part::Approval(_), state, .. }) => {
            state == "STARTED" && *execution == rollout.execution
        }
        _ => false,
    };
    may && rollout.execution != BY_HAND
}

/// The deployment that moved the alias last since the rollback was begun, when it is the rollout's own promotion or CodeDeploy's
/// own rollback: nobody decided that. A deployment that ended before moved nothing since; a person's that failed neither.
fn mover<'a>(rollout: &Rollout, mark: &RollbackMark, found: &'a [Deployment]) -> Option<&'a Deployment> {
    let nobodys = |d: &Deployment| rollout.is_promotion(d) || d.creator == "codeDeployRollback";
    let moved = found.iter().filter(|d| d.ended_at.is_none_or(|ended| ended >= mark.at));
    let moved = moved.filter(|d| nobodys(d) || d.status != Status::Failed);
    // One that has not ended is the last.
    let last = moved.max_by_key(|d| d.ended_at.unwrap_or(DateTime::<Utc>::MAX_UTC));
    last.filter(|d| nobodys(d))
}

/// A split after the rollback was told counts as whoever's it is (`release`): only the rollout's own promotion is taken for
/// what it is, and CodeDeploy's rollback is let go on.
fn again(rollout: &Rollout, mover: &Deployment, alias: &LiveAlias) -> Option<Decision> {
    let why = format!("moved again by CodeDeploy {}", mover.id);
    let reason = Some(format!("{why}: {}", alias.in_words()));
    match alias.stand() {
        Stand::Foreign(_) if rollout.is_promotion(mover) => {
            Some(Decision::Begin { execution: None, why, reason })
        }
        Stand::Foreign(_) => None,
        _ => Some(begin(rollout, why, reason)),
    }
}
