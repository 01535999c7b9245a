"""The experiment holds for a sound staging, finds what is wrong with an unsound one, and always takes the throttle back."""

import dataclasses
import threading

import pytest
from botocore.exceptions import ClientError
from conftest import BACKEND, QUICK, THROTTLES, alarm, trouble
from deployed import client

ALL = ["staging is fit for an experiment", "the throttle is set", "the API refuses in time", "the alarm fires",
       "the throttle is taken back", "customers are served again"]


def failures(experiment):
    return {step.name: step.failure for step in experiment.steps if step.failure}


class Lambdas:
    """The twin's Lambda, with some operations replaced."""

    def __init__(self, real, **replaced):
        self.real, self.replaced = real, replaced

    def __getattr__(self, name):
        return self.replaced.get(name) or getattr(self.real, name)


def refusal(**_):
    raise ClientError({"Error": {"Code": "ServiceException", "Message": "not now"}}, "operation")


def test_everything_holds_when_staging_is_sound(experiment, reserved):
    played = experiment()
    assert played.run(), failures(played)
    assert [step.name for step in played.steps] == ALL and reserved() is None
    assert THROTTLES in played.steps[3].told


def test_hanging_api_is_found_when_requests_do_not_end(experiment, served, reserved):
    release = threading.Event()
    answer = served.invoke

    def hang(event):
        try:
            return answer(event)
        except ClientError:
            release.wait(5)
            raise

    served.invoke = hang
    played = experiment(limits=dataclasses.replace(QUICK, answer_seconds=0.2))
    assert not played.run()
    assert failures(played) == {"the API refuses in time": "Stopped: GET /health hangs for more than 0 s"}
    assert reserved() is None
    release.set()


def test_throttle_without_effect_is_found(experiment, twin, reserved):
    deaf = Lambdas(client(twin, "lambda"), put_function_concurrency=lambda **_: None)
    played = experiment(deaf, dataclasses.replace(QUICK, begin_seconds=0.2))
    assert not played.run() and "is still served" in failures(played)["the API refuses in time"]
    assert reserved() is None


def test_answers_during_the_throttle_are_found(experiment, served, reserved):
    answers = iter([served.invoke] * 4)
    served.invoke = lambda event: next(answers, lambda _: {"statusCode": 200})(event)
    played = experiment()
    assert not played.run()
    assert "answers 200 while Lambda refuses" in failures(played)["the API refuses in time"] and reserved() is None


def test_silence_is_found_when_the_alarm_does_not_fire(experiment, cloudwatch, reserved):
    alarm(cloudwatch, THROTTLES)  # on a metric that nobody writes
    played = experiment(limits=dataclasses.replace(QUICK, alarm_seconds=0.3))
    assert not played.run() and "does not fire within 0 s" in failures(played)["the alarm fires"]
    assert reserved() is None and played.steps[-1].name == "customers are served again"


@pytest.mark.parametrize("name", ["manuel-staging-usage-throttled", "manuel-prod-api-5xx"])
def test_experiment_stops_when_another_alarm_fires(experiment, cloudwatch, served, reserved, name):
    answer = served.invoke

    def and_then(event):
        try:
            return answer(event)
        except ClientError:
            trouble(cloudwatch, name)
            raise

    served.invoke = and_then
    played = experiment(limits=dataclasses.replace(QUICK, hold_seconds=30))
    assert not played.run()
    assert failures(played) == {"the API refuses in time": f"Stopped: {name} fires: not an effect of this experiment"}
    assert reserved() is None and played.steps[-1].name == "customers are served again"


def test_experiment_goes_on_when_the_api_s_own_alarm_fires(experiment, cloudwatch):
    trouble(cloudwatch, "manuel-staging-api-4xx")
    trouble(cloudwatch, "manuel-prod-api-4xx")  # fired before: no news
    played = experiment()
    assert played.run(), failures(played)


@pytest.mark.parametrize("name", ["manuel-staging-backend-errors", THROTTLES])
def test_nothing_is_touched_when_an_alarm_fires_before(experiment, cloudwatch, twin, name):
    trouble(cloudwatch, name)
    untouched = Lambdas(client(twin, "lambda"), put_function_concurrency=refusal, delete_function_concurrency=refusal)
    played = experiment(untouched)
    assert not played.run() and f"{name} fires already" in failures(played)[ALL[0]] and len(played.steps) == 1


def test_nothing_is_touched_when_there_is_no_alarm(experiment, cloudwatch):
    cloudwatch.delete_alarms(AlarmNames=[THROTTLES])
    played = experiment()
    assert not played.run() and f"there is no alarm {THROTTLES}" in failures(played)[ALL[0]] and len(played.steps) == 1


def test_nothing_is_touched_when_an_earlier_experiment_was_cut_off(experiment, twin, reserved):
    client(twin, "lambda").put_function_concurrency(FunctionName=BACKEND, ReservedConcurrentExecutions=0)
    played = experiment()
    assert not played.run() and "run.py restore --stack manuel-staging" in failures(played)[ALL[0]]
    assert reserved() == 0 and len(played.steps) == 1


@pytest.mark.parametrize("step", ALL[:2])
def test_throttle_is_taken_back_and_the_stop_told_when_a_signal_comes_between_two_steps(experiment, reserved, monkeypatch, step):
    played = experiment()

    def told(text, **_):
        if text.startswith(step):
            played.stop("told to stop")

    monkeypatch.setattr("builtins.print", told)
    assert not played.run() and reserved() is None
    assert failures(played) == {"the experiment is played to its end": "Stopped: told to stop"}


def test_throttle_is_taken_back_when_the_first_tries_fail(experiment, twin, reserved):
    real, waits = client(twin, "lambda"), []
    tries = iter([refusal, refusal])
    stubborn = Lambdas(real, delete_function_concurrency=lambda **p: next(tries, real.delete_function_concurrency)(**p))
    played = experiment(stubborn, dataclasses.replace(QUICK, hold_seconds=0, alarm_seconds=0), waits)
    played.run()
    assert "the throttle is taken back" not in failures(played) and reserved() is None
    assert [pause for pause in waits if pause >= 1] == [2, 4]


def test_command_is_told_when_the_throttle_cannot_be_taken_back(experiment, twin):
    stuck = Lambdas(client(twin, "lambda"), delete_function_concurrency=refusal)
    played = experiment(stuck, dataclasses.replace(QUICK, hold_seconds=0, alarm_seconds=0, recovery_seconds=0), [])
    assert not played.run()
    told = failures(played)["the throttle is taken back"]
    assert "NotRestored" in told and "not now" in told
    assert "aws lambda delete-function-concurrency --function-name manuel-staging-backend" in told
