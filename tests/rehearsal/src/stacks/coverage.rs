//! Which parts of the templates are played, and which are not and why. The tests hold the lists against the templates: what is
//! added there and stands in no list is told, and so is what is listed and not there any more.

/// Members of a rule's target that are not handed over: the local AWS delivers once and loses nothing.
pub(super) const NOT_OF_A_TARGET: [&str; 2] = ["DeadLetterConfig", "RetryPolicy"];

#[cfg(test)]
mod tests {
    use super::{super::tables::OF_CREATE_TABLE, *};
    use crate::templates::{self, Environment};
    use serde_json::Value;
    use stack::Stack;
    use std::collections::BTreeSet;

    /// Types that are played, with the properties that are handed over; `*` is all of them, whatever they are.
    const PLAYED: [(&str, &[&str]); 9] = [
        ("AWS::CloudWatch::Alarm", &["*"]),
        ("AWS::CodeDeploy::Application", &["*"]),
        ("AWS::CodeDeploy::DeploymentGroup", &["*"]),
        ("AWS::CodePipeline::Pipeline", &["*"]),
        ("AWS::DynamoDB::Table", &OF_CREATE_TABLE),
        ("AWS::Events::Rule", &["Description", "EventPattern", "ScheduleExpression", "Targets"]),
        ("AWS::Lambda::Alias", &["FunctionName", "FunctionVersion", "Name"]),
        ("AWS::SNS::Topic", &["Subscription", "TopicName"]),
        (
            "AWS::Serverless::Function",
            &[
                "AutoPublishAlias",
                "DeploymentPreference",
                "Environment",
                "EventInvokeConfig",
                "Events",
                "FunctionName",
                "MemorySize",
                "ReservedConcurrentExecutions",
                "Timeout",
            ],
        ),
    ];

    /// What is not played of them.
    const NOT_PLAYED_PROPERTIES: [(&str, &[&str], &str); 5] = [
        (
            "AWS::DynamoDB::Table",
            &["DeletionProtectionEnabled", "PointInTimeRecoverySpecification", "TimeToLiveSpecification"],
            "no release deletes, restores or waits for an item's end",
        ),
        (
            "AWS::Serverless::Function",
            &["Architectures", "CodeUri", "Handler", "Runtime"],
            "the twin runs programs that were built for this computer",
        ),
        (
            "AWS::Serverless::Function",
            &["PermissionsBoundary", "Policies"],
            "the twin has no IAM; tests/contract looks",
        ),
        (
            "AWS::Serverless::Function",
            &["Description", "LoggingConfig", "Tags", "Tracing"],
            "no effect on a release",
        ),
        ("AWS::SNS::Topic", &["KmsMasterKeyId"], "the twin encrypts nothing"),
    ];

    /// Types that are not played.
    const NOT_PLAYED: [(&[&str], &str); 6] = [
        (
            &["AWS::IAM::ManagedPolicy", "AWS::IAM::Role", "AWS::IAM::RolePolicy", "AWS::KMS::Key"],
            "the twin has no IAM and no keys",
        ),
        (
            &[
                "AWS::Lambda::Permission",
                "AWS::S3::BucketPolicy",
                "AWS::SNS::TopicPolicy",
                "AWS::SQS::QueuePolicy",
            ],
            "the twin asks nobody for a permission",
        ),
        (
            &[
                "AWS::ApiGateway::Account",
                "AWS::Cognito::UserPool",
                "AWS::Cognito::UserPoolClient",
                "AWS::Serverless::Api",
                "AWS::WAFv2::WebACL",
                "AWS::WAFv2::WebACLAssociation",
            ],
            "customers call live with the events that the API would send",
        ),
        (&["AWS::SQS::Queue"], "nothing is undelivered in the twin"),
        (
            &["AWS::CodeBuild::Project", "AWS::CodeConnections::Connection", "AWS::S3::Bucket"],
            "stand-ins play sources, builds and tests, without artifacts",
        ),
        (
            &["AWS::Budgets::Budget", "AWS::CloudWatch::Dashboard", "AWS::Logs::LogGroup"],
            "no effect on a release",
        ),
    ];

    fn stacks() -> Vec<Stack> {
        let environments = Environment::ALL.map(|of| templates::environment(of, "1", "build-1").unwrap());
        environments.into_iter().chain([templates::pipeline().unwrap()]).collect()
    }

    #[test]
    fn every_type_of_the_templates_is_in_one_list() {
        let stacks = stacks();
        let there = stacks.iter().flat_map(|stack| stack.resources.values().map(|r| r.kind.as_str()));
        let there: BTreeSet<&str> = there.collect();
        let listed: Vec<&str> = PLAYED
            .iter()
            .map(|(kind, _)| *kind)
            .chain(NOT_PLAYED.iter().flat_map(|(kinds, _)| *kinds).copied())
            .collect();
        assert_eq!(listed.iter().copied().collect::<BTreeSet<_>>(), there);
        assert_eq!(listed.len(), there.len(), "a type stands in two lists");
        assert!(NOT_PLAYED.iter().all(|(_, why)| !why.is_empty()));
    }

    #[test]
    fn every_property_of_what_is_played_is_in_one_list() {
        let stacks = stacks();
        for (kind, played) in PLAYED.into_iter().filter(|(_, played)| *played != ["*"]) {
            let all = stacks.iter().flat_map(|stack| stack.of_type(kind));
            let there: BTreeSet<&str> =
                all.flat_map(|r| r.properties.as_object().unwrap().keys().map(String::as_str)).collect();
            let left_out = NOT_PLAYED_PROPERTIES.iter().filter(|(of, ..)| *of == kind);
            let left_out = left_out.flat_map(|(_, properties, _)| *properties);
            let listed: BTreeSet<&str> = played.iter().chain(left_out).copied().collect();
            assert_eq!(listed, there, "{kind}");
        }
        assert!(NOT_PLAYED_PROPERTIES.iter().all(|(.., why)| !why.is_empty()));
    }

    #[test]
    fn members_of_targets_are_left_out_only_when_they_are_about_delivery() {
        let known = ["Arn", "Id", "Input", "InputTransformer"];
        let stacks = stacks();
        let rules = stacks.iter().flat_map(|stack| stack.of_type("AWS::Events::Rule"));
        let targets = rules.flat_map(|rule| rule.properties["Targets"].as_array().unwrap());
        let members: BTreeSet<&str> = targets
            .filter_map(Value::as_object)
            .flat_map(|target| target.keys().map(String::as_str))
            .collect();
        assert!(NOT_OF_A_TARGET.iter().all(|member| members.contains(member)));
        let others = members.iter().filter(|member| !NOT_OF_A_TARGET.contains(member));
        assert!(others.clone().all(|member| known.contains(member)), "{members:?}");
    }

    /// Nothing of an alarm is left out, and none is missing: CloudWatch's API gets what the template has.
    #[test]
    fn every_alarm_of_an_environment_is_put() {
        let stack = templates::environment(Environment::Production, "1", "build-1").unwrap();
        let put: Vec<_> = super::super::alarms::definitions(&stack).collect();
        let names: BTreeSet<&str> = put.iter().map(|(name, _)| name.as_str()).collect();
        let told =
            ["api-4xx", "api-5xx", "api-latency", "backend-duration", "backend-errors", "backend-throttles"];
        let guard = [
            "breach",
            "error-rate",
            "response-time",
            "unanswered",
            "function-errors",
            "blind",
            "shared-fault",
        ];
        let others = [
            "usage-throttled",
            "release-errors",
            "release-duration",
            "release-throttles",
            "undelivered-events",
        ];
        let expected: BTreeSet<String> = told
            .into_iter()
            .chain(others)
            .map(str::to_owned)
            .chain(guard.map(|name| format!("canary-{name}")))
            .map(|name| format!("manuel-prod-{name}"))
            .collect();
        assert_eq!(names, expected.iter().map(String::as_str).collect());
    }
}
