//! Versions 1 and 2 behind an alias with its deployment group, and ways to roll out and back.

use aws_sdk_codedeploy::types::{AutoRollbackConfiguration, AutoRollbackEvent, ComputePlatform};
use aws_sdk_lambda::types::Environment;
use chrono::{DateTime, Utc};
use release::{Begun, Change, Group, Live, Place, Progress, Promotion, Rollout, Traffic};
use twin::{Host, Options, Twin};

pub(crate) const FUNCTION: &str = "shop";
pub(crate) const EXECUTION: &str = "e-1";
/// A hook that nobody answers: a deployment with it stays where it is.
pub(crate) const SILENT: &str = "silent-hook";

/// A twin with versions 1 and 2, the alias `live` at version 1, and its deployment group.
pub(crate) struct Stage {
    pub(crate) twin: Twin,
    pub(crate) live: Live,
    pub(crate) began: DateTime<Utc>,
}

impl Stage {
    pub(crate) async fn set() -> Self {
        let options =
            Options { rate: 600.0, external_functions: vec![SILENT.to_owned()], ..Options::default() };
        let twin = Twin::start(options).await.unwrap();
        twin.host(FUNCTION, Host::new(async |_| Ok("".into()))).unwrap();
        let endpoint = twin.endpoint();
        let lookup = |name: &str| match name {
            "AWS_ENDPOINT_URL" => Some(endpoint.clone()),
            "AWS_REGION" => Some("eu-west-1".to_owned()),
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("test".to_owned()),
            "AWS_MAX_ATTEMPTS" => Some("1".to_owned()),
            _ => None,
        };
        let aws = aws::Aws::from_lookup(lookup).unwrap();
        let (place, group) = (format!("{FUNCTION}:live").parse::<Place>().unwrap(), ("shop", "shop-live"));
        let group = Group { application: group.0.to_owned(), name: group.1.to_owned() };
        let live = Live { lambda: aws.lambda(), codedeploy: aws.codedeploy(), place, group };
        let began = twin.clock().now();
        let stage = Self { twin, live, began };
        stage.versions().await;
        stage.group().await;
        stage
    }

    async fn versions(&self) {
        let lambda = &self.live.lambda;
        for build in ["1", "2"] {
            let environment = Environment::builder().variables("BUILD_ID", build).build();
            let update = lambda.update_function_configuration().function_name(FUNCTION);
            update.environment(environment).send().await.unwrap();
            lambda.publish_version().function_name(FUNCTION).send().await.unwrap();
        }
        lambda
            .create_alias()
            .function_name(FUNCTION)
            .name("live")
            .function_version("1")
            .send()
            .await
            .unwrap();
    }

    async fn group(&self) {
        let application = self.live.codedeploy.create_application().application_name("shop");
        application.compute_platform(ComputePlatform::Lambda).send().await.unwrap();
        let rollback = AutoRollbackConfiguration::builder().enabled(true);
        let rollback = rollback.events(AutoRollbackEvent::DeploymentStopOnRequest).build();
        let group = self.live.codedeploy.create_deployment_group().application_name("shop");
        let group = group
            .deployment_group_name("shop-live")
            .service_role_arn("arn:aws:iam::123456789012:role/codedeploy");
        group.auto_rollback_configuration(rollback).send().await.unwrap();
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.twin.clock().now()
    }

    /// A rollout whose shifts split the alias, or which is promoted when it is `whole`.
    pub(crate) async fn rollout(&self, traffic: Traffic) {
        let now = self.now();
        let whole_since = matches!(traffic, Traffic::Whole(_)).then_some(now);
        let rollout = Rollout {
            candidate: Some("2".to_owned()),
            stable: Some("1".to_owned()),
            split_since: Some(now),
            whole_since,
            ..Rollout::of(EXECUTION)
        };
        let change = Change { traffic, rollout };
        self.live.change(|_| Some(change.clone())).await.unwrap();
    }

    pub(crate) fn promotion(&self, hook: Option<&str>) -> Promotion {
        Promotion {
            execution: EXECUTION.to_owned(),
            from: "1".to_owned(),
            to: "2".to_owned(),
            configuration: "CodeDeployDefault.LambdaAllAtOnce".to_owned(),
            before_traffic: None,
            after_traffic: hook.map(str::to_owned),
            alarms: None,
        }
    }

    pub(crate) async fn begin(&self) -> Begun {
        self.live.begin_rollback(Some(EXECUTION), "breach", false, self.now()).await.unwrap()
    }

    /// Drives until customers are safe; waits for the deployments on the way.
    pub(crate) async fn back(&self) -> Vec<String> {
        let mut waited_for = Vec::new();
        while let Progress::Waiting(id) = self.live.drive_back(self.now()).await.unwrap() {
            self.twin.deployment_finished(&id).await.unwrap();
            waited_for.push(id);
        }
        waited_for
    }

    pub(crate) async fn serves(&self) -> String {
        let alias = self.live.alias().await.unwrap();
        assert_eq!(alias.split, None);
        alias.version
    }

    /// What was called since.
    pub(crate) fn calls(&self, from: usize) -> Vec<String> {
        self.twin.faults().calls().into_iter().skip(from).map(|call| call.operation).collect()
    }
}

pub(crate) fn ten_percent() -> Traffic {
    Traffic::Split { stable: "1".to_owned(), canary: "2".to_owned(), canary_percent: 10.0 }
}
