"""What CodeBuild makes of a buildspec: it goes on after a failed phase unless it is told not to."""

import re

import pytest
import yaml
from conftest import ROOT

NAMES = ["build", "integration-test", "chaos-testing"]
TEXTS = {name: (ROOT / f"buildspecs/{name}.yml").read_text() for name in NAMES}
SPECS = {name: yaml.safe_load(text) for name, text in TEXTS.items()}


def commands(spec, part="commands"):
    return [command for phase in spec["phases"].values() for command in phase.get(part, [])]


@pytest.mark.parametrize("name", NAMES)
def test_build_ends_when_a_phase_fails(name):
    phases = SPECS[name]["phases"]
    assert all(phase["on-failure"] == "ABORT" for phase in phases.values()) and "post_build" not in phases


@pytest.mark.parametrize("name", NAMES)
def test_reports_have_a_format_that_codebuild_reads(name):
    for report in SPECS[name]["reports"].values():
        assert report["file-format"] in ("JUNITXML", "COBERTURAXML")
        assert all("{}/{}".format(report["base-directory"], file) in TEXTS[name] + scripts() for file in report["files"])


def scripts():
    measured = (ROOT / "scripts/measure-coverage.sh").read_text()
    return measured.replace("reports=target/reports", "").replace("$reports", "target/reports")


@pytest.mark.parametrize("name", NAMES)
def test_files_and_targets_of_the_commands_exist(name):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for command in commands(SPECS[name]) + commands(SPECS[name], "finally"):
        for path in re.findall(r"(?:scripts|tests)/[\w./-]+", command):
            assert (ROOT / path).exists(), command
        if command.startswith("make "):
            assert set(command.split()[1:]) <= targets, command


def test_dependencies_are_scanned_before_anything_is_built():
    phases = SPECS["build"]["phases"]
    assert list(phases) == ["install", "pre_build", "build"] and phases["pre_build"]["commands"] == ["make audit deny"]


def test_packaging_comes_after_every_gate():
    assert SPECS["build"]["phases"]["build"]["commands"] == ["make lint", "make coverage", "make compliance", "make package"]
    assert SPECS["build"]["artifacts"]["files"] == ["packaged.yaml", "parameters/*.json"]


def test_throttle_is_taken_back_when_the_experiment_was_killed():
    phase = SPECS["chaos-testing"]["phases"]["build"]
    assert len(phase["finally"]) == 1 and 'run.py restore --stack "$STACK_NAME"' in phase["finally"][0]
