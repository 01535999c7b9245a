//! A local AWS for one release, still empty, and the clients that fill it.

use std::{collections::BTreeMap, path::Path, time::Duration};

use aws::Aws;
use aws_sdk_lambda::types::{Architecture, Environment, FunctionCode, Runtime};
use chrono::TimeDelta;
use twin::{Options, PipelineOptions, Twin, clock::VirtualClock};

use crate::{error::RehearsalError, scenario::Version};

/// Time that a customer's client waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Time to hand over a program: it is read and hashed, which takes a busy computer longer than a plain call may.
const HAND_OVER: Duration = Duration::from_secs(60);

/// Clients of the local AWS, and its clock.
#[derive(Clone)]
pub(crate) struct Clients {
    pub(crate) endpoint: String,
    pub(crate) clock: VirtualClock,
    pub(crate) lambda: aws_sdk_lambda::Client,
    pub(crate) customers: aws_sdk_lambda::Client,
    pub(crate) codedeploy: aws_sdk_codedeploy::Client,
    pub(crate) cloudwatch: aws_sdk_cloudwatch::Client,
}

/// Everything a release needs.
pub(crate) struct Stage {
    pub(crate) twin: Twin,
    pub(crate) clients: Clients,
    /// Creates functions, each once: a second try would meet the function that the first one made.
    maker: aws_sdk_lambda::Client,
}

/// A function to be made.
pub(crate) struct Function<'a> {
    pub(crate) name: &'a str,
    pub(crate) program: &'a Path,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) timeout_seconds: i32,
    pub(crate) memory_megabytes: i32,
}

impl Stage {
    /// Starts the twin at `rate` virtual seconds per real second.
    pub(crate) async fn empty(rate: f64, seed: u64) -> Result<Self, RehearsalError> {
        // A pipeline that starts by itself would not wait for its alarms.
        let pipelines = PipelineOptions { run_when_created: false, ..PipelineOptions::default() };
        let twin = Twin::start(Options { rate, seed, pipelines, ..Options::default() }).await?;
        let aws = clients(twin.endpoint())?;
        let clients = Clients {
            endpoint: twin.endpoint(),
            clock: twin.clock(),
            lambda: aws.lambda(),
            customers: aws.lambda_invoker(PATIENCE),
            codedeploy: aws.codedeploy(),
            cloudwatch: aws.cloudwatch(),
        };
        Ok(Self { twin, clients, maker: aws.lambda_invoker(HAND_OVER) })
    }

    pub(crate) async fn create_function(&self, function: Function<'_>) -> Result<(), RehearsalError> {
        // The twin's own way to hand over code: a bucket called `file`, the program's path as key.
        let key = function.program.display().to_string();
        let code = FunctionCode::builder().s3_bucket("file").s3_key(key).build();
        let variables = Some(function.variables.into_iter().collect());
        let create = self.maker.create_function().function_name(function.name);
        create
            .role(format!("arn:aws:iam::123456789012:role/{}", function.name))
            .runtime(Runtime::Providedal2023)
            .handler("bootstrap")
            .architectures(Architecture::X8664)
            .timeout(function.timeout_seconds)
            .memory_size(function.memory_megabytes)
            .code(code)
            .environment(Environment::builder().set_variables(variables).build())
            .send()
            .await?;
        Ok(())
    }
}

/// The variable that makes a version of the backend bad. Faults may begin some minutes after now, so that no smoke test meets
/// them by chance.
pub(crate) fn faults_of(clients: &Clients, version: Version) -> Option<(String, String)> {
    let mut faults = version.faults?;
    if let (Some(minutes), Some(order)) = (version.faults_after_minutes, faults.as_object_mut()) {
        let from = clients.clock.now() + TimeDelta::minutes(minutes);
        order.insert("from_ms".to_owned(), from.timestamp_millis().into());
    }
    Some(("REHEARSAL_FAULTS".to_owned(), faults.to_string()))
}

/// Clients of the local AWS.
pub(crate) fn clients(endpoint: String) -> Result<Aws, aws::AwsError> {
    Aws::from_lookup(|name| match name {
        "AWS_ENDPOINT_URL" => Some(endpoint.clone()),
        "AWS_REGION" => Some("eu-west-1".to_owned()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("rehearsal".to_owned()),
        _ => None,
    })
}
