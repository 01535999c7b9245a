//! What a stack is made with: its name, its parameters, and what exists only at run time.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::error::StackError;

/// The account of all examples.
const ACCOUNT: &str = "123456789012";
const REGION: &str = "eu-west-1";

/// A file of `parameters/`, in the form of CodePipeline's TemplateConfiguration.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ParameterFile {
    /// Values by the names of parameters.
    pub parameters: BTreeMap<String, String>,
    /// Tags of the stack.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// The stack policy.
    #[serde(default)]
    pub stack_policy: Option<Value>,
}

impl ParameterFile {
    /// Reads one.
    ///
    /// # Errors
    /// When it is no JSON, has other sections, or a value that is no text.
    pub fn read(text: &str) -> Result<Self, StackError> {
        serde_json::from_str(text).map_err(|error| StackError::ParameterFile(error.to_string()))
    }
}

/// Everything that a template is resolved with.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    pub(crate) stack: String,
    pub(crate) parameters: BTreeMap<String, String>,
    /// Published versions by the logical id of their function.
    pub(crate) versions: BTreeMap<String, String>,
    pub(crate) exports: BTreeMap<String, String>,
}

impl Given {
    /// A stack of this name, in eu-west-1, with defaults.
    #[must_use]
    pub fn stack(name: &str) -> Self {
        Self {
            stack: name.to_owned(),
            parameters: BTreeMap::new(),
            versions: BTreeMap::new(),
            exports: BTreeMap::new(),
        }
    }

    /// The same, with the parameters of a file.
    #[must_use]
    pub fn with_file(mut self, file: &ParameterFile) -> Self {
        self.parameters.extend(file.parameters.clone());
        self
    }

    /// The same, with one more parameter, or another value for one of the file.
    #[must_use]
    pub fn with(mut self, parameter: &str, value: &str) -> Self {
        self.parameters.insert(parameter.to_owned(), value.to_owned());
        self
    }

    /// The same, with the version of a function that the update of the stack publishes.
    #[must_use]
    pub fn with_version(mut self, function: &str, version: &str) -> Self {
        self.versions.insert(function.to_owned(), version.to_owned());
        self
    }

    /// The same, with an export of another stack.
    #[must_use]
    pub fn with_export(mut self, name: &str, value: &str) -> Self {
        self.exports.insert(name.to_owned(), value.to_owned());
        self
    }

    /// A pseudo parameter; `AWS::NoValue` is none of them.
    pub(crate) fn pseudo(&self, name: &str) -> Option<String> {
        let value = match name {
            "AWS::AccountId" => ACCOUNT,
            "AWS::Partition" => "aws",
            "AWS::Region" => REGION,
            "AWS::StackName" => &self.stack,
            "AWS::URLSuffix" => "amazonaws.com",
            "AWS::StackId" => {
                let id = "11111111-2222-3333-4444-555555555555";
                return Some(format!("arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{}/{id}", self.stack));
            }
            _ => return None,
        };
        Some(value.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_is_refused_when_a_value_is_no_text_or_a_section_is_unknown() {
        let read =
            ParameterFile::read(r#"{"Parameters": {"A": "1"}, "Tags": {"B": "2"}, "StackPolicy": {}}"#);
        assert_eq!(read.unwrap().parameters["A"], "1");
        assert!(ParameterFile::read(r#"{"Parameters": {"A": 1}}"#).is_err());
        assert!(ParameterFile::read(r#"{"Parameters": {}, "Parameter": {}}"#).is_err());
    }
}
