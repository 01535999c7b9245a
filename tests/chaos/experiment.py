"""The experiment "throttled": Lambda refuses staging's backend for a few minutes.

What must hold: the API refuses in time instead of hanging, people hear of it by the alarm on throttles, and customers are
served again soon after the end.

It ends early, and restores, when an alarm fires that the experiment does not explain (in staging or in production), on
SIGTERM and on Ctrl-C, and when staging does not fail at all. Whatever happens, the throttle is taken back. The alarm on 5xx
is no stop condition, as elsewhere: here it is the wanted effect.

Not from outside, and so not here: delayed invocations, errors of one dependency (DynamoDB, Bedrock) and cut networks. They
need AWS FIS, its extension in the function and an experiment template.
"""

import dataclasses
import time

import requests
from alarms import Alarms
from throttle import Throttle


class Stopped(Exception):
    """The experiment ends before its time; the message says why."""


@dataclasses.dataclass(frozen=True)
class Limits:
    """How long each part may take. All of it: about 10 minutes at most."""

    answer_seconds: float = 12.0  # API Gateway gives up after 29; a refusal takes milliseconds
    begin_seconds: float = 60.0
    hold_seconds: float = 120.0
    alarm_seconds: float = 300.0
    recovery_seconds: float = 90.0
    pause_seconds: float = 2.0


@dataclasses.dataclass
class Step:
    """One thing that must hold; `failure` is None when it did."""

    name: str
    seconds: float
    failure: str | None
    told: str = ""


class Experiment:
    """Plays the experiment once and keeps what it saw in `steps`."""

    def __init__(self, staging, lambdas, cloudwatch, limits, wait=time.sleep):
        self.staging, self.limits, self.wait = staging, limits, wait
        self.alarms = Alarms(cloudwatch, staging)
        self.throttle = Throttle(lambdas, staging.function, wait)
        self.steps = []
        self.before = set()
        # Whether a signal may break in: never while the throttle is taken back.
        self.interruptible = True

    def run(self):
        """Answers whether everything held."""
        try:
            if self.step("staging is fit for an experiment", self.prepare):
                self.play()
        except Stopped as stop:
            self.cut_short(stop)
        finally:
            self.interruptible = False
        return all(step.failure is None for step in self.steps)

    def play(self):
        try:
            # Two of them, so that a signal at any line is followed by the outer one.
            try:
                (
                    self.step("the throttle is set", self.throttle.set)
                    and self.step("the API refuses in time", self.refuse_in_time)
                    and self.step("the alarm fires", self.alarm_fires)
                )
            except Stopped as stop:
                self.cut_short(stop)
            finally:
                self.interruptible = False
        finally:
            self.step("the throttle is taken back", self.throttle.restore)
        self.step("customers are served again", self.recover)

    def stop(self, reason):
        """For a signal handler."""
        if self.interruptible:
            self.interruptible = False
            raise Stopped(reason)

    def cut_short(self, stop):
        """A signal came between two steps: no step has it as its failure."""
        self.steps.append(Step("the experiment is played to its end", 0.0, f"Stopped: {stop}"))
        print(f"the experiment is cut short: {stop}", flush=True)

    def step(self, name, act):
        begun = time.monotonic()
        failure, told = None, ""
        try:
            told = act() or ""
        except Exception as error:  # noqa: BLE001 - a failure of any kind is a finding, and the throttle must still go
            failure = f"{type(error).__name__}: {error}"
        self.steps.append(Step(name, time.monotonic() - begun, failure, told))
        print(f"{name}: {failure or told or 'yes'}", flush=True)
        return failure is None

    def prepare(self):
        reserved = self.throttle.reserved()
        if reserved is not None:
            raise Stopped(
                f"{self.staging.function} has a reserved concurrency of {reserved}, perhaps from an experiment that was cut off:"
                f" python tests/chaos/run.py restore --stack {self.staging.stack}"
            )
        if not self.alarms.exists():
            raise Stopped(f"there is no alarm {self.alarms.expected}: nobody would hear of it")
        self.before = self.alarms.firing()
        unfit = {name for name in self.before if name.startswith(self.alarms.own)} - (self.alarms.tolerated - {self.alarms.expected})
        if unfit:
            raise Stopped(f"{', '.join(sorted(unfit))} fires already: find out why first")
        status = self.probe()
        if status != 200:
            raise Stopped(f"GET /health answers {status} before anything was done")

    def refuse_in_time(self):
        """Waits until refusals begin, then watches that nothing else comes."""
        end = time.monotonic() + self.limits.begin_seconds
        while not refused(self.probe()):
            self.go_on(end, f"GET /health is still served {self.limits.begin_seconds:.0f} s after the throttle")
        probes, end = 1, time.monotonic() + self.limits.hold_seconds
        while time.monotonic() < end:
            status = self.probe()
            probes += 1
            if not refused(status):
                raise Stopped(f"GET /health answers {status} while Lambda refuses every request")
            self.go_on()
        return f"{probes} requests, each refused within {self.limits.answer_seconds:.0f} s"

    def alarm_fires(self):
        begun = time.monotonic()
        end = begun + self.limits.alarm_seconds
        while self.alarms.expected not in self.alarms.firing():
            self.probe()  # a metric needs requests
            self.go_on(end, f"{self.alarms.expected} does not fire within {self.limits.alarm_seconds:.0f} s")
        return f"{self.alarms.expected} fires {time.monotonic() - begun:.0f} s after the refusals were watched"

    def recover(self):
        begun = time.monotonic()
        end, good = begun + self.limits.recovery_seconds, 0
        # One good answer may be luck while Lambda spreads the news.
        while good < 5:
            good = good + 1 if self.probe() == 200 else 0
            if good < 5:
                if time.monotonic() > end:
                    raise Stopped(f"GET /health is not served again within {self.limits.recovery_seconds:.0f} s")
                self.wait(self.limits.pause_seconds)
        return f"{time.monotonic() - begun:.0f} s after the throttle was taken back"

    def probe(self):
        try:
            url = self.staging.api_url + "/health"
            return requests.get(url, timeout=self.limits.answer_seconds, allow_redirects=False).status_code
        except requests.Timeout:
            raise Stopped(f"GET /health hangs for more than {self.limits.answer_seconds:.0f} s") from None
        except requests.RequestException:
            return 0  # no answer at all: neither a refusal nor a success

    def go_on(self, end=float("inf"), late=""):
        """Waits for the next look, unless there is trouble or the time is over."""
        if trouble := self.alarms.firing() - self.before - self.alarms.tolerated:
            raise Stopped(f"{', '.join(sorted(trouble))} fires: not an effect of this experiment")
        if time.monotonic() > end:
            raise Stopped(late)
        self.wait(self.limits.pause_seconds)


def refused(status):
    return status == 429 or status >= 500
