"""The end of a run: what is left for a person, and only that."""

import pytest


def test_all_steps_are_listed_when_nothing_is_done(checkout):
    checkout.succeeds("--yes")
    assert "https://eu-west-1.console.aws.amazon.com/codesuite/settings/123456789012/eu-west-1/codeconnections/connections/0a1b2c3d" in checkout.out
    for topic in ("manuel-critical", "manuel-approvals", "manuel-notices"):
        assert f"   {topic}: you@example.com\n" in checkout.out
    assert "update-cost-allocation-tags-status --cost-allocation-tags-status TagKey=Project,Status=Active" in checkout.out
    assert "aws codepipeline start-pipeline-execution --name manuel-backend-pipeline --region eu-west-1" in checkout.out
    assert "https://dashboard.example" in checkout.out
    assert "/codesuite/codepipeline/pipelines/manuel-backend-pipeline/view?region=eu-west-1" in checkout.out
    assert [line[:2] for line in checkout.out.splitlines() if line[:1].isdigit() and line[1:3] == ". "] == ["1.", "2.", "3.", "4.", "5."]


def test_steps_are_left_out_when_they_are_done(checkout):
    answers = checkout.world["answers"]
    answers["codeconnections get-connection"] = {"Connection": {"ConnectionStatus": "AVAILABLE"}}
    answers["sns list-subscriptions-by-topic"] = {"Subscriptions": [{"SubscriptionArn": "arn:aws:sns:x", "Protocol": "email", "Endpoint": "you@example.com"}]}
    answers["codepipeline list-pipeline-executions"] = {"pipelineExecutionSummaries": [{"status": "Succeeded"}]}
    checkout.succeeds("--yes")
    assert "codeconnections" not in checkout.out and "Confirm the subscriptions" not in checkout.out
    assert "start-pipeline-execution" not in checkout.out and "Approve it" not in checkout.out
    assert "cost allocation tag" in checkout.out


def subscription(arn, endpoint, protocol="email"):
    return {"SubscriptionArn": arn, "Protocol": protocol, "Endpoint": endpoint}


def test_only_unconfirmed_addresses_are_named_when_some_are_confirmed(checkout):
    arn = "arn:aws:sns:eu-west-1:123456789012:manuel-critical"
    confirmed = [subscription("arn:1", "you@example.com"), subscription("PendingConfirmation", "https://pager", "https")]
    pending = [subscription("PendingConfirmation", "a@example.com"), subscription("PendingConfirmation", "c@example.com")]
    checkout.world["answers"]["sns list-subscriptions-by-topic"] = {
        "by": "topic-arn", "else": {"Subscriptions": confirmed}, "answers": {arn: {"Subscriptions": [*pending, *confirmed]}}}
    checkout.succeeds("--yes")
    assert "   manuel-critical: a@example.com\n   manuel-critical: c@example.com\n" in checkout.out
    assert "you@example.com\n" not in checkout.out and "pager" not in checkout.out and "aws sns subscribe" not in checkout.out


def test_new_subscription_is_asked_for_when_aws_forgot_one(checkout):
    arn = "arn:aws:sns:eu-west-1:123456789012:manuel-notices"
    checkout.world["answers"]["sns list-subscriptions-by-topic"] = {
        "by": "topic-arn", "else": {"Subscriptions": [subscription("arn:1", "you@example.com")]}, "answers": {arn: {"Subscriptions": []}}}
    checkout.succeeds("--yes")
    assert f"   aws sns subscribe --topic-arn {arn} --protocol email --notification-endpoint you@example.com\n" in checkout.out
    assert checkout.out.count("aws sns subscribe") == 1 and "Confirm the subscriptions" not in checkout.out


def test_list_is_printed_all_the_same_when_the_connection_cannot_be_read(checkout):
    checkout.world["refusals"]["codeconnections get-connection"] = "not authorized"
    checkout.succeeds("--yes")
    assert "The connection to GitHub is in unknown" in checkout.out and "Confirm the subscriptions" in checkout.out


def test_connection_is_to_be_mended_when_it_is_in_error(checkout):
    checkout.world["answers"]["codeconnections get-connection"] = {"Connection": {"ConnectionStatus": "ERROR"}}
    checkout.succeeds("--yes")
    assert "The connection to GitHub is in ERROR" in checkout.out


@pytest.mark.parametrize("status, first", [("InProgress", False), ("Failed", True)])
def test_first_release_is_asked_for_when_none_runs(checkout, status, first):
    checkout.world["answers"]["codepipeline list-pipeline-executions"] = {"pipelineExecutionSummaries": [{"status": status}]}
    checkout.succeeds("--yes")
    assert ("start-pipeline-execution" in checkout.out) == first


def test_topics_are_those_of_the_partition_when_it_is_not_the_usual_one(checkout):
    checkout.world["answers"]["sts get-caller-identity"] = {"Account": "123456789012", "Arn": "arn:aws-us-gov:iam::123456789012:user/me"}
    checkout.succeeds("--yes")
    assert checkout.option("--topic-arn", "aws", "sns") == "arn:aws-us-gov:sns:eu-west-1:123456789012:manuel-critical"
