//! Which AWS operations each function was seen to call: what its role in the template must allow, and no more than that.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use twin::{Call, Twin};

use crate::{error::RehearsalError, templates::Environment};

/// `<service>:<Operation>` by the crate of the function that called it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Calls(BTreeMap<String, BTreeSet<String>>);

impl Calls {
    /// The calls that reached a local AWS so far, those that were refused among them.
    pub(crate) fn of(twin: &Twin) -> Self {
        Self::from_record(&twin.faults().calls())
    }

    fn from_record(record: &[Call]) -> Self {
        let mut calls = Self::default();
        for call in record {
            if let Some(function) = crate_of(&call.caller) {
                calls.0.entry(function.to_owned()).or_default().insert(call.operation.clone());
            }
        }
        calls
    }

    /// Adds those of another release.
    pub(crate) fn add(&mut self, other: Self) {
        for (function, operations) in other.0 {
            self.0.entry(function).or_default().extend(operations);
        }
    }

    /// Writes them as JSON: a sorted list for each function.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn write(&self, path: &Path) -> Result<(), RehearsalError> {
        let written = serde_json::to_string_pretty(&self.0).map_err(std::io::Error::from);
        let written = written.and_then(|text| {
            // `target/observed-calls` need not be there yet.
            path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
            std::fs::write(path, text + "\n")
        });
        written.map_err(|source| RehearsalError::Write { path: path.to_owned(), source })
    }
}

/// The crate of a function of an environment; `None` for everybody else.
fn crate_of(caller: &str) -> Option<&str> {
    Environment::ALL.iter().find_map(|of| caller.strip_prefix(of.stack())?.strip_prefix('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(caller: &str, operation: &str) -> Call {
        Call { operation: operation.to_owned(), caller: caller.to_owned(), error: None }
    }

    #[test]
    fn calls_are_told_by_crate_once_and_sorted() {
        let mut calls = Calls::from_record(&[
            call("manuel-prod-traffic-shift", "lambda:UpdateAlias"),
            call("manuel-dev-traffic-shift", "lambda:GetAlias"),
            call("manuel-prod-traffic-shift", "lambda:UpdateAlias"),
            call("operator", "lambda:Invoke"),
        ]);
        calls.add(Calls::from_record(&[call("manuel-prod-backend", "dynamodb:UpdateItem")]));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("observed-calls/rehearsal.json");
        calls.write(&path).unwrap();
        let written: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let expected = serde_json::json!({"backend": ["dynamodb:UpdateItem"],
            "traffic-shift": ["lambda:GetAlias", "lambda:UpdateAlias"]});
        assert_eq!(written, expected);
    }
}
