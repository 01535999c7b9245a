//! A stored answer of `aws cloudwatch get-metric-data`, for judging a past incident.

use crate::table::Table;
use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use serde::Deserialize;

/// Why a stored answer cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// The message names the place.
    #[error(transparent)]
    Json(#[from] serde_path_to_error::Error<serde_json::Error>),
    /// The file ends with a `NextToken`.
    #[error("it is one page of several (NextToken): ask without --max-items")]
    Part,
    /// What CloudWatch said about the request.
    #[error("CloudWatch said: {0}")]
    Message(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    metric_data_results: Vec<Outcome>,
    #[serde(default)]
    messages: Vec<Message>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Message {
    code: Option<String>,
    value: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Outcome {
    id: String,
    timestamps: Vec<Stamp>,
    values: Vec<f64>,
    status_code: Option<String>,
}

/// The AWS CLI writes ISO 8601 or, by its setting, seconds since 1970.
#[derive(Deserialize)]
#[serde(untagged)]
enum Stamp {
    Text(DateTime<Utc>),
    Seconds(f64),
}

impl Stamp {
    fn minute(&self) -> Option<DateTime<Utc>> {
        let at = match self {
            Self::Text(at) => *at,
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a date beyond the range saturates and is no date"
            )]
            Self::Seconds(seconds) => DateTime::from_timestamp(*seconds as i64, 0)?,
        };
        at.duration_trunc(TimeDelta::minutes(1)).ok()
    }
}

impl Table {
    /// Reads the CLI's JSON output: `MetricDataResults` with `Id`, `Timestamps`, `Values` and `StatusCode`.
    ///
    /// # Errors
    /// When it is no such JSON; the message names the place. And when it is part of an answer, or CloudWatch has something
    /// to say about the whole, such as too many metrics: part of an answer must not pass for the whole.
    pub fn from_json(text: &str) -> Result<Self, JsonError> {
        let answer: Answer = serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(text))?;
        if answer.next_token.is_some() {
            return Err(JsonError::Part);
        }
        if let Some(Message { code, value }) = answer.messages.first() {
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            return Err(JsonError::Message(format!("{} {}", text(code), text(value))));
        }
        let mut table = Self::default();
        for outcome in &answer.metric_data_results {
            let minutes = outcome.timestamps.iter().map(Stamp::minute);
            table
                .add(&outcome.id, minutes.zip(&outcome.values).filter_map(|(at, value)| Some((at?, *value))));
            // `--query` may have left it out of the file.
            table.status(&outcome.id, outcome.status_code.as_deref().unwrap_or("Complete"));
        }
        Ok(table)
    }
}
