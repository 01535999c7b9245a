"""Reads a TemplateConfiguration file (the form that CodePipeline wants) and prints it in the form of the AWS CLI.

    template_configuration.py parameters/production.json parameters BuildId=bootstrap-1a2b3c4
    template_configuration.py parameters/production.json tags | stack-policy | value <parameter>
    template_configuration.py parameters/claude4.json overrides     (for `sam deploy --parameter-overrides`)
"""

import json
import sys


class Unusable(Exception):
    """Says what is wrong with the file, and what is expected."""


def read(path):
    try:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise Unusable(f"{path} is not JSON: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("Parameters"), dict):
        raise Unusable(f'{path} is not in TemplateConfiguration form: expected {{"Parameters": {{"Name": "value"}}}}')
    for section in ("Parameters", "Tags"):
        for name, value in document.get(section, {}).items():
            # CodePipeline takes strings only, and would say so hours later.
            if not isinstance(value, str):
                raise Unusable(f"{path}: {section}.{name} must be a string, it is {json.dumps(value)}")
    return document


def parameters(document, overrides):
    values = dict(document["Parameters"])
    for override in overrides:
        name, _, value = override.partition("=")
        values[name] = value
    return [{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()]


def convert(path, wanted, arguments):
    document = read(path)
    if wanted == "parameters":
        return json.dumps(parameters(document, arguments))
    if wanted == "overrides":
        return " ".join(f"{name}={value}" for name, value in document["Parameters"].items())
    if wanted == "tags":
        return json.dumps([{"Key": key, "Value": value} for key, value in document.get("Tags", {}).items()])
    if wanted == "stack-policy":
        return json.dumps(document["StackPolicy"]) if "StackPolicy" in document else ""
    if wanted == "value":
        if arguments[0] not in document["Parameters"]:
            raise Unusable(f"{path} has no parameter {arguments[0]}: add it")
        return document["Parameters"][arguments[0]]
    raise Unusable(f"expected parameters, overrides, tags, stack-policy or value, not {wanted}")


if __name__ == "__main__":
    try:
        print(convert(sys.argv[1], sys.argv[2], sys.argv[3:]))
    except Unusable as error:
        sys.exit(f"deploy-pipeline.sh: {error}")
