"""Resolves the intrinsic functions of a template for one set of parameters, as CloudFormation would in this account.

moto resolves them too, but only beside the resources that it can create; cfn-lint checks them without choosing values.
"""

import re

ACCOUNT, REGION = "123456789012", "eu-west-1"
# CloudFormation ends a generated name like this.
GENERATED = "1A2B3C4D5E6F"

# The property that names a resource; what has none here gets a name from CloudFormation.
NAMED_BY = {
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::CodeBuild::Project": "Name",
    "AWS::CodeCommit::Repository": "RepositoryName",
    "AWS::CodeDeploy::Application": "ApplicationName",
    "AWS::CodeDeploy::DeploymentGroup": "DeploymentGroupName",
    "AWS::CodePipeline::Pipeline": "Name",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Events::Rule": "Name",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Role": "RoleName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::WAFv2::WebACL": "Name",
}

# The ARN of what has one, from its name.
ARNS = {
    "AWS::ApiGateway::RestApi": "arn:aws:apigateway:{region}::/restapis/{name}",
    "AWS::CloudWatch::Alarm": "arn:aws:cloudwatch:{region}:{account}:alarm:{name}",
    "AWS::CloudWatch::Dashboard": "arn:aws:cloudwatch::{account}:dashboard/{name}",
    "AWS::CodeBuild::Project": "arn:aws:codebuild:{region}:{account}:project/{name}",
    "AWS::CodeCommit::Repository": "arn:aws:codecommit:{region}:{account}:{name}",
    "AWS::CodeDeploy::Application": "arn:aws:codedeploy:{region}:{account}:application:{name}",
    "AWS::Cognito::UserPool": "arn:aws:cognito-idp:{region}:{account}:userpool/{name}",
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:{region}:{account}:table/{name}",
    "AWS::Events::Rule": "arn:aws:events:{region}:{account}:rule/{name}",
    "AWS::IAM::ManagedPolicy": "arn:aws:iam::{account}:policy/{name}",
    "AWS::IAM::Role": "arn:aws:iam::{account}:role/{name}",
    "AWS::KMS::Key": "arn:aws:kms:{region}:{account}:key/{name}",
    "AWS::Lambda::Function": "arn:aws:lambda:{region}:{account}:function:{name}",
    "AWS::Logs::LogGroup": "arn:aws:logs:{region}:{account}:log-group:{name}",
    "AWS::S3::Bucket": "arn:aws:s3:::{name}",
    "AWS::SNS::Topic": "arn:aws:sns:{region}:{account}:{name}",
    "AWS::SQS::Queue": "arn:aws:sqs:{region}:{account}:{name}",
    "AWS::WAFv2::WebACL": "arn:aws:wafv2:{region}:{account}:regional/webacl/{name}/id",
}
# Ref answers the ARN of these, not the name.
REFERRED_BY_ARN = {"AWS::IAM::ManagedPolicy", "AWS::SNS::Topic"}
NO_VALUE = object()


class Resolver:
    def __init__(self, template, parameters, stack_name):
        defaults = {name: spec["Default"] for name, spec in template["Parameters"].items() if "Default" in spec}
        self.template, self.parameters = template, defaults | parameters
        pseudo = {"AccountId": ACCOUNT, "Region": REGION, "Partition": "aws", "URLSuffix": "amazonaws.com",
                  "StackName": stack_name, "NoValue": NO_VALUE}
        self.pseudo = {f"AWS::{name}": value for name, value in pseudo.items()}

    def resources(self):
        """Those that exist with these parameters, by logical id."""
        found = self.template["Resources"].items()
        found = {name: body for name, body in found if self.condition(body.get("Condition"))}
        return {name: self.value(body) for name, body in found.items()}

    def condition(self, name):
        return name is None or self.value(self.template["Conditions"][name])

    def value(self, node):
        if isinstance(node, list):
            return [value for value in map(self.value, node) if value is not NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            [(function, argument)] = node.items()
            if function in ("Ref", "Condition") and isinstance(argument, str):
                return self.ref(argument) if function == "Ref" else self.condition(argument)
            if function.startswith("Fn::"):
                return getattr(self, "fn_" + function[4:].lower())(argument)
        values = {name: self.value(value) for name, value in node.items()}
        return {name: value for name, value in values.items() if value is not NO_VALUE}

    def ref(self, name):
        for known in (self.pseudo, self.parameters):
            if name in known:
                return known[name]
        kind = self.template["Resources"][name]["Type"]
        if kind == "AWS::Lambda::Alias":
            body = self.template["Resources"][name]["Properties"]
            return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.value(body['FunctionName'])}:{body['Name']}"
        return self.arn(name) if kind in REFERRED_BY_ARN else self.name(name)

    def name(self, logical):
        body = self.template["Resources"][logical]
        named = body.get("Properties", {}).get(NAMED_BY.get(body["Type"]))
        return self.value(named) if named else f"{self.pseudo['AWS::StackName']}-{logical}-{GENERATED}"

    def arn(self, logical):
        form = ARNS[self.template["Resources"][logical]["Type"]]
        return form.format(region=REGION, account=ACCOUNT, name=self.name(logical))

    def fn_getatt(self, argument):
        logical, attribute = argument if isinstance(argument, list) else argument.split(".", 1)
        if attribute == "Arn":
            return self.arn(logical)
        if attribute == "QueueName":
            return self.name(logical)
        assert logical in self.template["Resources"], f"GetAtt of {logical}, which is no resource"
        return f"<{logical}.{attribute}>"

    def fn_sub(self, argument):
        text, own = argument if isinstance(argument, list) else (argument, {})

        def found(match):
            name = match.group(1)
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            if name in own:
                return str(self.value(own[name]))
            return str(self.fn_getatt(name) if "." in name else self.ref(name))

        return re.sub(r"\$\{([^}]+)\}", found, text)

    def fn_if(self, argument):
        return self.value(argument[1 if self.condition(argument[0]) else 2])

    def fn_join(self, argument):
        return argument[0].join(map(str, self.value(argument[1])))

    def fn_findinmap(self, argument):
        table, row, column = self.value(argument)
        return self.template["Mappings"][table][row][column]

    def fn_equals(self, argument):
        one, other = self.value(argument)
        return str(one) == str(other)

    def fn_not(self, argument):
        return not self.value(argument[0])

    def fn_and(self, argument):
        return all(self.value(argument))

    def fn_or(self, argument):
        return any(self.value(argument))
