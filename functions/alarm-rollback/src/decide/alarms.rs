//! Alarms, whether an event or the sweep tells of them.

use super::{Decision, Rules, begin, in_flight, nothing};
use crate::trigger::AlarmChange;
use chrono::{DateTime, SecondsFormat, Utc};
use guard::Alarm;
use release::{LiveAlias, Rollout, Stand};

/// The event is taken at its word: when it arrives the alarm may be over, and customers have met the fault all the same.
pub(super) fn by_alarm(
    change: &AlarmChange,
    alias: &LiveAlias,
    rules: &Rules<'_>,
    now: DateTime<Utc>,
) -> Decision {
    let AlarmChange { name, state, since, reason } = change;
    if state != "ALARM" {
        return nothing(format!("the alarm {name} is in {state}"));
    }
    if !rules.guard_alarms.contains(name) {
        return nothing(format!("the alarm {name} guards no rollout"));
    }
    let Some(rollout) = in_flight(alias, rules, now) else {
        return match alias.stand() {
            Stand::Foreign(_) => Decision::Report(format!(
                "the alarm {name} fires, and the split is nobody's rollout: CodeDeploy's own alarms act"
            )),
            Stand::Acquired(_) => {
                Decision::Report(format!("the alarm {name} fires, and the new version got no traffic yet"))
            }
            _ => nothing(format!("the alarm {name} fires, and no rollout is in flight")),
        };
    };
    let alarm = Alarm { name: name.clone(), firing: true, since: *since, reason: reason.clone() };
    if accuses(&alarm, rollout) {
        return blame(rollout, &[&alarm]);
    }
    Decision::Report(format!("the alarm {name} fired before the new version got traffic"))
}

/// A rollout in flight always says since when its version serves, or that of the release before; should it not, the alarm is
/// blamed on it.
pub(super) fn accuses(alarm: &Alarm, rollout: &Rollout) -> bool {
    let before = || rollout.previous.as_ref().map(|previous| previous.whole_since);
    rollout.served_since().or_else(before).map_or(alarm.firing, |since| alarm.accuses(since))
}

pub(super) fn blame(rollout: &Rollout, alarms: &[&Alarm]) -> Decision {
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
