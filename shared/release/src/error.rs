//! Why the release cannot be observed or changed.

use crate::ReadAliasError;
use std::error::Error;

/// Nothing was changed unless the message says so; the caller may try again, because every change is idempotent.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// See its source.
    #[error(transparent)]
    Alias(#[from] ReadAliasError),
    /// Allow the operation, or look at the cause.
    #[error("{0} failed")]
    Call(&'static str, #[source] Box<dyn Error + Send + Sync>),
    /// Lambda always answers one.
    #[error("the alias {0} was read without its RevisionId, and is not changed without that guard")]
    NoRevision(String),
    /// Somebody else changed the alias between reading and updating.
    #[error("the alias was changed by somebody else at the same time")]
    Outrun,
    /// Find out who else changes the alias.
    #[error("the alias {0} was changed by others {1} times in a row while it was to be updated")]
    Contended(String, usize),
    /// CodeDeploy left something out of its answer.
    #[error("{0} answered without {1}")]
    Incomplete(&'static str, &'static str),
    /// The description of the alias could not be written.
    #[error("the rollout cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    /// The way back has more turns than it can have.
    #[error("the way back to version {stable} did not come to an end: {alias}")]
    Endless {
        /// Where it should lead.
        stable: String,
        /// Who gets the requests.
        alias: String,
    },
}

impl ReleaseError {
    pub(crate) fn call(operation: &'static str, error: impl Error + Send + Sync + 'static) -> Self {
        Self::Call(operation, Box::new(error))
    }
}
