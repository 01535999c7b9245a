//! Aliases and parameters for the tests of the rules: version 7 replaces 6 in execution e-1.

use crate::parameters::Shift;
use chrono::{DateTime, TimeDelta, Utc};
use guard::Alarm;
use release::{LiveAlias, Rollout, Split};

pub(crate) fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_428_900, 0).unwrap() + TimeDelta::minutes(minutes)
}

#[expect(clippy::unnecessary_wraps, reason = "an alias may have none")]
pub(crate) fn split(canary_percent: f64) -> Option<Split> {
    Some(Split { stable: String::new(), canary: "7".to_owned(), canary_percent })
}

pub(crate) fn alias(version: &str, split: Option<Split>, rollout: Option<Rollout>) -> LiveAlias {
    let split = split.map(|split| Split { stable: version.to_owned(), ..split });
    LiveAlias { version: version.to_owned(), split, rollout, revision: None }
}

pub(crate) fn rollout() -> Rollout {
    let (candidate, stable) = (Some("7".to_owned()), Some("6".to_owned()));
    Rollout { candidate, stable, ..Rollout::of("e-1") }
}

pub(crate) fn shifting(step: u8) -> Rollout {
    Rollout { step: Some(step), split_since: Some(at(0)), ..rollout() }
}

pub(crate) fn promoting() -> Rollout {
    Rollout { promoting_since: Some(at(30)), ..shifting(1) }
}

pub(crate) fn promoted() -> Rollout {
    Rollout { whole_since: Some(at(31)), ..shifting(1) }
}

pub(crate) fn back() -> Rollout {
    shifting(1).taken_back("breach: errors 6/60", at(5))
}

pub(crate) fn wanted(step: u8) -> Shift {
    Shift {
        execution: "e-1".to_owned(),
        function: "manuel-backend".to_owned(),
        alias: "live".to_owned(),
        candidate: "7".to_owned(),
        step,
        percent: 10.0,
        bake_minutes: 15,
        max_bake_minutes: 30,
        hotfix: false,
    }
}

pub(crate) fn alarm(name: &str, firing_since: Option<DateTime<Utc>>) -> Alarm {
    Alarm {
        name: name.to_owned(),
        firing: firing_since.is_some(),
        since: firing_since,
        reason: "too many".to_owned(),
    }
}
