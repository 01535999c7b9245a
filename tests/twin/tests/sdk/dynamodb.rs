//! Tables and items through the SDK, and what CloudWatch hears of throttles.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use twin::{ApiError, Call, Twin};

use super::{LONG, operator, twin};

const TABLE: &str = "usage";

async fn table(twin: &Twin) -> Client {
    let client = operator(twin).dynamodb(LONG);
    let attribute = AttributeDefinition::builder().attribute_name("user");
    let attribute = attribute.attribute_type(ScalarAttributeType::S).build().unwrap();
    let key = KeySchemaElement::builder().attribute_name("user").key_type(KeyType::Hash).build().unwrap();
    let create = client.create_table().table_name(TABLE).billing_mode(BillingMode::PayPerRequest);
    create.attribute_definitions(attribute).key_schema(key).send().await.unwrap();
    client
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

/// Adds one to a user's number; answers it, or the code of the error.
async fn count(client: &Client, table: &str) -> Result<String, String> {
    use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
    let update = client.update_item().table_name(table).key("user", text("anna"));
    let update = update.update_expression("ADD questions :one");
    let one = AttributeValue::N("1".to_owned());
    let update = update.expression_attribute_values(":one", one).return_values("UPDATED_NEW".into());
    let answer = update.send().await.map_err(|error| error.code().unwrap_or("none").to_owned())?;
    Ok(answer.attributes().unwrap()["questions"].as_n().unwrap().clone())
}

#[tokio::test]
async fn number_is_added_to_and_read_back() {
    let twin = twin().await;
    let client = table(&twin).await;
    for expected in ["1", "2", "3"] {
        assert_eq!(count(&client, TABLE).await.unwrap(), expected);
    }
    let item = client.get_item().table_name(TABLE).key("user", text("anna")).send().await.unwrap();
    assert_eq!(item.item().unwrap()["questions"], AttributeValue::N("3".to_owned()));
    let none = client.get_item().table_name(TABLE).key("user", text("bert")).send().await.unwrap();
    assert_eq!(none.item(), None);
}

#[tokio::test]
async fn tables_are_the_twins_own() {
    let (first, second) = (twin().await, twin().await);
    table(&first).await;
    let tables = operator(&second).dynamodb(LONG).list_tables().send().await.unwrap();
    assert_eq!(tables.table_names(), &[] as &[String]);
}

#[tokio::test]
async fn error_has_dynamodbs_own_code_and_calls_are_recorded() {
    let twin = twin().await;
    let client = table(&twin).await;
    assert_eq!(count(&client, "other").await.unwrap_err(), "ResourceNotFoundException");
    let refused = client.transact_get_items().set_transact_items(Some(Vec::new())).send().await;
    assert!(aws::chain(&refused.unwrap_err()).contains("DynamoDB TransactGetItems"), "named");
    let call = |operation: &str, error: Option<&str>| Call {
        operation: operation.to_owned(),
        caller: "operator".to_owned(),
        error: error.map(str::to_owned),
    };
    let calls = twin.faults().calls();
    assert_eq!(
        calls[..2],
        [call("dynamodb:CreateTable", None), call("dynamodb:UpdateItem", Some("ResourceNotFoundException"))]
    );
}

#[tokio::test]
async fn throttles_are_measured_by_table_when_a_fault_refuses_calls() {
    let twin = twin().await;
    let client = table(&twin).await;
    let slow_down = ApiError::bad_request("ThrottlingException", "Rate exceeded");
    twin.faults().inject("dynamodb:UpdateItem", 3, slow_down.clone());
    assert_eq!(count(&client, TABLE).await.unwrap_err(), "ThrottlingException", "all three tries");
    twin.faults().inject("dynamodb:GetItem", 1, slow_down.clone());
    client.get_item().table_name(TABLE).key("user", text("anna")).send().await.unwrap();
    twin.faults().inject("dynamodb:DescribeTable", 1, slow_down);
    client.describe_table().table_name(TABLE).send().await.unwrap();
    let other = ApiError { code: "InternalServerError", status: 500, message: "no".to_owned() };
    twin.faults().inject("dynamodb:GetItem", 1, other);
    client.get_item().table_name(TABLE).key("user", text("anna")).send().await.unwrap();
    let sum = |metric: &str| -> f64 {
        let to = twin.clock().next_minute();
        // The tries of a call take hours of this twin's time.
        let (from, dimensions) = (to - chrono::TimeDelta::days(1), [("TableName", TABLE)]);
        let minutes = twin.cloudwatch().minutes("AWS/DynamoDB", metric, &dimensions, from, to, to);
        minutes.iter().map(|minute| minute.sum).sum()
    };
    let near = |sum: f64, expected: f64| (sum - expected).abs() < 0.5;
    assert!(near(sum("WriteThrottleEvents"), 3.0) && near(sum("ReadThrottleEvents"), 1.0));
}
