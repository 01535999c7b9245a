//! Topics with their readers.

use serde_json::Value;
use stack::Stack;

use super::text;
use crate::{
    error::RehearsalError,
    stage::{self, Stage},
};

pub(super) async fn make_all(on: &Stage, stack: &Stack) -> Result<(), RehearsalError> {
    let client = stage::clients(on.clients.endpoint.clone())?.sns();
    for topic in stack.of_type("AWS::SNS::Topic") {
        let made = client.create_topic().name(&topic.name).send().await?;
        let arn = made.topic_arn.ok_or(RehearsalError::Incomplete("CreateTopic answered no ARN"))?;
        let readers = topic.properties.get("Subscription").and_then(Value::as_array).into_iter().flatten();
        for reader in readers {
            let (protocol, endpoint) = (text(reader, "/Protocol"), text(reader, "/Endpoint"));
            client.subscribe().topic_arn(&arn).protocol(protocol).endpoint(endpoint).send().await?;
        }
    }
    Ok(())
}
