"""The crates in functions/, the functions in the template, and the settings between them."""

import pytest
from environments import FILES, environment
from sources import crates, documented, readable, settings_of

# The README begins its sections with the functions that have settings of their own.
CRATES = sorted(crates())


def functions(stack):
    """The functions of a stack, by the crate that they run."""
    found = stack.of("AWS::Lambda::Function").values()
    return {body["Metadata"]["BuildProperties"]["Binary"]: body for body in found}


def problems(stack):
    """What does not fit between the crates and the functions of a stack."""
    found, told = functions(stack), []
    told += [f"{crate} is in no template" for crate in set(crates()) - set(found)]
    told += [f"{crate} is no crate of functions/" for crate in set(found) - set(crates())]
    groups = {body["Properties"]["LogGroupName"] for body in stack.of("AWS::Logs::LogGroup").values()}
    for crate, body in found.items():
        properties = body["Properties"]
        if body["Metadata"].get("BuildMethod") != "rust-cargolambda":
            told.append(f"{crate} is not built by cargo lambda")
        if properties["FunctionName"] != f"{stack.name}-{crate}":
            told.append(f"{crate} is called {properties['FunctionName']}")
        if len(properties.get("Description", "")) < 20:
            told.append(f"{crate} has no description")
        if properties.get("LoggingConfig", {}).get("LogGroup") not in groups:
            told.append(f"{crate} has no log group of the template")
        if properties["LoggingConfig"].get("LogFormat") != "JSON":
            told.append(f"{crate} does not log JSON")
    return told + settings_problems(found)


def settings_problems(found):
    told = []
    for crate, body in found.items():
        if crate not in crates():
            continue
        given, known = body["Properties"]["Environment"]["Variables"], readable(crate)
        own = settings_of(crates()[crate])
        told += [f"{crate}: {name} is set, and nobody reads it" for name in sorted(set(given) - set(known))]
        required = {name for name, needed in own.items() if needed}
        told += [f"{crate}: {name} is required, and not set" for name in sorted(required - {n for n in given if given[n]})]
        told += [f"{crate}: {name} is no text" for name, value in given.items() if not isinstance(value, str)]
    return told


@pytest.mark.parametrize("file", FILES)
def test_functions_fit_their_crates(file):
    assert problems(environment(file)) == []


def test_searches_find_what_is_there():
    assert len(CRATES) == 6
    assert settings_of(crates()["traffic-shift"])["PIPELINE"] is True
    assert {"BUILD_ID", "USAGE_TABLE"} <= set(readable("backend"))
    assert "CRITERIA" in readable("canary-judge") and "INCONCLUSIVE" not in readable("traffic-shift")


@pytest.mark.parametrize("crate", CRATES)
def test_readme_names_the_settings_that_a_function_reads(crate):
    own, told = settings_of(crates()[crate]), documented(crate)
    assert set(own) - set(told) == set(), "not in the README's table"
    assert set(told) - set(readable(crate)) == set(), "only in the README's table"
    assert {name for name in own if own[name]} == {name for name in told if told[name]}


def variables(template, function):
    return template["Resources"][function]["Properties"]["Environment"]["Variables"]


def properties(template, function):
    return template["Resources"][function]["Properties"]


@pytest.mark.parametrize(("change", "said"), [
    (lambda t: variables(t, "CanaryJudge").pop("WATCHED_ALIASES"), "WATCHED_ALIASES is required, and not set"),
    (lambda t: variables(t, "TrafficShift").update(GUARD_ALARMS=""), "GUARD_ALARMS is required, and not set"),
    (lambda t: variables(t, "Backend").update(MODELL_ID="x"), "MODELL_ID is set, and nobody reads it"),
    (lambda t: t["Resources"]["PostTraffic"]["Metadata"]["BuildProperties"].update(Binary="post"), "post is no crate"),
    (lambda t: t["Resources"]["PostTraffic"]["Metadata"]["BuildProperties"].update(Binary="post"), "is in no template"),
    (lambda t: properties(t, "CanaryJudge").update(FunctionName="judge"), "is called judge"),
    (lambda t: properties(t, "CanaryJudge").pop("Description"), "no description"),
    (lambda t: properties(t, "CanaryJudge").pop("LoggingConfig") and properties(t, "CanaryJudge").update(
        LoggingConfig={"LogFormat": "JSON", "LogGroup": "/aws/lambda/other"}), "no log group"),
])
def test_problem_is_told_when_a_function_is_changed(change, said):
    assert any(said in problem for problem in problems(environment("production", change)))
