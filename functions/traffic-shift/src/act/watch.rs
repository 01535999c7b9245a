//! Watching the new version while it has everything.

use crate::WorkError;
use crate::answer::Answer;
use crate::decide::{
    self, Watched, Watching, accused, breach, missing_alarms, percent_complete, watched, window_alone,
};
use crate::parameters::Watch;
use crate::run::{Run, add_firing};
use chrono::{DateTime, Utc};
use judge::Phase;
use release::LiveAlias;

pub(super) async fn watch(run: &mut Run<'_>, alias: &LiveAlias, wanted: &Watch) -> Result<Answer, WorkError> {
    match decide::watch(alias, wanted, run.config.judging.settle_minutes, run.now) {
        Ok(Watching::FirstRelease(reason)) => Ok(run.untouched(alias, "first-release", reason)),
        Ok(Watching::Watch { stable, served_since, whole_since }) => {
            look(run, wanted, &stable, (served_since, whole_since)).await
        }
        Err(refusal) => Ok(refusal.into()),
    }
}

async fn look(
    run: &mut Run<'_>,
    wanted: &Watch,
    stable: &str,
    (served_since, whole_since): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Answer, WorkError> {
    let alarms = run.alarms().await?;
    if let Some(blame) = accused(&alarms, served_since) {
        return run.roll_back(&blame).await;
    }
    let missing = missing_alarms(&run.config.guard_alarms, &alarms);
    if let Some(missing) = &missing {
        // No failure here: it would take a promoted version back for a setting.
        tracing::warn!(execution = run.execution, problem = missing, "watching without these alarms");
    }
    let told = missing.map_or_else(String::new, |missing| format!(" ({missing})"));
    let subject = run.subject(&wanted.candidate, stable, true);
    let window = window_alone(whole_since, run.now, wanted.minutes, run.config.judging.settle_minutes);
    run.judge(Phase::Whole, &subject, &window).await?;
    if let Some(blame) = run.report().and_then(breach) {
        return run.roll_back(&blame).await;
    }
    let (elapsed, reason) = (run.now - whole_since, run.judges_reason());
    let minutes = elapsed.num_minutes();
    match watched(run.report(), elapsed, wanted.minutes) {
        Watched::GoesOn { of_minutes } => {
            let summary = format!("watched {minutes} of {of_minutes} minutes: {reason}{told}");
            Ok(Answer::Continue { summary, percent_complete: percent_complete(elapsed, of_minutes) })
        }
        Watched::Unread => Ok(Answer::failed(format!(
            "nothing could be read in {minutes} minutes of watching, so that nothing is known of version {}: {reason}{told}",
            wanted.candidate
        ))),
        Watched::Ended(verdict) => {
            let mut variables = run.variables(verdict, &reason, stable);
            run.add_numbers(&mut variables, &subject, &window).await;
            add_firing(&mut variables, &alarms);
            Ok(Answer::Done { summary: format!("{verdict} at 100 %: {reason}{told}"), variables })
        }
    }
}
