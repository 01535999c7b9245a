"""The real AWS CLI against moto: what the stand-ins take for granted about both, and how the bucket is emptied.

moto knows no executions of this pipeline, keeps no outputs of change sets, and its events carry no token:
the first two are answered here, the third asks for all events.
"""

import os
import shutil
import subprocess
import sys
import urllib.request

import boto3
import pytest
from conftest import PIPELINE_OUTPUTS
from moto.server import ThreadedMotoServer
from test_documents import blocks

PIPELINE = """
Parameters:
  NotificationEmail: {Type: String}
  SourceProvider: {Type: String}
  GitHubOwner: {Type: String}
  GitHubRepo: {Type: String}
  GitHubBranch: {Type: String, Default: main}
  Architecture: {Type: String}
Resources:
  Bucket: {Type: "AWS::S3::Bucket", Properties: {BucketName: manuel-artifacts, Tags: [{Key: All, Value: !Sub "${NotificationEmail} ${SourceProvider} ${GitHubOwner} ${GitHubRepo} ${GitHubBranch} ${Architecture}"}]}}
  Critical: {Type: "AWS::SNS::Topic", Properties: {TopicName: manuel-critical}}
  Approvals: {Type: "AWS::SNS::Topic", Properties: {TopicName: manuel-approvals}}
  Notices: {Type: "AWS::SNS::Topic", Properties: {TopicName: manuel-notices}}
"""
PRODUCTION = """
Parameters: {Environment: {Type: String}, Architecture: {Type: String}, ModelId: {Type: String}, ReservedConcurrency: {Type: String},
  BootstrapVersion: {Type: String}, BuildId: {Type: String}}
Resources:
  Queue: {Type: "AWS::SQS::Queue", Properties: {QueueName: !Ref BuildId}}
"""
# `aws --version` of the one that tests have is 1, which the script refuses.
CLI = """#!{bash}
export AWS_ENDPOINT_URL={endpoint} AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any AWS_CONFIG_FILE=/dev/null
case "$*" in
  --version) echo aws-cli/2.27.1 ;;
  codepipeline*) ;;
  *"OutputKey=='ArtifactBucket'"*) echo manuel-artifacts ;;
  *"OutputKey=='ProductionDeployRole'"*) echo {role} ;;
  *"OutputKey=='DashboardUrl'"*) echo https://dashboard.example ;;
  *) exec {aws} "${{@/StackEvents\\[\\?ClientRequestToken==*\\]./StackEvents[].}}" ;;
esac
"""


@pytest.fixture
def endpoint():
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    address = "http://127.0.0.1:%d" % server.get_host_and_port()[1]
    # What moto knows belongs to the process, not to the server.
    urllib.request.urlopen(urllib.request.Request(f"{address}/moto-api/reset", method="POST"))
    yield address
    server.stop()


@pytest.fixture
def on_moto(checkout, endpoint):
    checkout.remove_tool("aws")
    aws = os.path.join(os.path.dirname(sys.executable), "aws")
    (checkout.bin / "aws").write_text(CLI.format(bash=shutil.which("bash"), role=PIPELINE_OUTPUTS["ProductionDeployRole"], endpoint=endpoint, aws=aws))
    (checkout.bin / "aws").chmod(0o755)
    (checkout.folder / "pipeline-template.yaml").write_text(PIPELINE)
    (checkout.folder / ".aws-sam").mkdir()
    (checkout.folder / ".aws-sam/packaged.yaml").write_text(PRODUCTION)
    checkout.parameters("production", ReservedConcurrency="0")
    checkout.client = lambda service: boto3.client(
        service, endpoint_url=endpoint, region_name="eu-west-1", aws_access_key_id="any", aws_secret_access_key="any")
    return checkout


def stack(checkout, name):
    return checkout.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]


def test_both_stacks_are_created_and_kept_when_the_cli_is_real(on_moto):
    on_moto.succeeds("--yes")
    assert "Add     Bucket                             AWS::S3::Bucket" in on_moto.out
    pipeline, production = stack(on_moto, "manuel-pipeline"), stack(on_moto, "manuel-prod")
    assert pipeline["StackStatus"] == production["StackStatus"] == "CREATE_COMPLETE"
    assert {"ParameterKey": "GitHubOwner", "ParameterValue": "acme"} in pipeline["Parameters"]
    assert {"ParameterKey": "BuildId", "ParameterValue": "bootstrap-1a2b3c4d5e6f"} in production["Parameters"]
    assert {"Key": "Environment", "Value": "prod"} in production["Tags"]
    assert "LiveAlias" in on_moto.client("cloudformation").get_stack_policy(StackName="manuel-prod")["StackPolicyBody"]
    assert "dashboard  https://dashboard.example" in on_moto.out
    on_moto.succeeds("--yes", "--github-branch", "trunk")
    assert {"ParameterKey": "GitHubBranch", "ParameterValue": "trunk"} in stack(on_moto, "manuel-pipeline")["Parameters"]
    assert {"ParameterKey": "GitHubOwner", "ParameterValue": "acme"} in stack(on_moto, "manuel-pipeline")["Parameters"]
    assert "exists, and is left to the pipeline" in on_moto.out


def test_nothing_is_created_when_the_dry_run_has_a_real_cli(on_moto):
    on_moto.succeeds("--dry-run")
    assert "pipeline-template.yaml is valid" in on_moto.out
    assert on_moto.client("cloudformation").list_stacks()["StackSummaries"] == []


def test_bucket_is_emptied_and_deleted_when_the_printed_block_is_run(on_moto, tmp_path):
    s3 = on_moto.client("s3")
    s3.create_bucket(Bucket="artifacts", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_versioning(Bucket="artifacts", VersioningConfiguration={"Status": "Enabled"})
    for n in range(3):
        s3.put_object(Bucket="artifacts", Key="a", Body=b"%d" % n)
    s3.put_object(Bucket="artifacts", Key="b")
    s3.delete_object(Bucket="artifacts", Key="b")
    [block] = [block for block in blocks("teardown.md") if "delete-bucket" in block]
    done = subprocess.run(
        ["bash", "-eu", "-c", block], cwd=tmp_path, env={"PATH": str(on_moto.bin), "BUCKET": "artifacts", "AWS_DEFAULT_REGION": "eu-west-1"},
        capture_output=True, text=True, timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert s3.list_buckets()["Buckets"] == []
