//! What a rollout writes into the alias's description, so that everybody who looks at the alias knows about it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The rollout that moves the alias. In the description as JSON, for example
/// `{"execution":"11111111-2222-3333-4444-555555555555","splitSince":"2026-11-23T10:15:00Z"}`; Lambda allows 256
/// characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rollout {
    /// Id of the pipeline execution.
    pub execution: String,
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
