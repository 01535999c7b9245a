//! The Lambda Runtime API (2018-06-01), one address per sandbox: `/_runtime/<sandbox>/2018-06-01/runtime/…`.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse as _, Response},
};

use super::{
    Lambda,
    sandbox::{Reply, SandboxPort, Start},
};

impl Lambda {
    fn port(&self, sandbox: &str) -> Option<Arc<SandboxPort>> {
        self.ports.lock().get(sandbox).cloned()
    }
}

/// `GET invocation/next`: waits for work; the first call says that the start is complete.
pub(crate) async fn next(State(lambda): State<Arc<Lambda>>, Path(sandbox): Path<String>) -> Response {
    let Some(port) = lambda.port(&sandbox) else { return gone() };
    port.start.send_replace(Start::Ready);
    let work = port.inbox.lock().await.recv().await;
    let Some(work) = work else { return gone() };
    *port.pending.lock() = Some((work.request_id.clone(), work.reply));
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("lambda-runtime-aws-request-id", work.request_id.clone()),
        ("lambda-runtime-deadline-ms", work.deadline_ms.to_string()),
        ("lambda-runtime-invoked-function-arn", work.invoked_arn),
        (
            "lambda-runtime-trace-id",
            format!("Root=1-00000000-{:.24};Sampled=0", work.request_id.replace('-', "")),
        ),
        ("content-type", "application/json".to_owned()),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    (headers, work.payload).into_response()
}

/// `POST invocation/<request>/response`.
pub(crate) async fn response(
    State(lambda): State<Arc<Lambda>>,
    Path((sandbox, request)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    complete(&lambda, &sandbox, &request, Reply::Response(body))
}

/// `POST invocation/<request>/error`.
pub(crate) async fn error(
    State(lambda): State<Arc<Lambda>>,
    Path((sandbox, request)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    complete(&lambda, &sandbox, &request, Reply::Error(body))
}

/// `POST init/error`: the function says why it cannot start.
pub(crate) async fn init_error(
    State(lambda): State<Arc<Lambda>>,
    Path(sandbox): Path<String>,
    body: Bytes,
) -> Response {
    let Some(port) = lambda.port(&sandbox) else { return gone() };
    port.start.send_replace(Start::Failed(body));
    StatusCode::ACCEPTED.into_response()
}

fn complete(lambda: &Lambda, sandbox: &str, request: &str, reply: Reply) -> Response {
    let Some(port) = lambda.port(sandbox) else { return gone() };
    let pending = port.pending.lock().take();
    match pending {
        Some((id, sender)) if id == request => {
            // The invoker may have given up (time-out); Lambda accepts the late answer and drops it.
            let _ = sender.send(reply);
            StatusCode::ACCEPTED.into_response()
        }
        other => {
            *port.pending.lock() = other;
            let body = r#"{"errorType":"InvalidRequestID","errorMessage":"Invalid request ID"}"#;
            (StatusCode::BAD_REQUEST, body).into_response()
        }
    }
}

/// The sandbox was shut down.
fn gone() -> Response {
    StatusCode::GONE.into_response()
}
