//! The twin through the Rust SDK, as the functions call it: hosted functions, strikes, and the wire forms of the SDK.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the modules are test code as a whole"
)]

mod codedeploy;
mod codepipeline;
mod dynamodb;
mod hosted;
mod strikes;

use std::time::Duration;

use aws::Aws;
use twin::{HostedInvocation, Options, Twin};

/// Enough for any call, where a client wants a limit.
const LONG: Duration = Duration::from_secs(20);

/// Virtual seconds per second: a minute in ten milliseconds.
const RATE: f64 = 6000.0;

async fn twin() -> Twin {
    let options = Options { rate: RATE, ..Options::default() };
    Twin::start(options).await.unwrap()
}

/// Clients of somebody who is no function.
fn operator(twin: &Twin) -> Aws {
    let endpoint = twin.endpoint();
    let aws = Aws::from_lookup(|name| match name {
        "AWS_ENDPOINT_URL" => Some(endpoint.clone()),
        "AWS_REGION" => Some("eu-west-1".to_owned()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("test".to_owned()),
        _ => None,
    });
    aws.unwrap()
}

/// Clients of a hosted function.
fn clients(invocation: &HostedInvocation, attempts: &str) -> Aws {
    let variable = |name: &str| match name {
        "AWS_MAX_ATTEMPTS" => Some(attempts.to_owned()),
        other => invocation.variable(other),
    };
    Aws::from_lookup(variable).unwrap()
}

/// Waits for what comes in its own time.
async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..1000 {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("never: {what}");
}
