//! The Manuel API: the thing being released.
//!
//! - **Trigger**: API Gateway, a REST API (payload format 1.0) or an HTTP API (2.0); see [`gateway`].
//! - **Effect**: answers `GET /health`, `GET /version`, `GET /usage` and `POST /query`, and writes one metric line per
//!   request ([`metrics`]). With `USAGE_TABLE` it counts each user's questions per day ([`usage`]), with `MODEL_ID` a
//!   Bedrock model words the answers ([`model`]). With neither it calls nobody and builds no client.
//! - **On failure**: every error is an `application/problem+json` answer (RFC 9457), also for an event that is no HTTP
//!   request at all (400), so that a person or a smoke test sees what was wrong instead of a 502 from API Gateway. A
//!   question that cannot be counted, or whose model fails, is answered all the same, and the metric line tells.
//! - **Rules**: [`mod@decide`]; for questions [`query`] and [`manuals`].
//!
//! A crash or a time-out leaves no metric line; the `Errors` metric of `AWS/Lambda` counts those.

pub mod decide;
pub mod failure;
#[cfg(feature = "rehearsal")]
pub mod faults;
pub mod gateway;
pub mod manuals;
pub mod metrics;
pub mod model;
pub mod query;
pub mod usage;

use aws::{Aws, AwsError};
use clock::Clock;
use decide::{Decision, Reply, Version, decide};
use failure::CallFailure;
use gateway::Answer;
use lambda_runtime::{Diagnostic, LambdaEvent};
use manuals::Manuals;
use metrics::Calls;
use model::{MODEL_ID, Model};
use query::{Taken, Wording};
use serde_json::Value;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use usage::{USAGE_TABLE, Usage};

/// Who this process is. A missing variable is `unknown` and no reason to refuse requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// `AWS_LAMBDA_FUNCTION_NAME`, in two dimensions of the metrics.
    pub function_name: String,
    /// `AWS_LAMBDA_FUNCTION_VERSION` and `BUILD_ID`, what `GET /version` answers.
    pub version: Version,
    /// `USAGE_TABLE`; nothing is counted without one.
    pub usage_table: Option<String>,
    /// `MODEL_ID`; the manuals answer in their own words without one.
    pub model_id: Option<String>,
}

impl Config {
    /// Reads the variables; empty counts as missing, because CloudFormation cannot leave one out.
    #[must_use]
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let filled = |name| lookup(name).filter(|value| !value.trim().is_empty());
        let known = |name| filled(name).unwrap_or_else(|| "unknown".to_owned());
        let version =
            Version { function_version: known("AWS_LAMBDA_FUNCTION_VERSION"), build_id: known("BUILD_ID") };
        Self {
            function_name: known("AWS_LAMBDA_FUNCTION_NAME"),
            version,
            usage_table: filled(USAGE_TABLE),
            model_id: filled(MODEL_ID).filter(|id| id != "none"),
        }
    }
}

/// One sandbox: its identity, its clock, what it knows and whom it asks, and whether it has served a request yet.
#[derive(Debug)]
pub struct App {
    config: Config,
    clock: Clock,
    manuals: Manuals,
    usage: Option<Usage>,
    model: Option<Model>,
    init_duration: Duration,
    warm: AtomicBool,
    #[cfg(feature = "rehearsal")]
    faults: faults::Faults,
}

/// The invocation itself failed. A production build never does this: it answers every event.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// A rehearsal asked for function errors; nothing to repair.
    #[cfg(feature = "rehearsal")]
    #[error("function error ordered by the rehearsal")]
    Rehearsed,
}

impl From<BackendError> for Diagnostic {
    fn from(error: BackendError) -> Self {
        Self { error_type: "BackendFailed".to_owned(), error_message: error.to_string() }
    }
}

impl App {
    /// Call it last in `main`: the time since the process began is this sandbox's initialisation.
    ///
    /// # Errors
    /// When a table or a model is set and the AWS settings for it cannot be used: a version that would lose every count
    /// must not start, so that its smoke test finds it.
    pub fn from_lookup(
        lookup: impl Fn(&str) -> Option<String>,
        clock: Clock,
        manuals: Manuals,
    ) -> Result<Self, AwsError> {
        let config = Config::from_lookup(&lookup);
        // Clients cost a millisecond of each cold start: none without a use.
        let needs_aws = config.usage_table.is_some() || config.model_id.is_some();
        let aws = needs_aws.then(|| Aws::from_lookup(&lookup)).transpose()?;
        let aws = aws.as_ref();
        Ok(Self {
            usage: aws.zip(config.usage_table.clone()).map(|(aws, table)| Usage::new(aws, table)),
            model: aws.zip(config.model_id.clone()).map(|(aws, id)| Model::new(aws, id)),
            config,
            manuals,
            init_duration: clock.uptime(),
            clock,
            warm: AtomicBool::new(false),
            #[cfg(feature = "rehearsal")]
            faults: faults::Faults::default(),
        })
    }

    /// The same sandbox with the faults that a rehearsal orders.
    ///
    /// # Errors
    /// When the variable's value is malformed; the sandbox then does not start.
    ///
    /// # Panics
    /// When `crash_at_start` is ordered: the crash is the point.
    #[cfg(feature = "rehearsal")]
    pub fn with_faults(mut self, value: Option<&str>) -> Result<Self, faults::FaultsError> {
        self.faults = faults::Faults::parse(value)?;
        self.faults.crash_if_ordered();
        Ok(self)
    }
}

/// Answers one request and writes its metric line.
///
/// # Errors
/// None in production; see [`BackendError`].
pub async fn handle(app: &App, event: LambdaEvent<Value>) -> Result<Answer, BackendError> {
    let started = app.clock.uptime();
    let cold_start = !app.warm.swap(true, Ordering::Relaxed);
    let (format, request) = gateway::read(event.payload);
    let request = request.as_ref().map_err(String::as_str);
    let decision = decide(request, &app.config.version, &app.manuals, app.usage.is_some());
    let (reply, calls) = act(app, decision, event.context.deadline).await;
    #[cfg(feature = "rehearsal")]
    let reply = app.faults.strike(reply, app.clock.now_ms()).await?;
    metrics::write(&metrics::Line {
        timestamp_ms: app.clock.now_ms(),
        function_name: &app.config.function_name,
        resource: &metrics::resource(&app.config.function_name, &event.context.invoked_function_arn),
        executed_version: &app.config.version.function_version,
        request_id: &event.context.request_id,
        status: reply.status,
        query: reply.query,
        calls,
        latency: app.clock.uptime().saturating_sub(started),
        init_duration: cold_start.then_some(app.init_duration),
    });
    Ok(gateway::answer(reply, format))
}

/// Makes the calls that a decision asks for. Those for a question are made together, so that a slow table takes no time
/// from the model.
async fn act(app: &App, decision: Decision, deadline_ms: u64) -> (Reply, Calls) {
    match decision {
        Decision::Answered(reply) => (reply, Calls::default()),
        Decision::Usage { user, is_head } => (look_up(app, &user, is_head).await, Calls::default()),
        Decision::Question(taken) => {
            let (usage_lost, wording) = tokio::join!(count(app, &taken), word(app, &taken, deadline_ms));
            let model_fallback = (wording != Wording::Manual).then_some(wording == Wording::Fallback);
            (query::reply(taken, wording), Calls { usage_lost, model_fallback })
        }
    }
}

/// Whether the count was lost; `None` where there is nothing to count.
async fn count(app: &App, taken: &Taken) -> Option<bool> {
    let (usage, user) = (app.usage.as_ref()?, taken.user.as_ref()?);
    let counted = usage.count(user, app.clock.now_ms()).await;
    Some(counted.inspect_err(|failure| warn(failure, "the question was not counted")).is_err())
}

async fn word(app: &App, taken: &Taken, deadline_ms: u64) -> Wording {
    let (Some(model), Some(passage)) = (&app.model, &taken.passage) else { return Wording::Manual };
    let answer = model.answer(&taken.question, passage, app.clock.time_left(deadline_ms)).await;
    let answer = answer.inspect_err(|failure| warn(failure, "the manual answers in place of the model"));
    answer.map_or(Wording::Fallback, Wording::Model)
}

/// The table is there: without one, [`decide`] refuses.
async fn look_up(app: &App, user: &str, is_head: bool) -> Reply {
    let now_ms = app.clock.now_ms();
    let questions = match &app.usage {
        Some(usage) => usage.today(user, now_ms).await,
        None => Err(CallFailure::new("NoTable", "USAGE_TABLE is not set")),
    };
    let questions = questions.inspect_err(|failure| warn(failure, "the count cannot be read"));
    usage::reply(user, now_ms, questions.ok(), is_head)
}

fn warn(failure: &CallFailure, what: &str) {
    tracing::warn!(error_type = failure.error_type, reason = failure.reason, "{what}");
}

#[cfg(test)]
mod tests;
