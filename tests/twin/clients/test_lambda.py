"""Lambda through boto3: versions, aliases, weights, invocations, errors."""

import base64
import concurrent.futures
import re
import subprocess
import sys
import time

import pytest
from botocore.exceptions import ClientError
from conftest import BOOTSTRAP, create_function, invoke, pack, publish


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


def wait_until(check, seconds=10):
    """The first true answer of `check`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := check():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"did not happen within {seconds} s")


def lines_of(twin, name="sample"):
    return [entry["line"] for entry in twin.read(f"logs/{name}")]


def test_sandbox_is_reused_and_another_one_started_when_it_is_busy(client):
    first, second = (invoke(client, {"tell": True})[1]["pid"] for _ in range(2))
    assert first == second
    with concurrent.futures.ThreadPoolExecutor() as pool:
        both = list(pool.map(lambda _: invoke(client, {"tell": True, "sleep": 1})[1]["pid"], range(2)))
    assert first in both and len(set(both)) == 2


def test_log_tail_is_whole_when_it_is_asked_for(client):
    for n in range(20):
        answer = client.invoke(
            FunctionName="sample", Qualifier="live", Payload=b'{"x":%d,"bytes":1}' % n, LogType="Tail"
        )
        log = base64.b64decode(answer["LogResult"]).decode()
        lines = log.splitlines()
        assert re.fullmatch(r"START RequestId: \S+ Version: 1", lines[0])
        assert lines[1:3] == [f'{{"seen": {{"x": {n}, "bytes": 1}}}}', "\N{REPLACEMENT CHARACTER} not UTF-8"]
        assert lines[3].startswith("pid ") and lines[4].startswith("END RequestId: ")
        assert re.match(
            r"REPORT RequestId: \S+\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB", lines[5]
        )


def test_idle_sandbox_ends_when_latest_changes(twin, client):
    _, body = invoke(client, {"tell": True}, qualifier="$LATEST")
    client.update_function_configuration(FunctionName="sample", Description="changed")
    wait_until(lambda: not runs(body["pid"]))


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


def test_asynchronous_invocation_runs_when_it_was_accepted(twin, client):
    answer = client.invoke(FunctionName="sample", Qualifier="live", InvocationType="Event", Payload=b'{"n":1}')
    assert answer["StatusCode"] == 202
    wait_until(lambda: '{"seen": {"n": 1}}' in lines_of(twin))


def test_asynchronous_invocation_fails_three_times_when_the_function_does(start_twin, code):
    twin = start_twin("--rate", "1000")
    client = twin.client("lambda")
    create_function(client, code)
    client.invoke(FunctionName="sample", InvocationType="Event", Payload=b'{"fail":1}')
    wait_until(lambda: lines_of(twin).count('{"seen": {"fail": 1}}') == 3)
    time.sleep(0.5)
    assert lines_of(twin).count('{"seen": {"fail": 1}}') == 3


def test_asynchronous_invocation_arrives_later_when_it_is_throttled(start_twin, code):
    twin = start_twin("--rate", "1000")
    client = twin.client("lambda")
    create_function(client, code)
    client.put_function_concurrency(FunctionName="sample", ReservedConcurrentExecutions=0)
    client.put_function_event_invoke_config(FunctionName="sample", MaximumRetryAttempts=0)
    client.invoke(FunctionName="sample", InvocationType="Event", Payload=b'{"n":1}')
    time.sleep(0.5)
    assert lines_of(twin) == []
    client.delete_function_concurrency(FunctionName="sample")
    wait_until(lambda: '{"seen": {"n": 1}}' in lines_of(twin))


def test_reason_is_told_when_an_invocation_is_throttled(client):
    client.put_function_concurrency(FunctionName="sample", ReservedConcurrentExecutions=0)
    with pytest.raises(ClientError) as error:
        invoke(client, {})
    told = error.value.response
    assert (told["Reason"], told["Type"]) == ("ReservedFunctionConcurrentInvocationLimitExceeded", "User")
    assert told["Error"]["Message"] == "Rate Exceeded."


def runs(pid):
    """True while the process lives; a zombie does not."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return bool(state) and not state.startswith("Z")


def test_nothing_is_left_behind_when_the_twin_is_terminated(start_twin, code, tmp_path):
    twin = start_twin(environment={"TMPDIR": str(tmp_path)})
    client = twin.client("lambda")
    create_function(client, code, Timeout=60)
    # One busy sandbox by a caller who waits, one by an event, one idle, each with a process of its own.
    with concurrent.futures.ThreadPoolExecutor() as pool:
        waiting = pool.submit(client.invoke, FunctionName="sample", Payload=b'{"sleep":60,"child":1}')
        client.invoke(FunctionName="sample", InvocationType="Event", Payload=b'{"sleep":60,"child":1}')
        client.invoke(FunctionName="sample", Payload=b'{"child":1}')
        pids = wait_until(lambda: [p for p in [re.findall(r"pid (\d+)", "\n".join(lines_of(twin)))] if len(p) == 6])[0]
        assert all(map(runs, pids)) and list(tmp_path.iterdir())
        twin.stop()
        assert waiting.exception() is not None
    assert twin.process.returncode == 0
    wait_until(lambda: not any(map(runs, pids)))
    assert list(tmp_path.iterdir()) == []


def test_name_and_qualifier_are_told_apart_when_the_name_ends_in_function(client, code):
    create_function(client, code, name="my-function", Publish=True)
    client.create_alias(FunctionName="my-function", Name="live", FunctionVersion="1")
    answer = client.invoke(FunctionName="my-function:live")
    assert answer["ExecutedVersion"] == "1"
    found = client.get_function(FunctionName="my-function:live")["Configuration"]
    assert (found["Version"], found["FunctionArn"].split(":")[-2:]) == ("1", ["my-function", "live"])
    with pytest.raises(ClientError) as error:
        client.invoke(FunctionName="my-function:live", Qualifier="1")
    assert code_of(error) == ("InvalidParameterValueException", 400)


@pytest.mark.parametrize(
    ("program", "mode", "reason"),
    [
        ("just text", 0o755, "exec format error"),
        # An ELF header for a machine that no computer of ours is (Motorola 68000).
        (b"\x7fELF\x01\x02\x01" + bytes(9) + b"\0\x02\0\x04\0\0\0\x01" + bytes(40), 0o755, "exec format error"),
        (BOOTSTRAP.format(python=sys.executable), 0o644, "permission denied"),
    ],
)
def test_release_is_broken_when_its_program_cannot_be_executed(twin, client, program, mode, reason):
    create_function(client, pack(mode, bootstrap=program), name="broken")
    answer, body = invoke(client, {}, qualifier="$LATEST", name="broken")
    assert (answer["StatusCode"], answer["FunctionError"], answer["ExecutedVersion"]) == (200, "Unhandled", "$LATEST")
    assert body["errorType"] == "Runtime.InvalidEntrypoint"
    assert body["errorMessage"].endswith(f"Error: fork/exec /var/task/bootstrap: {reason}")
    metrics = twin.client("cloudwatch").list_metrics(
        Namespace="AWS/Lambda", Dimensions=[{"Name": "FunctionName", "Value": "broken"}]
    )
    assert {"Invocations", "Errors"} <= {metric["MetricName"] for metric in metrics["Metrics"]}


def test_whole_archive_is_the_working_folder_when_it_has_more_files(client):
    create_function(client, pack(bootstrap=BOOTSTRAP.format(python=sys.executable), notes="hello"), name="many")
    _, body = invoke(client, {"tell": True}, qualifier="$LATEST", name="many")
    assert body["files"] == ["bootstrap", "notes"] and body["cwd"] == body["root"]


def test_code_stays_when_an_update_is_a_dry_run(client, code):
    before = client.get_function_configuration(FunctionName="sample")
    other = pack(bootstrap="other")
    told = client.update_function_code(FunctionName="sample", ZipFile=other, DryRun=True, Publish=True)
    after = client.get_function_configuration(FunctionName="sample")
    assert told["CodeSha256"] != before["CodeSha256"] == after["CodeSha256"]
    assert (before["RevisionId"], len(versions(client))) == (after["RevisionId"], 2)
    client.update_function_code(FunctionName="sample", ZipFile=code, Architectures=["arm64"])
    assert client.get_function_configuration(FunctionName="sample")["Architectures"] == ["arm64"]


def versions(client):
    return client.list_versions_by_function(FunctionName="sample")["Versions"]


def test_lists_come_in_pages_when_they_are_long(client, code):
    for number in (2, 3):
        publish(client, BUILD=str(number))
        client.create_alias(FunctionName="sample", Name=f"alias-{number}", FunctionVersion=str(number))
    create_function(client, code, name="another")
    page = {"PaginationConfig": {"PageSize": 2}}

    def pages(operation, member, key, **arguments):
        pages = client.get_paginator(operation).paginate(**arguments, **page)
        return [[item[key] for item in one[member]] for one in pages]

    versions = pages("list_versions_by_function", "Versions", "Version", FunctionName="sample")
    assert versions == [["$LATEST", "1"], ["2", "3"]]
    aliases = pages("list_aliases", "Aliases", "Name", FunctionName="sample")
    assert aliases == [["alias-2", "alias-3"], ["live"]]
    assert pages("list_functions", "Functions", "FunctionName") == [["another", "sample"]]
    everything = pages("list_functions", "Functions", "Version", FunctionVersion="ALL")
    assert everything == [["$LATEST", "$LATEST"], ["1", "2"], ["3"]]


def test_request_is_refused_when_it_breaks_the_rules(twin, client):
    # boto3 would refuse most of these by itself.
    client = twin.client("lambda", parameter_validation=False)

    def refused(call, **arguments):
        with pytest.raises(ClientError) as error:
            call(**arguments)
        return code_of(error)

    update = client.update_function_configuration
    assert refused(update, FunctionName="sample", MemorySize=127) == ("ValidationException", 400)
    assert refused(update, FunctionName="sample", Role="admin") == ("ValidationException", 400)
    reserved = {"Variables": {"AWS_REGION": "mars"}}
    assert refused(update, FunctionName="sample", Environment=reserved) == ("InvalidParameterValueException", 400)
    assert refused(client.invoke, FunctionName="sample", InvocationType="Later") == ("ValidationException", 400)
    assert refused(client.create_function, FunctionName="other", Code={}) == ("ValidationException", 400)
    assert refused(client.create_alias, FunctionName="sample", Name="other") == ("ValidationException", 400)
    assert refused(client.put_function_concurrency, FunctionName="sample") == ("ValidationException", 400)


def test_retries_are_kept_per_qualifier_when_they_are_configured(client):
    unknown = {"FunctionName": "sample", "Qualifier": "nobody"}
    for call in (client.put_function_event_invoke_config, client.get_function_event_invoke_config):
        with pytest.raises(ClientError) as error:
            call(**unknown)
        assert code_of(error) == ("ResourceNotFoundException", 404)
    known = {"FunctionName": "sample", "Qualifier": "live"}
    client.put_function_event_invoke_config(**known, MaximumRetryAttempts=0)
    client.update_function_event_invoke_config(**known)
    assert client.get_function_event_invoke_config(**known)["MaximumRetryAttempts"] == 0
    client.delete_function_event_invoke_config(**known)
    with pytest.raises(ClientError):
        client.get_function_event_invoke_config(**known)
