//! The handler with real SDK clients against the local AWS.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "set-up outside the test functions"
)]

mod again;
mod cascade;
mod events;
mod person;
mod promoted;
mod rollouts;
mod shifting;
mod stage;
mod sweep;
mod troubles;
