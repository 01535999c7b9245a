//! Applications.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    CodeDeploy,
    checks::{self, Named},
    errors::no_application,
    model::{Application, epoch},
    requests::Names,
};
use crate::error::ApiError;

/// Names that one batch call may have (the text of BatchLimitExceededException).
pub(super) const MOST_NAMES: usize = 100;

impl CodeDeploy {
    pub(super) fn create_application(&self, request: &Names) -> Result<Value, ApiError> {
        let name = &request.application_name;
        Named::Application.check(name)?;
        if request.compute_platform.as_deref() != Some("Lambda") {
            return Err(ApiError::not_implemented("compute platforms other than Lambda"));
        }
        let (id, created_at) = (Uuid::new_v4().to_string(), self.now());
        let mut state = self.state.lock();
        if state.applications.contains_key(name) {
            let message = format!("Application already exists: {name}");
            return Err(ApiError::bad_request("ApplicationAlreadyExistsException", message));
        }
        let application = Application { id: id.clone(), created_at, groups: BTreeMap::default() };
        state.applications.insert(name.clone(), application);
        Ok(json!({"applicationId": id}))
    }

    /// Runs `work` on one application under the lock.
    pub(super) fn with_application<T>(
        &self,
        name: &str,
        work: impl FnOnce(&mut Application) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        Named::Application.check(name)?;
        let mut state = self.state.lock();
        work(state.applications.get_mut(name).ok_or_else(|| no_application(name))?)
    }

    pub(super) fn application(&self, request: &Names) -> Result<Value, ApiError> {
        Ok(json!({"application": self.application_info(&request.application_name)?}))
    }

    fn application_info(&self, name: &str) -> Result<Value, ApiError> {
        self.with_application(name, |a| {
            Ok(json!({
                "applicationId": a.id, "applicationName": name, "createTime": epoch(a.created_at),
                "linkedToGitHub": false, "computePlatform": "Lambda",
            }))
        })
    }

    pub(super) fn batch_applications(&self, request: &Names) -> Result<Value, ApiError> {
        let names = &request.application_names;
        if names.is_empty() {
            Named::Application.check("")?;
        }
        checks::batch(names.len(), MOST_NAMES, "BatchLimitExceededException")?;
        let infos: Result<Vec<_>, _> = names.iter().map(|name| self.application_info(name)).collect();
        Ok(json!({"applicationsInfo": infos?}))
    }

    pub(super) fn list_applications(&self) -> Value {
        json!({"applications": self.state.lock().applications.keys().collect::<Vec<_>>()})
    }

    pub(super) fn delete_application(&self, request: &Names) -> Result<(), ApiError> {
        Named::Application.check(&request.application_name)?;
        self.state.lock().applications.remove(&request.application_name);
        Ok(())
    }
}
