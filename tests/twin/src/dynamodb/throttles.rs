//! What CloudWatch hears of a throttled call: one event per attempt in `AWS/DynamoDB`, by table.
//!
//! Only faults throttle here, so an alarm on these metrics can be rehearsed without wearing a table out.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::{cloudwatch::Sample, error::ApiError};

/// Whether an answer says that a table is asked too often (DynamoDB developer guide, "Error handling").
pub(crate) fn is_throttle(error: &ApiError) -> bool {
    ["ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"]
        .contains(&error.code)
}

/// The samples of one throttled attempt; none for operations on whole tables.
pub(crate) fn samples(operation: &str, input: &Value, now: DateTime<Utc>) -> Vec<Sample> {
    let name = match operation {
        "GetItem" | "BatchGetItem" | "Query" | "Scan" => "ReadThrottleEvents",
        "PutItem" | "UpdateItem" | "DeleteItem" | "BatchWriteItem" => "WriteThrottleEvents",
        _ => return Vec::new(),
    };
    let one = input.get("TableName").and_then(Value::as_str);
    let batch = input.get("RequestItems").and_then(Value::as_object);
    let tables =
        one.into_iter().chain(batch.into_iter().flat_map(|tables| tables.keys().map(String::as_str)));
    let sample = |table: &str| Sample {
        namespace: "AWS/DynamoDB".to_owned(),
        name: name.to_owned(),
        dimensions: vec![("TableName".to_owned(), without_arn(table).to_owned())],
        unit: Some("Count".to_owned()),
        at: now,
        value: 1.0,
        count: 1.0,
    };
    tables.map(sample).collect()
}

/// A table may be named by its ARN, `arn:aws:dynamodb:<region>:<account>:table/<name>`.
fn without_arn(table: &str) -> &str {
    table.rsplit_once(":table/").map_or(table, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn measured(operation: &str, input: &Value) -> Vec<(String, String)> {
        let samples = samples(operation, input, DateTime::UNIX_EPOCH);
        samples.into_iter().map(|sample| (sample.name, sample.dimensions[0].1.clone())).collect()
    }

    #[test]
    fn event_is_of_the_table_and_of_its_kind_when_an_item_is_asked_for() {
        let arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/usage";
        for (operation, table, name) in [
            ("GetItem", "usage", "ReadThrottleEvents"),
            ("Query", arn, "ReadThrottleEvents"),
            ("UpdateItem", "usage", "WriteThrottleEvents"),
            ("DeleteItem", arn, "WriteThrottleEvents"),
        ] {
            let events = measured(operation, &json!({"TableName": table}));
            assert_eq!(events, [(name.to_owned(), "usage".to_owned())], "{operation}");
        }
    }

    #[test]
    fn event_is_of_every_table_when_the_call_is_a_batch() {
        let batch = json!({"RequestItems": {"a": {}, "b": {}}});
        let tables: Vec<String> =
            measured("BatchWriteItem", &batch).into_iter().map(|(_, table)| table).collect();
        assert_eq!(tables, ["a", "b"]);
    }

    #[test]
    fn nothing_is_measured_when_the_call_is_about_a_whole_table() {
        assert_eq!(measured("DescribeTable", &json!({"TableName": "usage"})), []);
    }
}
