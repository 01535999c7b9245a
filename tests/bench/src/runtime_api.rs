//! Lambda's Runtime API for one process: hands out events and notes when each is answered.

use crate::error::{BenchError, while_trying};
use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
    routing::{get, post},
};
use clock::Clock;
use serde_json::{Value, json};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::TcpListener,
    sync::{Mutex, mpsc},
    task::JoinHandle,
};

/// What a function is told about its time limit.
const TIME_LIMIT_MS: u64 = 60_000;

/// The first answer to one event.
#[derive(Debug)]
pub(crate) struct Answer {
    /// When it arrived here, in [`Clock::uptime`].
    pub(crate) at: Duration,
    /// The response; or the error that the runtime reported.
    pub(crate) body: Value,
}

/// One endpoint; every process gets its own, so that none can take another's event.
#[derive(Debug)]
pub(crate) struct RuntimeApi {
    /// For `AWS_LAMBDA_RUNTIME_API`.
    pub(crate) address: SocketAddr,
    events: mpsc::UnboundedSender<Value>,
    answers: mpsc::UnboundedReceiver<Answer>,
    server: JoinHandle<std::io::Result<()>>,
}

#[derive(Debug)]
struct Shared {
    clock: Clock,
    events: Mutex<mpsc::UnboundedReceiver<Value>>,
    answers: mpsc::UnboundedSender<Answer>,
}

impl RuntimeApi {
    pub(crate) async fn start(clock: Clock) -> Result<Self, BenchError> {
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(while_trying("opening a port"))?;
        let address = listener.local_addr().map_err(while_trying("reading a port"))?;
        let (events, events_to_hand_out) = mpsc::unbounded_channel();
        let (answers_received, answers) = mpsc::unbounded_channel();
        let shared = Shared { clock, events: Mutex::new(events_to_hand_out), answers: answers_received };
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(answer))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(answer))
            .route("/2018-06-01/runtime/init/error", post(answer))
            .with_state(Arc::new(shared));
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { address, events, answers, server })
    }

    /// Hands out the event and waits for the answer; `None` when the endpoint is gone.
    pub(crate) async fn invoke(&mut self, event: &Value) -> Option<Answer> {
        self.events.send(event.clone()).ok()?;
        self.answers.recv().await
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn next(State(shared): State<Arc<Shared>>) -> Result<(HeaderMap, Json<Value>), StatusCode> {
    let event = shared.events.lock().await.recv().await.ok_or(StatusCode::GONE)?;
    let deadline = shared.clock.now_ms().saturating_add(TIME_LIMIT_MS);
    let headers = [
        ("lambda-runtime-aws-request-id", HeaderValue::from_static("00000000-0000-4000-8000-000000000000")),
        ("lambda-runtime-deadline-ms", HeaderValue::from(deadline)),
        (
            "lambda-runtime-invoked-function-arn",
            HeaderValue::from_static("arn:aws:lambda:eu-central-1:123456789012:function:bench"),
        ),
    ];
    let headers = headers.into_iter().map(|(name, value)| (HeaderName::from_static(name), value)).collect();
    Ok((headers, Json(event)))
}

async fn answer(State(shared): State<Arc<Shared>>, body: axum::body::Bytes) -> (StatusCode, Json<Value>) {
    let at = shared.clock.uptime();
    let body = serde_json::from_slice(&body).unwrap_or_else(|error| json!({ "notJson": error.to_string() }));
    // Nobody listens any more when the measurement has given up; then the answer is of no use.
    let _ = shared.answers.send(Answer { at, body });
    (StatusCode::ACCEPTED, Json(json!({ "status": "OK" })))
}
