"""Each function may do exactly what it was seen doing: the records of the rehearsals against the policies of the template."""

import json

import pytest
from environments import environment, parameter_file, statements
from policies import LAMBDAS_OWN, MANAGED, about, allows, granted, needed
from sources import crates, shipped

# Who writes which record. All of them together have seen every function.
RECORDS = {"faults.json": "make faults", "rehearsal.json": "make rehearse"}
# Calls that no record is sure to have, and the words in the source that make them: production words its answers without a
# model; and a release is rarely taken back in the moment in which its last deployment is created.
NOT_REHEARSED = {
    "backend": {"bedrock:Converse": ".converse()"},
    "traffic-shift": {"codedeploy:StopDeployment": "run.live.stop(&id)"},
}
# Of the four the one in which a function has everything that it can have: approvals are production's, the model claude4's.
FULL = {"backend": "claude4"}


def roles(stack):
    """The role of each function, by its crate."""
    found = stack.of("AWS::Lambda::Function").items()
    return {body["Metadata"]["BuildProperties"]["Binary"]: stack.properties(f"{name}Role") for name, body in found}


def file_of(crate):
    return FULL.get(crate, "production")


def full(crate, change=None):
    """The environment in which a function may most."""
    return environment(file_of(crate), change)


@pytest.fixture(scope="module")
def observed(target):
    """The operations of each function, by its crate."""
    found = {}
    for name, command in RECORDS.items():
        path = target / "observed-calls" / name
        if not path.is_file():
            pytest.fail(f"nobody has written {path}: run `{command}` first")
        for crate, operations in json.loads(path.read_text()).items():
            found.setdefault(crate, set()).update(operations)
    return found


def problems(stack, crate, operations):
    """What a function's policy allows too much or too little."""
    own, parameters = granted(roles(stack)[crate]), parameter_file(file_of(crate))["Parameters"]
    allowed = {action for statement in own for action in statement["Action"]}
    wanted = needed(operations)
    told = [f"{crate} calls {wanted[action]} and may not {action}" for action in sorted(set(wanted) - allowed)]
    told += [f"{crate} may {action} and never does" for action in sorted(allowed - set(wanted))]
    told += [f"{crate} may {action}, which is many" for action in allowed if "*" in action]
    for action in sorted(set(wanted) & allowed):
        name = parameters["Environment"]
        for arn in about(action, parameters, name):
            if not any(allows(statement, action, arn) for statement in own):
                told.append(f"{crate} may not {action} on {arn}")
        for arn in set(about(action, parameters, "other")) - set(about(action, parameters, name)):
            if any(allows(statement, action, arn) for statement in own):
                told.append(f"{crate} may {action} on {arn}, of another environment")
        wide = [statement for statement in own if action in statement["Action"] and "*" in statement["Resource"]]
        if wide and about(action, parameters, name) != ["*"]:
            told.append(f"{crate} may {action} on everything")
    return told


@pytest.mark.parametrize("crate", sorted(crates()))
def test_policy_allows_exactly_the_calls_that_were_seen(crate, observed):
    assert observed.get(crate), f"no record has {crate}"
    source, more = shipped(crates()[crate]), NOT_REHEARSED.get(crate, {})
    calls = observed[crate] | {operation for operation, words in more.items() if words in source}
    assert problems(full(crate), crate, calls) == []


@pytest.mark.parametrize("crate", sorted(crates()))
def test_managed_policies_and_lambdas_own_calls_are_those_that_are_known(crate):
    stack = full(crate)
    role = roles(stack)[crate]
    assert set(role["ManagedPolicyArns"]) <= set(MANAGED)
    found = [own for policy in role.get("Policies", []) for own in statements(policy["PolicyDocument"])]
    lambdas = [own for own in found if set(own["Action"]) & set(LAMBDAS_OWN)]
    # Those two have an on-failure destination; the others' events come again.
    assert len(lambdas) == (crate in ("traffic-shift", "alarm-rollback"))
    queue = stack.arn("UndeliveredEvents")
    assert all(own["Resource"] == [queue] and len(own["Action"]) == 1 for own in lambdas)


# ------------------------------------------------------------------------------------------------------- the test, tested

JUDGED = {"lambda:GetAlias", "cloudwatch:GetMetricData", "cloudwatch:PutMetricData"}


def statement(template, logical, sid):
    found = template["Resources"][logical]["Properties"]["Policies"][0]["Statement"]
    return next(statement for statement in found if statement["Sid"] == sid)


def test_judge_has_no_problem_when_it_calls_what_it_may():
    assert problems(full("canary-judge"), "canary-judge", JUDGED) == []


def test_calls_that_are_not_rehearsed_are_in_the_sources():
    for crate, calls in NOT_REHEARSED.items():
        assert all(words in shipped(crates()[crate]) for words in calls.values()), crate


@pytest.mark.parametrize(("operations", "said"), [
    (JUDGED | {"lambda:Invoke"}, "calls lambda:Invoke and may not lambda:InvokeFunction"),
    (JUDGED - {"lambda:GetAlias"}, "may lambda:GetAlias and never does"),
    (JUDGED | {"codedeploy:CreateDeployment"}, "may not codedeploy:RegisterApplicationRevision"),
])
def test_problem_is_told_when_the_calls_are_others(operations, said):
    assert any(said in problem for problem in problems(full("canary-judge"), "canary-judge", operations))


@pytest.mark.parametrize(("change", "said"), [
    (lambda s: s.update(Action=["lambda:GetAlias", "lambda:GetPolicy"]), "may lambda:GetPolicy and never does"),
    (lambda s: s.update(Action="lambda:Get*"), "which is many"),
    (lambda s: s.update(Resource="arn:aws:lambda:eu-west-1:123456789012:function:manuel-backend"), "may not lambda:GetAlias on"),
    (lambda s: s.update(Resource="arn:aws:lambda:eu-west-1:123456789012:function:manuel-*"), "of another environment"),
    (lambda s: s.update(Resource="*"), "on everything"),
])
def test_problem_is_told_when_the_policy_is_changed(change, said):
    broken = full("canary-judge", lambda template: change(statement(template, "CanaryJudge", "SeeTheSplit")))
    assert any(said in problem for problem in problems(broken, "canary-judge", JUDGED))
