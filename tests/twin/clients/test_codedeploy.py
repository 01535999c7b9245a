"""CodeDeploy through boto3: hooks, canary steps, alarms, stop, rollback, the refusals."""

import json
import time

import pytest
from botocore.exceptions import ClientError
from conftest import appspec, create_function, invoke, publish

ALL_EVENTS = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"]
CANARY = "CodeDeployDefault.LambdaCanary10Percent5Minutes"


@pytest.fixture
def account(twin, code):
    """Versions 1 and 2, alias live at 1, a hook function that never answers, an application."""
    function, deploy = twin.client("lambda"), twin.client("codedeploy")
    create_function(function, code)
    create_function(function, code, name="hook")
    publish(function, BUILD="1")
    publish(function, BUILD="2")
    function.create_alias(FunctionName="sample", Name="live", FunctionVersion="1")
    deploy.create_application(applicationName="app", computePlatform="Lambda")
    return twin, function, deploy


def group(deploy, events=(), alarms=(), configuration="CodeDeployDefault.LambdaAllAtOnce"):
    deploy.create_deployment_group(
        applicationName="app",
        deploymentGroupName="group",
        serviceRoleArn="arn:aws:iam::123456789012:role/deploy",
        deploymentConfigName=configuration,
        autoRollbackConfiguration={"enabled": bool(events), "events": list(events)},
        alarmConfiguration={"enabled": bool(alarms), "alarms": [{"name": name} for name in alarms]},
    )


def start(deploy, current="1", target="2", **hooks):
    revision = appspec(current, target, **hooks)
    answer = deploy.create_deployment(applicationName="app", deploymentGroupName="group", revision=revision)
    return answer["deploymentId"]


def wait_for(look, wanted, seconds=30):
    """Polls, as every client of CodeDeploy has to."""
    end = time.monotonic() + seconds
    while (seen := look()) not in wanted:
        assert time.monotonic() < end, f"still {seen}, not {wanted}"
        time.sleep(0.05)
    return seen


def status(deploy, id, *wanted):
    return wait_for(lambda: deploy.get_deployment(deploymentId=id)["deploymentInfo"]["status"], wanted)


def alias(function):
    alias = function.get_alias(FunctionName="sample", Name="live")
    return alias["FunctionVersion"], alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})


def hook_event(twin, function):
    """The event that CodeDeploy sent to the hook, out of the hook's log."""
    import urllib.request

    def seen():
        with urllib.request.urlopen(f"{twin.endpoint}/_twin/logs/hook") as answer:
            lines = [json.loads(line["line"]) for line in json.load(answer)]
        return lines[-1]["seen"] if lines else None

    end = time.monotonic() + 20
    while (event := seen()) is None:
        assert time.monotonic() < end, "the hook was not invoked"
        time.sleep(0.05)
    return event


def target_of(deploy, id):
    [target] = deploy.list_deployment_targets(deploymentId=id)["targetIds"]
    return deploy.batch_get_deployment_targets(deploymentId=id, targetIds=[target])["deploymentTargets"][0]["lambdaTarget"]


def test_alias_moves_when_deployed_all_at_once(account):
    _, function, deploy = account
    group(deploy)
    id = start(deploy)
    assert status(deploy, id, "Succeeded", "Failed") == "Succeeded"
    assert alias(function) == ("2", {})
    info = deploy.get_deployment(deploymentId=id)["deploymentInfo"]
    assert info["computePlatform"] == "Lambda" and info["creator"] == "user"
    assert "content" not in info["revision"]["appSpecContent"] or info["revision"]["appSpecContent"]["content"] is None
    full = deploy.get_application_revision(applicationName="app", revision=info["revision"])
    assert json.loads(full["revision"]["appSpecContent"]["content"])["Resources"]


def test_traffic_is_split_and_then_whole_when_the_canary_is_good(account):
    _, function, deploy = account
    group(deploy, configuration=CANARY)
    id = start(deploy)
    wait_for(lambda: alias(function), [("1", {"2": 0.1})])
    assert target_of(deploy, id)["lambdaFunctionInfo"]["targetVersionWeight"] == 10.0
    assert status(deploy, id, "Succeeded", "Failed") == "Succeeded"
    assert alias(function) == ("2", {})
    info = deploy.get_deployment(deploymentId=id)["deploymentInfo"]
    assert 300 <= (info["completeTime"] - info["createTime"]).total_seconds() < 420


def test_hook_gets_two_fields_and_its_answer_counts_once(account):
    twin, function, deploy = account
    group(deploy)
    id = start(deploy, BeforeAllowTraffic="hook")
    event = hook_event(twin, function)
    assert set(event) == {"DeploymentId", "LifecycleEventHookExecutionId"} and event["DeploymentId"] == id
    assert [e["status"] for e in target_of(deploy, id)["lifecycleEvents"]] == ["InProgress", "Pending", "Pending"]
    answer = {"deploymentId": id, "lifecycleEventHookExecutionId": event["LifecycleEventHookExecutionId"]}
    refused = []
    for wrong in ({"status": "Skipped"}, {"status": "Succeeded", "lifecycleEventHookExecutionId": "other"},
                  {"status": "Succeeded", "deploymentId": "d-UNKNOWN00"}):
        with pytest.raises(ClientError) as error:
            deploy.put_lifecycle_event_hook_execution_status(**answer | wrong)
        refused.append(error.value.response["Error"]["Code"])
    assert refused == [
        "InvalidLifecycleEventHookExecutionStatusException",
        "InvalidLifecycleEventHookExecutionIdException",
        "DeploymentDoesNotExistException",
    ]
    deploy.put_lifecycle_event_hook_execution_status(**answer, status="Succeeded")
    assert status(deploy, id, "Succeeded", "Failed") == "Succeeded"
    with pytest.raises(ClientError) as error:
        deploy.put_lifecycle_event_hook_execution_status(**answer, status="Failed")
    assert error.value.response["Error"]["Code"] == "LifecycleEventAlreadyCompletedException"


def test_deployment_fails_and_rolls_back_when_the_hook_says_so(account):
    twin, function, deploy = account
    group(deploy, events=ALL_EVENTS)
    id = start(deploy, BeforeAllowTraffic="hook")
    event = hook_event(twin, function)
    deploy.put_lifecycle_event_hook_execution_status(
        deploymentId=id, lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"], status="Failed"
    )
    assert status(deploy, id, "Succeeded", "Failed") == "Failed"
    info = deploy.get_deployment(deploymentId=id)["deploymentInfo"]
    assert info["errorInformation"]["code"] == "HOOK_EXECUTION_FAILURE"
    rollback = deploy.get_deployment(deploymentId=info["rollbackInfo"]["rollbackDeploymentId"])["deploymentInfo"]
    assert rollback["creator"] == "codeDeployRollback"
    assert rollback["rollbackInfo"]["rollbackTriggeringDeploymentId"] == id
    assert alias(function) == ("1", {})


def test_deployment_fails_when_the_hook_does_not_answer_for_an_hour(start_twin, code):
    twin = start_twin("--rate", "1200")
    function, deploy = twin.client("lambda"), twin.client("codedeploy")
    create_function(function, code)
    create_function(function, code, name="hook")
    publish(function, BUILD="1"), publish(function, BUILD="2")
    function.create_alias(FunctionName="sample", Name="live", FunctionVersion="1")
    deploy.create_application(applicationName="app", computePlatform="Lambda")
    group(deploy)
    id = start(deploy, BeforeAllowTraffic="hook")
    assert status(deploy, id, "Succeeded", "Failed") == "Failed"
    info = deploy.get_deployment(deploymentId=id)["deploymentInfo"]
    assert 3600 <= (info["completeTime"] - info["startTime"]).total_seconds() < 4000
    assert "one hour" in info["errorInformation"]["message"]


def test_alias_stays_split_when_stopped_without_rollback_and_the_next_deployment_fails(account):
    _, function, deploy = account
    group(deploy, events=ALL_EVENTS, configuration=CANARY)
    id = start(deploy)
    wait_for(lambda: alias(function), [("1", {"2": 0.1})])
    deploy.stop_deployment(deploymentId=id, autoRollbackEnabled=False)
    assert status(deploy, id, "Stopped") == "Stopped"
    assert alias(function) == ("1", {"2": 0.1})
    with pytest.raises(ClientError) as error:
        deploy.stop_deployment(deploymentId=id)
    assert error.value.response["Error"]["Code"] == "DeploymentAlreadyCompletedException"
    refused = start(deploy)
    assert status(deploy, refused, "Succeeded", "Failed") == "Failed"
    message = deploy.get_deployment(deploymentId=refused)["deploymentInfo"]["errorInformation"]["message"]
    assert "clear its routing configuration" in message


def test_alias_is_whole_again_when_stopped_with_rollback(account):
    _, function, deploy = account
    group(deploy, configuration=CANARY)
    id = start(deploy)
    wait_for(lambda: alias(function), [("1", {"2": 0.1})])
    with pytest.raises(ClientError) as error:
        start(deploy)
    assert error.value.response["Error"]["Code"] == "DeploymentLimitExceededException"
    deploy.stop_deployment(deploymentId=id, autoRollbackEnabled=True)
    assert status(deploy, id, "Stopped") == "Stopped"
    rollback = deploy.get_deployment(deploymentId=id)["deploymentInfo"]["rollbackInfo"]["rollbackDeploymentId"]
    assert status(deploy, rollback, "Succeeded", "Failed") == "Succeeded"
    assert alias(function) == ("1", {})


def test_deployment_stops_and_rolls_back_when_an_alarm_fires(account):
    twin, function, deploy = account
    metrics = twin.client("cloudwatch")
    dimensions = [
        {"Name": "FunctionName", "Value": "sample"},
        {"Name": "Resource", "Value": "sample:live"},
        {"Name": "ExecutedVersion", "Value": "2"},
    ]
    metrics.put_metric_alarm(
        AlarmName="canary-errors", Namespace="AWS/Lambda", MetricName="Errors", Dimensions=dimensions,
        Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=0, ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
    )
    group(deploy, events=ALL_EVENTS, alarms=["canary-errors"], configuration="CodeDeployDefault.LambdaCanary10Percent30Minutes")
    id = start(deploy)
    wait_for(lambda: alias(function), [("1", {"2": 0.1})])
    end = time.monotonic() + 20
    while deploy.get_deployment(deploymentId=id)["deploymentInfo"]["status"] == "InProgress":
        assert time.monotonic() < end, "the alarm did not stop the deployment"
        invoke(function, {"fail": True})
    info = deploy.get_deployment(deploymentId=id)["deploymentInfo"]
    assert (info["status"], info["errorInformation"]["code"]) == ("Stopped", "ALARM_ACTIVE")
    status(deploy, info["rollbackInfo"]["rollbackDeploymentId"], "Succeeded")
    assert alias(function) == ("1", {})
    [alarm] = metrics.describe_alarms(AlarmNames=["canary-errors"])["MetricAlarms"]
    assert alarm["StateValue"] in ("ALARM", "OK")


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
