//! Creating, reading, changing and deleting functions.

use serde_json::Value;

use super::{
    Lambda, code,
    errors::{conflict, function_not_found, missing, stale_revision},
    model::{Configuration, Function, LATEST, new_revision},
    page::Page,
    requests::{CreateFunction, PublishVersion, Settings, UpdateFunctionCode},
    validate,
};
use crate::error::ApiError;

impl Lambda {
    /// Runs `work` on one function under the lock.
    pub(super) fn with_function<T>(
        &self,
        name: &str,
        work: impl FnOnce(&mut Function) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let mut functions = self.functions.lock();
        let function = functions.get_mut(name).ok_or_else(|| function_not_found(self.function_arn(name)))?;
        work(function)
    }

    pub(super) fn create(&self, request: &CreateFunction) -> Result<Value, ApiError> {
        let given = request.function_name.as_deref().ok_or_else(|| missing("functionName"))?;
        let name = super::bare_name(given).to_owned();
        validate::name(&name)?;
        let role = request.settings.role.clone().ok_or_else(|| missing("role"))?;
        let code = request.code.as_ref().ok_or_else(|| missing("code"))?;
        let arn = self.function_arn(&name);
        if self.functions.lock().contains_key(&name) {
            return Err(conflict(format!("Function already exist: {name}")));
        }
        let mut latest = Configuration {
            version: LATEST.to_owned(),
            description: String::new(),
            role,
            handler: "bootstrap".to_owned(),
            runtime: "provided.al2023".to_owned(),
            architecture: "x86_64".to_owned(),
            timeout_seconds: 3,
            memory_mb: 128,
            environment: std::collections::BTreeMap::default(),
            dead_letter_arn: None,
            code: code::store(code)?,
            revision_id: new_revision(),
            last_modified: self.around.clock.now(),
        };
        self.apply(&mut latest, &request.settings)?;
        let answer = latest.to_json(&arn, &name, None);
        let function = Function {
            name: name.clone(),
            latest,
            versions: std::collections::BTreeMap::default(),
            next_version: 1,
            aliases: std::collections::BTreeMap::default(),
            async_configs: std::collections::BTreeMap::default(),
            reserved_concurrency: None,
        };
        self.functions.lock().insert(name.clone(), function);
        if request.publish { self.publish(&name, &PublishVersion::default()) } else { Ok(answer) }
    }

    fn apply(&self, to: &mut Configuration, settings: &Settings) -> Result<(), ApiError> {
        validate::settings(settings)?;
        to.timeout_seconds = settings.timeout.unwrap_or(to.timeout_seconds);
        let set = |target: &mut String, value: &Option<String>| {
            if let Some(value) = value {
                target.clone_from(value);
            }
        };
        set(&mut to.description, &settings.description);
        set(&mut to.role, &settings.role);
        set(&mut to.handler, &settings.handler);
        set(&mut to.runtime, &settings.runtime);
        if !to.runtime.starts_with("provided") {
            return Err(ApiError::not_implemented(format!(
                "runtime {}: it runs provided.* functions",
                to.runtime
            )));
        }
        to.memory_mb = settings.memory_size.unwrap_or(to.memory_mb);
        if let Some(architecture) = settings.architectures.as_ref().and_then(|all| all.first()) {
            to.architecture.clone_from(architecture);
        }
        if let Some(environment) = &settings.environment {
            to.environment.clone_from(&environment.variables);
        }
        if let Some(dead_letter) = &settings.dead_letter_config {
            to.dead_letter_arn = dead_letter.target_arn.clone().filter(|arn| !arn.is_empty());
        }
        to.revision_id = new_revision();
        to.last_modified = self.around.clock.now();
        Ok(())
    }

    pub(super) fn update_configuration(&self, name: &str, settings: &Settings) -> Result<Value, ApiError> {
        let arn = self.function_arn(name);
        self.with_function(name, |f| {
            if settings.revision_id.as_ref().is_some_and(|id| *id != f.latest.revision_id) {
                return Err(stale_revision("GetFunction/GetAlias"));
            }
            let mut latest = f.latest.clone();
            self.apply(&mut latest, settings)?;
            f.latest = latest;
            self.drop_idle(name, Some(LATEST), Some(&f.latest.revision_id));
            Ok(f.latest.to_json(&arn, name, None))
        })
    }

    pub(super) fn update_code(&self, name: &str, request: &UpdateFunctionCode) -> Result<Value, ApiError> {
        let code = code::store(&request.code)?;
        validate::architectures(request.architectures.as_deref())?;
        let arn = self.function_arn(name);
        let answer = self.with_function(name, |f| {
            if request.revision_id.as_ref().is_some_and(|id| *id != f.latest.revision_id) {
                return Err(stale_revision("GetFunction/GetAlias"));
            }
            let mut latest = f.latest.clone();
            latest.code = code;
            if let Some(architecture) = request.architectures.as_ref().and_then(|all| all.first()) {
                latest.architecture.clone_from(architecture);
            }
            if !request.dry_run {
                latest.revision_id = new_revision();
                latest.last_modified = self.around.clock.now();
                f.latest = latest.clone();
                self.drop_idle(name, Some(LATEST), Some(&latest.revision_id));
            }
            Ok(latest.to_json(&arn, name, None))
        })?;
        if request.publish && !request.dry_run {
            self.publish(name, &PublishVersion::default())
        } else {
            Ok(answer)
        }
    }

    /// The configuration behind a qualifier: `$LATEST`, a version or an alias.
    ///
    /// # Errors
    /// `ResourceNotFoundException` for an unknown function or qualifier.
    pub(crate) fn configuration(&self, name: &str, qualifier: Option<&str>) -> Result<Value, ApiError> {
        let arn = self.function_arn(name);
        self.with_function(name, |f| {
            let wanted = qualifier.unwrap_or(LATEST);
            let version = f.aliases.get(wanted).map_or(wanted, |alias| alias.version.as_str());
            let missing = || function_not_found(format!("{arn}:{wanted}"));
            let configuration = f.configuration(version).ok_or_else(missing)?;
            Ok(configuration.to_json(&arn, name, qualifier))
        })
    }

    /// The functions, or with `all_versions` every version of each.
    pub(super) fn list(&self, all_versions: bool, page: Page<'_>) -> Result<Value, ApiError> {
        let functions = self.functions.lock();
        let mut all = Vec::new();
        for f in functions.values() {
            let arn = self.function_arn(&f.name);
            if all_versions {
                all.extend(f.all_versions().map(|c| c.to_qualified_json(&arn, &f.name)));
            } else {
                all.push(f.latest.to_json(&arn, &f.name, None));
            }
        }
        page.cut("Functions", all)
    }

    pub(super) fn delete(&self, name: &str) -> Result<(), ApiError> {
        let missing = || function_not_found(self.function_arn(name));
        self.functions.lock().remove(name).ok_or_else(missing)?;
        self.drop_idle(name, None, None);
        Ok(())
    }
}
