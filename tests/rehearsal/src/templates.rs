//! The templates of this project, resolved as their stacks are made: nothing about a gated release is copied from them. What a
//! rehearsal changes stands here, and nowhere else.

use serde_json::{Value, json};
use stack::{Given, ParameterFile, Stack, Template};

use crate::error::RehearsalError;

const BACKEND: &str = include_str!("../../../template.yaml");
const PIPELINE: &str = include_str!("../../../pipeline-template.yaml");
const DEV: &str = include_str!("../../../parameters/dev.json");
const STAGING: &str = include_str!("../../../parameters/staging.json");
const PRODUCTION: &str = include_str!("../../../parameters/production.json");

/// Latencies are real here and nobody wants to wait for the 5 s that production allows.
const LATENCY_LIMIT_MS: u32 = 400;
/// What sandboxes run on.
const ARCHITECTURE: &str = "x86_64";

/// A stack of `template.yaml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Environment {
    Dev,
    Staging,
    Production,
}

impl Environment {
    pub(crate) const ALL: [Self; 3] = [Self::Dev, Self::Staging, Self::Production];

    /// The stack's name.
    pub(crate) fn stack(self) -> &'static str {
        match self {
            Self::Dev => "manuel-dev",
            Self::Staging => "manuel-staging",
            Self::Production => "manuel-prod",
        }
    }

    fn file(self) -> &'static str {
        match self {
            Self::Dev => DEV,
            Self::Staging => STAGING,
            Self::Production => PRODUCTION,
        }
    }
}

/// The stack of an environment after an update that published `version` of the backend from the build `build`.
///
/// # Errors
/// What cannot be resolved.
pub(crate) fn environment(of: Environment, version: &str, build: &str) -> Result<Stack, RehearsalError> {
    let template = Template::read(BACKEND)?;
    let given = Given::stack(of.stack())
        .with_file(&ParameterFile::read(of.file())?)
        .with_version("Backend", version)
        .with("BuildId", build)
        .with("Architecture", ARCHITECTURE)
        .with("Criteria", &criteria_of(&template)?);
    Ok(template.resolve(&given)?)
}

/// What may be bad about a version, with the latency limit of rehearsals.
pub(crate) fn criteria() -> Result<String, RehearsalError> {
    criteria_of(&Template::read(BACKEND)?)
}

fn criteria_of(template: &Template) -> Result<String, RehearsalError> {
    let written = template.default_of("Criteria").and_then(Value::as_str).unwrap_or_default();
    let mut criteria: Value = serde_json::from_str(written).map_err(RehearsalError::Criteria)?;
    for criterion in criteria.as_array_mut().into_iter().flatten() {
        if let Some(limit) = criterion.pointer_mut("/above/threshold") {
            *limit = json!(LATENCY_LIMIT_MS);
        }
    }
    Ok(criteria.to_string())
}

/// The stack of the pipeline, with its source on GitHub.
///
/// # Errors
/// What cannot be resolved.
pub(crate) fn pipeline() -> Result<Stack, RehearsalError> {
    let given = Given::stack("manuel-pipeline")
        .with("NotificationEmail", "team@example.com")
        .with("SourceProvider", "GitHub")
        .with("Architecture", ARCHITECTURE);
    Ok(Template::read(PIPELINE)?.resolve(&given)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn criteria_are_those_of_the_template_but_for_the_latency() {
        let written = Template::read(BACKEND).unwrap().default_of("Criteria").unwrap().clone();
        let mut written: Value = serde_json::from_str(written.as_str().unwrap()).unwrap();
        let played: Value = serde_json::from_str(&criteria().unwrap()).unwrap();
        assert_ne!(played, written);
        *written.pointer_mut("/1/above/threshold").unwrap() = json!(LATENCY_LIMIT_MS);
        assert_eq!(played, written);
    }
}
