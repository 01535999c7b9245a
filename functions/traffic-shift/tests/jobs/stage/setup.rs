//! What stands before a test begins: versions, alias, deployment group, pipeline.

use super::{FUNCTION, HOOK, PIPELINE, SHIFT, SILENT, Stage, settings};
use aws_sdk_codedeploy::types::{
    AutoRollbackConfiguration, AutoRollbackEvent, ComputePlatform, LifecycleEventStatus,
};
use aws_sdk_lambda::types::{Environment, FunctionCode, Runtime};
use serde_json::{Value, json};
use twin::{Host, StandIn};

impl Stage {
    pub(super) async fn publish_two_versions(&self) {
        // Never invoked: any file will do, and a small one is hashed at once.
        let program = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let code = FunctionCode::builder().s3_bucket("file").s3_key(program.display().to_string()).build();
        let create =
            self.lambda.create_function().function_name(FUNCTION).role("arn:aws:iam::123456789012:role/shop");
        let create = create.memory_size(1_024).runtime(Runtime::Providedal2023);
        create.handler("bootstrap").code(code).send().await.unwrap();
        self.lambda.publish_version().function_name(FUNCTION).send().await.unwrap();
        self.publish("2", None).await;
        let alias = self.lambda.create_alias().function_name(FUNCTION).name("live");
        alias.function_version("1").send().await.unwrap();
    }

    /// One more version, with another role when one is given.
    pub(crate) async fn publish(&self, build: &str, role: Option<&str>) {
        let change = self.lambda.update_function_configuration().function_name(FUNCTION);
        let environment = Environment::builder().variables("BUILD_ID", build).build();
        change.environment(environment).set_role(role.map(str::to_owned)).send().await.unwrap();
        self.lambda.publish_version().function_name(FUNCTION).send().await.unwrap();
    }

    pub(super) async fn create_group(&self, codedeploy: &aws_sdk_codedeploy::Client) {
        let application = codedeploy.create_application().application_name("manuel");
        application.compute_platform(ComputePlatform::Lambda).send().await.unwrap();
        let rollback = AutoRollbackConfiguration::builder().enabled(true);
        let rollback = rollback.events(AutoRollbackEvent::DeploymentFailure).build();
        let group = codedeploy.create_deployment_group().application_name("manuel");
        let group =
            group.deployment_group_name("manuel").service_role_arn("arn:aws:iam::123456789012:role/any");
        let group = group.deployment_config_name("CodeDeployDefault.LambdaAllAtOnce");
        group.auto_rollback_configuration(rollback).send().await.unwrap();
    }

    pub(super) fn create_pipeline(&self, parameters: &Value) {
        self.twin.stand_in("S3", StandIn::that_succeeds());
        let kind = |category, provider| json!({"category": category, "owner": "AWS", "provider": provider, "version": "1"});
        let action = |name: &str, function: &str, parameters: &str| {
            json!({"name": name, "actions": [{"name": name, "namespace": name, "actionTypeId": kind("Invoke", "Lambda"),
                "configuration": {"FunctionName": function, "UserParameters": parameters}}]})
        };
        let source = json!({"name": "Source", "actions": [{"name": "Code", "outputArtifacts": [{"name": "code"}],
            "actionTypeId": kind("Source", "S3")}]});
        let pipeline = json!({"name": PIPELINE, "roleArn": "arn:aws:iam::123456789012:role/pipeline",
            "pipelineType": "V2", "executionMode": "QUEUED", "artifactStore": {"type": "S3", "location": "artifacts"},
            "stages": [source, action("Act", SHIFT, &parameters.to_string()), action("Later", SILENT, "none")]});
        self.call("CreatePipeline", &json!({"pipeline": pipeline}));
    }

    /// A hook that reports this.
    pub(crate) fn host_hook(&self, status: &'static str) {
        let endpoint = self.twin.endpoint();
        let host = Host::new(move |invocation| {
            let aws = aws::Aws::from_lookup(settings(endpoint.clone(), &[])).unwrap();
            async move {
                let text = |name: &str| invocation.payload[name].as_str().unwrap_or_default().to_owned();
                let call = aws.codedeploy().put_lifecycle_event_hook_execution_status();
                let call =
                    call.deployment_id(text("DeploymentId")).status(LifecycleEventStatus::from(status));
                let call = call.lifecycle_event_hook_execution_id(text("LifecycleEventHookExecutionId"));
                call.send().await.map_err(|error| aws::chain(&error))?;
                Ok(Value::Null)
            }
        });
        self.twin.host(HOOK, host).unwrap();
    }
}
