//! Is there a promoted version to watch?

use super::{
    Refusal, baked, differs_from_whole, first_release, is_free, is_whole_at, ours, rollout_of, same_candidate,
};
use crate::parameters::Watch;
use chrono::{DateTime, TimeDelta, Utc};
use judge::Report;
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
/// When the watch is so short that no minute would be judged; when the alias is another's or not as this release left it, or was
/// not promoted.
pub fn watch(
    alias: &LiveAlias,
    wanted: &Watch,
    settle_minutes: u32,
    now: DateTime<Utc>,
) -> Result<Watching, Refusal> {
    let minutes = wanted.minutes;
    if minutes <= settle_minutes {
        return Err(Refusal::configuration(format!(
            "\"minutes\" of watch ({minutes}) must be more than SETTLE_MINUTES ({settle_minutes}): a minute is judged only so long after its end, and nothing would be judged"
        )));
    }
    let has_everything = is_whole_at(alias, &wanted.candidate);
    let nothing_moved = || Ok(Watching::FirstRelease(first_release(&wanted.candidate)));
    // Promote took nothing over where the version had everything already.
    if is_free(alias, &wanted.execution, now) && has_everything {
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

/// What the minutes so far come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watched {
    /// To be watched on, until so many minutes in all.
    GoesOn {
        /// As asked for, or twice as long while nothing could be read.
        of_minutes: u32,
    },
    /// It has ended with this verdict.
    Ended(&'static str),
    /// It has ended, and nobody knows anything.
    Unread,
}

/// Decides about a version that nobody blames. Requests that cannot be counted are no reason to take a promoted version back
/// at once, nor one to call it watched: CloudWatch gets as much time again.
#[must_use]
pub fn watched(report: Option<&Report>, elapsed: TimeDelta, minutes: u32) -> Watched {
    let is_read = report.is_some_and(|report| {
        report.criteria.iter().any(|criterion| criterion.unknown_minutes < report.minutes)
    });
    let is_over = |minutes: u32| elapsed >= TimeDelta::minutes(minutes.into());
    let twice = minutes.saturating_mul(2);
    let of_minutes = if is_read || !is_over(minutes) { minutes } else { twice };
    if !is_read && is_over(twice) {
        return Watched::Unread;
    }
    baked(report.filter(|_| is_read), elapsed, of_minutes, of_minutes)
        .map_or(Watched::GoesOn { of_minutes }, Watched::Ended)
}

#[cfg(test)]
mod tests {
    use super::super::samples::{alias, at, back, promoted, promoting, shifting, split};
    use super::super::{HEALTHY, INCONCLUSIVE};
    use super::*;
    use judge::{Counts, Criterion, Inputs, Phase, Series};
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
        let watch = watch(&alias("7", None, Some(promoted())), &wanted(), 2, at(31));
        let expected = Watching::Watch { stable: "6".to_owned(), served_since: at(0), whole_since: at(31) };
        assert_eq!(watch, Ok(expected));
    }

    #[test]
    fn nothing_is_watched_when_nothing_was_moved() {
        let other = Rollout { execution: "e-9".to_owned(), ..promoted() };
        for found in [None, Some(Rollout::of("e-1")), Some(other)] {
            let watch = watch(&alias("7", None, found), &wanted(), 2, at(31));
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
            let refusal = watch(&alias, &wanted(), 2, at(31)).unwrap_err();
            assert!(refusal.message.contains(told), "{refusal:?}");
        }
    }

    #[test]
    fn watch_is_refused_when_no_minute_would_be_judged() {
        for (settle_minutes, refused) in [(29, false), (30, true), (31, true)] {
            let watch = watch(&alias("7", None, Some(promoted())), &wanted(), settle_minutes, at(31));
            assert_eq!(watch.is_err(), refused, "{watch:?}");
            if let Err(refusal) = watch {
                assert!(
                    refusal.is_configuration && refusal.message.contains("SETTLE_MINUTES"),
                    "{refusal:?}"
                );
            }
        }
    }

    #[test]
    fn nothing_is_watched_when_a_rollback_is_done_and_cannot_be_told_for_half_an_hour() {
        // Begun at minute 5, from version 7.
        let untold = Rollout { execution: "e-9".to_owned(), candidate: Some("8".to_owned()), ..back() };
        let second = TimeDelta::seconds(1);
        for (now, free) in [(at(35) - second, false), (at(35), true), (at(35) + second, true)] {
            let watch = watch(&alias("7", None, Some(untold.clone())), &wanted(), 2, now);
            assert_eq!(matches!(watch, Ok(Watching::FirstRelease(_))), free, "{watch:?}");
        }
    }

    /// Ten minutes of two criteria, of which so many minutes are known.
    fn report(known_minutes: [usize; 2]) -> Report {
        let series = ["errors", "slow"].into_iter().zip(known_minutes).map(|(name, known)| {
            let minute = |index| (index < known).then(|| Counts::new(60, 0).unwrap());
            let canary = (0..10).map(minute).collect();
            Series { criterion: Criterion::new(name, 0.01), canary, stable: vec![None; 10] }
        });
        let series = series.collect();
        Inputs { alpha: 0.005, min_requests: 50, phase: Phase::Whole, series }.document().unwrap().report
    }

    #[test]
    fn watch_ends_after_its_minutes_when_something_was_read() {
        let second = TimeDelta::seconds(1);
        let (end, goes_on) = (TimeDelta::minutes(30), Watched::GoesOn { of_minutes: 30 });
        for (known, verdict) in [([10, 10], HEALTHY), ([1, 0], INCONCLUSIVE), ([0, 1], INCONCLUSIVE)] {
            let report = report(known);
            assert_eq!(watched(Some(&report), end - second, 30), goes_on);
            assert_eq!(watched(Some(&report), end, 30), Watched::Ended(verdict), "{known:?}");
            assert_eq!(watched(Some(&report), end + second, 30), Watched::Ended(verdict));
        }
    }

    #[test]
    fn watch_takes_twice_its_minutes_and_fails_when_nothing_was_read() {
        let second = TimeDelta::seconds(1);
        let (end, twice) = (TimeDelta::minutes(30), TimeDelta::minutes(60));
        let unknown = report([0, 0]);
        for report in [None, Some(&unknown)] {
            assert_eq!(watched(report, end - second, 30), Watched::GoesOn { of_minutes: 30 });
            for elapsed in [end, end + second, twice - second] {
                assert_eq!(watched(report, elapsed, 30), Watched::GoesOn { of_minutes: 60 });
            }
            assert_eq!(watched(report, twice, 30), Watched::Unread);
            assert_eq!(watched(report, twice + second, 30), Watched::Unread);
        }
    }
}
