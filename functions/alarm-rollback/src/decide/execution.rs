//! Changes of a pipeline execution.

use super::{Decision, Rules, begin, in_flight, nothing};
use crate::trigger::{ExecutionChange, Part};
use chrono::{DateTime, Utc};
use release::{LiveAlias, Stand};

/// `ABANDONED`: an action whose execution was stopped without waiting for it.
fn is_bad_end(state: &str) -> bool {
    ["FAILED", "STOPPED", "CANCELED", "ABANDONED", "SUPERSEDED"].contains(&state)
}

pub(super) fn by_execution(
    change: &ExecutionChange,
    alias: &LiveAlias,
    rules: &Rules<'_>,
    now: DateTime<Utc>,
) -> Decision {
    let ExecutionChange { execution, part, state, summary, at, .. } = change;
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
        if let Some(why) = irrelevant_after_promotion(change, rules) {
            return nothing(why);
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

/// After its promotion a version is judged by the stage that promotes and watches. What comes after is about something else: a
/// later test stage or approval, and the execution that fails with them.
fn irrelevant_after_promotion(change: &ExecutionChange, rules: &Rules<'_>) -> Option<String> {
    match (&change.part, &change.stage) {
        (Part::Approval(_), _) => Some("the rollout is past its approvals".to_owned()),
        (Part::Pipeline, _) => Some("after the promotion only its own stages count".to_owned()),
        (_, Some(stage)) if rules.rollout_stages.contains(stage) => None,
        (_, stage) => {
            let stage = stage.as_deref().unwrap_or("of an unknown name");
            Some(format!("after the promotion the stage {stage} does not count"))
        }
    }
}
