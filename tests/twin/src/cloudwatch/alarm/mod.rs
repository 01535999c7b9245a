//! Alarms: definitions, the rule, states and their history.
//!
//! Not here: anomaly detection, high resolution, PromQL and log alarms. Actions (SNS and others) are stored and shown but
//! not performed: the caller gets each transition instead.

mod cascade;
mod common;
mod composite;
mod condition;
pub(super) mod decide;
pub(super) mod definition;
pub(super) mod describe;
pub(super) mod evaluate;
pub(super) mod history;
mod lists;
mod reason;
pub(super) mod registry;
mod watched;

#[cfg(test)]
mod condition_tests;
#[cfg(test)]
mod tests;
