"""What the tests look at: both templates as CloudFormation gets them, and each of them for every set of parameters."""

import copy
import functools
import json
import os
import pathlib

# The translator asks for a region, and the linters must not call home.
os.environ.update(AWS_DEFAULT_REGION="eu-west-1", SAM_CLI_TELEMETRY="0")

from resolving import Resolver  # noqa: E402
from samtranslator.translator.transform import transform  # noqa: E402
from samtranslator.yaml_helper import yaml_parse  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILES = ["dev", "staging", "production", "claude4"]
PIPELINE_STACK = "manuel-pipeline"


class NoManagedPolicies:
    """SAM would ask IAM for the ARNs of managed policies that are given by name; the template gives none so."""

    @staticmethod
    def load():
        return {}


@functools.cache
def _parsed(name):
    return yaml_parse((ROOT / name).read_text())


def parsed(name):
    """A template as it is written; a copy, so that a test may change it."""
    return copy.deepcopy(_parsed(name))


@functools.cache
def parameter_file(name):
    return json.loads((ROOT / "parameters" / f"{name}.json").read_text())


def transformed(template, parameters):
    """The template that CloudFormation works with, after SAM's transform."""
    template = copy.deepcopy(template)
    # `sam package` has uploaded the code by then; the translator refuses a path.
    template["Globals"]["Function"]["CodeUri"] = "s3://packages/function.zip"
    return transform(template, parameters, NoManagedPolicies())


class Stack:
    """A template, resolved for a set of parameters."""

    def __init__(self, template, parameters, name):
        self.template, self.name = template, name
        self.resolver = Resolver(template, parameters, name)
        self.resources = self.resolver.resources()

    def of(self, kind):
        """The resources of a type, by logical id."""
        return {name: body for name, body in self.resources.items() if body["Type"] == kind}

    def properties(self, logical):
        return self.resources[logical].get("Properties", {})

    def arn(self, logical):
        return self.resolver.arn(logical)


@functools.cache
def _translated(file):
    return transformed(parsed("template.yaml"), parameter_file(file)["Parameters"])


def environment(file, change=None):
    """The stack of an environment. `change` breaks the template as it is written."""
    parameters = parameter_file(file)["Parameters"]
    name = f"manuel-{parameters['Environment']}"
    if change is None:
        return Stack(_translated(file), parameters, name)
    template = parsed("template.yaml")
    change(template)
    return Stack(transformed(template, parameters), parameters, name)


def pipeline(change=None, **parameters):
    """The stack of the pipeline."""
    template = parsed("pipeline-template.yaml")
    if change is not None:
        change(template)
    return Stack(template, {"NotificationEmail": "team@example.com"} | parameters, PIPELINE_STACK)


def statements(document, effect="Allow"):
    """The statements of a policy, with lists where IAM takes one value as well."""

    def listed(value):
        return value if isinstance(value, list) else [value]

    found = [statement for statement in listed(document["Statement"]) if statement["Effect"] == effect]
    lists = ("Action", "Resource")
    return [statement | {key: listed(statement[key]) for key in lists if key in statement} for statement in found]
