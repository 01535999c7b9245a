//! The Lambda Runtime API (2018-06-01): each sandbox has its own, at an address of its own as on AWS.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};

use super::sandbox::{Reply, SandboxPort, Start};

/// The four routes that a runtime uses.
pub(super) fn router(port: Arc<SandboxPort>) -> Router {
    let routes = Router::new()
        .route("/invocation/next", get(next))
        .route("/invocation/{request}/response", post(response))
        .route("/invocation/{request}/error", post(error))
        .route("/init/error", post(init_error))
        // A program of this computer answers, nobody else can reach it.
        .layer(DefaultBodyLimit::disable())
        .with_state(port);
    Router::new().nest("/2018-06-01/runtime", routes)
}

/// `GET invocation/next`: waits for work; the first call says that the start is complete.
async fn next(State(port): State<Arc<SandboxPort>>) -> Response {
    port.start.send_replace(Start::Ready);
    let work = port.inbox.lock().await.recv().await;
    let Some(work) = work else { return StatusCode::GONE.into_response() };
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
async fn response(
    State(port): State<Arc<SandboxPort>>,
    Path(request): Path<String>,
    body: Bytes,
) -> Response {
    complete(&port, &request, Reply::Response(body))
}

/// `POST invocation/<request>/error`.
async fn error(State(port): State<Arc<SandboxPort>>, Path(request): Path<String>, body: Bytes) -> Response {
    complete(&port, &request, Reply::Error(body))
}

/// `POST init/error`: the function says why it cannot start.
async fn init_error(State(port): State<Arc<SandboxPort>>, body: Bytes) -> Response {
    port.start.send_replace(Start::Failed(body));
    StatusCode::ACCEPTED.into_response()
}

fn complete(port: &SandboxPort, request: &str, reply: Reply) -> Response {
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
