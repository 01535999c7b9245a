//! Does the new version answer correctly, before any customer sees it?
//!
//! - **Trigger**: CodeDeploy, `BeforeAllowTraffic`, before the alias moves.
//! - **Effect**: invokes the new version by its number with smoke cases (settings [`config::SMOKE_CASES`] and
//!   [`config::PAYLOAD_FORMAT`]) and answers CodeDeploy `Succeeded` or `Failed`. Cases must be safe to repeat: an invocation that may not have reached the
//!   function is tried again.
//! - **On failure**: whatever goes wrong is answered `Failed` with the reason ([`hook`]), a malformed setting included:
//!   a hook that stopped at its cold start would leave CodeDeploy waiting for an hour. Only missing region or
//!   credentials stop it, because without them no answer is possible at all.
//! - **In logs**: failures describe an answer and do not quote it, because it may hold secrets; see `shown.rs`.
//! - **Rules**: [`mod@decide`].

pub mod cases;
pub mod config;
pub mod decide;
mod invoke;
mod request;
mod response;
mod shown;

use aws::AwsError;
use cases::SmokeCase;
use clock::Clock;
use config::{Config, ConfigError};
use decide::{Answer, CaseResult, Observation, Phase, decide, judge};
use hook::{Deployment, Hook, HookError, HookEvent, Outcome, Target, Timetable, Verdict};
use lambda_runtime::LambdaEvent;
use serde_json::Value;
use std::iter::{once, repeat_n};
use std::time::Duration;

/// An answer later than its case allows is waited for this much longer, to tell a late one from none.
const GRACE: Duration = Duration::from_secs(1);
/// Time to put the results together before the hook would drop the check.
const MARGIN: Duration = Duration::from_millis(250);

/// Everything that one sandbox needs; built once.
#[derive(Debug)]
pub struct App {
    /// An error is kept and reported by the handler, because only the handler can answer CodeDeploy.
    config: Result<Config, ConfigError>,
    codedeploy: aws_sdk_codedeploy::Client,
    lambda: aws_sdk_lambda::Client,
    clock: Clock,
}

impl App {
    /// Reads the settings and builds the clients.
    ///
    /// # Errors
    /// When region or credentials are missing; everything else is reported by the handler ([`hook::connect`]).
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>, clock: Clock) -> Result<Self, AwsError> {
        let (aws, config) = hook::connect(&lookup, Config::from_lookup(&lookup))?;
        let longest_limit = config.as_ref().map(Config::longest_limit).unwrap_or_default();
        let lambda = aws.lambda_invoker(longest_limit + GRACE);
        Ok(Self { config, codedeploy: aws.codedeploy(), lambda, clock })
    }
}

/// Checks the new version and answers CodeDeploy.
///
/// # Errors
/// When the event is none of CodeDeploy's or the answer could not be delivered; see [`HookError`].
pub async fn handle(app: &App, event: LambdaEvent<Value>) -> Result<Outcome, HookError> {
    let hook_event = HookEvent::parse(&event.payload)?;
    let reserve = app.config.as_ref().map_or(hook::DEFAULT_RESERVE, |config| config.answer_reserve);
    let hook = Hook { codedeploy: &app.codedeploy, clock: &app.clock, reserve };
    hook.answer(&hook_event, event.context.deadline, |deployment, times| smoke(app, deployment, times)).await
}

async fn smoke(app: &App, deployment: Deployment, times: Timetable) -> Result<Verdict, &ConfigError> {
    let config = app.config.as_ref()?;
    let mut results = Vec::new();
    for target in &deployment.targets {
        let smoke_test = SmokeTest { app, deployment_id: &deployment.id, target, until: times.check_until };
        results.extend(smoke_test.run(&config.cases).await);
    }
    Ok(decide(&results))
}

/// The cases against one new version.
struct SmokeTest<'a> {
    app: &'a App,
    deployment_id: &'a str,
    target: &'a Target,
    /// In [`Clock::uptime`].
    until: Duration,
}

impl SmokeTest<'_> {
    /// Runs every case, also after a failure, because all failures together tell more. The first invocation meets a
    /// version that never ran: it is the cold one, and judged by its own limit.
    async fn run(&self, cases: &[SmokeCase]) -> Vec<CaseResult> {
        let mut results = Vec::new();
        for (index, case) in cases.iter().enumerate() {
            let cold = once(Phase::Cold).filter(|_| index == 0);
            for phase in cold.chain(repeat_n(Phase::Warm, case.repetitions)) {
                let observation = self.observe(case, phase).await;
                let result = judge(case, &self.version(), &observation);
                self.log(&result);
                results.push(result);
            }
        }
        results
    }

    async fn observe(&self, case: &SmokeCase, phase: Phase) -> Observation {
        let clock = &self.app.clock;
        let left = self.until.saturating_sub(clock.uptime() + MARGIN);
        if left.is_zero() {
            return Observation { phase, latency: Duration::ZERO, answer: Answer::NotAsked };
        }
        let (answer, latency) = invoke::invoke(&self.app.lambda, clock, self.target, &case.event, left).await;
        Observation { phase, latency, answer }
    }

    fn version(&self) -> String {
        format!("{}:{}", self.target.function_name, self.target.target_version)
    }

    /// One line per failed invocation; the verdict's line is the hook's.
    fn log(&self, result: &CaseResult) {
        if result.failures.is_empty() {
            return;
        }
        tracing::warn!(
            deployment_id = self.deployment_id,
            case = result.case,
            version = result.version,
            phase = %result.phase,
            latency_ms = u64::try_from(result.latency.as_millis()).unwrap_or(u64::MAX),
            failures = result.failure_text(),
            "smoke case failed"
        );
    }
}
