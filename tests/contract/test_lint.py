"""The linters of AWS have nothing to say: SAM's, and cfn-lint's on both templates and on what SAM makes of the one."""

import json
import os
import pathlib
import subprocess
import sys

import pytest
from environments import FILES, ROOT, environment

BIN = pathlib.Path(sys.executable).parent
REGION = {"AWS_DEFAULT_REGION": "eu-west-1", "SAM_CLI_TELEMETRY": "0"}


def run(*command):
    return subprocess.run(command, cwd=ROOT, env=os.environ | REGION, capture_output=True, text=True, check=False)


def cfn_lint(path):
    """The findings: errors and warnings."""
    ended = run(BIN / "cfn-lint", "--format", "json", "--regions", "eu-west-1", "--", path)
    return [f"{found['Rule']['Id']} {found['Message']}" for found in json.loads(ended.stdout or "[]")], ended.stderr


@pytest.mark.parametrize("name", ["template.yaml", "pipeline-template.yaml"])
def test_cfn_lint_finds_nothing(name):
    assert cfn_lint(ROOT / name) == ([], "")


@pytest.mark.parametrize("file", FILES)
def test_cfn_lint_finds_nothing_in_what_sam_makes(file, tmp_path):
    path = tmp_path / "transformed.json"
    path.write_text(json.dumps(environment(file).template))
    assert cfn_lint(path) == ([], "")


def test_sam_finds_nothing():
    ended = run(BIN / "sam", "validate", "--lint", "--template", "template.yaml")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "is a valid SAM Template" in ended.stdout


def test_cfn_lint_tells_when_a_template_is_wrong(tmp_path):
    template = environment("dev").template
    broken = json.loads(json.dumps(template))
    broken["Resources"]["CanaryJudge"]["Properties"]["Runtime"] = "provided.al1"
    path = tmp_path / "broken.json"
    path.write_text(json.dumps(broken))
    assert any(finding.startswith("E") for finding in cfn_lint(path)[0])
