//! What references to resources become. One line per type and attribute that the templates use; nothing is guessed.
//!
//! `{name}` is the resource's name: its name property, or stack and logical id where AWS would choose one. `{Property}` is any
//! other property, `{version}` what the caller says is published.

use crate::{error::Problem, scope::Scope, template::Raw};

/// The property that names a resource.
const NAMES: [(&str, &str); 20] = [
    ("AWS::CloudWatch::Alarm", "AlarmName"),
    ("AWS::CloudWatch::CompositeAlarm", "AlarmName"),
    ("AWS::CloudWatch::Dashboard", "DashboardName"),
    ("AWS::CodeBuild::Project", "Name"),
    ("AWS::CodeCommit::Repository", "RepositoryName"),
    ("AWS::CodeDeploy::Application", "ApplicationName"),
    ("AWS::CodeDeploy::DeploymentGroup", "DeploymentGroupName"),
    ("AWS::CodePipeline::Pipeline", "Name"),
    ("AWS::DynamoDB::Table", "TableName"),
    ("AWS::Events::Rule", "Name"),
    ("AWS::IAM::ManagedPolicy", "ManagedPolicyName"),
    ("AWS::IAM::Role", "RoleName"),
    ("AWS::Lambda::Alias", "Name"),
    ("AWS::Lambda::Function", "FunctionName"),
    ("AWS::Logs::LogGroup", "LogGroupName"),
    ("AWS::S3::Bucket", "BucketName"),
    ("AWS::SNS::Topic", "TopicName"),
    ("AWS::SQS::Queue", "QueueName"),
    ("AWS::Serverless::Function", "FunctionName"),
    ("AWS::WAFv2::WebACL", "Name"),
];

const ARN: &str = "arn:{partition}:{service}:{region}:{account}:";

/// Type, `Ref` or attribute, and its form. `@service:rest` is an ARN of this region and account.
const RULES: [(&str, &str, &str); 57] = [
    ("AWS::ApiGateway::RestApi", "Ref", "api-{id}"),
    ("AWS::ApiGateway::RestApi", "RootResourceId", "root-{id}"),
    ("AWS::ApiGateway::Stage", "Ref", "{StageName}"),
    ("AWS::CloudWatch::Alarm", "Arn", "@cloudwatch:alarm:{name}"),
    ("AWS::CloudWatch::Alarm", "Ref", "{name}"),
    ("AWS::CloudWatch::CompositeAlarm", "Arn", "@cloudwatch:alarm:{name}"),
    ("AWS::CloudWatch::CompositeAlarm", "Ref", "{name}"),
    ("AWS::CloudWatch::Dashboard", "Ref", "{name}"),
    ("AWS::CodeBuild::Project", "Arn", "@codebuild:project/{name}"),
    ("AWS::CodeBuild::Project", "Ref", "{name}"),
    ("AWS::CodeCommit::Repository", "Arn", "@codecommit:{name}"),
    (
        "AWS::CodeCommit::Repository",
        "CloneUrlHttp",
        "https://git-codecommit.{region}.amazonaws.com/v1/repos/{name}",
    ),
    ("AWS::CodeCommit::Repository", "Name", "{name}"),
    ("AWS::CodeCommit::Repository", "Ref", "11111111-2222-3333-4444-555555555555"),
    ("AWS::CodeConnections::Connection", "ConnectionArn", "@codeconnections:connection/{id}"),
    ("AWS::CodeConnections::Connection", "Ref", "@codeconnections:connection/{id}"),
    ("AWS::CodeDeploy::Application", "Ref", "{name}"),
    ("AWS::CodeDeploy::DeploymentGroup", "Ref", "{name}"),
    ("AWS::CodePipeline::Pipeline", "Ref", "{name}"),
    ("AWS::CodePipeline::Pipeline", "Version", "1"),
    ("AWS::CodeStarConnections::Connection", "ConnectionArn", "@codestar-connections:connection/{id}"),
    ("AWS::CodeStarConnections::Connection", "Ref", "@codestar-connections:connection/{id}"),
    ("AWS::Cognito::UserPool", "Arn", "@cognito-idp:userpool/{region}_{id}"),
    ("AWS::Cognito::UserPool", "Ref", "{region}_{id}"),
    ("AWS::Cognito::UserPoolClient", "ClientId", "client-{id}"),
    ("AWS::Cognito::UserPoolClient", "Ref", "client-{id}"),
    ("AWS::DynamoDB::Table", "Arn", "@dynamodb:table/{name}"),
    ("AWS::DynamoDB::Table", "Ref", "{name}"),
    ("AWS::Events::Rule", "Arn", "@events:rule/{name}"),
    ("AWS::Events::Rule", "Ref", "{name}"),
    ("AWS::IAM::ManagedPolicy", "Ref", "arn:{partition}:iam::{account}:policy/{name}"),
    ("AWS::IAM::Role", "Arn", "arn:{partition}:iam::{account}:role/{name}"),
    ("AWS::IAM::Role", "Ref", "{name}"),
    ("AWS::KMS::Key", "Arn", "@kms:key/{id}"),
    ("AWS::KMS::Key", "Ref", "{id}"),
    ("AWS::Lambda::Alias", "Ref", "@lambda:function:{FunctionName}:{Name}"),
    ("AWS::Lambda::Function", "Arn", "@lambda:function:{name}"),
    ("AWS::Lambda::Function", "Ref", "{name}"),
    ("AWS::Logs::LogGroup", "Arn", "@logs:log-group:{name}:*"),
    ("AWS::Logs::LogGroup", "Ref", "{name}"),
    ("AWS::S3::Bucket", "Arn", "arn:{partition}:s3:::{name}"),
    ("AWS::S3::Bucket", "Ref", "{name}"),
    ("AWS::SNS::Topic", "Ref", "@sns:{name}"),
    ("AWS::SNS::Topic", "TopicArn", "@sns:{name}"),
    ("AWS::SNS::Topic", "TopicName", "{name}"),
    ("AWS::SQS::Queue", "Arn", "@sqs:{name}"),
    ("AWS::SQS::Queue", "QueueName", "{name}"),
    ("AWS::SQS::Queue", "Ref", "https://sqs.{region}.amazonaws.com/{account}/{name}"),
    ("AWS::Serverless::Api", "Ref", "api-{id}"),
    ("AWS::Serverless::Api", "Ref.Stage", "{StageName}"),
    ("AWS::Serverless::Api", "Stage", "{StageName}"),
    ("AWS::Serverless::Function", "Arn", "@lambda:function:{name}"),
    ("AWS::Serverless::Function", "Ref", "{name}"),
    ("AWS::Serverless::Function", "Ref.Alias", "@lambda:function:{name}:{AutoPublishAlias}"),
    ("AWS::Serverless::Function", "Ref.Version", "@lambda:function:{name}:{version}"),
    ("AWS::Serverless::Function", "Version.Version", "{version}"),
    ("AWS::WAFv2::WebACL", "Arn", "@wafv2:regional/webacl/{name}/{id}"),
];

/// What `rule` (`Ref`, `Ref.` and a property of SAM, or an attribute) of a resource is.
pub(crate) fn value(scope: &Scope<'_>, id: &str, rule: &str) -> Result<String, Problem> {
    let resource = scope.template.resources.get(id);
    let resource =
        resource.ok_or_else(|| Problem::new(format!("there is no resource and no parameter {id}")))?;
    if !scope.exists(resource)? {
        let condition = resource.condition.as_deref().unwrap_or_default();
        return Err(Problem::new(format!("{id} is not made, because its condition {condition} is false")));
    }
    let form = RULES.iter().find(|(kind, name, _)| *kind == resource.kind && *name == rule);
    let Some((.., form)) = form else {
        let kind = &resource.kind;
        return Err(Problem::new(format!(
            "{id}: no rule for {rule} of {kind}; add a line to tests/stack/src/rules.rs"
        )));
    };
    match form.strip_prefix('@').and_then(|form| form.split_once(':')) {
        Some((service, rest)) => fill(scope, id, resource, &(ARN.replace("{service}", service) + rest)),
        None => fill(scope, id, resource, form),
    }
}

/// The name of a resource.
pub(crate) fn name(scope: &Scope<'_>, id: &str, resource: &Raw) -> Result<String, Problem> {
    let property = NAMES.iter().find(|(kind, _)| *kind == resource.kind).map_or("-", |(_, name)| name);
    let generated = || Ok(format!("{}-{id}", scope.given.stack));
    let given = resource.properties.get(property);
    given.map_or_else(generated, |value| scope.text(value).map_err(|problem| problem.within(property)))
}

fn fill(scope: &Scope<'_>, id: &str, resource: &Raw, form: &str) -> Result<String, Problem> {
    let (mut result, mut rest) = (String::new(), form);
    while let Some((before, after)) = rest.split_once('{') {
        let (key, after) = after.split_once('}').unwrap_or((after, ""));
        result.push_str(before);
        result.push_str(&part(scope, id, resource, key).map_err(|problem| problem.within(key).within(id))?);
        rest = after;
    }
    Ok(result + rest)
}

fn part(scope: &Scope<'_>, id: &str, resource: &Raw, key: &str) -> Result<String, Problem> {
    let pseudo = |name: &str| scope.given.pseudo(name).ok_or_else(|| Problem::new("no such parameter"));
    match key {
        "account" => pseudo("AWS::AccountId"),
        "partition" => pseudo("AWS::Partition"),
        "region" => pseudo("AWS::Region"),
        "id" => Ok(id.to_owned()),
        "name" => name(scope, id, resource),
        "version" => {
            let version = scope.given.versions.get(id).cloned();
            version.ok_or_else(|| Problem::new("it has a version only at run time, and none was given"))
        }
        property => {
            let missing = || Problem::new(format!("it has no property {property}"));
            scope.text(resource.properties.get(property).ok_or_else(missing)?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Given, Template};
    use serde_json::Value;

    fn is_sorted<T: Ord>(all: impl Iterator<Item = T>) -> bool {
        let all: Vec<T> = all.collect();
        all.windows(2).all(|pair| pair[0] < pair[1])
    }

    #[test]
    fn tables_have_one_line_for_each_type_and_attribute() {
        assert!(is_sorted(NAMES.iter().map(|(kind, _)| kind)));
        assert!(is_sorted(RULES.iter().map(|(kind, rule, _)| (kind, rule))));
    }

    #[test]
    fn version_is_known_when_the_caller_gives_it() {
        let text = "
Resources:
  Backend: {Type: AWS::Serverless::Function, Properties: {FunctionName: f, AutoPublishAlias: candidate}}
  Live: {Type: AWS::Lambda::Alias, Properties: {Name: live, FunctionName: !Ref Backend}}
  R:
    Type: AWS::SNS::Topic
    Properties:
      A: !GetAtt Backend.Version.Version
      B: !Ref Backend.Version
      C: !Ref Backend.Alias
      D: !Ref Live
";
        let template = Template::read(text).unwrap();
        let stack = template.resolve(&Given::stack("s").with_version("Backend", "7")).unwrap();
        let properties = stack.properties("R").unwrap();
        let function = "arn:aws:lambda:eu-west-1:123456789012:function:f";
        assert_eq!(properties["A"], "7");
        assert_eq!(properties["B"], Value::from(format!("{function}:7")));
        assert_eq!(properties["C"], Value::from(format!("{function}:candidate")));
        assert_eq!(properties["D"], Value::from(format!("{function}:live")));
        let error = template.resolve(&Given::stack("s")).unwrap_err().to_string();
        assert!(error.contains("Backend.version: it has a version only at run time"), "{error}");
    }

    #[test]
    fn short_form_of_the_version_is_refused_when_sam_would_leave_it() {
        let text = "
Resources:
  Backend: {Type: AWS::Serverless::Function, Properties: {FunctionName: f, AutoPublishAlias: candidate}}
  R: {Type: AWS::SNS::Topic, Properties: {A: !GetAtt Backend.Version}}
";
        let given = Given::stack("s").with_version("Backend", "7");
        let error = Template::read(text).unwrap().resolve(&given).unwrap_err().to_string();
        assert!(error.contains("no rule for Version of AWS::Serverless::Function"), "{error}");
    }
}
