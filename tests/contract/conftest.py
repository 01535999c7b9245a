"""Settings of this computer must not decide, and the twin is asked only where it is built."""

import os
import pathlib
import re
import subprocess
import threading

import pytest

for setting in [name for name in os.environ if name.startswith(("AWS_", "SAM_")) or name.lower().endswith("_proxy")]:
    del os.environ[setting]
os.environ.update(AWS_DEFAULT_REGION="eu-west-1", SAM_CLI_TELEMETRY="0")

import boto3  # noqa: E402
from botocore.config import Config  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Where cargo puts what it builds, and where the tests in Rust leave their records.
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))


def client(service, endpoint):
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    settings = Config(retries={"max_attempts": 0})
    return boto3.client(service, endpoint_url=endpoint, region_name="eu-west-1", config=settings, **keys)


def listening(command, pattern):
    """Starts a server on a port of its choice; answers it, and its address when it has told that."""
    server = subprocess.Popen(command, text=True, bufsize=1, stdout=subprocess.PIPE)
    for line in server.stdout:
        if found := re.search(pattern, line):
            # The rest is read, so that the server never waits for a reader.
            threading.Thread(target=server.stdout.read, daemon=True).start()
            return server, found.group(1)
    raise AssertionError(f"{command[0]} did not start")


@pytest.fixture(scope="session")
def twin_events():
    """EventBridge of the twin."""
    program = TARGET / "debug/twin"
    if not program.is_file():
        pytest.fail(f"nobody has built {program}: run `make build` first")
    server, endpoint = listening([program, "--port", "0"], r"AWS_ENDPOINT_URL=(\S+)")
    yield client("events", endpoint)
    server.terminate()
    server.wait()


@pytest.fixture(scope="session")
def target():
    return TARGET
