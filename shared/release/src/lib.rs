//! The live alias as one model: where a release stands, how it is changed, and the way back.
//!
//! Everything is read from Lambda and CodeDeploy; what they have no place for (whose rollout it is, the last good version,
//! whether it was taken back) stands in the alias's Description ([`Rollout`]). So there is no state of our own that could
//! disagree with AWS, and whoever looks at the alias sees it.
//!
//! - [`LiveAlias`], [`Stand`]: where the release stands.
//! - [`Live::change`]: every change is decided on what was read, guarded by its RevisionId, and verified by reading back.
//! - [`Live::promote`], [`Live::deployments`]: CodeDeploy's part, the last step.
//! - [`Live::begin_rollback`], [`Live::drive_back`]: the way back. It is driven by what is found and not by what was done
//!   before, so that it may be called by anybody, at once, and again after any failure.
//! - [`Live::claim_notice`]: who tells people about it.

mod alias;
mod deployments;
mod error;
mod live;
mod rollback;
mod rollout;
mod start;

pub use alias::{LiveAlias, ReadAliasError, Split, Stand};
pub use deployments::{Deployment, Status, Which};
pub use error::ReleaseError;
pub use live::{Change, Group, Live, Place, PlaceError, Traffic};
pub use rollback::{Begun, Claim, Progress};
pub use rollout::{BY_HAND, Notice, Previous, RollbackMark, Rollout};
pub use start::{Promotion, Started};
