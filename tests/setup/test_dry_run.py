"""A dry run changes nothing, and prints commands that work when pasted."""

import re
import subprocess

import pytest

READS = re.compile(r"aws (--version|[a-z0-9]+ (get|list|describe|validate)-)|sam (--version|validate)|git (--version|remote get-url|rev-parse)"
                   r"|cargo( lambda)? --version|python3|uname|zig|rustup target list|sleep")


def changing(checkout):
    return [" ".join(call) for call in checkout.calls() if not READS.match(" ".join(call))]


def printed(checkout):
    return re.findall(r"^  ((?:aws|sam|export|[A-Z_]+=\$\(aws) .*)$", checkout.out, re.MULTILINE)


@pytest.mark.parametrize("credentials", [True, False])
def test_nothing_is_changed_when_the_account_is_empty(checkout, credentials):
    if not credentials:
        checkout.world["refusals"]["sts get-caller-identity"] = "Unable to locate credentials"
    checkout.succeeds("--dry-run")
    assert changing(checkout) == [] and checkout.world["stacks"] == {}
    assert [line.split(" ")[0:3] for line in printed(checkout)] == [
        ["export", "AWS_REGION=eu-west-1", "AWS_DEFAULT_REGION=eu-west-1"],
        ["aws", "cloudformation", "create-change-set"], ["aws", "cloudformation", "wait"],
        ["aws", "cloudformation", "execute-change-set"], ["aws", "cloudformation", "wait"],
        ["ARTIFACT_BUCKET=$(aws", "cloudformation", "describe-stacks"], ["DEPLOY_ROLE=$(aws", "cloudformation", "describe-stacks"],
        ["sam", "build", "--template-file"], ["sam", "package", "--template-file"], ["aws", "s3", "cp"],
        ["aws", "cloudformation", "create-change-set"], ["aws", "cloudformation", "wait"],
        ["aws", "cloudformation", "execute-change-set"], ["aws", "cloudformation", "wait"], ["aws", "cloudformation", "set-stack-policy"],
    ]
    assert ("supposing an empty account" in checkout.out) == (not credentials)
    assert ("pipeline-template.yaml is valid" in checkout.out) == credentials
    assert "template.yaml is valid" in checkout.out and "Nothing was changed" in checkout.out


def test_same_is_created_when_the_printed_commands_are_pasted(checkout):
    checkout.succeeds("--dry-run")
    script = "\n".join(line.replace("aws cloudformation wait", "true") for line in printed(checkout))
    # `wait` is left out: here, nothing happens without being asked about.
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", follow(script)], cwd=checkout.folder, env={"PATH": str(checkout.bin)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    pasted = {name: (stack["parameters"], stack["policy"]) for name, stack in checkout.world["stacks"].items()}
    checkout.world["stacks"].clear()
    checkout.succeeds("--yes")
    assert pasted == {name: (stack["parameters"], stack["policy"]) for name, stack in checkout.world["stacks"].items()}


def follow(script):
    """After an execution the stack is asked about until it is whole, as `wait` would."""
    asks = 'for n in 1 2 3 4; do aws cloudformation describe-stacks --stack-name "$stack" >/dev/null; done'
    return re.sub(r"^(aws cloudformation execute-change-set --stack-name (\S+) .*)$", rf"\1 --client-request-token t\nstack=\2; {asks}", script, flags=re.MULTILINE)


def test_change_set_is_made_shown_and_deleted_when_the_stack_exists(checkout):
    checkout.succeeds("--yes")
    checkout.succeeds("--dry-run", "--github-branch", "trunk")
    assert [line.split(" ")[:3] for line in changing(checkout)] == [
        ["aws", "cloudformation", "create-change-set"], ["aws", "cloudformation", "delete-change-set"]]
    assert "AWS::CodePipeline::Pipeline" in checkout.out
    assert "ParameterKey=GitHubBranch,ParameterValue=trunk" in checkout.out
    assert checkout.world["stacks"]["manuel-pipeline"]["parameters"].get("GitHubBranch") is None


def test_production_is_prepared_with_real_names_when_only_it_is_missing(checkout):
    checkout.stack("manuel-pipeline", "CREATE_COMPLETE").succeeds("--dry-run")
    assert "--s3-bucket manuel-artifacts" in checkout.out and "ARTIFACT_BUCKET" not in checkout.out
    assert checkout.status("manuel-prod") is None


def test_it_does_not_wait_when_the_stack_is_being_changed(checkout):
    checkout.stack("manuel-pipeline", "UPDATE_IN_PROGRESS").succeeds("--dry-run")
    assert "This would wait for its end." in checkout.out
    assert changing(checkout) == [] and checkout.calls("sleep") == []


@pytest.mark.parametrize("call, said", [("cloudformation validate-template", "Template format error"), ("sam validate", "is not valid")])
def test_run_stops_when_a_template_is_not_valid(checkout, call, said):
    if call.startswith("sam"):
        checkout.world["samFails"] = ["validate"]
    else:
        checkout.world["refusals"][call] = said
    assert checkout.run("--dry-run").code != 0
    assert said in checkout.err
