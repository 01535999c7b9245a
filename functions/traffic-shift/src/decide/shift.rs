//! May this shift begin, does it go on, was it done before?

use super::{
    Refusal, differs_from_split, differs_from_whole, first_release, is_whole_at, not_older, ours,
    same_candidate,
};
use crate::parameters::Shift;
use chrono::{DateTime, Utc};
use release::{LiveAlias, Rollout, Stand};

/// What shift does next.
#[derive(Clone, Debug, PartialEq)]
pub enum Shifting {
    /// Nothing, for this reason: the verdict is `first-release`.
    FirstRelease(String),
    /// Nothing, for this reason: the verdict is `done-before`.
    DoneBefore(String),
    /// Check everything, then change the weights.
    Begin {
        /// The last good version.
        stable: String,
        /// When the first shift gave the new version traffic; `None` when this is the first.
        split_since: Option<DateTime<Utc>>,
        /// How the alias differs from what the rollout left.
        differs: Option<String>,
    },
    /// Watch the share that was set.
    Bake {
        /// The last good version.
        stable: String,
        /// Since when the new version has traffic.
        split_since: DateTime<Utc>,
    },
}

/// Decides by the alias. Whoever asks has seen to [`super::taken_back`] before.
///
/// # Errors
/// When the alias is another's or not as this release left it, the version is older than the one that customers have, or the
/// steps are out of order.
pub fn shift(alias: &LiveAlias, wanted: &Shift) -> Result<Shifting, Refusal> {
    let stand = ours(alias, &wanted.execution)?;
    if let Some(rollout) = super::rollout_of(stand) {
        same_candidate(rollout, &wanted.candidate)?;
    }
    match stand {
        Stand::Acquired(_) if is_whole_at(alias, &wanted.candidate) => {
            Ok(Shifting::FirstRelease(first_release(&wanted.candidate)))
        }
        Stand::Acquired(_) => {
            not_older(&wanted.candidate, &alias.version)?;
            in_order(0, wanted.step)?;
            let differs = differs_from_whole(alias, None);
            Ok(Shifting::Begin { stable: alias.version.clone(), split_since: None, differs })
        }
        Stand::Shifting(rollout) => next_step(alias, rollout, wanted),
        Stand::Promoting(_) | Stand::Promoted(_) => {
            Ok(Shifting::DoneBefore(format!("done before: version {} was promoted since", wanted.candidate)))
        }
        Stand::Idle | Stand::Foreign(_) | Stand::RolledBack(..) => {
            Err(Refusal::because("the alias is not taken by this execution; acquire first"))
        }
    }
}

fn next_step(alias: &LiveAlias, rollout: &Rollout, wanted: &Shift) -> Result<Shifting, Refusal> {
    let last = rollout.step.unwrap_or_default();
    if last > wanted.step {
        return Ok(Shifting::DoneBefore(format!("done before: step {last} was begun since")));
    }
    let incomplete =
        || Refusal::because("the alias's description does not name the version that is left; acquire first");
    let stable = rollout.stable.clone().ok_or_else(incomplete)?;
    let split_since = rollout.split_since;
    if last == wanted.step {
        return match (differs_from_split(alias, rollout, Some(wanted.percent)), split_since) {
            (None, Some(split_since)) => Ok(Shifting::Bake { stable, split_since }),
            (Some(differs), _) => Err(Refusal::because(format!("in the middle of step {last}, {differs}"))),
            (None, None) => Err(incomplete()),
        };
    }
    not_older(&wanted.candidate, &stable)?;
    in_order(last, wanted.step)?;
    Ok(Shifting::Begin { stable, split_since, differs: differs_from_split(alias, rollout, None) })
}

fn in_order(last: u8, step: u8) -> Result<(), Refusal> {
    let next = last + 1;
    if step <= next {
        return Ok(());
    }
    Err(Refusal::configuration(format!(
        "step {next} comes before step {step}: correct \"step\" in the pipeline"
    )))
}

#[cfg(test)]
mod tests {
    use super::super::samples::{alias, at, back, promoted, promoting, shifting, split, wanted};
    use super::*;

    fn refusal(alias: &LiveAlias, wanted: &Shift) -> Refusal {
        shift(alias, wanted).unwrap_err()
    }

    #[test]
    fn first_step_begins_when_the_alias_is_ours_and_whole() {
        let found = alias("6", None, Some(Rollout::of("e-1")));
        let begin = Shifting::Begin { stable: "6".to_owned(), split_since: None, differs: None };
        assert_eq!(shift(&found, &wanted(1)), Ok(begin));
        let split = alias("6", split(10.0), Some(Rollout::of("e-1")));
        let begun = shift(&split, &wanted(1)).unwrap();
        assert!(
            matches!(begun, Shifting::Begin { differs: Some(told), .. } if told.contains("expected all"))
        );
    }

    #[test]
    fn nothing_is_shifted_when_the_version_has_everything_already() {
        let found = alias("7", None, Some(Rollout::of("e-1")));
        assert!(matches!(shift(&found, &wanted(1)), Ok(Shifting::FirstRelease(_))));
    }

    #[test]
    fn step_is_done_before_begun_baked_or_out_of_order_by_its_number() {
        let at_two = alias("6", split(10.0), Some(shifting(2)));
        assert!(matches!(shift(&at_two, &wanted(1)), Ok(Shifting::DoneBefore(_))));
        let bake = Shifting::Bake { stable: "6".to_owned(), split_since: at(0) };
        assert_eq!(shift(&at_two, &wanted(2)), Ok(bake));
        let begin = Shifting::Begin { stable: "6".to_owned(), split_since: Some(at(0)), differs: None };
        assert_eq!(shift(&at_two, &wanted(3)), Ok(begin));
        let late = refusal(&at_two, &wanted(4));
        assert!(late.is_configuration && late.message.starts_with("step 3 comes before step 4"), "{late:?}");
        let first = refusal(&alias("6", None, Some(Rollout::of("e-1"))), &wanted(2));
        assert!(first.is_configuration && first.message.starts_with("step 1 comes before"), "{first:?}");
    }

    #[test]
    fn shift_is_refused_when_customers_have_a_later_version() {
        // By number: as texts, 10 would be the earlier one.
        for (version, refused) in [("6", false), ("8", true), ("10", true)] {
            let first = shift(&alias(version, None, Some(Rollout::of("e-1"))), &wanted(1));
            let rollout = Rollout { stable: Some(version.to_owned()), ..shifting(1) };
            let further = shift(&alias(version, split(10.0), Some(rollout)), &wanted(2));
            for shift in [first, further] {
                assert_eq!(shift.is_err(), refused, "{shift:?}");
                if let Err(Refusal { is_configuration, message }) = shift {
                    let told = format!(
                        "version 7 is older than version {version}, which customers have; to go back invoke alarm-rollback (docs/runbook.md)"
                    );
                    assert_eq!((is_configuration, message), (false, told));
                }
            }
        }
    }

    #[test]
    fn step_is_done_before_when_the_release_went_on_since() {
        for later in [promoting(), promoted()] {
            assert!(matches!(shift(&alias("7", None, Some(later)), &wanted(1)), Ok(Shifting::DoneBefore(_))));
        }
    }

    #[test]
    fn bake_is_refused_when_the_alias_was_changed_by_hand() {
        for changed in [split(20.0), None] {
            let told = refusal(&alias("6", changed, Some(shifting(1))), &wanted(1)).message;
            assert!(told.contains("changed by hand: found that") && told.contains("expected 10 %"), "{told}");
        }
        let told = refusal(&alias("5", split(10.0), Some(shifting(1))), &wanted(1)).message;
        assert!(told.contains("changed by hand"), "{told}");
        // Before a further step the share is not known, but the versions are.
        let begun = shift(&alias("6", None, Some(shifting(1))), &wanted(2)).unwrap();
        assert!(matches!(begun, Shifting::Begin { differs: Some(_), .. }));
    }

    #[test]
    fn shift_is_refused_when_the_alias_is_not_ours_or_of_another_candidate() {
        let told = |alias: LiveAlias| refusal(&alias, &wanted(1)).message;
        assert!(told(alias("6", None, None)).contains("acquire first"));
        assert!(told(alias("6", split(10.0), None)).contains("split by hand"));
        let mut other = shifting(1);
        other.execution = "e-9".to_owned();
        let taken = told(alias("6", split(10.0), Some(other)));
        assert!(taken.starts_with("the alias is taken by execution e-9 (shifting: 10 %"), "{taken}");
        let eight = Rollout { candidate: Some("8".to_owned()), ..shifting(1) };
        assert!(told(alias("6", None, Some(eight))).contains("one candidate"));
        assert!(told(alias("6", None, Some(back()))).contains("acquire first"));
    }
}
