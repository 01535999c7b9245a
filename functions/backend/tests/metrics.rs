//! The compiled backend in the local AWS: what CloudWatch counts of requests that customers would send.
#![cfg(feature = "rehearsal")]
#![expect(clippy::unwrap_used, reason = "set-up outside the test functions")]

use std::path::Path;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use twin::{
    ApiError, Options, Twin,
    seed::{FUNCTION, SeededRelease},
};

const QUERY: &str = include_str!("../../../events/api-gateway/query.json");
const UNANSWERED: &str = include_str!("../../../events/api-gateway/query-unanswered.json");
const NO_QUESTION: &str = include_str!("../../../events/api-gateway/invalid-query-no-question.json");
const HEALTH: &str = include_str!("../../../events/api-gateway/health.json");

/// A twin with the backend, whose version 1 is good and whose version 2 has these faults.
async fn twin(faults: &Value) -> Twin {
    twin_with(&[("REHEARSAL_FAULTS", &faults.to_string())]).await
}

/// A twin with the backend, whose version 2 has these variables.
async fn twin_with(variables: &[(&str, &str)]) -> Twin {
    let twin = Twin::start(Options::default()).await.unwrap();
    let second_version = variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    let program = Path::new(env!("CARGO_BIN_EXE_backend")).to_path_buf();
    twin.seed(SeededRelease { program, second_version, hook: None, ids: None }).unwrap();
    twin
}

/// Invokes one version; answers the status and the body of its HTTP answer.
async fn invoke(twin: &Twin, version: &str, event: &str) -> (u64, Value) {
    let host = twin.endpoint().trim_start_matches("http://").to_owned();
    let request = format!(
        "POST /2015-03-31/functions/{FUNCTION}/invocations?Qualifier={version} HTTP/1.1\r\nHost: {host}\r\n\
         Connection: close\r\nContent-Length: {}\r\n\r\n{event}",
        event.len()
    );
    let mut connection = TcpStream::connect(host).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    connection.read_to_string(&mut text).await.unwrap();
    let answer: Value = serde_json::from_str(text.split_once("\r\n\r\n").unwrap().1).unwrap();
    let body = serde_json::from_str(answer.get("body").unwrap().as_str().unwrap()).unwrap();
    (answer.get("statusCode").unwrap().as_u64().unwrap(), body)
}

/// Sum of one of the backend's metrics over all requests to a version.
fn sum(twin: &Twin, version: &str, metric: &str) -> f64 {
    let resource = format!("{FUNCTION}:{version}");
    let dimensions = [("FunctionName", FUNCTION), ("Resource", &resource), ("ExecutedVersion", version)];
    let to = twin.clock().next_minute();
    let from = to - chrono::TimeDelta::hours(1);
    let minutes = twin.cloudwatch().minutes(backend::metrics::NAMESPACE, metric, &dimensions, from, to, to);
    minutes.iter().map(|minute| minute.sum).sum()
}

fn assert_sums<const N: usize>(twin: &Twin, version: &str, expected: [(&str, f64); N]) {
    for (metric, count) in expected {
        let counted = sum(twin, version, metric);
        assert!((counted - count).abs() < 0.5, "{metric} of version {version}: {counted}, not {count}");
    }
}

#[tokio::test]
async fn questions_are_counted_and_refused_ones_are_not() {
    let twin = twin(&json!({})).await;
    let mut statuses = Vec::new();
    for event in [QUERY, UNANSWERED, NO_QUESTION, HEALTH, QUERY] {
        statuses.push(invoke(&twin, "1", event).await.0);
    }
    assert_eq!(statuses, [200, 200, 400, 200, 200]);
    let expected = [("Requests", 5.0), ("Http5xx", 0.0), ("Queries", 3.0), ("QueriesUnanswered", 1.0)];
    assert_sums(&twin, "1", expected);
}

#[tokio::test]
async fn questions_count_as_unanswered_when_the_fault_takes_their_answers() {
    let twin = twin(&json!({"unanswered_percent": 100})).await;
    assert_eq!(invoke(&twin, "2", QUERY).await, (200, json!({"answered": false})));
    assert_eq!(invoke(&twin, "2", HEALTH).await.0, 200);
    let expected = [("Requests", 2.0), ("Http5xx", 0.0), ("Queries", 1.0), ("QueriesUnanswered", 1.0)];
    assert_sums(&twin, "2", expected);
}

#[tokio::test]
async fn question_counts_as_server_error_only_when_it_ends_in_one() {
    let twin = twin(&json!({"error_percent": 100, "unanswered_percent": 100})).await;
    assert_eq!(invoke(&twin, "2", QUERY).await.0, 500);
    let expected = [("Requests", 1.0), ("Http5xx", 1.0), ("Queries", 0.0), ("QueriesUnanswered", 0.0)];
    assert_sums(&twin, "2", expected);
}

#[tokio::test]
async fn lost_counts_and_fallbacks_are_counted_when_the_calls_fail() {
    let twin = twin_with(&[("USAGE_TABLE", "no-such-table"), ("MODEL_ID", "some")]).await;
    assert_eq!(invoke(&twin, "2", QUERY).await.1["degraded"], Value::Null);
    assert_sums(&twin, "2", [("UsageLost", 1.0), ("ModelFallbacks", 0.0)]);
    let busy = ApiError { code: "ThrottlingException", status: 429, message: "busy".to_owned() };
    twin.faults().inject("bedrock:Converse", 9, busy);
    assert_eq!(invoke(&twin, "2", QUERY).await.1["degraded"], true);
    assert_eq!(invoke(&twin, "2", UNANSWERED).await.1["answered"], false);
    let expected = [("Queries", 3.0), ("Http5xx", 0.0), ("UsageLost", 3.0), ("ModelFallbacks", 1.0)];
    assert_sums(&twin, "2", expected);
    let calls = twin.faults().calls();
    let by_backend = calls.iter().filter(|call| call.caller == FUNCTION).map(|call| call.operation.as_str());
    let by_backend: std::collections::BTreeSet<&str> = by_backend.collect();
    assert_eq!(by_backend.into_iter().collect::<Vec<_>>(), ["bedrock:Converse", "dynamodb:UpdateItem"]);
    let log = twin.log_lines(FUNCTION).into_iter().map(|line| line.line).collect::<String>();
    assert!(log.contains("ResourceNotFoundException") && log.contains("the question was not counted"));
    assert!(!log.contains("descale"), "neither question nor answer");
}
