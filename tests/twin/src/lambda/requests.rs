//! Request bodies of Lambda's REST API, as far as the twin reads them; unknown members are ignored as AWS does.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateFunction {
    pub(crate) function_name: Option<String>,
    pub(crate) code: Option<CodeSource>,
    /// The role, which must be there, is among these.
    #[serde(flatten)]
    pub(crate) settings: Settings,
    #[serde(default)]
    pub(crate) publish: bool,
}

/// Where code comes from: a base64 ZIP file, or (the twin's own way) a program on this computer.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CodeSource {
    pub(crate) zip_file: Option<String>,
    /// `file` stands for this computer's file system; S3 itself is not imitated.
    pub(crate) s3_bucket: Option<String>,
    /// With bucket `file`: the path of the executable.
    pub(crate) s3_key: Option<String>,
    pub(crate) image_uri: Option<String>,
}

/// Settings shared by CreateFunction and UpdateFunctionConfiguration; absent means unchanged or default.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Settings {
    pub(crate) description: Option<String>,
    pub(crate) role: Option<String>,
    pub(crate) handler: Option<String>,
    pub(crate) runtime: Option<String>,
    pub(crate) timeout: Option<u64>,
    pub(crate) memory_size: Option<u64>,
    pub(crate) environment: Option<Environment>,
    pub(crate) dead_letter_config: Option<DeadLetterConfig>,
    pub(crate) architectures: Option<Vec<String>>,
    pub(crate) revision_id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Environment {
    #[serde(default)]
    pub(crate) variables: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeadLetterConfig {
    pub(crate) target_arn: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateFunctionCode {
    #[serde(flatten)]
    pub(crate) code: CodeSource,
    pub(crate) architectures: Option<Vec<String>>,
    /// Checks and answers as usual, and changes nothing.
    #[serde(default)]
    pub(crate) dry_run: bool,
    pub(crate) revision_id: Option<String>,
    #[serde(default)]
    pub(crate) publish: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PublishVersion {
    pub(crate) code_sha256: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) revision_id: Option<String>,
}

/// CreateAlias and UpdateAlias.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AliasBody {
    pub(crate) name: Option<String>,
    pub(crate) function_version: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) routing_config: Option<RoutingConfig>,
    pub(crate) revision_id: Option<String>,
}

/// Present with an empty map it clears the weights; absent it leaves them alone.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RoutingConfig {
    #[serde(default)]
    pub(crate) additional_version_weights: Option<BTreeMap<String, f64>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct EventInvokeConfig {
    pub(crate) maximum_retry_attempts: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Concurrency {
    pub(crate) reserved_concurrent_executions: Option<usize>,
}
