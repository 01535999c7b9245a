"""moto, a local AWS that is not ours, creates what it supports of both stacks; then its APIs say what is there.

It gets the resources with their intrinsic functions resolved: it would stop at a reference to a type that it lacks. Those are
listed, so that a new version of moto that knows one of them is noticed.
"""

import io
import json
import logging
import zipfile

import boto3
import pytest
from environments import environment, pipeline
from moto import mock_aws
from moto.cloudformation.parsing import resource_class_from_type

SKIPPED = {
    "AWS::ApiGateway::Account", "AWS::ApiGateway::Stage", "AWS::Budgets::Budget", "AWS::CloudWatch::Alarm",
    "AWS::CodeBuild::Project", "AWS::CodeCommit::Repository", "AWS::CodeConnections::Connection",
    "AWS::CodeDeploy::Application", "AWS::CodeDeploy::DeploymentGroup", "AWS::CodePipeline::Pipeline",
    "AWS::Cognito::UserPool", "AWS::Cognito::UserPoolClient", "AWS::IAM::RolePolicy", "AWS::Lambda::Alias",
    "AWS::Lambda::EventInvokeConfig", "AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy",
    "AWS::WAFv2::WebACL", "AWS::WAFv2::WebACLAssociation",
}
# An API's deployment and a Lambda permission are about things that are skipped, and have nothing to ask for.
USELESS = {"AWS::ApiGateway::Deployment", "AWS::Lambda::Permission", "AWS::Lambda::Version"}


def is_supported(kind):
    logging.disable(logging.WARNING)
    try:
        return resource_class_from_type(kind) is not None
    finally:
        logging.disable(logging.NOTSET)


def supported(stack):
    """The stack's resources that moto can create, as a template."""
    found = {}
    for name, body in stack.resources.items():
        kind, properties = body["Type"], body.get("Properties", {})
        if kind in USELESS or not is_supported(kind):
            continue
        if kind == "AWS::IAM::Role":
            # The name that is in the ARNs that others have of it already.
            properties = properties | {"RoleName": stack.resolver.name(name)}
        found[name] = {"Type": kind, "Properties": properties}
        if kind == "AWS::Lambda::Function":
            found[name]["DependsOn"] = f"{name}Role"
    # moto creates in the order of the template.
    first = ("AWS::IAM::ManagedPolicy", "AWS::IAM::Role")
    ordered = sorted(found.items(), key=lambda item: (*first, item[1]["Type"]).index(item[1]["Type"]))
    return json.dumps({"Resources": dict(ordered)})


@pytest.fixture(scope="module")
def stacks():
    """Both stacks, created."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("bootstrap", "")
    with mock_aws():
        bucket = {"LocationConstraint": "eu-west-1"}
        boto3.client("s3").create_bucket(Bucket="packages", CreateBucketConfiguration=bucket)
        boto3.client("s3").put_object(Bucket="packages", Key="function.zip", Body=package.getvalue())
        cloudformation = boto3.client("cloudformation")
        created = {}
        for stack in (pipeline(SourceProvider="CodeCommit"), environment("production")):
            cloudformation.create_stack(StackName=stack.name, TemplateBody=supported(stack), Capabilities=["CAPABILITY_IAM"])
            [found] = cloudformation.describe_stacks(StackName=stack.name)["Stacks"]
            assert found["StackStatus"] == "CREATE_COMPLETE"
            created[stack.name] = stack
        yield created


def test_skipped_types_are_those_that_moto_lacks():
    kinds = {body["Type"] for stack in (pipeline(), pipeline(SourceProvider="CodeCommit"), environment("production"))
             for body in stack.resources.values()}
    assert {kind for kind in kinds if not is_supported(kind)} == SKIPPED


def test_roles_of_the_environment_have_the_boundary_and_those_of_the_pipeline_have_none(stacks):
    iam = boto3.client("iam")
    found = {role["RoleName"]: iam.get_role(RoleName=role["RoleName"])["Role"] for role in iam.list_roles()["Roles"]}
    ours = [role for name, role in found.items() if name.startswith("manuel-prod-")]
    assert len(ours) == 7
    boundary = "arn:aws:iam::123456789012:policy/manuel-boundary"
    assert {role["PermissionsBoundary"]["PermissionsBoundaryArn"] for role in ours} == {boundary}
    assert all({"Key": "Environment", "Value": "prod"} in role["Tags"] for role in ours)
    assert iam.get_policy(PolicyArn=boundary)["Policy"]["PolicyName"] == "manuel-boundary"
    # moto attaches no managed policies; that CloudFormation's roles have theirs is for the resolved template to say.
    holders = [name for name, body in stacks["manuel-pipeline"].of("AWS::IAM::Role").items()
               if "arn:aws:iam::123456789012:policy/manuel-deploy" in body["Properties"].get("ManagedPolicyArns", [])]
    assert sorted(holders) == ["DevDeployRole", "ProductionDeployRole", "StagingDeployRole"]


def test_functions_get_their_settings(stacks):
    found = boto3.client("lambda").get_function_configuration(FunctionName="manuel-prod-alarm-rollback")
    assert found["Environment"]["Variables"]["LIVE_ALIAS"] == "manuel-prod-backend:live"
    assert (found["Runtime"], found["Timeout"]) == ("provided.al2023", 55)


def test_table_has_the_key_that_the_backend_uses(stacks):
    table = boto3.client("dynamodb").describe_table(TableName="manuel-prod-usage")["Table"]
    assert [(key["AttributeName"], key["KeyType"]) for key in table["KeySchema"]] == [("user", "HASH"), ("day", "RANGE")]
    assert table["DeletionProtectionEnabled"] is True
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"


def test_rules_have_a_target_each_with_a_queue_for_what_is_lost(stacks):
    events = boto3.client("events")
    rules = events.list_rules()["Rules"]
    assert len(rules) == 9
    for rule in rules:
        [target] = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        assert target["DeadLetterConfig"]["Arn"].endswith("-undelivered-events"), rule["Name"]
        assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] >= 60, rule["Name"]


def test_queues_keep_messages_as_long_as_they_can_and_topics_are_encrypted(stacks):
    sqs, sns = boto3.client("sqs"), boto3.client("sns")
    for name in ("manuel-prod-undelivered-events", "manuel-undelivered-events"):
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["MessageRetentionPeriod"] == "1209600"
    topics = [topic["TopicArn"].rsplit(":", 1)[1] for topic in sns.list_topics()["Topics"]]
    assert sorted(topics) == ["manuel-approvals", "manuel-critical", "manuel-notices"]
    for name in topics:
        found = sns.get_topic_attributes(TopicArn=f"arn:aws:sns:eu-west-1:123456789012:{name}")["Attributes"]
        assert found["KmsMasterKeyId"], name


def test_policies_of_the_queues_are_taken_and_let_rules_of_the_stack_in(stacks):
    sqs = boto3.client("sqs")
    for name, stack in stacks.items():
        document = stack.properties("UndeliveredEventsPolicy")["PolicyDocument"]
        url = sqs.get_queue_url(QueueName=stack.properties("UndeliveredEvents")["QueueName"])["QueueUrl"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(document)})
        [allowed] = [found for found in document["Statement"] if found["Effect"] == "Allow"]
        assert allowed["Condition"]["ArnLike"]["aws:SourceArn"].endswith(f"rule/{name}-*")


def test_alarms_are_taken_by_the_api(stacks):
    """The API checks names and types of all fields; the last alarm of a name would replace the others."""
    cloudwatch = boto3.client("cloudwatch")
    alarms = [body["Properties"] for body in stacks["manuel-prod"].of("AWS::CloudWatch::Alarm").values()]
    for alarm in alarms:
        cloudwatch.put_metric_alarm(**alarm | {"Threshold": float(alarm["Threshold"])})
    assert len(cloudwatch.describe_alarms(MaxRecords=100)["MetricAlarms"]) == len(alarms) == 18


def test_live_is_never_replaced_and_nobody_loses_data(stacks):
    kept = {name for name, body in stacks["manuel-prod"].resources.items() if body.get("DeletionPolicy") == "RetainExceptOnCreate"}
    assert kept == {"LiveAlias", "UserPool", "UsageTable"}
    assert stacks["manuel-prod"].properties("LiveAlias")["FunctionVersion"] == "1"
