"""A past incident out of CloudWatch, as the README says: the queries, the AWS CLI's answer, the judge's verdict."""

import datetime
import json
import subprocess

import pytest
from conftest import PROGRAMS
from test_cli import AWS

JUDGE = [PROGRAMS / "rehearsal", "judge"]
START = datetime.datetime.now(datetime.timezone.utc).replace(second=0, microsecond=0) - datetime.timedelta(hours=2)


def record(cloudwatch, version, errors, requests, minutes=15):
    dimensions = [
        {"Name": "FunctionName", "Value": "shop"},
        {"Name": "Resource", "Value": "shop:live"},
        {"Name": "ExecutedVersion", "Value": version},
    ]

    def datum(minute, name, values, counts):
        at = START + datetime.timedelta(minutes=minute)
        return {"MetricName": name, "Dimensions": dimensions, "Timestamp": at, "Values": values, "Counts": counts}

    for minute in range(minutes):
        bad = errors(minute)
        data = [
            datum(minute, "Invocations", [1.0], [requests]),
            datum(minute, "Errors", [1.0, 0.0], [bad, requests - bad]) if bad else datum(minute, "Errors", [0.0], [requests]),
            datum(minute, "Duration", [20.0], [requests]),
        ]
        cloudwatch.put_metric_data(Namespace="AWS/Lambda", MetricData=data)


@pytest.fixture
def replay(twin, tmp_path):
    def run(canary_errors, *options):
        record(twin.client("cloudwatch"), "42", canary_errors, requests=60)
        record(twin.client("cloudwatch"), "41", lambda number: int(number % 3 == 0), requests=540)
        words = [*JUDGE, "--print-queries", "shop:live", "--canary", "42", "--stable", "41"]
        queries = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        (tmp_path / "queries.json").write_text(queries)
        span = [START.isoformat(), (START + datetime.timedelta(hours=1)).isoformat()]
        words = [AWS, "cloudwatch", "get-metric-data", "--metric-data-queries", "file://queries.json",
                 "--start-time", span[0], "--end-time", span[1]]
        answer = subprocess.run(words, env=twin.environment(), cwd=tmp_path, capture_output=True, text=True, check=True)
        (tmp_path / "incident.json").write_text(answer.stdout)
        words = [*JUDGE, "--cloudwatch", "incident.json", *options]
        judged = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
        assert judged.returncode == 0, judged.stderr
        return json.loads(judged.stdout)

    return run


def minute(number):
    return (START + datetime.timedelta(minutes=number)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_incident_would_have_been_caught_when_the_canary_began_to_fail(replay):
    verdict = replay(lambda number: 6 if number >= 5 else 0)
    assert (verdict["verdict"], verdict["criterion"], verdict["from"]) == ("breach", "errors", minute(0))
    assert verdict["minute"] in (6, 7, 8)
    assert verdict["breach_at"] == minute(verdict["minute"] - 1)
    # That minute must end and settle for two more.
    assert verdict["judged_at"] == minute(verdict["minute"] + 2)


def test_nothing_is_said_when_both_versions_were_well(replay):
    verdict = replay(lambda number: 0)
    assert (verdict["verdict"], verdict["minute"], verdict["breach_at"]) == ("healthy", None, None)


def test_reason_is_given_when_the_file_is_something_else(tmp_path):
    (tmp_path / "other.json").write_text('{"Datapoints": []}')
    judged = subprocess.run([*JUDGE, "--cloudwatch", "other.json"], cwd=tmp_path, capture_output=True, text=True)
    assert judged.returncode == 2
    assert "other.json is not the output of get-metric-data" in judged.stderr
