"""The sample events and the rules of both templates: who gets what.

Two matchers that know nothing of each other are asked: moto's, and the twin's, with which releases are rehearsed.
"""

import json
import pathlib
import re

import pytest
from environments import ROOT, environment, pipeline
from moto.events.models import EventPattern

SCHEDULES = {"CanaryJudgeEachMinute", "AlarmRollbackEachMinute"}
# Each rule and the samples that it is meant for. A sample that is not here must reach nobody.
MEANT = {
    "AlarmRollbackGuardAlarm": {"alarm/metric-fires", "alarm/fires-without-timestamp"},
    "AlarmRollbackApproval": {
        "codepipeline-events/approval-rejected", "codepipeline-events/approval-asked",
    },
    "AlarmRollbackStageEnded": {"codepipeline-events/stage-failed"},
    "AlarmRollbackExecutionEnded": {
        "codepipeline-events/pipeline-stopped", "codepipeline-events/pipeline-superseded",
    },
    "AlarmRollbackDeployment": {
        f"codedeploy-events/{name}"
        for name in ("started", "succeeded", "failed", "stopped", "failed-without-instance-group")
    },
    "PipelineFailed": {"codepipeline-events/pipeline-failed"},
    "PushStartsPipeline": {"codecommit/branch-updated"},
}
# Names that are none of ours on purpose: composite alarms (the guard has none), another group.
FOREIGN = {"manuel-prod-guard", "manuel-prod-maintenance", "manuel-prod-other-live"}


def samples():
    """What could come from EventBridge, by folder and name; requests and the notifications' envelope are none of it."""
    found = {}
    for path in sorted((ROOT / "events").glob("*/*.json")):
        event = json.loads(path.read_text())
        if {"source", "detail-type", "detail", "id"} <= set(event) and not path.name.startswith("invalid-"):
            found[f"{path.parent.name}/{path.stem}"] = event
    return found


def rules(change=None):
    stacks = [environment("production", change), pipeline(SourceProvider="CodeCommit")]
    return {name: rule["Properties"] for stack in stacks for name, rule in stack.of("AWS::Events::Rule").items()}


def patterns(change=None):
    return {name: rule["EventPattern"] for name, rule in rules(change).items() if "EventPattern" in rule}


def problems(matches, change=None):
    """What is wrong with who gets what. `matches`: (pattern, event) -> whether."""
    events, told = samples(), []
    for rule, pattern in patterns(change).items():
        got = {name for name, event in events.items() if matches(pattern, event)}
        told += [f"{rule} does not get {name}" for name in sorted(MEANT[rule] - got)]
        told += [f"{rule} gets {name}" for name in sorted(got - MEANT[rule])]
    return told


def by_moto(pattern, event):
    return EventPattern(json.dumps(pattern), pattern).matches_event(event)


def detail(template, event):
    return template["Resources"]["AlarmRollback"]["Properties"]["Events"][event]["Properties"]["Pattern"]["detail"]


def test_table_names_every_rule_and_only_samples_that_exist():
    assert set(patterns()) == set(MEANT)
    assert {name for name, rule in rules().items() if "ScheduleExpression" in rule} == SCHEDULES
    assert set().union(*MEANT.values()) <= set(samples())
    assert len(samples()) >= 30, "the search does not find the samples"


def test_rules_get_the_samples_they_are_meant_for_and_no_other_when_moto_matches():
    assert problems(by_moto) == []


def test_rules_get_the_same_samples_when_the_twin_matches(twin_events):
    def by_twin(pattern, event):
        answer = twin_events.test_event_pattern(EventPattern=json.dumps(pattern), Event=json.dumps(event))
        return answer["Result"]

    assert problems(by_twin) == []


@pytest.mark.parametrize(("change", "said"), [
    (lambda t: detail(t, "GuardAlarm")["alarmName"].pop(0), "GuardAlarm does not get alarm/metric-fires"),
    (lambda t: detail(t, "GuardAlarm").pop("state"), "GuardAlarm gets alarm/metric-recovers"),
    (lambda t: detail(t, "Approval").pop("stage"), "Approval gets codepipeline-events/approval-before-the-rollout"),
    (lambda t: detail(t, "StageEnded").update(state=["failed"]), "StageEnded does not get"),
    (lambda t: detail(t, "ExecutionEnded").update(state=["STOPPING"]), "ExecutionEnded gets"),
    (lambda t: detail(t, "Deployment").pop("deploymentGroup"), "Deployment gets codedeploy-events/failed-of-another"),
])
def test_problem_is_told_when_a_rule_is_changed(change, said):
    assert any(said in problem for problem in problems(by_moto, change))


def names_in(stacks):
    """Names of everything that the stacks create, ARNs included."""
    found = {"manuel"}
    for stack in stacks:
        for logical in stack.resources:
            found.add(stack.resolver.name(logical))
    return found


def test_samples_name_only_what_production_has():
    known = names_in([environment("production"), pipeline(SourceProvider="CodeCommit")])
    folders = ("alarm", "codecommit", "codedeploy-events", "codepipeline", "codepipeline-events", "eventbridge", "rollback")
    unknown = set()
    for folder in folders:
        for path in (ROOT / "events" / folder).glob("*.json"):
            for name in re.findall(r"manuel[\w-]*", path.read_text()):
                if name not in known | FOREIGN:
                    unknown.add(f"{folder}/{path.stem}: {name}")
    assert unknown == set()


def test_stages_and_actions_in_samples_are_those_of_the_pipeline():
    stages = pipeline().properties("Pipeline")["Stages"]
    actions = {stage["Name"]: {action["Name"] for action in stage["Actions"]} for stage in stages}
    for path in sorted(pathlib.Path(ROOT / "events/codepipeline-events").glob("*.json")):
        found = json.loads(path.read_text())["detail"]
        if "stage" in found:
            assert found["stage"] in actions, path.name
            assert found.get("action") in actions[found["stage"]] | {None}, path.name
