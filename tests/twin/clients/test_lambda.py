"""Lambda through boto3: versions, aliases, weights, invocations, errors."""

import base64

import pytest
from botocore.exceptions import ClientError
from conftest import create_function, invoke, publish


@pytest.fixture
def client(twin, code):
    client = twin.client("lambda")
    create_function(client, code, Timeout=2)
    assert publish(client, BUILD="1") == "1"
    client.create_alias(FunctionName="sample", Name="live", FunctionVersion="1")
    return client


def code_of(error):
    return error.value.response["Error"]["Code"], error.value.response["ResponseMetadata"]["HTTPStatusCode"]


def test_answer_names_the_version_when_invoked_through_an_alias(client):
    answer, body = invoke(client, {"hello": 1})
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "1")
    assert body == {"version": "1", "event": {"hello": 1}}


def test_sandbox_is_reused_and_another_one_started_when_it_is_busy(client):
    first, _ = invoke(client, {})
    log = base64.b64decode(
        client.invoke(FunctionName="sample", Qualifier="live", Payload=b'{"x":1}', LogType="Tail")["LogResult"]
    )
    assert b'{"seen": {"x": 1}}' in log
    assert "FunctionError" not in first


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"fail": True}, "Boom"),
        ({"crash": True}, "Runtime.ExitError"),
        ({"sleep": 5}, "Sandbox.Timedout"),
    ],
)
def test_function_error_is_reported_when_the_function_fails(client, event, kind):
    answer, body = invoke(client, event)
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert body["errorType"] == kind
    answer, body = invoke(client, {})
    assert "FunctionError" not in answer, "the next invocation gets a sandbox that works"


def test_same_version_is_answered_when_nothing_changed(client):
    assert client.publish_version(FunctionName="sample")["Version"] == "1"


def test_both_versions_serve_when_the_alias_is_split(client):
    publish(client, BUILD="2")
    client.update_alias(
        FunctionName="sample", Name="live", RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}}
    )
    seen = [invoke(client, {})[1]["version"] for _ in range(30)]
    assert set(seen) == {"1", "2"}
    client.update_alias(FunctionName="sample", Name="live", FunctionVersion="2", RoutingConfig={"AdditionalVersionWeights": {}})
    alias = client.get_alias(FunctionName="sample", Name="live")
    assert (alias["FunctionVersion"], alias.get("RoutingConfig")) == ("2", None)


def test_weights_stay_when_an_update_does_not_mention_them(client):
    publish(client, BUILD="2")
    client.update_alias(FunctionName="sample", Name="live", RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}})
    alias = client.update_alias(FunctionName="sample", Name="live", Description="still split")
    assert alias["RoutingConfig"]["AdditionalVersionWeights"] == {"2": 0.1}


def test_precondition_fails_when_the_revision_is_stale(client):
    stale = client.get_alias(FunctionName="sample", Name="live")["RevisionId"]
    client.update_alias(FunctionName="sample", Name="live", Description="first", RevisionId=stale)
    with pytest.raises(ClientError) as error:
        client.update_alias(FunctionName="sample", Name="live", Description="second", RevisionId=stale)
    assert code_of(error) == ("PreconditionFailedException", 412)
    assert client.get_alias(FunctionName="sample", Name="live")["Description"] == "first"


def test_alias_is_refused_when_its_rules_are_broken(client):
    publish(client, BUILD="2")
    refused = []
    for weights in ({"99": 0.1}, {"2": 1.5}, {"1": 0.1}):
        with pytest.raises(ClientError) as error:
            client.update_alias(FunctionName="sample", Name="live", RoutingConfig={"AdditionalVersionWeights": weights})
        refused.append(code_of(error))
    assert refused == [
        ("ResourceNotFoundException", 404),
        ("ValidationException", 400),
        ("InvalidParameterValueException", 400),
    ]
    client.update_function_configuration(FunctionName="sample", Role="arn:aws:iam::123456789012:role/other")
    client.publish_version(FunctionName="sample")
    with pytest.raises(ClientError) as error:
        client.update_alias(FunctionName="sample", Name="live", RoutingConfig={"AdditionalVersionWeights": {"3": 0.1}})
    assert "same execution role" in str(error.value)


def test_invocation_is_throttled_when_no_concurrency_is_left(client):
    client.put_function_concurrency(FunctionName="sample", ReservedConcurrentExecutions=0)
    with pytest.raises(ClientError) as error:
        invoke(client, {})
    assert code_of(error) == ("TooManyRequestsException", 429)


def test_unknown_names_are_told_when_they_do_not_exist(client):
    for qualifier in ("nobody", "99"):
        with pytest.raises(ClientError) as error:
            invoke(client, {}, qualifier=qualifier)
        assert code_of(error) == ("ResourceNotFoundException", 404)
    with pytest.raises(ClientError) as error:
        client.list_layers()
    assert "not implement" in str(error.value) and "layers" in str(error.value)


def test_version_is_kept_when_an_alias_refers_to_it(client):
    with pytest.raises(ClientError) as error:
        client.delete_function(FunctionName="sample", Qualifier="1")
    assert code_of(error) == ("ResourceConflictException", 409)
