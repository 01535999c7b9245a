//! Metrics: their identity, the values recorded for them and the statistics of those.
//!
//! Kept at the resolution of one minute, for as long as the twin runs. CloudWatch keeps one-minute data for 15 days
//! (A); sub-minute resolution (`StorageResolution: 1`) is accepted and kept by the minute.

pub(super) mod datum;
pub(super) mod distribution;
pub(super) mod key;
pub(super) mod statistic;
pub(super) mod store;

#[cfg(test)]
mod tests;
