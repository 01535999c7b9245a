//! Telling of a rollback, once customers are safe: the waiting approval, machines, people. Whoever has claimed the telling
//! does all of it; when a part fails that may succeed later, the next invocation does all of it again, and the event's `id`
//! tells a double. What is refused for good does not hold up the rest, and is not repeated.

use crate::error::{Cause, HandleError, Refusal, is_for_good};
use crate::notice::Story;
use crate::pipeline::{self, State};
use crate::{App, aftermath, numbers};
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use chrono::{DateTime, Utc};
use release::{RollbackMark, Rollout, Which};

/// Source of the event.
pub const SOURCE: &str = "manuel.delivery";
/// Detail-type of the event.
pub const DETAIL_TYPE: &str = "delivery.rollback";

/// Tells of a rollback: `alias` is who gets the requests now, `reason` what this invocation knows.
pub(crate) async fn tell(
    app: &App,
    (rollout, mark): (&Rollout, &RollbackMark),
    alias: &str,
    reason: Option<String>,
) -> Result<Story, HandleError> {
    let mut left = Vec::new();
    let state = withdraw_approvals(app, rollout, mark, &mut left).await?;
    let mut story = story(app, (rollout, mark), alias, reason.or(state.failure), left).await;
    if let Some(detail) = story.detail() {
        bear(app, "the event delivery.rollback", send(app, &detail.to_string()).await, &mut story.left)?;
    }
    if let Some(topic) = &app.config.notice_topic_arn {
        let call = app.sns.publish().topic_arn(topic).subject(story.subject()).message(story.text());
        let sent = call.send().await.map(drop).map_err(Refusal::of);
        bear(app, "the notice to people", sent, &mut story.left)?;
    }
    let sent = app.live.notice_sent(&rollout.execution).await;
    sent.map_err(|error| untold(app, "people were told, which could not be written down", error.into()))?;
    Ok(story)
}

pub(crate) fn untold(app: &App, left: &'static str, source: Cause) -> HandleError {
    HandleError::Untold { alias: app.config.place.to_string(), left, source }
}

/// What fails now and may succeed later is tried again. What fails for good must not keep people from being told: it becomes
/// theirs to do.
fn bear<T: Default>(
    app: &App,
    what: &'static str,
    result: Result<T, Refusal>,
    left: &mut Vec<String>,
) -> Result<T, HandleError> {
    match result {
        Ok(value) => Ok(value),
        Err(Refusal { for_good: true, source }) => {
            let error = aws::chain(source.as_ref());
            tracing::error!(error, what, "this will not succeed by itself");
            left.push(format!("{what}: this must be done by hand, because it was refused ({error})"));
            Ok(T::default())
        }
        Err(Refusal { for_good: false, source }) => Err(untold(app, what, source)),
    }
}

/// A person who approves now would approve a version that has been taken back.
pub(crate) async fn withdraw_approvals(
    app: &App,
    rollout: &Rollout,
    mark: &RollbackMark,
    left: &mut Vec<String>,
) -> Result<State, HandleError> {
    const WHAT: &str = "the withdrawal of waiting approvals";
    let Some(name) = &app.config.pipeline else { return Ok(State::default()) };
    let client = &app.codepipeline;
    let found = pipeline::state(client, name, &rollout.execution, rollout.served_since()).await;
    let state = bear(app, WHAT, found, left)?;
    for approval in &state.waiting {
        bear(app, WHAT, pipeline::withdraw(client, name, approval, &mark.why).await, left)?;
    }
    Ok(state)
}

async fn story(
    app: &App,
    (rollout, mark): (&Rollout, &RollbackMark),
    alias: &str,
    reason: Option<String>,
    mut left: Vec<String>,
) -> Story {
    let now = app.now();
    let deployments = deployments(app, rollout.served_since().unwrap_or(mark.at)).await;
    let versions = rollout.candidate.clone().zip(rollout.stable.clone());
    if let Some((candidate, stable)) = &versions {
        if deployments.as_ref().is_some_and(|found| aftermath::counts_candidate_as_good(rollout, found)) {
            left.push(format!(
                "CodeDeploy still counts version {candidate} as good, because the alias was pointed back without it: do not deploy the group's last revision again"
            ));
        }
        if alias != format!("all requests go to version {stable}") {
            left.push(format!("find out who moved the alias: version {stable} should get all requests"));
        }
    }
    Story {
        place: app.config.place.clone(),
        group: app.config.group.clone(),
        pipeline: app.config.pipeline.clone(),
        execution: rollout.execution.clone(),
        why: mark.why.clone(),
        reason: reason.unwrap_or_else(|| mark.why.clone()),
        served_since: rollout.served_since(),
        begun_at: mark.at,
        safe_at: aftermath::safe_at(rollout, mark, deployments.as_deref(), now),
        alias: alias.to_owned(),
        numbers: if versions.is_some() { numbers::read(app, rollout, now).await } else { Ok(Vec::new()) },
        versions,
        left,
    }
}

/// Only the notice's details depend on them, so that it goes without.
async fn deployments(app: &App, since: DateTime<Utc>) -> Option<Vec<release::Deployment>> {
    let found = app.live.deployments(Which::Since(since)).await;
    found.inspect_err(|error| tracing::warn!(error = aws::chain(error), "no deployments for the notice")).ok()
}

async fn send(app: &App, detail: &str) -> Result<(), Refusal> {
    let entry = PutEventsRequestEntry::builder().source(SOURCE).detail_type(DETAIL_TYPE).detail(detail);
    let answer = app.eventbridge.put_events().entries(entry.build()).send().await.map_err(Refusal::of)?;
    if answer.failed_entry_count() == 0 {
        return Ok(());
    }
    let entry = answer.entries().first();
    let code = entry.and_then(|entry| entry.error_code()).unwrap_or("no code");
    let message = entry.and_then(|entry| entry.error_message()).unwrap_or("no message");
    Err(Refusal {
        for_good: is_for_good(code),
        source: format!("EventBridge refused the event: {code}: {message}").into(),
    })
}
