//! May this execution take the alias?

use super::{is_over, is_whole_at, rollout_of, stand_in_words};
use chrono::{DateTime, Utc};
use release::{LiveAlias, Previous, Rollout, Stand};

/// What else is under way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Others {
    /// The deployment of the group that has not ended.
    pub deployment: Option<String>,
    /// Whether the execution that has the alias is under way; false when it is over, or none.
    pub owner_runs: bool,
}

/// What acquire does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acquired {
    /// Write this execution into the alias.
    Take,
    /// It stands there already.
    HadItBefore,
    /// Ask again later; for this.
    Wait(String),
    /// Never: this execution was rolled back.
    Over(String),
}

/// One release at a time: the alias is taken when it is whole and nobody's work is cut short.
#[must_use]
pub fn acquire(alias: &LiveAlias, execution: &str, others: &Others, now: DateTime<Utc>) -> Acquired {
    let stand = alias.stand();
    let words = alias.in_words();
    if let Some(mine) = rollout_of(stand).filter(|rollout| rollout.execution == execution) {
        return match &mine.rollback {
            Some(mark) => Acquired::Over(format!(
                "this execution was rolled back at {} because {}; a rolled back execution does not come back: start a new release",
                mark.at.format("%FT%TZ"),
                mark.why
            )),
            None => Acquired::HadItBefore,
        };
    }
    if let Some(other) = rollout_of(stand) {
        let id = &other.execution;
        if others.owner_runs {
            return Acquired::Wait(format!(
                "execution {id} is under way ({}: {words})",
                stand_in_words(stand)
            ));
        }
        let serves = other.candidate.as_deref().is_some_and(|candidate| alias.serves(candidate));
        match stand {
            Stand::RolledBack(_, mark) if !is_over(alias, other, mark, now) => {
                return Acquired::Wait(format!("the rollback of execution {id} is being finished ({words})"));
            }
            Stand::Shifting(_) | Stand::Promoting(_) if serves => {
                return Acquired::Wait(format!(
                    "execution {id} ended while it was {}: its rollback is due ({words})",
                    stand_in_words(stand)
                ));
            }
            _ => {}
        }
    }
    if let Some(deployment) = &others.deployment {
        return Acquired::Wait(format!("CodeDeploy makes deployment {deployment}"));
    }
    if alias.split.is_some() {
        return Acquired::Wait(format!("the alias is split ({words}); point it to one version"));
    }
    Acquired::Take
}

/// What is written into the alias. Taken from a promoted release, it keeps the way back of the version that customers have:
/// that version may turn out bad while this release has not shifted anything yet.
#[must_use]
pub fn taking(alias: &LiveAlias, execution: &str) -> Rollout {
    let previous = match alias.stand() {
        Stand::Promoted(other) => promoted_by(other),
        Stand::Acquired(other) => other.previous.clone(),
        _ => None,
    };
    // Moved by hand since, the alias has another way back, which nobody wrote down.
    let previous = previous.filter(|previous| is_whole_at(alias, &previous.candidate));
    Rollout { previous, ..Rollout::of(execution) }
}

fn promoted_by(rollout: &Rollout) -> Option<Previous> {
    let (candidate, stable) = (rollout.candidate.clone()?, rollout.stable.clone()?);
    Some(Previous { candidate, stable, whole_since: rollout.whole_since? })
}

#[cfg(test)]
mod tests {
    use super::super::samples::{alias, at, back, promoted, promoting, rollout, shifting, split};
    use super::*;
    use release::Notice;

    fn free() -> Others {
        Others::default()
    }

    fn waits(alias: &LiveAlias, others: &Others, wanted: &str) {
        match acquire(alias, "e-2", others, at(34)) {
            Acquired::Wait(told) => assert!(told.contains(wanted), "{told}"),
            other => panic!("{other:?} and not a wait for {wanted}"),
        }
    }

    #[test]
    fn alias_is_taken_when_it_is_whole_and_its_owner_is_over() {
        let done = alias("7", None, Some(promoted()));
        let mut told = back();
        told.rollback.as_mut().unwrap().notice = Some(Notice::Sent);
        let acquired = Rollout::of("e-1");
        let of = |version, rollout| alias(version, None, Some(rollout));
        for whole in [alias("6", None, None), done, of("6", told), of("6", acquired), of("6", shifting(1))] {
            assert_eq!(acquire(&whole, "e-2", &free(), at(5)), Acquired::Take, "{whole:?}");
        }
    }

    #[test]
    fn acquire_waits_in_every_stand_when_the_owner_is_under_way() {
        let runs = Others { owner_runs: true, ..free() };
        for found in [Rollout::of("e-1"), shifting(1), promoting(), promoted(), back()] {
            waits(&alias("6", None, Some(found)), &runs, "execution e-1 is under way");
        }
    }

    #[test]
    fn acquire_waits_when_a_rollback_is_due_or_not_told() {
        waits(&alias("6", None, Some(back())), &free(), "rollback of execution e-1 is being finished");
        let mut claimed = back();
        claimed.rollback.as_mut().unwrap().notice = Some(Notice::ClaimedAt(at(0)));
        waits(&alias("6", None, Some(claimed)), &free(), "being finished");
        waits(&alias("6", split(10.0), Some(shifting(1))), &free(), "its rollback is due");
        waits(&alias("7", None, Some(promoting())), &free(), "its rollback is due");
    }

    #[test]
    fn acquire_waits_when_the_alias_is_split_or_codedeploy_works() {
        waits(&alias("6", split(10.0), None), &free(), "the alias is split");
        // Made split again by hand towards the version that was left.
        let mut by_hand = alias("7", None, Some(promoted()));
        by_hand.split = Some(release::Split { stable: "7".into(), canary: "6".into(), canary_percent: 5.0 });
        waits(&by_hand, &free(), "the alias is split");
        let busy = Others { deployment: Some("d-1".to_owned()), ..free() };
        waits(&alias("6", None, None), &busy, "deployment d-1");
    }

    #[test]
    fn nothing_is_done_when_it_is_ours_already_and_a_rolled_back_execution_is_over() {
        for found in [Rollout::of("e-1"), rollout(), shifting(1), promoting(), promoted()] {
            let acquired = acquire(&alias("6", None, Some(found)), "e-1", &free(), at(5));
            assert_eq!(acquired, Acquired::HadItBefore);
        }
        let over = acquire(&alias("6", None, Some(back())), "e-1", &free(), at(500));
        assert!(matches!(over, Acquired::Over(told) if told.contains("start a new release")));
    }

    #[test]
    fn alias_is_taken_when_a_rollback_is_done_and_cannot_be_told_for_half_an_hour() {
        // Begun at minute 5.
        let mut claimed = back();
        claimed.rollback.as_mut().unwrap().notice = Some(Notice::ClaimedAt(at(34)));
        let second = chrono::TimeDelta::seconds(1);
        for untold in [back(), claimed] {
            let acquired = |version, split, now| {
                acquire(&alias(version, split, Some(untold.clone())), "e-2", &free(), now)
            };
            assert!(matches!(acquired("6", None, at(35) - second), Acquired::Wait(_)));
            for now in [at(35), at(35) + second] {
                assert_eq!(acquired("6", None, now), Acquired::Take);
                assert!(matches!(acquired("7", None, now), Acquired::Wait(_)));
                assert!(matches!(acquired("6", split(10.0), now), Acquired::Wait(_)));
            }
        }
    }

    #[test]
    fn way_back_of_the_version_that_customers_have_is_kept() {
        let previous = Previous { candidate: "7".to_owned(), stable: "6".to_owned(), whole_since: at(31) };
        let kept = Rollout { previous: Some(previous), ..Rollout::of("e-2") };
        assert_eq!(taking(&alias("7", None, Some(promoted())), "e-2"), kept);
        assert_eq!(
            taking(&alias("7", None, Some(kept)), "e-3").previous,
            taking(&alias("7", None, Some(promoted())), "e-3").previous
        );
    }

    #[test]
    fn no_way_back_is_kept_when_the_release_before_promoted_nothing_or_the_alias_was_moved() {
        let kept = taking(&alias("7", None, Some(promoted())), "e-1");
        let incomplete = Rollout { stable: None, ..promoted() };
        for (version, found) in [
            ("6", None),
            ("6", Some(Rollout::of("e-1"))),
            ("6", Some(shifting(1))),
            ("6", Some(back())),
            ("7", Some(incomplete)),
            ("8", Some(promoted())),
            ("8", Some(kept)),
        ] {
            let taken = taking(&alias(version, None, found.clone()), "e-2");
            assert_eq!(taken, Rollout::of("e-2"), "{version} {found:?}");
        }
    }
}
