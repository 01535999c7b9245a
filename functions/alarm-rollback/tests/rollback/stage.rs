//! A twin with a function of two versions, a deployment group, a pipeline that waits for an approval, a guard alarm and a
//! reader of the notices; and the handler, whose clock the test moves.

use crate::events::deployment;
use alarm_rollback::{App, HandleError, Outcome, Word, handle};
use aws::Aws;
use aws_sdk_cloudwatch::types::{ComparisonOperator, StateValue, Statistic};
use aws_sdk_codedeploy::types::{AutoRollbackConfiguration, AutoRollbackEvent, ComputePlatform};
use aws_sdk_lambda::types::Environment;
use chrono::{DateTime, TimeDelta, Utc};
use clock::Clock;
use lambda_runtime::{Context, LambdaEvent};
use release::{Group, Live, LiveAlias, Place, Which};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use twin::{Host, Options, PipelineOptions, StandIn, StandInResult, Twin};

pub(crate) const FUNCTION: &str = "manuel-prod-backend";
pub(crate) const PIPELINE: &str = "manuel-backend-pipeline";
pub(crate) const GUARD: &str = "manuel-prod-guard";
pub(crate) const APPLICATION: &str = "manuel-prod";
pub(crate) const GROUP: &str = "manuel-prod-backend-live";
pub(crate) const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:releases";
/// A hook that never answers, so that a deployment stays where it is.
pub(crate) const SILENT: &str = "silent-hook";

pub(crate) struct Stage {
    pub(crate) twin: Twin,
    pub(crate) live: Live,
    pub(crate) app: App,
    pub(crate) cloudwatch: aws_sdk_cloudwatch::Client,
    /// Seconds by which the handler's clock is ahead.
    ahead: Arc<AtomicI64>,
}

fn settings(endpoint: String) -> impl Fn(&str) -> Option<String> {
    move |name| {
        let value = match name {
            "AWS_ENDPOINT_URL" => endpoint.as_str(),
            "AWS_REGION" => "eu-west-1",
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => "test",
            // Each call is counted, and an injected fault is met once.
            "AWS_MAX_ATTEMPTS" => "1",
            "LIVE_ALIAS" => "manuel-prod-backend:live",
            "CODEDEPLOY_APPLICATION" => APPLICATION,
            "CODEDEPLOY_GROUP" => GROUP,
            "GUARD_ALARMS" => GUARD,
            "PIPELINE" => PIPELINE,
            "ROLLOUT_STAGES" => "DeployProd",
            "NOTICE_TOPIC_ARN" => TOPIC,
            _ => return None,
        };
        Some(value.to_owned())
    }
}

impl Stage {
    pub(crate) async fn set() -> Self {
        let twin = Twin::start(Options {
            rate: 1.0,
            external_functions: vec![SILENT.to_owned()],
            pipelines: PipelineOptions { run_when_created: false, ..PipelineOptions::default() },
            ..Options::default()
        });
        let twin = twin.await.unwrap();
        let (clock, ahead) = (twin.clock(), Arc::new(AtomicI64::new(0)));
        let now = {
            let ahead = ahead.clone();
            move || (clock.now() + TimeDelta::seconds(ahead.load(Ordering::Relaxed))).into()
        };
        let settings = settings(twin.endpoint());
        let aws = Aws::from_lookup(&settings).unwrap();
        let live = Live {
            lambda: aws.lambda(),
            codedeploy: aws.codedeploy(),
            place: Place { function: FUNCTION.to_owned(), alias: "live".to_owned() },
            group: Group { application: APPLICATION.to_owned(), name: GROUP.to_owned() },
        };
        let app = App::from_lookup(settings, Clock::new(now, || Duration::ZERO)).unwrap();
        let stage = Self { twin, live, app, cloudwatch: aws.cloudwatch(), ahead };
        stage.publish_two_versions().await;
        stage.create_group().await;
        stage.create_alarm().await;
        stage.create_pipeline();
        let sns = aws.sns();
        sns.create_topic().name("releases").send().await.unwrap();
        sns.subscribe().topic_arn(TOPIC).protocol("email").endpoint("team@example.com").send().await.unwrap();
        stage
    }

    /// People cannot be told any more.
    pub(crate) async fn delete_topic(&self) {
        let aws = Aws::from_lookup(settings(self.twin.endpoint())).unwrap();
        aws.sns().delete_topic().topic_arn(TOPIC).send().await.unwrap();
    }

    async fn publish_two_versions(&self) {
        self.twin.host(FUNCTION, Host::new(|_| std::future::ready(Ok(Value::Null)))).unwrap();
        let lambda = &self.live.lambda;
        lambda.publish_version().function_name(FUNCTION).send().await.unwrap();
        let change = lambda.update_function_configuration().function_name(FUNCTION);
        let environment = Environment::builder().variables("BUILD_ID", "2").build();
        change.environment(environment).send().await.unwrap();
        lambda.publish_version().function_name(FUNCTION).send().await.unwrap();
        let alias = lambda.create_alias().function_name(FUNCTION).name("live");
        alias.function_version("1").send().await.unwrap();
    }

    async fn create_group(&self) {
        let codedeploy = &self.live.codedeploy;
        let application = codedeploy.create_application().application_name(APPLICATION);
        application.compute_platform(ComputePlatform::Lambda).send().await.unwrap();
        let rollback = AutoRollbackConfiguration::builder()
            .enabled(true)
            .events(AutoRollbackEvent::DeploymentFailure)
            .build();
        let group = codedeploy.create_deployment_group().application_name(APPLICATION);
        let group = group.deployment_group_name(GROUP);
        let group = group.service_role_arn("arn:aws:iam::123456789012:role/any");
        group.auto_rollback_configuration(rollback).send().await.unwrap();
    }

    async fn create_alarm(&self) {
        let alarm = self.cloudwatch.put_metric_alarm().alarm_name(GUARD).namespace("Delivery/Canary");
        let alarm =
            alarm.metric_name("Breach").statistic(Statistic::Maximum).period(60).evaluation_periods(1);
        let alarm =
            alarm.threshold(1.0).comparison_operator(ComparisonOperator::GreaterThanOrEqualToThreshold);
        alarm.treat_missing_data("ignore").send().await.unwrap();
    }

    pub(crate) async fn fire(&self, state: StateValue) {
        let call = self.cloudwatch.set_alarm_state().alarm_name(GUARD).state_value(state);
        call.state_reason("as the test says").send().await.unwrap();
    }

    fn create_pipeline(&self) {
        let kind = |category: &str, provider: &str| json!({"category": category, "owner": "AWS", "provider": provider, "version": "1"});
        let stages = json!([
            {"name": "Source", "actions": [{"name": "Code", "outputArtifacts": [{"name": "code"}],
                "actionTypeId": kind("Source", "S3")}]},
            {"name": "DeployCanary", "actions": [{"name": "Shift10", "actionTypeId": kind("Build", "CodeBuild")}]},
            {"name": "CanaryApproval", "actions": [{"name": "CanaryApproval", "actionTypeId": kind("Approval", "Manual"),
                "timeoutInMinutes": 60}]},
        ]);
        self.twin.stand_in("S3", StandIn::that_succeeds());
        self.shifts(StandInResult::success());
        let pipeline = json!({"name": PIPELINE, "roleArn": "arn:aws:iam::123456789012:role/pipeline",
            "pipelineType": "V2", "executionMode": "QUEUED", "artifactStore": {"type": "S3", "location": "artifacts"},
            "stages": stages});
        self.codepipeline("CreatePipeline", &json!({"pipeline": pipeline}));
    }

    /// How the stage before the approval ends from now on.
    pub(crate) fn shifts(&self, result: StandInResult) {
        self.twin.stand_in("CodeBuild", StandIn::from_fn(move |_| result.clone()));
    }

    pub(crate) fn codepipeline(&self, operation: &str, input: &Value) -> Value {
        self.twin.call_codepipeline(operation, input).unwrap()
    }

    /// Starts an execution and waits until it waits for its approval, or has ended; answers its id.
    pub(crate) async fn start(&self) -> String {
        let started = self.codepipeline("StartPipelineExecution", &json!({"name": PIPELINE}));
        let id = started["pipelineExecutionId"].as_str().unwrap().to_owned();
        for _ in 0..2_000 {
            if self.waits(&id) || self.status(&id) != "InProgress" {
                return id;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        panic!("{id} goes nowhere");
    }

    pub(crate) fn status(&self, execution: &str) -> String {
        let input = json!({"pipelineName": PIPELINE, "pipelineExecutionId": execution});
        let answer = self.codepipeline("GetPipelineExecution", &input);
        answer["pipelineExecution"]["status"].as_str().unwrap().to_owned()
    }

    /// Whether the execution's approval waits for a person.
    pub(crate) fn waits(&self, execution: &str) -> bool {
        let state = self.codepipeline("GetPipelineState", &json!({"name": PIPELINE}));
        let stage = &state["stageStates"][2];
        stage["latestExecution"]["pipelineExecutionId"] == execution
            && stage["actionStates"][0]["latestExecution"]["token"].is_string()
    }

    /// The handler's now.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.twin.clock().now() + TimeDelta::seconds(self.ahead.load(Ordering::Relaxed))
    }

    pub(crate) fn later(&self, seconds: i64) {
        self.ahead.fetch_add(seconds, Ordering::Relaxed);
    }

    pub(crate) async fn tried(&self, event: Value) -> Result<Outcome, HandleError> {
        handle(&self.app, LambdaEvent::new(event, Context::default())).await
    }

    pub(crate) async fn deliver(&self, event: Value) -> Outcome {
        self.tried(event).await.unwrap()
    }

    /// The word of the answer.
    pub(crate) async fn word(&self, event: Value) -> Word {
        self.deliver(event).await.outcome
    }

    /// CodeDeploy ends what it is at, also the rollback of what was stopped.
    pub(crate) async fn settle(&self) {
        loop {
            let running = self.live.deployments(Which::Running).await.unwrap();
            let Some(running) = running.first() else { return };
            self.twin.deployment_finished(&running.id).await.unwrap();
        }
    }

    /// Delivers an event, and the end of CodeDeploy's work where that is waited for: here it may have ended before anybody
    /// looks.
    pub(crate) async fn rolled_back(&self, event: Value, execution: &str) -> Outcome {
        let outcome = self.deliver(event).await;
        if outcome.outcome != Word::Waiting {
            assert_eq!(outcome.outcome, Word::RolledBack, "{outcome:?}");
            return outcome;
        }
        assert!(self.told(execution).is_empty(), "not before customers are safe");
        self.settle().await;
        let outcome = self.deliver(deployment("succeeded", "d-ROLLBACK1")).await;
        assert_eq!(outcome.outcome, Word::RolledBack, "{outcome:?}");
        outcome
    }

    pub(crate) async fn alias(&self) -> LiveAlias {
        self.live.alias().await.unwrap()
    }

    pub(crate) async fn assert_stable(&self) {
        let alias = self.alias().await;
        assert_eq!((alias.version.as_str(), alias.split), ("1", None));
    }

    /// Details of the events about an execution's rollback.
    pub(crate) fn told(&self, execution: &str) -> Vec<Value> {
        let events =
            self.twin.events().into_iter().filter(|event| event["detail-type"] == "delivery.rollback");
        events
            .map(|event| event["detail"].clone())
            .filter(|detail| detail["execution"] == execution)
            .collect()
    }

    /// Notices about an execution: subject and text.
    pub(crate) fn notices(&self, execution: &str) -> Vec<(String, String)> {
        let about = |text: &str| text.ends_with(&format!("Pipeline execution: {execution}\n"));
        let mails = self.twin.inbox("releases").into_iter().filter(|mail| about(&mail.message));
        mails.map(|mail| (mail.subject, mail.message)).collect()
    }

    pub(crate) fn assert_told_once(&self, execution: &str) {
        assert_eq!((self.told(execution).len(), self.notices(execution).len()), (1, 1));
    }

    /// The operations of an event.
    pub(crate) async fn calls(&self, event: Value) -> Vec<String> {
        let before = self.twin.faults().calls().len();
        self.deliver(event).await;
        self.twin.faults().calls()[before..].iter().map(|call| call.operation.clone()).collect()
    }
}
