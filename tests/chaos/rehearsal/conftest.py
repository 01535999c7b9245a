"""Staging on this computer: the compiled backend in a twin whose minutes last a tenth of a second."""

import pathlib
import sys
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "acceptance/rehearsal")]

import gateway  # noqa: E402
import staging as stagings  # noqa: E402
from deployed import BACKEND, STACK, backend, client, moto, stack, started_twin  # noqa: E402, F401
from experiment import Experiment, Limits  # noqa: E402

THROTTLES = f"{STACK}-backend-throttles"
QUICK = Limits(answer_seconds=2, begin_seconds=2, hold_seconds=0.3, alarm_seconds=10, recovery_seconds=2, pause_seconds=0.02)


@pytest.fixture(scope="session")
def twin():
    with started_twin("--rate", "600") as address:
        yield address


@pytest.fixture
def cloudwatch(twin):
    """With the alarm on throttles, as template.yaml has it."""
    cloudwatch = client(twin, "cloudwatch")
    alarm(cloudwatch, THROTTLES, Namespace="AWS/Lambda", MetricName="Throttles", Period=60,
          Dimensions=[{"Name": "FunctionName", "Value": BACKEND}])
    # The throttles of the test before this one are still in the last minute.
    end = time.monotonic() + 10
    while cloudwatch.describe_alarms(AlarmNames=[THROTTLES])["MetricAlarms"][0]["StateValue"] != "OK":
        assert time.monotonic() < end, "the alarm does not recover"
        time.sleep(QUICK.pause_seconds)
    yield cloudwatch
    for found in cloudwatch.describe_alarms()["MetricAlarms"]:
        cloudwatch.delete_alarms(AlarmNames=[found["AlarmName"]])


def alarm(cloudwatch, name, missing="notBreaching", **metric):
    """Without a metric, on one that nobody writes."""
    metric = metric or {"Namespace": "Test", "MetricName": name, "Period": 60}
    cloudwatch.put_metric_alarm(
        AlarmName=name, Statistic="Sum", EvaluationPeriods=1, Threshold=0, ComparisonOperator="GreaterThanThreshold",
        TreatMissingData=missing, **metric,
    )


def trouble(cloudwatch, name):
    """An alarm that fires, and keeps its state."""
    alarm(cloudwatch, name, missing="ignore")
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="rehearsed")


@pytest.fixture
def served(backend, stack):
    """Staging with its API; answers the API's address."""
    _, invoke = backend({})
    api = gateway.Gateway(invoke, None, None)
    stack(STACK, {"ApiUrl": api.url, "BackendFunction": BACKEND}, {})
    yield api
    api.stop()


@pytest.fixture
def experiment(served, cloudwatch, twin, moto):
    """An experiment that is about to begin; `lambdas` may be another client, and `waits` keeps the pauses in place of them."""

    def begin(lambdas=None, limits=QUICK, waits=None):
        target = stagings.staging(client(moto, "cloudformation"), STACK)
        wait = time.sleep if waits is None else waits.append
        return Experiment(target, lambdas or client(twin, "lambda"), cloudwatch, limits, wait)

    return begin


@pytest.fixture
def reserved(twin):
    """What is reserved for the backend; None is how the template leaves it."""
    lambdas = client(twin, "lambda")
    return lambda: lambdas.get_function_concurrency(FunctionName=BACKEND).get("ReservedConcurrentExecutions")
