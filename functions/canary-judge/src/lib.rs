//! Each minute: is a split alias's new version worse than allowed?
//!
//! - **Trigger**: an EventBridge schedule, `rate(1 minute)`; the event's content is not looked at.
//! - **Effect**: one `GetAlias` for each watched alias ([`config::WATCHED_ALIASES`]), and nothing more where all requests
//!   go to one version. Where they are split, whoever split them: one `GetMetricData` for all criteria and both
//!   versions, a verdict over all settled minutes of the split, and one `PutMetricData` under [`NAMESPACE`] on which a
//!   CloudWatch alarm acts. Nothing is stored: every minute judges the whole split again, so that late data counts.
//! - **On failure**: what cannot be read is said as `Blind` and never as healthy; what cannot be published is an error of
//!   the function. The Blind alarm watches both, and that the function runs at all.
//! - **In logs**: one line per verdict with the verdict's document, from which it can be repeated.
//! - **Rules**: [`mod@decide`].

pub mod config;
pub mod decide;
mod publish;

use aws::{Aws, AwsError, chain};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use clock::Clock;
use config::{Config, ConfigError, WatchedAlias};
use decide::Datum;
use judge::{Document, Phase, SettingsError};
use lambda_runtime::{Diagnostic, LambdaEvent};
use readings::{ReadError, Readings, Side, Subject, fetch, log_text, queries};
use release::{LiveAlias, ReadAliasError, Split};
use serde::Serialize;
use serde_json::Value;

pub use publish::{NAMESPACE, PublishError};

/// Everything that one sandbox needs; built once.
#[derive(Debug)]
pub struct App {
    config: Config,
    lambda: aws_sdk_lambda::Client,
    cloudwatch: aws_sdk_cloudwatch::Client,
    clock: Clock,
}

/// Why the function cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Correct the settings.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Set region and credentials.
    #[error(transparent)]
    Aws(#[from] AwsError),
}

impl App {
    /// Reads the settings and builds the clients.
    ///
    /// # Errors
    /// When a setting is unusable: a judge that cannot judge must fail loudly, and the Blind alarm sees it.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>, clock: Clock) -> Result<Self, StartError> {
        let config = Config::from_lookup(&lookup)?;
        let aws = Aws::from_lookup(lookup)?;
        Ok(Self { config, lambda: aws.lambda(), cloudwatch: aws.cloudwatch(), clock })
    }
}

/// Why nothing is known about an alias.
#[derive(Debug, thiserror::Error)]
enum Blind {
    #[error(transparent)]
    Alias(#[from] ReadAliasError),
    #[error(transparent)]
    Metrics(#[from] ReadError),
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error("CloudWatch could not read: {0}")]
    Everything(String),
}

/// What became of one alias.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Judged {
    /// `function:alias`.
    pub alias: String,
    /// `whole`, `healthy`, `breach`, `inconclusive` or `blind`.
    pub verdict: String,
    /// One sentence.
    pub reason: String,
}

/// A verdict was reached, or not, but could not be told to CloudWatch.
#[derive(Debug, thiserror::Error)]
#[error("{} of the verdicts could not be published", .0.len())]
pub struct HandleError(Vec<String>);

impl From<HandleError> for Diagnostic {
    fn from(error: HandleError) -> Self {
        let message = format!("{error}: {}", error.0.join("; "));
        Self { error_type: "CanaryJudgePublishFailed".to_owned(), error_message: message }
    }
}

/// Judges every watched alias.
///
/// # Errors
/// When a verdict could not be published; the other aliases are judged all the same.
pub async fn handle(app: &App, _event: LambdaEvent<Value>) -> Result<Vec<Judged>, HandleError> {
    let now = DateTime::<Utc>::from(app.clock.now());
    let (mut judged, mut unpublished) = (Vec::new(), Vec::new());
    for watched in &app.config.aliases {
        let (outcome, data) = judge_alias(app, watched, now).await;
        if let Err(error) = publish::publish(&app.cloudwatch, watched, &data, now).await {
            let problem = format!("{watched}: {}", chain(&error));
            tracing::error!(alias = %watched, error = problem, "verdict not published");
            unpublished.push(problem);
        }
        judged.push(outcome);
    }
    if unpublished.is_empty() { Ok(judged) } else { Err(HandleError(unpublished)) }
}

async fn judge_alias(app: &App, watched: &WatchedAlias, now: DateTime<Utc>) -> (Judged, Vec<Datum>) {
    let outcome = |verdict: &str, reason: String| Judged {
        alias: watched.to_string(),
        verdict: verdict.to_owned(),
        reason,
    };
    match observe(app, watched, now).await {
        Ok(None) => (outcome("whole", "all requests go to one version".to_owned()), Vec::new()),
        Ok(Some(seen)) => {
            log(watched, &seen);
            let report = &seen.document.report;
            let data = decide::published(report, !seen.problems.is_empty());
            (outcome(&report.verdict.to_string(), report.reason.clone()), data)
        }
        Err(blind) => {
            let reason = chain(&blind);
            tracing::error!(alias = %watched, error = reason, "blind: nothing is known about this alias");
            (outcome("blind", reason), decide::published_when_blind())
        }
    }
}

/// A split alias and the verdict on it.
struct Seen {
    split: Split,
    /// First minute judged.
    from: DateTime<Utc>,
    document: Document,
    /// What CloudWatch could not read.
    problems: Vec<String>,
}

/// `None` when nothing is split.
async fn observe(app: &App, watched: &WatchedAlias, now: DateTime<Utc>) -> Result<Option<Seen>, Blind> {
    let alias = LiveAlias::read(&app.lambda, &watched.function, &watched.alias).await?;
    let Some(split) = alias.split else { return Ok(None) };
    let Config { judging, look_back_minutes, .. } = &app.config;
    let subject = Subject {
        function: watched.function.clone(),
        alias: watched.alias.clone(),
        canary: split.canary.clone(),
        stable: Some(split.stable.clone()),
        whole: false,
    };
    let since = alias.rollout.and_then(|rollout| rollout.split_since(&split.canary, now));
    let from = since.unwrap_or_else(|| now - TimeDelta::minutes((*look_back_minutes).into()));
    let table = fetch(&app.cloudwatch, &queries(&judging.measures, &subject), from, now).await?;
    let readings = Readings::new(judging, &table);
    let traffic = [Side::Canary, Side::Stable].map(|side| readings.traffic(side));
    let window = decide::window(since, traffic.each_ref(), now, judging.settle_minutes);
    let problems = readings.problems();
    if decide::sees_nothing(&window, &problems) {
        return Err(Blind::Everything(problems.join("; ")));
    }
    let document = readings.inputs(Phase::Split, &window).document()?;
    Ok(Some(Seen { split, from: window.from, document, problems }))
}

fn log(watched: &WatchedAlias, Seen { split, from, document, problems }: &Seen) {
    let report = &document.report;
    tracing::info!(
        alias = %watched,
        canary = split.canary,
        stable = split.stable,
        canary_percent = split.canary_percent,
        verdict = %report.verdict,
        from = from.to_rfc3339_opts(SecondsFormat::Secs, true),
        minutes = report.minutes,
        reason = report.reason,
        problems = problems.join("; "),
        document = log_text(document),
        "judged"
    );
}
