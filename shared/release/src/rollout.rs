//! What a rollout writes into the alias's description, so that everybody who looks at the alias knows about it.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// CodeDeploy shifts for at most two days (CodeDeploy quotas).
const LONGEST_SPLIT: TimeDelta = TimeDelta::days(2);

/// The rollout that moves the alias. In the description as JSON, for example
/// `{"execution":"11111111-2222-3333-4444-555555555555","candidate":"7","splitSince":"2026-11-23T10:15:00Z"}`; Lambda allows 256
/// characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rollout {
    /// Id of the pipeline execution.
    pub execution: String,
    /// Number of the version that it rolls out, once known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate: Option<String>,
    /// When its first shift gave the new version traffic; `None` before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split_since: Option<DateTime<Utc>>,
}

impl Rollout {
    /// Reads a description; `None` when it is a person's text, or empty.
    #[must_use]
    pub fn from_description(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
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
mod tests {
    use super::*;

    #[test]
    fn rollout_is_read_when_the_description_is_ours() {
        let text = r#"{"execution":"e-1","splitSince":"2026-11-23T10:15:00Z"}"#;
        let rollout = Rollout::from_description(text).unwrap();
        assert_eq!(rollout.split_since.unwrap().timestamp(), 1_795_428_900);
        assert_eq!(serde_json::to_string(&rollout).unwrap(), text);
        let waiting = Rollout::from_description(r#"{"execution":"e-1"}"#).unwrap();
        assert_eq!(waiting.split_since, None);
    }

    #[test]
    fn beginning_counts_when_it_is_of_the_version_and_of_a_sensible_age() {
        let text = r#"{"execution":"e-1","candidate":"7","splitSince":"2026-11-23T10:15:00Z"}"#;
        let rollout = Rollout::from_description(text).unwrap();
        let since = rollout.split_since.unwrap();
        for (after, counts) in [
            (TimeDelta::seconds(-1), false),
            (TimeDelta::zero(), true),
            (LONGEST_SPLIT, true),
            (LONGEST_SPLIT + TimeDelta::seconds(1), false),
        ] {
            assert_eq!(rollout.split_since("7", since + after), counts.then_some(since), "{after}");
        }
        assert_eq!(rollout.split_since("8", since), None);
        let nameless = Rollout { candidate: None, ..rollout };
        assert_eq!(nameless.split_since("7", since), None);
    }

    #[test]
    fn nothing_is_read_when_the_description_is_a_persons() {
        for text in [
            "",
            "production traffic",
            "{}",
            r#"{"splitSince":"2026-11-23T10:15:00Z"}"#,
            r#"{"execution":"e-1","splitSince":"yesterday"}"#,
        ] {
            assert_eq!(Rollout::from_description(text), None, "{text}");
        }
    }
}
