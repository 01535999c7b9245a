"""What is tested: a deployed environment, as its stack describes it."""

import dataclasses
import os
import re

OUTPUTS = ("ApiUrl", "UserPoolId", "UserPoolClientId", "CandidateVersion")
PARAMETERS = ("RequestsPerSecond", "BurstRequests", "LatencyLimitMilliseconds", "WafEnabled", "RequestsPerFiveMinutesPerAddress")


class SettingError(Exception):
    """The suite cannot begin; the message says what to do."""


@dataclasses.dataclass(frozen=True)
class Environment:
    """A stack of template.yaml."""

    stack: str
    api_url: str
    user_pool_id: str
    client_id: str
    version: str
    requests_per_second: int
    burst_requests: int
    latency_limit_ms: int
    # The firewall blocks an address that sends more; None without a firewall.
    requests_per_five_minutes: int | None

    def most_requests(self):
        """What one test may send without the firewall taking it for an attack; two tests do so."""
        return self.requests_per_five_minutes and self.requests_per_five_minutes // 3


def stack_name(variables=os.environ):
    stack = variables.get("STACK_NAME", "")
    if not stack:
        raise SettingError("STACK_NAME is not set: give the stack to be tested, for instance STACK_NAME=manuel-dev")
    # Tests create a customer and exceed the limits on purpose; the production client does not even let them sign in.
    if re.search(r"-prod(uction)?$", stack):
        raise SettingError(f"STACK_NAME is {stack}: this suite is not for production; test manuel-dev or manuel-staging")
    return stack


def number(variables, name, default):
    """A positive number of the environment, so that a limit can be changed without a commit."""
    text = variables.get(name, "") or str(default)
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise SettingError(f"{name} is {text!r}: give a number above 0, or leave it out for {default}")
    return value


def read(cloudformation, stack):
    """The stack's outputs and limits; the pipeline may name the version that it deployed in EXPECTED_VERSION."""
    try:
        [description] = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except cloudformation.exceptions.ClientError as error:
        raise SettingError(f"the stack {stack} cannot be read: {error}") from None
    outputs = {output["OutputKey"]: output["OutputValue"] for output in description.get("Outputs", [])}
    parameters = {parameter["ParameterKey"]: parameter["ParameterValue"] for parameter in description.get("Parameters", [])}
    missing = [name for name in OUTPUTS if name not in outputs] + [name for name in PARAMETERS if name not in parameters]
    if missing:
        raise SettingError(f"the stack {stack} has no {', '.join(missing)}: is it one of template.yaml, and up to date?")
    return Environment(
        stack=stack,
        api_url=outputs["ApiUrl"].rstrip("/"),
        user_pool_id=outputs["UserPoolId"],
        client_id=outputs["UserPoolClientId"],
        # The number, also where the output is the version's ARN.
        version=(os.environ.get("EXPECTED_VERSION") or outputs["CandidateVersion"]).rsplit(":", 1)[-1],
        requests_per_second=int(parameters["RequestsPerSecond"]),
        burst_requests=int(parameters["BurstRequests"]),
        latency_limit_ms=int(parameters["LatencyLimitMilliseconds"]),
        requests_per_five_minutes=(
            int(parameters["RequestsPerFiveMinutesPerAddress"]) if parameters["WafEnabled"] == "true" else None
        ),
    )
