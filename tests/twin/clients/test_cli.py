"""The AWS CLI drives a whole deployment, command by command as a person would type them."""

import json
import subprocess
import time

import pytest
from conftest import ROOT, appspec

AWS = str(ROOT / ".venv/bin/aws") if (ROOT / ".venv/bin/aws").exists() else "aws"


@pytest.fixture
def aws(twin, code, tmp_path):
    (tmp_path / "function.zip").write_bytes(code)

    def run(*words, fails=False):
        done = subprocess.run(
            [AWS, *words], env=twin.environment(), cwd=tmp_path, capture_output=True, text=True, timeout=60
        )
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        if fails:
            return done.stderr
        return json.loads(done.stdout) if done.stdout.strip().startswith(("{", "[")) else done.stdout

    run.folder = tmp_path
    return run


def publish(aws):
    aws("lambda", "create-function", "--function-name", "sample", "--runtime", "provided.al2023", "--handler", "bootstrap",
        "--role", "arn:aws:iam::123456789012:role/sample", "--zip-file", "fileb://function.zip")
    aws("lambda", "wait", "function-active", "--function-name", "sample")
    aws("lambda", "publish-version", "--function-name", "sample")
    aws("lambda", "update-function-configuration", "--function-name", "sample", "--environment", "Variables={BUILD=2}")
    aws("lambda", "wait", "function-updated", "--function-name", "sample")
    aws("lambda", "publish-version", "--function-name", "sample")
    aws("lambda", "create-alias", "--function-name", "sample", "--name", "live", "--function-version", "1")


def deploy(aws):
    aws("deploy", "create-application", "--application-name", "app", "--compute-platform", "Lambda")
    aws("deploy", "create-deployment-group", "--application-name", "app", "--deployment-group-name", "group",
        "--deployment-config-name", "CodeDeployDefault.LambdaCanary10Percent15Minutes",
        "--service-role-arn", "arn:aws:iam::123456789012:role/deploy",
        "--auto-rollback-configuration", "enabled=true,events=DEPLOYMENT_FAILURE,DEPLOYMENT_STOP_ON_REQUEST")
    (aws.folder / "revision.json").write_text(json.dumps(appspec("1", "2")))
    return aws("deploy", "create-deployment", "--application-name", "app", "--deployment-group-name", "group",
               "--revision", "file://revision.json")["deploymentId"]


def alias(aws):
    return aws("lambda", "get-alias", "--function-name", "sample", "--name", "live")


def test_canary_is_stopped_and_rolled_back_when_the_operator_says_so(aws):
    publish(aws)
    id = deploy(aws)
    assert aws("deploy", "get-deployment", "--deployment-id", id)["deploymentInfo"]["status"] == "InProgress"
    assert alias(aws)["RoutingConfig"]["AdditionalVersionWeights"] == {"2": 0.1}
    aws("lambda", "invoke", "--function-name", "sample:live", "answer.json")
    assert json.loads((aws.folder / "answer.json").read_text())["version"] in ("1", "2")
    stopped = aws("deploy", "stop-deployment", "--deployment-id", id, "--auto-rollback-enabled")
    assert stopped["status"] == "Pending"
    end = time.monotonic() + 30
    while aws("deploy", "list-deployments", "--application-name", "app", "--deployment-group-name", "group",
              "--include-only-statuses", "Succeeded")["deployments"] == []:
        assert time.monotonic() < end, "no rollback deployment succeeded"
    assert aws("deploy", "get-deployment", "--deployment-id", id)["deploymentInfo"]["status"] == "Stopped"
    assert alias(aws)["FunctionVersion"] == "1" and "RoutingConfig" not in alias(aws)


def test_metrics_and_alarms_answer_when_asked_on_the_command_line(aws):
    publish(aws)
    aws("lambda", "invoke", "--function-name", "sample:live", "answer.json")
    names = {m["MetricName"] for m in aws("cloudwatch", "list-metrics", "--namespace", "AWS/Lambda")["Metrics"]}
    assert {"Invocations", "Errors", "Duration", "Throttles"} <= names
    aws("cloudwatch", "put-metric-data", "--namespace", "Own", "--metric-name", "Things", "--value", "3")
    aws("cloudwatch", "put-metric-alarm", "--alarm-name", "things", "--namespace", "Own", "--metric-name", "Things",
        "--statistic", "Sum", "--period", "60", "--evaluation-periods", "1", "--threshold", "2",
        "--comparison-operator", "GreaterThanThreshold")
    end = time.monotonic() + 30
    while aws("cloudwatch", "describe-alarms", "--alarm-names", "things")["MetricAlarms"][0]["StateValue"] != "ALARM":
        assert time.monotonic() < end, "the alarm did not fire"
    assert "not implement" in aws("cloudwatch", "put-dashboard", "--dashboard-name", "x", "--dashboard-body", "{}", fails=True)
    assert "not implement" in aws("deploy", "list-on-premises-instances", fails=True)


def test_unknown_deployment_is_named_when_asked_for(aws):
    assert "d-UNKNOWN00" in aws("deploy", "get-deployment", "--deployment-id", "d-UNKNOWN00", fails=True)
