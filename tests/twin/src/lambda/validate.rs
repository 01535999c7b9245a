//! What Lambda refuses before it does anything. Pure.

use std::{fmt::Display, ops::RangeInclusive};

use super::{
    errors::{invalid_parameter, validation},
    requests::Settings,
};
use crate::error::ApiError;

/// Up to 15 minutes.
const TIMEOUT_SECONDS: RangeInclusive<u64> = 1..=900;
const MEMORY_MB: RangeInclusive<u64> = 128..=10_240;
const ARCHITECTURES: [&str; 2] = ["x86_64", "arm64"];
const ROLE_PATTERN: &str = r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+";
/// Documented as reserved; others that begin alike (AWS_LAMBDA_EXEC_WRAPPER) are the function's to set.
const RESERVED_KEYS: [&str; 18] = [
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
];

/// A function's name.
pub(super) fn name(name: &str) -> Result<(), ApiError> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if name.is_empty() || name.len() > 64 || !name.bytes().all(allowed) {
        let constraint =
            "Member must satisfy regular expression pattern: [a-zA-Z0-9-_]+ and have at most 64 characters";
        return Err(validation("functionName", name, constraint));
    }
    Ok(())
}

/// Everything that can be configured.
pub(super) fn settings(settings: &Settings) -> Result<(), ApiError> {
    in_range("timeout", settings.timeout, TIMEOUT_SECONDS)?;
    in_range("memorySize", settings.memory_size, MEMORY_MB)?;
    if let Some(role) = settings.role.as_deref().filter(|role| !is_role(role)) {
        let constraint = format!("Member must satisfy regular expression pattern: {ROLE_PATTERN}");
        return Err(validation("role", role, &constraint));
    }
    architectures(settings.architectures.as_deref())?;
    let keys = settings.environment.iter().flat_map(|environment| environment.variables.keys());
    let reserved: Vec<_> = keys.map(String::as_str).filter(|key| RESERVED_KEYS.contains(key)).collect();
    if !reserved.is_empty() {
        return Err(invalid_parameter(format!(
            "Lambda was unable to configure your environment variables because the environment variables you have \
             provided contains reserved keys that are currently not supported for modification. Reserved keys used \
             in this request: {}",
            reserved.join(", ")
        )));
    }
    Ok(())
}

/// Exactly one known architecture, where one is given.
pub(super) fn architectures(given: Option<&[String]>) -> Result<(), ApiError> {
    match given {
        None => Ok(()),
        Some([one]) if ARCHITECTURES.contains(&one.as_str()) => Ok(()),
        Some(other) => Err(validation(
            "architectures",
            format!("[{}]", other.join(", ")),
            "Member must have exactly one of the values [x86_64, arm64]",
        )),
    }
}

/// A number within its bounds, in the words of the service.
pub(super) fn in_range<T: PartialOrd + Display + Copy>(
    member: &str,
    value: Option<T>,
    bounds: RangeInclusive<T>,
) -> Result<(), ApiError> {
    let constraint = match value {
        Some(value) if value < *bounds.start() => {
            format!("Member must have value greater than or equal to {}", bounds.start())
        }
        Some(value) if value > *bounds.end() => {
            format!("Member must have value less than or equal to {}", bounds.end())
        }
        _ => return Ok(()),
    };
    value.map_or(Ok(()), |value| Err(validation(member, value, &constraint)))
}

fn is_role(arn: &str) -> bool {
    let mut parts = arn.splitn(6, ':');
    let mut next = || parts.next().unwrap_or_default();
    let (arn, partition, service, region, account, resource) =
        (next(), next(), next(), next(), next(), next());
    let partition = partition.is_empty()
        || partition
            .strip_prefix("aws")
            .is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-'));
    let account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    let name = resource.strip_prefix("role/").is_some_and(|name| {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@-/".contains(&b);
        !name.is_empty() && name.bytes().all(allowed)
    });
    (arn, service, region) == ("arn", "iam", "") && partition && account && name
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(value: serde_json::Value) -> ApiError {
        settings(&serde_json::from_value(value).unwrap()).unwrap_err()
    }

    #[test]
    fn role_is_an_arn_of_a_role() {
        for good in ["arn:aws:iam::123456789012:role/a", "arn:aws-cn:iam::123456789012:role/path/a@b"] {
            assert!(is_role(good), "{good}");
        }
        for bad in [
            "",
            "admin",
            "arn:aws:iam::123:role/a",
            "arn:aws:iam::123456789012:user/a",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:iam:eu-west-1:123456789012:role/a",
            "arn:gcp:iam::123456789012:role/a",
        ] {
            assert!(!is_role(bad), "{bad}");
        }
        assert_eq!(refused(json!({"Role": "admin"})).code, "ValidationException");
    }

    #[test]
    fn settings_are_refused_when_out_of_bounds() {
        for bad in [
            json!({"Timeout": 0}),
            json!({"Timeout": 901}),
            json!({"MemorySize": 127}),
            json!({"MemorySize": 10_241}),
            json!({"Architectures": ["mips"]}),
            json!({"Architectures": []}),
        ] {
            assert_eq!(refused(bad.clone()).code, "ValidationException", "{bad}");
        }
        let good = json!({"Timeout": 900, "MemorySize": 128, "Architectures": ["arm64"]});
        assert_eq!(settings(&serde_json::from_value(good).unwrap()), Ok(()));
    }

    #[test]
    fn reserved_keys_are_named_when_they_are_set() {
        let variables = json!({"AWS_REGION": "x", "BUILD": "1", "AWS_LAMBDA_EXEC_WRAPPER": "/opt/w"});
        let error = refused(json!({"Environment": {"Variables": variables}}));
        assert_eq!(error.code, "InvalidParameterValueException");
        assert!(error.message.ends_with("in this request: AWS_REGION"), "{}", error.message);
    }
}
