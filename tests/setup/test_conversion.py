"""parameters/*.json: from the form of CodePipeline to that of the AWS CLI."""

import json
import subprocess
import sys

import pytest
from conftest import ROOT
from samcli.cli.types import CfnParameterOverridesType

SCRIPT = ROOT / "scripts/setup/template_configuration.py"
FILES = sorted((ROOT / "parameters").glob("*.json"))


def convert(*words):
    return subprocess.run([sys.executable, SCRIPT, *map(str, words)], capture_output=True, text=True)


@pytest.fixture
def file(tmp_path):
    def write(text):
        (tmp_path / "p.json").write_text(text if isinstance(text, str) else json.dumps(text))
        return tmp_path / "p.json"

    return write


def test_parameters_become_a_list_when_converted(file):
    path = file({"Parameters": {"A": "1", "B": 'quotes " and, commas=', "Leer": ""}})
    assert json.loads(convert(path, "parameters", "BuildId=x=y", "A=2").stdout) == [
        {"ParameterKey": "A", "ParameterValue": "2"}, {"ParameterKey": "B", "ParameterValue": 'quotes " and, commas='},
        {"ParameterKey": "Leer", "ParameterValue": ""}, {"ParameterKey": "BuildId", "ParameterValue": "x=y"},
    ]


def test_tags_and_policy_are_printed_when_asked_for(file):
    path = file({"Parameters": {}, "Tags": {"Project": "manuel"}, "StackPolicy": {"Statement": []}})
    assert json.loads(convert(path, "tags").stdout) == [{"Key": "Project", "Value": "manuel"}]
    assert json.loads(convert(path, "stack-policy").stdout) == {"Statement": []}
    assert convert(file({"Parameters": {}}), "stack-policy").stdout == "\n"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_sam_reads_back_the_parameters_when_they_are_printed_as_overrides(path):
    # As the README has it: unquoted, so that the shell makes words of them.
    words = convert(path, "overrides").stdout.split()
    assert CfnParameterOverridesType().convert(words, None, None) == json.loads(path.read_text())["Parameters"]


@pytest.mark.parametrize("text, said", [
    ("{", "is not JSON"), ("[]", "is not in TemplateConfiguration form"), ([{"ParameterKey": "A", "ParameterValue": "1"}], "TemplateConfiguration form"),
    ({"Parameters": {"Memory": 512}}, "Parameters.Memory must be a string, it is 512"),
    ({"Parameters": {"Waf": True}}, "Parameters.Waf must be a string, it is true"),
    ({"Parameters": {}, "Tags": {"a": 1}}, "Tags.a must be a string"),
])
def test_file_is_refused_when_codepipeline_would_refuse_it(file, text, said):
    done = convert(file(text), "parameters")
    assert done.returncode == 1 and said in done.stderr and done.stdout == ""


def test_file_is_named_when_it_is_missing_or_lacks_a_parameter(file, tmp_path):
    assert "cannot be read: No such file" in convert(tmp_path / "none.json", "tags").stderr
    assert "has no parameter Architecture: add it" in convert(file({"Parameters": {}}), "value", "Architecture").stderr


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_file_of_the_project_has_what_the_script_reads(path):
    for name in ("Architecture", "ReservedConcurrency", "BootstrapVersion"):
        assert convert(path, "value", name).returncode == 0
    assert {"Key": "Project", "Value": "manuel"} in json.loads(convert(path, "tags").stdout)
    assert "LiveAlias" in convert(path, "stack-policy").stdout
