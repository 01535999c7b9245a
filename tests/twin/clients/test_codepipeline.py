"""CodePipeline through boto3 and the AWS CLI: jobs with continuations, approvals, queues, and what an operator does."""

import json
import subprocess

import boto3
import pytest
from botocore.exceptions import ClientError
from deploying import refusal, wait_for
from pipelines import (
    APPROVAL, PIPELINE, STAGE, Anything, account, decide, declaration, execution, fail, inbound, job, last_run, stage, start,
    status, succeed, token,
)
from test_cli import AWS

UNKNOWN = "00000000-0000-0000-0000-000000000000"


def to_approval(twin, pipelines, number=1):
    """Brings an execution to its approval."""
    succeed(pipelines, job(twin, number), outputVariables={"verdict": "healthy"})
    return token(pipelines)


def test_execution_succeeds_when_its_job_continues_twice_and_a_person_approves(start_twin, code):
    twin, pipelines = account(start_twin, code)
    id = start(pipelines, variables=[{"name": "Hotfix", "value": "true"}])
    jobs = [job(twin, 1)]
    data = jobs[0]["data"]
    assert jobs[0]["accountId"] == "123456789012" and "continuationToken" not in data
    assert json.loads(data["actionConfiguration"]["configuration"]["UserParameters"]) == {"percent": 10, "hotfix": "true"}
    assert set(data["artifactCredentials"]) == {"accessKeyId", "secretAccessKey", "sessionToken", "expirationTime"}
    for step in ("first", "second"):
        details = {"summary": step, "percentComplete": 50, "externalExecutionId": "x"}
        succeed(pipelines, jobs[-1], continuationToken=step, executionDetails=details)
        run = last_run(pipelines, "Shift")
        assert (run["status"], run["summary"], run["percentComplete"]) == ("InProgress", step, 50)
        jobs.append(job(twin, len(jobs) + 1))
        assert jobs[-1]["data"]["continuationToken"] == step
    assert len({one["id"] for one in jobs}) == 3
    assert refusal(pipelines.put_job_success_result, jobId=jobs[0]["id"]) == "InvalidJobStateException"
    succeed(pipelines, jobs[-1], outputVariables={"verdict": "healthy"})
    assert decide(pipelines, token(pipelines), "Approved", "good numbers")["approvedAt"]
    assert status(pipelines, id, "Succeeded")
    told = pipelines.list_action_executions(pipelineName=PIPELINE, filter={"pipelineExecutionId": id})
    person, ten, source = told["actionExecutionDetails"]
    assert person["input"]["resolvedConfiguration"]["CustomData"] == f"healthy in {id}"
    assert person["updatedBy"].startswith("arn:aws:iam::") and person["output"]["executionResult"]["externalExecutionSummary"] == "good numbers"
    assert ten["output"]["outputVariables"] == {"verdict": "healthy"} and ten["input"]["namespace"] == "Ten"
    assert source["startTime"] <= source["lastUpdateTime"] and source["output"]["outputVariables"]["CommitId"] == "0" * 40


def test_execution_fails_when_the_approval_is_rejected(start_twin, code):
    twin, pipelines = account(start_twin, code)
    id = start(pipelines)
    decide(pipelines, to_approval(twin, pipelines), "Rejected", "p95 is too high")
    status(pipelines, id, "Failed")
    run = last_run(pipelines, "Approve")
    assert (run["status"], run["errorDetails"]["message"]) == ("Failed", "p95 is too high") and "token" not in run
    assert stage(pipelines, "Approve")["latestExecution"] == {"pipelineExecutionId": id, "status": "Failed", "type": "STANDARD"}


def test_execution_fails_when_the_approval_expires(start_twin, code):
    twin, pipelines = account(start_twin, code, "--rate", "600", timeout=30)
    id = start(pipelines)
    asked = to_approval(twin, pipelines)
    status(pipelines, id, "Failed")
    assert "30 minutes" in last_run(pipelines, "Approve")["errorDetails"]["message"]
    with pytest.raises(ClientError) as error:
        decide(pipelines, asked, "Approved")
    assert error.value.response["Error"]["Code"] == "InvalidApprovalTokenException"


def test_answer_is_refused_when_it_comes_twice_or_names_something_wrong(start_twin, code):
    twin, pipelines = account(start_twin, code)
    start(pipelines)
    asked = to_approval(twin, pipelines)
    answer = APPROVAL | {"token": asked, "result": {"status": "Approved", "summary": ""}}
    for wrong, expected in [
        ({"token": UNKNOWN}, "InvalidApprovalTokenException"),
        ({"pipelineName": "other"}, "PipelineNotFoundException"),
        ({"stageName": "Other"}, "StageNotFoundException"),
        ({"actionName": "Other"}, "ActionNotFoundException"),
        ({"stageName": "Shift", "actionName": "Ten"}, "ActionNotFoundException"),
    ]:
        assert refusal(pipelines.put_approval_result, **answer | wrong) == expected, wrong
    pipelines.put_approval_result(**answer)
    assert refusal(pipelines.put_approval_result, **answer) == "ApprovalAlreadyCompletedException"


def test_approver_is_the_function_when_a_function_answers(start_twin, code):
    twin, pipelines = account(start_twin, code)
    start(pipelines)
    asked = to_approval(twin, pipelines)
    # As one of the twin's sandboxes would sign it.
    function = boto3.client(
        "codepipeline", endpoint_url=twin.endpoint, region_name="eu-west-1", aws_access_key_id="TWIN-rollback",
        aws_secret_access_key="any",
    )
    decide(function, asked, "Rejected")
    run = last_run(pipelines, "Approve")
    by = "arn:aws:sts::123456789012:assumed-role/rollback/rollback"
    assert (run["lastUpdatedBy"], run["summary"]) == (by, f"Rejected by {by}")


def test_approval_is_published_when_it_has_a_topic(start_twin, code):
    twin, pipelines = account(start_twin, code)
    topic = twin.client("sns").create_topic(Name="approvals")["TopicArn"]
    twin.client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="team@example.com")
    pipelines.update_pipeline(pipeline=declaration(topic=topic))
    id = start(pipelines)
    asked = to_approval(twin, pipelines)
    [mail] = wait_for(lambda: twin.read("inbox/approvals"), Anything())
    approval = json.loads(mail["message"])["approval"]
    assert approval["token"] == asked and approval["customData"] == f"healthy in {id}"
    assert [approval[key] for key in ("pipelineName", "stageName", "actionName")] == [PIPELINE, "Approve", "Person"]


def test_second_execution_waits_when_the_first_is_in_the_stage(start_twin, code):
    twin, pipelines = account(start_twin, code)
    first, second = start(pipelines), start(pipelines)
    wait_for(lambda: inbound(pipelines, "Shift"), [[second]])
    asked = to_approval(twin, pipelines)
    # The first waits for a person: the second is in Shift meanwhile, and then waits before the approval's stage.
    succeed(pipelines, job(twin, 2), outputVariables={"verdict": "healthy"})
    wait_for(lambda: inbound(pipelines, "Approve"), [[second]])
    assert last_run(pipelines, "Approve")["token"] == asked
    decide(pipelines, asked, "Approved")
    status(pipelines, first, "Succeeded")
    other = wait_for(lambda: last_run(pipelines, "Approve").get("token"), Anything())
    assert other != asked
    decide(pipelines, other, "Approved")
    status(pipelines, second, "Succeeded")


def test_failed_stage_runs_again_when_it_is_retried(start_twin, code):
    twin, pipelines = account(start_twin, code)
    id = start(pipelines)
    fail(pipelines, job(twin, 1))
    status(pipelines, id, "Failed")
    error = last_run(pipelines, "Shift")["errorDetails"]
    assert error == {"code": "JobFailed", "message": "worse than before"}
    again = STAGE | {"pipelineExecutionId": id, "retryMode": "FAILED_ACTIONS"}
    assert pipelines.retry_stage_execution(**again)["pipelineExecutionId"] == id
    decide(pipelines, to_approval(twin, pipelines, 2), "Approved")
    status(pipelines, id, "Succeeded")
    assert refusal(pipelines.retry_stage_execution, **again) == "StageNotRetryableException"
    assert refusal(pipelines.retry_stage_execution, **again | {"stageName": "None"}) == "StageNotFoundException"


def test_execution_stops_when_it_is_asked_to(start_twin, code):
    twin, pipelines = account(start_twin, code)
    waited, abandoned = start(pipelines), start(pipelines)
    first = job(twin, 1)
    stop = {"pipelineName": PIPELINE, "pipelineExecutionId": waited, "reason": "wrong ticket"}
    pipelines.stop_pipeline_execution(**stop)
    assert execution(pipelines, waited)["status"] == "Stopping"
    assert refusal(pipelines.stop_pipeline_execution, **stop) == "DuplicatedStopRequestException"
    succeed(pipelines, first)
    status(pipelines, waited, "Stopped")
    second = job(twin, 2)
    pipelines.stop_pipeline_execution(**stop | {"pipelineExecutionId": abandoned, "abandon": True})
    assert execution(pipelines, abandoned)["status"] == "Stopped"
    assert last_run(pipelines, "Shift")["status"] == "Abandoned"
    assert refusal(pipelines.put_job_success_result, jobId=second["id"]) == "InvalidJobStateException"
    assert refusal(pipelines.stop_pipeline_execution, **stop) == "PipelineExecutionNotStoppableException"


def test_execution_waits_when_the_transition_is_disabled(start_twin, code):
    twin, pipelines = account(start_twin, code)
    inbound_of = STAGE | {"transitionType": "Inbound"}
    pipelines.disable_stage_transition(**inbound_of, reason="Friday evening")
    id = start(pipelines)
    wait_for(lambda: inbound(pipelines, "Shift"), [[id]])
    state = stage(pipelines, "Shift")["inboundTransitionState"]
    assert (state["enabled"], state["disabledReason"]) == (False, "Friday evening") and state["lastChangedAt"]
    pipelines.enable_stage_transition(**inbound_of)
    assert job(twin, 1) and inbound(pipelines, "Shift") == []


def test_history_comes_in_pages_when_it_is_long(start_twin, code):
    twin, pipelines = account(start_twin, code)
    ids = [start(pipelines) for _ in range(3)]
    succeed(pipelines, job(twin, 1))
    job(twin, 2)
    first = pipelines.list_pipeline_executions(pipelineName=PIPELINE, maxResults=2)
    rest = pipelines.list_pipeline_executions(pipelineName=PIPELINE, maxResults=2, nextToken=first["nextToken"])
    listed = first["pipelineExecutionSummaries"] + rest["pipelineExecutionSummaries"]
    assert [one["pipelineExecutionId"] for one in listed] == ids[::-1] and "nextToken" not in rest
    assert listed[-1]["trigger"]["triggerType"] == "StartPipelineExecution" and listed[-1]["executionMode"] == "QUEUED"
    wait_for(lambda: pipelines.list_pipeline_executions(pipelineName=PIPELINE)["pipelineExecutionSummaries"][0]["sourceRevisions"], Anything())
    in_stage = {"succeededInStage": {"stageName": "Shift"}}
    passed = pipelines.list_pipeline_executions(pipelineName=PIPELINE, filter=in_stage)["pipelineExecutionSummaries"]
    assert [one["pipelineExecutionId"] for one in passed] == ids[:1]
    pages = pipelines.get_paginator("list_action_executions").paginate(pipelineName=PIPELINE, PaginationConfig={"PageSize": 2})
    assert sum(len(page["actionExecutionDetails"]) for page in pages) >= 5
    for call, arguments, code in [
        (pipelines.list_pipeline_executions, {"pipelineName": "other"}, "PipelineNotFoundException"),
        (pipelines.list_pipeline_executions, {"pipelineName": PIPELINE, "nextToken": "x"}, "InvalidNextTokenException"),
        (pipelines.list_action_executions, {"pipelineName": PIPELINE, "filter": {"pipelineExecutionId": UNKNOWN}}, "PipelineExecutionNotFoundException"),
        (pipelines.get_pipeline_execution, {"pipelineName": PIPELINE, "pipelineExecutionId": UNKNOWN}, "PipelineExecutionNotFoundException"),
    ]:
        assert refusal(call, **arguments) == code, arguments


def test_pipeline_gets_a_new_version_when_it_is_updated(start_twin, code):
    _, pipelines = account(start_twin, code)
    assert refusal(pipelines.create_pipeline, pipeline=declaration()) == "PipelineNameInUseException"
    changed = declaration(timeout=90)
    assert pipelines.update_pipeline(pipeline=changed)["pipeline"]["version"] == 2
    assert pipelines.get_pipeline(name=PIPELINE, version=1)["pipeline"]["stages"][2]["actions"][0]["timeoutInMinutes"] == 60
    now = pipelines.get_pipeline(name=PIPELINE)
    assert now["pipeline"]["stages"][2]["actions"][0]["timeoutInMinutes"] == 90
    assert now["metadata"]["pipelineArn"] == "arn:aws:codepipeline:eu-west-1:123456789012:release"
    assert refusal(pipelines.get_pipeline, name=PIPELINE, version=3) == "PipelineVersionNotFoundException"
    [listed] = pipelines.list_pipelines()["pipelines"]
    assert (listed["name"], listed["version"], listed["executionMode"]) == (PIPELINE, 2, "QUEUED")
    pipelines.delete_pipeline(name=PIPELINE)
    pipelines.delete_pipeline(name=PIPELINE)
    assert refusal(pipelines.get_pipeline, name=PIPELINE) == "PipelineNotFoundException"
    with pytest.raises(ClientError) as error:
        pipelines.list_action_types()
    assert "ListActionTypes" in str(error.value)


def test_first_execution_starts_when_a_pipeline_is_created(start_twin, code):
    twin = start_twin("--rate", "60")
    pipelines = twin.client("codepipeline")
    pipelines.create_pipeline(pipeline=declaration())
    [first] = pipelines.list_pipeline_executions(pipelineName=PIPELINE)["pipelineExecutionSummaries"]
    assert first["trigger"]["triggerType"] == "CreatePipeline"
    # Nobody plays the source here, and the action says so.
    status(pipelines, first["pipelineExecutionId"], "Failed")
    assert "stand-in" in last_run(pipelines, "Source")["errorDetails"]["message"]


def test_command_line_shows_and_answers_when_an_operator_uses_it(start_twin, code):
    twin, pipelines = account(start_twin, code)

    def aws(*arguments):
        command = [AWS, "codepipeline", *arguments, "--output", "json"]
        done = subprocess.run(command, env=twin.environment(), capture_output=True, text=True, check=True)
        return json.loads(done.stdout) if done.stdout.strip() else None

    id = aws("start-pipeline-execution", "--name", PIPELINE)["pipelineExecutionId"]
    asked = to_approval(twin, pipelines)
    states = aws("get-pipeline-state", "--name", PIPELINE)["stageStates"]
    assert states[2]["actionStates"][0]["latestExecution"]["token"] == asked
    names = ["--pipeline-name", PIPELINE, "--stage-name", "Approve", "--action-name", "Person"]
    aws("put-approval-result", *names, "--token", asked, "--result", 'summary="looks good",status=Approved')
    status(pipelines, id, "Succeeded")
    [one] = aws("list-pipeline-executions", "--pipeline-name", PIPELINE)["pipelineExecutionSummaries"]
    assert (one["status"], one["executionType"]) == ("Succeeded", "STANDARD")
    runs = aws("list-action-executions", "--pipeline-name", PIPELINE, "--filter", f"pipelineExecutionId={id}")
    assert runs["actionExecutionDetails"][0]["output"]["executionResult"]["externalExecutionSummary"] == "looks good"
