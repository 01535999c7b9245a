//! What must be known before a decision, and no call more: a sweep while nothing is in flight costs one `GetAlias`.

use crate::decide::{Rules, Seen, in_flight, is_accused, looks_for_mover, may_be_promotion};
use crate::error::{Cause, HandleError};
use crate::trigger::Trigger;
use crate::{App, commands, pipeline, verdict};
use chrono::{DateTime, Utc};
use release::{LiveAlias, Stand, Which};

/// Reads what the decision about this trigger needs.
pub(crate) async fn observe(
    app: &App,
    trigger: &Trigger,
    rules: &Rules<'_>,
    now: DateTime<Utc>,
) -> Result<Seen, HandleError> {
    let alias = app.live.alias().await.map_err(|error| blind(app, "the alias", error.into()))?;
    let mut seen = Seen {
        alias,
        alarms: Vec::new(),
        breach: None,
        ended_badly: None,
        deployment: None,
        since_rollback: Vec::new(),
    };
    if let Some(mark) = looks_for_mover(trigger, &seen.alias, rules) {
        let found = app.live.deployments(Which::Since(mark.at)).await;
        seen.since_rollback = found.map_err(|error| blind(app, "who moved the alias", error.into()))?;
    }
    match trigger {
        Trigger::Sweep => sweep(app, &mut seen, rules, now).await?,
        Trigger::Deployment(change) if may_be_promotion(change, &seen.alias, rules) => {
            let found = app.live.deployment(&change.id).await;
            seen.deployment = Some(found.map_err(|error| blind(app, "the deployment", error.into()))?);
        }
        _ => {}
    }
    Ok(seen)
}

/// An alarm decides alone, and so does a breach; the rest is asked for only when neither does. What cannot be read is an
/// error only when the rest decides nothing: alarms that are out of order must not hide a pipeline that has failed.
async fn sweep(app: &App, seen: &mut Seen, rules: &Rules<'_>, now: DateTime<Utc>) -> Result<(), HandleError> {
    let mut blindness = None;
    if in_flight(&seen.alias, rules, now).is_some() {
        match guard::read(&app.cloudwatch, rules.guard_alarms).await {
            Ok(alarms) => seen.alarms = alarms,
            Err(error) => blindness = Some(blind(app, "the alarms", error.into())),
        }
    }
    if is_accused(seen, rules, now) {
        return Ok(());
    }
    if let Stand::Shifting(rollout) = seen.alias.stand() {
        seen.breach = verdict::breach(app, rollout, now).await;
    }
    if seen.breach.is_none() {
        match ended_badly(app, &seen.alias).await {
            Ok(ended) => seen.ended_badly = ended,
            Err(source) => {
                let error = blind(app, "the pipeline execution", source);
                if let Some(first) = blindness.replace(error) {
                    tracing::error!(error = aws::chain(&first), "neither alarms nor pipeline can be read");
                }
            }
        }
    }
    match blindness {
        Some(error) if seen.breach.is_none() && seen.ended_badly.is_none() => Err(error),
        Some(error) => {
            tracing::error!(error = aws::chain(&error), "decided without it");
            Ok(())
        }
        None => Ok(()),
    }
}

/// Whether nobody moves the rollout on any more. While CodeDeploy is at work, its end is waited for.
async fn ended_badly(app: &App, alias: &LiveAlias) -> Result<Option<String>, Cause> {
    let Some(name) = &app.config.pipeline else { return Ok(None) };
    let rollout = match alias.stand() {
        Stand::Shifting(rollout) => rollout,
        Stand::Promoting(rollout) if app.live.deployments(Which::Running).await?.is_empty() => rollout,
        _ => return Ok(None),
    };
    pipeline::ended_badly(&app.codepipeline, name, &rollout.execution).await
}

fn blind(app: &App, what: &'static str, source: Cause) -> HandleError {
    let place = &app.config.place;
    HandleError::Blind {
        alias: place.to_string(),
        what,
        by_hand: commands::reset(place, "<last good version>"),
        source,
    }
}
