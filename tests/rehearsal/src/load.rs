//! Customers: an open loop of requests through the alias, as the REST API would send them.

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
/// Of the requests for the health every this-many-th asks for the customer's usage instead, where it is counted.
const USAGE_EVERY: u64 = 5;
/// Customers who sign in; they take turns.
const CUSTOMERS: u64 = 7;
/// Questions that a good backend answers, one per line.
const QUESTIONS: &str = include_str!("../../../functions/backend/src/questions.txt");

/// Where requests go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Api {
    pub(crate) function: &'static str,
    pub(crate) alias: &'static str,
    /// Whether it counts questions, and tells how many.
    pub(crate) has_usage: bool,
}

/// Requests that keep coming until they are stopped.
pub(crate) struct Load {
    seen: Arc<Mutex<Vec<CustomerRequest>>>,
    stop: tokio::sync::oneshot::Sender<()>,
    running: tokio::task::JoinHandle<()>,
}

impl Load {
    /// Starts `per_second` requests per real second.
    pub(crate) fn start(
        client: aws_sdk_lambda::Client,
        clock: VirtualClock,
        api: Api,
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
                    let request = send(&client, clock, api, number).await;
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
    api: Api,
    number: u64,
) -> CustomerRequest {
    let (at, watch) = (clock.now(), clock.stopwatch());
    let payload = Blob::new(event(number, api.has_usage).to_string());
    let answer =
        client.invoke().function_name(api.function).qualifier(api.alias).payload(payload).send().await;
    let latency_ms = watch.elapsed_ms();
    let Ok(answer) = answer else { return CustomerRequest { at, version: None, status: None, latency_ms } };
    let body: Option<Value> = answer.payload().and_then(|blob| serde_json::from_slice(blob.as_ref()).ok());
    let status =
        body.and_then(|body| body.get("statusCode")?.as_u64()).and_then(|status| u16::try_from(status).ok());
    let status = status.filter(|_| answer.function_error().is_none());
    CustomerRequest { at, version: answer.executed_version().map(str::to_owned), status, latency_ms }
}

/// What the customer of this number asks for: method, path and the body of a question.
fn wish(number: u64, has_usage: bool) -> (&'static str, &'static str, Option<String>) {
    if number.is_multiple_of(QUESTION_EVERY) {
        let turn = usize::try_from(number / QUESTION_EVERY).unwrap_or_default();
        let question = QUESTIONS.lines().nth(turn % QUESTIONS.lines().count().max(1));
        return ("POST", "/query", Some(json!({"question": question}).to_string()));
    }
    let path = match number {
        _ if number.is_multiple_of(VERSION_EVERY) => "/version",
        _ if has_usage && number.is_multiple_of(USAGE_EVERY) => "/usage",
        _ => "/health",
    };
    ("GET", path, None)
}

/// A request for the version that answers.
pub(crate) fn version_event() -> Value {
    event(VERSION_EVERY, false)
}

/// An event of a REST API (payload format 1.0). Who asks has signed in, where that is needed.
fn event(number: u64, has_usage: bool) -> Value {
    let (method, path, body) = wish(number, has_usage);
    let mut headers = json!({"Host": "api.example.com", "User-Agent": "rehearsal"});
    let mut context = json!({
        "accountId": "123456789012", "apiId": "rehearsal", "domainName": "api.example.com", "stage": "prod",
        "requestId": format!("request-{number}"), "httpMethod": method, "path": format!("/prod{path}"),
        "resourcePath": path, "protocol": "HTTP/1.1",
        "identity": {"sourceIp": "192.0.2.1", "userAgent": "rehearsal"},
    });
    let insert = |object: &mut Value, name: &str, value: Value| {
        object.as_object_mut().and_then(|members| members.insert(name.to_owned(), value));
    };
    if ["/query", "/usage"].contains(&path) {
        let customer = format!("customer-{}", number % CUSTOMERS);
        insert(&mut context, "authorizer", json!({"claims": {"sub": customer, "token_use": "id"}}));
    }
    if body.is_some() {
        insert(&mut headers, "Content-Type", json!("application/json"));
    }
    json!({
        "resource": path, "path": path, "httpMethod": method, "headers": headers, "body": body,
        "queryStringParameters": null, "pathParameters": null, "stageVariables": null,
        "requestContext": context, "isBase64Encoded": false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_third_request_is_a_question_and_the_others_are_as_before() {
        let paths = |has_usage| (0..12).map(|number| wish(number, has_usage).1).collect::<Vec<_>>();
        let (q, h, v, u) = ("/query", "/health", "/version", "/usage");
        assert_eq!(paths(false), [q, h, h, q, v, h, q, h, v, q, h, h]);
        assert_eq!(paths(true), [q, h, h, q, v, u, q, h, v, q, u, h]);
    }

    #[test]
    fn questions_take_turns() {
        let count = u64::try_from(QUESTIONS.lines().count()).unwrap();
        let asked = |turn: u64| wish(turn * QUESTION_EVERY, false).2.unwrap();
        assert_eq!(asked(0), r#"{"question":"How do I descale the coffee machine?"}"#);
        assert_ne!(asked(1), asked(0));
        assert_eq!(asked(count), asked(0));
    }

    #[test]
    fn event_is_a_json_post_of_a_customer_when_a_question_is_asked() {
        let (question, other) = (event(3, false), event(1, false));
        assert_eq!((&question["httpMethod"], &question["path"]), (&json!("POST"), &json!("/query")));
        assert_eq!(question["headers"]["Content-Type"], "application/json");
        assert_eq!(question["body"].as_str(), wish(3, false).2.as_deref());
        assert_eq!(question["requestContext"]["authorizer"]["claims"]["sub"], "customer-3");
        assert_eq!((&other["body"], &other["resource"]), (&Value::Null, &json!("/health")));
        assert!(other["requestContext"].get("authorizer").is_none());
        assert_eq!(event(5, true)["requestContext"]["authorizer"]["claims"]["sub"], "customer-5");
    }
}
