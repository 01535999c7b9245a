//! How asynchronous invocations are repeated, per qualifier.

use serde_json::{Value, json};

use super::{
    Lambda,
    errors::function_not_found,
    model::{AsyncConfig, Function, LATEST},
    requests::EventInvokeConfig,
    validate,
};
use crate::error::ApiError;

/// Lambda repeats a failed invocation at most twice.
const MOST_RETRIES: u32 = 2;

impl Lambda {
    /// PutFunctionEventInvokeConfig (`replace`) and UpdateFunctionEventInvokeConfig.
    pub(super) fn set_event_config(
        &self,
        name: &str,
        qualifier: Option<&str>,
        request: &EventInvokeConfig,
        replace: bool,
    ) -> Result<Value, ApiError> {
        validate::in_range("maximumRetryAttempts", request.maximum_retry_attempts, 0..=MOST_RETRIES)?;
        self.with_qualifier(name, qualifier, |f, wanted, arn| {
            let kept = f.async_configs.get(wanted).copied().filter(|_| !replace).unwrap_or_default();
            let maximum_retry_attempts =
                request.maximum_retry_attempts.unwrap_or(kept.maximum_retry_attempts);
            let config = AsyncConfig { maximum_retry_attempts };
            f.async_configs.insert(wanted.to_owned(), config);
            Ok(to_json(config, arn))
        })
    }

    pub(super) fn event_config(&self, name: &str, qualifier: Option<&str>) -> Result<Value, ApiError> {
        self.with_qualifier(name, qualifier, |f, wanted, arn| {
            let config = f.async_configs.get(wanted).ok_or_else(|| not_configured(arn))?;
            Ok(to_json(*config, arn))
        })
    }

    pub(super) fn delete_event_config(&self, name: &str, qualifier: Option<&str>) -> Result<(), ApiError> {
        self.with_qualifier(name, qualifier, |f, wanted, arn| {
            f.async_configs.remove(wanted).map(drop).ok_or_else(|| not_configured(arn))
        })
    }

    /// Runs `work` with an existing qualifier and its ARN.
    fn with_qualifier<T>(
        &self,
        name: &str,
        qualifier: Option<&str>,
        work: impl FnOnce(&mut Function, &str, &str) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let wanted = qualifier.unwrap_or(LATEST);
        let arn = format!("{}:{wanted}", self.function_arn(name));
        self.with_function(name, |f| {
            if f.configuration(wanted).is_none() && !f.aliases.contains_key(wanted) {
                return Err(function_not_found(arn.as_str()));
            }
            work(f, wanted, &arn)
        })
    }
}

fn not_configured(arn: &str) -> ApiError {
    let message = format!("The function {arn} doesn't have an EventInvokeConfig");
    ApiError { code: "ResourceNotFoundException", status: 404, message }
}

fn to_json(config: AsyncConfig, arn: &str) -> Value {
    json!({
        "FunctionArn": arn, "MaximumRetryAttempts": config.maximum_retry_attempts,
        "DestinationConfig": {"OnSuccess": {}, "OnFailure": {}},
    })
}
