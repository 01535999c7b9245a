//! The one answer of every run, and telling CodePipeline.

use crate::decide::Refusal;
use crate::evidence::{Variables, shortened};
use crate::token::Token;
use aws_sdk_codepipeline::Client;
use aws_sdk_codepipeline::error::ProvideErrorMetadata;
use aws_sdk_codepipeline::types::{ExecutionDetails, FailureDetails, FailureType};
use std::error::Error;

/// Longest summary and failure message (CodePipeline API reference).
const LONGEST_SUMMARY: usize = 2_048;
const LONGEST_MESSAGE: usize = 5_000;

/// What becomes of the action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is not done: call again.
    Continue {
        /// One line for the console.
        summary: String,
        /// 0 to 100.
        percent_complete: u8,
    },
    /// It succeeded.
    Done {
        /// One line for the console.
        summary: String,
        /// For the approval after it.
        variables: Variables,
    },
    /// It failed, and with it its stage.
    Failed {
        /// Why, and what to do.
        message: String,
        /// Whether somebody must correct a setting.
        is_configuration: bool,
    },
}

impl Answer {
    pub(crate) fn wait(summary: impl Into<String>) -> Self {
        Self::Continue { summary: summary.into(), percent_complete: 0 }
    }

    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::Failed { message: message.into(), is_configuration: false }
    }

    pub(crate) fn misconfigured(message: impl Into<String>) -> Self {
        Self::Failed { message: message.into(), is_configuration: true }
    }

    /// `continue`, `done` or `failed`.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Continue { .. } => "continue",
            Self::Done { .. } => "done",
            Self::Failed { .. } => "failed",
        }
    }

    /// Its line.
    #[must_use]
    pub fn line(&self) -> &str {
        match self {
            Self::Continue { summary, .. } | Self::Done { summary, .. } => summary,
            Self::Failed { message, .. } => message,
        }
    }
}

impl From<Refusal> for Answer {
    fn from(Refusal { is_configuration, message }: Refusal) -> Self {
        Self::Failed { message, is_configuration }
    }
}

/// CodePipeline did not take the answer. The job stays open, and Lambda calls again with the same one.
#[derive(Debug, thiserror::Error)]
#[error("CodePipeline did not take the answer ({0} failed)")]
pub struct AnswerError(&'static str, #[source] Box<dyn Error + Send + Sync>);

/// What became of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// CodePipeline took it.
    Taken,
    /// The job had one before: by an earlier delivery of the same event.
    Late,
}

/// Answers the job.
///
/// # Errors
/// When CodePipeline does not take the answer, but for a job that has one.
pub(crate) async fn send(
    client: &Client,
    job: &str,
    answer: &Answer,
    token: &Token,
) -> Result<Delivery, AnswerError> {
    let sent = match answer {
        Answer::Failed { message, is_configuration } => fail(client, job, message, *is_configuration).await,
        Answer::Continue { summary, percent_complete } => {
            let text = token.write().map_err(|error| AnswerError("writing the token", Box::new(error)))?;
            let details = details(summary, *percent_complete);
            let call = client.put_job_success_result().job_id(job).continuation_token(text);
            taken("codepipeline:PutJobSuccessResult", call.execution_details(details).send().await)
        }
        Answer::Done { summary, variables } => {
            let mut call = client.put_job_success_result().job_id(job);
            call = call.execution_details(details(summary, 100));
            for (name, value) in variables.iter() {
                call = call.output_variables(name, value);
            }
            taken("codepipeline:PutJobSuccessResult", call.send().await)
        }
    };
    sent.map(|is_first| if is_first { Delivery::Taken } else { Delivery::Late })
}

async fn fail(
    client: &Client,
    job: &str,
    message: &str,
    is_configuration: bool,
) -> Result<bool, AnswerError> {
    let kind = if is_configuration { FailureType::ConfigurationError } else { FailureType::JobFailed };
    let details = FailureDetails::builder().r#type(kind).message(line(message, LONGEST_MESSAGE)).build();
    let details = details.map_err(|error| AnswerError("writing the failure", Box::new(error)))?;
    let call = client.put_job_failure_result().job_id(job).failure_details(details);
    taken("codepipeline:PutJobFailureResult", call.send().await)
}

fn details(summary: &str, percent_complete: u8) -> ExecutionDetails {
    let details = ExecutionDetails::builder().summary(line(summary, LONGEST_SUMMARY));
    details.percent_complete(percent_complete.into()).build()
}

/// CodePipeline refuses an empty line.
fn line(text: &str, most: usize) -> String {
    if text.is_empty() { "no reason given".to_owned() } else { shortened(text, most) }
}

/// False when the job had an answer before.
fn taken<T, E>(operation: &'static str, result: Result<T, E>) -> Result<bool, AnswerError>
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    match result {
        Ok(_) => Ok(true),
        Err(error) if matches!(error.code(), Some("InvalidJobStateException" | "JobNotFoundException")) => {
            Ok(false)
        }
        Err(error) => Err(AnswerError(operation, Box::new(error))),
    }
}
