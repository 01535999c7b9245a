//! What the deployments since the rollout's first request tell about its rollback. Pure.

use chrono::{DateTime, Utc};
use release::{Deployment, RollbackMark, Rollout, Status};

/// Since when customers are safe.
///
/// When CodeDeploy brought the old version back, it says when. When it was never asked to move the alias, the rollback was
/// safe with its beginning, which resets the weights in the same update. Else the alias was pointed back just now.
/// `deployments`: those since the new version got traffic; `None` when they could not be read.
#[must_use]
pub fn safe_at(
    rollout: &Rollout,
    mark: &RollbackMark,
    deployments: Option<&[Deployment]>,
    now: DateTime<Utc>,
) -> DateTime<Utc> {
    let Some(deployments) = deployments else { return now };
    let since = rollout.served_since().unwrap_or(mark.at);
    let ends = deployments.iter().filter(|d| d.is_rollback() && d.status == Status::Succeeded);
    let ended = ends.filter_map(|deployment| deployment.ended_at).filter(|at| *at >= since).max();
    let was_codedeploys = mark.promoted || deployments.iter().any(|d| is_promotion(d, rollout));
    ended.unwrap_or(if was_codedeploys { now } else { mark.at })
}

/// Whether CodeDeploy's last success is still the new version, because the alias was pointed back without it.
#[must_use]
pub fn counts_candidate_as_good(rollout: &Rollout, deployments: &[Deployment]) -> bool {
    let succeeded = |d: &&Deployment| d.status == Status::Succeeded;
    let promoted = deployments.iter().filter(succeeded).find(|d| is_promotion(d, rollout));
    let back =
        |d: &Deployment| d.is_rollback() && d.ended_at >= promoted.and_then(|promoted| promoted.ended_at);
    promoted.is_some() && !deployments.iter().filter(succeeded).any(back)
}

fn is_promotion(deployment: &Deployment, rollout: &Rollout) -> bool {
    !deployment.is_rollback() && deployment.description.contains(&rollout.execution)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_428_900, 0).unwrap() + TimeDelta::seconds(seconds)
    }

    fn rollout(promoted: bool) -> Rollout {
        let rollout = Rollout {
            candidate: Some("7".to_owned()),
            stable: Some("6".to_owned()),
            split_since: Some(at(0)),
            whole_since: promoted.then(|| at(50)),
            ..Rollout::of("e-1")
        };
        rollout.taken_back("x", at(100))
    }

    fn deployment(description: &str, status: Status, ended_at: Option<i64>) -> Deployment {
        Deployment {
            id: "d-1".to_owned(),
            status,
            description: description.to_owned(),
            creator: "user".to_owned(),
            rolled_back_by: None,
            problem: None,
            ended_at: ended_at.map(at),
        }
    }

    fn safe(promoted: bool, deployments: Option<&[Deployment]>) -> i64 {
        let rollout = rollout(promoted);
        let mark = rollout.rollback.clone().unwrap();
        (safe_at(&rollout, &mark, deployments, at(500)) - at(0)).num_seconds()
    }

    #[test]
    fn customers_are_safe_when_the_deployment_back_ended() {
        let promotion = deployment("Promotion of version 7 by e-1", Status::Succeeded, Some(50));
        let back = deployment("Rollback: e-1", Status::Succeeded, Some(160));
        assert_eq!(safe(true, Some(&[promotion.clone(), back])), 160);
        let failed = deployment("Rollback: e-1", Status::Failed, Some(160));
        assert_eq!(safe(true, Some(&[promotion, failed])), 500);
        // CodeDeploy's own rollback of a failed promotion ended before ours was begun.
        let earlier = deployment("Rollback of deployment d-0", Status::Succeeded, Some(90));
        let earlier = Deployment { creator: "codeDeployRollback".to_owned(), ..earlier };
        assert_eq!(safe(false, Some(&[earlier])), 90);
        let older = deployment("Rollback: e-0", Status::Succeeded, Some(-1));
        assert_eq!(safe(false, Some(&[older])), 100);
    }

    #[test]
    fn customers_are_safe_with_the_beginning_when_only_weights_were_reset() {
        assert_eq!(safe(false, Some(&[])), 100);
        assert_eq!(safe(true, Some(&[])), 500);
        assert_eq!(safe(false, None), 500);
        let running = deployment("Promotion of version 7 by e-1", Status::Failed, Some(90));
        assert_eq!(safe(false, Some(&[running])), 500);
    }

    #[test]
    fn codedeploy_counts_the_version_as_good_when_no_deployment_back_succeeded() {
        let promotion = deployment("Promotion of version 7 by e-1", Status::Succeeded, Some(50));
        let back = |status, ended| deployment("Rollback: e-1", status, Some(ended));
        let believes = |deployments: &[Deployment]| counts_candidate_as_good(&rollout(true), deployments);
        assert!(believes(std::slice::from_ref(&promotion)));
        assert!(believes(&[back(Status::Failed, 60), promotion.clone()]));
        assert!(!believes(&[back(Status::Succeeded, 50), promotion.clone()]));
        assert!(believes(&[back(Status::Succeeded, 49), promotion]));
        let failed = deployment("Promotion of version 7 by e-1", Status::Failed, Some(50));
        assert!(!believes(&[failed]));
        assert!(!believes(&[]));
    }
}
