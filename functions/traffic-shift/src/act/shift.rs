//! Giving the new version a share of the requests, and watching it.

use crate::WorkError;
use crate::answer::Answer;
use crate::decide::{
    self, Shifting, accused, baked, breach, no_alarm_is_missing, percent_complete, with_alarms,
};
use crate::evidence::percent_text;
use crate::parameters::Shift;
use crate::run::{Run, add_firing, is_unchanged};
use chrono::{DateTime, TimeDelta, Utc};
use guard::Alarm;
use release::{Change, LiveAlias, Rollout, Traffic};

pub(super) async fn shift(run: &mut Run<'_>, alias: LiveAlias, wanted: &Shift) -> Result<Answer, WorkError> {
    match decide::shift(&alias, wanted) {
        Ok(Shifting::FirstRelease(reason)) => Ok(run.untouched(&alias, "first-release", reason)),
        Ok(Shifting::DoneBefore(reason)) => Ok(run.untouched(&alias, "done-before", reason)),
        Ok(Shifting::Begin { stable, split_since, differs }) => {
            let versions = [wanted.candidate.as_str(), stable.as_str()];
            if let Some(blame) = run.breach_of_split(versions, split_since).await? {
                return run.roll_back(&blame).await;
            }
            let alarms = run.alarms().await?;
            match run.preflight(versions, differs, &alarms, (wanted.hotfix, split_since)).await? {
                Ok(excused) => begin(run, &alias, wanted, (stable, split_since), &excused).await,
                Err(refusal) => Ok(refusal.into()),
            }
        }
        Ok(Shifting::Bake { stable, split_since }) => bake(run, wanted, &stable, split_since).await,
        Err(refusal) => Ok(refusal.into()),
    }
}

async fn begin(
    run: &mut Run<'_>,
    read: &LiveAlias,
    wanted: &Shift,
    (stable, split_since): (String, Option<DateTime<Utc>>),
    excused: &[String],
) -> Result<Answer, WorkError> {
    let now = run.now;
    let rollout = Rollout {
        step: Some(wanted.step),
        candidate: Some(wanted.candidate.clone()),
        stable: Some(stable.clone()),
        split_since: split_since.or(Some(now)),
        ..Rollout::of(run.execution)
    };
    let canary = wanted.candidate.clone();
    let traffic = Traffic::Split { stable, canary, canary_percent: wanted.percent };
    let change = Change { traffic, rollout };
    let alias = run.live.change(|alias| is_unchanged(alias, read).then(|| change.clone())).await?;
    if !matches!(decide::shift(&alias, wanted), Ok(Shifting::Bake { .. })) {
        return Ok(Answer::wait("the alias was changed at the same moment; looking again"));
    }
    run.token.bake_since = Some(now);
    let begun = format!("step {} begun: {}", wanted.step, alias.in_words());
    Ok(Answer::wait(with_alarms(&begun, excused)))
}

async fn bake(
    run: &mut Run<'_>,
    wanted: &Shift,
    stable: &str,
    split_since: DateTime<Utc>,
) -> Result<Answer, WorkError> {
    // Without a token of an earlier call the first step's bake is known to have begun with the split.
    let began = if wanted.step == 1 { split_since } else { run.now };
    let bake_since = *run.token.bake_since.get_or_insert(began);
    let alarms = run.alarms().await?;
    if let Some(blame) = accused(&alarms, split_since) {
        return run.roll_back(&blame).await;
    }
    if let Err(refusal) = no_alarm_is_missing(&run.config.guard_alarms, &alarms) {
        return Ok(refusal.into());
    }
    let (subject, window) = run.judge_split([&wanted.candidate, stable], split_since).await?;
    if let Some(blame) = run.report().and_then(breach) {
        return run.roll_back(&blame).await;
    }
    let (elapsed, reason) = (run.now - bake_since, run.judges_reason());
    match baked(run.report(), elapsed, wanted.bake_minutes, wanted.max_bake_minutes) {
        None => Ok(goes_on(wanted, elapsed, &reason)),
        Some(verdict) => {
            let mut variables = run.variables(verdict, &reason, stable);
            run.add_numbers(&mut variables, &subject, &window).await;
            add_firing(&mut variables, &alarms);
            Ok(Answer::Done { summary: ended(wanted, verdict, &reason, &alarms), variables })
        }
    }
}

fn goes_on(wanted: &Shift, elapsed: TimeDelta, reason: &str) -> Answer {
    let least = wanted.bake_minutes;
    let minutes = elapsed.num_minutes();
    let (of, more) = if minutes < least.into() {
        (least, "")
    } else {
        (wanted.max_bake_minutes, " at most, for want of a verdict")
    };
    let percent_complete = percent_complete(elapsed, of);
    Answer::Continue { summary: format!("bake {minutes} of {of} minutes{more}: {reason}"), percent_complete }
}

fn ended(wanted: &Shift, verdict: &str, reason: &str, alarms: &[Alarm]) -> String {
    let firing: Vec<_> = alarms.iter().filter(|alarm| alarm.firing).map(|alarm| alarm.name.clone()).collect();
    with_alarms(&format!("{verdict} at {} %: {reason}", percent_text(wanted.percent)), &firing)
}
