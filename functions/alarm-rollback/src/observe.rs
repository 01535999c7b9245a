//! What must be known before a decision, and no call more: a sweep while nothing is in flight costs one `GetAlias`.

use crate::decide::{Rules, Seen, in_flight, may_be_promotion};
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
    let mut seen = Seen { alias, alarms: Vec::new(), breach: None, ended_badly: None, deployment: None };
    match trigger {
        Trigger::Sweep => {
            if in_flight(&seen.alias, rules, now).is_some() {
                let alarms = guard::read(&app.cloudwatch, rules.guard_alarms).await;
                seen.alarms = alarms.map_err(|error| blind(app, "the alarms", error.into()))?;
            }
            // An alarm decides alone, and so does a breach; the rest is asked for only when neither does.
            if crate::decide::is_accused(&seen, rules, now) {
                return Ok(seen);
            }
            if let Stand::Shifting(rollout) = seen.alias.stand() {
                seen.breach = verdict::breach(app, rollout, now).await;
            }
            if seen.breach.is_none() {
                let ended = ended_badly(app, &seen.alias).await;
                seen.ended_badly = ended.map_err(|error| blind(app, "the pipeline execution", error))?;
            }
        }
        Trigger::Deployment(change) if may_be_promotion(change, &seen.alias, rules) => {
            let found = app.live.deployment(&change.id).await;
            seen.deployment = Some(found.map_err(|error| blind(app, "the deployment", error.into()))?);
        }
        _ => {}
    }
    Ok(seen)
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
