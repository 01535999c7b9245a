//! Creating, reading, changing and deleting functions.

use serde_json::{Value, json};

use super::{
    Lambda, code,
    errors::{conflict, function_not_found, stale_revision, validation},
    model::{AsyncConfig, Configuration, Function, LATEST, new_revision},
    requests::{CreateFunction, EventInvokeConfig, PublishVersion, Settings, UpdateFunctionCode},
};
use crate::error::ApiError;

/// Lambda's longest time-out, 15 minutes.
const TIMEOUT_LIMIT_SECONDS: u64 = 900;

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
        let name = super::rest::bare_name(&request.function_name).to_owned();
        check_name(&name)?;
        let arn = self.function_arn(&name);
        if self.functions.lock().contains_key(&name) {
            return Err(conflict(format!("Function already exist: {name}")));
        }
        let mut latest = Configuration {
            version: LATEST.to_owned(),
            description: String::new(),
            role: request.role.clone(),
            handler: "bootstrap".to_owned(),
            runtime: "provided.al2023".to_owned(),
            architecture: "x86_64".to_owned(),
            timeout_seconds: 3,
            memory_mb: 128,
            environment: std::collections::BTreeMap::default(),
            dead_letter_arn: None,
            code: code::store(&request.code)?,
            revision_id: new_revision(),
            last_modified: self.around.clock.now(),
        };
        self.apply(&mut latest, &request.settings)?;
        let answer = latest.to_json(&arn, &name, false);
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
        if let Some(seconds) = settings.timeout {
            if !(1..=TIMEOUT_LIMIT_SECONDS).contains(&seconds) {
                return Err(validation("timeout", seconds, "Member must have value between 1 and 900"));
            }
            to.timeout_seconds = seconds;
        }
        let set = |target: &mut String, value: &Option<String>| {
            if let Some(value) = value {
                target.clone_from(value);
            }
        };
        set(&mut to.description, &settings.description);
        set(&mut to.role, &settings.role);
        set(&mut to.handler, &settings.handler);
        set(&mut to.runtime, &settings.runtime);
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
            Ok(f.latest.to_json(&arn, name, false))
        })
    }

    pub(super) fn update_code(&self, name: &str, request: &UpdateFunctionCode) -> Result<Value, ApiError> {
        let code = code::store(&request.code)?;
        let arn = self.function_arn(name);
        let answer = self.with_function(name, |f| {
            if request.revision_id.as_ref().is_some_and(|id| *id != f.latest.revision_id) {
                return Err(stale_revision("GetFunction/GetAlias"));
            }
            f.latest.code = code;
            f.latest.revision_id = new_revision();
            f.latest.last_modified = self.around.clock.now();
            Ok(f.latest.to_json(&arn, name, false))
        })?;
        if request.publish { self.publish(name, &PublishVersion::default()) } else { Ok(answer) }
    }

    /// The configuration behind a qualifier: `$LATEST`, a version or an alias.
    pub(super) fn configuration(&self, name: &str, qualifier: Option<&str>) -> Result<Value, ApiError> {
        let arn = self.function_arn(name);
        self.with_function(name, |f| {
            let wanted = qualifier.unwrap_or(LATEST);
            let version = f.aliases.get(wanted).map_or(wanted, |alias| alias.version.as_str());
            let missing = || function_not_found(format!("{arn}:{wanted}"));
            let configuration = f.configuration(version).ok_or_else(missing)?;
            Ok(configuration.to_json(&arn, name, qualifier.is_some()))
        })
    }

    pub(super) fn list(&self) -> Value {
        let functions = self.functions.lock();
        let all = functions.values().map(|f| f.latest.to_json(&self.function_arn(&f.name), &f.name, false));
        json!({"Functions": all.collect::<Vec<_>>()})
    }

    pub(super) fn delete(&self, name: &str) -> Result<(), ApiError> {
        let missing = || function_not_found(self.function_arn(name));
        self.functions.lock().remove(name).ok_or_else(missing)?;
        self.idle.lock().retain(|(function, ..), _| function != name);
        Ok(())
    }

    pub(super) fn set_async_config(
        &self,
        name: &str,
        qualifier: &str,
        request: &EventInvokeConfig,
    ) -> Result<Value, ApiError> {
        let attempts = request.maximum_retry_attempts.unwrap_or(2);
        if attempts > 2 {
            return Err(validation(
                "maximumRetryAttempts",
                attempts,
                "Member must have value less than or equal to 2",
            ));
        }
        let config = AsyncConfig { maximum_retry_attempts: attempts };
        let arn = format!("{}:{qualifier}", self.function_arn(name));
        self.with_function(name, |f| {
            f.async_configs.insert(qualifier.to_owned(), config);
            Ok(json!({"FunctionArn": arn, "MaximumRetryAttempts": attempts, "DestinationConfig": {}}))
        })
    }
}

fn check_name(name: &str) -> Result<(), ApiError> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if name.is_empty() || name.len() > 64 || !name.bytes().all(allowed) {
        let constraint =
            "Member must satisfy regular expression pattern: [a-zA-Z0-9-_]+ and have at most 64 characters";
        return Err(validation("functionName", name, constraint));
    }
    Ok(())
}
