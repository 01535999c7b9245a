"""How deployments end that do not succeed: refused, stopped by an alarm, rolled back; through boto3."""

import threading

from botocore.exceptions import ClientError
from deploying import (
    ALL_EVENTS, CANARY, account, alias, answer, events_in_journal, group, hook_event, info_of, start, status,
    wait_for,
)


def refused(deploy, **versions):
    """Starts a deployment that must be refused; answers why."""
    id = start(deploy, **versions, BeforeAllowTraffic="hook")
    assert status(deploy, id, "Succeeded", "Failed") == "Failed"
    info = info_of(deploy, id)
    assert info["errorInformation"]["code"] == "INVALID_LAMBDA_CONFIGURATION"
    assert "rollbackDeploymentId" not in info["rollbackInfo"]
    # One deployment per group at a time: had there been a rollback after all, it would be listed.
    listed = deploy.list_deployments(applicationName="app", deploymentGroupName="group")["deployments"]
    assert listed[0] == id
    return info["errorInformation"]["message"]


def test_alias_stays_as_it_is_when_a_deployment_is_refused(account):
    twin, function, deploy = account
    group(deploy, events=ALL_EVENTS)
    assert "points to version 1, not to 2" in refused(deploy, current="2", target="1")
    assert "function:sample:9" in refused(deploy, current="1", target="9")
    assert alias(function) == ("1", {})
    split = {"AdditionalVersionWeights": {"2": 0.1}}
    function.update_alias(FunctionName="sample", Name="live", RoutingConfig=split)
    for _ in range(2):
        assert "clear its routing configuration" in refused(deploy)
        assert alias(function) == ("1", {"2": 0.1})
    assert twin.read("logs/hook") == []
    # The way out is a hand on the alias.
    function.update_alias(FunctionName="sample", Name="live", RoutingConfig={"AdditionalVersionWeights": {}})
    assert status(deploy, start(deploy), "Succeeded", "Failed") == "Succeeded"


def test_old_version_serves_again_when_the_hook_after_the_traffic_fails(account):
    twin, function, deploy = account
    group(deploy, events=ALL_EVENTS)
    id = start(deploy, AfterAllowTraffic="hook")
    event = hook_event(twin)
    assert alias(function) == ("2", {})
    answer(deploy, event, "Failed")
    assert status(deploy, id, "Succeeded", "Failed") == "Failed"
    rollback = info_of(deploy, id)["rollbackInfo"]["rollbackDeploymentId"]
    again = hook_event(twin, 2)
    assert again["DeploymentId"] == rollback
    answer(deploy, again, "Succeeded")
    assert status(deploy, rollback, "Succeeded", "Failed") == "Succeeded"
    assert alias(function) == ("1", {})


def test_journal_tells_every_step_when_the_hook_fails(account):
    twin, _, deploy = account
    group(deploy)
    id = start(deploy, BeforeAllowTraffic="hook")
    answer(deploy, hook_event(twin), "Failed")
    assert status(deploy, id, "Succeeded", "Failed") == "Failed"
    assert events_in_journal(twin, id) == [
        ("BeforeAllowTraffic", "InProgress", None),
        ("BeforeAllowTraffic", "Failed", "the hook reported Failed"),
        ("AllowTraffic", "Skipped", "the deployment ended before"),
        ("AfterAllowTraffic", "Skipped", "the deployment ended before"),
    ]


def test_rollback_is_there_when_a_poller_sees_the_end_and_others_want_to_deploy(account):
    _, _, deploy = account
    group(deploy, events=ALL_EVENTS)
    over, refusals, started, incomplete = threading.Event(), set(), [], []

    def deploy_at_every_chance():
        while not over.is_set():
            try:
                # A hook that does not exist: the deployment fails at once, and has a rollback.
                id = start(deploy, BeforeAllowTraffic="missing")
            except ClientError as error:
                refusals.add(error.response["Error"]["Code"])
                continue
            while (info := info_of(deploy, id))["status"] not in ("Succeeded", "Failed"):
                pass
            started.append(id)
            if info["status"] != "Failed" or "rollbackDeploymentId" not in info["rollbackInfo"]:
                incomplete.append(info)

    threads = [threading.Thread(target=deploy_at_every_chance) for _ in range(4)]
    for thread in threads:
        thread.start()
    wait_for(lambda: len(started) >= 40, [True])
    over.set()
    for thread in threads:
        thread.join()
    assert incomplete == []
    assert refusals <= {"DeploymentLimitExceededException"}


def test_nothing_is_rolled_back_when_an_alarm_fires_already_at_the_start(account):
    twin, function, deploy = account
    metrics = twin.client("cloudwatch")
    metrics.put_metric_alarm(
        AlarmName="firing", Namespace="Test", MetricName="Silence", Statistic="Sum", Period=60, EvaluationPeriods=1,
        Threshold=1, ComparisonOperator="LessThanThreshold", TreatMissingData="breaching",
    )
    wait_for(lambda: metrics.describe_alarms(AlarmNames=["firing"])["MetricAlarms"][0]["StateValue"], ["ALARM"])
    group(deploy, events=ALL_EVENTS, alarms=["firing"], configuration=CANARY)
    id = start(deploy, BeforeAllowTraffic="hook")
    assert status(deploy, id, "Succeeded", "Failed", "Stopped") == "Stopped"
    info = info_of(deploy, id)
    assert info["errorInformation"] == {"code": "ALARM_ACTIVE", "message": "alarm firing is in ALARM"}
    assert info["createTime"] <= info["startTime"] <= info["completeTime"]
    assert "rollbackDeploymentId" not in info["rollbackInfo"]
    assert alias(function) == ("1", {})
    assert twin.read("logs/hook") == []


def test_deployment_goes_on_when_its_alarm_does_not_exist(account):
    _, function, deploy = account
    group(deploy, alarms=["absent"])
    assert status(deploy, start(deploy), "Succeeded", "Failed", "Stopped") == "Succeeded"
    assert alias(function) == ("2", {})
