//! Plays one release: load, deployment, a few minutes more, and everything that was seen.

use chrono::{DateTime, TimeDelta, Utc};
use twin::programs::Programs;

use crate::{
    error::RehearsalError,
    hook_log,
    load::Load,
    observed::{CANDIDATE, Observed, STABLE},
    progress::Progress,
    scenario::Scenario,
    stage::{ALIAS, BACKEND, HOOK, Stage},
};

/// Virtual minutes of load before the deployment and after its end.
const CALM: TimeDelta = TimeDelta::minutes(2);

/// How a release is played.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tempo {
    /// Virtual seconds per real second.
    pub(crate) rate: f64,
    /// Customer requests per real second.
    pub(crate) requests_per_second: u32,
    pub(crate) seed: u64,
}

/// Plays `scenario` on a fresh stage.
pub(crate) async fn play(
    scenario: &Scenario,
    programs: &Programs,
    tempo: Tempo,
) -> Result<Observed, RehearsalError> {
    let stage = Stage::set(programs, tempo.rate, tempo.seed).await?;
    let clock = stage.twin.clock();
    let (started_at, watch) = (clock.now(), clock.stopwatch());
    let load = Load::start(stage.customers.clone(), clock, (BACKEND, ALIAS), tempo.requests_per_second);
    let progress = Progress::follow(&stage.twin, started_at, load.seen());
    clock.sleep(CALM).await;
    let released = release(&stage, scenario).await;
    clock.sleep(CALM).await;
    let requests = load.finish().await;
    let (deployment, status, rollback) = released?;
    let alias = stage.lambda.get_alias().function_name(BACKEND).name(ALIAS).send().await?;
    let weights = alias.routing_config.as_ref().and_then(|c| c.additional_version_weights.as_ref());
    let ended_at = clock.now();
    progress.finish().await;
    Ok(Observed {
        hook_reason: hook_log::reason(&stage.twin.log_lines(HOOK), &deployment),
        started_at,
        ended_at,
        deployment,
        status,
        rollback,
        requests,
        journal: stage.twin.journal().entries(),
        alias_is_whole: weights.is_none_or(|weights| weights.is_empty()),
        alias_version: alias.function_version.unwrap_or_default(),
        candidate_invocations_metric: of_the_candidate(
            &stage,
            ("AWS/Lambda", "Invocations"),
            started_at,
            ended_at,
        ),
        candidate_requests_metric: of_the_candidate(
            &stage,
            ("Manuel/Backend", "Requests"),
            started_at,
            ended_at,
        ),
        rate: tempo.rate,
        real_seconds: watch.elapsed_ms() / 1000.0,
    })
}

type Released = (String, String, Option<(String, String)>);

/// Publishes the candidate and follows its deployment, and the rollback's if there is one, to the end.
async fn release(stage: &Stage, scenario: &Scenario) -> Result<Released, RehearsalError> {
    let candidate = stage.publish_with(scenario.environment()).await?;
    let deployment = stage.deploy(STABLE, &candidate, scenario.configuration).await?;
    let status = stage.twin.deployment_finished(&deployment).await?;
    let info = stage.codedeploy.get_deployment().deployment_id(&deployment).send().await?.deployment_info;
    let rollback = info.and_then(|i| i.rollback_info).and_then(|r| r.rollback_deployment_id);
    let rollback = match rollback {
        Some(id) => Some((id.clone(), stage.twin.deployment_finished(&id).await?)),
        None => None,
    };
    Ok((deployment, status, rollback))
}

/// Sum of a metric over the release, for the candidate's requests through the alias.
fn of_the_candidate(
    stage: &Stage,
    (namespace, metric): (&str, &str),
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> f64 {
    let resource = format!("{BACKEND}:{ALIAS}");
    let dimensions =
        [("FunctionName", BACKEND), ("Resource", resource.as_str()), ("ExecutedVersion", CANDIDATE)];
    let minutes =
        stage.twin.cloudwatch().minutes(namespace, metric, &dimensions, from, to + TimeDelta::minutes(1));
    // Folded from +0: the sum of nothing is -0 otherwise, and reads oddly.
    minutes.iter().fold(0.0, |sum, minute| sum + minute.sum)
}
