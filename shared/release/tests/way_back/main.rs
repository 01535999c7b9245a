//! The alias, its changes and the way back, with real SDK clients against the local AWS.
#![expect(clippy::unwrap_used, reason = "set-up outside the test functions")]

mod back;
mod changes;
mod stage;
