//! Reading the alias.

use crate::{Notice, RollbackMark, Rollout};
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

impl Split {
    /// Whether the canary has this share, in percent; weights are shares with a few digits.
    #[must_use]
    pub fn is_at(&self, percent: f64) -> bool {
        (self.canary_percent - percent).abs() < 1e-6
    }
}

/// Where a release stands, by what its rollout wrote and what the alias does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stand<'a> {
    /// Nobody rolls anything out.
    Idle,
    /// Split by somebody who wrote nothing: CodeDeploy for another stack's deployment, or a hand.
    Foreign(&'a Split),
    /// A rollout has taken the alias; its version has had no request.
    Acquired(&'a Rollout),
    /// Its shifts split the alias.
    Shifting(&'a Rollout),
    /// CodeDeploy makes the last step.
    Promoting(&'a Rollout),
    /// The new version has all requests.
    Promoted(&'a Rollout),
    /// Taken back, or on the way.
    RolledBack(&'a Rollout, &'a RollbackMark),
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
    /// Lambda's mark of this state; a change names it, and fails when somebody else was faster.
    pub revision: Option<String>,
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
        let rollout = answer.description().and_then(Rollout::from_description);
        Some(Self { version, split, rollout, revision: answer.revision_id().map(str::to_owned) })
    }

    /// Where the release stands. A description outlives its rollout: a split that is not of its versions, or that came after
    /// its rollback was told, is somebody else's.
    #[must_use]
    pub fn stand(&self) -> Stand<'_> {
        let Some(rollout) = &self.rollout else {
            return self.split.as_ref().map_or(Stand::Idle, Stand::Foreign);
        };
        let (stable, candidate) = (rollout.stable.as_deref(), rollout.candidate.as_deref());
        let another = |split: &&Split| ![stable, candidate].contains(&Some(split.canary.as_str()));
        if let Some(mark) = &rollout.rollback {
            let after = self.split.as_ref().filter(|_| mark.notice == Some(Notice::Sent));
            after.map_or(Stand::RolledBack(rollout, mark), Stand::Foreign)
        } else if rollout.whole_since.is_some() {
            self.split.as_ref().filter(another).map_or(Stand::Promoted(rollout), Stand::Foreign)
        } else if rollout.promoting_since.is_some() {
            Stand::Promoting(rollout)
        } else if candidate.is_some() {
            Stand::Shifting(rollout)
        } else {
            Stand::Acquired(rollout)
        }
    }

    /// Whether a version gets requests, be it all of them or a share.
    #[must_use]
    pub fn serves(&self, version: &str) -> bool {
        self.version == version || self.split.as_ref().is_some_and(|split| split.canary == version)
    }

    /// Rolled back and told, and yet the new version gets requests, or the last good one does not get all of them. Somebody
    /// may have decided so; or CodeDeploy has moved the alias once more.
    #[must_use]
    pub fn is_astray(&self) -> bool {
        self.rollout.as_ref().is_some_and(|rollout| {
            let told = rollout.rollback.as_ref().is_some_and(|mark| mark.notice == Some(Notice::Sent));
            let back =
                rollout.stable.as_ref().is_none_or(|stable| self.version == *stable) && self.split.is_none();
            told && !back
        })
    }

    /// Who gets the requests, in words.
    #[must_use]
    pub fn in_words(&self) -> String {
        self.split.as_ref().map_or_else(
            || format!("all requests go to version {}", self.version),
            |split| {
                let (percent, canary) = (split.canary_percent, &split.canary);
                format!(
                    "{percent:.0} % of the requests go to version {canary}, the others to version {}",
                    split.stable
                )
            },
        )
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
    fn release_stands_where_its_rollout_and_its_alias_say() {
        let at = chrono::DateTime::from_timestamp(1_795_428_900, 0);
        let mut alias = read(Some(0.1));
        assert!(matches!(alias.stand(), Stand::Acquired(_)));
        let mut fill = |fill: fn(&mut Rollout, Option<chrono::DateTime<chrono::Utc>>)| {
            fill(alias.rollout.as_mut().unwrap(), at);
            format!("{:?}", alias.stand()).split('(').next().unwrap().to_owned()
        };
        assert_eq!(fill(|rollout, _| rollout.candidate = Some("7".to_owned())), "Shifting");
        assert_eq!(fill(|rollout, at| rollout.promoting_since = at), "Promoting");
        assert_eq!(fill(|rollout, at| rollout.whole_since = at), "Promoted");
        assert_eq!(fill(|rollout, at| *rollout = rollout.taken_back("x", at.unwrap())), "RolledBack");
        alias.rollout = None;
        assert!(matches!(alias.stand(), Stand::Foreign(_)));
        alias.split = None;
        assert_eq!(alias.stand(), Stand::Idle);
    }

    #[test]
    fn split_is_somebody_elses_when_it_came_after_the_rollout() {
        let at = chrono::DateTime::from_timestamp(1_795_428_900, 0).unwrap();
        let mut alias = read(Some(0.1));
        let of = |candidate: &str| Rollout { candidate: Some(candidate.to_owned()), ..Rollout::of("e") };
        alias.rollout = Some(Rollout { whole_since: Some(at), ..of("6") });
        assert!(matches!(alias.stand(), Stand::Foreign(_)));
        alias.rollout = Some(Rollout { whole_since: Some(at), stable: Some("7".to_owned()), ..of("6") });
        assert!(matches!(alias.stand(), Stand::Promoted(_)));
        let mut back = of("7").taken_back("x", at);
        alias.rollout = Some(back.clone());
        assert!(matches!(alias.stand(), Stand::RolledBack(..)));
        back.rollback.as_mut().unwrap().notice = Some(Notice::Sent);
        alias.rollout = Some(back);
        assert!(matches!(alias.stand(), Stand::Foreign(_)));
        alias.split = None;
        assert!(matches!(alias.stand(), Stand::RolledBack(..)));
    }

    #[test]
    fn alias_is_astray_when_it_was_told_and_is_not_back() {
        let at = chrono::DateTime::from_timestamp(1_795_428_900, 0).unwrap();
        let of = |version: &str, split: Option<Split>, notice| {
            let rollout =
                Rollout { candidate: Some("7".into()), stable: Some("6".into()), ..Rollout::of("e") };
            let mut rollout = rollout.taken_back("x", at);
            rollout.rollback.as_mut().unwrap().notice = notice;
            let alias =
                LiveAlias { version: version.to_owned(), split, rollout: Some(rollout), revision: None };
            alias.is_astray()
        };
        assert!(of("7", None, Some(Notice::Sent)) && of("5", None, Some(Notice::Sent)));
        assert!(of("6", read(Some(0.1)).split, Some(Notice::Sent)));
        assert!(!of("6", None, Some(Notice::Sent)) && !of("7", None, None));
    }

    #[test]
    fn version_is_served_when_it_has_a_share() {
        let alias = read(Some(0.1));
        assert!(alias.serves("6") && alias.serves("7") && !alias.serves("5"));
        assert_eq!(alias.in_words(), "10 % of the requests go to version 7, the others to version 6");
        assert_eq!(read(None).in_words(), "all requests go to version 6");
    }

    #[test]
    fn nothing_is_read_when_the_answer_has_no_version() {
        assert_eq!(LiveAlias::from_answer(&GetAliasOutput::builder().build()), None);
    }
}
