"""The AWS CLI against an account of JSON: stacks and change sets move as CloudFormation moves them; all else is a table."""

import json
import pathlib

import jmespath

NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."


class Refused(Exception):
    """What a tool says on its error output, and its exit code."""

    def __init__(self, text, code=254):
        super().__init__(text)
        self.code = code


def call(world, words):
    service, operation, *rest = words
    options = parse(rest)
    key = f"{service} {operation}"
    try:
        if key in world["refusals"]:
            raise Refused(world["refusals"][key])
        if service == "cloudformation":
            answer = globals()[operation.replace("-", "_")](world, options)
        else:
            answer = world["answers"][key]
            # Some answers depend on what is asked about.
            if isinstance(answer, dict) and "by" in answer:
                answer = answer["answers"].get(options[answer["by"]], answer["else"])
    except Refused as refusal:
        raise Refused(f"\nAn error occurred (ValidationError) when calling {key}: {refusal}") from refusal
    return shown(answer, options)


def parse(words):
    options, name = {}, "words"
    for word in words:
        if word.startswith("--"):
            name = word[2:]
            options[name] = ""
        elif name in options and options[name]:
            options[name] += " " + word
        else:
            options[name] = word
    return options


def shown(answer, options):
    if answer is None:
        return ""
    if "query" in options:
        answer = jmespath.search(options["query"], answer)
    if options.get("output") == "text":
        return "\n".join(lines(answer))
    return json.dumps(answer)


def lines(answer):
    if not isinstance(answer, list):
        return [str(answer)]
    if any(isinstance(each, list) for each in answer):
        return ["\t".join(map(str, each)) for each in answer]
    return ["\t".join(map(str, answer))] if answer else []


def stack_of(world, options):
    name = options["stack-name"]
    if name not in world["stacks"]:
        raise Refused(f"Stack with id {name} does not exist")
    return world["stacks"][name]


def describe_stacks(world, options):
    stack = stack_of(world, options)
    if stack["next"]:
        stack["status"] = stack["next"].pop(0)
        if stack["status"] == "GONE":
            del world["stacks"][options["stack-name"]]
            return describe_stacks(world, options)
    told = {
        "StackStatus": stack["status"],
        "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in stack["parameters"].items()],
        "Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in stack["outputs"].items()],
    }
    return {"Stacks": [{key: value for key, value in told.items() if value}]}  # CloudFormation leaves out what is empty


def create_change_set(world, options):
    name, kind = options["stack-name"], options["change-set-type"]
    stack = world["stacks"].get(name)
    if kind == "CREATE" and stack is None:
        stack = world["stacks"][name] = new_stack("REVIEW_IN_PROGRESS")
    elif stack is None or (kind == "CREATE") != (stack["status"] == "REVIEW_IN_PROGRESS") or not settled(stack["status"]):
        raise Refused(f"Stack:{name} is in {stack and stack['status']} state and can not be updated.")
    parameters = wanted_parameters(stack, options["parameters"])
    source = options.get("template-url") or template_text(world, options)
    reason = world["changeSetFails"].get(name)
    if not reason and kind == "UPDATE" and [source, parameters] == [stack["source"], stack["parameters"]]:
        reason = world["noChanges"]
    stack["changeSets"][options["change-set-name"]] = {
        "polls": 0, "reason": reason, "source": source, "parameters": parameters, "kind": kind,
    }
    return {"Id": "arn:change-set"}


def template_text(world, options):
    return (pathlib.Path(world["folder"]) / options["template-body"].removeprefix("file://")).read_text()


def new_stack(status):
    return {"status": status, "next": [], "parameters": {}, "outputs": {}, "events": [], "changeSets": {}, "source": None, "policy": None}


def settled(status):
    return status in ("REVIEW_IN_PROGRESS", "CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")


def wanted_parameters(stack, text):
    if text.startswith("["):
        return {each["ParameterKey"]: each["ParameterValue"] for each in json.loads(text)}
    wanted = {}
    for word in text.split(" "):
        fields = dict(field.split("=", 1) for field in word.split(","))
        key = fields["ParameterKey"]
        if "UsePreviousValue" in fields and key not in stack["parameters"]:
            raise Refused(f"Invalid input for parameter key {key}. Cannot specify usePreviousValue as true for a parameter key not in the previous template")
        wanted[key] = stack["parameters"][key] if "UsePreviousValue" in fields else fields["ParameterValue"]
    return wanted


def describe_change_set(world, options):
    change_set = stack_of(world, options)["changeSets"][options["change-set-name"]]
    change_set["polls"] += 1
    if change_set["polls"] == 1:
        return {"Status": "CREATE_IN_PROGRESS", "StatusReason": None}
    if change_set["reason"]:
        return {"Status": "FAILED", "StatusReason": change_set["reason"]}
    changes = [{"ResourceChange": dict(zip(("Action", "LogicalResourceId", "ResourceType", "Replacement"), each))} for each in world["changes"]]
    return {"Status": "CREATE_COMPLETE", "StatusReason": None, "Changes": changes}


def delete_change_set(world, options):
    stack_of(world, options)["changeSets"].pop(options["change-set-name"], None)


def delete_stack(world, options):
    world["stacks"].pop(options["stack-name"], None)


def execute_change_set(world, options):
    name, token = options["stack-name"], options["client-request-token"]
    stack = stack_of(world, options)
    change_set = stack["changeSets"].pop(options["change-set-name"])
    create, failures = change_set["kind"] == "CREATE", world["failures"].get(name)
    start = "CREATE_IN_PROGRESS" if create else "UPDATE_IN_PROGRESS"
    end = world["ends"].get(name) or ("CREATE_COMPLETE" if create else "UPDATE_COMPLETE")
    # The state of before is still told once, as one may see it.
    stack["next"] = [stack["status"], start, start, end]
    for status, kind, logical, physical, reason in world["published"].get(name, []) + (failures or []):
        event(stack, token, status, kind, logical, reason, physical)
    event(stack, token, end, "AWS::CloudFormation::Stack", name, None)
    if not failures:
        stack.update(parameters=change_set["parameters"], source=change_set["source"], outputs=world["outputs"].get(name, {}))


def event(stack, token, status, kind, logical, reason, physical=""):
    stack["events"].insert(0, {
        "Timestamp": f"2026-11-23T20:41:{len(stack['events']):02}.123Z", "ClientRequestToken": token, "ResourceStatus": status,
        "ResourceType": kind, "LogicalResourceId": logical, "PhysicalResourceId": physical, "ResourceStatusReason": reason,
    })


def describe_stack_events(world, options):
    stack = stack_of(world, options)
    # Nothing of the operation is told before its state is.
    hidden = world.get("noEvents") or settled(stack["status"]) and stack["next"]
    return {"StackEvents": [] if hidden else stack["events"]}


def set_stack_policy(world, options):
    stack_of(world, options)["policy"] = options["stack-policy-body"]


def get_stack_policy(world, options):
    policy = stack_of(world, options)["policy"]
    return {"StackPolicyBody": policy} if policy else {}


def validate_template(world, options):
    return {"Parameters": []}
