//! Tables as a template defines them, as far as CreateTable takes it.

use serde_json::{Map, Value, json};
use stack::{Resource, Stack};

use crate::{
    error::RehearsalError,
    stage::Clients,
    wire::{self, Service},
};

/// Properties that are members of CreateTable; the others are set by calls of their own, and change no answer.
pub(super) const OF_CREATE_TABLE: [&str; 4] =
    ["AttributeDefinitions", "BillingMode", "KeySchema", "TableName"];

pub(super) async fn make_all(clients: &Clients, stack: &Stack) -> Result<(), RehearsalError> {
    for table in stack.of_type("AWS::DynamoDB::Table") {
        wire::call(&clients.endpoint, Service::DynamoDb, "CreateTable", &create_table(table)).await?;
    }
    Ok(())
}

fn create_table(table: &Resource) -> Value {
    let members = OF_CREATE_TABLE
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), table.properties.get(*name)?.clone())));
    let named = members.chain([("TableName".to_owned(), json!(table.name))]);
    Value::Object(named.collect::<Map<_, _>>())
}
