//! Plays one release: load, deployment, a few minutes more, and everything that was seen.

use chrono::{DateTime, TimeDelta, Utc};
use twin::{ApiError, cloudwatch::Delay, programs::Programs};

use crate::{
    alarms,
    calls::Calls,
    error::RehearsalError,
    hook_log, judge_log,
    load::{Api, Load},
    names::{ALIAS, BACKEND, JUDGE, POST_TRAFFIC, PRE_TRAFFIC},
    observed::{CANDIDATE, Observed, STABLE},
    plain,
    progress::Progress,
    scenario::{Disturbance, Scenario},
    stage::Stage,
};

/// Virtual minutes of load before the deployment and after its end.
const CALM: TimeDelta = TimeDelta::minutes(2);

/// How a release is played.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tempo {
    /// Virtual seconds per real second.
    pub(crate) rate: f64,
    /// Customer requests per real second, where a scenario does not say how many.
    pub(crate) requests_per_second: u32,
    pub(crate) seed: u64,
}

impl Tempo {
    /// The pace and the traffic that a scenario asks for.
    pub(crate) fn paced(self, pace: f64, requests_per_minute: Option<u32>) -> Self {
        let rate = self.rate * pace;
        let per_second = |per_minute: u32| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a few hundred requests"
            )]
            let per_second = (f64::from(per_minute) * rate / 60.0).round() as u32;
            per_second
        };
        let requests_per_second = requests_per_minute.map_or(self.requests_per_second, per_second);
        Self { rate, requests_per_second, ..self }
    }
}

/// Two minutes for most metrics, three for some: what CloudWatch may take on a bad day.
const LATE_BY: TimeDelta = TimeDelta::minutes(2);
const LATER_BY: TimeDelta = TimeDelta::seconds(50);
/// Calls that are refused: well more than the three minutes after which the Blind alarm fires, fewer than the split lasts.
const REFUSED_CALLS: usize = 6;

fn disturb(stage: &Stage, disturbance: Disturbance, seed: u64) {
    match disturbance {
        Disturbance::Nothing => {}
        Disturbance::LateMetrics => {
            for namespace in ["AWS/Lambda", "Manuel/Backend"] {
                let (namespace, metric) = (Some(namespace.to_owned()), None);
                stage.twin.cloudwatch().delay(Delay {
                    namespace,
                    metric,
                    by: LATE_BY,
                    jitter: LATER_BY,
                    seed,
                });
            }
        }
        Disturbance::JudgeDenied => {
            let denied = ApiError {
                code: "AccessDenied",
                status: 403,
                message: "not authorized to perform: cloudwatch:GetMetricData".to_owned(),
            };
            stage.twin.faults().inject("cloudwatch:GetMetricData", REFUSED_CALLS, denied);
        }
    }
}

/// Plays `scenario` on a fresh stage.
pub(crate) async fn play(
    scenario: &Scenario,
    programs: &Programs,
    tempo: Tempo,
) -> Result<(Observed, Calls), RehearsalError> {
    let tempo = tempo.paced(scenario.pace, scenario.requests_per_minute);
    let stage = plain::set(programs, (tempo.rate, tempo.seed), (scenario.stable)()).await?;
    let clock = stage.twin.clock();
    disturb(&stage, scenario.disturbance, tempo.seed);
    let (started_at, watch) = (clock.now(), clock.stopwatch());
    let api = Api { function: BACKEND, alias: ALIAS, has_usage: false };
    let load = Load::start(stage.clients.customers.clone(), clock, api, tempo.requests_per_second);
    let progress = Progress::follow(scenario.name, &stage.twin, started_at, load.seen());
    clock.sleep(CALM).await;
    let released = release(&stage, scenario).await;
    clock.sleep(CALM).await;
    let requests = load.finish().await;
    let (deployment, status, rollback) = released?;
    let alias = stage.clients.lambda.get_alias().function_name(BACKEND).name(ALIAS).send().await?;
    let weights = alias.routing_config.as_ref().and_then(|c| c.additional_version_weights.as_ref());
    let ended_at = clock.now();
    progress.finish().await;
    let observed = Observed {
        hook_reason: hook_log::reason(&stage.twin.log_lines(PRE_TRAFFIC), &deployment),
        last_hook_reason: hook_log::reason(&stage.twin.log_lines(POST_TRAFFIC), &deployment),
        verdicts: judge_log::read(&stage.twin.log_lines(JUDGE)),
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
    };
    Ok((observed, Calls::of(&stage.twin)))
}

type Released = (String, String, Option<(String, String)>);

/// Publishes the candidate and follows its deployment, and the rollback's if there is one, to the end.
async fn release(stage: &Stage, scenario: &Scenario) -> Result<Released, RehearsalError> {
    // Only now: before the judge has run for some minutes, an alarm on its absence would be right to fire.
    alarms::create(&stage.clients.cloudwatch).await?;
    let candidate = plain::publish_candidate(&stage.clients, (scenario.candidate)()).await?;
    let deployment = plain::deploy(&stage.clients, STABLE, &candidate, scenario.configuration).await?;
    let status = stage.twin.deployment_finished(&deployment).await?;
    let info =
        stage.clients.codedeploy.get_deployment().deployment_id(&deployment).send().await?.deployment_info;
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
    // Everything that comes late is there by then.
    let (to, now) = (to + TimeDelta::minutes(1), to + TimeDelta::hours(1));
    let minutes = stage.twin.cloudwatch().minutes(namespace, metric, &dimensions, from, to, now);
    // Folded from +0: the sum of nothing is -0 otherwise, and reads oddly.
    minutes.iter().fold(0.0, |sum, minute| sum + minute.sum)
}
