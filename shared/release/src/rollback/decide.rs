//! The next move of a way back. Pure.

use crate::{Deployment, LiveAlias, Rollout};

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

/// What brings the alias nearer to the last good version. `stopped` was stopped already. `codedeploy_failed`: CodeDeploy has
/// tried to put the version back, and could not.
///
/// Only a promoted version is taken back by a deployment, because CodeDeploy counts it as good; a split that nobody is at
/// work on must be cleared first, because CodeDeploy refuses a split alias (CodeDeploy guide, troubleshooting of Lambda deployments).
pub(crate) fn next_move(
    alias: &LiveAlias,
    rollout: &Rollout,
    running: &[Deployment],
    stopped: Option<&str>,
    codedeploy_failed: bool,
) -> Move {
    let (Some(candidate), Some(stable)) = (&rollout.candidate, &rollout.stable) else { return Move::Safe };
    // A rollback is never stopped, and what it does is not raced.
    if let Some(back) = running.iter().find(|deployment| deployment.is_rollback()) {
        return Move::Wait(back.id.clone());
    }
    if let Some(forward) = running.first() {
        let id = forward.id.clone();
        return if stopped == Some(id.as_str()) { Move::Wait(id) } else { Move::Stop(id) };
    }
    if !alias.serves(candidate) {
        return Move::Safe;
    }
    let promoted = rollout.rollback.as_ref().is_some_and(|mark| mark.promoted);
    if alias.split.is_none() && promoted && !codedeploy_failed {
        return Move::Deploy { from: candidate.clone(), to: stable.clone() };
    }
    Move::Point { to: stable.clone() }
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

    #[test]
    fn deployment_is_stopped_once_when_it_goes_forward() {
        let forward = [running("d-1", "user")];
        let next = |stopped| next_move(&alias("6", Some("7")), &rollout(false), &forward, stopped, false);
        assert_eq!(next(None), Move::Stop("d-1".to_owned()));
        assert_eq!(next(Some("d-1")), Move::Wait("d-1".to_owned()));
        assert_eq!(next(Some("d-0")), Move::Stop("d-1".to_owned()));
        // Before it moved anything, too: it is about to.
        let next = next_move(&alias("6", None), &rollout(false), &forward, None, false);
        assert_eq!(next, Move::Stop("d-1".to_owned()));
    }

    #[test]
    fn rollback_is_waited_for_and_never_stopped() {
        let ours = Deployment { description: "Rollback: e-1".to_owned(), ..running("d-3", "user") };
        for back in [running("d-2", "codeDeployRollback"), running("d-2", "CloudFormationRollback"), ours] {
            let id = back.id.clone();
            let next =
                next_move(&alias("7", None), &rollout(true), &[back, running("d-1", "user")], None, false);
            assert_eq!(next, Move::Wait(id));
        }
    }

    #[test]
    fn alias_is_pointed_back_when_nobody_is_at_work_on_its_split() {
        for promoted in [false, true] {
            let next = next_move(&alias("6", Some("7")), &rollout(promoted), &[], None, false);
            assert_eq!(next, to_six());
            // Somebody made the new version the first and the old one the second.
            assert_eq!(next_move(&alias("7", Some("6")), &rollout(promoted), &[], None, false), to_six());
        }
    }

    #[test]
    fn codedeploy_takes_a_promoted_version_back_unless_it_has_failed_to() {
        let next = |promoted, failed| next_move(&alias("7", None), &rollout(promoted), &[], None, failed);
        assert_eq!(next(true, false), Move::Deploy { from: "7".to_owned(), to: "6".to_owned() });
        assert_eq!(next(true, true), to_six());
        assert_eq!(next(false, false), to_six());
    }

    #[test]
    fn customers_are_safe_when_the_new_version_has_no_requests() {
        for alias in [alias("6", None), alias("5", None), alias("6", Some("8"))] {
            assert_eq!(next_move(&alias, &rollout(true), &[], None, false), Move::Safe, "{alias:?}");
        }
        let acquired = Rollout::of("e-1").taken_back("x", DateTime::UNIX_EPOCH);
        assert_eq!(next_move(&alias("6", Some("8")), &acquired, &[], None, false), Move::Safe);
    }
}
