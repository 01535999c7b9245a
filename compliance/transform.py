"""Prints a template as CloudFormation sees it after the SAM transform; offline, and nothing is uploaded.

    python compliance/transform.py template.yaml > transformed.json
"""

import json
import os
import sys

from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

# The translator wants a region for the partition in ARNs; any of the partition will do.
os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")


class NoManagedPolicies:
    """The templates name no managed policies by their short names, so AWS is not asked for them."""

    def load(self):
        return {}


def transformed(text):
    template = yaml_parse(text)
    if "Transform" not in template:
        return template
    local = [template.get("Globals", {}).get("Function", {})]
    local += [resource.get("Properties", {}) for resource in template["Resources"].values()]
    for properties in local:
        # A folder of this computer is refused: sam package would have put an address here.
        if isinstance(properties.get("CodeUri"), str):
            properties["CodeUri"] = "s3://bucket/package.zip"
    return transform(template, {}, NoManagedPolicies())


if __name__ == "__main__":
    try:
        with open(sys.argv[1], encoding="utf-8") as file:
            json.dump(transformed(file.read()), sys.stdout, indent=1)
    except InvalidDocumentException as error:
        sys.exit(f"{sys.argv[1]}: {error.message}")
