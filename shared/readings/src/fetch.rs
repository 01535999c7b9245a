//! Asking CloudWatch, once per verdict.

use crate::query::Query;
use crate::table::Table;
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::error::SdkError;
use aws_sdk_cloudwatch::operation::get_metric_data::GetMetricDataError;
use aws_sdk_cloudwatch::primitives::DateTime as SdkTime;
use aws_sdk_cloudwatch::types::{MetricDataQuery, ScanBy};
use chrono::{DateTime, Utc};

/// Why nothing could be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Allow `cloudwatch:GetMetricData`, or look at the cause.
    #[error("CloudWatch cannot be read")]
    Call(#[source] Box<SdkError<GetMetricDataError>>),
    /// CloudWatch said something about the request as a whole.
    #[error("CloudWatch: {0}")]
    Message(String),
}

/// Reads the queries' minutes from `from` (inclusive) to `to` (exclusive), all pages.
///
/// # Errors
/// When a call fails, or CloudWatch has something to say about the whole request, such as too many metrics: part of an
/// answer must not pass for the whole. A single metric that cannot be read is noted in the table.
pub async fn fetch(
    client: &Client,
    queries: &[Query],
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Table, ReadError> {
    let mut pages = client
        .get_metric_data()
        .set_metric_data_queries(Some(queries.iter().map(MetricDataQuery::from).collect()))
        .start_time(SdkTime::from_secs(from.timestamp()))
        .end_time(SdkTime::from_secs(to.timestamp()))
        .scan_by(ScanBy::TimestampAscending)
        .into_paginator()
        .send();
    let mut table = Table::default();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| ReadError::Call(Box::new(error)))?;
        if let Some(message) = page.messages().first() {
            let (code, text) = (message.code().unwrap_or("Message"), message.value().unwrap_or_default());
            return Err(ReadError::Message(format!("{code} {text}")));
        }
        for result in page.metric_data_results() {
            let Some(id) = result.id() else { continue };
            let minutes = result.timestamps().iter().map(|at| DateTime::from_timestamp(at.secs(), 0));
            let points = minutes.zip(result.values()).filter_map(|(at, value)| Some((at?, *value)));
            table.add(id, points);
            // An answer without a state is one that nobody vouches for.
            table.status(id, result.status_code().map_or("no StatusCode", |status| status.as_str()));
        }
    }
    Ok(table)
}
