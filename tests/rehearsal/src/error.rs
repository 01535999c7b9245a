//! Why a rehearsal could not be played to its end; a release that goes wrong is no error but a result.

use std::path::PathBuf;

use aws_sdk_lambda::error::{DisplayErrorContext, SdkError};

/// What stopped the rehearsal.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RehearsalError {
    /// No such scenario; the message lists those that exist.
    #[error("there is no scenario {name:?}; choose one of: {known}")]
    UnknownScenario { name: String, known: String },
    /// The functions could not be built.
    #[error(transparent)]
    Program(#[from] twin::programs::ProgramError),
    /// The twin could not take a port.
    #[error("the local AWS cannot start: {0}")]
    Twin(#[from] std::io::Error),
    /// The SDK clients could not be built.
    #[error(transparent)]
    Clients(#[from] aws::AwsError),
    /// An AWS call failed.
    #[error("an AWS call failed: {}", DisplayErrorContext(&**.0))]
    Aws(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The twin itself refused.
    #[error("twin: {0}")]
    Api(#[from] twin::ApiError),
    /// An answer lacks what AWS always sends.
    #[error("{0}")]
    Incomplete(&'static str),
    /// A template could not be resolved.
    #[error(transparent)]
    Template(#[from] stack::StackError),
    /// The parameters of an action of the pipeline could not be read.
    #[error("the UserParameters of an action are no JSON: {0}")]
    Definition(#[source] serde_json::Error),
    /// The criteria of the template could not be read.
    #[error("the default of the parameter Criteria is no JSON: {0}")]
    Criteria(#[source] serde_json::Error),
    /// The local AWS refused what comes out of a template.
    #[error("{operation}: {answer}")]
    Refused { operation: String, answer: String },
    /// The smoke test of a stack update, or an alarm, stopped the deployment of the alias `candidate`.
    #[error("the new version was not accepted: {0}")]
    CandidateRefused(String),
    /// The report could not be drawn.
    #[error("the report cannot be drawn: {0}")]
    Report(#[from] askama::Error),
    /// The report could not be written.
    #[error("the report cannot be written to {path}: {source}")]
    Write {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
}

impl<E, R> From<SdkError<E, R>> for RehearsalError
where
    E: std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    fn from(error: SdkError<E, R>) -> Self {
        Self::Aws(Box::new(error))
    }
}
