//! The AppSpec of a Lambda deployment, YAML or JSON.

use std::collections::BTreeMap;

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::errors::invalid_revision;
use crate::error::ApiError;

/// The parts of an AppSpec that a deployment needs.
#[derive(Debug, Clone)]
pub(super) struct AppSpec {
    pub(super) text: String,
    pub(super) sha256: String,
    pub(super) function: String,
    pub(super) alias: String,
    pub(super) current_version: String,
    pub(super) target_version: String,
    /// Hook functions by lifecycle event; a name or an ARN.
    pub(super) hooks: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Document {
    #[serde(alias = "Resources")]
    resources: Vec<BTreeMap<String, Resource>>,
    #[serde(alias = "Hooks", default)]
    hooks: Vec<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(alias = "Type")]
    r#type: String,
    #[serde(alias = "Properties")]
    properties: Properties,
}

#[derive(Deserialize)]
struct Properties {
    #[serde(alias = "Name")]
    name: String,
    #[serde(alias = "Alias")]
    alias: String,
    #[serde(alias = "CurrentVersion")]
    currentversion: Number,
    #[serde(alias = "TargetVersion")]
    targetversion: Number,
}

/// Version numbers are written as strings and as numbers.
#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Number(u64),
    Text(String),
}

impl Number {
    fn text(self) -> Result<String, ApiError> {
        let text = match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text,
        };
        let valid = text.parse::<u64>().is_ok_and(|n| n > 0);
        if valid { Ok(text) } else { Err(invalid_revision(format!("{text:?} is no version number"))) }
    }
}

/// The hash that names a revision, in lower-case hexadecimal digits.
pub(super) fn sha256(text: &str) -> String {
    format!("{:x}", Sha256::digest(text))
}

impl AppSpec {
    /// Reads an AppSpec with exactly one Lambda function, which is what SAM writes.
    ///
    /// # Errors
    /// `InvalidRevisionException` that names what is missing or not supported.
    pub(super) fn parse(text: &str) -> Result<Self, ApiError> {
        let document: Document = serde_saphyr::from_str(text).map_err(invalid_revision)?;
        let mut resources = document.resources.into_iter().flatten();
        let (_, resource) = resources.next().ok_or_else(|| invalid_revision("Resources is empty"))?;
        if resources.next().is_some() {
            return Err(ApiError::not_implemented("an AppSpec with more than one function"));
        }
        if resource.r#type != "AWS::Lambda::Function" {
            return Err(invalid_revision(format!("unknown resource type {:?}", resource.r#type)));
        }
        let hooks: BTreeMap<_, _> = document.hooks.into_iter().flatten().collect();
        if let Some(unknown) =
            hooks.keys().find(|k| !["BeforeAllowTraffic", "AfterAllowTraffic"].contains(&k.as_str()))
        {
            return Err(invalid_revision(format!("Lambda deployments have no hook {unknown:?}")));
        }
        let Properties { name, alias, currentversion, targetversion } = resource.properties;
        Ok(Self {
            text: text.to_owned(),
            sha256: sha256(text),
            function: name,
            alias,
            current_version: currentversion.text()?,
            target_version: targetversion.text()?,
            hooks,
        })
    }

    /// The same deployment the other way round.
    pub(super) fn reversed(&self) -> Self {
        let (current_version, target_version) = (self.target_version.clone(), self.current_version.clone());
        Self { current_version, target_version, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const YAML: &str = "version: 0.0
Resources:
  - backend:
      Type: AWS::Lambda::Function
      Properties: {Name: backend, Alias: live, CurrentVersion: \"1\", TargetVersion: 2}
Hooks:
  - BeforeAllowTraffic: pre-traffic
";

    #[test]
    fn yaml_and_json_are_the_same_when_they_say_the_same() {
        let json = r#"{"version":0.0,"resources":[{"backend":{"type":"AWS::Lambda::Function","properties":
            {"name":"backend","alias":"live","currentversion":"1","targetversion":"2"}}}],
            "hooks":[{"BeforeAllowTraffic":"pre-traffic"}]}"#;
        for text in [YAML, json] {
            let spec = AppSpec::parse(text).unwrap();
            assert_eq!((spec.function.as_str(), spec.alias.as_str()), ("backend", "live"));
            assert_eq!((spec.current_version.as_str(), spec.target_version.as_str()), ("1", "2"));
            assert_eq!(spec.hooks["BeforeAllowTraffic"], "pre-traffic");
        }
    }

    #[test]
    fn appspec_is_refused_when_something_is_wrong_with_it() {
        for (from, to) in [
            ("CurrentVersion: \"1\"", "CurrentVersion: live"),
            ("BeforeAllowTraffic", "BeforeInstall"),
            ("Resources", "Things"),
        ] {
            assert_eq!(
                AppSpec::parse(&YAML.replace(from, to)).unwrap_err().code,
                "InvalidRevisionException",
                "{to}"
            );
        }
    }
}
