//! Reading the alias.

use crate::Rollout;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::error::SdkError;
use aws_sdk_lambda::operation::get_alias::{GetAliasError, GetAliasOutput};

/// Why the alias cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadAliasError {
    /// Allow `lambda:GetAlias`, or look at the cause.
    #[error("the alias {0} cannot be read")]
    Call(String, #[source] Box<SdkError<GetAliasError>>),
    /// Lambda answered without a version; every alias has one.
    #[error("the alias {0} points to no version")]
    NoVersion(String),
}

/// Two versions behind one alias.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// The version that gets what the canary does not: the one that the alias points to.
    pub stable: String,
    /// The version with a weight of its own.
    pub canary: String,
    /// Its share of the requests, 0 to 100.
    pub canary_percent: f64,
}

/// An alias as Lambda describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveAlias {
    /// The version that it points to.
    pub version: String,
    /// `None` when all requests go to `version`.
    pub split: Option<Split>,
    /// The rollout that its description names.
    pub rollout: Option<Rollout>,
}

impl LiveAlias {
    /// Reads the alias.
    ///
    /// # Errors
    /// When Lambda does not answer with one.
    pub async fn read(client: &Client, function: &str, alias: &str) -> Result<Self, ReadAliasError> {
        let name = || format!("{function}:{alias}");
        let answer = client.get_alias().function_name(function).name(alias).send().await;
        let answer = answer.map_err(|error| ReadAliasError::Call(name(), Box::new(error)))?;
        Self::from_answer(&answer).ok_or_else(|| ReadAliasError::NoVersion(name()))
    }

    fn from_answer(answer: &GetAliasOutput) -> Option<Self> {
        let version = answer.function_version()?.to_owned();
        let weights = answer.routing_config().and_then(|routing| routing.additional_version_weights());
        // Lambda takes one additional version at most; a weight of 0 gives it nothing.
        let additional = weights.and_then(|weights| weights.iter().find(|(_, weight)| **weight > 0.0));
        let split = additional.map(|(canary, weight)| Split {
            stable: version.clone(),
            canary: canary.clone(),
            canary_percent: weight * 100.0,
        });
        Some(Self { version, split, rollout: answer.description().and_then(Rollout::from_description) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_lambda::types::AliasRoutingConfiguration;

    fn read(weight: Option<f64>) -> LiveAlias {
        let routing = weight.map(|weight| {
            AliasRoutingConfiguration::builder().additional_version_weights("7", weight).build()
        });
        let answer = GetAliasOutput::builder().function_version("6").set_routing_config(routing);
        LiveAlias::from_answer(&answer.description(r#"{"execution":"e-1"}"#).build()).unwrap()
    }

    #[test]
    fn split_is_read_when_a_version_has_a_weight() {
        let split = read(Some(0.1)).split.unwrap();
        assert_eq!((split.stable.as_str(), split.canary.as_str()), ("6", "7"));
        assert!((split.canary_percent - 10.0).abs() < 1e-9);
    }

    #[test]
    fn alias_is_whole_when_no_version_has_a_weight_above_zero() {
        assert_eq!(read(None).split, None);
        assert_eq!(read(Some(0.0)).split, None);
        assert_eq!(read(None).rollout.unwrap().execution, "e-1");
    }

    #[test]
    fn nothing_is_read_when_the_answer_has_no_version() {
        assert_eq!(LiveAlias::from_answer(&GetAliasOutput::builder().build()), None);
    }
}
