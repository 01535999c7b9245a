"""CloudWatch through boto3: what invocations leave behind, embedded metrics, statistics, alarms."""

import datetime

import pytest
from botocore.exceptions import ClientError
from conftest import create_function, invoke, publish


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


def test_metric_math_is_refused_by_name_when_asked_for(clients):
    _, cloudwatch = clients
    with pytest.raises(ClientError) as error:
        cloudwatch.get_metric_data(MetricDataQueries=[{"Id": "e1", "Expression": "1+1"}], **window())
    assert "math" in str(error.value)


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
