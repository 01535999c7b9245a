//! Functions, versions and aliases as Lambda keeps them.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

/// The unpublished version.
pub(crate) const LATEST: &str = "$LATEST";

/// A function's code: one executable on disk, removed with the last version that uses it.
#[derive(Debug)]
pub(crate) struct Code {
    /// The program that is started; for code out of a ZIP file its `bootstrap`.
    pub(crate) program: PathBuf,
    /// Base64 of the SHA-256 of the uploaded bytes, as Lambda reports it.
    pub(crate) sha256: String,
    /// Bytes uploaded.
    pub(crate) size: u64,
    /// Where the code is unpacked, for as long as some version uses it.
    pub(crate) folder: tempfile::TempDir,
}

impl Code {
    /// The task root: working folder of the function.
    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }
}

/// Everything that a published version freezes.
#[derive(Debug, Clone)]
pub(crate) struct Configuration {
    pub(crate) version: String,
    pub(crate) description: String,
    pub(crate) role: String,
    pub(crate) handler: String,
    pub(crate) runtime: String,
    pub(crate) architecture: String,
    pub(crate) timeout_seconds: u64,
    pub(crate) memory_mb: u64,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) dead_letter_arn: Option<String>,
    pub(crate) code: Arc<Code>,
    pub(crate) revision_id: String,
    pub(crate) last_modified: DateTime<Utc>,
}

impl Configuration {
    /// The real (unscaled) time-out of one invocation.
    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds)
    }

    /// True when publishing `self` after `published` would make the same version again.
    pub(crate) fn same_release_as(&self, published: &Self) -> bool {
        self.code.sha256 == published.code.sha256
            && self.environment == published.environment
            && self.memory_mb == published.memory_mb
            && self.timeout_seconds == published.timeout_seconds
            && self.role == published.role
            && self.handler == published.handler
            && self.runtime == published.runtime
            && self.architecture == published.architecture
            && self.dead_letter_arn == published.dead_letter_arn
    }

    /// With the qualifier, if any, at the end of the ARN.
    pub(crate) fn to_json(&self, function_arn: &str, name: &str, qualifier: Option<&str>) -> Value {
        let arn = qualifier.map_or_else(|| function_arn.to_owned(), |q| format!("{function_arn}:{q}"));
        let mut value = json!({
            "FunctionName": name, "FunctionArn": arn, "Runtime": self.runtime, "Role": self.role,
            "Handler": self.handler, "CodeSize": self.code.size, "Description": self.description,
            "Timeout": self.timeout_seconds, "MemorySize": self.memory_mb,
            "LastModified": self.last_modified.format("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string(),
            "CodeSha256": self.code.sha256, "Version": self.version,
            "Environment": {"Variables": self.environment}, "TracingConfig": {"Mode": "PassThrough"},
            "RevisionId": self.revision_id, "State": "Active", "LastUpdateStatus": "Successful",
            "PackageType": "Zip", "Architectures": [self.architecture],
            "EphemeralStorage": {"Size": 512},
            "LoggingConfig": {"LogFormat": "JSON", "LogGroup": format!("/aws/lambda/{name}")},
        });
        if let (Some(arn), Some(object)) = (&self.dead_letter_arn, value.as_object_mut()) {
            object.insert("DeadLetterConfig".to_owned(), json!({"TargetArn": arn}));
        }
        value
    }

    /// As [`Self::to_json`], with the version at the end of the ARN.
    pub(crate) fn to_qualified_json(&self, function_arn: &str, name: &str) -> Value {
        self.to_json(function_arn, name, Some(&self.version))
    }
}

/// A named pointer to one version, or to two with weights.
#[derive(Debug, Clone)]
pub(crate) struct Alias {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) description: String,
    /// Additional version → its share of the traffic, 0 to 1; at most one entry.
    pub(crate) weights: BTreeMap<String, f64>,
    pub(crate) revision_id: String,
}

impl Alias {
    pub(crate) fn to_json(&self, function_arn: &str) -> Value {
        let mut value = json!({
            "AliasArn": format!("{function_arn}:{}", self.name), "Name": self.name,
            "FunctionVersion": self.version, "Description": self.description, "RevisionId": self.revision_id,
        });
        if let (false, Some(object)) = (self.weights.is_empty(), value.as_object_mut()) {
            object.insert("RoutingConfig".to_owned(), json!({"AdditionalVersionWeights": self.weights}));
        }
        value
    }
}

/// How asynchronous invocations of a qualifier are retried.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AsyncConfig {
    /// Attempts after the first; Lambda's default is 2.
    pub(crate) maximum_retry_attempts: u32,
}

impl Default for AsyncConfig {
    fn default() -> Self {
        Self { maximum_retry_attempts: 2 }
    }
}

/// A function with its versions and aliases.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) latest: Configuration,
    pub(crate) versions: BTreeMap<u64, Configuration>,
    /// Numbers are never used twice, also after a deletion.
    pub(crate) next_version: u64,
    pub(crate) aliases: BTreeMap<String, Alias>,
    pub(crate) async_configs: BTreeMap<String, AsyncConfig>,
    pub(crate) reserved_concurrency: Option<usize>,
}

impl Function {
    /// The configuration behind `$LATEST` or a version number.
    pub(crate) fn configuration(&self, version: &str) -> Option<&Configuration> {
        if version == LATEST {
            return Some(&self.latest);
        }
        self.versions.get(&version.parse().ok()?)
    }

    /// `$LATEST`, then the published versions in order.
    pub(crate) fn all_versions(&self) -> impl Iterator<Item = &Configuration> {
        std::iter::once(&self.latest).chain(self.versions.values())
    }
}

/// A fresh revision id; clients must treat it as opaque.
pub(crate) fn new_revision() -> String {
    Uuid::new_v4().to_string()
}
