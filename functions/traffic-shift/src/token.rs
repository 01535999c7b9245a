//! What an action remembers from one invocation to the next: little, because the alias remembers the rest.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Of the form of the token; another version's token counts as none.
const VERSION: u8 = 1;
/// The longest continuation token (CodePipeline API reference).
const LONGEST: usize = 2_048;
/// Longer reasons are not needed a second time; the logs have them.
const LONGEST_REASON: usize = 1_000;

/// A continuation token, as JSON. Losing it does no harm: the bake begins anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    v: u8,
    /// When the action was first called.
    pub started_at: DateTime<Utc>,
    /// Since when the share is watched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bake_since: Option<DateTime<Utc>>,
    /// Invocations in a row that failed, up to this one.
    #[serde(default)]
    pub failures: u8,
    /// Why the release is being taken back, in full.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Token {
    /// That of the first call.
    #[must_use]
    pub const fn begun(now: DateTime<Utc>) -> Self {
        Self { v: VERSION, started_at: now, bake_since: None, failures: 0, reason: None }
    }

    /// Reads a token; `None` when it is not ours.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().filter(|token: &Self| token.v == VERSION)
    }

    /// Keeps the reason, as far as there is room.
    pub fn remember(&mut self, reason: &str) {
        self.reason = Some(reason.chars().take(LONGEST_REASON).collect());
    }

    /// The text, within CodePipeline's limit.
    ///
    /// # Errors
    /// Never in practice: every field can be written.
    pub fn write(&self) -> Result<String, serde_json::Error> {
        let mut token = self.clone();
        loop {
            let text = serde_json::to_string(&token)?;
            // Escapes make a character longer, so that only the result tells whether it fits.
            let cut = text.chars().count() > LONGEST
                && token.reason.as_mut().is_some_and(|reason| reason.pop().is_some());
            if !cut {
                return Ok(text);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn token_comes_back_when_it_was_written(
            started in 0_i64..4_000_000_000,
            bake in proptest::option::of(0_i64..4_000_000_000),
            failures in any::<u8>(),
            reason in proptest::option::of(".{0,1200}"),
        ) {
            let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
            let mut token = Token { bake_since: bake.map(at), failures, ..Token::begun(at(started)) };
            if let Some(reason) = &reason {
                token.remember(reason);
            }
            let text = token.write().unwrap();
            prop_assert!((1..=LONGEST).contains(&text.chars().count()));
            let read = Token::read(&text).unwrap();
            prop_assert_eq!(
                (read.started_at, read.bake_since, read.failures),
                (token.started_at, token.bake_since, token.failures)
            );
            let (kept, whole) = (read.reason.unwrap_or_default(), reason.unwrap_or_default());
            prop_assert!(whole.starts_with(&kept));
        }

        #[test]
        fn nothing_panics_whatever_the_token_is(text in ".*") {
            drop(Token::read(&text));
        }
    }

    #[test]
    fn token_is_none_when_it_is_of_another_version() {
        let text = Token::begun(DateTime::UNIX_EPOCH).write().unwrap();
        assert!(Token::read(&text).is_some());
        assert_eq!(Token::read(&text.replace("\"v\":1", "\"v\":2")), None);
        assert_eq!(Token::read("{}"), None);
    }

    #[test]
    fn reason_is_cut_when_escapes_make_it_too_long() {
        let mut token = Token::begun(DateTime::UNIX_EPOCH);
        token.remember(&"\u{1}".repeat(2_000));
        let text = token.write().unwrap();
        assert!(text.len() <= LONGEST && text.len() > LONGEST - 12, "{}", text.len());
    }
}
