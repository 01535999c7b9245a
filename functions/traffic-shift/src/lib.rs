//! May this release take its next step?
//!
//! - **Trigger**: CodePipeline, as the Lambda action of a stage; UserParameters say which action ([`parameters`]): take the
//!   alias, give the new version a share and bake, promote it by CodeDeploy, watch it with all the requests.
//! - **Effect**: one answer to the job: done with the verdict and its numbers as output variables, failed, or not done yet
//!   (a continuation token; CodePipeline calls again). A bake is many short calls; none of them waits. Weights and the
//!   rollout stand in the alias ([`release`]), so that a call that is repeated or lost does no harm.
//! - **On failure**: what cannot be observed or done is tried again by the next call; six times in a row fail the action (40
//!   in a watch). A failed action fails its stage, and the alarm-rollback function takes the release back: the gate fails
//!   closed. A breach or an alarm is not left to that: the release is taken back here, and then the action fails. Only an
//!   answer that cannot be delivered is an error of the function.
//! - **In logs**: one line per decision with the verdict's document, from which it can be repeated. Never the event: it has
//!   credentials.
//! - **Rules**: [`mod@decide`].

mod act;
mod answer;
pub mod config;
pub mod cost;
pub mod decide;
pub mod evidence;
mod job;
pub mod parameters;
mod run;
pub mod token;
mod usage;
mod versions;

use aws::{AwsError, chain};
use chrono::{DateTime, Utc};
use clock::Clock;
use config::{Config, ConfigError};
use evidence::percent_text;
use guard::ReadAlarmsError;
use judge::SettingsError;
use lambda_runtime::{Diagnostic, LambdaEvent};
use parameters::Parameters;
use readings::{ReadError, log_text};
use release::{Live, ReadAliasError, ReleaseError};
use run::Run;
use serde::Serialize;
use serde_json::Value;
use std::error::Error;
use token::Token;

pub use answer::{Answer, AnswerError};
pub use job::{Job, NoJob};
pub use usage::Usage;

/// So many calls in a row may fail; they are half a minute apart.
const MOST_FAILURES: u8 = 6;
/// Those of a watch, 20 minutes: CloudWatch being throttled must not take back a promoted version, and alarm-rollback looks
/// at the guard alarms all the while.
const MOST_FAILURES_IN_WATCH: u8 = 40;

/// Everything that one sandbox needs; built once.
#[derive(Debug)]
pub struct App {
    /// An error is kept and reported by the handler, because only the handler can answer the job.
    config: Result<Config, ConfigError>,
    lambda: aws_sdk_lambda::Client,
    codedeploy: aws_sdk_codedeploy::Client,
    codepipeline: aws_sdk_codepipeline::Client,
    cloudwatch: aws_sdk_cloudwatch::Client,
    clock: Clock,
}

impl App {
    /// Reads the settings and builds the clients.
    ///
    /// # Errors
    /// When region or credentials are missing; everything else is reported by the handler ([`hook::connect`]).
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>, clock: Clock) -> Result<Self, AwsError> {
        let (aws, config) = hook::connect(&lookup, Config::from_lookup(&lookup))?;
        let (lambda, codedeploy) = (aws.lambda(), aws.codedeploy());
        Ok(Self {
            config,
            lambda,
            codedeploy,
            codepipeline: aws.codepipeline(),
            cloudwatch: aws.cloudwatch(),
            clock,
        })
    }
}

/// Why a call could not observe or act.
#[derive(Debug, thiserror::Error)]
enum WorkError {
    #[error(transparent)]
    Release(#[from] ReleaseError),
    #[error(transparent)]
    Alias(#[from] ReadAliasError),
    #[error(transparent)]
    Alarms(#[from] ReadAlarmsError),
    #[error(transparent)]
    Metrics(#[from] ReadError),
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error("{0} failed")]
    Call(&'static str, #[source] Box<dyn Error + Send + Sync>),
}

impl WorkError {
    fn call(operation: &'static str, error: impl Error + Send + Sync + 'static) -> Self {
        Self::Call(operation, Box::new(error))
    }
}

/// Why a job has no answer.
#[derive(Debug, thiserror::Error)]
pub enum HandleError {
    /// See its message.
    #[error(transparent)]
    NoJob(#[from] NoJob),
    /// Lambda calls again with the same job.
    #[error(transparent)]
    Unanswered(#[from] AnswerError),
}

impl From<HandleError> for Diagnostic {
    fn from(error: HandleError) -> Self {
        let kind = match error {
            HandleError::NoJob(_) => "TrafficShiftNoJob",
            HandleError::Unanswered(_) => "TrafficShiftUnanswered",
        };
        Self { error_type: kind.to_owned(), error_message: chain(&error) }
    }
}

/// What a call came to, for who invokes by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decided {
    /// `continue`, `done` or `failed`.
    pub decision: &'static str,
    /// One line.
    pub reason: String,
}

/// Takes one step of a rollout and answers the job.
///
/// # Errors
/// When the event is no job's or the answer could not be delivered.
pub async fn handle(app: &App, event: LambdaEvent<Value>) -> Result<Decided, HandleError> {
    let job = Job::read(&event.payload)?;
    let now = DateTime::<Utc>::from(app.clock.now());
    let mut token = token(&job, now);
    let answer = decided(app, &job, &mut token, now).await;
    match answer::send(&app.codepipeline, &job.id, &answer, &token).await? {
        answer::Delivery::Taken => {}
        answer::Delivery::Late => tracing::info!(job = job.id, "an earlier delivery has answered this job"),
    }
    Ok(Decided { decision: answer.word(), reason: answer.line().to_owned() })
}

fn token(job: &Job, now: DateTime<Utc>) -> Token {
    let Some(text) = &job.continuation_token else { return Token::begun(now) };
    Token::read(text).unwrap_or_else(|| {
        tracing::warn!(job = job.id, "the continuation token is not ours: taken for a first call");
        Token::begun(now)
    })
}

async fn decided(app: &App, job: &Job, token: &mut Token, now: DateTime<Utc>) -> Answer {
    let read = app.config.as_ref().map_err(|error| chain(error)).and_then(|config| {
        Ok((config, Parameters::read(&job.user_parameters).map_err(|error| chain(&error))?))
    });
    let (config, parameters) = match read {
        Ok(read) => read,
        Err(problem) => {
            tracing::error!(job = job.id, decision = "failed", reason = problem, "decided");
            return Answer::misconfigured(problem);
        }
    };
    let live = Live {
        lambda: app.lambda.clone(),
        codedeploy: app.codedeploy.clone(),
        place: parameters.place(),
        group: config.group.clone(),
    };
    let execution = parameters.execution();
    let mut run = Run { app, config, live, execution, now, token: token.clone(), judged: None };
    let mut answer = match act::act(&mut run, &parameters).await {
        Ok(answer) => {
            run.token.failures = 0;
            answer
        }
        Err(error) => failed(&mut run.token, &parameters, &error),
    };
    if let Answer::Done { variables, .. } = &mut answer {
        variables.set("candidate", parameters.candidate().unwrap_or_default());
        variables.set("percent", &percent_text(parameters.percent()));
    }
    log(job, &parameters, &run, &answer);
    token.clone_from(&run.token);
    answer
}

/// The next call is sooner than Lambda's own repetition would be.
fn failed(token: &mut Token, parameters: &Parameters, error: &WorkError) -> Answer {
    let most =
        if matches!(parameters, Parameters::Watch(_)) { MOST_FAILURES_IN_WATCH } else { MOST_FAILURES };
    token.failures = token.failures.saturating_add(1);
    let (failures, problem) = (token.failures, chain(error));
    if failures < most {
        tracing::warn!(failures, error = problem, "not observed or not done");
        return Answer::wait(format!("trying again ({failures} of {most} failures in a row): {problem}"));
    }
    Answer::failed(format!(
        "{failures} calls in a row failed, so that nothing is known of the release: {problem}"
    ))
}

fn log(job: &Job, parameters: &Parameters, run: &Run<'_>, answer: &Answer) {
    let report = run.report();
    tracing::info!(
        job = job.id,
        action = parameters.action(),
        execution = parameters.execution(),
        alias = %parameters.place(),
        candidate = parameters.candidate(),
        step = parameters.step(),
        decision = answer.word(),
        reason = answer.line(),
        verdict = report.map(|report| report.verdict.to_string()),
        minutes = report.map(|report| report.minutes),
        problems = run.judged.as_ref().map(|judged| judged.problems.join("; ")),
        document = run.judged.as_ref().map(|judged| log_text(&judged.document)),
        "decided"
    );
}
