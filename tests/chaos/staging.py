"""What the experiment may touch: one stack of template.yaml whose name ends in -staging, never another."""

import dataclasses
import re


class Refused(Exception):
    """The experiment does not begin; the message says what to do."""


@dataclasses.dataclass(frozen=True)
class Staging:
    """The environment under experiment."""

    stack: str
    api_url: str
    function: str

    @property
    def production_alarms(self):
        """How the alarms of production begin: trouble there is no time for experiments."""
        return self.stack.removesuffix("staging") + "prod-"


def staging(cloudformation, stack, expected_version=None):
    # Before any call: the name alone decides, so that no answer of AWS can lead elsewhere.
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*-staging", stack or ""):
        raise Refused(f"the stack is {stack!r}: experiments are for a stack whose name ends in -staging, never for production")
    try:
        [description] = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except cloudformation.exceptions.ClientError as error:
        raise Refused(f"the stack {stack} cannot be read: {error}") from None
    outputs = {output["OutputKey"]: output["OutputValue"] for output in description.get("Outputs", [])}
    if missing := [name for name in ("ApiUrl", "BackendFunction") if name not in outputs]:
        raise Refused(f"the stack {stack} has no output {', '.join(missing)}: is it one of template.yaml, and up to date?")
    function = outputs["BackendFunction"].rsplit(":", 1)[-1]
    if function != f"{stack}-backend":
        raise Refused(f"the backend of {stack} is {function}, not {stack}-backend: its name must tell that it is staging's")
    # CodePipeline locks stages: while a release waits for its approvals, the next one may take staging.
    found = outputs.get("CandidateVersion", "").rsplit(":", 1)[-1]
    if expected_version and found != expected_version.rsplit(":", 1)[-1]:
        raise Refused(f"{stack} has version {found}, not {expected_version} of this release: a later one came; release this again")
    return Staging(stack, outputs["ApiUrl"].rstrip("/"), function)
