//! Changing the alias: guarded by its revision, repeated when somebody else was faster, verified by reading back.

use crate::{LiveAlias, ReadAliasError, ReleaseError, Rollout};
use aws_sdk_lambda::error::ProvideErrorMetadata as _;
use aws_sdk_lambda::types::AliasRoutingConfiguration;
use std::collections::HashMap;

/// Others who change the alias are few and act once each; so many losses in a row are a fight that nobody should win by
/// persistence.
const MOST_TRIES: usize = 6;

/// The alias of a function, by names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Name of the function.
    pub function: String,
    /// Name of the alias.
    pub alias: String,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.function, self.alias)
    }
}

impl std::str::FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let plain = |part: &str| !part.is_empty() && !part.contains([':', ' ', ',']);
        let parts = text.trim().split_once(':').filter(|(function, alias)| plain(function) && plain(alias));
        let (function, alias) = parts.ok_or_else(|| PlaceError(text.to_owned()))?;
        Ok(Self { function: function.to_owned(), alias: alias.to_owned() })
    }
}

/// Write function and alias by name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be function:alias, for example manuel-backend:live; got {0:?}")]
pub struct PlaceError(String);

/// The deployment group that moves the alias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Name of the CodeDeploy application.
    pub application: String,
    /// Name of the deployment group.
    pub name: String,
}

/// Who is to get the requests.
#[derive(Clone, Debug, PartialEq)]
pub enum Traffic {
    /// As it is: only the description changes. Version and weights are not sent at all, so that a change that CodeDeploy
    /// makes meanwhile is never undone.
    Keep,
    /// All of them to this version; the weights are cleared with an explicit empty map.
    Whole(String),
    /// A share of them.
    Split {
        /// The version that the alias points to.
        stable: String,
        /// The other version.
        canary: String,
        /// Its share, above 0 and below 100.
        canary_percent: f64,
    },
}

/// What the alias is to become.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Who gets the requests.
    pub traffic: Traffic,
    /// What the description says.
    pub rollout: Rollout,
}

/// The live alias, with what it takes to change it.
#[derive(Clone, Debug)]
pub struct Live {
    /// Reads and updates the alias.
    pub lambda: aws_sdk_lambda::Client,
    /// Where the last step, and the way back from it, are made.
    pub codedeploy: aws_sdk_codedeploy::Client,
    /// Which alias.
    pub place: Place,
    /// Its deployment group.
    pub group: Group,
}

impl Live {
    /// Reads the alias.
    ///
    /// # Errors
    /// When Lambda does not answer with one.
    pub async fn alias(&self) -> Result<LiveAlias, ReadAliasError> {
        LiveAlias::read(&self.lambda, &self.place.function, &self.place.alias).await
    }

    /// Changes the alias to what `decide` makes of it; `None` leaves it as it is. When somebody else changes it at the same
    /// time, `decide` is asked again with what they made of it, so that the rule sees every state. Answers the alias as it
    /// was read at the end.
    ///
    /// # Errors
    /// When Lambda refuses; when others change the alias all the time. An update whose answer was lost is no error when the
    /// alias is found changed.
    pub async fn change(
        &self,
        decide: impl FnMut(&LiveAlias) -> Option<Change>,
    ) -> Result<LiveAlias, ReleaseError> {
        Ok(self.change_and_own(decide).await?.0)
    }

    /// The same, and whether Lambda confirmed this call's update: another's may have written the very same.
    pub(crate) async fn change_and_own(
        &self,
        mut decide: impl FnMut(&LiveAlias) -> Option<Change>,
    ) -> Result<(LiveAlias, bool), ReleaseError> {
        let mut before = self.alias().await?;
        for _ in 0..MOST_TRIES {
            let Some(change) = decide(&before) else { return Ok((before, false)) };
            let updated = self.update(&before, &change).await;
            let after = self.alias().await?;
            if change.is_made(&after) {
                return Ok((after, updated.is_ok()));
            }
            match updated {
                // It was made, and somebody changed it again: the rule looks at that.
                Ok(()) | Err(ReleaseError::Outrun) => before = after,
                Err(error) => return Err(error),
            }
        }
        Err(ReleaseError::Contended(self.place.to_string(), MOST_TRIES))
    }

    async fn update(&self, before: &LiveAlias, change: &Change) -> Result<(), ReleaseError> {
        let revision =
            before.revision.clone().ok_or_else(|| ReleaseError::NoRevision(self.place.to_string()))?;
        let mut call = self.lambda.update_alias().function_name(&self.place.function).name(&self.place.alias);
        call = call.revision_id(revision).description(change.rollout.description()?);
        match &change.traffic {
            Traffic::Keep => {}
            Traffic::Whole(version) => {
                call = call.function_version(version).routing_config(weights(HashMap::new()));
            }
            Traffic::Split { stable, canary, canary_percent } => {
                let weight = HashMap::from([(canary.clone(), canary_percent / 100.0)]);
                call = call.function_version(stable).routing_config(weights(weight));
            }
        }
        match call.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.code() {
                // The second: another update is being made.
                Some("PreconditionFailedException" | "ResourceConflictException") => {
                    Err(ReleaseError::Outrun)
                }
                _ => Err(ReleaseError::call("lambda:UpdateAlias", error)),
            },
        }
    }
}

/// The map is always sent: left out, Lambda keeps the weights.
fn weights(weights: HashMap<String, f64>) -> AliasRoutingConfiguration {
    AliasRoutingConfiguration::builder().set_additional_version_weights(Some(weights)).build()
}

impl Change {
    fn is_made(&self, alias: &LiveAlias) -> bool {
        let said = self.rollout.description().ok().and_then(|text| Rollout::from_description(&text));
        let moved = match (&self.traffic, &alias.split) {
            (Traffic::Keep, _) => true,
            (Traffic::Whole(version), None) => alias.version == *version,
            (Traffic::Split { stable, canary, canary_percent }, Some(split)) => {
                (&split.stable, &split.canary) == (stable, canary) && split.is_at(*canary_percent)
            }
            _ => false,
        };
        moved && alias.rollout == said
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Split;

    #[test]
    fn place_is_read_when_it_names_function_and_alias() {
        let place: Place = " manuel-backend:live ".parse().unwrap();
        assert_eq!(place.to_string(), "manuel-backend:live");
        for text in ["", "shop", "shop:", ":live", "shop:live:7", "a,b:live"] {
            assert!(text.parse::<Place>().is_err(), "{text}");
        }
    }

    #[test]
    fn change_is_made_when_the_alias_says_and_does_it() {
        let rollout = Rollout::of("e-1");
        let split =
            |percent| Split { stable: "6".to_owned(), canary: "7".to_owned(), canary_percent: percent };
        let alias = |split| LiveAlias {
            version: "6".to_owned(),
            split,
            rollout: Some(Rollout::of("e-1")),
            revision: None,
        };
        let to = |traffic| Change { traffic, rollout: rollout.clone() };
        let ten = Traffic::Split { stable: "6".to_owned(), canary: "7".to_owned(), canary_percent: 10.0 };
        assert!(to(ten.clone()).is_made(&alias(Some(split(10.0)))));
        assert!(!to(ten.clone()).is_made(&alias(Some(split(50.0)))));
        assert!(!to(ten).is_made(&alias(None)));
        assert!(to(Traffic::Whole("6".to_owned())).is_made(&alias(None)));
        assert!(!to(Traffic::Whole("6".to_owned())).is_made(&alias(Some(split(10.0)))));
        assert!(!to(Traffic::Whole("7".to_owned())).is_made(&alias(None)));
        assert!(to(Traffic::Keep).is_made(&alias(None)));
        let other = Change { traffic: Traffic::Keep, rollout: Rollout::of("e-2") };
        assert!(!other.is_made(&alias(None)));
    }
}
