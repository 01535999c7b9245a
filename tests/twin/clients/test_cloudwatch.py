"""CloudWatch through boto3: what invocations leave behind, embedded metrics, statistics, metric math, alarms."""

import datetime
import json
import subprocess
import time

import pytest
from botocore.exceptions import ClientError
from conftest import create_function, invoke, publish
from test_cli import AWS


@pytest.fixture
def clients(twin, code):
    function = twin.client("lambda")
    create_function(function, code)
    publish(function, BUILD="1")
    function.create_alias(FunctionName="sample", Name="live", FunctionVersion="1")
    return function, twin.client("cloudwatch")


def window():
    """Wide enough for a clock that runs ahead."""
    now = datetime.datetime.now(datetime.timezone.utc)
    return {"StartTime": now - datetime.timedelta(minutes=5), "EndTime": now + datetime.timedelta(hours=3)}


def query(id, name, stat, **dimensions):
    metric = {
        "Namespace": "AWS/Lambda",
        "MetricName": name,
        "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
    }
    return {"Id": id, "MetricStat": {"Metric": metric, "Period": 60, "Stat": stat}}


def test_every_invocation_is_counted_when_it_went_through_the_alias(clients):
    function, cloudwatch = clients
    for event in ({}, {}, {"fail": True}):
        invoke(function, event)
    invoke(function, {}, qualifier="1")
    executed = {"FunctionName": "sample", "Resource": "sample:live", "ExecutedVersion": "1"}
    queries = [
        query("all", "Invocations", "Sum", FunctionName="sample"),
        query("alias", "Invocations", "Sum", **executed),
        query("errors", "Errors", "Sum", **executed),
        query("version", "Invocations", "Sum", FunctionName="sample", Resource="sample:1"),
        query("slowest", "Duration", "p100", **executed),
        query("none", "Invocations", "Sum", FunctionName="other"),
    ]
    answer = cloudwatch.get_metric_data(MetricDataQueries=queries, **window())["MetricDataResults"]
    sums = {result["Id"]: sum(result["Values"]) for result in answer}
    assert (sums["all"], sums["alias"], sums["errors"], sums["version"], sums["none"]) == (4, 3, 1, 1, 0)
    assert 0 < sums["slowest"] < 5000
    assert all(result["StatusCode"] == "Complete" for result in answer)


def test_error_rate_is_computed_when_expressions_refer_to_metrics(clients):
    function, cloudwatch = clients
    for event in ({}, {}, {}, {"fail": True}):
        invoke(function, event)
    hidden = {"ReturnData": False}
    queries = [
        {"Id": "rate", "Expression": "100 * SUM(FILL(errors, 0)) / SUM(all) * TIME_SERIES(1)", "Period": 60},
        {"Id": "filled", "Expression": "FILL(none, 7)"},
        query("all", "Invocations", "Sum", FunctionName="sample") | hidden,
        query("errors", "Errors", "Sum", FunctionName="sample") | hidden,
        query("none", "Invocations", "Sum", FunctionName="other") | hidden,
        query("quick", "Duration", "PR(:5000)", FunctionName="sample"),
    ]
    answer = cloudwatch.get_metric_data(MetricDataQueries=queries, **window())["MetricDataResults"]
    values = {result["Id"]: set(result["Values"]) for result in answer}
    assert values == {"rate": {25.0}, "filled": {7.0}, "quick": {100.0}}


def test_missing_function_is_named_when_an_expression_uses_it(clients):
    _, cloudwatch = clients
    with pytest.raises(ClientError) as error:
        cloudwatch.get_metric_data(MetricDataQueries=[{"Id": "e1", "Expression": "LOG(e2)"},
                                                      {"Id": "e2", "Expression": "TIME_SERIES(1)"}], **window())
    assert "LOG" in str(error.value)
    with pytest.raises(ClientError) as error:
        cloudwatch.get_metric_data(MetricDataQueries=[{"Id": "e1", "Expression": "e1 + 1"}], **window())
    assert error.value.response["Error"]["Code"] == "ValidationError"


def wait_for(cloudwatch, name, state):
    """An alarm's description once it is in this state; the twin evaluates every second."""
    for _ in range(100):
        found = cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        (alarm,) = found["MetricAlarms"] + found["CompositeAlarms"]
        if alarm["StateValue"] == state:
            return alarm
        time.sleep(0.1)
    raise AssertionError(f"{name} is {alarm['StateValue']}: {alarm['StateReason']}")


def put_throttle_alarm(cloudwatch):
    """An alarm whose gaps are zeros, and a composite one above it."""
    metric = {"Namespace": "AWS/DynamoDB", "MetricName": "ThrottledRequests"}
    stat = {"Metric": metric, "Period": 60, "Stat": "Sum"}
    cloudwatch.put_metric_alarm(
        AlarmName="throttles", EvaluationPeriods=1, Threshold=0, ComparisonOperator="GreaterThanThreshold",
        Metrics=[{"Id": "m", "MetricStat": stat, "ReturnData": False}, {"Id": "e", "Expression": "FILL(m, 0)"}],
    )
    cloudwatch.put_composite_alarm(AlarmName="release", AlarmRule='ALARM("throttles") AND NOT FALSE')


def test_state_reaches_journal_and_composite_alarm_when_set_by_hand(twin):
    cloudwatch = twin.client("cloudwatch")
    put_throttle_alarm(cloudwatch)
    alarm = wait_for(cloudwatch, "throttles", "OK")
    assert [query["Id"] for query in alarm["Metrics"]] == ["m", "e"] and "MetricName" not in alarm
    wait_for(cloudwatch, "release", "OK")
    cloudwatch.set_alarm_state(AlarmName="throttles", StateValue="ALARM", StateReason="drill")
    wait_for(cloudwatch, "throttles", "OK")
    assert wait_for(cloudwatch, "release", "OK")["AlarmRule"] == 'ALARM("throttles") AND NOT FALSE'
    changes = [entry for entry in twin.read("journal") if entry["kind"] == "alarm_changed"]
    seen = [(entry["alarm"], entry["to"]) for entry in changes]
    start = [("throttles", "OK"), ("release", "OK")]
    assert seen == [*start, ("throttles", "ALARM"), ("release", "ALARM"), *start]
    assert changes[2]["reason"] == "drill"
    assert "throttles transitioned to ALARM" in changes[3]["reason"]
    with pytest.raises(ClientError) as error:
        cloudwatch.delete_alarms(AlarmNames=["throttles"])
    assert error.value.response["Error"]["Code"] == "ValidationError"
    with pytest.raises(cloudwatch.exceptions.InvalidFormatFault):
        cloudwatch.set_alarm_state(AlarmName="release", StateValue="OK", StateReason="", StateReasonData="{")


def test_composite_alarm_works_when_the_command_line_is_used(twin):
    def aws(*arguments):
        command = [AWS, "cloudwatch", *arguments, "--output", "json"]
        answer = subprocess.run(command, env=twin.environment(), capture_output=True, text=True, timeout=60)
        assert answer.returncode == 0, answer.stderr
        return json.loads(answer.stdout or "{}")

    aws("put-composite-alarm", "--alarm-name", "always", "--alarm-rule", "TRUE OR FALSE")
    aws("set-alarm-state", "--alarm-name", "always", "--state-value", "OK", "--state-reason", "drill")
    (alarm,) = aws("describe-alarms", "--alarm-types", "CompositeAlarm")["CompositeAlarms"]
    assert alarm["AlarmRule"] == "TRUE OR FALSE"
    queries = json.dumps([{"Id": "e", "Expression": "TIME_SERIES(2) ^ 3", "Label": "eight"}])
    times = ["--start-time", "2026-11-23T10:00:00Z", "--end-time", "2026-11-23T10:02:00Z"]
    (result,) = aws("get-metric-data", "--metric-data-queries", queries, *times)["MetricDataResults"]
    assert (result["Label"], result["Values"]) == ("eight", [8.0, 8.0])


def test_statistics_tell_the_recorded_unit_when_none_is_asked_for(clients):
    function, cloudwatch = clients
    invoke(function, {})
    units = {}
    for name in ("Duration", "Invocations"):
        points = cloudwatch.get_metric_statistics(
            Namespace="AWS/Lambda", MetricName=name, Dimensions=[{"Name": "FunctionName", "Value": "sample"}],
            Period=3600, Statistics=["Sum"], **window(),
        )["Datapoints"]
        units[name] = {point["Unit"] for point in points}
    assert units == {"Duration": {"Milliseconds"}, "Invocations": {"Count"}}
