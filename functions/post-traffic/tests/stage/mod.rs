//! A twin with a backend of two versions, a deployment group, and the compiled hook at its end.

use aws_sdk_cloudwatch::types::{ComparisonOperator, MetricDatum, StateValue, Statistic};
use aws_sdk_codedeploy::types::{
    AppSpecContent, AutoRollbackConfiguration, AutoRollbackEvent, ComputePlatform, RevisionLocation,
    RevisionLocationType,
};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{Environment, FunctionCode, Runtime};
use serde_json::{Value, json};
use std::sync::OnceLock;
use std::time::Duration;
use twin::journal::Event;
use twin::programs::Programs;
use twin::{Options, Twin};

const BACKEND: &str = "manuel-backend";
const HOOK: &str = "post-traffic";
const APPLICATION: &str = "manuel";
const GROUP: &str = "manuel-backend-live";
/// Virtual seconds per second: a minute in half a second.
const RATE: f64 = 120.0;
/// Of the business metric on which an alarm of [`Stage::put_alarm`] watches.
const NAMESPACE: &str = "Shop";

pub(crate) struct Stage {
    pub(crate) twin: Twin,
    lambda: aws_sdk_lambda::Client,
    codedeploy: aws_sdk_codedeploy::Client,
    cloudwatch: aws_sdk_cloudwatch::Client,
}

/// What came of a deployment.
pub(crate) struct Played {
    pub(crate) status: String,
    /// The hook's own.
    pub(crate) reason: String,
    /// Statuses that the hook reported and CodeDeploy took.
    pub(crate) answers: Vec<String>,
    pub(crate) live_version: String,
}

/// Built once for all tests.
fn program(name: &str) -> String {
    static PROGRAMS: OnceLock<Programs> = OnceLock::new();
    let path = PROGRAMS.get_or_init(|| Programs::build().unwrap()).path(name).unwrap();
    path.display().to_string()
}

impl Stage {
    /// The second version has these faults, the hook these settings.
    pub(crate) async fn set(faults: &str, settings: &[(&str, &str)]) -> Self {
        let twin = Twin::start(Options { rate: RATE, ..Options::default() }).await.unwrap();
        let endpoint = twin.endpoint();
        let aws = aws::Aws::from_lookup(|name| match name {
            "AWS_ENDPOINT_URL" => Some(endpoint.clone()),
            "AWS_REGION" | "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("test".to_owned()),
            _ => None,
        });
        let aws = aws.unwrap();
        let (codedeploy, cloudwatch) = (aws.codedeploy(), aws.cloudwatch());
        let stage = Self { twin, lambda: aws.lambda(), codedeploy, cloudwatch };
        stage.create_function(BACKEND, "backend", &[]).await;
        stage.publish().await;
        let lambda = &stage.lambda;
        let alias = lambda.create_alias().function_name(BACKEND).name("live").function_version("1");
        alias.send().await.unwrap();
        let environment = environment(&[("REHEARSAL_FAULTS", faults)]);
        let update = lambda.update_function_configuration().function_name(BACKEND).environment(environment);
        update.send().await.unwrap();
        stage.publish().await;
        stage.create_function(HOOK, "post-traffic", settings).await;
        stage.create_group().await;
        stage
    }

    async fn create_function(&self, name: &str, program_name: &str, variables: &[(&str, &str)]) {
        // The twin's own way to hand over code: a bucket called `file`, the program's path as key.
        let code = FunctionCode::builder().s3_bucket("file").s3_key(program(program_name)).build();
        let call = self.lambda.create_function().function_name(name).code(code).timeout(60);
        let call = call.role("arn:aws:iam::123456789012:role/any").runtime(Runtime::Providedal2023);
        call.handler("bootstrap").environment(environment(variables)).send().await.unwrap();
    }

    async fn publish(&self) {
        self.lambda.publish_version().function_name(BACKEND).send().await.unwrap();
    }

    async fn create_group(&self) {
        let application = self.codedeploy.create_application().application_name(APPLICATION);
        application.compute_platform(ComputePlatform::Lambda).send().await.unwrap();
        let rollback = AutoRollbackConfiguration::builder()
            .enabled(true)
            .events(AutoRollbackEvent::DeploymentFailure)
            .build();
        let group = self.codedeploy.create_deployment_group().application_name(APPLICATION);
        let group = group.deployment_group_name(GROUP).service_role_arn("arn:aws:iam::123456789012:role/any");
        let group = group.deployment_config_name("CodeDeployDefault.LambdaAllAtOnce");
        group.auto_rollback_configuration(rollback).send().await.unwrap();
    }

    async fn deploy(&self) -> String {
        let appspec = json!({
            "version": 0.0,
            "Resources": [{BACKEND: {"Type": "AWS::Lambda::Function", "Properties": {
                "Name": BACKEND, "Alias": "live", "CurrentVersion": "1", "TargetVersion": "2"}}}],
            "Hooks": [{"AfterAllowTraffic": HOOK}],
        });
        let content = AppSpecContent::builder().content(appspec.to_string()).build();
        let kind = RevisionLocationType::AppSpecContent;
        let revision = RevisionLocation::builder().revision_type(kind).app_spec_content(content).build();
        let call = self.codedeploy.create_deployment().application_name(APPLICATION);
        let answer = call.deployment_group_name(GROUP).revision(revision).send().await.unwrap();
        answer.deployment_id.unwrap()
    }

    /// An alarm on one `Failed` or more in a minute; without data it stays as it is.
    pub(crate) async fn put_alarm(&self, name: &str) {
        let alarm = self.cloudwatch.put_metric_alarm().alarm_name(name).namespace(NAMESPACE);
        let alarm = alarm.metric_name("Failed").statistic(Statistic::Sum).period(60).evaluation_periods(1);
        let alarm =
            alarm.threshold(1.0).comparison_operator(ComparisonOperator::GreaterThanOrEqualToThreshold);
        alarm.treat_missing_data("ignore").send().await.unwrap();
    }

    pub(crate) async fn put_composite(&self, name: &str, rule: &str) {
        self.cloudwatch.put_composite_alarm().alarm_name(name).alarm_rule(rule).send().await.unwrap();
    }

    pub(crate) async fn set_firing(&self, name: &str) {
        let call = self.cloudwatch.set_alarm_state().alarm_name(name).state_value(StateValue::Alarm);
        call.state_reason("as the test says").send().await.unwrap();
    }

    pub(crate) async fn record(&self, metric: &str, value: f64) {
        let datum = MetricDatum::builder().metric_name(metric).value(value).build();
        self.cloudwatch.put_metric_data().namespace(NAMESPACE).metric_data(datum).send().await.unwrap();
    }

    /// Everything the hook printed.
    pub(crate) fn log(&self) -> String {
        self.twin.log_lines(HOOK).into_iter().map(|line| line.line + "\n").collect()
    }

    /// Asks the alias for its health, for ever.
    async fn customers(&self, per_second: u32) {
        let event = include_str!("../../../../events/api-gateway/health.json");
        let mut ticks = tokio::time::interval(Duration::from_secs(1) / per_second);
        loop {
            ticks.tick().await;
            let call =
                self.lambda.invoke().function_name(BACKEND).qualifier("live").payload(Blob::new(event));
            call.send().await.unwrap();
        }
    }
}

fn environment(variables: &[(&str, &str)]) -> Environment {
    let variables = variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    Environment::builder().set_variables(Some(variables)).build()
}

/// Deploys version 2 while customers ask, and something else happens.
pub(crate) async fn play(stage: &Stage, per_second: u32, meanwhile: impl Future<Output = ()>) -> Played {
    let deployed = async {
        let id = stage.deploy().await;
        let finished = async { stage.twin.deployment_finished(&id).await.unwrap() };
        let (status, ()) = tokio::join!(finished, meanwhile);
        let info = stage.codedeploy.get_deployment().deployment_id(&id).send().await.unwrap();
        let rollback =
            info.deployment_info.unwrap().rollback_info.and_then(|info| info.rollback_deployment_id);
        if let Some(id) = rollback {
            assert_eq!(stage.twin.deployment_finished(&id).await.unwrap(), "Succeeded", "the rollback");
        }
        (id, status)
    };
    let (id, status) = tokio::select! {
        deployed = deployed => deployed,
        () = stage.customers(per_second) => unreachable!("customers never stop asking"),
    };
    let alias = stage.lambda.get_alias().function_name(BACKEND).name("live").send().await.unwrap();
    let live_version = alias.function_version.unwrap();
    Played { status, reason: reason(stage, &id), answers: answers(&stage.twin), live_version }
}

/// What the hook logged as its reason for this deployment.
fn reason(stage: &Stage, deployment: &str) -> String {
    let log = stage.log();
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut fields = lines.map(|line| line["fields"].clone());
    let decided = fields.find(|f| f["message"] == "hook decided" && f["deployment_id"] == deployment);
    decided.and_then(|fields| Some(fields["reason"].as_str()?.to_owned())).unwrap_or(log)
}

fn answers(twin: &Twin) -> Vec<String> {
    let entries = twin.journal().entries().into_iter();
    let taken = entries.filter_map(|entry| match entry.event {
        Event::HookAnswered { status, .. } => Some(status),
        _ => None,
    });
    taken.collect()
}
