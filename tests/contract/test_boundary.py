"""What the pipeline's stack allows to the environments: enough for what template.yaml creates, and no role outside."""

import pytest
from environments import FILES, environment, pipeline, statements
from policies import LONGEST_POLICY, allows, for_environment, length

BOUNDARY = "arn:aws:iam::123456789012:policy/manuel-boundary"
API = "arn:aws:apigateway:eu-west-1::/restapis"


def environment_name(stack):
    return stack.name.removeprefix("manuel-")


def role_problems(stack, pipeline_stack):
    """What roles of an environment may do and the boundary would not let them: it would fail when it is needed."""
    boundary = for_environment(pipeline_stack.properties("Boundary")["PolicyDocument"], environment_name(stack))
    told = []
    for name, body in stack.of("AWS::IAM::Role").items():
        role = body["Properties"]
        if role.get("PermissionsBoundary") != BOUNDARY:
            told.append(f"{name} has no boundary")
        if {"Key": "Environment", "Value": environment_name(stack)} not in role.get("Tags", []):
            told.append(f"{name} has no tag that says which environment's resources are its own")
        own = [found for policy in role.get("Policies", []) for found in statements(policy["PolicyDocument"])]
        for action, resource in ((a, r) for found in own for a in found["Action"] for r in found["Resource"]):
            if not any(allows(limit, action, resource) for limit in boundary):
                told.append(f"{name}: {action} on {resource} is outside the boundary")
    return told


def group_arn(properties):
    application, group = properties["ApplicationName"], properties.get("DeploymentGroupName", "generated")
    return f"arn:aws:codedeploy:eu-west-1:123456789012:deploymentgroup:{application}/{group}"


def function_arn(properties):
    name = properties["FunctionName"]
    return name if name.startswith("arn:") else f"arn:aws:lambda:eu-west-1:123456789012:function:{name}"


# What CloudFormation must be allowed for a type, and on what: None is the resource's own ARN.
CREATING = {
    "AWS::ApiGateway::Deployment": ("apigateway:POST", lambda p: f"{API}/id/deployments"),
    "AWS::ApiGateway::RestApi": ("apigateway:POST", lambda p: API),
    "AWS::ApiGateway::Stage": ("apigateway:POST", lambda p: f"{API}/id/stages"),
    "AWS::CloudWatch::Alarm": ("cloudwatch:PutMetricAlarm", None),
    "AWS::CloudWatch::Dashboard": ("cloudwatch:PutDashboard", None),
    "AWS::CodeDeploy::Application": ("codedeploy:CreateApplication", None),
    "AWS::CodeDeploy::DeploymentGroup": ("codedeploy:CreateDeploymentGroup", group_arn),
    "AWS::Cognito::UserPool": ("cognito-idp:CreateUserPool", lambda p: "*"),
    "AWS::Cognito::UserPoolClient": ("cognito-idp:CreateUserPoolClient",
                                     lambda p: "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_id"),
    "AWS::DynamoDB::Table": ("dynamodb:CreateTable", None),
    "AWS::Events::Rule": ("events:PutRule", None),
    "AWS::IAM::Role": ("iam:CreateRole", None),
    "AWS::Lambda::Alias": ("lambda:CreateAlias", function_arn),
    "AWS::Lambda::EventInvokeConfig": ("lambda:PutFunctionEventInvokeConfig", function_arn),
    "AWS::Lambda::Function": ("lambda:CreateFunction", None),
    "AWS::Lambda::Permission": ("lambda:AddPermission", function_arn),
    "AWS::Lambda::Version": ("lambda:PublishVersion", function_arn),
    "AWS::Logs::LogGroup": ("logs:CreateLogGroup", None),
    "AWS::SQS::Queue": ("sqs:CreateQueue", None),
    "AWS::SQS::QueuePolicy": ("sqs:SetQueueAttributes", lambda p: p["Queues"][0]),
    "AWS::WAFv2::WebACL": ("wafv2:CreateWebACL", None),
    "AWS::WAFv2::WebACLAssociation": ("wafv2:AssociateWebACL", lambda p: p["ResourceArn"]),
}


def deploy_problems(stack, pipeline_stack):
    """Resources of an environment that CloudFormation's role could not create."""
    allowed = for_environment(pipeline_stack.properties("DeployPolicy")["PolicyDocument"], environment_name(stack))
    told = []
    for name, body in stack.resources.items():
        if body["Type"] not in CREATING:
            told.append(f"{name}: nobody says what {body['Type']} needs")
            continue
        action, on = CREATING[body["Type"]]
        arn = on(body["Properties"]) if on else stack.arn(name)
        # A queue is named where a queue's policy says its URL.
        arn = stack.arn("UndeliveredEvents") if body["Type"] == "AWS::SQS::QueuePolicy" else arn
        if not any(allows(found, action, arn) for found in allowed):
            told.append(f"{name}: CloudFormation may not {action} on {arn}")
    return told


@pytest.mark.parametrize("file", FILES)
def test_roles_stay_inside_the_boundary(file):
    assert role_problems(environment(file), pipeline()) == []


@pytest.mark.parametrize("file", FILES)
def test_cloudformation_may_create_what_the_template_has(file):
    assert deploy_problems(environment(file), pipeline()) == []


def test_cloudformation_may_not_create_what_another_environment_has():
    """But for what has no name of its own: another environment's are shut off by their tag."""
    told = deploy_problems(environment("staging"), pipeline())
    other = environment("staging")
    other.name = "manuel-dev"
    refused = {problem.split(":")[0] for problem in deploy_problems(other, pipeline())}
    unnamed = {name for name, body in other.resources.items()
               if body["Type"].startswith(("AWS::ApiGateway::", "AWS::Cognito::")) or name == "WebAclOfApi"}
    assert told == [] and refused == set(other.resources) - unnamed


PIPELINE = "arn:aws:codepipeline:eu-west-1:123456789012:manuel-backend-pipeline"
OF_PRODUCTION = [
    ("lambda:UpdateAlias", "arn:aws:lambda:eu-west-1:123456789012:function:manuel-prod-backend"),
    ("lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:123456789012:function:manuel-prod-alarm-rollback"),
    ("codedeploy:CreateDeployment", "arn:aws:codedeploy:eu-west-1:123456789012:deploymentgroup:manuel-prod/manuel-prod-backend-live"),
    ("dynamodb:UpdateItem", "arn:aws:dynamodb:eu-west-1:123456789012:table/manuel-prod-usage"),
    ("sqs:SendMessage", "arn:aws:sqs:eu-west-1:123456789012:manuel-prod-undelivered-events"),
    ("logs:PutLogEvents", "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/manuel-prod-backend"),
    ("codepipeline:PutApprovalResult", PIPELINE + "/CanaryApproval/CanaryApproval"),
    ("codepipeline:PutApprovalResult", PIPELINE + "/FinalApproval/FinalApproval"),
]
# Nobody's: not even production's functions answer these.
PEOPLES = [("codepipeline:PutApprovalResult", f"{PIPELINE}/ManualApproval/{action}")
           for action in ("ApprovalAction", "ProductOwnerApproval")]


def reached(name, wanted, change=None):
    """What a role of this environment can do at most, whatever its policy says."""
    found = for_environment(pipeline(change).properties("Boundary")["PolicyDocument"], name)
    tags = [statement.get("Condition", {}).get("StringEquals", {}).get("aws:PrincipalTag/Environment", name) for statement in found]
    mine = [statement for statement, tag in zip(found, tags, strict=True) if tag == name]
    return [thing for thing in wanted if any(allows(statement, *thing) for statement in mine)]


def test_role_of_dev_reaches_nothing_of_production_whatever_its_policy_says():
    assert reached("dev", OF_PRODUCTION + PEOPLES) == []
    assert reached("prod", OF_PRODUCTION + PEOPLES) == OF_PRODUCTION


@pytest.mark.parametrize("change", [
    lambda t: policy(t, "Boundary", "WithdrawApprovals").pop("Condition"),
    lambda t: policy(t, "Boundary", "WithdrawApprovals").update(Condition={}, Resource=PIPELINE + "/*"),
    lambda t: policy(t, "Boundary", "Functions").update(Resource="arn:aws:lambda:*:*:function:manuel-*"),
])
def test_reach_is_seen_when_the_boundary_is_wider(change):
    assert reached("dev", OF_PRODUCTION + PEOPLES, change) != []


def test_session_tag_that_does_not_fit_the_role_s_name_is_denied_everything():
    """Session tags override a role's own (STS, AssumeRole): the boundary would believe them."""
    denied = policy({"Resources": pipeline().resources}, "Boundary", "TagMustFitTheName")
    assert (denied["Effect"], denied["Action"], denied["Resource"]) == ("Deny", "*", "*")
    own = "arn:aws:iam::123456789012:role/manuel-${aws:PrincipalTag/Environment}-*"
    assert denied["Condition"] == {"ArnNotLike": {"aws:PrincipalArn": own}}


@pytest.mark.parametrize("name", ["Boundary", "DeployPolicy"])
def test_managed_policies_are_as_long_as_iam_takes(name):
    assert length(pipeline().properties(name)["PolicyDocument"]) < LONGEST_POLICY


def policy(template, logical, sid):
    document = template["Resources"][logical]["Properties"]["PolicyDocument"]
    return next(statement for statement in document["Statement"] if statement["Sid"] == sid)


@pytest.mark.parametrize(("change", "said"), [
    (lambda t: policy(t, "Boundary", "Functions")["Action"].remove("lambda:GetAlias"), "lambda:GetAlias on"),
    (lambda t: policy(t, "Boundary", "Data").update(Resource="arn:aws:dynamodb:eu-west-1:123456789012:table/usage"), "dynamodb:"),
    (lambda t: policy(t, "Boundary", "Messages")["Resource"].pop(0), "sns:Publish on"),
])
def test_problem_is_told_when_the_boundary_is_narrower(change, said):
    assert any(said in problem for problem in role_problems(environment("production"), pipeline(change)))


@pytest.mark.parametrize(("change", "said"), [
    (lambda t: t["Resources"]["CodeDeployRole"]["Properties"].pop("PermissionsBoundary"), "CodeDeployRole has no boundary"),
    (lambda t: t["Globals"]["Function"]["Tags"].pop("Environment"), "has no tag"),
    (lambda t: t["Resources"]["CanaryJudge"]["Properties"]["Policies"][0]["Statement"][1].update(Action="s3:GetObject"), "s3:Get"),
])
def test_problem_is_told_when_a_role_is_wider(change, said):
    assert any(said in problem for problem in role_problems(environment("production", change), pipeline()))


@pytest.mark.parametrize(("change", "said"), [
    (lambda t: policy(t, "DeployPolicy", "NamedAfterTheEnvironment")["Action"].remove("sqs:*"), "may not sqs:CreateQueue"),
    (lambda t: policy(t, "DeployPolicy", "NamedAfterTheEnvironment")["Resource"].pop(0), "may not lambda:CreateFunction"),
    (lambda t: policy(t, "DeployPolicy", "CreateRolesInsideTheBoundary").update(Resource="x"), "may not iam:CreateRole"),
])
def test_problem_is_told_when_cloudformation_may_less(change, said):
    assert any(said in problem for problem in deploy_problems(environment("production"), pipeline(change)))
