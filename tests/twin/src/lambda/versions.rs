//! Publishing and listing immutable versions.

use serde_json::Value;

use super::{
    Lambda,
    errors::{conflict, function_not_found, invalid_parameter, stale_revision},
    model::{Configuration, Function, LATEST, new_revision},
    page::Page,
    requests::PublishVersion,
};
use crate::{error::ApiError, journal::Event};

impl Lambda {
    /// Publishes `$LATEST`; answers the last version again when nothing changed since, as Lambda does.
    pub(super) fn publish(&self, function: &str, request: &PublishVersion) -> Result<Value, ApiError> {
        let arn = self.function_arn(function);
        let published = self.with_function(function, |f| {
            if request.revision_id.as_ref().is_some_and(|id| *id != f.latest.revision_id) {
                return Err(stale_revision("GetFunction/GetAlias"));
            }
            if request.code_sha256.as_ref().is_some_and(|sha| *sha != f.latest.code.sha256) {
                let message = format!("CodeSHA256 does not match the current code: {}", f.latest.code.sha256);
                return Err(invalid_parameter(message));
            }
            if let Some((_, last)) =
                f.versions.iter().next_back().filter(|(_, v)| f.latest.same_release_as(v))
            {
                return Ok(last.clone());
            }
            Ok(self.add_version(f, request.description.clone()))
        })?;
        Ok(published.to_qualified_json(&arn, function))
    }

    fn add_version(&self, function: &mut Function, description: Option<String>) -> Configuration {
        let number = function.next_version;
        function.next_version += 1;
        let mut configuration = function.latest.clone();
        configuration.version = number.to_string();
        configuration.revision_id = new_revision();
        configuration.description = description.unwrap_or(configuration.description);
        function.versions.insert(number, configuration.clone());
        let version = configuration.version.clone();
        let event = Event::VersionPublished { function: function.name.clone(), version };
        self.around.journal.record(self.around.clock.now(), event);
        configuration
    }

    pub(super) fn list_versions(&self, function: &str, page: Page<'_>) -> Result<Value, ApiError> {
        let arn = self.function_arn(function);
        self.with_function(function, |f| {
            page.cut("Versions", f.all_versions().map(|c| c.to_qualified_json(&arn, function)).collect())
        })
    }

    /// Deletes one version; refused while an alias refers to it.
    pub(super) fn delete_version(&self, function: &str, version: &str) -> Result<(), ApiError> {
        let arn = format!("{}:{version}", self.function_arn(function));
        if version == LATEST {
            return Err(invalid_parameter(
                "$LATEST version cannot be deleted without deleting the function.",
            ));
        }
        self.with_function(function, |f| {
            let users: Vec<_> = f
                .aliases
                .values()
                .filter(|a| a.version == version || a.weights.contains_key(version))
                .map(|a| a.name.as_str())
                .collect();
            if !users.is_empty() {
                let message =
                    format!("Unable to delete version because the following aliases reference it: {users:?}");
                return Err(conflict(message));
            }
            let number = version.parse().ok().filter(|n| f.versions.contains_key(n));
            f.versions.remove(&number.ok_or_else(|| function_not_found(&arn))?);
            self.drop_idle(function, Some(version), None);
            Ok(())
        })
    }
}
