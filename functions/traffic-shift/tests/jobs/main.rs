//! The handler with real SDK clients against the local AWS: jobs of a running pipeline, an alias with two versions, a
//! deployment group.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "set-up outside the test functions")]
#![expect(clippy::panic, reason = "a test that waits in vain must end")]

mod acquire;
mod between;
mod further_step;
mod handle;
mod promote;
mod shift;
mod stage;
mod watch;
