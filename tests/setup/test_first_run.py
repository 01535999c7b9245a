"""An empty account, and the same account again."""

import json

import pytest

CREATE = ("aws", "cloudformation", "create-change-set")


def test_everything_is_created_when_the_account_is_empty(checkout):
    checkout.succeeds("--yes")
    assert checkout.status("manuel-pipeline") == checkout.status("manuel-prod") == "CREATE_COMPLETE"
    assert checkout.world["stacks"]["manuel-pipeline"]["parameters"] == {
        "NotificationEmail": "you@example.com", "SourceProvider": "GitHub", "GitHubOwner": "acme", "GitHubRepo": "manuel",
        "Architecture": "x86_64",
    }
    first, second = checkout.calls(*CREATE)
    assert first[first.index("--capabilities") + 1] == "CAPABILITY_NAMED_IAM"
    assert "Key=Project,Value=manuel" in first
    assert second[second.index("--capabilities") + 1:][:3] == ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
    assert second[second.index("--role-arn") + 1] == "arn:aws:iam::123456789012:role/manuel-deploy-prod"


def test_production_is_built_packaged_and_protected_when_it_is_missing(checkout):
    checkout.succeeds("--yes")
    order = [call[:3] for call in checkout.calls() if call[0] == "sam" or call[1:3] in (
        ["s3", "cp"], ["cloudformation", "execute-change-set"], ["cloudformation", "set-stack-policy"])]
    assert order == [
        ["sam", "--version"], ["aws", "cloudformation", "execute-change-set"], ["sam", "build", "--template-file"],
        ["sam", "package", "--template-file"], ["aws", "s3", "cp"], ["aws", "cloudformation", "execute-change-set"],
        ["aws", "cloudformation", "set-stack-policy"],
    ]
    assert checkout.option("--s3-bucket", "sam", "package") == "manuel-artifacts"
    assert checkout.option("--s3-prefix", "sam", "package") == "packages"
    key = "packages/bootstrap-1a2b3c4d5e6f.yaml"
    assert checkout.calls("aws", "s3", "cp")[0][3:] == [".aws-sam/packaged.yaml", f"s3://manuel-artifacts/{key}"]
    assert checkout.option("--template-url", *CREATE, number=1) == f"https://manuel-artifacts.s3.eu-west-1.amazonaws.com/{key}"
    production = checkout.world["stacks"]["manuel-prod"]
    assert production["parameters"] == {
        "Environment": "prod", "Architecture": "x86_64", "ModelId": "none", "ReservedConcurrency": "5", "BootstrapVersion": "1",
        "BuildId": "bootstrap-1a2b3c4d5e6f",
    }
    assert json.loads(production["policy"])["Statement"][0]["Resource"] == "LogicalResourceId/LiveAlias"
    assert json.loads(checkout.option("--tags", *CREATE, number=1)) == [
        {"Key": "Project", "Value": "manuel"}, {"Key": "Environment", "Value": "prod"}]


def test_changes_and_events_are_shown_when_a_stack_is_created(checkout):
    checkout.succeeds("--yes")
    assert "Account 123456789012, region eu-west-1" in checkout.out
    assert "source: GitHub acme/manuel" in checkout.out
    assert "Add     Pipeline                           AWS::CodePipeline::Pipeline\n" in checkout.out
    assert "AWS::IAM::ManagedPolicy  is replaced" in checkout.out
    # Each event once, although they were read in several polls.
    assert checkout.out.count("CREATE_COMPLETE              CloudFormation::Stack            manuel-pipeline") == 1


@pytest.mark.parametrize("wording", ["The submitted information didn't contain changes. Submit different information", "No updates are to be performed."])
def test_second_run_changes_nothing_when_nothing_differs(checkout, wording):
    checkout.succeeds("--yes")
    checkout.world["noChanges"] = wording
    checkout.succeeds("--yes")
    assert "manuel-pipeline: no changes." in checkout.out
    assert "exists, and is left to the pipeline" in checkout.out
    assert checkout.calls("aws", "cloudformation", "execute-change-set") == []
    assert checkout.calls("sam", "build") == [] and checkout.calls("aws", "cloudformation", "set-stack-policy") == []
    assert checkout.world["stacks"]["manuel-pipeline"]["changeSets"] == {}


def test_options_keep_their_value_when_they_are_left_out_later(checkout):
    checkout.succeeds("--yes", "--github-branch", "trunk", "--monthly-budget-dollars", "250", "--slack-workspace-id", "T01", "--slack-channel-id", "C01")
    before = checkout.world["stacks"]["manuel-pipeline"]["parameters"]
    assert before["GitHubBranch"] == "trunk" and before["MonthlyBudgetDollars"] == "250" and before["SlackChannelId"] == "C01"
    # Not even another address of the clone swaps the repository of a pipeline that works.
    checkout.world["remotes"] = {"origin": "https://github.com/other/fork.git"}
    checkout.succeeds("--yes", "--github-branch", "main")
    assert checkout.world["stacks"]["manuel-pipeline"]["parameters"] == before | {"GitHubBranch": "main"}
    # The state of the operation before, still told once, was not taken for the end of this one.
    assert "manuel-pipeline: UPDATE_COMPLETE" in checkout.out
    assert checkout.status("manuel-pipeline") == "UPDATE_COMPLETE"


def test_stack_is_updated_when_the_template_differs(checkout):
    checkout.succeeds("--yes")
    (checkout.folder / "pipeline-template.yaml").write_text("Resources: {New: {}}\n")
    checkout.succeeds("--yes")
    assert checkout.status("manuel-pipeline") == "UPDATE_COMPLETE"
    assert checkout.option("--change-set-type", *CREATE) == "UPDATE"


@pytest.mark.parametrize("flags, where", [
    (["--stack-name", "manuel-two"], ["--stack-name", "manuel-two"]),
    (["--stack-name=manuel-two"], ["--stack-name", "manuel-two"]),
])
def test_stack_has_the_name_when_one_is_given(checkout, flags, where):
    checkout.world["outputs"]["manuel-two"] = checkout.world["outputs"]["manuel-pipeline"]
    checkout.succeeds("--yes", *flags)
    assert checkout.status("manuel-two") == "CREATE_COMPLETE"
    assert checkout.option("--stack-name", *CREATE) == "manuel-two"


def test_policy_is_set_when_an_earlier_run_did_not_come_to_it(checkout):
    checkout.succeeds("--yes")
    checkout.world["stacks"]["manuel-prod"]["policy"] = None
    checkout.succeeds("--yes")
    assert "LiveAlias" in checkout.world["stacks"]["manuel-prod"]["policy"]


def test_run_stops_when_the_folder_has_no_commit(checkout):
    checkout.world["commit"] = None
    checkout.fails("--yes")
    assert "has no commit" in checkout.err and "git commit" in checkout.err


@pytest.mark.parametrize("step", ["build", "package"])
def test_nothing_of_production_is_created_when_the_build_fails(checkout, step):
    checkout.world["samFails"] = [step]
    checkout.fails("--yes")
    assert checkout.status("manuel-prod") is None
    checkout.world["samFails"] = []
    checkout.succeeds("--yes")
    assert checkout.status("manuel-prod") == "CREATE_COMPLETE"


@pytest.mark.parametrize("outputs, missing", [({"ArtifactBucket": "b"}, "ProductionDeployRole"), ({}, "ArtifactBucket")])
def test_run_stops_when_the_stack_lacks_an_output(checkout, outputs, missing):
    checkout.world["outputs"]["manuel-pipeline"] = outputs
    checkout.fails("--yes")
    assert f"has no output {missing}" in checkout.err
    assert checkout.calls("sam", "build") == []
