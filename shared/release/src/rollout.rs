//! What a rollout writes into the alias's description, so that everybody who looks at the alias knows about it.

use crate::Deployment;
use crate::start::promotion_of;
use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// CodeDeploy shifts for at most two days (CodeDeploy quotas).
const LONGEST_SPLIT: TimeDelta = TimeDelta::days(2);
/// Lambda takes at most this many characters as the description of an alias (API reference).
const LONGEST_DESCRIPTION: usize = 256;
/// The execution of a rollback from a split that no pipeline made.
pub const BY_HAND: &str = "by hand";

/// The rollout that moves the alias. In the description as JSON, for example
/// `{"execution":"11111111-2222-3333-4444-555555555555","step":1,"candidate":"7","stable":"6","splitSince":"2026-11-23T10:15:00Z"}`.
/// The fields are filled in this order; they say where the release stands ([`crate::Stand`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rollout {
    /// Id of the pipeline execution.
    pub execution: String,
    /// Index of the last shift that was begun, from 1; a step is never looked up by its weight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u8>,
    /// Number of the version that it rolls out, once known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate: Option<String>,
    /// The version that is left: the last good one, to which a rollback returns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stable: Option<String>,
    /// When its first shift gave the new version traffic; `None` before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split_since: Option<DateTime<Utc>>,
    /// Since when the alias is CodeDeploy's, for the last step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promoting_since: Option<DateTime<Utc>>,
    /// Since when the new version has all the requests, and CodeDeploy is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole_since: Option<DateTime<Utc>>,
    /// While nothing of its own is shifted: the way back of the version that customers have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Previous>,
    /// Set when the rollout is taken back; it is never unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback: Option<RollbackMark>,
}

/// The last step of the release before, which the next one must not make anybody forget: it may still turn out bad.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Previous {
    /// The version that it promoted.
    pub candidate: String,
    /// The version that it left.
    pub stable: String,
    /// Since when its version has all the requests.
    pub whole_since: DateTime<Utc>,
}

/// A rollback that was begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RollbackMark {
    /// When.
    pub at: DateTime<Utc>,
    /// The new version had been promoted, so that CodeDeploy is to know of the way back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub promoted: bool,
    /// Why, in a few words: what there is room for. The whole reason is in the pipeline and in the logs.
    pub why: String,
    /// Whether people were told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
}

/// Who tells people about a rollback, so that it is told once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Notice {
    /// Done.
    #[serde(rename = "sent")]
    Sent,
    /// Somebody began to, at this time.
    #[serde(untagged)]
    ClaimedAt(DateTime<Utc>),
}

impl Rollout {
    /// A rollout that has taken the alias, and nothing more.
    #[must_use]
    pub fn of(execution: &str) -> Self {
        Self {
            execution: execution.to_owned(),
            step: None,
            candidate: None,
            stable: None,
            split_since: None,
            promoting_since: None,
            whole_since: None,
            previous: None,
            rollback: None,
        }
    }

    /// Reads a description; `None` when it is a person's text, or empty.
    #[must_use]
    pub fn from_description(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The description: whole seconds, and the reason of a rollback cut to what fits.
    ///
    /// # Errors
    /// Never in practice: every field can be written.
    pub fn description(&self) -> Result<String, serde_json::Error> {
        let mut rollout = self.clone();
        let dates = [&mut rollout.split_since, &mut rollout.promoting_since, &mut rollout.whole_since];
        let before = rollout.previous.as_mut().map(|previous| &mut previous.whole_since);
        for date in dates.into_iter().flatten().chain(before) {
            *date = date.trunc_subsecs(0);
        }
        if let Some(mark) = &mut rollout.rollback {
            mark.at = mark.at.trunc_subsecs(0);
            if let Some(Notice::ClaimedAt(at)) = &mut mark.notice {
                *at = at.trunc_subsecs(0);
            }
        }
        loop {
            let text = serde_json::to_string(&rollout)?;
            // Escapes make a character longer, so that only the result tells whether it fits.
            let cut = text.chars().count() > LONGEST_DESCRIPTION
                && rollout.rollback.as_mut().is_some_and(|mark| mark.why.pop().is_some());
            if !cut {
                return Ok(text);
            }
        }
    }

    /// The same, taken back at `now`; one that has shifted nothing takes back the version of the release before, if that may
    /// be. What is not needed any more makes room for the reason.
    #[must_use]
    pub fn taken_back(&self, why: &str, now: DateTime<Utc>) -> Self {
        if let (None, Some(previous)) = (&self.candidate, &self.previous) {
            let Previous { candidate, stable, whole_since } = previous.clone();
            let (candidate, stable, whole_since) = (Some(candidate), Some(stable), Some(whole_since));
            let of_before = Self { candidate, stable, whole_since, ..Self::of(&self.execution) };
            return of_before.taken_back(why, now);
        }
        let promoted = self.whole_since.is_some();
        Self {
            step: None,
            split_since: self.served_since(),
            promoting_since: None,
            whole_since: None,
            previous: None,
            rollback: Some(RollbackMark { at: now, promoted, why: why.to_owned(), notice: None }),
            ..self.clone()
        }
    }

    /// Whether a deployment is this rollout's own last step.
    #[must_use]
    pub fn is_promotion(&self, deployment: &Deployment) -> bool {
        let own = self.candidate.as_ref().map(|candidate| promotion_of(candidate, &self.execution));
        own.is_some_and(|own| deployment.description == own)
    }

    /// Since when customers may have met the new version.
    #[must_use]
    pub fn served_since(&self) -> Option<DateTime<Utc>> {
        self.split_since.or(self.promoting_since).or(self.whole_since)
    }

    /// Since when this rollout has split the alias towards a version. A description outlives its rollout where somebody
    /// updates an alias without one: another version's beginning, or one longer ago than CodeDeploy or a person would ever
    /// let a split last, is none.
    #[must_use]
    pub fn split_since(&self, canary: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let since = self.split_since.filter(|_| self.candidate.as_deref() == Some(canary))?;
        (now - LONGEST_SPLIT <= since && since <= now).then_some(since)
    }
}

#[cfg(test)]
mod tests;
