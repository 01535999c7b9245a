//! Sets the stage: a fresh twin with the backend, its alias, its hook and its deployment group, and the SDK clients.

use std::{collections::BTreeMap, path::Path, time::Duration};

use aws::Aws;
use aws_sdk_codedeploy::types::{
    Alarm, AlarmConfiguration, AppSpecContent, AutoRollbackConfiguration, AutoRollbackEvent, ComputePlatform,
    DeploymentOption, DeploymentStyle, DeploymentType, RevisionLocation, RevisionLocationType,
};
use aws_sdk_lambda::types::{Architecture, Environment, FunctionCode, Runtime};
use chrono::TimeDelta;
use serde_json::json;
use twin::{Options, PipelineOptions, Schedule, Scheduled, Twin, clock::VirtualClock, programs::Programs};

use crate::{alarms, error::RehearsalError, scenario::Version};

pub(crate) const BACKEND: &str = "manuel-backend";
pub(crate) const ALIAS: &str = "live";
/// CodeDeploy's standard role may invoke hooks of this prefix only.
pub(crate) const HOOK: &str = "CodeDeployHook_manuel-pre-traffic";
pub(crate) const LAST_HOOK: &str = "CodeDeployHook_manuel-post-traffic";
pub(crate) const JUDGE: &str = "manuel-canary-judge";
/// What may be bad about a version: as a template of this stack would say it. The latency limit is far below the 5 s of
/// production, because latencies are real here and nobody wants to wait for them.
pub(crate) const CRITERIA: &str = include_str!("criteria.json");
pub(crate) const APPLICATION: &str = "manuel";
pub(crate) const GROUP: &str = "manuel-backend-live";
/// Time that a customer's client waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Time to hand over a program: it is read and hashed, which takes a busy computer longer than a plain call may.
const HAND_OVER: Duration = Duration::from_secs(60);

/// Everything a release needs.
pub(crate) struct Stage {
    pub(crate) twin: Twin,
    pub(crate) lambda: aws_sdk_lambda::Client,
    pub(crate) customers: aws_sdk_lambda::Client,
    /// Creates functions, each once: a second try would meet the function that the first one made.
    maker: aws_sdk_lambda::Client,
    pub(crate) codedeploy: aws_sdk_codedeploy::Client,
    pub(crate) cloudwatch: aws_sdk_cloudwatch::Client,
}

impl Stage {
    /// Starts the twin and publishes version 1, with its faults, behind the alias. `bake_minutes`: how long the post-traffic
    /// hook watches; `None` leaves it to the hook.
    pub(crate) async fn set(
        programs: &Programs,
        (rate, seed): (f64, u64),
        stable: Version,
        bake_minutes: Option<u32>,
    ) -> Result<Self, RehearsalError> {
        // A pipeline that starts by itself would not wait for its alarms.
        let pipelines = PipelineOptions { run_when_created: false, ..PipelineOptions::default() };
        let twin = Twin::start(Options { rate, seed, pipelines, ..Options::default() }).await?;
        let aws = clients(twin.endpoint())?;
        let _runs_with_the_twin: Scheduled = twin.schedule(Schedule {
            name: "manuel-canary-judge".to_owned(),
            function: JUDGE.to_owned(),
            every: TimeDelta::minutes(1),
            input: None,
        });
        let (lambda, customers, codedeploy) = (aws.lambda(), aws.lambda_invoker(PATIENCE), aws.codedeploy());
        let (maker, cloudwatch) = (aws.lambda_invoker(HAND_OVER), aws.cloudwatch());
        let stage = Self { twin, lambda, customers, maker, codedeploy, cloudwatch };
        let program = |name| programs.path(name);
        let mut judging = BTreeMap::from([("CRITERIA".to_owned(), CRITERIA.to_owned())]);
        let mut watching = judging.clone();
        judging.extend(bake_minutes.map(|minutes| ("BAKE_MINUTES".to_owned(), minutes.to_string())));
        watching.insert("WATCHED_ALIASES".to_owned(), format!("{BACKEND}:{ALIAS}"));
        stage.create_function(HOOK, &program("pre-traffic")?, BTreeMap::new(), 60).await?;
        stage.create_function(LAST_HOOK, &program("post-traffic")?, judging, 510).await?;
        stage.create_function(JUDGE, &program("canary-judge")?, watching, 60).await?;
        // Last, because its faults begin some minutes from now and setting up takes some.
        let environment = stage.builds().environment(1, stable);
        stage.create_function(BACKEND, &program("backend")?, environment, 10).await?;
        let first = stage.builds().publish().await?;
        stage.lambda.create_alias().function_name(BACKEND).name(ALIAS).function_version(first).send().await?;
        stage.create_group().await?;
        Ok(stage)
    }

    /// Publishes builds of the backend.
    pub(crate) fn builds(&self) -> Builds {
        Builds { lambda: self.lambda.clone(), clock: self.twin.clock() }
    }

    pub(crate) async fn create_function(
        &self,
        name: &str,
        program: &Path,
        variables: BTreeMap<String, String>,
        timeout_seconds: i32,
    ) -> Result<(), RehearsalError> {
        // The twin's own way to hand over code: a bucket called `file`, the program's path as key.
        let code = FunctionCode::builder().s3_bucket("file").s3_key(program.display().to_string()).build();
        let environment = Environment::builder().set_variables(Some(variables.into_iter().collect())).build();
        self.maker
            .create_function()
            .function_name(name)
            .role(format!("arn:aws:iam::123456789012:role/{name}"))
            .runtime(Runtime::Providedal2023)
            .handler("bootstrap")
            .architectures(Architecture::X8664)
            .timeout(timeout_seconds)
            .memory_size(256)
            .code(code)
            .environment(environment)
            .send()
            .await?;
        Ok(())
    }

    async fn create_group(&self) -> Result<(), RehearsalError> {
        let client = &self.codedeploy;
        let platform = ComputePlatform::Lambda;
        client.create_application().application_name(APPLICATION).compute_platform(platform).send().await?;
        // As SAM sets it up: all three rollback events.
        let rollback = AutoRollbackConfiguration::builder()
            .enabled(true)
            .events(AutoRollbackEvent::DeploymentFailure)
            .events(AutoRollbackEvent::DeploymentStopOnAlarm)
            .events(AutoRollbackEvent::DeploymentStopOnRequest)
            .build();
        let style = DeploymentStyle::builder()
            .deployment_type(DeploymentType::BlueGreen)
            .deployment_option(DeploymentOption::WithTrafficControl)
            .build();
        let guard = alarms::GUARD.map(|name| Alarm::builder().name(name).build());
        let alarms = AlarmConfiguration::builder().enabled(true).set_alarms(Some(guard.to_vec())).build();
        client
            .create_deployment_group()
            .application_name(APPLICATION)
            .deployment_group_name(GROUP)
            .service_role_arn("arn:aws:iam::123456789012:role/codedeploy")
            .auto_rollback_configuration(rollback)
            .deployment_style(style)
            .alarm_configuration(alarms)
            .send()
            .await?;
        Ok(())
    }

    /// Publishes the candidate.
    pub(crate) async fn publish_candidate(&self, candidate: Version) -> Result<String, RehearsalError> {
        self.builds().build(2, candidate).await
    }

    /// Starts the deployment of the alias from one version to another; answers its id.
    pub(crate) async fn deploy(
        &self,
        from: &str,
        to: &str,
        configuration: &str,
    ) -> Result<String, RehearsalError> {
        let appspec = json!({
            "version": 0.0,
            "Resources": [{BACKEND: {"Type": "AWS::Lambda::Function", "Properties": {
                "Name": BACKEND, "Alias": ALIAS, "CurrentVersion": from, "TargetVersion": to}}}],
            "Hooks": [{"BeforeAllowTraffic": HOOK}, {"AfterAllowTraffic": LAST_HOOK}],
        });
        let content = AppSpecContent::builder().content(appspec.to_string()).build();
        let revision = RevisionLocation::builder()
            .revision_type(RevisionLocationType::AppSpecContent)
            .app_spec_content(content)
            .build();
        let created = self
            .codedeploy
            .create_deployment()
            .application_name(APPLICATION)
            .deployment_group_name(GROUP)
            .deployment_config_name(configuration)
            .revision(revision)
            .send()
            .await?;
        created.deployment_id.ok_or(RehearsalError::Incomplete("CreateDeployment answered no id"))
    }
}

/// Publishes builds of the backend, as the update of a stack does.
#[derive(Clone)]
pub(crate) struct Builds {
    lambda: aws_sdk_lambda::Client,
    clock: VirtualClock,
}

impl Builds {
    /// The environment of a version. Faults begin some minutes after now, so that no smoke test meets them by chance.
    fn environment(&self, build: usize, version: Version) -> BTreeMap<String, String> {
        let mut variables = BTreeMap::from([("BUILD_ID".to_owned(), format!("build-{build}"))]);
        if let Some(mut faults) = version.faults {
            if let (Some(minutes), Some(order)) = (version.faults_after_minutes, faults.as_object_mut()) {
                let from = self.clock.now() + TimeDelta::minutes(minutes);
                order.insert("from_ms".to_owned(), from.timestamp_millis().into());
            }
            variables.insert("REHEARSAL_FAULTS".to_owned(), faults.to_string());
        }
        variables
    }

    /// Puts a build of this number in the place of the one before and publishes it; answers its version. A build that is
    /// there already is published only once.
    pub(crate) async fn build(&self, number: usize, version: Version) -> Result<String, RehearsalError> {
        let variables = self.environment(number, version);
        let environment = Environment::builder().set_variables(Some(variables.into_iter().collect())).build();
        let update = self.lambda.update_function_configuration().function_name(BACKEND);
        update.environment(environment).send().await?;
        self.publish().await
    }

    async fn publish(&self) -> Result<String, RehearsalError> {
        let published = self.lambda.publish_version().function_name(BACKEND).send().await?;
        published.version.ok_or(RehearsalError::Incomplete("PublishVersion answered no version"))
    }
}

/// Clients of the local AWS.
pub(crate) fn clients(endpoint: String) -> Result<Aws, aws::AwsError> {
    Aws::from_lookup(|name| match name {
        "AWS_ENDPOINT_URL" => Some(endpoint.clone()),
        "AWS_REGION" => Some("eu-west-1".to_owned()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("rehearsal".to_owned()),
        _ => None,
    })
}
