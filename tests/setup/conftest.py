"""A checkout in a folder of its own, and a PATH that has nothing but stand-ins and the plain tools of a shell."""

import json
import os
import pathlib
import pty
import shutil
import signal
import subprocess

import pytest
from stand_in import StandIns

# A background job of a shell ignores Ctrl-C, and so would the script that is interrupted here.
signal.signal(signal.SIGINT, signal.default_int_handler)

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PLAIN_TOOLS = ("bash", "cat", "sed", "grep", "awk", "head", "tail", "tr", "cut", "sort", "wc", "mktemp", "rm", "dirname", "date", "env")
CALLER = {"Account": "123456789012", "Arn": "arn:aws:sts::123456789012:assumed-role/admin/me"}
CONNECTION = "arn:aws:codeconnections:eu-west-1:123456789012:connection/0a1b2c3d"
PIPELINE_OUTPUTS = {
    "PipelineName": "manuel-backend-pipeline",
    "ArtifactBucket": "manuel-artifacts",
    "ConnectionArn": CONNECTION,
    "ProductionDeployRole": "arn:aws:iam::123456789012:role/manuel-deploy-prod",
    "DashboardUrl": "https://dashboard.example",
}
PARAMETERS = {"Environment": "prod", "Architecture": "x86_64", "ModelId": "none", "ReservedConcurrency": "5", "BootstrapVersion": "1"}
POLICY = {"Statement": [{"Effect": "Deny", "Action": "Update:*", "Principal": "*", "Resource": "LogicalResourceId/LiveAlias"}]}


def empty_world():
    return {
        "missing": [], "versions": {}, "computer": {"-s": "Linux", "-m": "x86_64"}, "rustTargets": ["x86_64-unknown-linux-gnu"],
        "commit": "1a2b3c4d5e6f", "remotes": {"origin": "https://github.com/acme/manuel.git"}, "samFails": [], "pauses": 0,
        "interruptInPause": 0, "stacks": {}, "changeSetFails": {}, "failures": {}, "ends": {}, "published": {}, "refusals": {},
        "noChanges": "The submitted information didn't contain changes. Submit different information to create a change set.",
        "changes": [["Add", "Pipeline", "AWS::CodePipeline::Pipeline", None], ["Modify", "Boundary", "AWS::IAM::ManagedPolicy", "True"]],
        "outputs": {"manuel-pipeline": PIPELINE_OUTPUTS, "manuel-prod": {"CandidateVersion": "1"}},
        "answers": {
            "sts get-caller-identity": CALLER,
            "lambda get-account-settings": {"AccountLimit": {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 1000}},
            "codeconnections get-connection": {"Connection": {"ConnectionStatus": "PENDING"}},
            "sns list-subscriptions-by-topic": {"Subscriptions": [
                {"SubscriptionArn": "PendingConfirmation", "Endpoint": "you@example.com", "Protocol": "email"}]},
            "codepipeline list-pipeline-executions": {"pipelineExecutionSummaries": [{"status": "Failed"}]},
            "s3 cp": None,
        },
    }


class Checkout:
    """What the script sees, and what it did."""

    def __init__(self, folder):
        self.folder, self.bin, self.world = folder / "checkout", folder / "bin", empty_world()
        self.world["folder"] = str(self.folder)
        (self.folder / "scripts").mkdir(parents=True)
        shutil.copy(ROOT / "deploy-pipeline.sh", self.folder)
        shutil.copytree(ROOT / "scripts/setup", self.folder / "scripts/setup")
        (self.folder / "pipeline-template.yaml").write_text("Resources: {}\n")
        (self.folder / "template.yaml").write_text("Resources: {}\n")
        (self.folder / "parameters").mkdir()
        for name in ("dev", "staging", "production", "claude4"):
            self.parameters(name, ReservedConcurrency="5" if name == "production" else "0")
        self.place_tools()

    def parameters(self, name, **changed):
        document = {"Parameters": PARAMETERS | changed, "Tags": {"Project": "manuel", "Environment": "prod"}, "StackPolicy": POLICY}
        (self.folder / f"parameters/{name}.json").write_text(json.dumps(document))

    def place_tools(self):
        self.bin.mkdir()
        for name in PLAIN_TOOLS:
            (self.bin / name).symlink_to(shutil.which(name))
        self.stand_ins = StandIns(self.bin.parent / "pipes", shutil.which("bash"), self.world)
        self.stand_ins.place(self.bin)

    def remove_tool(self, name):
        (self.bin / name).unlink()

    def run(self, *words, email=True, answer=None):
        """Runs the script. With `answer` it has a terminal, in which somebody types that."""
        self.stand_ins.calls.clear()
        self.world.update(pauses=0)
        given = ["--notification-email", "you@example.com"] if email else []
        command = [str(self.folder / "deploy-pipeline.sh"), *given, *words]
        terminal = subprocess.DEVNULL
        if answer is not None:
            ours, terminal = pty.openpty()
            os.write(ours, answer.encode())
        done = subprocess.run(
            command, stdin=terminal, capture_output=True, text=True, timeout=60, start_new_session=True,
            env={"PATH": str(self.bin), "HOME": str(self.folder)},
        )
        self.out, self.err, self.code = done.stdout, done.stderr, done.returncode
        return self

    def succeeds(self, *words, **how):
        assert self.run(*words, **how).code == 0, self.out + self.err
        return self

    def fails(self, *words, code=1, **how):
        assert self.run(*words, **how).code == code, self.out + self.err
        return self

    def calls(self, *start):
        """The calls that begin with these words, each as a list."""
        return [each for each in self.stand_ins.calls if each[:len(start)] == list(start)]

    def option(self, name, *start, number=0):
        call = self.calls(*start)[number]
        return call[call.index(name) + 1]

    def stack(self, name, status, **more):
        known = {"next": [], "parameters": {}, "outputs": self.world["outputs"].get(name, {}), "events": [], "changeSets": {}, "source": None, "policy": None}
        self.world["stacks"][name] = known | {"status": status} | more
        return self

    def status(self, name):
        stack = self.world["stacks"].get(name)
        return stack and stack["status"]


@pytest.fixture
def checkout(tmp_path):
    checkout = Checkout(tmp_path)
    yield checkout
    checkout.stand_ins.stop()
