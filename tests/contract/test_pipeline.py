"""The pipeline's stages and actions, and everything that names them."""

import json
import re

import pytest
from environments import ROOT, environment, pipeline
from samtranslator.yaml_helper import yaml_parse
from sources import shipped

STAGES = [
    "Source", "Build", "DeployDev", "TestDev", "DeployStaging", "TestStaging", "ManualApproval", "ChaosTesting",
    "DeployCanary", "CanaryApproval", "ExpandCanary", "FinalApproval", "DeployProd",
]
# Approvals and the minutes until silence is a no.
APPROVALS = {("ManualApproval", "ApprovalAction"): 1440, ("ManualApproval", "ProductOwnerApproval"): 1440,
             ("CanaryApproval", "CanaryApproval"): 120, ("FinalApproval", "FinalApproval"): 120}
# What CodePipeline itself sets; the source actions set more (CodePipeline user guide, variables reference).
OWN_VARIABLES = {"codepipeline": {"PipelineExecutionId"}, "variables": {"Hotfix"}}
SOURCE_VARIABLES = {"CommitId"}
LONGEST_USER_PARAMETERS, LONGEST_CUSTOM_DATA = 1000, 1000
# Each action of traffic-shift and the parameters that it takes beside those of all.
STEPS = {
    "acquire": set(),
    "shift": {"candidate", "step", "percent", "bakeMinutes", "maxBakeMinutes", "hotfix"},
    "promote": {"candidate", "deploymentConfig", "hotfix"},
    "watch": {"candidate", "minutes"},
}
COMMON = {"action", "execution", "function", "alias"}


def stages(stack):
    return stack.properties("Pipeline")["Stages"]


def actions(stack):
    """Every action with its stage, in the order in which they run."""
    for stage in stages(stack):
        for action in sorted(stage["Actions"], key=lambda action: action.get("RunOrder", 1)):
            yield stage["Name"], action


def output_variables():
    text = re.search(r"NAMES: \[&str; \d+\] = \[(.*?)\]", shipped(ROOT / "functions/traffic-shift"), re.DOTALL)
    return set(re.findall(r'"(\w+)"', text.group(1)))


def buildspecs(stack):
    """The buildspec of each project."""
    projects = (body["Properties"] for body in stack.of("AWS::CodeBuild::Project").values())
    return {project["Name"]: ROOT / project["Source"]["BuildSpec"] for project in projects}


def exported(stack, project):
    """The variables that a build project exports, by its buildspec."""
    path = buildspecs(stack)[project]
    text = path.read_text() if path.is_file() else "{}"
    return set(yaml_parse(text).get("env", {}).get("exported-variables", []))


def variables_of(stack, action, outputs):
    """The variables that an action has for those after it."""
    kind = action["ActionTypeId"]
    if kind["Provider"] == "CodeBuild":
        return exported(stack, action["Configuration"]["ProjectName"])
    by_kind = {"Lambda": output_variables(), "CloudFormation": outputs}
    return SOURCE_VARIABLES if kind["Category"] == "Source" else by_kind.get(kind["Provider"], set())


def variable_problems(stack, outputs):
    """References to variables that no earlier action sets."""
    known, told = dict(OWN_VARIABLES), []
    for stage, action in actions(stack):
        for namespace, name in re.findall(r"#\{(\w+)\.(\w+)\}", json.dumps(action["Configuration"])):
            if name not in known.get(namespace, set()):
                told.append(f"{stage}/{action['Name']}: nobody before sets {namespace}.{name}")
        if "Namespace" in action:
            known[action["Namespace"]] = variables_of(stack, action, outputs)
    return told


def step_problems(stage, action, stacks):
    """What is wrong with one call of traffic-shift."""
    name, text = f"{stage}/{action['Name']}", action["Configuration"]["UserParameters"]
    if len(text) > LONGEST_USER_PARAMETERS:
        return [f"{name}: {len(text)} characters of UserParameters"]
    given = json.loads(text)
    environment_of = [stack for stack in stacks if action["Configuration"]["FunctionName"] == f"{stack.name}-traffic-shift"]
    if not environment_of:
        return [f"{name}: no environment has {action['Configuration']['FunctionName']}"]
    functions = {body["Properties"]["FunctionName"] for body in environment_of[0].of("AWS::Lambda::Function").values()}
    aliases = {body["Properties"]["Name"] for body in environment_of[0].of("AWS::Lambda::Alias").values()}
    wrong = [] if given["function"] in functions else [f"{name}: the environment has no {given['function']}"]
    wrong += [] if given["alias"] in aliases else [f"{name}: no alias {given['alias']}"]
    expected = COMMON | STEPS.get(given["action"], set())
    return wrong + ([] if set(given) == expected else [f"{name}: the parameters are {sorted(given)}"])


def problems(change=None, environments=("dev", "staging", "production")):
    stack, stacks = pipeline(change), [environment(file) for file in environments]
    outputs = set(stacks[0].template["Outputs"])
    told = variable_problems(stack, outputs)
    if [stage["Name"] for stage in stages(stack)] != STAGES:
        told.append("the stages are not those that everybody names")
    for stage, action in actions(stack):
        told += action_problems(stage, action, stacks)
    approvals = {(stage, action["Name"]): action["TimeoutInMinutes"] for stage, action in actions(stack)
                 if action["ActionTypeId"]["Provider"] == "Manual"}
    return told + ([] if approvals == APPROVALS else [f"the approvals are {approvals}"])


def action_problems(stage, action, stacks):
    name, given, told = f"{stage}/{action['Name']}", action["Configuration"], []
    provider = action["ActionTypeId"]["Provider"]
    if provider == "Lambda":
        told += step_problems(stage, action, stacks)
    if provider == "Manual" and len(given["CustomData"]) > LONGEST_CUSTOM_DATA:
        told.append(f"{name}: {len(given['CustomData'])} characters of CustomData")
    if provider == "CloudFormation":
        found = [stack for stack in stacks if stack.name == given["StackName"]]
        file = given["TemplateConfiguration"].removeprefix("Build::")
        told += [] if found and (ROOT / file).is_file() else [f"{name}: {given['StackName']} or {file} is unknown"]
        overrides = set(json.loads(given["ParameterOverrides"]))
        told += [f"{name}: {key} is no parameter" for key in overrides - set(stacks[0].template["Parameters"])]
    return told


def test_pipeline_names_only_what_exists():
    assert problems() == []
    assert len(output_variables()) == 16, "the search does not find traffic-shift's variables"


def test_every_build_project_has_its_buildspec():
    found = buildspecs(pipeline())
    assert [name for name, path in found.items() if not path.is_file()] == []


def test_environments_name_stages_of_the_pipeline():
    for file in ("dev", "staging", "production"):
        stack = environment(file)
        release = stack.template["Mappings"]["Release"][file.replace("production", "prod")]
        assert set(release["RolloutStages"]) <= set(STAGES)
        # The stage that promotes, in this environment.
        last = [stage for stage, action in actions(pipeline()) if '"promote"' in action["Configuration"].get("UserParameters", "")
                and action["Configuration"]["FunctionName"] == f"{stack.name}-traffic-shift"]
        assert last == [release["PromotionStage"]]
        assert release["PromotionStage"] in release["RolloutStages"]
    mapped = environment("production").template["Mappings"]["Release"]
    assert mapped["prod"]["RolloutStages"] == STAGES[STAGES.index("DeployCanary"):]
    assert mapped["claude4"]["RolloutStages"] == ["none"], "no stage of the pipeline deploys claude4"


def test_rollback_may_withdraw_the_approvals_of_the_rollout_and_no_other():
    policies = environment("production").properties("AlarmRollbackRole")["Policies"]
    [allowed] = [statement["Resource"] for policy in policies for statement in policy["PolicyDocument"]["Statement"]
                 if statement.get("Sid") == "WithdrawApprovals"]
    rollout = environment("production").template["Mappings"]["Release"]["prod"]["RolloutStages"]
    expected = {f"{stage}/{action}" for stage, action in APPROVALS if stage in rollout}
    assert {arn.split("manuel-backend-pipeline/")[1] for arn in allowed} == expected


def test_documents_name_stages_and_actions_of_the_pipeline():
    runbook, readme = (ROOT / "docs/runbook.md").read_text(), (ROOT / "README.md").read_text()
    known = {action["Name"] for _, action in actions(pipeline())}
    named = re.findall(r"(?:--stage-name |stageName==')([A-Za-z0-9]+)", runbook)
    assert named and set(named) <= set(STAGES)
    named = re.findall(r"(?:--action-name |actionName[=']+)([A-Za-z0-9]+)", runbook)
    assert named and set(named) <= known
    namespaces = {action.get("Namespace") for _, action in actions(pipeline())} | set(OWN_VARIABLES)
    assert set(re.findall(r"#\{(\w+)\.", readme)) <= namespaces


def test_runbook_sets_the_names_of_production():
    exports = re.search(r"^export PIPELINE(.*?)```", (ROOT / "docs/runbook.md").read_text(), re.DOTALL | re.MULTILINE)
    names = dict(re.findall(r"([A-Z]+)=(\S+)", "PIPELINE" + exports.group(1)))
    stack = environment("production")
    expected = {"PIPELINE": pipeline().properties("Pipeline")["Name"],
                "BACKEND": stack.resolver.name("Backend"), "ROLLBACK": stack.resolver.name("AlarmRollback"),
                "APPLICATION": stack.resolver.name("LiveApplication"), "GROUP": stack.resolver.name("LiveDeploymentGroup")}
    assert {name: names.get(name) for name in expected} == expected
    alarms = {body["Properties"]["AlarmName"] for body in stack.of("AWS::CloudWatch::Alarm").values()}
    assert set(re.findall(r"--alarm-name ([\w-]+)", (ROOT / "docs/runbook.md").read_text())) <= alarms


def configuration(template, stage, action):
    found = next(found for found in template["Resources"]["Pipeline"]["Properties"]["Stages"] if found["Name"] == stage)
    return next(found for found in found["Actions"] if found["Name"] == action)["Configuration"]


def replaced(stage, action, key, old, new):
    def change(template):
        given = configuration(template, stage, action)
        assert old in given[key]
        given[key] = given[key].replace(old, new)

    return change


@pytest.mark.parametrize(("change", "said"), [
    (replaced("DeployCanary", "Shift10", "UserParameters", "DeployCanary.Cand", "DeployProd.Cand"), "nobody before sets"),
    (replaced("FinalApproval", "FinalApproval", "CustomData", "Canary50.verdict", "Canary50.verdikt"), "nobody before sets"),
    (replaced("CanaryApproval", "CanaryApproval", "CustomData", "Canary10", "Canary50"), "nobody before sets Canary50"),
    (replaced("DeployProd", "Watch", "UserParameters", "prod-backend", "prod-back"), "the environment has no manuel-prod-back"),
    (replaced("DeployProd", "Watch", "UserParameters", "live", "alive"), "no alias alive"),
    (replaced("DeployProd", "Watch", "UserParameters", '"minutes"', '"bakeMinutes"'), "the parameters are"),
    (replaced("DeployProd", "Watch", "FunctionName", "prod", "production"), "no environment has"),
    (replaced("DeployDev", "UpdateStack", "ParameterOverrides", "BuildId", "Build"), "Build is no parameter"),
    (replaced("DeployDev", "UpdateStack", "TemplateConfiguration", "dev.json", "development.json"), "is unknown"),
    (replaced("FinalApproval", "FinalApproval", "CustomData", "Evidence", "Evidence" * 100), "characters of CustomData"),
    (replaced("DeployProd", "Watch", "UserParameters", "30", "30" + " " * 900), "characters of UserParameters"),
    (lambda t: t["Resources"]["Pipeline"]["Properties"]["Stages"].pop(3), "the stages are not"),
    (lambda t: t["Resources"]["Pipeline"]["Properties"]["Stages"][9]["Actions"][0].update(TimeoutInMinutes=60), "approvals"),
])
def test_problem_is_told_when_the_pipeline_is_changed(change, said):
    assert any(said in problem for problem in problems(change))
