//! The local AWS with a function behind an alias, its deployment group, topics, rules, and the two functions under test.

use aws::Aws;
use aws_sdk_cloudwatch::primitives::DateTime as SdkTime;
use aws_sdk_cloudwatch::types::{ComparisonOperator, Dimension, MetricDatum, Statistic};
use aws_sdk_codedeploy::types::{AutoRollbackConfiguration, AutoRollbackEvent, ComputePlatform};
use aws_sdk_eventbridge::types::Target;
use aws_sdk_lambda::types::Environment;
use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use release::{Group, Live, Place};
use serde_json::{Value, json};
use twin::{Host, Options, PipelineOptions, StandIn, Twin};

use crate::functions::{ROLLBACK, SHIFT, alarm_rollback, traffic_shift};
use crate::pipeline::{self, PIPELINE};

/// The function that is released.
pub const BACKEND: &str = "manuel-backend";
/// What its customers use.
pub const ALIAS: &str = "live";
/// The version before.
pub const STABLE: &str = "1";
/// The version that is released.
pub const CANDIDATE: &str = "2";
/// An alarm that fires when a story says so.
pub const GUARD: &str = "manuel-guard";
/// A hook that does not answer by itself.
pub const LAST_HOOK: &str = "CodeDeployHook_last";
/// Where people are told.
pub const NOTICES: &str = "notices";
pub(crate) const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:notices";
pub(crate) const APPLICATION: &str = "manuel";
pub(crate) const GROUP: &str = "manuel-backend-live";
/// Virtual seconds per real second: CodePipeline's patience with a silent function is four of these.
const RATE: f64 = 300.0;
/// Minutes of the record, beginning some minutes before the release.
const RECORD: std::ops::Range<i64> = -5..120;
/// Requests of each version in each minute.
const REQUESTS: f64 = 200.0;
/// How many of them fail of a bad version.
const BAD_REQUESTS: f64 = 60.0;

/// One local AWS, for one release.
#[derive(Debug)]
pub struct World {
    /// It.
    pub twin: Twin,
    /// What an operator uses.
    pub live: Live,
    /// The same.
    pub cloudwatch: aws_sdk_cloudwatch::Client,
}

impl World {
    /// Sets it up. `hook`: deployments ask a hook after the traffic, and nobody answers.
    pub async fn new(hook: bool) -> Self {
        let twin = Twin::start(Options {
            rate: RATE,
            external_functions: vec![LAST_HOOK.to_owned()],
            // Fewer looks during a bake: each of them is struck.
            pipelines: PipelineOptions {
                run_when_created: false,
                continuation_interval: TimeDelta::minutes(2),
            },
            ..Options::default()
        });
        let twin = twin.await.unwrap();
        let clock = twin.clock();
        twin.stand_in("S3", StandIn::that_succeeds());
        twin.host(BACKEND, Host::new(async |_| Ok(Value::Null))).unwrap();
        twin.host(SHIFT, traffic_shift(clock, hook)).unwrap();
        twin.host(ROLLBACK, alarm_rollback(clock)).unwrap();
        let aws = operator(twin.endpoint());
        let live = Live {
            lambda: aws.lambda(),
            codedeploy: aws.codedeploy(),
            place: Place { function: BACKEND.to_owned(), alias: ALIAS.to_owned() },
            group: Group { application: APPLICATION.to_owned(), name: GROUP.to_owned() },
        };
        let world = Self { twin, live, cloudwatch: aws.cloudwatch() };
        world.versions().await;
        world.group().await;
        world.alarm().await;
        world.record().await;
        notices(&aws.sns()).await;
        rules(&aws.eventbridge()).await;
        let definition = json!({"pipeline": pipeline::definition()});
        world.twin.call_codepipeline("CreatePipeline", &definition).unwrap();
        world
    }

    async fn versions(&self) {
        let lambda = &self.live.lambda;
        for build in ["1", "2"] {
            let environment = Environment::builder().variables("BUILD_ID", build).build();
            let update = lambda.update_function_configuration().function_name(BACKEND);
            update.environment(environment).send().await.unwrap();
            lambda.publish_version().function_name(BACKEND).send().await.unwrap();
        }
        let alias = lambda.create_alias().function_name(BACKEND).name(ALIAS);
        alias.function_version(STABLE).send().await.unwrap();
    }

    async fn group(&self) {
        let codedeploy = &self.live.codedeploy;
        let application = codedeploy.create_application().application_name(APPLICATION);
        application.compute_platform(ComputePlatform::Lambda).send().await.unwrap();
        let rollback = AutoRollbackConfiguration::builder()
            .enabled(true)
            .events(AutoRollbackEvent::DeploymentFailure)
            .events(AutoRollbackEvent::DeploymentStopOnAlarm)
            .events(AutoRollbackEvent::DeploymentStopOnRequest)
            .build();
        codedeploy
            .create_deployment_group()
            .application_name(APPLICATION)
            .deployment_group_name(GROUP)
            .service_role_arn("arn:aws:iam::123456789012:role/codedeploy")
            .auto_rollback_configuration(rollback)
            .send()
            .await
            .unwrap();
    }

    /// It watches a metric that has no data, and fires when it is told to.
    async fn alarm(&self) {
        let alarm =
            self.cloudwatch.put_metric_alarm().alarm_name(GUARD).namespace("Manuel").metric_name("Nothing");
        let alarm = alarm.statistic(Statistic::Sum).period(60).evaluation_periods(1).threshold(0.0);
        let alarm = alarm.comparison_operator(ComparisonOperator::GreaterThanThreshold);
        alarm.treat_missing_data("ignore").send().await.unwrap();
    }

    /// What Lambda records of both versions, for the whole release: nothing is bad.
    async fn record(&self) {
        let start = self.this_minute();
        let versions = [STABLE, CANDIDATE];
        let data = RECORD.flat_map(|minute| {
            let at = start + TimeDelta::minutes(minute);
            versions.into_iter().flat_map(move |version| {
                [
                    datum(version, "Invocations", at, 1.0, REQUESTS),
                    datum(version, "Errors", at, 0.0, REQUESTS),
                    datum(version, "Duration", at, 20.0, REQUESTS),
                ]
            })
        });
        self.put(data.collect()).await;
    }

    /// From this minute on many requests of the new version fail.
    pub async fn turn_bad(&self) {
        let start = self.this_minute();
        let minutes = (0..RECORD.end).map(|minute| start + TimeDelta::minutes(minute));
        self.put(minutes.map(|at| datum(CANDIDATE, "Errors", at, 1.0, BAD_REQUESTS)).collect()).await;
    }

    async fn put(&self, data: Vec<MetricDatum>) {
        let call = self.cloudwatch.put_metric_data().namespace("AWS/Lambda").set_metric_data(Some(data));
        call.send().await.unwrap();
    }

    fn this_minute(&self) -> DateTime<Utc> {
        self.twin.clock().now().duration_trunc(TimeDelta::minutes(1)).unwrap()
    }

    /// Starts an execution; answers its id.
    #[must_use]
    pub fn start(&self) -> String {
        let started = self.pipeline("StartPipelineExecution", &json!({"name": PIPELINE}));
        started["pipelineExecutionId"].as_str().unwrap().to_owned()
    }

    /// Calls CodePipeline as the operator, which is no call of the functions.
    #[must_use]
    pub fn pipeline(&self, operation: &str, input: &Value) -> Value {
        self.twin.call_codepipeline(operation, input).unwrap()
    }
}

fn operator(endpoint: String) -> Aws {
    let lookup = |name: &str| match name {
        "AWS_ENDPOINT_URL" => Some(endpoint.clone()),
        "AWS_REGION" => Some("eu-west-1".to_owned()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("operator".to_owned()),
        _ => None,
    };
    Aws::from_lookup(lookup).unwrap()
}

/// So many values at a minute, of a version behind the alias.
fn datum(version: &str, metric: &str, at: DateTime<Utc>, value: f64, count: f64) -> MetricDatum {
    let dimension = |name: &str, value: &str| Dimension::builder().name(name).value(value).build();
    MetricDatum::builder()
        .metric_name(metric)
        .dimensions(dimension("FunctionName", BACKEND))
        .dimensions(dimension("Resource", &format!("{BACKEND}:{ALIAS}")))
        .dimensions(dimension("ExecutedVersion", version))
        .timestamp(SdkTime::from_secs(at.timestamp()))
        .values(value)
        .counts(count)
        .build()
}

async fn notices(sns: &aws_sdk_sns::Client) {
    sns.create_topic().name(NOTICES).send().await.unwrap();
    let reader = sns.subscribe().topic_arn(TOPIC).protocol("email").endpoint("team@example.com");
    reader.send().await.unwrap();
}

/// What tells `alarm-rollback`. Not the schedule: a story sweeps at its end, so that the order of calls is the same each time.
async fn rules(bus: &aws_sdk_eventbridge::Client) {
    let patterns = [
        (
            "alarms",
            json!({"source": ["aws.cloudwatch"], "detail-type": ["CloudWatch Alarm State Change"],
            "detail": {"alarmName": [GUARD], "state": {"value": ["ALARM"]}}}),
        ),
        (
            "approvals",
            json!({"source": ["aws.codepipeline"], "detail-type": ["CodePipeline Action Execution State Change"],
            "detail": {"state": ["FAILED", "STARTED"], "type": {"category": ["Approval"]}}}),
        ),
        (
            "stages",
            json!({"source": ["aws.codepipeline"], "detail-type": ["CodePipeline Stage Execution State Change"],
            "detail": {"state": ["FAILED", "STOPPED"]}}),
        ),
        ("deployments", json!({"source": ["aws.codedeploy"], "detail": {"application": [APPLICATION]}})),
    ];
    for (name, pattern) in patterns {
        bus.put_rule().name(name).event_pattern(pattern.to_string()).send().await.unwrap();
        let arn = format!("arn:aws:lambda:eu-west-1:123456789012:function:{ROLLBACK}");
        let target = Target::builder().id("rollback").arn(arn).build().unwrap();
        bus.put_targets().rule(name).targets(target).send().await.unwrap();
    }
}
