"""Commands that people are given, in the documents and by the script: the real AWS CLI understands each of them."""

import json
import pathlib
import re
import shlex
import shutil
import subprocess

import pytest
from conftest import ROOT
from real_cli import complaint

RECORD = """#!{bash}
printf '%s\\0' "$@" >>{file}
printf '\\n' >>{file}
echo 123456789012  # an account, a bucket, a pool: what fits everywhere
"""


def blocks(name):
    text = (ROOT / "docs" / name).read_text()
    return re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def recorded(script, folder):
    """The words that each `aws` of a script is given, after the shell has done its part."""
    bin, file = folder / "bin", folder / "calls"
    bin.mkdir()
    (bin / "aws").write_text(RECORD.format(bash=shutil.which("bash"), file=file))
    (bin / "aws").chmod(0o755)
    file.write_text("")
    done = subprocess.run(
        ["bash", "-eu", "-c", script], cwd=folder, env={"PATH": f"{bin}:/usr/bin:/bin"}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return [line.split("\0") for line in file.read_text().split("\0\n") if line]


@pytest.mark.parametrize("document", ["teardown.md", "costs.md"])
def test_every_command_of_the_document_is_understood(document, tmp_path):
    script = "".join(blocks(document))
    written = len(re.findall(r"(?<![\w/`])aws [a-z]", script))
    # Each block alone, too: a person pastes one at a time (names come from the first one).
    calls = recorded(script, tmp_path)
    assert len({" ".join(call[:2]) for call in calls}) >= 3
    complaints = [(" ".join(words), said) for words in unlike(calls) if (said := complaint(words, ROOT))]
    assert complaints == []
    assert written >= len(blocks(document))


def unlike(calls):
    """One of each kind: loops give the same command with other names."""
    kinds = {tuple(word for word in call if word.startswith("--")) + tuple(call[:2]): call for call in calls}
    return kinds.values()


def test_blocks_of_the_documents_are_shell(tmp_path):
    for document in ("teardown.md", "costs.md"):
        for block in blocks(document):
            assert subprocess.run(["bash", "-n", "-c", block], capture_output=True).returncode == 0, block
            # A `$` in front, or an ellipsis, would not run as printed.
            assert not re.search(r"^\s*\$ |\.\.\.|<[a-z-]+>", block, re.MULTILINE), block


@pytest.mark.parametrize("words", [
    ["ce", "get-cost-and-usages"], ["ce", "get-cost-and-usage", "--time-period", "Start=1"], ["s3api", "delete-bucket", "--buckets", "b"],
    ["cloudformation", "wait", "stack-gone", "--stack-name", "x"], ["ce", "get-cost-and-usage", "--filter", "file://nowhere.json"],
])
def test_wrong_command_is_noticed(words, tmp_path):
    assert complaint(words, tmp_path) is not None


def test_filter_names_the_tag_that_everything_has():
    services, tag = json.loads((ROOT / "docs/cost-filter.json").read_text())["And"]
    assert tag == {"Tags": {"Key": "Project", "Values": ["manuel"]}}
    assert len(services["Dimensions"]["Values"]) == len(set(services["Dimensions"]["Values"]))


def called(checkout):
    return [call[1:] for call in checkout.calls("aws") if call[1:] != ["--version"]]


def test_every_command_of_the_script_is_understood(checkout):
    calls = called(checkout.succeeds("--dry-run")) + called(checkout.succeeds("--yes"))
    calls += called(checkout.succeeds("--yes", "--github-branch", "trunk"))
    calls += called(checkout.succeeds("--dry-run", "--github-branch", "main"))
    (checkout.folder / ".aws-sam").mkdir()
    (checkout.folder / ".aws-sam/packaged.yaml").write_text("{}")
    kinds = unlike(calls)
    assert len(kinds) >= 15
    assert [(words, said) for words in kinds if (said := complaint(words, checkout.folder))] == []


def test_every_command_that_people_are_told_is_understood(checkout):
    told = ""
    for status in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "UPDATE_ROLLBACK_FAILED", "DELETE_IN_PROGRESS"):
        told += checkout.stack("manuel-pipeline", status).run("--yes").err
    checkout.world["stacks"].clear()
    limit = {"AccountLimit": {"UnreservedConcurrentExecutions": 10}}
    checkout.world["answers"]["lambda get-account-settings"] = limit
    told += checkout.fails("--yes").err
    checkout.parameters("production", ReservedConcurrency="0")
    told += checkout.succeeds("--yes").out
    commands = [shlex.split(line) for line in re.findall(r"^\s+aws (.*)$", told, re.MULTILINE)]
    kinds = unlike(commands)
    assert {words[1] for words in kinds} >= {
        "delete-stack", "wait", "continue-update-rollback", "describe-stack-events", "request-service-quota-increase",
        "update-cost-allocation-tags-status", "start-pipeline-execution"}
    assert [(words, said) for words in kinds if (said := complaint(words, pathlib.Path(checkout.folder)))] == []
