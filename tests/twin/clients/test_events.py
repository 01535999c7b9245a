"""EventBridge through boto3 and the AWS CLI: rules on alarms and deployments, own events, patterns, schedules."""

import json
import subprocess

import pytest
from conftest import create_function
from deploying import (  # noqa: F401 (account: a fixture)
    ALL_EVENTS, Longer, account, group, hook_event, info_of, refusal, start, status, wait_for,
)
from test_cli import AWS

FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:sample"
ALARMS = {"source": ["aws.cloudwatch"], "detail-type": ["CloudWatch Alarm State Change"]}


@pytest.fixture
def events(twin, code):
    """A function that tells what it gets."""
    create_function(twin.client("lambda"), code)
    return twin.client("events")


def rule(events, name, pattern, target=FUNCTION, **settings):
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": target, **settings}])


def seen(twin, count=1, function="sample"):
    """The events that a function got."""

    def lines():
        printed = (line["line"] for line in twin.read(f"logs/{function}"))
        return [json.loads(line)["seen"] for line in printed if line.startswith('{"seen"')]

    return wait_for(lines, Longer(count))


def alarm(cloudwatch, name="errors", **settings):
    cloudwatch.put_metric_alarm(
        AlarmName=name, Namespace="Own", MetricName="Errors", Dimensions=[{"Name": "Function", "Value": "sample"}],
        Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=2, ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching", **settings,
    )


def put(events, **detail):
    entry = {"Source": "mine", "DetailType": "Something", "Detail": json.dumps(detail)}
    return events.put_events(Entries=[entry])


def test_function_gets_the_alarm_when_a_rule_wants_it(twin, events):
    cloudwatch = twin.client("cloudwatch")
    rule(events, "alarms", ALARMS | {"detail": {"state": {"value": ["ALARM"]}}})
    alarm(cloudwatch, AlarmDescription="too many")
    cloudwatch.put_metric_data(Namespace="Own", MetricData=[
        {"MetricName": "Errors", "Value": 5, "Dimensions": [{"Name": "Function", "Value": "sample"}]}])
    [event] = seen(twin)
    assert event["resources"] == ["arn:aws:cloudwatch:eu-west-1:123456789012:alarm:errors"]
    detail = event["detail"]
    assert detail["state"]["reason"].startswith("Threshold Crossed: 1 out of the last 1 datapoints [5.0")
    assert json.loads(detail["state"]["reasonData"])["threshold"] == 2.0
    assert detail["previousState"]["value"] in ("OK", "INSUFFICIENT_DATA")
    [metric] = detail["configuration"]["metrics"]
    assert metric["metricStat"] == {
        "metric": {"namespace": "Own", "name": "Errors", "dimensions": {"Function": "sample"}}, "period": 60, "stat": "Sum"}
    assert detail["configuration"]["description"] == "too many"
    assert event in twin.read("events")


def test_function_gets_math_and_composite_alarms_when_a_hand_sets_them(twin, events):
    cloudwatch = twin.client("cloudwatch")
    rule(events, "alarms", ALARMS | {"detail": {"state": {"value": ["ALARM"]}, "alarmName": ["math", "both"]}})
    metric = {"Metric": {"Namespace": "Own", "MetricName": "Errors"}, "Period": 60, "Stat": "Sum"}
    cloudwatch.put_metric_alarm(
        AlarmName="math", EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold",
        Metrics=[{"Id": "e", "Expression": "FILL(m, 0)", "Label": "filled"},
                 {"Id": "m", "MetricStat": metric, "ReturnData": False}])
    cloudwatch.put_composite_alarm(AlarmName="both", AlarmRule="ALARM(math)")
    cloudwatch.set_alarm_state(AlarmName="math", StateValue="ALARM", StateReason="drill")
    by_name = {event["detail"]["alarmName"]: event["detail"] for event in seen(twin, 2)}
    assert by_name["math"]["state"]["reason"] == "drill" and "reasonData" not in by_name["math"]["state"]
    assert [m.get("expression") for m in by_name["math"]["configuration"]["metrics"]] == ["FILL(m, 0)", None]
    assert by_name["both"]["configuration"] == {"alarmRule": "ALARM(math)"}
    [triggering] = json.loads(by_name["both"]["state"]["reasonData"])["triggeringAlarms"]
    assert triggering["arn"].endswith(":alarm:math") and triggering["state"]["value"] == "ALARM"


def test_deployment_is_told_from_start_to_end(account):  # noqa: F811
    twin, function, deploy = account
    events = twin.client("events")
    rule(events, "ends", {"source": ["aws.codedeploy"], "detail": {"state": ["SUCCESS", "FAILURE", "STOP"]}})
    group(deploy, ALL_EVENTS)
    good = start(deploy)
    assert status(deploy, good, "Succeeded")
    bad = start(deploy, current="1", target="2")
    assert status(deploy, bad, "Failed")
    told = [(e["detail"]["deploymentId"], e["detail"]["state"]) for e in twin.read("events")]
    assert told == [(good, "START"), (good, "SUCCESS"), (bad, "START"), (bad, "FAILURE")]
    event = {e["detail"]["state"]: e for e in seen(twin, 2)}["FAILURE"]
    assert event["detail-type"] == "CodeDeploy Deployment State-change Notification"
    assert event["resources"] == [
        "arn:aws:codedeploy:eu-west-1:123456789012:deploymentgroup:app/group",
        "arn:aws:codedeploy:eu-west-1:123456789012:application:app"]
    assert set(event["detail"]) == {"region", "deploymentId", "instanceGroupId", "deploymentGroup", "application", "state"}


def test_stop_and_rollback_are_told_as_two_deployments(account):  # noqa: F811
    twin, _, deploy = account
    group(deploy, ALL_EVENTS)
    stopped = start(deploy, BeforeAllowTraffic="hook")
    hook_event(twin)
    deploy.stop_deployment(deploymentId=stopped, autoRollbackEnabled=True)
    rollback = wait_for(lambda: info_of(deploy, stopped).get("rollbackInfo", {}).get("rollbackDeploymentId"), Anything())
    hook_event(twin, 2)

    def told():
        return [(e["detail"]["deploymentId"], e["detail"]["state"]) for e in twin.read("events")]

    assert wait_for(told, Longer(3)) == [(stopped, "START"), (stopped, "STOP"), (rollback, "START")]


class Anything:
    """Holds all that is not nothing."""

    def __contains__(self, value):
        return bool(value)


def test_event_goes_to_every_enabled_rule_when_two_want_it(twin, events):
    rule(events, "one", {"source": ["mine"]}, Input='{"rule": "one"}')
    rule(events, "two", {"source": [{"prefix": "mi"}]}, Input='{"rule": "two"}')
    rule(events, "off", {"source": ["mine"]}, Input='{"rule": "off"}')
    events.disable_rule(Name="off")
    assert put(events, n=1)["FailedEntryCount"] == 0
    assert sorted(event["rule"] for event in seen(twin, 2)) == ["one", "two"]
    events.disable_rule(Name="one")
    events.disable_rule(Name="two")
    events.enable_rule(Name="off")
    put(events, n=2)
    assert sorted(event["rule"] for event in seen(twin, 3)) == ["off", "one", "two"]


def test_template_is_filled_when_the_target_has_one(twin, events):
    transformer = {"InputPathsMap": {"n": "$.detail.n", "who": "$.source"}, "InputTemplate": '{"n": <n>, "text": "<who>: <n>"}'}
    rule(events, "one", {"detail": {"n": [{"numeric": [">", 1]}]}}, InputTransformer=transformer)
    put(events, n=1)
    put(events, n=2)
    assert seen(twin) == [{"n": 2, "text": "mine: 2"}]


def test_failed_invocation_is_repeated_when_the_function_fails(twin, events):
    rule(events, "one", {"source": ["mine"]}, Input='{"fail": true}')
    put(events)
    assert seen(twin, 3) == [{"fail": True}] * 3


def test_version_is_invoked_when_the_target_names_it(twin, events):
    function = twin.client("lambda")
    function.publish_version(FunctionName="sample")
    function.create_alias(FunctionName="sample", Name="live", FunctionVersion="1")
    rule(events, "one", {"source": ["mine"]}, target=f"{FUNCTION}:live")
    put(events, n=1)
    assert seen(twin)[0]["detail"] == {"n": 1}
    assert {line["version"] for line in twin.read("logs/sample")} == {"1"}


def test_events_are_refused_one_by_one_when_they_pretend_to_be_of_aws(events):
    entry = {"DetailType": "T", "Detail": "{}"}
    answer = events.put_events(Entries=[entry | {"Source": "aws.ec2"}, entry | {"Source": "mine"}])
    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][0]["ErrorCode"] == "NotAuthorizedForSourceException"
    assert answer["Entries"][1]["EventId"]


def test_rule_is_shown_and_refused_as_in_aws(events):
    rule(events, "one", {"source": ["mine"]}, RoleArn="arn:aws:iam::123456789012:role/r")
    assert events.describe_rule(Name="one")["State"] == "ENABLED"
    assert [r["Name"] for r in events.list_rules(NamePrefix="o")["Rules"]] == ["one"]
    [target] = events.list_targets_by_rule(Rule="one")["Targets"]
    assert target == {"Id": "1", "Arn": FUNCTION, "RoleArn": "arn:aws:iam::123456789012:role/r"}
    assert refusal(events.delete_rule, Name="one") == "ValidationException"
    assert refusal(events.put_rule, Name="two", EventPattern='{"source": "mine"}') == "InvalidEventPatternException"
    assert refusal(events.describe_rule, Name="two") == "ResourceNotFoundException"
    assert refusal(events.create_event_bus, Name="two") == "NotImplemented"
    events.remove_targets(Rule="one", Ids=["1"])
    events.delete_rule(Name="one")
    assert events.list_rules()["Rules"] == []


def test_scheduled_rule_invokes_each_minute(twin, events):
    events.put_rule(Name="tick", ScheduleExpression="rate(1 minute)")
    events.put_targets(Rule="tick", Targets=[{"Id": "1", "Arn": FUNCTION}])
    got = seen(twin, 2)
    assert got[0]["detail-type"] == "Scheduled Event" and got[0]["time"] != got[1]["time"]


def test_patterns_and_rules_answer_when_asked_on_the_command_line(twin, tmp_path):
    def aws(*words):
        done = subprocess.run([AWS, "events", *words], env=twin.environment(), cwd=tmp_path,
                              capture_output=True, text=True, timeout=60)
        return json.loads(done.stdout) if done.returncode == 0 and done.stdout.strip() else done.stderr

    event = {"id": "1", "account": "1", "source": "aws.x", "time": "2026-11-23T10:00:00Z", "region": "eu-west-1",
             "resources": [], "detail-type": "T", "detail": {"state": "STOP"}}
    for state, expected in (("STOP", True), ("START", False)):
        pattern = json.dumps({"detail": {"state": [{"equals-ignore-case": state}]}})
        answer = aws("test-event-pattern", "--event-pattern", pattern, "--event", json.dumps(event))
        assert answer == {"Result": expected}
    assert "InvalidEventPatternException" in aws("test-event-pattern", "--event-pattern", "{}", "--event", json.dumps(event))
    assert aws("put-rule", "--name", "r", "--event-pattern", '{"source": ["mine"]}')["RuleArn"].endswith(":rule/r")
    (tmp_path / "entries.json").write_text(json.dumps([{"Source": "mine", "DetailType": "T", "Detail": "{}"}]))
    answer = aws("put-events", "--entries", "file://entries.json")
    assert answer["Entries"][0]["EventId"] == twin.read("events")[0]["id"]
