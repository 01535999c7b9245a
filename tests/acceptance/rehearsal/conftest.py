"""Deploys on this computer, runs the suite against it as CodeBuild does, and reads what it said."""

import dataclasses
import subprocess
import sys
import xml.etree.ElementTree as tree

import pytest
from deployed import ROOT, STACK, authorizer, backend, moto, program_environment, stack, twin, user_pool  # noqa: F401
from gateway import Gateway, Limiter

SUITE = ROOT / "tests/acceptance/suite"


@dataclasses.dataclass
class Run:
    """What a run of the suite left behind."""

    status: int
    output: str
    passed: set
    failed: set
    figures: dict


def run_suite(moto, junit, **variables):
    environment = program_environment() | {"AWS_ENDPOINT_URL": moto, "READY_SECONDS": "2"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(SUITE), f"--junitxml={junit}"]
    done = subprocess.run(command, env=environment | variables, cwd=ROOT, capture_output=True, text=True, timeout=300)
    cases = list(tree.parse(junit).iter("testcase")) if junit.exists() else []
    bad = {case.get("name").split("[")[0] for case in cases if case.find("failure") is not None or case.find("error") is not None}
    figures = {found.get("name"): found.get("value") for found in (tree.parse(junit).iter("property") if cases else [])}
    good = {case.get("name").split("[")[0] for case in cases} - bad
    return Run(done.returncode, done.stdout + done.stderr, good, bad, figures)


@pytest.fixture
def tested(backend, stack, user_pool, authorizer, moto, tmp_path):
    """Deploys, runs the suite, and answers what it said."""
    gateways = []

    def test(faults=None, suite="basic", authorized=True, limited=True, version=None, parameters=None, **variables):
        limits = {"RequestsPerSecond": "100", "BurstRequests": "60", "LatencyLimitMilliseconds": "1000",
                  "WafEnabled": "false", "RequestsPerFiveMinutesPerAddress": "2000"} | (parameters or {})
        published, invoke = backend(faults or {})
        limiter = Limiter(int(limits["RequestsPerSecond"]), int(limits["BurstRequests"])) if limited else None
        gateways.append(Gateway(invoke, authorizer if authorized else None, limiter))
        stack(STACK, user_pool | {"ApiUrl": gateways[-1].url, "CandidateVersion": version or published}, limits)
        settings = {"STACK_NAME": STACK, "SUITE": suite, "PERFORMANCE_REQUESTS": "100"} | variables
        return run_suite(moto, tmp_path / "junit.xml", **settings)

    yield test
    for gateway in gateways:
        gateway.stop()
