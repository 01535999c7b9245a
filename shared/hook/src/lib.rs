//! A CodeDeploy lifecycle hook that always answers.
//!
//! - **Trigger**: CodeDeploy invokes the hook's function asynchronously, with a deployment id and an opaque execution id.
//! - **Effect**: `PutLifecycleEventHookExecutionStatus` with `Succeeded` or `Failed`; nothing else is accepted.
//! - **On failure**: whatever keeps the check from its verdict (an error, a panic, the time) becomes `Failed` with the
//!   reason, well before Lambda ends the invocation. Only an answer that cannot be delivered is an error of the
//!   function ([`HookError`]).
//!
//! Why so much care: CodeDeploy does not look at the invocation's result. A hook that ends without an answer leaves the
//! deployment (and the stack update above it) waiting for an hour before it fails. Source: AWS CodeDeploy user guide,
//! "AppSpec 'hooks' section for an AWS Lambda deployment".
//!
//! Two limits of what [`Hook::answer`] can promise: a check that blocks its thread cannot be interrupted (the checks
//! here only wait for AWS), and a panic is caught only where panics unwind (the release profile says so).

mod answer;
mod deployment;
mod error;
mod event;
mod outcome;
mod report;
mod settings;
mod timetable;

pub use answer::Hook;
pub use aws::chain;
pub use deployment::{Deployment, LifecycleStep, ObserveError, ROLLBACK_DESCRIPTION, Target};
pub use error::HookError;
pub use event::{EventProblem, HookEvent};
pub use outcome::{Delivery, Outcome, Verdict};
pub use settings::{ANSWER_RESERVE_SECONDS, ReserveError, answer_reserve, connect};
pub use timetable::{DEFAULT_RESERVE, Timetable};
