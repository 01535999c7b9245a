//! The live alias as one model: what it is split between, and since when. Read from Lambda alone, no state of our own
//! that could disagree.

mod alias;
mod rollout;

pub use alias::{LiveAlias, ReadAliasError, Split};
pub use rollout::Rollout;
