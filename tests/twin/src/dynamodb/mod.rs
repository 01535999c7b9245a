//! DynamoDB: the crate `dynoxide-rs`, an emulator of its own right, embedded and in memory. Ours are only the way to it
//! past calls and faults, and the metrics of throttled calls.
//!
//! Not here: transactions, PartiQL, streams, indexes added later, expiry (an item with a TTL stays), capacity: a table is
//! throttled when a test says so.

mod throttles;

use std::fmt;

use dynoxide::{Database, DynoxideError};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
pub(crate) use throttles::{is_throttle, samples};

use crate::error::ApiError;

/// One database with all tables.
pub(crate) struct DynamoDb(Database);

impl fmt::Debug for DynamoDb {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("DynamoDb").finish_non_exhaustive()
    }
}

impl DynamoDb {
    /// An empty one.
    pub(crate) fn new() -> Result<Self, DynoxideError> {
        Database::memory().map(Self)
    }

    /// Carries out one operation.
    ///
    /// # Errors
    /// What DynamoDB would answer; `NotImplemented` names what the twin does not have.
    pub(crate) fn handle(&self, operation: &str, input: Value) -> Result<Value, ApiError> {
        let database = &self.0;
        match operation {
            "CreateTable" => run(input, |request| database.create_table(request)),
            "DescribeTable" => run(input, |request| database.describe_table(request)),
            "ListTables" => run(input, |request| database.list_tables(request)),
            "DeleteTable" => run(input, |request| database.delete_table(request)),
            "UpdateTimeToLive" => run(input, |request| database.update_time_to_live(request)),
            "DescribeTimeToLive" => run(input, |request| database.describe_time_to_live(request)),
            "PutItem" => run(input, |request| database.put_item(request)),
            "GetItem" => run(input, |request| database.get_item(request)),
            "UpdateItem" => run(input, |request| database.update_item(request)),
            "DeleteItem" => run(input, |request| database.delete_item(request)),
            "Query" => run(input, |request| database.query(request)),
            "Scan" => run(input, |request| database.scan(request)),
            "BatchGetItem" => run(input, |request| database.batch_get_item(request)),
            "BatchWriteItem" => run(input, |request| database.batch_write_item(request)),
            other => Err(ApiError::not_implemented(format!("DynamoDB {other}"))),
        }
    }
}

/// From JSON to JSON.
fn run<Request: DeserializeOwned, Response: Serialize>(
    input: Value,
    operation: impl FnOnce(Request) -> Result<Response, DynoxideError>,
) -> Result<Value, ApiError> {
    let request = serde_json::from_value(input);
    let request = request.map_err(|e| ApiError::bad_request("ValidationException", e.to_string()))?;
    let response = operation(request).map_err(|error| api_error(&error))?;
    serde_json::to_value(response).map_err(|e| ApiError {
        code: "InternalServerError",
        status: 500,
        message: e.to_string(),
    })
}

/// Without the item of a failed condition and the reasons of a cancelled transaction, which have no place in ours.
fn api_error(error: &DynoxideError) -> ApiError {
    let code = error.error_type().rsplit('#').next().unwrap_or_default();
    ApiError { code, status: error.status_code(), message: error.to_string() }
}
