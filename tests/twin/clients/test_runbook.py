"""Every command of docs/runbook.md, as printed, by the AWS CLI, against a gated release of our own functions."""

import json

import pytest
from conftest import appspec
from deploying import wait_for
from pipelines import Anything
from releasing import APPLICATION, BACKEND, COMMANDS, GROUP, GUARD, PIPELINE, Account

SUFFER, APPROVE = "Customers suffer: take the new version back", "Approve or reject"
STAND, MAINTENANCE = "Where does the release stand?", "Maintenance"
# Blocks by heading and number; each has its test below.
TESTED = [(SUFFER, n) for n in range(3)] + [(APPROVE, n) for n in range(3)] + [(STAND, n) for n in range(2)] + [
    ("Release a fix while an alarm fires", 0), ("Return to an earlier commit", 0),
] + [(MAINTENANCE, n) for n in range(3)]


@pytest.fixture
def account(start_twin, tmp_path):
    return Account(start_twin, tmp_path)


def test_runbook_has_no_command_that_is_not_tested():
    titles = [title for title, block in COMMANDS if not block.startswith("export ")]
    assert sorted((title, titles[:n].count(title)) for n, title in enumerate(titles)) == sorted(TESTED)


def test_release_is_taken_back_when_the_operator_says_so_during_an_approval(account):
    execution = account.start()
    account.to_approval()
    assert account.alias() == ("1", {"2": 0.1})
    answer = json.loads(account.run(SUFFER, 0).splitlines()[-1])
    assert answer["outcome"] == "rolledBack", answer
    assert account.alias() == ("1", {})
    account.ends(execution, "Failed")
    [event] = account.told()
    assert event["detail"]["reason"] == "by hand: checkout answers 500 since the release"
    assert not account.token("CanaryApproval")


def test_release_is_taken_back_when_the_operator_says_so_after_the_promotion(account):
    execution = account.start()
    account.approve("CanaryApproval")
    account.approve("FinalApproval")
    account.serves("2")
    # The watch runs, or CodeDeploy is just about to be done: both are taken back.
    answer = json.loads(account.run(SUFFER, 0).splitlines()[-1])
    assert answer["outcome"] in ("waiting", "rolledBack"), answer
    account.serves("1")
    account.ends(execution, "Failed")
    assert len(account.told()) == 1


def test_nothing_is_taken_back_when_nothing_is_rolled_out(account):
    answer = json.loads(account.run(SUFFER, 0).splitlines()[-1])
    assert answer["outcome"] == "nothing" and "version 1" in answer["reason"], answer
    assert account.alias() == ("1", {})


def test_deployment_is_stopped_and_put_back_when_codedeploy_makes_the_last_step(account):
    document = json.loads(appspec("1", "2")["appSpecContent"]["content"].replace("sample", BACKEND))
    revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": json.dumps(document)}}
    created = account.codedeploy.create_deployment(
        applicationName=APPLICATION, deploymentGroupName=GROUP, revision=revision,
        deploymentConfigName="CodeDeployDefault.LambdaCanary10Percent30Minutes",
    )["deploymentId"]
    wait_for(lambda: [account.alias()], [[("1", {"2": 0.1})]])
    account.run(SUFFER, 1)
    account.serves("1")
    info = account.codedeploy.get_deployment(deploymentId=created)["deploymentInfo"]
    assert info["status"] == "Stopped" and info["rollbackInfo"]["rollbackDeploymentId"]


def test_alias_is_moved_by_hand_when_no_function_can_run(account):
    execution = account.start()
    account.to_approval()
    account.run(SUFFER, 2)
    assert account.alias() == ("1", {})
    # The rollout is still there, and is taken back when it is rejected.
    account.run(APPROVE, 2)
    account.ends(execution, "Failed")
    assert len(account.told()) == 1


def test_release_goes_on_when_it_is_approved(account):
    execution = account.start()
    account.to_approval()
    shown = json.loads(account.run(APPROVE, 0))
    assert [(stage, action) for stage, action, _ in shown] == [("CanaryApproval", "CanaryApproval")]
    assert shown[0][2].startswith("INCONCLUSIVE: ")
    account.run(APPROVE, 1)
    wait_for(lambda: [account.alias()], [[("1", {"2": 0.5})]])
    account.ends(execution, "InProgress")


def test_release_is_taken_back_when_it_is_rejected(account):
    execution = account.start()
    account.to_approval()
    account.run(APPROVE, 2)
    account.ends(execution, "Failed")
    [event] = account.told()
    assert "p95 doubled" in event["detail"]["reason"]
    assert account.alias() == ("1", {})


def test_release_can_be_looked_at(account):
    execution = account.start()
    account.to_approval()
    alias = json.loads(account.run(STAND, 0))
    rollout = json.loads(alias["Description"])
    assert (rollout["execution"], rollout["candidate"], rollout["stable"], rollout["step"]) == (execution, "2", "1", 1)
    printed = account.run(STAND, 1)
    assert "CanaryApproval" in printed and execution in printed


def test_fix_is_released_when_an_alarm_fires(account):
    account.cloudwatch.put_metric_alarm(
        AlarmName=GUARD, Namespace="Delivery/Canary", MetricName="Breach", Statistic="Maximum", Period=60,
        EvaluationPeriods=1, Threshold=0, ComparisonOperator="GreaterThanThreshold", TreatMissingData="breaching",
    )
    firing = lambda: [alarm["StateValue"] for alarm in account.cloudwatch.describe_alarms()["MetricAlarms"]]  # noqa: E731
    wait_for(firing, [["ALARM"]])
    account.ends(account.start(), "Failed")
    assert account.alias() == ("1", {})
    fix = json.loads(account.run("Release a fix while an alarm fires"))["pipelineExecutionId"]
    account.to_approval()
    assert account.alias() == ("1", {"2": 0.1})
    account.ends(fix, "InProgress")


def test_earlier_commit_is_released_again(account):
    first = account.start()
    account.approve("CanaryApproval")
    account.approve("FinalApproval")
    account.ends(first, "Succeeded")
    again = json.loads(account.run("Return to an earlier commit"))["pipelineExecutionId"]
    revisions = lambda: {  # noqa: E731
        run["pipelineExecutionId"]: run.get("sourceRevisions", [{}])[0].get("revisionId")
        for run in account.codepipeline.list_pipeline_executions(pipelineName=PIPELINE)["pipelineExecutionSummaries"]
    }
    wait_for(lambda: revisions().get(again), Anything())
    assert revisions()[again] == revisions()[first]


def test_transition_is_closed_and_opened_again(account):
    account.run(MAINTENANCE, 0)
    states = account.codepipeline.get_pipeline_state(name=PIPELINE)["stageStates"]
    assert all(state["inboundTransitionState"]["enabled"] for state in states if state["stageName"] == "DeployCanary")


def test_release_is_taken_back_when_its_execution_is_stopped(account):
    execution = account.start()
    account.to_approval()
    account.run(MAINTENANCE, 1)
    account.ends(execution, "Stopped")
    account.serves("1")
    assert len(account.told()) == 1


def test_rollback_is_drilled_when_the_alarm_is_set_by_hand(account):
    execution = account.start()
    account.to_approval()
    account.run(MAINTENANCE, 2)
    account.serves("1")
    account.ends(execution, "Failed")
    assert len(account.told()) == 1
