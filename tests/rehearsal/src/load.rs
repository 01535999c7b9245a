//! Customers: an open loop of requests through the alias, as an HTTP API would send them.

use std::{sync::Arc, time::Duration};

use aws_sdk_lambda::primitives::Blob;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::{sync::Semaphore, task::JoinSet, time::MissedTickBehavior};
use twin::clock::VirtualClock;

use crate::observed::CustomerRequest;

/// Requests under way at once; below the twin's account concurrency, so that hooks always find room.
const MOST_IN_FLIGHT: usize = 32;
/// Every this-many-th request asks a question.
const QUESTION_EVERY: u64 = 3;
/// Of the others every this-many-th asks for the version, the rest for the health.
const VERSION_EVERY: u64 = 4;
/// Questions that a good backend answers, one per line.
const QUESTIONS: &str = include_str!("../../../functions/backend/src/questions.txt");

/// Requests that keep coming until they are stopped.
pub(crate) struct Load {
    seen: Arc<Mutex<Vec<CustomerRequest>>>,
    stop: tokio::sync::oneshot::Sender<()>,
    running: tokio::task::JoinHandle<()>,
}

impl Load {
    /// Starts `per_second` requests per real second to `function:alias`.
    pub(crate) fn start(
        client: aws_sdk_lambda::Client,
        clock: VirtualClock,
        (function, alias): (&'static str, &'static str),
        per_second: u32,
    ) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (stop, mut stopped) = tokio::sync::oneshot::channel();
        let results = seen.clone();
        let running = tokio::spawn(async move {
            let mut ticks = tokio::time::interval(Duration::from_secs(1) / per_second.max(1));
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let room = Arc::new(Semaphore::new(MOST_IN_FLIGHT));
            let mut under_way = JoinSet::new();
            for number in 0.. {
                tokio::select! {
                    _ = ticks.tick() => {}
                    _ = &mut stopped => break,
                }
                let Ok(permit) = room.clone().acquire_owned().await else { break };
                let (client, results) = (client.clone(), results.clone());
                under_way.spawn(async move {
                    let request = send(&client, clock, function, alias, number).await;
                    results.lock().push(request);
                    drop(permit);
                });
                while under_way.try_join_next().is_some() {}
            }
            under_way.join_all().await;
        });
        Self { seen, stop, running }
    }

    /// What was seen so far.
    pub(crate) fn seen(&self) -> Arc<Mutex<Vec<CustomerRequest>>> {
        self.seen.clone()
    }

    /// Stops the load, waits for the requests under way, and answers all of them in the order of their start.
    pub(crate) async fn finish(self) -> Vec<CustomerRequest> {
        // A load that ended by itself has nothing to stop; what it saw is kept either way.
        let _ = self.stop.send(());
        let _ = self.running.await;
        let mut seen = std::mem::take(&mut *self.seen.lock());
        seen.sort_by_key(|request| request.at);
        seen
    }
}

async fn send(
    client: &aws_sdk_lambda::Client,
    clock: VirtualClock,
    function: &str,
    alias: &str,
    number: u64,
) -> CustomerRequest {
    let (at, watch) = (clock.now(), clock.stopwatch());
    let payload = Blob::new(http_event(number).to_string());
    let answer = client.invoke().function_name(function).qualifier(alias).payload(payload).send().await;
    let latency_ms = watch.elapsed_ms();
    let Ok(answer) = answer else { return CustomerRequest { at, version: None, status: None, latency_ms } };
    let body: Option<Value> = answer.payload().and_then(|blob| serde_json::from_slice(blob.as_ref()).ok());
    let status =
        body.and_then(|body| body.get("statusCode")?.as_u64()).and_then(|status| u16::try_from(status).ok());
    let status = status.filter(|_| answer.function_error().is_none());
    CustomerRequest { at, version: answer.executed_version().map(str::to_owned), status, latency_ms }
}

/// What the customer of this number asks for: method, path and the body of a question.
fn wish(number: u64) -> (&'static str, &'static str, Option<String>) {
    if number.is_multiple_of(QUESTION_EVERY) {
        let turn = usize::try_from(number / QUESTION_EVERY).unwrap_or_default();
        let question = QUESTIONS.lines().nth(turn % QUESTIONS.lines().count().max(1));
        return ("POST", "/query", Some(json!({"question": question}).to_string()));
    }
    let path = if number.is_multiple_of(VERSION_EVERY) { "/version" } else { "/health" };
    ("GET", path, None)
}

/// An API Gateway HTTP API event (payload format 2.0).
fn http_event(number: u64) -> Value {
    let (method, path, body) = wish(number);
    let mut event = json!({
        "version": "2.0", "routeKey": format!("{method} {path}"), "rawPath": path, "rawQueryString": "",
        "headers": {"host": "api.example.com", "user-agent": "rehearsal"}, "isBase64Encoded": false,
        "requestContext": {
            "accountId": "123456789012", "apiId": "rehearsal", "domainName": "api.example.com",
            "requestId": format!("request-{number}"), "stage": "$default",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1",
                "userAgent": "rehearsal"},
        },
    });
    if let (Some(body), Some(fields)) = (body, event.as_object_mut()) {
        fields.insert("body".to_owned(), json!(body));
        if let Some(headers) = fields.get_mut("headers").and_then(Value::as_object_mut) {
            headers.insert("content-type".to_owned(), json!("application/json"));
        }
    }
    event
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_third_request_is_a_question_and_the_others_are_as_before() {
        let paths: Vec<_> = (0..12).map(|number| wish(number).1).collect();
        let (q, h, v) = ("/query", "/health", "/version");
        assert_eq!(paths, [q, h, h, q, v, h, q, h, v, q, h, h]);
    }

    #[test]
    fn questions_take_turns() {
        let count = u64::try_from(QUESTIONS.lines().count()).unwrap();
        let asked = |turn: u64| wish(turn * QUESTION_EVERY).2.unwrap();
        assert_eq!(asked(0), r#"{"question":"How do I descale the coffee machine?"}"#);
        assert_ne!(asked(1), asked(0));
        assert_eq!(asked(count), asked(0));
    }

    #[test]
    fn event_is_a_json_post_when_a_question_is_asked() {
        let (question, other) = (http_event(3), http_event(1));
        assert_eq!(question["requestContext"]["http"]["method"], "POST");
        assert_eq!(question["headers"]["content-type"], "application/json");
        assert_eq!(question["body"].as_str(), wish(3).2.as_deref());
        assert_eq!((other.get("body"), &other["routeKey"]), (None, &json!("GET /health")));
    }
}
