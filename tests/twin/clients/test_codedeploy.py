"""CodeDeploy through boto3: hooks, canary steps, alarms, stop, rollback."""

import hashlib
import time

import pytest
from botocore.exceptions import ClientError
from conftest import appspec, create_function, invoke, publish
from deploying import (
    ALL_EVENTS, CANARY, account, alias, answer, events_in_journal, group, hook_event, start, status, target_of,
    wait_for,
)


def test_alias_moves_when_deployed_all_at_once(account):
    _, function, deploy = account
    group(deploy)
    id = start(deploy)
    assert status(deploy, id, "Succeeded", "Failed") == "Succeeded"
    assert alias(function) == ("2", {})
    info = deploy.get_deployment(deploymentId=id)["deploymentInfo"]
    assert info["computePlatform"] == "Lambda" and info["creator"] == "user"
    assert "content" not in info["revision"]["appSpecContent"] or info["revision"]["appSpecContent"]["content"] is None
    asked = appspec("1", "2")["appSpecContent"]["content"]
    assert info["revision"]["appSpecContent"]["sha256"] == hashlib.sha256(asked.encode()).hexdigest()
    for revision in (info["revision"], appspec("1", "2")):
        full = deploy.get_application_revision(applicationName="app", revision=revision)
        assert full["revision"]["appSpecContent"]["content"] == asked


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
    event = hook_event(twin)
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
    event = hook_event(twin)
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
    # OK by now, perhaps: the traffic is whole again. What counts is that it fired before the deployment ended.
    history = metrics.describe_alarm_history(AlarmName="canary-errors", HistoryItemType="StateUpdate")
    fired = [item for item in history["AlarmHistoryItems"] if item["HistorySummary"].endswith("to ALARM")]
    assert [info["createTime"] < item["Timestamp"] <= info["completeTime"] for item in fired] == [True]


def test_steps_are_as_configured_when_the_shift_is_linear(account):
    _, function, deploy = account
    routing = {"type": "TimeBasedLinear", "timeBasedLinear": {"linearPercentage": 40, "linearInterval": 2}}
    deploy.create_deployment_config(
        deploymentConfigName="forty", computePlatform="Lambda", trafficRoutingConfig=routing
    )
    group(deploy, configuration="forty")
    id, steps = start(deploy), []
    while steps[-1:] != [("2", {})]:
        if (seen := alias(function)) not in steps[-1:]:
            steps.append(seen)
        assert len(steps) < 5, steps
    assert steps[-3:] == [("1", {"2": 0.4}), ("1", {"2": 0.8}), ("2", {})]
    assert status(deploy, id, "Succeeded", "Failed") == "Succeeded"


def test_both_hooks_are_asked_in_their_order_when_both_are_set(account):
    twin, function, deploy = account
    group(deploy)
    id = start(deploy, BeforeAllowTraffic="hook", AfterAllowTraffic="hook")
    before = hook_event(twin, 1)
    assert alias(function) == ("1", {})
    answer(deploy, before, "Succeeded")
    after = hook_event(twin, 2)
    assert alias(function) == ("2", {})
    assert before["LifecycleEventHookExecutionId"] != after["LifecycleEventHookExecutionId"]
    answer(deploy, after, "Succeeded")
    assert status(deploy, id, "Succeeded", "Failed") == "Succeeded"
    assert events_in_journal(twin, id) == [
        (name, state, None)
        for name in ("BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic")
        for state in ("InProgress", "Succeeded")
    ]


@pytest.mark.parametrize("hook", ["hook:1", "arn:aws:lambda:eu-west-1:123456789012:function:hook:1"])
def test_the_named_version_of_the_hook_runs_when_the_appspec_names_one(account, hook):
    twin, function, deploy = account
    publish(function, name="hook", BUILD="1")
    publish(function, name="hook", BUILD="2")
    group(deploy)
    id = start(deploy, BeforeAllowTraffic=hook)
    answer(deploy, hook_event(twin), "Succeeded")
    assert {line["version"] for line in twin.read("logs/hook")} == {"1"}
    assert status(deploy, id, "Succeeded", "Failed") == "Succeeded"
