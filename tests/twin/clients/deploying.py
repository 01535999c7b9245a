"""What the tests of CodeDeploy share: an account with two versions, ways to start, watch and answer."""

import json
import time

import pytest
from botocore.exceptions import ClientError
from conftest import appspec, create_function, publish

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


def hook_event(twin, number=1):
    """The event that CodeDeploy sent to the hook, out of the hook's log; `number` counts the events of a test."""

    def seen():
        lines = (line["line"] for line in twin.read("logs/hook"))
        return [json.loads(line)["seen"] for line in lines if line.startswith('{"seen"')]

    return wait_for(seen, Longer(number))[number - 1]


class Longer:
    """Holds every list with at least so many elements."""

    def __init__(self, count):
        self.count = count

    def __contains__(self, elements):
        return len(elements) >= self.count


def answer(deploy, event, status):
    """Reports for the hook."""
    deploy.put_lifecycle_event_hook_execution_status(
        deploymentId=event["DeploymentId"],
        lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
        status=status,
    )


def info_of(deploy, id):
    return deploy.get_deployment(deploymentId=id)["deploymentInfo"]


def refusal(call, **arguments):
    """The error code of a call that must be refused."""
    with pytest.raises(ClientError) as error:
        call(**arguments)
    return error.value.response["Error"]["Code"]


def events_in_journal(twin, id):
    """Lifecycle events of one deployment: name, status and reason."""
    entries = (entry for entry in twin.read("journal") if entry.get("deployment") == id)
    return [(e["event"], e["status"], e["reason"]) for e in entries if e["kind"] == "lifecycle_event"]


def target_of(deploy, id):
    [target] = deploy.list_deployment_targets(deploymentId=id)["targetIds"]
    return deploy.batch_get_deployment_targets(deploymentId=id, targetIds=[target])["deploymentTargets"][0]["lambdaTarget"]
