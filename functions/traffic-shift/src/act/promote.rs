//! The last step: CodeDeploy gives the new version everything, with its hooks.

use crate::WorkError;
use crate::answer::Answer;
use crate::decide::{self, AfterDeployment, Driving, Promoting, alarms_that_count, with_alarms};
use crate::parameters::Promote;
use crate::run::{Run, add_firing, is_unchanged};
use guard::Alarm;
use release::{Change, Deployment, LiveAlias, Promotion, Rollout, Stand, Started, Traffic};

pub(super) async fn promote(
    run: &mut Run<'_>,
    alias: LiveAlias,
    wanted: &Promote,
) -> Result<Answer, WorkError> {
    match decide::promote(&alias, wanted, run.now) {
        Ok(Promoting::FirstRelease(reason)) => Ok(run.untouched(&alias, "first-release", reason)),
        Ok(Promoting::DoneBefore(reason)) => Ok(run.untouched(&alias, "done-before", reason)),
        Ok(Promoting::Begin { rollout, stable, differs }) => {
            begin(run, &alias, wanted, (*rollout, &stable, differs)).await
        }
        Ok(Promoting::Drive(driving)) => {
            let alarms = run.alarms().await?;
            drive(run, wanted, &driving, &alarms, &[]).await
        }
        Err(refusal) => Ok(refusal.into()),
    }
}

async fn begin(
    run: &mut Run<'_>,
    alias: &LiveAlias,
    wanted: &Promote,
    (rollout, stable, differs): (Rollout, &str, Option<String>),
) -> Result<Answer, WorkError> {
    let versions = [wanted.candidate.as_str(), stable];
    let split_since = rollout.split_since;
    if let Some(blame) = run.breach_of_split(versions, split_since).await? {
        return run.roll_back(&blame).await;
    }
    let alarms = run.alarms().await?;
    let excused = match run.preflight(versions, differs, &alarms, (wanted.hotfix, split_since)).await? {
        Ok(excused) => excused,
        Err(refusal) => return Ok(refusal.into()),
    };
    let alias = hand_over(run, alias, rollout, stable).await?;
    match decide::promote(&alias, wanted, run.now) {
        Ok(Promoting::Drive(driving)) => drive(run, wanted, &driving, &alarms, &excused).await,
        _ => Ok(Answer::wait("the alias was changed at the same moment; looking again")),
    }
}

/// CodeDeploy refuses a split alias (CodeDeploy guide, troubleshooting), so the weights go first.
async fn hand_over(
    run: &Run<'_>,
    read: &LiveAlias,
    rollout: Rollout,
    stable: &str,
) -> Result<LiveAlias, WorkError> {
    let rollout = Rollout { promoting_since: Some(run.now), ..rollout };
    let change = Change { traffic: Traffic::Whole(stable.to_owned()), rollout };
    Ok(run.live.change(|alias| is_unchanged(alias, read).then(|| change.clone())).await?)
}

async fn drive(
    run: &mut Run<'_>,
    wanted: &Promote,
    driving: &Driving,
    alarms: &[Alarm],
    excused: &[String],
) -> Result<Answer, WorkError> {
    let promotion = Promotion {
        execution: run.execution.to_owned(),
        from: driving.stable.clone(),
        to: wanted.candidate.clone(),
        configuration: wanted.deployment_config.clone(),
        before_traffic: run.config.before_traffic.clone(),
        after_traffic: run.config.after_traffic.clone(),
        alarms: alarms_that_count(wanted.hotfix, &run.config.guard_alarms, alarms, driving.served_since),
    };
    let id = match run.live.promote(&promotion, driving.since).await? {
        Started::As(id) => id,
        Started::Busy(other) => {
            return Ok(Answer::wait(format!(
                "waiting: CodeDeploy makes deployment {other} of this group first"
            )));
        }
    };
    let deployment = run.live.deployment(&id).await?;
    let alias = run.live.alias().await?;
    // Taken back in the moment in which the deployment was started: whoever did so may not have seen it, and CodeDeploy may
    // list it only later. It is known here.
    if let Some((_, mark)) = decide::taken_back(&alias, run.execution) {
        run.live.stop(&id).await?;
        return run.drive_back(mark).await;
    }
    match decide::after_deployment(&deployment, &alias, &wanted.candidate) {
        AfterDeployment::Wait => {
            let summary = format!("CodeDeploy's deployment {id} is under way: {}", alias.in_words());
            Ok(Answer::wait(with_alarms(&summary, excused)))
        }
        AfterDeployment::Finish => finish(run, wanted, &driving.stable, &deployment, alarms).await,
        AfterDeployment::Changed(message) => Ok(Answer::failed(message)),
        AfterDeployment::RollBack(blame) => run.roll_back(&blame).await,
    }
}

/// Writes down since when the new version has everything.
async fn finish(
    run: &Run<'_>,
    wanted: &Promote,
    stable: &str,
    deployment: &Deployment,
    alarms: &[Alarm],
) -> Result<Answer, WorkError> {
    let whole_since = run.live.whole_since(&deployment.id).await?.or(deployment.ended_at).unwrap_or(run.now);
    let whole_since = decide::whole_seconds(whole_since);
    let alias = run
        .live
        .change(|alias| match alias.stand() {
            Stand::Promoting(rollout) if rollout.execution == run.execution => {
                let (whole_since, promoting_since) = (Some(whole_since), None);
                let rollout = Rollout { whole_since, promoting_since, ..rollout.clone() };
                Some(Change { traffic: Traffic::Keep, rollout })
            }
            _ => None,
        })
        .await?;
    if !matches!(decide::promote(&alias, wanted, run.now), Ok(Promoting::DoneBefore(_))) {
        return Ok(Answer::wait("the alias was changed at the same moment; looking again"));
    }
    let since = whole_since.format("%FT%TZ");
    let summary = format!("{} since {since} (CodeDeploy's deployment {})", alias.in_words(), deployment.id);
    let mut variables = run.variables("promoted", &summary, stable);
    add_firing(&mut variables, alarms);
    Ok(Answer::Done { summary, variables })
}
