"""Settings of a run: STACK_NAME (which environment), SUITE (basic or all), and the limits of test_performance.py."""

import os

import boto3
import customer
import environment as environments
import pytest
from api import Api, wait_until

SUITES = {"basic": ["basic"], "all": ["basic", "thorough"]}
# API Gateway may need a while to serve a stage that was just created.
READY_SECONDS = 60

figures = {}


def pytest_configure(config):
    try:
        config.stash[STACK] = environments.stack_name()
        if suite() not in SUITES:
            raise environments.SettingError(f"SUITE is {suite()!r}: choose basic or all")
    except environments.SettingError as error:
        raise pytest.UsageError(str(error)) from None


STACK = pytest.StashKey[str]()


def suite():
    return os.environ.get("SUITE") or "basic"


def pytest_collection_modifyitems(config, items):
    chosen = SUITES[suite()]
    for item in items:
        # Else a new file without a marker would never run, and nobody would notice.
        assert any(item.get_closest_marker(marker) for marker in SUITES["all"]), f"{item.nodeid} has no marker"
    left_out = [item for item in items if not any(item.get_closest_marker(marker) for marker in chosen)]
    config.hook.pytest_deselected(items=left_out)
    # The burst comes last: it may still be felt for seconds.
    items[:] = sorted((item for item in items if item not in left_out), key=lambda item: "rate_limit" in item.nodeid)


@pytest.fixture(scope="session")
def environment(pytestconfig):
    try:
        return environments.read(boto3.client("cloudformation"), pytestconfig.stash[STACK])
    except environments.SettingError as error:
        pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)


@pytest.fixture(scope="session")
def anonymous(environment):
    """The API for somebody who has not signed in."""
    api = Api(environment.api_url)
    seconds = environments.number(os.environ, "READY_SECONDS", READY_SECONDS)
    wait_until(lambda: api.get("/health").status_code == 200, seconds, "GET /health answers 200")
    return api


@pytest.fixture(scope="session")
def signed_in(environment, anonymous):
    """The API for a customer that exists during this run only."""
    cognito = boto3.client("cognito-idp")
    with customer.signed_in(cognito, environment.user_pool_id, environment.client_id) as token:
        yield Api(environment.api_url, token)


@pytest.fixture
def tell(record_testsuite_property):
    """Keeps a figure for people: in the JUnit file and at the end of the output."""

    def keep(name, value):
        figures[name] = value
        record_testsuite_property(name, value)

    return keep


def pytest_terminal_summary(terminalreporter):
    for name, value in figures.items():
        terminalreporter.write_line(f"{name}: {value}")
