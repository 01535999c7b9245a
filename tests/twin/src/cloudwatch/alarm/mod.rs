//! Metric alarms on one metric: definitions, the rule, states and their history.
//!
//! Not here yet: alarms on metric math, composite alarms, anomaly detection, high resolution, `SetAlarmState`. Actions
//! (SNS and others) are stored and shown but not performed: the caller gets each transition instead.

pub(super) mod decide;
pub(super) mod definition;
pub(super) mod describe;
pub(super) mod evaluate;
pub(super) mod history;
mod reason;
pub(super) mod registry;

#[cfg(test)]
mod tests;
