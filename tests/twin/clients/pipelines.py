"""What the tests of CodePipeline share: a pipeline of one job and one approval, ways to start, watch and answer."""

import json

from conftest import create_function
from deploying import Longer, wait_for

PIPELINE = "release"
STAGE = {"pipelineName": PIPELINE, "stageName": "Shift"}
APPROVAL = {"pipelineName": PIPELINE, "stageName": "Approve", "actionName": "Person"}


def kind(category, provider):
    return {"category": category, "owner": "AWS", "provider": provider, "version": "1"}


def declaration(topic=None, mode="QUEUED", timeout=60):
    """Source, a job of the function `sample`, an approval that shows what the job found."""
    shown = {"CustomData": "#{Ten.verdict} in #{codepipeline.PipelineExecutionId}", "ExternalEntityLink": "https://example.com/report"}
    source = {
        "name": "Code", "namespace": "Source", "outputArtifacts": [{"name": "code"}],
        "actionTypeId": kind("Source", "S3"), "configuration": {"S3Bucket": "code", "S3ObjectKey": "code.zip"},
    }
    job = {
        "name": "Ten", "namespace": "Ten", "actionTypeId": kind("Invoke", "Lambda"),
        "configuration": {"FunctionName": "sample", "UserParameters": '{"percent": 10, "hotfix": "#{variables.Hotfix}"}'},
    }
    person = {
        "name": "Person", "actionTypeId": kind("Approval", "Manual"), "timeoutInMinutes": timeout,
        "configuration": shown | ({"NotificationArn": topic} if topic else {}),
    }
    return {
        "name": PIPELINE, "roleArn": "arn:aws:iam::123456789012:role/pipeline", "pipelineType": "V2",
        "executionMode": mode, "artifactStore": {"type": "S3", "location": "artifacts"},
        "variables": [{"name": "Hotfix", "defaultValue": "false"}],
        "stages": [
            {"name": "Source", "actions": [source]},
            {"name": "Shift", "actions": [job]},
            {"name": "Approve", "actions": [person]},
        ],
    }


def account(start_twin, code, *arguments, **settings):
    """A twin with the function and the pipeline, whose source is played by a stand-in."""
    twin = start_twin("--stand-in", "S3", "--no-first-execution", *(arguments or ("--rate", "60")))
    create_function(twin.client("lambda"), code)
    pipelines = twin.client("codepipeline")
    pipelines.create_pipeline(pipeline=declaration(**settings))
    return twin, pipelines


def start(pipelines, **settings):
    return pipelines.start_pipeline_execution(name=PIPELINE, **settings)["pipelineExecutionId"]


def execution(pipelines, id):
    return pipelines.get_pipeline_execution(pipelineName=PIPELINE, pipelineExecutionId=id)["pipelineExecution"]


def status(pipelines, id, *wanted):
    return wait_for(lambda: execution(pipelines, id)["status"], wanted)


def stage(pipelines, name):
    states = pipelines.get_pipeline_state(name=PIPELINE)["stageStates"]
    return next(state for state in states if state["stageName"] == name)


def last_run(pipelines, stage_name):
    """The last run of a stage's only action."""
    return stage(pipelines, stage_name)["actionStates"][0].get("latestExecution", {})


def inbound(pipelines, name):
    return [waiting["pipelineExecutionId"] for waiting in stage(pipelines, name).get("inboundExecutions", [])]


def job(twin, number):
    """The `number`th job that the function was given, out of its log."""

    def seen():
        lines = (line["line"] for line in twin.read("logs/sample"))
        events = [json.loads(line)["seen"] for line in lines if line.startswith('{"seen"')]
        return [event["CodePipeline.job"] for event in events]

    return wait_for(seen, Longer(number))[number - 1]


def succeed(pipelines, job, **details):
    pipelines.put_job_success_result(jobId=job["id"], **details)


def fail(pipelines, job):
    pipelines.put_job_failure_result(jobId=job["id"], failureDetails={"type": "JobFailed", "message": "worse than before"})


def token(pipelines):
    return wait_for(lambda: last_run(pipelines, "Approve").get("token"), Anything())


def decide(pipelines, token, decision, summary=""):
    return pipelines.put_approval_result(**APPROVAL, token=token, result={"status": decision, "summary": summary})


class Anything:
    """Holds everything that is there."""

    def __contains__(self, value):
        return bool(value)
