"""Tools, checkout, architecture, account: what is missing is said at once, with the way to get it."""

import pytest

BUILD_ARM = {"production": "arm64", "dev": "arm64", "staging": "arm64", "claude4": "arm64"}


@pytest.mark.parametrize("tool, printed, said", [
    ("aws", "aws-cli/1.46.3 Python/3.11.7 Linux/6.18", "AWS CLI 1.46.3 is too old, 2.16 or newer is needed. It has codeconnections since"),
    ("aws", "aws-cli/2.15.99 Python/3.11", "AWS CLI 2.15.99 is too old, 2.16 or newer is needed"),
    ("sam", "SAM CLI, version 1.155.9", "SAM CLI 1.155.9 is too old, 1.156 or newer is needed. Rust builds"),
    ("cargo lambda", "cargo-lambda 1.5.0 (abc 2025-01-01Z)", "cargo-lambda 1.5.0 is too old, 1.6 or newer is needed. Install it with"),
    ("python3", "Python 3.9.6", "Python 3.9.6 is too old, 3.11 or newer is needed. Install it from https://www.python.org"),
    ("sam", "no numbers", "SAM CLI: 'sam --version' prints no version"),
])
def test_run_stops_when_a_tool_is_too_old(checkout, tool, printed, said):
    checkout.world["versions"][tool] = printed
    checkout.fails()
    assert said in checkout.err
    assert checkout.calls("aws", "sts") == []


@pytest.mark.parametrize("tool, said", [
    ("aws", "AWS CLI is missing. "), ("sam", "SAM CLI is missing. "), ("cargo", "Rust (cargo) is missing. Install it from https://rustup.rs"),
    ("python3", "Python is missing. "), ("git", "Git is missing. Install it from https://git-scm.com"),
])
def test_run_stops_when_a_tool_is_missing(checkout, tool, said):
    checkout.remove_tool(tool)
    checkout.fails()
    assert said in checkout.err


def test_run_stops_when_cargo_lambda_is_missing(checkout):
    checkout.world["missing"] = ["cargo lambda"]
    checkout.fails()
    assert "cargo-lambda is missing. Install it with 'pip3 install cargo-lambda'" in checkout.err
    assert "Rust (cargo)" not in checkout.err


def test_every_tool_is_named_when_several_are_missing_or_too_old(checkout):
    for tool in ("aws", "git"):
        checkout.remove_tool(tool)
    checkout.world["versions"] |= {"sam": "SAM CLI, version 1.9.0", "python3": "Python 3.10.14"}
    checkout.world["missing"] = ["cargo lambda"]
    checkout.fails()
    assert checkout.err.count("\n  - ") == 5


@pytest.mark.parametrize("tool, printed", [
    ("aws", "aws-cli/2.16.0 Python/3.11"), ("sam", "SAM CLI, version 1.156.0"), ("sam", "SAM CLI, version 2.0.0"),
    ("cargo lambda", "cargo-lambda 1.6.0"), ("python3", "Python 3.11.0rc1"), ("cargo lambda", "cargo-lambda 1.10.0"),
])
def test_run_goes_on_when_a_version_is_just_enough(checkout, tool, printed):
    checkout.world["versions"][tool] = printed
    checkout.succeeds("--yes", "--dry-run")


@pytest.mark.parametrize("file", ["pipeline-template.yaml", "template.yaml", "parameters/production.json"])
def test_run_stops_when_the_checkout_is_not_complete(checkout, file):
    (checkout.folder / file).unlink()
    checkout.fails()
    assert f"{file} is missing" in checkout.err


def test_run_stops_when_the_template_is_larger_than_a_request_may_be(checkout):
    (checkout.folder / "pipeline-template.yaml").write_text("#" * 51_201)
    checkout.fails("--yes")
    assert "has 51201 bytes, CloudFormation takes 51200" in checkout.err
    (checkout.folder / "pipeline-template.yaml").write_text("#" * 51_200)
    checkout.succeeds("--yes")


def test_run_stops_when_the_environments_have_another_architecture(checkout):
    checkout.parameters("staging", Architecture="arm64", ReservedConcurrency="0")
    checkout.fails("--architecture", "x86_64")
    assert "parameters/staging.json says arm64, not x86_64" in checkout.err
    assert "production" not in checkout.err


def build_arm(checkout):
    for name in BUILD_ARM:
        checkout.parameters(name, Architecture="arm64", ReservedConcurrency="0")


@pytest.mark.parametrize("system, machine, targets, works", [
    ("Linux", "x86_64", ["x86_64-unknown-linux-gnu"], False),
    ("Linux", "x86_64", ["aarch64-unknown-linux-gnu", "x86_64-unknown-linux-gnu"], True),
    ("Linux", "aarch64", [], True),
    ("Darwin", "arm64", ["aarch64-apple-darwin"], False),
    ("Darwin", "arm64", ["aarch64-apple-darwin", "aarch64-unknown-linux-gnu"], True),
])
def test_rust_target_is_asked_for_when_the_build_is_for_another_computer(checkout, system, machine, targets, works):
    build_arm(checkout)
    checkout.world["computer"] = {"-s": system, "-m": machine}
    checkout.world["rustTargets"] = targets
    checkout.run("--yes", "--dry-run")
    assert (checkout.code == 0) == works, checkout.out + checkout.err
    if not works:
        assert "the Rust target aarch64-unknown-linux-gnu is missing. Install it with: rustup target add aarch64-unknown-linux-gnu" in checkout.err


def test_zig_and_rustup_are_asked_for_when_they_are_missing_for_another_computer(checkout):
    build_arm(checkout)
    checkout.remove_tool("rustup")
    checkout.world["missing"] = ["zig"]
    checkout.fails()
    assert "rustup is missing" in checkout.err and "pip3 install ziglang" in checkout.err


def test_run_stops_when_the_credentials_are_refused(checkout):
    checkout.world["refusals"]["sts get-caller-identity"] = "The security token included in the request is expired"
    checkout.fails()
    assert "AWS does not accept the credentials" in checkout.err and "is expired" in checkout.err
    assert "aws sso login" in checkout.err


@pytest.mark.parametrize("unreserved, works", [(10, False), (104, False), (105, True), (1000, True)])
def test_run_stops_when_lambda_has_less_capacity_than_production_reserves(checkout, unreserved, works):
    checkout.world["answers"]["lambda get-account-settings"] = {"AccountLimit": {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": unreserved}}
    checkout.run("--yes")
    assert (checkout.code == 0) == works, checkout.out + checkout.err
    if not works:
        assert f"may run only {unreserved} functions at once" in checkout.err and "105 are needed" in checkout.err
        assert "aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384" in checkout.err
        assert 'set ReservedConcurrency to "0" in parameters/production.json' in checkout.err
        assert checkout.world["stacks"] == {}


def test_small_account_is_enough_when_nothing_is_reserved(checkout):
    checkout.parameters("production", ReservedConcurrency="0")
    checkout.world["answers"]["lambda get-account-settings"] = {"AccountLimit": {"ConcurrentExecutions": 10, "UnreservedConcurrentExecutions": 10}}
    checkout.succeeds("--yes")


def test_capacity_is_not_asked_for_when_production_has_it_already(checkout):
    checkout.succeeds("--yes")
    checkout.succeeds("--yes")
    assert checkout.calls("aws", "lambda") == []
