"""What the tests of the runbook share: an account in which a gated release runs, with our own functions."""

import json
import re
import subprocess

from conftest import PROGRAMS, ROOT
from deploying import ALL_EVENTS, Longer, wait_for
from pipelines import Anything, kind
from test_cli import AWS

PIPELINE, BACKEND = "manuel-backend-pipeline", "manuel-prod-backend"
SHIFT, ROLLBACK = "manuel-prod-traffic-shift", "manuel-prod-alarm-rollback"
APPLICATION, GROUP, GUARD = "manuel-prod", "manuel-prod-backend-live", "manuel-prod-canary-breach"
RUNBOOK = (ROOT / "docs/runbook.md").read_text()
COMMANDS = [
    (section.splitlines()[0].removeprefix("## "), block)
    for section in re.split(r"^(?=## )", RUNBOOK, flags=re.MULTILINE)
    for block in re.findall(r"^```sh\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
]
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:"


def function(twin, name, program, **variables):
    """A built program as a function. The bucket `file` is the twin's way to code of this computer."""
    twin.client("lambda").create_function(
        FunctionName=name, Runtime="provided.al2023", Role=f"arn:aws:iam::123456789012:role/{name}", Handler="bootstrap",
        Code={"S3Bucket": "file", "S3Key": str(PROGRAMS / program)}, Timeout=60, Environment={"Variables": variables},
    )


def job(name, order, **parameters):
    common = {"execution": "#{codepipeline.PipelineExecutionId}", "function": BACKEND, "alias": "live"}
    return {
        "name": name, "namespace": name, "runOrder": order, "actionTypeId": kind("Invoke", "Lambda"),
        "configuration": {"FunctionName": SHIFT, "UserParameters": json.dumps(common | parameters)},
    }


def shift(name, order, step, percent):
    # Nobody sends requests: after a minute the verdict is inconclusive, and a person decides.
    return job(name, order, action="shift", candidate="2", step=step, percent=percent, bakeMinutes=1, maxBakeMinutes=1,
               hotfix="#{variables.Hotfix}")


def approval(name, namespace):
    shown = f"#{{{namespace}.verdict}}: #{{{namespace}.reason}}"
    return {"name": name, "actionTypeId": kind("Approval", "Manual"), "timeoutInMinutes": 120, "configuration": {"CustomData": shown}}


def declaration():
    source = {
        "name": "SourceAction", "namespace": "Source", "outputArtifacts": [{"name": "code"}],
        "actionTypeId": kind("Source", "S3"), "configuration": {"S3Bucket": "code", "S3ObjectKey": "code.zip"},
    }
    promote = job("Promote", 1, action="promote", candidate="2", deploymentConfig="CodeDeployDefault.LambdaAllAtOnce",
                  hotfix="#{variables.Hotfix}")
    stages = {
        "Source": [source],
        "DeployCanary": [job("Acquire", 1, action="acquire"), shift("Canary10", 2, 1, 10)],
        "CanaryApproval": [approval("CanaryApproval", "Canary10")],
        "ExpandCanary": [shift("Canary50", 1, 2, 50)],
        "FinalApproval": [approval("FinalApproval", "Canary50")],
        "DeployProd": [promote, job("Watch", 2, action="watch", candidate="2", minutes=30)],
    }
    return {
        "name": PIPELINE, "roleArn": "arn:aws:iam::123456789012:role/pipeline", "pipelineType": "V2", "executionMode": "QUEUED",
        "artifactStore": {"type": "S3", "location": "artifacts"}, "variables": [{"name": "Hotfix", "defaultValue": "false"}],
        "stages": [{"name": name, "actions": actions} for name, actions in stages.items()],
    }


class Account:
    """A twin with a function behind `live`, the functions that move it, and a pipeline that releases version 2."""

    def __init__(self, start_twin, folder):
        self.twin = start_twin("--rate", "120", "--stand-in", "S3", "--no-first-execution")
        self.folder = folder
        for service in ("lambda", "codedeploy", "codepipeline", "cloudwatch", "events"):
            setattr(self, service.replace("lambda", "functions"), self.twin.client(service))
        common = {"CODEDEPLOY_APPLICATION": APPLICATION, "CODEDEPLOY_GROUP": GROUP, "GUARD_ALARMS": GUARD, "PIPELINE": PIPELINE,
                  "ROLLOUT_STAGES": "DeployProd"}
        function(self.twin, SHIFT, "traffic-shift", **common)
        function(self.twin, ROLLBACK, "alarm-rollback", LIVE_ALIAS=f"{BACKEND}:live", **common)
        function(self.twin, BACKEND, "backend", BUILD_ID="1")
        self.functions.publish_version(FunctionName=BACKEND)
        self.functions.update_function_configuration(FunctionName=BACKEND, Environment={"Variables": {"BUILD_ID": "2"}})
        self.functions.publish_version(FunctionName=BACKEND)
        self.functions.create_alias(FunctionName=BACKEND, Name="live", FunctionVersion="1")
        self.codedeploy.create_application(applicationName=APPLICATION, computePlatform="Lambda")
        self.codedeploy.create_deployment_group(
            applicationName=APPLICATION, deploymentGroupName=GROUP, serviceRoleArn="arn:aws:iam::123456789012:role/codedeploy",
            autoRollbackConfiguration={"enabled": True, "events": ALL_EVENTS},
        )
        self.cloudwatch.put_metric_alarm(
            AlarmName=GUARD, Namespace="Delivery/Canary", MetricName="Breach", Statistic="Maximum", Period=60, EvaluationPeriods=1,
            Threshold=0, ComparisonOperator="GreaterThanThreshold", TreatMissingData="notBreaching",
        )
        for name, pattern in PATTERNS.items():
            self.events.put_rule(Name=name, EventPattern=json.dumps(pattern))
            self.events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": ARN + ROLLBACK}])
        self.codepipeline.create_pipeline(pipeline=declaration())
        self.used = set()

    def run(self, heading, number=0):
        """Runs a block of the runbook as printed, after the one with the names."""
        blocks = [block for title, block in COMMANDS if title == heading]
        [names] = [block for title, block in COMMANDS if block.startswith("export PIPELINE=")]
        environment = self.twin.environment()
        environment["PATH"] = f"{AWS.rpartition('/')[0]}:{environment['PATH']}"
        words = ["bash", "-euo", "pipefail", "-c", names + blocks[number]]
        done = subprocess.run(words, env=environment, cwd=self.folder, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self):
        return self.codepipeline.start_pipeline_execution(name=PIPELINE)["pipelineExecutionId"]

    def to_approval(self, stage="CanaryApproval"):
        return wait_for(lambda: self.token(stage), Anything())

    def token(self, stage):
        states = self.codepipeline.get_pipeline_state(name=PIPELINE)["stageStates"]
        [found] = [state for state in states if state["stageName"] == stage]
        return found["actionStates"][0].get("latestExecution", {}).get("token")

    def approve(self, stage):
        self.codepipeline.put_approval_result(
            pipelineName=PIPELINE, stageName=stage, actionName=stage, token=self.to_approval(stage),
            result={"status": "Approved", "summary": "by a test"},
        )

    def ends(self, execution, *wanted):
        def status():
            answer = self.codepipeline.get_pipeline_execution(pipelineName=PIPELINE, pipelineExecutionId=execution)
            return answer["pipelineExecution"]["status"]

        return wait_for(status, wanted)

    def alias(self):
        answer = self.functions.get_alias(FunctionName=BACKEND, Name="live")
        return answer["FunctionVersion"], answer.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})

    def serves(self, version):
        wait_for(lambda: [self.alias()], [[(version, {})]])

    def told(self, count=1):
        events = lambda: [event for event in self.twin.read("events") if event["detail-type"] == "delivery.rollback"]  # noqa: E731
        return wait_for(events, Longer(count))


PATTERNS = {
    "alarms": {"source": ["aws.cloudwatch"], "detail": {"alarmName": [GUARD], "state": {"value": ["ALARM"]}}},
    "approvals": {"source": ["aws.codepipeline"], "detail": {"state": ["FAILED", "STARTED"], "type": {"category": ["Approval"]}}},
    "stages": {"source": ["aws.codepipeline"], "detail-type": ["CodePipeline Stage Execution State Change"],
               "detail": {"state": ["FAILED", "STOPPED"]}},
    "executions": {"source": ["aws.codepipeline"], "detail-type": ["CodePipeline Pipeline Execution State Change"],
                   "detail": {"state": ["STOPPED", "SUPERSEDED", "CANCELED"]}},
    "deployments": {"source": ["aws.codedeploy"], "detail": {"application": [APPLICATION]}},
}
