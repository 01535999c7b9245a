//! Is a rollout in flight, and is this its fault? Takes customers back to the last good version, and tells people.
//!
//! - **Trigger**: changes of alarms, pipeline executions and deployments (EventBridge), a schedule of `rate(1 minute)`, and a
//!   person's `{"action":"rollback","reason":"…"}`. Events may be late, doubled, out of order, or missing. An event says what
//!   happened, and is taken at its word: an alarm may be over when its event arrives. Whose rollout that concerns, and whether
//!   it is still to be taken back, is decided by the alias as it is found. Events make it fast; the sweep finds what still
//!   fires, is unfinished, or ended, but not an alarm that came and went without its event.
//! - **Effect**: [`mod@decide`] says whether to begin. A rollback is begun by one guarded update of the alias, which also
//!   resets the weights where the rollout split it: with the third call after the event customers are safe. Where CodeDeploy is at work,
//!   or has promoted the version, CodeDeploy goes back (`release`). Then the waiting approval is withdrawn, and an event
//!   [`DETAIL_TYPE`] and a notice are sent; once, unless a part fails and all is done again. An approval that begins after that is
//!   withdrawn too, and an alias that CodeDeploy moves once more is taken back once more. What fires and is not the rollout's
//!   fault is reported: in the log line and in the answer, to nobody else.
//! - **On failure**: everything is driven by what is found, so that whoever comes next goes on: Lambda's repetition, the next
//!   event, the next sweep. What AWS refuses for good is logged as an error and not tried again. Until customers are safe the error is loud and holds the command to do it by hand.
//! - **In logs**: one line per decision. Never a token, and never a whole event.
//! - **Limits**: the function's time-out must be shorter than a minute, after which a claim to tell is somebody else's.

mod act;
pub mod aftermath;
pub mod commands;
pub mod config;
pub mod decide;
mod error;
pub mod notice;
mod numbers;
mod observe;
mod outcome;
mod pipeline;
mod tell;
pub mod trigger;
mod verdict;

use act::Plan;
use aws::Aws;
use chrono::{DateTime, Utc};
use clock::Clock;
use config::Config;
use decide::{Decision, Rules, Seen, decide};
use lambda_runtime::LambdaEvent;
use release::{Live, LiveAlias, Stand};
use serde_json::Value;
use trigger::Trigger;

pub use error::{Cause, HandleError, StartError};
pub use numbers::Number;
pub use outcome::{Outcome, Word};
pub use tell::{DETAIL_TYPE, SOURCE};
pub use verdict::Breach;

/// Everything that one sandbox needs; built once.
#[derive(Debug)]
pub struct App {
    config: Config,
    live: Live,
    cloudwatch: aws_sdk_cloudwatch::Client,
    codepipeline: aws_sdk_codepipeline::Client,
    eventbridge: aws_sdk_eventbridge::Client,
    sns: aws_sdk_sns::Client,
    clock: Clock,
}

impl App {
    /// Reads the settings and builds the clients.
    ///
    /// # Errors
    /// When a setting is unusable.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>, clock: Clock) -> Result<Self, StartError> {
        let config = Config::from_lookup(&lookup)?;
        let aws = Aws::from_lookup(lookup)?;
        let live = Live {
            lambda: aws.lambda(),
            codedeploy: aws.codedeploy(),
            place: config.place.clone(),
            group: config.group.clone(),
        };
        Ok(Self {
            config,
            live,
            cloudwatch: aws.cloudwatch(),
            codepipeline: aws.codepipeline(),
            eventbridge: aws.eventbridge(),
            sns: aws.sns(),
            clock,
        })
    }

    fn now(&self) -> DateTime<Utc> {
        self.clock.now().into()
    }

    fn rules(&self) -> Rules<'_> {
        let Config { guard_alarms, group, rollout_stages, window, .. } = &self.config;
        Rules { guard_alarms, group, rollout_stages, window: *window }
    }

    fn outcome(&self, word: Word, reason: &str) -> Outcome {
        Outcome {
            outcome: word,
            alias: self.config.place.to_string(),
            reason: reason.to_owned(),
            from_version: None,
            to_version: None,
            exposed_seconds: None,
        }
    }
}

/// Looks, decides, and acts.
///
/// # Errors
/// When the event is malformed, when customers may still get a version that is to be taken back, or when something is left
/// to tell; the message says what to do.
pub async fn handle(app: &App, event: LambdaEvent<Value>) -> Result<Outcome, HandleError> {
    let answered = answer(app, &event.payload).await;
    if let Err(error) = &answered {
        tracing::error!(error = aws::chain(error), "not done");
    }
    answered
}

async fn answer(app: &App, event: &Value) -> Result<Outcome, HandleError> {
    let trigger = Trigger::parse(event)?;
    if let Trigger::Unknown(what) = &trigger {
        tracing::info!(what, "not an event for this function");
        return Ok(app.outcome(Word::Nothing, &format!("not an event for this function: {what}")));
    }
    let (rules, now) = (app.rules(), app.now());
    let seen = observe::observe(app, &trigger, &rules, now).await?;
    let decision = decide(&trigger, &seen, &rules, now);
    log(&trigger, &seen, &decision);
    match decision {
        Decision::Begin { execution, why, reason } => {
            act::begin(app, &seen.alias, Plan { execution, why, reason }, now).await
        }
        Decision::Finish => match &seen.alias.rollout {
            Some(rollout) => act::finish(app, rollout, None).await,
            None => Ok(app.outcome(Word::Nothing, "nothing was begun")),
        },
        Decision::Withdraw(reason) => act::withdraw(app, &seen.alias, &reason).await,
        Decision::Report(reason) => Ok(app.outcome(Word::Reported, &reason)),
        Decision::Nothing(reason) => Ok(app.outcome(Word::Nothing, &reason)),
    }
}

fn log(trigger: &Trigger, seen: &Seen, decision: &Decision) {
    let (decision, reason) = match decision {
        Decision::Begin { why, reason, .. } => ("begin", reason.as_ref().unwrap_or(why).as_str()),
        Decision::Finish => ("finish", "a rollback was begun"),
        Decision::Withdraw(reason) => ("withdraw", reason.as_str()),
        Decision::Report(reason) => ("report", reason.as_str()),
        Decision::Nothing(reason) => ("nothing", reason.as_str()),
    };
    let execution = seen.alias.rollout.as_ref().map_or("", |rollout| rollout.execution.as_str());
    let (trigger, stand, alias) = (trigger.kind(), stand(&seen.alias), seen.alias.in_words());
    tracing::info!(trigger, execution, stand, alias, decision, reason, "decided");
}

fn stand(alias: &LiveAlias) -> &'static str {
    match alias.stand() {
        Stand::Idle => "idle",
        Stand::Foreign(_) => "foreign",
        Stand::Acquired(_) => "acquired",
        Stand::Shifting(_) => "shifting",
        Stand::Promoting(_) => "promoting",
        Stand::Promoted(_) => "promoted",
        Stand::RolledBack(..) => "rolledBack",
    }
}
