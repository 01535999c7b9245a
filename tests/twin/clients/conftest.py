"""Starts the twin and packs a small function, for clients that are not ours (boto3, the AWS CLI, cargo lambda)."""

import io
import json
import os
import pathlib
import re
import stat
import subprocess
import sys
import textwrap
import threading
import urllib.request
import zipfile

import boto3
import pytest
from botocore.config import Config

# Settings of this computer must not decide: a profile that does not exist, a proxy in front of 127.0.0.1.
for setting in [name for name in os.environ if name.startswith("AWS_") or name.lower().endswith("_proxy")]:
    del os.environ[setting]

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAMS = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug"

# A function in Python, so that these tests need none of our own: it speaks the Runtime API by hand.
BOOTSTRAP = textwrap.dedent(
    """
    #!{python}
    import json, os, subprocess, sys, time, urllib.request
    api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
    if os.environ.get("CRASH") == "start":
        sys.exit(3)
    while True:
        with urllib.request.urlopen(api + "next") as request:
            event, id = json.load(request), request.headers["Lambda-Runtime-Aws-Request-Id"]
        print(json.dumps({{"seen": event}}), flush=True)
        if event.get("bytes"):
            sys.stdout.buffer.write(b"\\xff not UTF-8\\n")
            sys.stdout.flush()
        if event.get("child"):
            print("pid", subprocess.Popen(["sleep", "600"]).pid, flush=True)
        print("pid", os.getpid(), flush=True)
        if event.get("crash"):
            sys.exit(7)
        time.sleep(event.get("sleep", 0))
        kind, body = "response", {{"version": os.environ["AWS_LAMBDA_FUNCTION_VERSION"], "event": event}}
        if event.get("tell"):
            files = sorted(os.listdir())
            body |= {{"pid": os.getpid(), "files": files, "root": os.environ["LAMBDA_TASK_ROOT"], "cwd": os.getcwd()}}
        if event.get("fail"):
            kind, body = "error", {{"errorType": "Boom", "errorMessage": "as asked"}}
        urllib.request.urlopen(urllib.request.Request(api + id + "/" + kind, json.dumps(body).encode(), method="POST"))
    """
).strip()


class Twin:
    """A running twin."""

    def __init__(self, *arguments, environment=None):
        self.process = subprocess.Popen(
            [PROGRAMS / "twin", "--port", "0", *arguments],
            stdout=subprocess.PIPE, text=True, bufsize=1, env=os.environ | (environment or {}),
        )
        # The line that tells the address ends the start; a start that fails ends the output.
        for line in self.process.stdout:
            if found := re.search(r"AWS_ENDPOINT_URL=(\S+)", line):
                self.endpoint = found.group(1)
                break
        else:
            raise AssertionError("the twin did not start")
        # The rest is read, so that the twin never waits for a reader.
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def client(self, service, **settings):
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name="eu-west-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"max_attempts": 0}, **settings),
        )

    def read(self, path):
        """One of the twin's own answers, for instance `logs/sample`."""
        with urllib.request.urlopen(f"{self.endpoint}/_twin/{path}") as answer:
            return json.load(answer)

    def environment(self):
        """For command-line tools: no settings of this computer leak in."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return kept | {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_PAGER": "",
        }

    def stop(self):
        self.process.terminate()
        self.process.wait()


@pytest.fixture
def twin():
    """A twin that plays one minute per real second."""
    twin = Twin("--rate", "60")
    yield twin
    twin.stop()


@pytest.fixture
def start_twin():
    """Starts twins with arguments of the test's choice."""
    started = []

    def start(*arguments, environment=None):
        started.append(Twin(*arguments, environment=environment))
        return started[-1]

    yield start
    for twin in started:
        twin.stop()


@pytest.fixture(scope="session")
def code():
    """A ZIP file with the small function."""
    return pack(bootstrap=BOOTSTRAP.format(python=sys.executable))


def pack(mode=0o755, **files):
    """A ZIP file whose files have these contents and permissions."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (stat.S_IFREG | mode) << 16
            archive.writestr(entry, text)
    return buffer.getvalue()


def create_function(client, code, name="sample", **settings):
    return client.create_function(
        FunctionName=name,
        Runtime="provided.al2023",
        Role="arn:aws:iam::123456789012:role/sample",
        Handler="bootstrap",
        Code={"ZipFile": code},
        **settings,
    )


def publish(client, name="sample", **variables):
    """Publishes a version that differs from the last one by its environment."""
    client.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
    return client.publish_version(FunctionName=name)["Version"]


def invoke(client, event, qualifier="live", name="sample"):
    answer = client.invoke(FunctionName=name, Qualifier=qualifier, Payload=json.dumps(event))
    return answer, json.load(answer["Payload"])


def appspec(current, target, **hooks):
    properties = {"Name": "sample", "Alias": "live", "CurrentVersion": current, "TargetVersion": target}
    resource = {"sample": {"Type": "AWS::Lambda::Function", "Properties": properties}}
    document = {"version": 0.0, "Resources": [resource], "Hooks": [{event: hook} for event, hook in hooks.items()]}
    return {"revisionType": "AppSpecContent", "appSpecContent": {"content": json.dumps(document)}}
