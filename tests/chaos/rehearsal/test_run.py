"""The program: what it refuses, its exit codes and its report, and that a signal restores."""

import signal
import subprocess
import sys
import xml.etree.ElementTree as tree

import pytest
from conftest import BACKEND, QUICK, STACK, THROTTLES, trouble
from deployed import ROOT, client, program_environment
from staging import Refused, staging

QUICKLY = [f"--{name.replace('_', '-')}={value}" for name, value in vars(QUICK).items()]


@pytest.fixture
def start(twin, moto, tmp_path):
    """Starts the program; the report is `chaos.xml`."""
    addresses = {"AWS_ENDPOINT_URL": twin, "AWS_ENDPOINT_URL_CLOUDFORMATION": moto}

    def begin(*arguments):
        command = [sys.executable, "-u", ROOT / "tests/chaos/run.py", *arguments]
        return subprocess.Popen(command, env=program_environment() | addresses, cwd=tmp_path, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    return begin


class Unreachable:
    """No call is allowed."""

    def __getattr__(self, name):
        pytest.fail(f"{name} was called")


@pytest.mark.parametrize("stack", ["manuel-prod", "manuel-production", "manuel-dev", "manuel-staging-prod", "staging", "-staging",
                                   "manuel-prod\n-staging", "arn:aws:cloudformation:x:1:stack/manuel-prod/manuel-staging", "", None])
def test_every_other_stack_is_refused_without_a_call(stack):
    with pytest.raises(Refused, match="name ends in -staging, never for production"):
        staging(Unreachable(), stack)


def test_stack_is_refused_when_its_backend_is_another_environment_s(stack, moto):
    stack(STACK, {"ApiUrl": "http://127.0.0.1", "BackendFunction": "manuel-prod-backend"}, {})
    with pytest.raises(Refused, match="is manuel-prod-backend, not manuel-staging-backend"):
        staging(client(moto, "cloudformation"), STACK)


def test_stack_is_refused_when_it_does_not_exist_or_has_no_outputs(stack, moto):
    with pytest.raises(Refused, match="cannot be read"):
        staging(client(moto, "cloudformation"), STACK)
    stack(STACK, {"ApiUrl": "http://127.0.0.1"}, {})
    with pytest.raises(Refused, match="has no output BackendFunction"):
        staging(client(moto, "cloudformation"), STACK)


def test_stack_is_refused_when_it_has_the_version_of_a_later_release(stack, moto):
    cloudformation = client(moto, "cloudformation")
    stack(STACK, {"ApiUrl": "http://127.0.0.1", "BackendFunction": BACKEND, "CandidateVersion": "8"}, {})
    for expected in (None, "", "8"):
        assert staging(cloudformation, STACK, expected).stack == STACK
    with pytest.raises(Refused, match="has version 8, not 7 of this release: a later one came; release this again"):
        staging(cloudformation, STACK, "7")


def test_program_refuses_production(start):
    program = start("experiment", "--stack", "manuel-prod")
    output, _ = program.communicate(timeout=60)
    assert program.returncode == 2 and "never for production" in output


def test_report_says_what_held(start, served, cloudwatch, tmp_path):
    program = start("experiment", "--stack", STACK, "--junit", "reports/chaos.xml", *QUICKLY)
    output, _ = program.communicate(timeout=60)
    assert program.returncode == 0, output
    suite = tree.parse(tmp_path / "reports/chaos.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("6", "0") and THROTTLES in output


def test_report_says_what_did_not_hold(start, served, cloudwatch, tmp_path):
    trouble(cloudwatch, f"{STACK}-backend-errors")
    program = start("experiment", "--stack", STACK, "--junit", "chaos.xml", *QUICKLY)
    output, _ = program.communicate(timeout=60)
    assert program.returncode == 1, output
    [failure] = tree.parse(tmp_path / "chaos.xml").iter("failure")
    assert f"{STACK}-backend-errors fires already" in failure.get("message")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_throttle_is_taken_back_when_the_build_is_stopped(start, served, cloudwatch, reserved, tmp_path, number):
    program = start("experiment", "--stack", STACK, "--junit", "chaos.xml", *QUICKLY, "--hold-seconds=60")
    for line in program.stdout:
        if line.startswith("the throttle is set"):
            break
    assert reserved() == 0
    program.send_signal(number)
    output, _ = program.communicate(timeout=60)
    assert program.returncode == 1 and f"told to stop by {number.name}" in output, output
    assert reserved() is None and tree.parse(tmp_path / "chaos.xml").getroot().get("failures") == "1"


def test_restore_ends_a_throttle_that_was_left_and_may_be_repeated(start, served, twin, reserved):
    client(twin, "lambda").put_function_concurrency(FunctionName=BACKEND, ReservedConcurrentExecutions=0)
    for _ in range(2):
        program = start("restore", "--stack", STACK)
        output, _ = program.communicate(timeout=60)
        assert program.returncode == 0 and reserved() is None, output
