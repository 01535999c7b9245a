//! What is compared: a binary, its event and its environment.

use crate::{
    endpoint::Endpoint,
    error::{BenchError, while_trying},
    programs::{Program, Programs},
};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The name of the row that all others are compared with.
pub(crate) const YARDSTICK: &str = "empty function";
/// The name of the row that has targets.
pub(crate) const HOOK: &str = "pre-traffic";

/// Where Linux distributions and macOS keep all trusted certificates in one file.
const SYSTEM_BUNDLES: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/// One row of the table.
#[derive(Debug)]
pub(crate) struct Variant {
    /// For people.
    pub(crate) name: &'static str,
    /// The binary.
    pub(crate) program: PathBuf,
    /// What it is invoked with.
    pub(crate) event: Value,
    /// Its whole environment, except for the address of the Runtime API.
    pub(crate) environment: Vec<(&'static str, String)>,
    /// Whether an answer shows that the work was done.
    pub(crate) worked: fn(&Value) -> bool,
}

impl Variant {
    fn new(name: &'static str, program: &Program, event: &str) -> Result<Self, BenchError> {
        let given_by_lambda = [
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_SESSION_TOKEN", "token"),
            ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ];
        Ok(Self {
            name,
            program: program.path.clone(),
            event: serde_json::from_str(event)?,
            environment: given_by_lambda.map(|(name, value)| (name, value.to_owned())).into(),
            worked: |_| true,
        })
    }

    fn with(mut self, variables: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        self.environment.extend(variables);
        self
    }
}

/// The rows, and the folder with their certificates, which must outlive the measurement.
pub(crate) fn variants(programs: &Programs, aws: &Endpoint) -> Result<(Vec<Variant>, TempDir), BenchError> {
    let folder = tempfile::tempdir().map_err(while_trying("making a temporary folder"))?;
    let authority = write(folder.path(), "authority.pem", &[aws.authority_pem.as_bytes()])?;
    let health = include_str!("../../../events/api-gateway/health.json");
    let empty = Variant::new(YARDSTICK, &programs.empty, health)?;
    let mut backend = Variant::new("backend", &programs.backend, health)?;
    backend.worked = |answer| answer.get("statusCode") == Some(&json!(200));
    let mut rows = vec![empty, backend, hook(HOOK, programs, aws)?.with([("AWS_CA_BUNDLE", authority)])];
    if let Some(bundle) = SYSTEM_BUNDLES.iter().find_map(|path| std::fs::read(path).ok()) {
        let system = write(folder.path(), "system.pem", &[&bundle, b"\n", aws.authority_pem.as_bytes()])?;
        let row = hook("pre-traffic, system roots", programs, aws)?;
        rows.push(row.with([("AWS_TLS_ROOTS", "system".to_owned()), ("SSL_CERT_FILE", system)]));
    }
    Ok((rows, folder))
}

fn hook(name: &'static str, programs: &Programs, aws: &Endpoint) -> Result<Variant, BenchError> {
    let event = include_str!("../../../events/codedeploy/before-allow-traffic.json");
    let mut variant = Variant::new(name, &programs.pre_traffic, event)?;
    variant.worked = |answer| {
        answer.pointer("/verdict/status") == Some(&json!("Succeeded"))
            && answer.get("delivery") == Some(&json!("Accepted"))
    };
    Ok(variant.with([
        ("AWS_ENDPOINT_URL_CODEDEPLOY", aws.codedeploy.clone()),
        ("AWS_ENDPOINT_URL_LAMBDA", aws.lambda.clone()),
    ]))
}

fn write(folder: &Path, name: &str, parts: &[&[u8]]) -> Result<String, BenchError> {
    let path = folder.join(name);
    let written = std::fs::write(&path, parts.concat());
    written.map_err(while_trying(format!("writing {name}")))?;
    Ok(path.display().to_string())
}
