//! Request bodies of CodePipeline, as far as the twin reads them; unknown members are ignored as AWS does.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::errors::validation;
use crate::error::ApiError;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct OfPipeline {
    pub(super) name: String,
    pub(super) version: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Start {
    pub(super) name: String,
    pub(super) variables: Vec<GivenVariable>,
    pub(super) client_request_token: Option<String>,
    pub(super) source_revisions: Vec<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct GivenVariable {
    pub(super) name: String,
    pub(super) value: String,
}

/// Everything that names a pipeline by `pipelineName`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Within {
    pub(super) pipeline_name: String,
    pub(super) pipeline_execution_id: String,
    pub(super) stage_name: String,
    pub(super) abandon: bool,
    pub(super) reason: Option<String>,
    pub(super) retry_mode: String,
    pub(super) transition_type: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Listing {
    pub(super) pipeline_name: String,
    pub(super) filter: Filter,
    pub(super) max_results: Option<u64>,
    pub(super) next_token: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Filter {
    pub(super) pipeline_execution_id: Option<String>,
    pub(super) succeeded_in_stage: Option<InStage>,
    pub(super) latest_in_pipeline_execution: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct InStage {
    pub(super) stage_name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct OfJob {
    pub(super) job_id: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct JobSuccess {
    pub(super) job_id: String,
    pub(super) continuation_token: Option<String>,
    pub(super) execution_details: Details,
    pub(super) output_variables: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Details {
    pub(super) summary: Option<String>,
    pub(super) external_execution_id: Option<String>,
    pub(super) percent_complete: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct JobFailure {
    pub(super) job_id: String,
    pub(super) failure_details: FailureDetails,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct FailureDetails {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) message: String,
    pub(super) external_execution_id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Approval {
    pub(super) pipeline_name: String,
    pub(super) stage_name: String,
    pub(super) action_name: String,
    pub(super) result: ApprovalResult,
    pub(super) token: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ApprovalResult {
    pub(super) summary: String,
    pub(super) status: String,
}

/// Checks the form of an id: lower-case hexadecimal digits in five groups (A, the API model).
pub(super) fn uuid(member: &str, given: &str) -> Result<(), ApiError> {
    let groups: Vec<_> = given.split('-').map(str::len).collect();
    let digits = given.bytes().all(|b| b == b'-' || b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if groups == [8, 4, 4, 4, 12] && digits {
        return Ok(());
    }
    Err(validation(format!(
        "Value '{given}' at '{member}' failed to satisfy constraint: Member must satisfy regular expression pattern: \
         [0-9a-f]{{8}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{12}}"
    )))
}
