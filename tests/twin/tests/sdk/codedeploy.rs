//! What one deployment asks for outranks its group; how deployments are found and told.

use aws_sdk_cloudwatch::types::{ComparisonOperator, StateValue, Statistic};
use aws_sdk_codedeploy::operation::create_deployment::builders::CreateDeploymentFluentBuilder;
use aws_sdk_codedeploy::primitives::DateTime;
use aws_sdk_codedeploy::types::{
    Alarm, AlarmConfiguration, AppSpecContent, AutoRollbackConfiguration, AutoRollbackEvent, ComputePlatform,
    DeploymentInfo, DeploymentStatus, LifecycleEventStatus, RevisionLocation, RevisionLocationType,
    TimeRange,
};
use serde_json::{Value, json};
use twin::{Host, HostedInvocation, Twin};

use super::{clients, operator, twin};

const BACKEND: &str = "manuel-backend";
const HOOK: &str = "hook";
const APPLICATION: &str = "manuel";
const GROUP: &str = "live";
/// What the alias carries, and no deployment may lose.
const NOTE: &str = r#"{"execution":"1","step":2}"#;

/// A hook that says no.
async fn say_failed(invocation: HostedInvocation) -> Result<Value, String> {
    let id = |name: &str| invocation.payload[name].as_str().unwrap().to_owned();
    let answer = clients(&invocation, "1").codedeploy().put_lifecycle_event_hook_execution_status();
    let answer = answer
        .deployment_id(id("DeploymentId"))
        .lifecycle_event_hook_execution_id(id("LifecycleEventHookExecutionId"))
        .status(LifecycleEventStatus::Failed);
    answer.send().await.map_err(|error| aws::chain(&error))?;
    Ok(json!({}))
}

/// An alias on version 1 of 2, and a group with the alarm `guard`, which fires, and both automatic rollbacks.
async fn stage() -> Twin {
    let twin = twin().await;
    let aws = operator(&twin);
    let (lambda, codedeploy) = (aws.lambda(), aws.codedeploy());
    twin.host(BACKEND, Host::new(|_| std::future::ready(Ok(json!({}))))).unwrap();
    twin.host(HOOK, Host::new(say_failed)).unwrap();
    lambda.publish_version().function_name(BACKEND).send().await.unwrap();
    lambda.update_function_configuration().function_name(BACKEND).memory_size(256).send().await.unwrap();
    lambda.publish_version().function_name(BACKEND).send().await.unwrap();
    let alias = lambda.create_alias().function_name(BACKEND).name("live").function_version("1");
    alias.description(NOTE).send().await.unwrap();
    for (name, state) in [("guard", StateValue::Alarm), ("quiet", StateValue::Ok)] {
        put_alarm(&aws.cloudwatch(), name, state).await;
    }
    let application = codedeploy.create_application().application_name(APPLICATION);
    application.compute_platform(ComputePlatform::Lambda).send().await.unwrap();
    let rollback = AutoRollbackConfiguration::builder().enabled(true);
    let rollback = rollback
        .events(AutoRollbackEvent::DeploymentFailure)
        .events(AutoRollbackEvent::DeploymentStopOnAlarm)
        .build();
    let group = codedeploy.create_deployment_group().application_name(APPLICATION);
    let group = group
        .deployment_group_name(GROUP)
        .service_role_arn("arn:aws:iam::123456789012:role/codedeploy")
        .deployment_config_name("CodeDeployDefault.LambdaCanary10Percent5Minutes")
        .alarm_configuration(alarms(true, &["guard"]))
        .auto_rollback_configuration(rollback);
    group.send().await.unwrap();
    twin
}

/// Missing data keeps the alarm in its state.
async fn put_alarm(cloudwatch: &aws_sdk_cloudwatch::Client, name: &str, state: StateValue) {
    let alarm = cloudwatch.put_metric_alarm().alarm_name(name).namespace("Shop").metric_name("Orders");
    let alarm = alarm
        .statistic(Statistic::Sum)
        .period(60)
        .evaluation_periods(1)
        .threshold(1.0)
        .comparison_operator(ComparisonOperator::LessThanThreshold)
        .treat_missing_data("ignore");
    alarm.send().await.unwrap();
    let set = cloudwatch.set_alarm_state().alarm_name(name).state_value(state).state_reason("as asked");
    set.send().await.unwrap();
}

fn alarms(enabled: bool, names: &[&str]) -> AlarmConfiguration {
    let alarms = names.iter().map(|name| Alarm::builder().name(*name).build()).collect();
    AlarmConfiguration::builder().enabled(enabled).set_alarms(Some(alarms)).build()
}

/// A deployment of version 2, with or without the hook.
fn deployment(twin: &Twin, with_hook: bool) -> CreateDeploymentFluentBuilder {
    let mut spec = json!({"version": 0.0, "Resources": [{BACKEND: {"Type": "AWS::Lambda::Function", "Properties": {
        "Name": BACKEND, "Alias": "live", "CurrentVersion": "1", "TargetVersion": "2"}}}]});
    if with_hook {
        spec["Hooks"] = json!([{"BeforeAllowTraffic": HOOK}]);
    }
    let content = AppSpecContent::builder().content(spec.to_string()).build();
    let revision = RevisionLocation::builder().revision_type(RevisionLocationType::AppSpecContent);
    let create = operator(twin).codedeploy().create_deployment().application_name(APPLICATION);
    create.deployment_group_name(GROUP).revision(revision.app_spec_content(content).build())
}

/// Carries a deployment out.
async fn play(twin: &Twin, create: CreateDeploymentFluentBuilder) -> DeploymentInfo {
    let id = create.send().await.unwrap().deployment_id.unwrap();
    twin.deployment_finished(&id).await.unwrap();
    let get = operator(twin).codedeploy().get_deployment().deployment_id(id);
    get.send().await.unwrap().deployment_info.unwrap()
}

#[tokio::test]
async fn alias_keeps_its_description_when_a_deployment_without_hooks_moves_it() {
    let twin = stage().await;
    let said = "Promotion of version 2 by 1";
    let create = deployment(&twin, false).override_alarm_configuration(alarms(false, &[])).description(said);
    let info = play(&twin, create).await;
    assert_eq!((info.status(), info.description()), (Some(&DeploymentStatus::Succeeded), Some(said)));
    let alias =
        operator(&twin).lambda().get_alias().function_name(BACKEND).name("live").send().await.unwrap();
    assert_eq!((alias.function_version(), alias.description()), (Some("2"), Some(NOTE)));
    assert!(alias.routing_config().is_none(), "whole");
}

#[tokio::test]
async fn alarms_of_the_deployment_outrank_those_of_the_group_when_it_names_its_own() {
    for (own, ends) in [
        (None, DeploymentStatus::Stopped),
        (Some(alarms(true, &["quiet", "guard"])), DeploymentStatus::Stopped),
        (Some(alarms(true, &["quiet"])), DeploymentStatus::Succeeded),
        (Some(alarms(false, &["guard"])), DeploymentStatus::Succeeded),
    ] {
        let twin = stage().await;
        let create = deployment(&twin, false).set_override_alarm_configuration(own.clone());
        assert_eq!(play(&twin, create).await.status(), Some(&ends), "{own:?}");
    }
}

#[tokio::test]
async fn rollback_of_the_deployment_outranks_that_of_the_group_when_it_has_its_own() {
    let off = AutoRollbackConfiguration::builder().enabled(false).build();
    for (own, is_rolled_back) in [(None, true), (Some(off), false)] {
        let twin = stage().await;
        let create = deployment(&twin, true).override_alarm_configuration(alarms(false, &[]));
        let info = play(&twin, create.set_auto_rollback_configuration(own)).await;
        assert_eq!(info.status(), Some(&DeploymentStatus::Failed), "the hook says no");
        let rollback = info.rollback_info().and_then(|r| r.rollback_deployment_id());
        assert_eq!(rollback.is_some(), is_rolled_back);
    }
}

#[tokio::test]
async fn deployments_are_listed_when_their_status_and_time_match() {
    let twin = stage().await;
    let codedeploy = operator(&twin).codedeploy();
    let stopped = play(&twin, deployment(&twin, false)).await;
    let quiet = deployment(&twin, false).override_alarm_configuration(alarms(false, &[]));
    let succeeded = play(&twin, quiet).await;
    let (first, second) = (stopped.deployment_id().unwrap(), succeeded.deployment_id().unwrap());
    let list = async |statuses: &[DeploymentStatus], range: Option<(DateTime, Option<DateTime>)>| {
        let range = range.map(|(start, end)| TimeRange::builder().start(start).set_end(end).build());
        let list = codedeploy.list_deployments().application_name(APPLICATION).deployment_group_name(GROUP);
        let list = list.set_include_only_statuses(Some(statuses.to_vec())).set_create_time_range(range);
        list.send().await.unwrap().deployments.unwrap()
    };
    let (earlier, later) = (*stopped.create_time().unwrap(), *succeeded.create_time().unwrap());
    assert_eq!(list(&[], None).await, [second, first], "newest first");
    assert_eq!(list(&[DeploymentStatus::Stopped, DeploymentStatus::InProgress], None).await, [first]);
    assert_eq!(list(&[], Some((later, None))).await, [second], "the start is in the range");
    assert_eq!(list(&[], Some((earlier, Some(earlier)))).await, [first], "and so is the end");
    assert!(list(&[DeploymentStatus::Failed], Some((earlier, Some(later)))).await.is_empty());
    let both =
        codedeploy.batch_get_deployments().deployment_ids(first).deployment_ids(second).send().await.unwrap();
    let told: Vec<_> =
        both.deployments_info().iter().map(|info| (info.deployment_id(), info.status())).collect();
    assert_eq!(told, [(Some(first), stopped.status()), (Some(second), succeeded.status())]);
}
