"""A deployed environment on this computer: Cognito and CloudFormation by moto, the compiled backend in the twin.

Fixtures for the conftest.py of this folder and of tests/chaos/rehearsal.
"""

import contextlib
import json
import os
import pathlib
import re
import subprocess
import threading
import urllib.request

import boto3
import pytest
from botocore.config import Config
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from moto.server import ThreadedMotoServer

# Settings of this computer must not decide: a profile that does not exist, a proxy in front of 127.0.0.1.
for setting in [name for name in os.environ if name.startswith("AWS_") or name.lower().endswith("_proxy")]:
    del os.environ[setting]

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAMS = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug"
ACCOUNT = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "eu-west-1"}
STACK, BACKEND = "manuel-staging", "manuel-staging-backend"


def client(endpoint, service):
    return boto3.client(
        service, endpoint_url=endpoint, region_name="eu-west-1", aws_access_key_id="test", aws_secret_access_key="test",
        config=Config(retries={"max_attempts": 0}, max_pool_connections=80),
    )


def program_environment():
    """For programs that a test starts: no settings of this computer leak in."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return kept | ACCOUNT | {"PYTHONDONTWRITEBYTECODE": "1"}


@contextlib.contextmanager
def started_twin(*arguments):
    """Yields the address of a twin."""
    process = subprocess.Popen([PROGRAMS / "twin", "--port", "0", *arguments], stdout=subprocess.PIPE, text=True, bufsize=1)
    found = next(filter(None, (re.search(r"AWS_ENDPOINT_URL=(\S+)", line) for line in process.stdout)), None)
    assert found, "the twin did not start"
    threading.Thread(target=process.stdout.read, daemon=True).start()
    yield found.group(1)
    process.terminate()
    process.wait()


@pytest.fixture(scope="session")
def twin():
    """Its virtual time is the real one."""
    with started_twin() as address:
        yield address


@pytest.fixture(scope="session")
def moto():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def backend(twin):
    """Puts a version of the compiled backend behind `live`; answers how to invoke it."""
    lambdas = client(twin, "lambda")
    dynamodb = client(twin, "dynamodb")
    keys = {"user": "HASH", "day": "RANGE"}
    dynamodb.create_table(
        TableName="manuel-staging-usage", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in keys],
    )

    def deploy(faults):
        variables = {"BUILD_ID": "rehearsed", "USAGE_TABLE": "manuel-staging-usage", "REHEARSAL_FAULTS": json.dumps(faults)}
        lambdas.create_function(
            FunctionName=BACKEND, Runtime="provided.al2023", Role="arn:aws:iam::123456789012:role/backend", Handler="bootstrap",
            Code={"S3Bucket": "file", "S3Key": str(PROGRAMS / "backend")}, Timeout=10, Environment={"Variables": variables},
        )
        version = lambdas.publish_version(FunctionName=BACKEND)["Version"]
        lambdas.create_alias(FunctionName=BACKEND, Name="live", FunctionVersion=version)

        def invoke(event):
            answer = lambdas.invoke(FunctionName=BACKEND, Qualifier="live", Payload=json.dumps(event))
            payload = answer["Payload"].read()
            return None if answer.get("FunctionError") else json.loads(payload)

        return version, invoke

    yield deploy
    lambdas.delete_function(FunctionName=BACKEND)
    dynamodb.delete_table(TableName="manuel-staging-usage")


@pytest.fixture
def user_pool(moto):
    """A user pool and its client, as outputs of a stack; moto's CloudFormation makes none."""
    cognito = client(moto, "cognito-idp")
    pool = cognito.create_user_pool(PoolName=STACK, UsernameAttributes=["email"])["UserPool"]["Id"]
    created = cognito.create_user_pool_client(
        UserPoolId=pool, ClientName=STACK, ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    )
    yield {"UserPoolId": pool, "UserPoolClientId": created["UserPoolClient"]["ClientId"]}
    cognito.delete_user_pool(UserPoolId=pool)


@pytest.fixture
def stack(moto):
    """Stacks with these outputs and parameters."""
    formation = client(moto, "cloudformation")

    def deploy(name, outputs, parameters):
        template = {
            "Parameters": {key: {"Type": "String"} for key in parameters},
            "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},  # a stack needs a resource
            "Outputs": {key: {"Value": value} for key, value in outputs.items()},
        }
        values = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
        formation.create_stack(StackName=name, TemplateBody=json.dumps(template), Parameters=values)
        created.append(name)

    created = []
    yield deploy
    for name in created:
        formation.delete_stack(StackName=name)


@pytest.fixture
def authorizer(moto, user_pool):
    """Takes what the user pool signed and nothing else, like API Gateway's own."""
    pool = user_pool["UserPoolId"]
    with urllib.request.urlopen(f"{moto}/{pool}/.well-known/jwks.json") as answer:
        keys = KeySet.import_key_set(json.load(answer))

    def authorize(token):
        try:
            claims = jwt.decode(token, keys, algorithms=["RS256"]).claims
        except (JoseError, ValueError):
            return None
        return claims if claims["iss"].endswith(pool) and claims["token_use"] == "id" else None

    return authorize
