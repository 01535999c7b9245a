//! Is the version healthy with all the traffic?
//!
//! - **Trigger**: CodeDeploy, `AfterAllowTraffic`, after the alias points to the new version alone.
//! - **Effect**: watches every target of the deployment for [`config::BAKE_MINUTES`] and answers CodeDeploy `Succeeded`
//!   or `Failed`; on `Failed` CodeDeploy rolls back, if its group says so. Each minute one `GetMetricData` for each
//!   target and, where alarms are named, one `DescribeAlarms`. A breach or an alarm ends the bake at once.
//! - **What is judged**: the limits of [`readings::Config`] on the settled whole minutes since the hook began, by the
//!   judge that watched the split ([`judge::Phase::Whole`]). No comparison with the version before: it serves nobody now.
//! - **On failure**: whatever goes wrong is answered `Failed` with the reason ([`hook`]), a malformed setting included.
//!   Metrics or alarms that cannot be read are asked for again in the next minute; what is unknown at the end is decided
//!   by [`config::WHEN_INCONCLUSIVE`]. Only missing region or credentials stop the function at its start.
//! - **In logs**: one line per verdict with the verdict's document, from which it can be repeated.
//! - **Rules**: [`mod@decide`].

mod bake;
pub mod config;
pub mod decide;

use aws::AwsError;
use clock::Clock;
use config::{Config, ConfigError};
use hook::{Hook, HookError, HookEvent, Outcome};
use lambda_runtime::LambdaEvent;
use serde_json::Value;

/// Everything that one sandbox needs; built once.
#[derive(Debug)]
pub struct App {
    /// An error is kept and reported by the handler, because only the handler can answer CodeDeploy.
    config: Result<Config, ConfigError>,
    codedeploy: aws_sdk_codedeploy::Client,
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
        Ok(Self { config, codedeploy: aws.codedeploy(), cloudwatch: aws.cloudwatch(), clock })
    }
}

/// Watches the new version and answers CodeDeploy.
///
/// # Errors
/// When the event is none of CodeDeploy's or the answer could not be delivered; see [`HookError`].
pub async fn handle(app: &App, event: LambdaEvent<Value>) -> Result<Outcome, HookError> {
    let hook_event = HookEvent::parse(&event.payload)?;
    let reserve = app.config.as_ref().map_or(hook::DEFAULT_RESERVE, |config| config.answer_reserve);
    let hook = Hook { codedeploy: &app.codedeploy, clock: &app.clock, reserve };
    let check = |deployment, times| async move {
        let config = app.config.as_ref()?;
        Ok::<_, &ConfigError>(bake::bake(app, config, &deployment, times).await)
    };
    hook.answer(&hook_event, event.context.deadline, check).await
}
