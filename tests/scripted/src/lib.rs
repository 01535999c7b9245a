//! A scripted AWS for the tests of hooks: answers each call as the test says and remembers what was asked. Where the
//! twin shows how AWS behaves, this shows what a hook makes of any answer, also of one that AWS should never give.
#![expect(clippy::unwrap_used, reason = "test code: a test that cannot be set up must end")]
#![expect(clippy::indexing_slicing, reason = "of JSON values, where what is absent is null")]

mod cbor;
mod defaults;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header::CONTENT_TYPE};
use lambda_runtime::{Context, LambdaEvent};
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub use defaults::{default_answer, deployment};

/// The operation with which a hook answers.
pub const PUT: &str = "PutLifecycleEventHookExecutionStatus";

/// What is answered to one call.
pub enum Reply {
    /// Success.
    Ok(Value),
    /// An AWS error by its code.
    Error(&'static str),
    /// A status without a body, as of a gateway.
    Status(u16),
    /// A Lambda function error.
    FunctionError(Value),
    /// Success after a pause.
    Late(Duration, Value),
    /// The operation's default, see [`default_answer`].
    Default,
}

/// One call.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Name of the operation.
    pub operation: String,
    /// How often it was called before.
    pub before: usize,
    /// The body; for Invoke, which has the function's own, its path with the qualifier.
    pub input: Value,
}

type Script = Box<dyn Fn(&Asked) -> Reply + Send + Sync>;

/// A server on this computer that plays a script.
pub struct Stub {
    script: Script,
    /// Every call so far.
    pub calls: Mutex<Vec<Asked>>,
    /// Where it listens.
    pub url: String,
}

impl Stub {
    /// The script sees the operation's name and how often it was called before.
    pub async fn start(script: impl Fn(&str, usize) -> Reply + Send + Sync + 'static) -> Arc<Self> {
        Self::start_with(move |asked| script(&asked.operation, asked.before)).await
    }

    /// The script sees the whole call.
    pub async fn start_with(script: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stub = Arc::new(Self { script: Box::new(script), calls: Mutex::default(), url });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&stub));
        tokio::spawn(async move { axum::serve(listener, router).await });
        stub
    }

    /// How often an operation was called.
    #[must_use]
    pub fn count(&self, operation: &str) -> usize {
        self.calls.lock().iter().filter(|asked| asked.operation == operation).count()
    }

    /// The statuses with which the hook answered.
    #[must_use]
    pub fn answers(&self) -> Vec<String> {
        let calls = self.calls.lock();
        let answers = calls.iter().filter(|asked| asked.operation == PUT);
        answers.map(|asked| asked.input["status"].as_str().unwrap().to_owned()).collect()
    }

    /// An environment that leads here, with further settings.
    pub fn lookup<'a>(&'a self, settings: &'a [(&str, &str)]) -> impl Fn(&str) -> Option<String> + 'a {
        let fixed = [
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "id"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_ENDPOINT_URL", self.url.as_str()),
        ];
        let all: Vec<_> = fixed.into_iter().chain(settings.iter().copied()).collect();
        move |name| all.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    }
}

/// A deadline this far ahead, as Lambda states it.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the deadline of an invocation is real time")]
pub fn deadline_ms(time: Duration) -> u64 {
    let deadline = (SystemTime::now() + time).duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(deadline.as_millis()).unwrap()
}

/// The invocation of a hook with an event and this much time.
#[must_use]
pub fn invocation(event: &str, time: Duration) -> LambdaEvent<Value> {
    let mut context = Context::default();
    context.deadline = deadline_ms(time);
    LambdaEvent::new(serde_json::from_str(event).unwrap(), context)
}

async fn answer(
    State(stub): State<Arc<Stub>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, HeaderMap, Vec<u8>) {
    // CodeDeploy speaks AWS JSON, CloudWatch Smithy RPC v2 in CBOR, Lambda's Invoke REST.
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()?.split('.').nth(1));
    let rpc = uri.path().split_once("/operation/").map(|(_, operation)| operation);
    let (operation, input) = match (target, rpc) {
        (Some(operation), _) => (operation, serde_json::from_slice(&body).unwrap()),
        (None, Some(operation)) => (operation, cbor::decode(&body)),
        (None, None) => ("Invoke", json!(uri.to_string())),
    };
    let asked = Asked { operation: operation.to_owned(), before: stub.count(operation), input };
    stub.calls.lock().push(asked.clone());
    let reply = match (stub.script)(&asked) {
        Reply::Default => Reply::Ok(default_answer(operation)),
        reply => reply,
    };
    let (status, mut headers, body) = spoken(reply).await;
    let bytes = if rpc.is_some() { cbor::encode(&body) } else { body.to_string().into_bytes() };
    if rpc.is_some() {
        headers.insert("smithy-protocol", HeaderValue::from_static("rpc-v2-cbor"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/cbor"));
    }
    (status, headers, if body.is_null() { Vec::new() } else { bytes })
}

async fn spoken(reply: Reply) -> (StatusCode, HeaderMap, Value) {
    let mut headers = HeaderMap::new();
    match reply {
        Reply::Ok(value) => (StatusCode::OK, headers, value),
        Reply::Error(code) => {
            headers.insert("x-amzn-errortype", HeaderValue::from_static(code));
            (StatusCode::BAD_REQUEST, headers, json!({"__type": code, "message": "as scripted"}))
        }
        Reply::Status(status) => (StatusCode::from_u16(status).unwrap(), headers, Value::Null),
        Reply::FunctionError(value) => {
            headers.insert("x-amz-function-error", HeaderValue::from_static("Unhandled"));
            (StatusCode::OK, headers, value)
        }
        Reply::Late(pause, value) => {
            tokio::time::sleep(pause).await;
            (StatusCode::OK, headers, value)
        }
        Reply::Default => (StatusCode::OK, headers, json!({})),
    }
}
