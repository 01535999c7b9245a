//! The rule: from the data points of the evaluation range to a state.
//!
//! M of the N most recent data points must breach (A). When data are missing CloudWatch looks further back, over an
//! *evaluation range* longer than N; how much longer is documented only by examples with N = 3 and a range of 5 (A).
//! Here the range is N + 2 for every N and period (C): a single bad minute followed by silence therefore keeps a
//! 1-of-1 alarm in ALARM for three minutes.
//!
//! With at least N real data points in the range the treatment of missing data plays no part. With fewer, the gaps up
//! to N count as the treatment says, every real point takes part, and as few gaps as possible are filled (A):
//! - `breaching`, `notBreaching`: the gaps count as such.
//! - `missing`: no real point at all is INSUFFICIENT_DATA. Otherwise real points decide, with one exception: when
//!   every real point breaches and the oldest is at least M periods old, the state is ALARM (A, "premature alarm").
//! - `ignore`: as `missing`, but where that would not be certain (no real point, or only breaching ones, fewer than
//!   M) the state stays as it is (A, from the tables).

use super::definition::{Comparison, MissingData, Rule};

/// The state of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AlarmState {
    /// Within the threshold.
    Ok,
    /// Beyond the threshold.
    Alarm,
    /// Just created, or without data.
    InsufficientData,
}

impl AlarmState {
    /// The state's name in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }
}

/// What one evaluation found. `state` is `None` where the alarm keeps the state it has.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Verdict {
    pub(super) state: Option<AlarmState>,
    /// The real data points that took part, as indices into the range, oldest first.
    pub(super) used: Vec<usize>,
    /// How many of them breach.
    pub(super) breaching: usize,
    /// How many gaps were filled.
    pub(super) filled: usize,
}

/// The periods that are looked at when data are missing.
pub(super) fn evaluation_range(evaluation_periods: usize) -> usize {
    evaluation_periods.saturating_add(2)
}

/// Whether one value is beyond the threshold.
pub(super) fn breaches(rule: &Rule, value: f64) -> bool {
    match rule.comparison {
        Comparison::GreaterOrEqual => value >= rule.threshold,
        Comparison::Greater => value > rule.threshold,
        Comparison::Less => value < rule.threshold,
        Comparison::LessOrEqual => value <= rule.threshold,
    }
}

/// Judges the data points of the evaluation range, oldest first; `None` is a period without data.
pub(super) fn decide(datapoints: &[Option<f64>], rule: &Rule) -> Verdict {
    let mut real: Vec<(usize, bool)> = Vec::new();
    for (index, value) in datapoints.iter().enumerate() {
        real.extend(value.map(|value| (index, breaches(rule, value))));
    }
    // Older real points only stand in for missing ones.
    let surplus = real.len().saturating_sub(rule.evaluation_periods);
    let recent = real.split_off(surplus);
    let breaching = recent.iter().filter(|(_, breaching)| *breaching).count();
    let filled = rule.evaluation_periods - recent.len();
    let oldest_age = recent.first().map(|(index, _)| datapoints.len() - index);
    let state = judge(rule, recent.len(), breaching, filled, oldest_age);
    Verdict { state, used: recent.into_iter().map(|(index, _)| index).collect(), breaching, filled }
}

/// `oldest_age` is 1 for the most recent period.
fn judge(
    rule: &Rule,
    real: usize,
    breaching: usize,
    filled: usize,
    oldest_age: Option<usize>,
) -> Option<AlarmState> {
    let needed = rule.datapoints_to_alarm;
    let assumed = if rule.missing_data == MissingData::Breaching { filled } else { 0 };
    if breaching + assumed >= needed {
        return Some(AlarmState::Alarm);
    }
    // Fewer than M breach for certain, and no real point says that all is well.
    let only_bad = breaching == real && filled > 0;
    match (rule.missing_data, oldest_age) {
        (MissingData::Missing, None) => Some(AlarmState::InsufficientData),
        (MissingData::Missing, Some(age)) if only_bad && age >= needed => Some(AlarmState::Alarm),
        (MissingData::Ignore, _) if only_bad => None,
        _ => Some(AlarmState::Ok),
    }
}
