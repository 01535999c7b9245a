//! Aliases: create, read, move with RevisionId, delete.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Lambda, alias_rules,
    errors::{alias_not_found, conflict, function_not_found, missing, stale_revision},
    model::{Alias, Function, new_revision},
    page::Page,
    requests::AliasBody,
};
use crate::{error::ApiError, journal::Event};

/// A change of an alias; `None` leaves a part as it is, an empty map clears the weights.
#[derive(Debug, Default, Clone)]
pub(crate) struct AliasChange {
    pub(crate) version: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) weights: Option<BTreeMap<String, f64>>,
    pub(crate) revision_id: Option<String>,
}

impl From<AliasBody> for AliasChange {
    fn from(body: AliasBody) -> Self {
        Self {
            version: body.function_version,
            description: body.description,
            weights: body.routing_config.map(|c| c.additional_version_weights.unwrap_or_default()),
            revision_id: body.revision_id,
        }
    }
}

impl Lambda {
    pub(super) fn create_alias(&self, function: &str, body: AliasBody) -> Result<Value, ApiError> {
        let name = body.name.clone().ok_or_else(|| missing("name"))?;
        check_name(&name)?;
        let version = body.function_version.clone().ok_or_else(|| missing("functionVersion"))?;
        let change = AliasChange::from(body);
        let alias = Alias {
            name: name.clone(),
            version,
            description: change.description.unwrap_or_default(),
            weights: change.weights.unwrap_or_default(),
            revision_id: new_revision(),
        };
        let arn = self.function_arn(function);
        self.with_function(function, |f| {
            if f.aliases.contains_key(&name) {
                return Err(conflict(format!("Alias already exists: {arn}:{name}")));
            }
            self.save_alias(f, alias.clone())
        })?;
        Ok(alias.to_json(&arn))
    }

    /// Reads one alias.
    ///
    /// # Errors
    /// `ResourceNotFoundException` for an unknown function or alias.
    pub(crate) fn alias(&self, function: &str, name: &str) -> Result<Alias, ApiError> {
        let missing = || alias_not_found(format!("{}:{name}", self.function_arn(function)));
        self.with_function(function, |f| f.aliases.get(name).cloned().ok_or_else(missing))
    }

    /// Moves an alias under its rules; the whole change happens or none of it.
    ///
    /// # Errors
    /// `PreconditionFailedException` (412) for an outdated revision id, and the errors of the alias rules.
    pub(crate) fn update_alias(
        &self,
        function: &str,
        name: &str,
        change: AliasChange,
    ) -> Result<Alias, ApiError> {
        let missing = || alias_not_found(format!("{}:{name}", self.function_arn(function)));
        self.with_function(function, |f| {
            let current = f.aliases.get(name).ok_or_else(missing)?;
            if change.revision_id.as_ref().is_some_and(|id| *id != current.revision_id) {
                return Err(stale_revision("GetAlias"));
            }
            let alias = Alias {
                name: name.to_owned(),
                version: change.version.clone().unwrap_or_else(|| current.version.clone()),
                description: change.description.clone().unwrap_or_else(|| current.description.clone()),
                weights: change.weights.clone().unwrap_or_else(|| current.weights.clone()),
                revision_id: new_revision(),
            };
            self.save_alias(f, alias.clone())?;
            Ok(alias)
        })
    }

    fn save_alias(&self, function: &mut Function, alias: Alias) -> Result<(), ApiError> {
        let arn = self.function_arn(&function.name);
        alias_rules::check(function, &alias, |version| function_not_found(format!("{arn}:{version}")))?;
        let moved = Event::AliasMoved {
            function: function.name.clone(),
            alias: alias.name.clone(),
            version: alias.version.clone(),
            weights: alias.weights.clone(),
        };
        let before = function.aliases.insert(alias.name.clone(), alias.clone());
        if before.is_none_or(|b| b.version != alias.version || b.weights != alias.weights) {
            self.around.journal.record(self.around.clock.now(), moved);
        }
        Ok(())
    }

    pub(super) fn list_aliases(
        &self,
        function: &str,
        version: Option<&str>,
        page: Page<'_>,
    ) -> Result<Value, ApiError> {
        let arn = self.function_arn(function);
        self.with_function(function, |f| {
            let aliases = f.aliases.values().filter(|a| version.is_none_or(|v| a.version == v));
            page.cut("Aliases", aliases.map(|a| a.to_json(&arn)).collect())
        })
    }

    pub(super) fn delete_alias(&self, function: &str, name: &str) -> Result<(), ApiError> {
        self.with_function(function, |f| {
            f.aliases.remove(name);
            Ok(())
        })
    }
}

/// Alias names are letters, digits, hyphens and underscores, and not a number only.
fn check_name(name: &str) -> Result<(), ApiError> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if name.is_empty() || !name.bytes().all(allowed) || name.bytes().all(|b| b.is_ascii_digit()) {
        let constraint = "Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)";
        return Err(super::errors::validation("name", name, constraint));
    }
    Ok(())
}
