//! Calls in AWS JSON, for structures that come out of a template: they go to the local AWS member by member, without an SDK's
//! types in between that could leave something out.

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::error::RehearsalError;

/// A service as the header of a call names it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Service {
    CloudWatch,
    CodeDeploy,
    DynamoDb,
    EventBridge,
}

impl Service {
    fn target(self) -> &'static str {
        match self {
            Self::CloudWatch => "GraniteServiceVersion20100801",
            Self::CodeDeploy => "CodeDeploy_20141006",
            Self::DynamoDb => "DynamoDB_20120810",
            Self::EventBridge => "AWSEvents",
        }
    }
}

/// Calls one operation of the local AWS at `endpoint` (`http://127.0.0.1:…`).
///
/// # Errors
/// What it refuses, with its own words.
pub(crate) async fn call(
    endpoint: &str,
    service: Service,
    operation: &str,
    input: &Value,
) -> Result<Value, RehearsalError> {
    let refused = |answer: String| RehearsalError::Refused { operation: operation.to_owned(), answer };
    let host = endpoint.strip_prefix("http://").unwrap_or(endpoint);
    let body = input.to_string();
    let request = format!(
        "POST / HTTP/1.1\r\nHost: {host}\r\nX-Amz-Target: {}.{operation}\r\nContent-Type: application/x-amz-json-1.1\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        service.target(),
        body.len()
    );
    let mut connection = TcpStream::connect(host).await?;
    connection.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(|| refused(answer.clone()))?;
    if head.split(' ').nth(1) != Some("200") {
        return Err(refused(body.to_owned()));
    }
    if body.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str(body).map_err(|error| refused(format!("no JSON ({error}): {body}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use twin::{Options, Twin};

    #[tokio::test]
    async fn call_has_its_effect_and_a_refusal_its_words() {
        let twin = Twin::start(Options::default()).await.unwrap();
        let rule = json!({"Name": "each-minute", "ScheduleExpression": "rate(1 minute)"});
        let put = call(&twin.endpoint(), Service::EventBridge, "PutRule", &rule).await.unwrap();
        assert!(put["RuleArn"].as_str().unwrap().ends_with("rule/each-minute"));
        let put = call(&twin.endpoint(), Service::EventBridge, "PutRule", &json!({"Name": "never"})).await;
        let refused = put.unwrap_err().to_string();
        assert!(refused.contains("PutRule") && refused.contains("ScheduleExpression"), "{refused}");
    }
}
