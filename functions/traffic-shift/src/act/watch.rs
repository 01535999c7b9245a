//! Watching the new version while it has everything.

use crate::WorkError;
use crate::answer::Answer;
use crate::decide::{
    self, Watching, accused, baked, breach, no_alarm_is_missing, percent_complete, window_alone,
};
use crate::parameters::Watch;
use crate::run::{Run, add_firing};
use chrono::{DateTime, Utc};
use judge::Phase;
use release::LiveAlias;

pub(super) async fn watch(run: &mut Run<'_>, alias: &LiveAlias, wanted: &Watch) -> Result<Answer, WorkError> {
    match decide::watch(alias, wanted) {
        Ok(Watching::FirstRelease(reason)) => {
            let variables = run.variables("first-release", &reason, &alias.version);
            Ok(Answer::Done { summary: reason, variables })
        }
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
    if let Err(refusal) = no_alarm_is_missing(&run.config.guard_alarms, &alarms) {
        return Ok(refusal.into());
    }
    let subject = run.subject(&wanted.candidate, stable, true);
    let window = window_alone(whole_since, run.now, wanted.minutes, run.config.judging.settle_minutes);
    run.judge(Phase::Whole, &subject, &window).await?;
    if let Some(blame) = run.report().and_then(breach) {
        return run.roll_back(&blame).await;
    }
    let (elapsed, reason) = (run.now - whole_since, run.judges_reason());
    match baked(run.report(), elapsed, wanted.minutes, wanted.minutes) {
        None => {
            let summary =
                format!("watched {} of {} minutes: {reason}", elapsed.num_minutes(), wanted.minutes);
            Ok(Answer::Continue { summary, percent_complete: percent_complete(elapsed, wanted.minutes) })
        }
        Some(verdict) => {
            let mut variables = run.variables(verdict, &reason, stable);
            run.add_numbers(&mut variables, &subject, &window).await;
            add_firing(&mut variables, &alarms);
            Ok(Answer::Done { summary: format!("{verdict} at 100 %: {reason}"), variables })
        }
    }
}
