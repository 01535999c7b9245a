//! Region, credentials and endpoints from the environment that Lambda gives a function.

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use std::collections::BTreeMap;

use crate::MAX_ATTEMPTS;

/// The services that may have an endpoint of their own.
const SERVICES: [&str; 8] = [
    "BEDROCK_RUNTIME",
    "CLOUDWATCH",
    "CODEDEPLOY",
    "CODEPIPELINE",
    "DYNAMODB",
    "EVENTBRIDGE",
    "LAMBDA",
    "SNS",
];

/// A required variable is missing or empty, or one has a value that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable} is {state}: {advice}")]
pub struct SettingsError {
    variable: &'static str,
    state: &'static str,
    advice: &'static str,
}

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) region: String,
    pub(crate) credentials: SharedCredentialsProvider,
    endpoint: Option<String>,
    service_endpoints: BTreeMap<&'static str, String>,
    /// Tries per call, the first included.
    pub(crate) max_attempts: u32,
}

impl Settings {
    pub(crate) fn from_lookup(lookup: &impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let filled = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let region = filled("AWS_REGION").or_else(|| filled("AWS_DEFAULT_REGION"));
        let region = region.map_or_else(|| required(lookup, "AWS_REGION", REGION_ADVICE), Ok)?;
        let key_id = required(lookup, "AWS_ACCESS_KEY_ID", KEY_ADVICE)?;
        let secret = required(lookup, "AWS_SECRET_ACCESS_KEY", KEY_ADVICE)?;
        let credentials = Credentials::new(key_id, secret, filled("AWS_SESSION_TOKEN"), None, "environment");
        let own = |service: &'static str| Some((service, filled(&format!("AWS_ENDPOINT_URL_{service}"))?));
        Ok(Self {
            region,
            credentials: SharedCredentialsProvider::new(credentials),
            endpoint: filled("AWS_ENDPOINT_URL"),
            service_endpoints: SERVICES.into_iter().filter_map(own).collect(),
            max_attempts: filled(ATTEMPTS).map_or(Ok(MAX_ATTEMPTS), |given| attempts(&given))?,
        })
    }

    /// Where a service is reached; `None` is AWS itself.
    pub(crate) fn endpoint(&self, service: &str) -> Option<String> {
        self.service_endpoints.get(service).or(self.endpoint.as_ref()).cloned()
    }
}

/// The SDKs' own name for it; this is what they do, too, when their configuration is read from the environment.
const ATTEMPTS: &str = "AWS_MAX_ATTEMPTS";
/// More would end at the time-out of the whole call in any case.
const MOST_ATTEMPTS: u32 = 10;

fn attempts(given: &str) -> Result<u32, SettingsError> {
    let number = given.parse().ok().filter(|number| (1..=MOST_ATTEMPTS).contains(number));
    number.ok_or(SettingsError {
        variable: ATTEMPTS,
        state: "not a whole number from 1 to 10",
        advice: "set the tries per call, the first included, or leave it out for 3",
    })
}

const REGION_ADVICE: &str =
    "set it to the region of the stack, for example eu-central-1 (Lambda sets it by itself)";
const KEY_ADVICE: &str = "set the AWS credentials in the environment (Lambda sets them by itself; for a local \
                          endpoint any value will do)";

fn required(
    lookup: &impl Fn(&str) -> Option<String>,
    variable: &'static str,
    advice: &'static str,
) -> Result<String, SettingsError> {
    match lookup(variable) {
        Some(value) if !value.is_empty() => Ok(value),
        Some(_) => Err(SettingsError { variable, state: "empty", advice }),
        None => Err(SettingsError { variable, state: "not set", advice }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        Settings::from_lookup(&|name: &str| {
            pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    const COMPLETE: [(&str, &str); 3] =
        [("AWS_REGION", "eu-central-1"), ("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "secret")];

    #[test]
    fn error_names_the_variable_when_one_is_missing_or_empty() {
        for (index, (name, _)) in COMPLETE.iter().enumerate() {
            let mut pairs = COMPLETE.to_vec();
            pairs[index].1 = "";
            assert!(settings(&pairs).unwrap_err().to_string().starts_with(&format!("{name} is empty")));
            pairs.remove(index);
            assert!(settings(&pairs).unwrap_err().to_string().starts_with(&format!("{name} is not set")));
        }
    }

    #[test]
    fn default_region_is_taken_when_the_region_is_empty() {
        let mut pairs = COMPLETE.to_vec();
        pairs[0].1 = "";
        pairs.push(("AWS_DEFAULT_REGION", "us-east-1"));
        assert_eq!(settings(&pairs).unwrap().region, "us-east-1");
    }

    #[test]
    fn own_endpoint_wins_when_both_are_set() {
        let mut pairs = COMPLETE.to_vec();
        pairs.extend([("AWS_ENDPOINT_URL", "http://all"), ("AWS_ENDPOINT_URL_LAMBDA", "http://lambda")]);
        let settings = settings(&pairs).unwrap();
        assert_eq!(settings.endpoint("LAMBDA").unwrap(), "http://lambda");
        assert_eq!(settings.endpoint("CODEDEPLOY").unwrap(), "http://all");
    }

    #[test]
    fn endpoint_is_aws_itself_when_none_is_set() {
        assert_eq!(settings(&COMPLETE).unwrap().endpoint("LAMBDA"), None);
    }

    #[test]
    fn attempts_are_taken_when_they_are_from_1_to_10_and_3_when_none_are_given() {
        let with = |value: &str| settings(&[COMPLETE.as_slice(), &[("AWS_MAX_ATTEMPTS", value)]].concat());
        for (given, taken) in [("1", 1), ("2", 2), ("10", 10), ("", 3)] {
            assert_eq!(with(given).unwrap().max_attempts, taken, "{given:?}");
        }
        assert_eq!(settings(&COMPLETE).unwrap().max_attempts, MAX_ATTEMPTS);
        for wrong in ["0", "11", "-1", "1.5", "three", " 1"] {
            let told = with(wrong).unwrap_err().to_string();
            assert!(told.starts_with("AWS_MAX_ATTEMPTS is not a whole number from 1 to 10: "), "{told}");
        }
    }

    #[test]
    fn secrets_stay_out_of_debug_output() {
        assert!(!format!("{:?}", settings(&COMPLETE).unwrap()).contains("secret\""));
    }
}
