//! The one metric line per request, in CloudWatch's embedded metric format: Lambda forwards standard output to
//! CloudWatch Logs, which turns the line into metrics. No API call, so no time and no permission.
//!
//! Format: CloudWatch user guide, "Specification: Embedded metric format". A crash or a time-out leaves no line.
//!
//! The dimensions are named as in `AWS/Lambda`, so that both can be read with one query:
//!
//! - `FunctionName`
//! - `Resource`: what was invoked, `function:alias` for customers, `function:version` for smoke tests and the plain
//!   name for unqualified calls. So a gate's own requests never count as customers'.
//! - `ExecutedVersion`: the version that answered; an alias with weights has two.
//!
//! To judge a version take one alias and that version (all three dimensions): bad = `Sum(Http5xx)`, total =
//! `Sum(Requests)` or `SampleCount(Http5xx)`, which are the same number.
//!
//! Questions are judged apart, because one that no manual answers is a good HTTP answer: bad = `Sum(QueriesUnanswered)`,
//! total = `Sum(Queries)` or `SampleCount(QueriesUnanswered)`. Both are written for questions that were taken only: one
//! that was refused (4xx) is the caller's mistake, and one that ended in a 5xx counts in `Http5xx` already.
//!
//! `UsageLost` and `ModelFallbacks` are 0 or 1 for each question that was to be counted or put to a model, so that their
//! averages are shares, too. Neither is an error: the customer had an answer.

use crate::query::Outcome;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Where the metrics appear in CloudWatch.
pub const NAMESPACE: &str = "Manuel/Backend";

/// What became of the calls that a question needed; `None` where none was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// Whether the question was not counted although it should.
    pub usage_lost: Option<bool>,
    /// Whether the manual answered in place of the model.
    pub model_fallback: Option<bool>,
}

/// What is known of one answered request.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    /// Milliseconds since 1970.
    pub timestamp_ms: u64,
    /// Dimension `FunctionName`.
    pub function_name: &'a str,
    /// Dimension `Resource`, see [`resource`]: customers and smoke tests are told apart by it.
    pub resource: &'a str,
    /// Dimension `ExecutedVersion`: the canary and the stable version are told apart by it.
    pub executed_version: &'a str,
    /// Finds the request's other log lines; no dimension, because each value would be a metric of its own.
    pub request_id: &'a str,
    /// HTTP status of the answer.
    pub status: u16,
    /// What became of a question; `None` when the request asked none, was refused or failed.
    pub query: Option<Outcome>,
    /// What became of the calls for it.
    pub calls: Calls,
    /// From the event's arrival in the handler to the answer.
    pub latency: Duration,
    /// Time from the start of the process to the runtime's loop, on the sandbox's first request only.
    pub init_duration: Option<Duration>,
}

/// What was invoked, in the form of `AWS/Lambda`'s dimension `Resource`: the name, with the qualifier of the invoked
/// ARN (`arn:aws:lambda:<region>:<account>:function:<name>[:<qualifier>]`) when it has one.
#[must_use]
pub fn resource(function_name: &str, invoked_arn: &str) -> String {
    let parts: Vec<&str> = invoked_arn.split(':').collect();
    match parts.as_slice() {
        ["arn", _, "lambda", _, _, "function", _, qualifier] if !qualifier.is_empty() => {
            format!("{function_name}:{qualifier}")
        }
        _ => function_name.to_owned(),
    }
}

/// Writes the line.
#[expect(clippy::print_stdout, reason = "the embedded metric format must be the bare line, not a log record")]
pub fn write(line: &Line<'_>) {
    println!("{}", render(line));
}

/// To the microsecond; longer than an hour, which no invocation lasts, is capped.
fn milliseconds(duration: Duration) -> Value {
    json!(f64::from(u32::try_from(duration.as_micros()).unwrap_or(u32::MAX)) / 1_000.0)
}

fn render(line: &Line<'_>) -> Value {
    let mut measured = vec![
        ("Requests", "Count", json!(1)),
        ("Http5xx", "Count", json!(u8::from(line.status >= 500))),
        ("Latency", "Milliseconds", milliseconds(line.latency)),
        ("ColdStart", "Count", json!(u8::from(line.init_duration.is_some()))),
    ];
    measured.extend(line.init_duration.map(|init| ("InitDuration", "Milliseconds", milliseconds(init))));
    if let Some(outcome) = line.query {
        measured.push(("Queries", "Count", json!(1)));
        measured.push(("QueriesUnanswered", "Count", json!(u8::from(outcome == Outcome::Unanswered))));
    }
    let Calls { usage_lost, model_fallback } = line.calls;
    for (name, happened) in [("UsageLost", usage_lost), ("ModelFallbacks", model_fallback)] {
        measured.extend(happened.map(|happened| (name, "Count", json!(u8::from(happened)))));
    }
    let definitions: Vec<Value> =
        measured.iter().map(|(name, unit, _)| json!({"Name": name, "Unit": unit})).collect();
    let mut record = Map::new();
    record.insert(
        "_aws".to_owned(),
        json!({
            "Timestamp": line.timestamp_ms,
            "CloudWatchMetrics": [{
                "Namespace": NAMESPACE,
                "Dimensions": [["FunctionName", "Resource", "ExecutedVersion"], ["FunctionName", "Resource"]],
                "Metrics": definitions,
            }],
        }),
    );
    record.insert("FunctionName".to_owned(), json!(line.function_name));
    record.insert("Resource".to_owned(), json!(line.resource));
    record.insert("ExecutedVersion".to_owned(), json!(line.executed_version));
    record.insert("RequestId".to_owned(), json!(line.request_id));
    record.insert("Status".to_owned(), json!(line.status));
    record.extend(measured.into_iter().map(|(name, _, value)| (name.to_owned(), value)));
    Value::Object(record)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(status: u16, init_duration: Option<Duration>) -> Value {
        render(&example(status, init_duration))
    }

    fn example(status: u16, init_duration: Option<Duration>) -> Line<'static> {
        Line {
            timestamp_ms: 1_767_225_600_000,
            function_name: "manuel-backend",
            resource: "manuel-backend:live",
            executed_version: "7",
            request_id: "request-1",
            status,
            query: None,
            calls: Calls::default(),
            latency: Duration::from_micros(1_500),
            init_duration,
        }
    }

    fn names(line: &Value) -> Vec<&str> {
        let metrics = line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap();
        metrics.iter().map(|metric| metric["Name"].as_str().unwrap()).collect()
    }

    #[test]
    fn questions_are_counted_when_they_were_taken() {
        for (outcome, unanswered) in [(Outcome::Answered, 0), (Outcome::Unanswered, 1)] {
            let line = render(&Line { query: Some(outcome), ..example(200, None) });
            assert_eq!((&line["Queries"], &line["QueriesUnanswered"]), (&json!(1), &json!(unanswered)));
            assert!(names(&line).ends_with(&["Queries", "QueriesUnanswered"]), "announced");
        }
        let none = line(200, None);
        assert!(none.get("Queries").is_none() && none.get("QueriesUnanswered").is_none());
    }

    #[test]
    fn calls_are_counted_when_they_were_made() {
        for (usage_lost, model_fallback, counted) in [(false, true, (0, 1)), (true, false, (1, 0))] {
            let calls = Calls { usage_lost: Some(usage_lost), model_fallback: Some(model_fallback) };
            let line = render(&Line { calls, ..example(200, None) });
            assert_eq!((&line["UsageLost"], &line["ModelFallbacks"]), (&json!(counted.0), &json!(counted.1)));
            assert!(names(&line).ends_with(&["UsageLost", "ModelFallbacks"]), "announced");
        }
        let none = line(200, None);
        assert!(none.get("UsageLost").is_none() && none.get("ModelFallbacks").is_none());
    }

    #[test]
    fn line_holds_a_value_for_every_name_it_announces() {
        let line = line(200, Some(Duration::from_millis(12)));
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(directive["Namespace"], NAMESPACE);
        assert_eq!(line["_aws"]["Timestamp"], 1_767_225_600_000_u64);
        for name in names(&line) {
            assert!(line[name].is_number(), "{name}");
        }
        for dimension in
            directive["Dimensions"].as_array().unwrap().iter().flat_map(|set| set.as_array().unwrap())
        {
            assert!(line[dimension.as_str().unwrap()].is_string(), "{dimension}");
        }
        assert_eq!(line["Latency"], 1.5);
    }

    #[test]
    fn dimensions_are_those_of_aws_lambda() {
        let line = line(200, None);
        assert_eq!(
            line["_aws"]["CloudWatchMetrics"][0]["Dimensions"],
            json!([["FunctionName", "Resource", "ExecutedVersion"], ["FunctionName", "Resource"]])
        );
        assert_eq!(
            (&line["Resource"], &line["ExecutedVersion"]),
            (&json!("manuel-backend:live"), &json!("7"))
        );
    }

    #[test]
    fn resource_is_the_qualified_name_when_the_invoked_arn_has_a_qualifier() {
        let arn = "arn:aws:lambda:eu-central-1:123456789012:function:shop";
        for (invoked, resource_name) in [
            (format!("{arn}:live"), "shop:live"),
            (format!("{arn}:2"), "shop:2"),
            (format!("{arn}:$LATEST"), "shop:$LATEST"),
            (arn.to_owned(), "shop"),
            (format!("{arn}:"), "shop"),
            (format!("{arn}:live:more"), "shop"),
            (String::new(), "shop"),
            ("shop:live".to_owned(), "shop"),
        ] {
            assert_eq!(resource("shop", &invoked), resource_name, "{invoked}");
        }
    }

    #[test]
    fn server_errors_are_counted_from_500_on() {
        for (status, count) in [(499, 0), (500, 1), (599, 1), (200, 0)] {
            assert_eq!(line(status, None)["Http5xx"], count, "{status}");
        }
    }

    #[test]
    fn init_duration_is_left_out_when_the_sandbox_is_warm() {
        let warm = line(200, None);
        assert_eq!(names(&warm), ["Requests", "Http5xx", "Latency", "ColdStart"]);
        assert_eq!(warm["ColdStart"], 0);
        let cold = line(200, Some(Duration::from_millis(12)));
        assert_eq!((&cold["ColdStart"], &cold["InitDuration"]), (&json!(1), &json!(12.0)));
    }
}
