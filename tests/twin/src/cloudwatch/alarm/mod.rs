//! Alarms: definitions, the rule, states and their history.
//!
//! Not here: anomaly detection, high resolution, PromQL and log alarms. Actions are not performed here: the caller
//! gets each transition, with what is to be told and to whom.

mod cascade;
mod common;
mod composite;
mod condition;
pub(super) mod decide;
pub(super) mod definition;
pub(super) mod describe;
pub(super) mod evaluate;
mod event;
pub(super) mod history;
mod lists;
pub(super) mod notification;
mod reason;
pub(super) mod registry;
mod watched;

#[cfg(test)]
mod condition_tests;
#[cfg(test)]
mod tests;
