"""The script itself: shellcheck, bash 3.2, and what it takes for granted about the templates."""

import pathlib
import re
import subprocess
import sys

import pytest
from conftest import ROOT

PARTS = [ROOT / "deploy-pipeline.sh", *sorted((ROOT / "scripts/setup").glob("*.sh"))]
# What bash 3.2 does not have; macOS has no other.
NEWER = {
    "associative array": r"\b(declare|local|typeset) -[a-zA-Z]*[An]", "mapfile": r"\b(mapfile|readarray|coproc)\b", "case conversion": r"\$\{\w+(\^|,)",
    "both streams": r"&>>|\|&", "tests of variables": r"\[\[ -[vR] ", "transformation": r"\$\{\w+@[A-Z]\}", "negative offset": r"\$\{\w+\[-\d",
    "time in printf": r"%\(.*\)T", "wait -n": r"\bwait -n", "fall through": r";;?&", "append to array": r"\w\+=\(", "last pipe": r"\bshopt\b",
}


def test_shellcheck_finds_nothing():
    shellcheck = pathlib.Path(sys.executable).parent / "shellcheck"
    done = subprocess.run([shellcheck, "-x", "deploy-pipeline.sh"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", PARTS, ids=lambda path: path.name)
def test_part_uses_nothing_that_bash_3_2_lacks(path):
    code = re.sub(r"^\s*#.*$", "", path.read_text(), flags=re.MULTILINE)
    assert [name for name, pattern in NEWER.items() if re.search(pattern, code)] == []


def test_every_part_is_sourced():
    main = PARTS[0].read_text()
    assert [path.name for path in PARTS[1:] if f'source "$SETUP/{path.name}"' not in main] == []


@pytest.mark.skipif(not (ROOT / "pipeline-template.yaml").exists(), reason="the template is not there yet")
def test_pipeline_template_has_what_the_script_uses():
    text = (ROOT / "pipeline-template.yaml").read_text()
    assert len(text.encode()) <= 51_200, "more needs a bucket, which this stack itself makes"
    parameters, outputs = text[text.index("\nParameters:"):text.index("\nResources:")], text[text.index("\nOutputs:"):]
    for name in ("NotificationEmail", "SourceProvider", "GitHubOwner", "GitHubRepo", "GitHubBranch", "Architecture", "MonthlyBudgetDollars",
                 "SlackWorkspaceId", "SlackChannelId"):
        assert f"\n  {name}:\n" in parameters
    for name in ("ArtifactBucket", "ConnectionArn", "RepositoryCloneUrl", "ProductionDeployRole", "DashboardUrl"):
        assert f"\n  {name}:\n" in outputs
    for name in ("manuel-backend-pipeline", "manuel-critical", "manuel-approvals", "manuel-notices"):
        assert name in text
