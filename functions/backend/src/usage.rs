//! How many questions each user asked per day, in a DynamoDB table. The rules are pure; [`Usage`] makes the calls.
//!
//! The key is `user` and `day` (UTC), the count the number `questions`. A count may be missing where a call failed, and be
//! one too high where DynamoDB's answer was lost and the SDK tried again: it serves people, not invoices.

use crate::decide::{Reply, ok, problem, without_body};
use crate::failure::CallFailure;
use aws::Aws;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, TimeDelta};
use serde_json::json;
use std::time::Duration;

/// The table's name; unset or empty: nothing is counted.
pub const USAGE_TABLE: &str = "USAGE_TABLE";

/// One call with all its tries. A customer waits for it, and it usually takes a hundredth of this.
const TIME_LIMIT: Duration = Duration::from_millis(500);
/// A year's comparison and a month to look at it; then DynamoDB deletes the item.
const KEPT: TimeDelta = TimeDelta::days(400);

/// The table.
#[derive(Clone, Debug)]
pub struct Usage {
    client: Client,
    table: String,
}

impl Usage {
    /// The table of this name.
    #[must_use]
    pub fn new(aws: &Aws, table: String) -> Self {
        Self { client: aws.dynamodb(TIME_LIMIT), table }
    }

    /// Counts one question.
    ///
    /// # Errors
    /// When DynamoDB refuses or does not answer in time.
    pub async fn count(&self, user: &str, now_ms: u64) -> Result<(), CallFailure> {
        let update = self.client.update_item().table_name(&self.table);
        let call = update
            .key("user", AttributeValue::S(user.to_owned()))
            .key("day", AttributeValue::S(day(now_ms)))
            .update_expression("ADD questions :one SET expiresAt = :expires")
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
            .expression_attribute_values(":expires", AttributeValue::N(expires_at(now_ms).to_string()));
        call.send().await.map(drop).map_err(|error| CallFailure::of(&error))
    }

    /// Today's questions of a user; none is 0.
    ///
    /// # Errors
    /// When DynamoDB refuses or does not answer in time.
    pub async fn today(&self, user: &str, now_ms: u64) -> Result<u64, CallFailure> {
        let get = self.client.get_item().table_name(&self.table);
        let call = get
            .key("user", AttributeValue::S(user.to_owned()))
            .key("day", AttributeValue::S(day(now_ms)))
            // Who asked a question and then looks must find it counted.
            .consistent_read(true);
        let found = call.send().await.map_err(|error| CallFailure::of(&error))?;
        let Some(count) = found.item().and_then(|item| item.get("questions")) else { return Ok(0) };
        let number = count.as_n().ok().and_then(|number| number.parse().ok());
        number.ok_or_else(|| CallFailure::new("MalformedItem", "questions is no whole number"))
    }
}

/// The answer to `GET /usage`, once the table was asked.
#[must_use]
pub fn reply(user: &str, now_ms: u64, questions: Option<u64>, is_head: bool) -> Reply {
    let reply = match questions {
        Some(questions) => ok(json!({"user": user, "day": day(now_ms), "questions": questions})),
        None => {
            let detail = "the count cannot be read at the moment: try again in a minute";
            problem(503, "Service Unavailable", detail)
        }
    };
    without_body(reply, is_head)
}

/// The day in UTC, for example `2026-11-23`.
fn day(now_ms: u64) -> String {
    date(now_ms).format("%Y-%m-%d").to_string()
}

/// When DynamoDB may delete the item, in seconds since 1970.
fn expires_at(now_ms: u64) -> i64 {
    (date(now_ms) + KEPT).timestamp()
}

fn date(now_ms: u64) -> DateTime<chrono::Utc> {
    // Further away than chrono can count is no date that a clock shows.
    i64::try_from(now_ms).ok().and_then(DateTime::from_timestamp_millis).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-23T00:00:00Z.
    const MIDNIGHT_MS: u64 = 1_795_392_000_000;

    #[test]
    fn day_begins_at_midnight_utc() {
        assert_eq!(day(MIDNIGHT_MS), "2026-11-23");
        assert_eq!(day(MIDNIGHT_MS - 1), "2026-11-22");
        assert_eq!(day(0), "1970-01-01");
    }

    #[test]
    fn item_expires_in_seconds_after_400_days() {
        let day_seconds = 24 * 60 * 60;
        assert_eq!(expires_at(MIDNIGHT_MS + 999), 1_795_392_000 + 400 * day_seconds);
    }

    #[test]
    fn count_is_told_with_user_and_day() {
        let reply = reply("anna", MIDNIGHT_MS, Some(3), false);
        let body = json!({"user": "anna", "day": "2026-11-23", "questions": 3});
        assert_eq!((reply.status, reply.body), (200, Some(body)));
    }

    #[test]
    fn unavailable_when_the_table_does_not_answer() {
        let told = reply("anna", MIDNIGHT_MS, None, false);
        assert_eq!((told.status, told.content_type), (503, "application/problem+json"));
        assert_eq!(reply("anna", MIDNIGHT_MS, None, true).body, None, "HEAD");
    }
}
