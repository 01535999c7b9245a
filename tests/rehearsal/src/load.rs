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
/// Every this-many-th request asks for the version, the others for the health.
const VERSION_EVERY: u64 = 4;

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
    let path = if number.is_multiple_of(VERSION_EVERY) { "/version" } else { "/health" };
    let payload = Blob::new(http_event(path, number).to_string());
    let answer = client.invoke().function_name(function).qualifier(alias).payload(payload).send().await;
    let latency_ms = watch.elapsed_ms();
    let Ok(answer) = answer else { return CustomerRequest { at, version: None, status: None, latency_ms } };
    let body: Option<Value> = answer.payload().and_then(|blob| serde_json::from_slice(blob.as_ref()).ok());
    let status =
        body.and_then(|body| body.get("statusCode")?.as_u64()).and_then(|status| u16::try_from(status).ok());
    let status = status.filter(|_| answer.function_error().is_none());
    CustomerRequest { at, version: answer.executed_version().map(str::to_owned), status, latency_ms }
}

/// An API Gateway HTTP API event (payload format 2.0).
fn http_event(path: &str, number: u64) -> Value {
    json!({
        "version": "2.0", "routeKey": format!("GET {path}"), "rawPath": path, "rawQueryString": "",
        "headers": {"host": "api.example.com", "user-agent": "rehearsal"}, "isBase64Encoded": false,
        "requestContext": {
            "accountId": "123456789012", "apiId": "rehearsal", "domainName": "api.example.com",
            "requestId": format!("request-{number}"), "stage": "$default",
            "http": {"method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1",
                "userAgent": "rehearsal"},
        },
    })
}
