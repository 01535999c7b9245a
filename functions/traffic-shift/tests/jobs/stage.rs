//! A twin with versions 1 and 2 behind the alias `live`, a pipeline whose jobs wait to be answered, and the function.

mod setup;
mod signals;

use aws_sdk_lambda::types::AliasRoutingConfiguration;
use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use clock::Clock;
use lambda_runtime::{Context, LambdaEvent};
use release::{LiveAlias, Rollout};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use traffic_shift::{App, Decided, HandleError, handle};
use twin::journal::Event;
use twin::{Options, PipelineOptions, Twin};

pub(crate) const FUNCTION: &str = "shop";
const PIPELINE: &str = "release";
/// What the pipeline asks; it runs outside the twin, in the test.
const SHIFT: &str = "manuel-traffic-shift";
/// A function outside that never answers: its stage keeps an execution under way.
const SILENT: &str = "silent";
pub(crate) const HOOK: &str = "gate";
pub(crate) const EXECUTION: &str = "#{codepipeline.PipelineExecutionId}";

pub(crate) struct Stage {
    pub(crate) twin: Twin,
    pub(crate) lambda: aws_sdk_lambda::Client,
    cloudwatch: aws_sdk_cloudwatch::Client,
    app: App,
    clock: Clock,
    /// Stands still in the middle of a minute, so that no test depends on the second in which it runs.
    now: DateTime<Utc>,
    ahead_ms: Arc<AtomicI64>,
}

fn settings(endpoint: String, more: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> + use<> {
    let text = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let more: HashMap<String, String> = more.iter().map(text).collect();
    move |name| match name {
        name if more.contains_key(name) => more.get(name).cloned(),
        "AWS_ENDPOINT_URL" => Some(endpoint.clone()),
        // What is tried again is the next call's affair here.
        "AWS_MAX_ATTEMPTS" => Some("1".to_owned()),
        "AWS_REGION" | "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("test".to_owned()),
        "CODEDEPLOY_APPLICATION" | "CODEDEPLOY_GROUP" => Some("manuel".to_owned()),
        "PIPELINE" => Some(PIPELINE.to_owned()),
        "GUARD_ALARMS" => Some("none".to_owned()),
        _ => None,
    }
}

/// UserParameters of an action on the alias.
pub(crate) fn parameters(action: &str, more: &Value) -> Value {
    let mut all = json!({"action": action, "execution": EXECUTION, "function": FUNCTION, "alias": "live"});
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    all
}

impl Stage {
    /// The pipeline's stage `Act` has one action with these parameters; an execution that is through it stays in `Later`.
    pub(crate) async fn set(parameters: &Value, more: &[(&str, &str)]) -> Self {
        // Real time, because nothing here waits for the twin's.
        let options = Options {
            rate: 1.0,
            external_functions: vec![SHIFT.to_owned(), SILENT.to_owned()],
            pipelines: PipelineOptions { continuation_interval: TimeDelta::zero(), run_when_created: false },
            ..Options::default()
        };
        let twin = Twin::start(options).await.unwrap();
        let minute = twin.clock().now().duration_trunc(TimeDelta::minutes(1)).unwrap();
        let (now, ahead_ms) = (minute + TimeDelta::seconds(30), Arc::new(AtomicI64::new(0)));
        let ahead = ahead_ms.clone();
        let at = move || (now + TimeDelta::milliseconds(ahead.load(Ordering::SeqCst))).into();
        let clock = Clock::new(at, || Duration::ZERO);
        let settings = settings(twin.endpoint(), more);
        let aws = aws::Aws::from_lookup(&settings).unwrap();
        let app = App::from_lookup(settings, clock.clone()).unwrap();
        let stage =
            Self { lambda: aws.lambda(), cloudwatch: aws.cloudwatch(), twin, app, clock, now, ahead_ms };
        stage.publish_two_versions().await;
        stage.create_group(&aws.codedeploy()).await;
        stage.create_pipeline(parameters);
        stage
    }

    /// From now on the function reaches AWS through this endpoint, with the usual settings.
    pub(crate) fn route(&mut self, endpoint: String) {
        self.app = App::from_lookup(settings(endpoint, &[]), self.clock.clone()).unwrap();
    }

    pub(crate) fn call(&self, operation: &str, input: &Value) -> Value {
        self.twin.call_codepipeline(operation, input).unwrap()
    }

    /// Starts an execution; answers its id.
    pub(crate) fn start(&self) -> String {
        let started = self.call("StartPipelineExecution", &json!({"name": PIPELINE}));
        started["pipelineExecutionId"].as_str().unwrap().to_owned()
    }

    /// The event of the `number`th job, counted from 1.
    pub(crate) async fn job(&self, number: usize) -> Value {
        let jobs = || {
            let entries = self.twin.journal().entries().into_iter();
            let mut jobs = entries.filter_map(|entry| match entry.event {
                Event::JobInvoked { action, job, .. } if action == "Act" => Some(job),
                _ => None,
            });
            jobs.nth(number - 1)
        };
        for _ in 0..1_000 {
            if let Some(job) = jobs() {
                let details = self.call("GetJobDetails", &json!({"jobId": job}))["jobDetails"].clone();
                return json!({"CodePipeline.job": {"id": job, "accountId": "123456789012", "data": details["data"]}});
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("job {number} never came");
    }

    /// Lets the function answer an event.
    pub(crate) async fn answer(&self, event: Value) -> Result<Decided, HandleError> {
        handle(&self.app, LambdaEvent::new(event, Context::default())).await
    }

    /// Lets the function answer the `number`th job.
    pub(crate) async fn act(&self, number: usize) -> Decided {
        self.answer(self.job(number).await).await.unwrap()
    }

    /// Lets the function answer from the `number`th job on, until the action has ended.
    pub(crate) async fn act_to_the_end(&self, number: usize) -> Decided {
        for number in number..number + 500 {
            let decided = self.act(number).await;
            if decided.decision != "continue" {
                return decided;
            }
        }
        panic!("the action never ended");
    }

    /// The action as the pipeline sees it: status, and the run's details.
    pub(crate) fn action(&self) -> (String, Value) {
        let runs = self.call("ListActionExecutions", &json!({"pipelineName": PIPELINE}));
        let runs = runs["actionExecutionDetails"].as_array().unwrap().clone();
        let run = runs.into_iter().find(|run| run["actionName"] == "Act").unwrap();
        (run["status"].as_str().unwrap().to_owned(), run["output"].clone())
    }

    /// An output variable of the action.
    pub(crate) fn variable(&self, name: &str) -> String {
        self.action().1["outputVariables"][name].as_str().unwrap_or_else(|| panic!("no {name}")).to_owned()
    }

    /// The code and message with which the action failed.
    pub(crate) fn failure(&self) -> (String, String) {
        let error = self.action().1["executionResult"]["errorDetails"].clone();
        (error["code"].as_str().unwrap().to_owned(), error["message"].as_str().unwrap().to_owned())
    }

    /// Ends an execution that waits in `Later`.
    pub(crate) async fn end(&self, execution: &str) {
        let input = json!({"pipelineName": PIPELINE, "pipelineExecutionId": execution, "abandon": true});
        self.call("StopPipelineExecution", &input);
        for _ in 0..1_000 {
            let input = json!({"pipelineName": PIPELINE, "pipelineExecutionId": execution});
            if self.call("GetPipelineExecution", &input)["pipelineExecution"]["status"] == "Stopped" {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{execution} never stopped");
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.now
    }

    pub(crate) fn minutes_ago(&self, minutes: i64) -> DateTime<Utc> {
        self.now() - TimeDelta::minutes(minutes)
    }

    /// Lets time pass, for the function only.
    pub(crate) fn wait_minutes(&self, minutes: i64) {
        self.ahead_ms.fetch_add(minutes * 60_000, Ordering::SeqCst);
    }

    /// Points the alias by hand: to a version, with a share for version 2, and with a rollout's description.
    pub(crate) async fn point(&self, version: &str, percent: f64, rollout: Option<&Rollout>) {
        let weights = HashMap::from([("2".to_owned(), percent / 100.0)]);
        let weights = if percent > 0.0 { weights } else { HashMap::new() };
        let routing =
            AliasRoutingConfiguration::builder().set_additional_version_weights(Some(weights)).build();
        let text = rollout.map_or_else(String::new, |rollout| rollout.description().unwrap());
        let update =
            self.lambda.update_alias().function_name(FUNCTION).name("live").function_version(version);
        update.routing_config(routing).description(text).send().await.unwrap();
    }

    pub(crate) async fn alias(&self) -> LiveAlias {
        LiveAlias::read(&self.lambda, FUNCTION, "live").await.unwrap()
    }

    /// How often the alias was pointed elsewhere.
    pub(crate) fn moves(&self) -> usize {
        let entries = self.twin.journal().entries();
        entries.iter().filter(|entry| matches!(entry.event, Event::AliasMoved { .. })).count()
    }
}
