//! Is there a promoted version to watch?

use super::promote::is_free;
use super::{Refusal, differs_from_whole, first_release, is_whole_at, ours, rollout_of, same_candidate};
use crate::parameters::Watch;
use chrono::{DateTime, Utc};
use release::{LiveAlias, Stand};

/// What watch does next.
#[derive(Clone, Debug, PartialEq)]
pub enum Watching {
    /// Nothing, for this reason: the verdict is `first-release`.
    FirstRelease(String),
    /// Judge the minutes so far.
    Watch {
        /// The last good version.
        stable: String,
        /// Since when customers may have met the new version: what an alarm is held against.
        served_since: DateTime<Utc>,
        /// Since when it serves alone.
        whole_since: DateTime<Utc>,
    },
}

/// Decides by the alias. Whoever asks has seen to [`super::taken_back`] before.
///
/// # Errors
/// When the alias is another's or not as this release left it, or was not promoted.
pub fn watch(alias: &LiveAlias, wanted: &Watch) -> Result<Watching, Refusal> {
    let has_everything = is_whole_at(alias, &wanted.candidate);
    let nothing_moved = || Ok(Watching::FirstRelease(first_release(&wanted.candidate)));
    // Promote took nothing over where the version had everything already.
    if is_free(alias.stand(), &wanted.execution) && has_everything {
        return nothing_moved();
    }
    let stand = ours(alias, &wanted.execution)?;
    if let Some(rollout) = rollout_of(stand) {
        same_candidate(rollout, &wanted.candidate)?;
    }
    match stand {
        Stand::Acquired(_) if has_everything => nothing_moved(),
        Stand::Promoted(rollout) => {
            if let Some(differs) = differs_from_whole(alias, Some(&wanted.candidate)) {
                return Err(Refusal::because(differs));
            }
            match (rollout.stable.clone(), rollout.served_since(), rollout.whole_since) {
                (Some(stable), Some(served_since), Some(whole_since)) => {
                    Ok(Watching::Watch { stable, served_since, whole_since })
                }
                _ => Err(Refusal::because("the alias's description does not name the version that was left")),
            }
        }
        _ => Err(Refusal::because(format!(
            "version {} was not promoted by this execution ({}); promote first",
            wanted.candidate,
            alias.in_words()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{alias, at, back, promoted, promoting, shifting, split};
    use super::*;
    use release::Rollout;

    fn wanted() -> Watch {
        Watch {
            execution: "e-1".to_owned(),
            function: "manuel-backend".to_owned(),
            alias: "live".to_owned(),
            candidate: "7".to_owned(),
            minutes: 30,
        }
    }

    #[test]
    fn promoted_version_is_watched() {
        let watch = watch(&alias("7", None, Some(promoted())), &wanted());
        let expected = Watching::Watch { stable: "6".to_owned(), served_since: at(0), whole_since: at(31) };
        assert_eq!(watch, Ok(expected));
    }

    #[test]
    fn nothing_is_watched_when_nothing_was_moved() {
        let other = Rollout { execution: "e-9".to_owned(), ..promoted() };
        for found in [None, Some(Rollout::of("e-1")), Some(other)] {
            let watch = watch(&alias("7", None, found), &wanted());
            assert!(matches!(watch, Ok(Watching::FirstRelease(_))), "{watch:?}");
        }
    }

    #[test]
    fn watch_is_refused_when_the_alias_was_moved_or_nothing_was_promoted() {
        for (alias, told) in [
            (alias("6", None, Some(promoted())), "changed by hand"),
            (alias("8", None, Some(promoted())), "changed by hand"),
            (alias("6", split(10.0), Some(shifting(1))), "promote first"),
            (alias("7", None, Some(promoting())), "promote first"),
            (alias("6", None, Some(Rollout::of("e-1"))), "promote first"),
            (alias("6", None, None), "promote first"),
            (alias("6", None, Some(back())), "promote first"),
            (
                alias("6", None, Some(Rollout { execution: "e-9".to_owned(), ..promoted() })),
                "taken by execution e-9",
            ),
            (
                alias("7", None, Some(Rollout { candidate: Some("8".to_owned()), ..promoted() })),
                "one candidate",
            ),
        ] {
            let refusal = watch(&alias, &wanted()).unwrap_err();
            assert!(refusal.message.contains(told), "{refusal:?}");
        }
    }
}
