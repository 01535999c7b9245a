//! A gated release goes wrong at every single call. The functions that move customers run in this process, against the local
//! AWS; one of their calls is struck (throttled, refused by a server error, its answer lost, the function dead after it), and
//! then the release, the repetitions of Lambda and the sweep of `alarm-rollback` go on as in AWS. Whatever was struck,
//! customers end on one version, the right one, and AWS, the alias and people agree on it ([`ending`]).
//!
//! - [`world`]: the local AWS with everything that a release needs.
//! - [`story`]: the releases, each with what people do in it.
//! - [`ending`]: what must be true when all is over.

#![expect(clippy::unwrap_used, reason = "test code: a world that cannot be set up must end")]
#![expect(clippy::indexing_slicing, reason = "of JSON values, where what is absent is null")]

pub mod ending;
mod functions;
pub mod pipeline;
pub mod story;
pub mod world;
