//! A version's configuration: for the checks before a shift, and for what its requests cost.

use crate::WorkError;
use crate::decide::{Found, Version};
use aws_sdk_lambda::Client;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;

/// A version as Lambda describes it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Described {
    /// What the checks look at.
    pub(crate) version: Version,
    memory_mb: Option<u32>,
    architecture: Option<String>,
}

impl Described {
    /// Architecture and memory in MB, where Lambda says both.
    pub(crate) fn size(&self) -> Option<(&str, u32)> {
        Some((self.architecture.as_deref()?, self.memory_mb?))
    }
}

/// Reads a version; one that does not exist is an answer and no error.
///
/// # Errors
/// When Lambda does not answer.
pub(crate) async fn read(client: &Client, function: &str, number: &str) -> Result<Described, WorkError> {
    let version = |found| Version { number: number.to_owned(), found };
    match client.get_function_configuration().function_name(function).qualifier(number).send().await {
        Ok(answer) => Ok(Described {
            version: version(Some(found(&answer))),
            memory_mb: answer.memory_size().and_then(|mb| u32::try_from(mb).ok()),
            architecture: answer.architectures().first().map(|of| of.as_str().to_owned()),
        }),
        Err(error) if error.as_service_error().is_some_and(|e| e.is_resource_not_found_exception()) => {
            Ok(Described { version: version(None), memory_mb: None, architecture: None })
        }
        Err(error) => Err(WorkError::call("lambda:GetFunctionConfiguration", error)),
    }
}

fn found(answer: &GetFunctionConfigurationOutput) -> Found {
    let target = answer.dead_letter_config().and_then(|config| config.target_arn());
    Found {
        state: answer.state().map_or("unknown", |state| state.as_str()).to_owned(),
        role: answer.role().unwrap_or("unknown").to_owned(),
        dead_letters: target.filter(|arn| !arn.is_empty()).map(str::to_owned),
    }
}
