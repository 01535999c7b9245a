"""IAM's side of the contract: what a call needs, what a statement allows, and where it stops."""

import fnmatch
import json

from environments import statements

# The action is named after the operation but for these (service authorization reference, Lambda and Bedrock; for
# CodeDeploy: user guide, "CodeDeploy permissions reference", CreateDeployment).
ACTIONS = {
    "lambda:Invoke": ["lambda:InvokeFunction"],
    "bedrock:Converse": ["bedrock:InvokeModel"],
    "codedeploy:CreateDeployment": [
        "codedeploy:CreateDeployment", "codedeploy:GetDeploymentConfig", "codedeploy:GetApplicationRevision",
        "codedeploy:RegisterApplicationRevision",
    ],
}
# Calls that Lambda makes with the function's role, so that no record has them.
LAMBDAS_OWN = {
    "sqs:SendMessage": "the on-failure destination",
}
# Managed policies that SAM adds, and why.
MANAGED = {
    "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole": "Lambda writes the log",
    "arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess": "Lambda sends traces",
}
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:manuel-{e}-backend"
GROUP = "arn:aws:codedeploy:eu-west-1:123456789012:deploymentgroup:manuel-{e}/manuel-{e}-backend-live"
APPLICATION = "arn:aws:codedeploy:eu-west-1:123456789012:application:manuel-{e}"
PIPELINE = "arn:aws:codepipeline:eu-west-1:123456789012:manuel-backend-pipeline"
# What the calls are about, in environment e; every other action of CodeDeploy is about the group. The record has no
# resources: these are the ones that the settings name.
ABOUT = {
    "lambda:GetAlias": [FUNCTION], "lambda:UpdateAlias": [FUNCTION],
    "lambda:GetFunctionConfiguration": [FUNCTION + ":7"], "lambda:InvokeFunction": [FUNCTION + ":7"],
    "codedeploy:GetApplicationRevision": [APPLICATION], "codedeploy:RegisterApplicationRevision": [APPLICATION],
    "codedeploy:GetDeploymentConfig": [
        "arn:aws:codedeploy:eu-west-1:123456789012:deploymentconfig:CodeDeployDefault.LambdaAllAtOnce"],
    "codepipeline:GetPipelineExecution": [PIPELINE], "codepipeline:GetPipelineState": [PIPELINE],
    "codepipeline:PutApprovalResult": [
        PIPELINE + "/CanaryApproval/CanaryApproval", PIPELINE + "/FinalApproval/FinalApproval"],
    "events:PutEvents": ["arn:aws:events:eu-west-1:123456789012:event-bus/default"],
    "sns:Publish": ["arn:aws:sns:eu-west-1:123456789012:manuel-notices"],
    "dynamodb:GetItem": ["arn:aws:dynamodb:eu-west-1:123456789012:table/manuel-{e}-usage"],
    "dynamodb:UpdateItem": ["arn:aws:dynamodb:eu-west-1:123456789012:table/manuel-{e}-usage"],
    "bedrock:InvokeModel": [
        "arn:aws:bedrock:eu-central-1::foundation-model/{foundation}",
        "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/{model}"],
}
# These take no narrower resource than all (service authorization reference).
ABOUT_ALL = {
    "cloudwatch:GetMetricData", "cloudwatch:DescribeAlarms", "cloudwatch:PutMetricData",
    "codepipeline:PutJobSuccessResult", "codepipeline:PutJobFailureResult",
}
# Managed policies may have so many characters that are no white space (IAM quotas).
LONGEST_POLICY = 6144


def about(action, parameters, environment):
    """The ARNs that an action is about; `*` where it takes no narrower resource."""
    if action in ABOUT_ALL:
        return ["*"]
    forms = ABOUT.get(action, [GROUP] if action.startswith("codedeploy:") else [])
    names = {"foundation": parameters["FoundationModelId"], "model": parameters["ModelId"]}
    return [form.format(e=environment, **names) for form in forms]


def needed(operations):
    """The IAM actions that operations need, each with the operation."""
    return {action: operation for operation in operations for action in ACTIONS.get(operation, [operation])}


def granted(role):
    """The statements of a role that are there for its function's own calls."""
    documents = [policy["PolicyDocument"] for policy in role.get("Policies", [])]
    found = [statement for document in documents for statement in statements(document)]
    return [statement for statement in found if not set(statement["Action"]) <= set(LAMBDAS_OWN)]


def covers(pattern, text):
    """Whether a pattern of IAM has all that another pattern, or a name, has: stars match stars."""
    assert "?" not in pattern and "[" not in pattern, f"{pattern}: fnmatch means something else by it"
    return fnmatch.fnmatchcase(text, pattern)


def allows(statement, action, resource):
    """Whether a statement allows an action on a resource; actions are compared without case."""
    by_action = any(covers(pattern.lower(), action.lower()) for pattern in statement["Action"])
    return by_action and any(covers(pattern, resource) for pattern in statement["Resource"])


def for_environment(document, environment):
    """The statements of a policy for whoever has the tag of this environment."""
    text = json.dumps(statements(document)).replace("${aws:PrincipalTag/Environment}", environment)
    return json.loads(text)


def length(document):
    return len("".join(json.dumps(document, separators=(",", ":")).split()))
