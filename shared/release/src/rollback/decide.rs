//! The next move of a way back. Pure.

use crate::{BY_HAND, Deployment, LiveAlias, Rollout};

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Move {
    /// Nothing: the new version gets no requests, and nothing is about to give it any.
    Safe,
    /// Stop this deployment, and have CodeDeploy put back what it changed.
    Stop(String),
    /// CodeDeploy is at work on this deployment.
    Wait(String),
    /// Deploy the last good version, so that CodeDeploy knows of it.
    Deploy {
        /// The version that is left.
        from: String,
        /// The last good version.
        to: String,
    },
    /// Point the alias to the last good version.
    Point {
        /// The last good version.
        to: String,
    },
}

/// What was found beside the alias.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Found<'a> {
    /// Deployments of the group that have not ended.
    pub(crate) running: &'a [Deployment],
    /// The one that was stopped already.
    pub(crate) stopped: Option<&'a str>,
    /// CodeDeploy has tried to put the version back, and could not.
    pub(crate) codedeploy_failed: bool,
    /// CodeDeploy has put back a version of its own choice since the rollout began.
    pub(crate) codedeploy_moved: bool,
    /// CodeDeploy has had its time.
    pub(crate) overdue: bool,
}

/// What brings the alias nearer to the last good version.
///
/// Only a promoted version is taken back by a deployment, because CodeDeploy counts it as good; a split that nobody is at
/// work on must be cleared first, because CodeDeploy refuses a split alias (CodeDeploy guide, troubleshooting of Lambda deployments).
/// Only the rollout's own promotion is stopped, or what splits the alias of a rollout by hand: another deployment is a
/// person's, who may be on the way back already.
pub(crate) fn next_move(alias: &LiveAlias, rollout: &Rollout, found: &Found<'_>) -> Move {
    let (Some(candidate), Some(stable)) = (&rollout.candidate, &rollout.stable) else { return Move::Safe };
    let serves = alias.serves(candidate);
    let point = || Move::Point { to: stable.clone() };
    let forward = |deployment: &&Deployment| {
        !deployment.is_rollback() && (rollout.is_promotion(deployment) || rollout.execution == BY_HAND)
    };
    let stopped = |deployment: &&Deployment| Some(deployment.id.as_str()) != found.stopped;
    if let Some(forward) = found.running.iter().filter(forward).find(stopped) {
        return Move::Stop(forward.id.clone());
    }
    // It goes back, or is a person's; one that is stuck is not raced but outrun: it goes to where the alias is then.
    if let Some(other) = found.running.first().filter(|_| !found.overdue) {
        return Move::Wait(other.id.clone());
    }
    let elsewhere = !serves && alias.split.is_none() && alias.version != *stable;
    if elsewhere && found.codedeploy_moved {
        // Its last success need not be the last good version.
        return point();
    }
    if !serves {
        return Move::Safe;
    }
    let promoted = rollout.rollback.as_ref().is_some_and(|mark| mark.promoted);
    if alias.split.is_none() && promoted && !found.codedeploy_failed && !found.overdue {
        return Move::Deploy { from: candidate.clone(), to: stable.clone() };
    }
    point()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Split, Status};
    use chrono::{DateTime, Utc};

    fn rollout(promoted: bool) -> Rollout {
        let begun = Rollout {
            candidate: Some("7".to_owned()),
            stable: Some("6".to_owned()),
            whole_since: promoted.then_some(DateTime::<Utc>::UNIX_EPOCH),
            ..Rollout::of("e-1")
        };
        begun.taken_back("x", DateTime::UNIX_EPOCH)
    }

    fn alias(version: &str, canary: Option<&str>) -> LiveAlias {
        let split = canary.map(|canary| Split {
            stable: version.to_owned(),
            canary: canary.to_owned(),
            canary_percent: 10.0,
        });
        LiveAlias { version: version.to_owned(), split, rollout: None, revision: None }
    }

    fn running(id: &str, creator: &str) -> Deployment {
        Deployment {
            id: id.to_owned(),
            status: Status::Running,
            description: String::new(),
            creator: creator.to_owned(),
            rolled_back_by: None,
            problem: None,
            ended_at: None,
        }
    }

    fn to_six() -> Move {
        Move::Point { to: "6".to_owned() }
    }

    fn promotion(id: &str) -> Deployment {
        Deployment { description: "Promotion of version 7 by e-1".to_owned(), ..running(id, "user") }
    }

    fn at_work(running: &[Deployment]) -> Found<'_> {
        Found { running, ..Found::default() }
    }

    #[test]
    fn promotion_is_stopped_once_wherever_the_alias_is() {
        let forward = [promotion("d-1")];
        for alias in [alias("6", Some("7")), alias("6", None), alias("7", None)] {
            let next = |stopped| next_move(&alias, &rollout(false), &Found { stopped, ..at_work(&forward) });
            assert_eq!(next(None), Move::Stop("d-1".to_owned()));
            assert_eq!(next(Some("d-1")), Move::Wait("d-1".to_owned()));
            assert_eq!(next(Some("d-0")), Move::Stop("d-1".to_owned()));
        }
    }

    #[test]
    fn what_goes_back_and_what_a_person_deploys_is_waited_for_until_it_is_overdue() {
        let ours = Deployment { description: "Rollback: e-1".to_owned(), ..running("d-3", "user") };
        let persons = Deployment { description: "back to 6".to_owned(), ..running("d-4", "user") };
        let by_codedeploy = running("d-2", "codeDeployRollback");
        for back in [by_codedeploy, running("d-2", "CloudFormationRollback"), ours, persons] {
            let (id, back) = (back.id.clone(), [back]);
            let next =
                |alias, overdue| next_move(&alias, &rollout(true), &Found { overdue, ..at_work(&back) });
            assert_eq!(next(alias("7", None), false), Move::Wait(id.clone()));
            assert_eq!(next(alias("7", None), true), to_six());
            assert_eq!(next(alias("6", None), false), Move::Wait(id));
            assert_eq!(next(alias("6", None), true), Move::Safe);
        }
    }

    #[test]
    fn deployment_is_stopped_when_the_split_is_nobodys_rollout() {
        let by_hand = Rollout { execution: BY_HAND.to_owned(), ..rollout(false) };
        let canary = [running("d-1", "user")];
        assert_eq!(
            next_move(&alias("6", Some("7")), &by_hand, &at_work(&canary)),
            Move::Stop("d-1".to_owned())
        );
    }

    #[test]
    fn alias_is_pointed_back_when_nobody_is_at_work_on_its_split() {
        for promoted in [false, true] {
            let next = |alias| next_move(&alias, &rollout(promoted), &Found::default());
            assert_eq!(next(alias("6", Some("7"))), to_six());
            // Somebody made the new version the first and the old one the second.
            assert_eq!(next(alias("7", Some("6"))), to_six());
        }
    }

    #[test]
    fn codedeploy_takes_a_promoted_version_back_unless_it_has_failed_to_or_is_overdue() {
        let next = |promoted, codedeploy_failed, overdue| {
            let found = Found { codedeploy_failed, overdue, ..Found::default() };
            next_move(&alias("7", None), &rollout(promoted), &found)
        };
        assert_eq!(next(true, false, false), Move::Deploy { from: "7".to_owned(), to: "6".to_owned() });
        assert_eq!(next(true, true, false), to_six());
        assert_eq!(next(true, false, true), to_six());
        assert_eq!(next(false, false, false), to_six());
    }

    #[test]
    fn third_version_is_left_when_a_person_put_it_there_and_corrected_when_codedeploy_did() {
        let next = |codedeploy_moved| {
            next_move(&alias("5", None), &rollout(false), &Found { codedeploy_moved, ..Found::default() })
        };
        assert_eq!(next(true), to_six());
        assert_eq!(next(false), Move::Safe);
    }

    #[test]
    fn customers_are_safe_when_the_new_version_has_no_requests() {
        for alias in [alias("6", None), alias("5", None), alias("6", Some("8"))] {
            assert_eq!(next_move(&alias, &rollout(true), &Found::default()), Move::Safe, "{alias:?}");
        }
        let acquired = Rollout::of("e-1").taken_back("x", DateTime::UNIX_EPOCH);
        assert_eq!(next_move(&alias("6", Some("8")), &acquired, &Found::default()), Move::Safe);
    }
}
