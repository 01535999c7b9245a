//! May the new version get everything, and what became of its deployment?

use super::bake::Blame;
use super::{
    Refusal, differs_from_split, differs_from_whole, first_release, is_whole_at, ours, rollout_of,
    same_candidate,
};
use crate::parameters::Promote;
use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use guard::Alarm;
use release::{Deployment, LiveAlias, Notice, Rollout, Stand, Status};

/// What promote does next.
#[derive(Clone, Debug, PartialEq)]
pub enum Promoting {
    /// Nothing, for this reason: the verdict is `first-release`.
    FirstRelease(String),
    /// Nothing, for this reason: the verdict is `done-before`.
    DoneBefore(String),
    /// Check everything, then hand the alias over to CodeDeploy.
    Begin {
        /// What the alias's description is to say, but for the time.
        rollout: Rollout,
        /// The last good version.
        stable: String,
        /// How the alias differs from what the release left.
        differs: Option<String>,
    },
    /// It is CodeDeploy's: start the deployment, or look at it.
    Drive {
        /// The last good version.
        stable: String,
        /// Since when.
        since: DateTime<Utc>,
    },
}

/// Decides by the alias. Whoever asks has seen to [`super::taken_back`] before. A release that never acquired (an earlier
/// stage has one version after another and no shifts) may take the alias where nobody's release is under way.
///
/// # Errors
/// When the alias is another's or not as this release left it.
pub fn promote(alias: &LiveAlias, wanted: &Promote) -> Result<Promoting, Refusal> {
    let stand = alias.stand();
    if is_free(stand, &wanted.execution) {
        return Ok(begin_whole(alias, wanted));
    }
    let stand = ours(alias, &wanted.execution)?;
    if let Some(rollout) = rollout_of(stand) {
        same_candidate(rollout, &wanted.candidate)?;
    }
    match stand {
        Stand::Acquired(_) => Ok(begin_whole(alias, wanted)),
        Stand::Shifting(rollout) => {
            let stable = rollout.stable.clone().ok_or_else(incomplete)?;
            let differs = differs_from_split(alias, rollout, None);
            Ok(Promoting::Begin { rollout: rollout.clone(), stable, differs })
        }
        Stand::Promoting(rollout) => match (rollout.stable.clone(), rollout.promoting_since) {
            (Some(stable), Some(since)) => Ok(Promoting::Drive { stable, since }),
            _ => Err(incomplete()),
        },
        Stand::Promoted(_) => {
            Ok(Promoting::DoneBefore(format!("done before: version {} was promoted", wanted.candidate)))
        }
        Stand::Idle | Stand::Foreign(_) | Stand::RolledBack(..) => {
            Err(Refusal::because("the alias is not taken by this execution; acquire first"))
        }
    }
}

fn incomplete() -> Refusal {
    Refusal::because("the alias's description does not name the version that is left; start a new release")
}

/// Whether nobody's release is under way, so that one that never acquired may have the alias.
pub(super) fn is_free(stand: Stand<'_>, execution: &str) -> bool {
    match stand {
        Stand::Idle => true,
        Stand::Promoted(other) => other.execution != execution,
        Stand::RolledBack(other, mark) => other.execution != execution && mark.notice == Some(Notice::Sent),
        _ => false,
    }
}

/// From an alias on which this release shifted nothing.
fn begin_whole(alias: &LiveAlias, wanted: &Promote) -> Promoting {
    if is_whole_at(alias, &wanted.candidate) {
        return Promoting::FirstRelease(first_release(&wanted.candidate));
    }
    let rollout = Rollout {
        candidate: Some(wanted.candidate.clone()),
        stable: Some(alias.version.clone()),
        ..Rollout::of(&wanted.execution)
    };
    let differs = differs_from_whole(alias, None);
    Promoting::Begin { rollout, stable: alias.version.clone(), differs }
}

/// What follows from how the deployment stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AfterDeployment {
    /// Look again.
    Wait,
    /// Write down that the new version has everything.
    Finish,
    /// Somebody else moved the alias since.
    Changed(String),
    /// Back to the last good version.
    RollBack(Blame),
}

/// Decides by the deployment, and by the alias as it was read after it.
#[must_use]
pub fn after_deployment(deployment: &Deployment, alias: &LiveAlias, candidate: &str) -> AfterDeployment {
    let id = &deployment.id;
    match deployment.status {
        Status::Running => AfterDeployment::Wait,
        Status::Succeeded => match differs_from_whole(alias, Some(candidate)) {
            None => AfterDeployment::Finish,
            Some(differs) => {
                AfterDeployment::Changed(format!("after CodeDeploy's deployment {id}, {differs}"))
            }
        },
        Status::Failed => {
            let problem =
                deployment.problem.clone().unwrap_or_else(|| "CodeDeploy gives no reason".to_owned());
            let reason = format!("CodeDeploy's deployment {id} failed: {problem}");
            AfterDeployment::RollBack(Blame::new(&format!("CodeDeploy {id} failed"), reason))
        }
    }
}

/// The alarms that CodeDeploy is to watch: those of its group (`None`), unless a hotfix excuses some that fire already.
#[must_use]
pub fn alarms_that_count(hotfix: bool, names: &[String], alarms: &[Alarm]) -> Option<Vec<String>> {
    let fires = |name: &String| alarms.iter().any(|alarm| alarm.firing && alarm.name == *name);
    (hotfix && names.iter().any(fires)).then(|| names.iter().filter(|name| !fires(name)).cloned().collect())
}

/// Rounded up to a whole second, because the alias's description holds no parts of one: rounded down, a date just after a
/// full minute would move into it, and the version before would have had requests in that minute.
#[must_use]
pub fn whole_seconds(at: DateTime<Utc>) -> DateTime<Utc> {
    let down = at.trunc_subsecs(0);
    if down < at { down + TimeDelta::seconds(1) } else { at }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{alarm, alias, at, back, promoted, promoting, rollout, shifting, split};
    use super::*;

    fn wanted() -> Promote {
        Promote {
            execution: "e-1".to_owned(),
            function: "manuel-backend".to_owned(),
            alias: "live".to_owned(),
            candidate: "7".to_owned(),
            deployment_config: "CodeDeployDefault.LambdaAllAtOnce".to_owned(),
            hotfix: false,
        }
    }

    fn of_another(rollout: Rollout) -> Rollout {
        Rollout { execution: "e-9".to_owned(), ..rollout }
    }

    fn told_back() -> Rollout {
        let mut back = back();
        back.rollback.as_mut().unwrap().notice = Some(Notice::Sent);
        back
    }

    #[test]
    fn alias_is_taken_without_acquire_when_nobodys_release_is_under_way() {
        for found in
            [None, Some(of_another(promoted())), Some(of_another(told_back())), Some(Rollout::of("e-1"))]
        {
            let decided = promote(&alias("6", None, found.clone()), &wanted()).unwrap();
            let begin = Promoting::Begin { rollout: rollout(), stable: "6".to_owned(), differs: None };
            assert_eq!(decided, begin, "{found:?}");
            let first = promote(&alias("7", None, found), &wanted()).unwrap();
            assert!(matches!(first, Promoting::FirstRelease(_)), "{first:?}");
        }
    }

    #[test]
    fn promote_is_refused_when_another_release_is_under_way() {
        for found in [Rollout::of("e-1"), shifting(1), promoting(), back()] {
            let refused = promote(&alias("6", None, Some(of_another(found))), &wanted()).unwrap_err();
            assert!(refused.message.contains("taken by execution e-9"), "{refused:?}");
        }
        assert!(promote(&alias("6", split(10.0), None), &wanted()).is_err());
        assert!(promote(&alias("6", None, Some(told_back())), &wanted()).is_err());
    }

    #[test]
    fn shifted_release_goes_on_from_what_its_last_step_left() {
        let decided = promote(&alias("6", split(50.0), Some(shifting(2))), &wanted()).unwrap();
        let begin = Promoting::Begin { rollout: shifting(2), stable: "6".to_owned(), differs: None };
        assert_eq!(decided, begin);
        for changed in [alias("6", None, Some(shifting(2))), alias("5", split(50.0), Some(shifting(2)))] {
            let decided = promote(&changed, &wanted()).unwrap();
            assert!(
                matches!(&decided, Promoting::Begin { differs: Some(told), .. } if told.contains("by hand")),
                "{decided:?}"
            );
        }
    }

    #[test]
    fn split_alias_is_told_when_the_release_shifted_nothing() {
        let decided = promote(&alias("6", split(50.0), Some(Rollout::of("e-1"))), &wanted()).unwrap();
        assert!(matches!(decided, Promoting::Begin { differs: Some(_), .. }));
    }

    #[test]
    fn deployment_is_driven_while_the_alias_is_codedeploys_and_done_before_afterwards() {
        let drive = Promoting::Drive { stable: "6".to_owned(), since: at(30) };
        assert_eq!(promote(&alias("6", None, Some(promoting())), &wanted()), Ok(drive));
        let done = promote(&alias("7", None, Some(promoted())), &wanted()).unwrap();
        assert!(matches!(done, Promoting::DoneBefore(_)));
    }

    #[test]
    fn candidate_stays_the_same_within_a_release() {
        let eight = Rollout { candidate: Some("8".to_owned()), ..shifting(1) };
        assert!(promote(&alias("6", None, Some(eight)), &wanted()).is_err());
    }

    #[test]
    fn deployment_is_followed_by_what_its_status_says() {
        let deployment = |status| Deployment {
            id: "d-1".to_owned(),
            status,
            description: String::new(),
            creator: "user".to_owned(),
            rolled_back_by: None,
            problem: Some("HOOK: no".to_owned()),
            ended_at: None,
        };
        let after = |status, version| after_deployment(&deployment(status), &alias(version, None, None), "7");
        assert_eq!(after(Status::Running, "6"), AfterDeployment::Wait);
        assert_eq!(after(Status::Succeeded, "7"), AfterDeployment::Finish);
        assert!(matches!(after(Status::Succeeded, "6"), AfterDeployment::Changed(_)));
        match after(Status::Failed, "6") {
            AfterDeployment::RollBack(blame) => {
                assert_eq!(blame.why, "CodeDeploy d-1 failed");
                assert_eq!(blame.reason, "CodeDeploy's deployment d-1 failed: HOOK: no");
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn alarms_are_left_out_when_they_fire_already_in_a_hotfix() {
        let names = ["a".to_owned(), "b".to_owned()];
        let alarms = [alarm("a", Some(at(0))), alarm("b", None)];
        assert_eq!(alarms_that_count(true, &names, &alarms), Some(vec!["b".to_owned()]));
        assert_eq!(alarms_that_count(true, &names, &alarms[1..]), None);
        assert_eq!(alarms_that_count(false, &names, &alarms), None);
    }

    #[test]
    fn date_is_rounded_up_to_a_second() {
        let milli = TimeDelta::milliseconds(1);
        assert_eq!(whole_seconds(at(0)), at(0));
        assert_eq!(whole_seconds(at(0) + milli), at(0) + TimeDelta::seconds(1));
        assert_eq!(whole_seconds(at(0) - milli), at(0));
    }
}
