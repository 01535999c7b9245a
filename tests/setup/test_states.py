"""Every state in which a stack can be found, failures of its changes, and runs that are interrupted."""

import pytest

PIPELINE, PRODUCTION = "manuel-pipeline", "manuel-prod"
VERSION = ("CREATE_COMPLETE", "AWS::Lambda::Version", "BackendVersion1a2b", "arn:aws:lambda:eu-west-1:123456789012:function:manuel-prod-backend:1", None)


@pytest.mark.parametrize("status, said", [
    ("ROLLBACK_COMPLETE", ["its creation failed", "aws cloudformation delete-stack --stack-name manuel-pipeline --region eu-west-1", "Then run this again."]),
    ("ROLLBACK_FAILED", ["could not be removed", "describe-stack-events", "delete-stack"]),
    ("CREATE_FAILED", ["could not be removed", "delete-stack"]),
    ("DELETE_FAILED", ["could not be removed", "a bucket with objects", "delete-stack"]),
    ("UPDATE_ROLLBACK_FAILED", ["continue-update-rollback --stack-name manuel-pipeline", "--resources-to-skip"]),
    ("DELETE_IN_PROGRESS", ["somebody is deleting it", "wait stack-delete-complete"]),
    ("ODD", ["does not know"]),
])
@pytest.mark.parametrize("mode", [["--yes"], ["--dry-run"]])
def test_way_out_is_told_when_the_stack_cannot_be_changed(checkout, status, said, mode):
    checkout.stack(PIPELINE, status).fails(*mode)
    assert f"manuel-pipeline is in {status}" in checkout.err
    for each in said:
        assert each in checkout.err
    assert checkout.calls("aws", "cloudformation", "create-change-set") == []


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "UPDATE_ROLLBACK_FAILED", "DELETE_IN_PROGRESS", "DELETE_FAILED"])
def test_nothing_is_changed_when_production_cannot_be(checkout, status):
    checkout.stack(PRODUCTION, status).fails("--yes")
    assert f"manuel-prod is in {status}" in checkout.err
    assert checkout.status(PIPELINE) is None


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"])
def test_stack_is_updated_when_it_is_whole(checkout, status):
    checkout.stack(PIPELINE, status).succeeds("--yes")
    assert checkout.status(PIPELINE) == "UPDATE_COMPLETE"


@pytest.mark.parametrize("status", ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS"])
def test_production_is_left_alone_when_the_pipeline_updates_it(checkout, status):
    checkout.stack(PRODUCTION, status, policy="{}").succeeds("--yes")
    assert checkout.status(PRODUCTION) == status
    assert checkout.calls("sam", "build") == []


def test_run_goes_on_when_an_earlier_one_ended_before_it_created_anything(checkout):
    checkout.stack(PIPELINE, "REVIEW_IN_PROGRESS").stack(PRODUCTION, "REVIEW_IN_PROGRESS").succeeds("--yes")
    assert "an earlier run ended before it created anything" in checkout.out
    assert checkout.status(PIPELINE) == checkout.status(PRODUCTION) == "CREATE_COMPLETE"


def test_run_waits_when_the_stack_is_still_being_created(checkout):
    checkout.stack(PIPELINE, "CREATE_IN_PROGRESS", next=["CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_COMPLETE"]).succeeds("--yes")
    assert checkout.out.count("manuel-pipeline is in CREATE_IN_PROGRESS") == 1
    assert checkout.status(PIPELINE) == "UPDATE_COMPLETE"


def test_failure_is_explained_when_the_creation_that_it_waited_for_failed(checkout):
    checkout.stack(PIPELINE, "ROLLBACK_IN_PROGRESS", next=["ROLLBACK_IN_PROGRESS", "ROLLBACK_COMPLETE"]).fails("--yes")
    assert "is in ROLLBACK_COMPLETE: its creation failed" in checkout.err


def test_empty_account_is_not_supposed_when_reading_is_refused(checkout):
    checkout.world["refusals"]["cloudformation describe-stacks"] = "User is not authorized to perform cloudformation:DescribeStacks"
    checkout.fails("--yes")
    assert "cannot be read" in checkout.err and "not authorized" in checkout.err
    assert checkout.world["stacks"] == {}


def test_first_failures_are_shown_when_the_creation_fails(checkout):
    checkout.world["ends"][PIPELINE] = "ROLLBACK_COMPLETE"
    checkout.world["failures"][PIPELINE] = [
        ("CREATE_FAILED", "AWS::S3::Bucket", "ArtifactBucket", "", "The bucket exists\nalready"),
        ("CREATE_FAILED", "AWS::SNS::Topic", "CriticalTopic", "", "Resource creation cancelled"),
    ]
    checkout.fails("--yes")
    assert "ArtifactBucket (AWS::S3::Bucket): The bucket exists" in checkout.err
    assert "CriticalTopic" not in checkout.err
    assert "manuel-pipeline is in ROLLBACK_COMPLETE: its creation failed" in checkout.err
    assert checkout.calls("sam", "build") == []


def test_stack_is_as_before_when_an_update_fails(checkout):
    checkout.succeeds("--yes")
    checkout.world["ends"][PIPELINE] = "UPDATE_ROLLBACK_COMPLETE"
    checkout.world["failures"][PIPELINE] = [("UPDATE_FAILED", "AWS::KMS::Key", "MessageKey", "", "Access denied")]
    checkout.fails("--yes", "--github-branch", "trunk")
    assert "MessageKey (AWS::KMS::Key): Access denied" in checkout.err and "is as it was before" in checkout.err


def test_next_version_number_is_told_when_the_creation_of_production_fails(checkout):
    checkout.world["ends"][PRODUCTION] = "ROLLBACK_COMPLETE"
    checkout.world["failures"][PRODUCTION] = [("CREATE_FAILED", "AWS::WAFv2::WebACL", "WebAcl", "", "Access denied")]
    checkout.world["published"][PRODUCTION] = [VERSION]
    checkout.fails("--yes")
    assert "WebAcl (AWS::WAFv2::WebACL): Access denied" in checkout.err
    assert "aws cloudformation delete-stack --stack-name manuel-prod --region eu-west-1" in checkout.err
    assert 'set BootstrapVersion to "2" in parameters/production.json' in checkout.err
    # The same after it, from the stack that it left.
    checkout.fails("--yes")
    assert 'set BootstrapVersion to "2"' in checkout.err


def test_version_number_stays_when_no_version_was_published(checkout):
    checkout.stack(PRODUCTION, "ROLLBACK_COMPLETE").fails("--yes")
    assert "BootstrapVersion stays" in checkout.err


@pytest.mark.parametrize("existing", [False, True])
def test_reason_is_told_when_cloudformation_refuses_the_change(checkout, existing):
    if existing:
        checkout.stack(PIPELINE, "UPDATE_COMPLETE")
    checkout.world["changeSetFails"][PIPELINE] = "Template error: instance of Fn::GetAtt references undefined resource Nothing"
    checkout.fails("--yes")
    assert "CloudFormation refuses the change of manuel-pipeline: Template error" in checkout.err
    # And nothing is left of the attempt.
    assert checkout.status(PIPELINE) == ("UPDATE_COMPLETE" if existing else None)
    assert not existing or checkout.world["stacks"][PIPELINE]["changeSets"] == {}


def test_error_of_the_cli_is_shown_when_no_change_set_can_be_made(checkout):
    checkout.world["refusals"]["cloudformation create-change-set"] = "User is not authorized to perform cloudformation:CreateChangeSet"
    checkout.fails("--yes", code=254)
    assert "not authorized" in checkout.err


@pytest.mark.parametrize("pause", range(1, 9))
def test_second_run_completes_when_the_first_was_interrupted(checkout, pause):
    checkout.world["interruptInPause"] = pause
    checkout.fails("--yes", code=130)
    assert "Interrupted." in checkout.err and "Run the same command again" in checkout.err
    checkout.world["interruptInPause"] = 0
    checkout.succeeds("--yes")
    assert checkout.world["stacks"][PIPELINE]["outputs"] and checkout.world["stacks"][PRODUCTION]["policy"]
    assert checkout.status(PRODUCTION) == "CREATE_COMPLETE"
    assert [stack["changeSets"] for stack in checkout.world["stacks"].values()] == [{}, {}]


def test_first_run_has_eight_pauses(checkout):
    """So that the test above interrupts it in every one."""
    checkout.succeeds("--yes")
    assert checkout.world["pauses"] == 8


def test_end_is_found_when_no_event_has_the_token(checkout):
    checkout.world["ends"][PIPELINE] = "CREATE_COMPLETE"
    checkout.world["refusals"] = {}
    checkout.world["noEvents"] = True
    checkout.succeeds("--yes")
    assert checkout.world["pauses"] > 24
