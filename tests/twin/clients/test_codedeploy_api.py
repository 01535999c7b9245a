"""CodeDeploy's answers through boto3: error codes of the API model, lists, batches, what a group tells."""

import datetime

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from conftest import appspec
from deploying import account, group, info_of, refusal, start, status

ROLE = "arn:aws:iam::123456789012:role/deploy"
OF_GROUP = {"applicationName": "app", "deploymentGroupName": "group"}


def unchecked(twin):
    """A client that sends what boto3 itself would refuse."""
    return boto3.client(
        "codedeploy", endpoint_url=twin.endpoint, region_name="eu-west-1", aws_access_key_id="test",
        aws_secret_access_key="test", config=Config(parameter_validation=False, retries={"max_attempts": 0}),
    )


def test_requests_are_refused_when_they_name_nothing_that_exists(account):
    _, _, deploy = account
    group(deploy)
    asked = [
        (deploy.get_deployment, {"deploymentId": "d-UNKNOWN00"}, "DeploymentDoesNotExistException"),
        (deploy.get_deployment, {"deploymentId": "nonsense"}, "InvalidDeploymentIdException"),
        (deploy.get_application, {"applicationName": "other"}, "ApplicationDoesNotExistException"),
        (deploy.get_deployment_group, {"applicationName": "app", "deploymentGroupName": "x"}, "DeploymentGroupDoesNotExistException"),
        (deploy.get_deployment_config, {"deploymentConfigName": "x"}, "DeploymentConfigDoesNotExistException"),
    ]
    for call, arguments, code in asked:
        with pytest.raises(ClientError) as error:
            call(**arguments)
        assert error.value.response["Error"]["Code"] == code
    with pytest.raises(ClientError) as error:
        deploy.list_on_premises_instances()
    assert "ListOnPremisesInstances" in str(error.value)


def test_error_names_the_missing_or_wrong_name_when_there_is_one(account):
    twin, _, deploy = account
    group(deploy)
    raw = unchecked(twin)
    config = {"trafficRoutingConfig": {"type": "AllAtOnce"}, "computePlatform": "Lambda"}
    for call, arguments, code in [
        (raw.create_application, {"applicationName": "", "computePlatform": "Lambda"}, "ApplicationNameRequired"),
        (raw.create_application, {"applicationName": "a b", "computePlatform": "Lambda"}, "InvalidApplicationName"),
        (raw.get_application, {}, "ApplicationNameRequired"),
        (raw.get_deployment_group, {"applicationName": "app"}, "DeploymentGroupNameRequired"),
        (raw.get_deployment_group, {"applicationName": "app", "deploymentGroupName": "a/b"}, "InvalidDeploymentGroupName"),
        (raw.create_deployment, {"applicationName": "app"}, "DeploymentGroupNameRequired"),
        (raw.delete_deployment_group, {"applicationName": "app"}, "DeploymentGroupNameRequired"),
        (raw.get_deployment_config, {}, "DeploymentConfigNameRequired"),
        (raw.create_deployment_config, config, "DeploymentConfigNameRequired"),
        (raw.create_deployment_config, config | {"deploymentConfigName": "a b"}, "InvalidDeploymentConfigName"),
        (raw.create_deployment_config, config | {"deploymentConfigName": "CodeDeployDefault.Mine"}, "InvalidDeploymentConfigName"),
    ]:
        assert refusal(call, **arguments) == f"{code}Exception", (call, arguments)


def test_group_is_refused_when_its_settings_make_no_sense(account):
    twin, _, deploy = account
    group(deploy)
    raw = unchecked(twin)
    other = {"applicationName": "app", "deploymentGroupName": "other"}
    assert refusal(raw.create_deployment_group, **other) == "RoleRequiredException"
    other |= {"serviceRoleArn": ROLE}
    for settings, code in [
        ({"autoRollbackConfiguration": {"enabled": True, "events": []}}, "InvalidAutoRollbackConfigException"),
        ({"autoRollbackConfiguration": {"enabled": True, "events": ["RAIN"]}}, "InvalidAutoRollbackConfigException"),
        ({"alarmConfiguration": {"enabled": True, "alarms": []}}, "InvalidAlarmConfigException"),
        ({"alarmConfiguration": {"enabled": True, "alarms": [{"name": "a"}] * 2}}, "InvalidAlarmConfigException"),
    ]:
        assert refusal(deploy.create_deployment_group, **other, **settings) == code, settings
    deploy.create_deployment_group(**other)
    rename = {"applicationName": "app", "currentDeploymentGroupName": "other", "newDeploymentGroupName": "group"}
    assert refusal(deploy.update_deployment_group, **rename) == "DeploymentGroupAlreadyExistsException"
    deploy.update_deployment_group(**rename | {"newDeploymentGroupName": "third"})
    assert deploy.list_deployment_groups(applicationName="app")["deploymentGroups"] == ["group", "third"]


def test_batches_answer_what_exists_when_not_too_much_is_asked(account):
    twin, _, deploy = account
    group(deploy)
    id = start(deploy)
    status(deploy, id, "Succeeded")
    raw, targets = unchecked(twin), deploy.batch_get_deployment_targets
    [found] = deploy.batch_get_deployments(deploymentIds=["d-UNKNOWN00", id])["deploymentsInfo"]
    assert found["deploymentId"] == id
    assert refusal(deploy.batch_get_deployments, deploymentIds=[id] * 26) == "BatchLimitExceededException"
    assert refusal(raw.batch_get_deployments, deploymentIds=[]) == "DeploymentIdRequiredException"
    too_many = refusal(targets, deploymentId=id, targetIds=["sample:live"] * 26)
    assert too_many == "DeploymentTargetListSizeExceededException"
    assert refusal(targets, deploymentId=id, targetIds=[]) == "DeploymentTargetIdRequiredException"
    [application] = deploy.batch_get_applications(applicationNames=["app"])["applicationsInfo"]
    assert application["applicationName"] == "app"
    groups = deploy.batch_get_deployment_groups(applicationName="app", deploymentGroupNames=["group", "none"])
    assert [g["deploymentGroupName"] for g in groups["deploymentGroupsInfo"]] == ["group"]
    assert "none" in groups["errorMessage"]


def test_deployments_are_listed_when_scope_status_and_time_match(account):
    _, _, deploy = account
    group(deploy)
    id = start(deploy)
    status(deploy, id, "Succeeded")
    created, hour = info_of(deploy, id)["createTime"], datetime.timedelta(hours=1)

    def listed(**filters):
        return deploy.list_deployments(**filters)["deployments"]

    assert listed() == listed(**OF_GROUP, includeOnlyStatuses=["Succeeded"]) == [id]
    assert listed(includeOnlyStatuses=["Failed", "Queued"]) == []
    assert listed(createTimeRange={"start": created - hour, "end": created + hour}) == [id]
    assert listed(createTimeRange={"start": created + hour}) == listed(createTimeRange={"end": created - hour}) == []
    for arguments, code in [
        ({"applicationName": "other"}, "ApplicationDoesNotExistException"),
        ({"applicationName": "app"}, "DeploymentGroupNameRequiredException"),
        ({"deploymentGroupName": "group"}, "ApplicationNameRequiredException"),
        ({"includeOnlyStatuses": ["Done"]}, "InvalidDeploymentStatusException"),
        ({"createTimeRange": {"start": created + hour, "end": created}}, "InvalidTimeRangeException"),
    ]:
        assert refusal(deploy.list_deployments, **arguments) == code, arguments
    revision = deploy.get_application_revision
    assert refusal(revision, applicationName="other", revision={"revisionType": "AppSpecContent"}) == "ApplicationDoesNotExistException"
    assert refusal(revision, applicationName="app", revision=appspec("1", "3")) == "RevisionDoesNotExistException"


def test_group_tells_its_last_deployments_when_asked(account):
    _, _, deploy = account
    group(deploy)
    info = deploy.get_deployment_group(**OF_GROUP)["deploymentGroupInfo"]
    assert info["deploymentGroupId"] and "lastAttemptedDeployment" not in info
    good, bad = start(deploy), None
    status(deploy, good, "Succeeded")
    bad = start(deploy)
    status(deploy, bad, "Failed")
    deploy.update_deployment_group(
        applicationName="app", currentDeploymentGroupName="group", newDeploymentGroupName="renamed"
    )
    renamed = OF_GROUP | {"deploymentGroupName": "renamed"}
    later = deploy.get_deployment_group(**renamed)["deploymentGroupInfo"]
    assert later["deploymentGroupId"] == info["deploymentGroupId"]
    last = [later["lastSuccessfulDeployment"], later["lastAttemptedDeployment"]]
    assert [(one["deploymentId"], one["status"]) for one in last] == [(good, "Succeeded"), (bad, "Failed")]
    assert last[0]["createTime"] <= last[0]["endTime"]


def test_configuration_is_deleted_when_it_is_ours_and_unused(account):
    _, _, deploy = account
    deploy.create_deployment_config(
        deploymentConfigName="mine", computePlatform="Lambda", trafficRoutingConfig={"type": "AllAtOnce"}
    )
    group(deploy, configuration="mine")
    delete = deploy.delete_deployment_config
    assert refusal(delete, deploymentConfigName="mine") == "DeploymentConfigInUseException"
    assert refusal(delete, deploymentConfigName="CodeDeployDefault.LambdaAllAtOnce") == "InvalidOperationException"
    deploy.delete_deployment_group(**OF_GROUP)
    delete(deploymentConfigName="mine")
    assert refusal(deploy.get_deployment_config, deploymentConfigName="mine") == "DeploymentConfigDoesNotExistException"
