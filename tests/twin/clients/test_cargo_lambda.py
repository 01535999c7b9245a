"""The README's hand-run functions: `cargo lambda watch` and `cargo lambda invoke` against the twin."""

import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest
from conftest import PROGRAMS, ROOT

EVENT = ROOT / "events/codedeploy/before-allow-traffic.json"
TOOL = str(ROOT / ".venv/bin/cargo-lambda")
# The first invocation compiles the function with the SDK, in a selection of features of its own.
COMPILE_SECONDS = 600


def readme_variables(endpoint):
    """What the README exports, with this twin's address."""
    [line] = set(re.findall(r"^export (AWS_ENDPOINT_URL=.*)$", (ROOT / "README.md").read_text(), re.MULTILINE))
    variables = dict(pair.split("=", 1) for pair in line.split())
    return variables | {"AWS_ENDPOINT_URL": endpoint}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def cargo_lambda(start_twin):
    """Both commands, with a twin whose deployment waits at its hook."""
    twin = start_twin("--backend", str(PROGRAMS / "backend"), "--event", str(EVENT))
    names = ("PATH", "HOME", "CARGO_HOME", "CARGO_TARGET_DIR", "RUSTUP_HOME")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    address = ["--invoke-address", "127.0.0.1", "--invoke-port", str(free_port())]
    environment = readme_variables(twin.endpoint) | kept
    watch = subprocess.Popen(
        [TOOL, "lambda", "watch", *address], cwd=ROOT, env=environment, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    wait_for_port(int(address[-1]))

    def invoke(function, event):
        command = [TOOL, "lambda", "invoke", function, *address, "--data-file", str(event)]
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=COMPILE_SECONDS
        )

    def aws(*words):
        command = [str(ROOT / ".venv/bin/aws"), *words]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    invoke.aws = aws
    yield invoke
    # The watcher starts the functions as children of its own.
    os.killpg(watch.pid, signal.SIGTERM)
    watch.wait()


def wait_for_port(port):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/").close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("cargo lambda watch does not listen")


def test_hook_answers_when_invoked_as_the_readme_says(cargo_lambda):
    first = cargo_lambda("pre-traffic", EVENT)
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout)["verdict"]["status"] == "Succeeded"
    assert json.loads(first.stdout)["delivery"] == "Accepted"
    second = cargo_lambda("pre-traffic", EVENT)
    assert json.loads(second.stdout)["delivery"] == "AlreadyCompleted"
    malformed = cargo_lambda("pre-traffic", ROOT / "events/codedeploy/invalid-missing-hook-id.json")
    assert malformed.returncode != 0
    assert "LifecycleEventHookExecutionId" in malformed.stdout + malformed.stderr

    aws = cargo_lambda.aws
    deployment = aws("deploy", "get-deployment", "--deployment-id", "d-READY0001")["deploymentInfo"]
    assert deployment["status"] == "InProgress"
    aws("deploy", "stop-deployment", "--deployment-id", "d-READY0001", "--auto-rollback-enabled")
    end = time.monotonic() + 20
    while "RoutingConfig" in (alias := aws("lambda", "get-alias", "--function-name", "manuel-backend", "--name", "live")):
        assert time.monotonic() < end, "live is still split"
    assert alias["FunctionVersion"] == "1"
