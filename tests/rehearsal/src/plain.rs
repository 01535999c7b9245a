//! The stage of a plain SAM stack: one alias that CodeDeploy's own canary moves, both hooks, and the judge with its alarms. The
//! names are those of production, so that a reader meets one set of them.

use std::{collections::BTreeMap, path::PathBuf};

use aws_sdk_codedeploy::types::{
    Alarm, AlarmConfiguration, AppSpecContent, AutoRollbackConfiguration, AutoRollbackEvent, ComputePlatform,
    DeploymentOption, DeploymentStyle, DeploymentType, RevisionLocation, RevisionLocationType,
};
use aws_sdk_lambda::types::Environment;
use chrono::TimeDelta;
use serde_json::json;
use twin::{Schedule, Scheduled, programs::Programs};

use crate::{
    alarms,
    error::RehearsalError,
    names::{ALIAS, APPLICATION, BACKEND, GROUP, JUDGE, POST_TRAFFIC, PRE_TRAFFIC},
    scenario::Version,
    stacks::build_id,
    stage::{Clients, Function, Stage, faults_of},
    templates,
};

const MEMORY_MEGABYTES: i32 = 256;

/// Starts the twin and publishes version 1, with its faults, behind the alias.
pub(crate) async fn set(
    programs: &Programs,
    (rate, seed): (f64, u64),
    stable: Version,
) -> Result<Stage, RehearsalError> {
    let stage = Stage::empty(rate, seed).await?;
    let _runs_with_the_twin: Scheduled = stage.twin.schedule(Schedule {
        name: JUDGE.to_owned(),
        function: JUDGE.to_owned(),
        every: TimeDelta::minutes(1),
        input: None,
    });
    let judging = BTreeMap::from([("CRITERIA".to_owned(), templates::criteria()?)]);
    let mut watching = judging.clone();
    watching.insert("WATCHED_ALIASES".to_owned(), format!("{BACKEND}:{ALIAS}"));
    let program = |name| programs.path(name);
    create(&stage, PRE_TRAFFIC, program("pre-traffic")?, BTreeMap::new(), 60).await?;
    create(&stage, POST_TRAFFIC, program("post-traffic")?, judging, 510).await?;
    create(&stage, JUDGE, program("canary-judge")?, watching, 60).await?;
    // Last, because its faults begin some minutes from now and setting up takes some.
    let first = variables(&stage.clients, 1, stable);
    create(&stage, BACKEND, program("backend")?, first, 10).await?;
    let lambda = &stage.clients.lambda;
    let first = publish(&stage.clients).await?;
    lambda.create_alias().function_name(BACKEND).name(ALIAS).function_version(first).send().await?;
    create_group(&stage.clients.codedeploy).await?;
    Ok(stage)
}

async fn create(
    on: &Stage,
    name: &str,
    program: PathBuf,
    variables: BTreeMap<String, String>,
    timeout_seconds: i32,
) -> Result<(), RehearsalError> {
    let (program, memory_megabytes) = (program.as_path(), MEMORY_MEGABYTES);
    on.create_function(Function { name, program, variables, timeout_seconds, memory_megabytes }).await
}

/// The environment of a build of the backend.
fn variables(clients: &Clients, build: usize, version: Version) -> BTreeMap<String, String> {
    let own = ("BUILD_ID".to_owned(), build_id(build));
    [own].into_iter().chain(faults_of(clients, version)).collect()
}

async fn create_group(client: &aws_sdk_codedeploy::Client) -> Result<(), RehearsalError> {
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
pub(crate) async fn publish_candidate(
    clients: &Clients,
    candidate: Version,
) -> Result<String, RehearsalError> {
    let variables = variables(clients, 2, candidate).into_iter().collect();
    let environment = Environment::builder().set_variables(Some(variables)).build();
    let update = clients.lambda.update_function_configuration().function_name(BACKEND);
    update.environment(environment).send().await?;
    publish(clients).await
}

async fn publish(clients: &Clients) -> Result<String, RehearsalError> {
    let published = clients.lambda.publish_version().function_name(BACKEND).send().await?;
    published.version.ok_or(RehearsalError::Incomplete("PublishVersion answered no version"))
}

/// Starts the deployment of the alias from one version to another; answers its id.
pub(crate) async fn deploy(
    clients: &Clients,
    from: &str,
    to: &str,
    configuration: &str,
) -> Result<String, RehearsalError> {
    let appspec = json!({
        "version": 0.0,
        "Resources": [{BACKEND: {"Type": "AWS::Lambda::Function", "Properties": {
            "Name": BACKEND, "Alias": ALIAS, "CurrentVersion": from, "TargetVersion": to}}}],
        "Hooks": [{"BeforeAllowTraffic": PRE_TRAFFIC}, {"AfterAllowTraffic": POST_TRAFFIC}],
    });
    let content = AppSpecContent::builder().content(appspec.to_string()).build();
    let revision = RevisionLocation::builder()
        .revision_type(RevisionLocationType::AppSpecContent)
        .app_spec_content(content)
        .build();
    let deployment = clients.codedeploy.create_deployment().application_name(APPLICATION);
    let deployment = deployment.deployment_group_name(GROUP).deployment_config_name(configuration);
    let created = deployment.revision(revision).send().await?;
    created.deployment_id.ok_or(RehearsalError::Incomplete("CreateDeployment answered no id"))
}
