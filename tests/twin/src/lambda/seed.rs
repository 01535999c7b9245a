//! Functions made without a client, for seeded releases; through the same operations as a client's.

use std::{collections::BTreeMap, path::Path};

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{
    Lambda,
    errors::{bad_json, service_failure},
    requests::PublishVersion,
};
use crate::error::ApiError;

fn body<T: DeserializeOwned>(value: Value) -> Result<T, ApiError> {
    serde_json::from_value(value).map_err(bad_json)
}

impl Lambda {
    /// Creates a function from a program on this computer and publishes its first version.
    ///
    /// # Errors
    /// What Lambda would answer, above all when the program cannot be read.
    pub(crate) fn create_from_program(
        &self,
        name: &str,
        program: &Path,
        environment: &BTreeMap<String, String>,
        timeout_seconds: u64,
    ) -> Result<(), ApiError> {
        let role = format!("arn:aws:iam::{}:role/{name}", self.around.options.account);
        let request = json!({"FunctionName": name, "Role": role, "Timeout": timeout_seconds, "Publish": true,
            "Code": {"S3Bucket": "file", "S3Key": program}, "Environment": {"Variables": environment}});
        self.create(&body(request)?).map(drop)
    }

    /// Creates a function whose program is empty, and publishes nothing.
    ///
    /// # Errors
    /// What Lambda would answer, or when there is no room for a file.
    pub(crate) fn create_empty(&self, name: &str, timeout_seconds: u64) -> Result<(), ApiError> {
        let program = tempfile::NamedTempFile::new().map_err(|e| service_failure(e.to_string()))?;
        let role = format!("arn:aws:iam::{}:role/{name}", self.around.options.account);
        let request = json!({"FunctionName": name, "Role": role, "Timeout": timeout_seconds,
            "Code": {"S3Bucket": "file", "S3Key": program.path()}});
        self.create(&body(request)?).map(drop)
    }

    /// Publishes the next version with another environment.
    ///
    /// # Errors
    /// For an unknown function.
    pub(crate) fn publish_with(
        &self,
        name: &str,
        environment: &BTreeMap<String, String>,
    ) -> Result<(), ApiError> {
        self.update_configuration(name, &body(json!({"Environment": {"Variables": environment}}))?)?;
        self.publish(name, &PublishVersion::default()).map(drop)
    }

    /// Creates an alias.
    ///
    /// # Errors
    /// For an unknown function or version.
    pub(crate) fn create_alias_at(&self, function: &str, alias: &str, version: &str) -> Result<(), ApiError> {
        self.create_alias(function, body(json!({"Name": alias, "FunctionVersion": version}))?).map(drop)
    }
}
