"""The four parameter files and the parameters of template.yaml."""

import copy
import re

import pytest
from environments import FILES, parameter_file, parsed

# The pipeline gives BuildId; the criteria are the same everywhere.
NOT_IN_FILES = {"BuildId", "Criteria"}
ENVIRONMENTS = {"dev": "dev", "staging": "staging", "production": "prod", "claude4": "claude4"}
# The live alias is changed by a release and by nobody else, whatever the template says one day.
STACK_POLICY = [
    {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"},
    {"Effect": "Deny", "Action": "Update:*", "Principal": "*", "Resource": "LogicalResourceId/LiveAlias"},
]


def refused(value, spec):
    """Why CloudFormation would refuse a value, if it would."""
    if not isinstance(value, str):
        return "is no text"
    if "AllowedValues" in spec and value not in map(str, spec["AllowedValues"]):
        return f"is none of {spec['AllowedValues']}"
    if "AllowedPattern" in spec and not re.fullmatch(spec["AllowedPattern"], value):
        return f"does not match {spec['AllowedPattern']}"
    if spec["Type"] == "Number":
        if not re.fullmatch(r"\d+(\.\d+)?", value):
            return "is no number"
        if not spec.get("MinValue", 0) <= float(value) <= spec.get("MaxValue", float("inf")):
            return "is out of range"
    return None


def problems(files, specs):
    """What is wrong with the contents of the files, by name, against the template's parameters."""
    told = []
    for name, content in files.items():
        given = content["Parameters"]
        told += [f"{name}: {key} is no parameter" for key in sorted(set(given) - set(specs))]
        told += [f"{name}: {key} is missing" for key in sorted(set(specs) - set(given) - NOT_IN_FILES)]
        found = ((key, refused(value, specs[key])) for key, value in given.items() if key in specs)
        told += [f"{name}: {key} {why}" for key, why in found if why]
        if given["Environment"] != ENVIRONMENTS[name]:
            told.append(f"{name}: the environment is {given['Environment']}")
        if content["Tags"] != {"Project": "manuel", "Environment": ENVIRONMENTS[name]}:
            told.append(f"{name}: the tags are {content['Tags']}")
        if content["StackPolicy"]["Statement"] != STACK_POLICY:
            told.append(f"{name}: the stack policy does not keep updates away from LiveAlias alone")
        if set(content) != {"Parameters", "Tags", "StackPolicy"}:
            told.append(f"{name}: has {sorted(content)}")
    without = [key for key in NOT_IN_FILES if "Default" not in specs.get(key, {})]
    return told + [f"{key} is in no file and has no default" for key in without]


def given():
    return {name: copy.deepcopy(parameter_file(name)) for name in FILES}


def test_files_fit_the_template():
    template = parsed("template.yaml")
    assert problems(given(), template["Parameters"]) == []
    assert "LiveAlias" in template["Resources"]


def test_environments_differ_as_required():
    """P3: memory, retention, monitoring, firewall, tracing, latency limit (ms)."""
    keys = ("MemoryMegabytes", "LogRetentionDays", "Monitoring", "WafEnabled", "TracingEnabled", "LatencyLimitMilliseconds")
    rows = {name: tuple(content["Parameters"][key] for key in keys) for name, content in given().items()}
    assert rows["dev"] == ("256", "14", "basic", "false", "false", "5000")
    assert rows["staging"] == ("512", "30", "enhanced", "true", "false", "4000")
    assert rows["production"] == ("512", "90", "full", "true", "true", "3000")
    # claude4 is staging with models.
    assert rows["claude4"][:4] == rows["staging"][:4]
    assert given()["claude4"]["Parameters"]["ModelId"] != "none"


@pytest.mark.parametrize(("change", "said"), [
    (lambda files, specs: files["dev"]["Parameters"].pop("Architecture"), "dev: Architecture is missing"),
    (lambda files, specs: files["dev"]["Parameters"].update(Memory="1"), "dev: Memory is no parameter"),
    (lambda files, specs: files["dev"]["Parameters"].update(Monitoring="ful"), "Monitoring is none of"),
    (lambda files, specs: files["dev"]["Parameters"].update(MemoryMegabytes="64"), "MemoryMegabytes is out of range"),
    (lambda files, specs: files["dev"]["Parameters"].update(MemoryMegabytes=512), "MemoryMegabytes is no text"),
    (lambda files, specs: files["dev"]["Parameters"].update(BootstrapVersion="0"), "BootstrapVersion does not match"),
    (lambda files, specs: files["staging"]["Parameters"].update(Environment="prod"), "the environment is prod"),
    (lambda files, specs: files["staging"]["Tags"].update(Environment="prod"), "staging: the tags"),
    (lambda files, specs: files["dev"]["StackPolicy"]["Statement"].pop(), "dev: the stack policy"),
    (lambda files, specs: specs["BuildId"].pop("Default"), "BuildId is in no file and has no default"),
    (lambda files, specs: specs.update(New={"Type": "String", "Default": "x"}), "New is missing"),
])
def test_problem_is_told_when_a_file_or_a_parameter_is_changed(change, said):
    files, specs = given(), parsed("template.yaml")["Parameters"]
    change(files, specs)
    assert any(said in problem for problem in problems(files, specs))
