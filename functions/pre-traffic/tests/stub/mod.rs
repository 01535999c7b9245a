//! A scripted AWS: answers each call as the test says and remembers what was asked.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use clock::Clock;
use hook::{Hook, HookError, HookEvent, Outcome, Verdict};
use lambda_runtime::{Context, LambdaEvent};
use parking_lot::Mutex;
use pre_traffic::{App, handle};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// What the stub answers to one call.
pub(crate) enum Reply {
    Ok(Value),
    /// An AWS error by its code.
    Error(&'static str),
    /// A status without a body, as of a gateway.
    Status(u16),
    /// A Lambda function error.
    FunctionError(Value),
    /// The answer comes after the pause.
    Late(Duration, Value),
    /// The operation's default.
    Default,
}

type Script = Box<dyn Fn(&str, usize) -> Reply + Send + Sync>;

/// Operation and what it carried: the JSON body, or for Invoke its path with the qualifier.
pub(crate) type Call = (String, Value);

pub(crate) struct Stub {
    script: Script,
    pub(crate) calls: Mutex<Vec<Call>>,
    pub(crate) url: String,
}

impl Stub {
    /// The script sees the operation's name and how often it was called before.
    pub(crate) async fn start(script: impl Fn(&str, usize) -> Reply + Send + Sync + 'static) -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stub = Arc::new(Self { script: Box::new(script), calls: Mutex::default(), url });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&stub));
        tokio::spawn(async move { axum::serve(listener, router).await });
        stub
    }

    /// How often an operation was called.
    pub(crate) fn count(&self, operation: &str) -> usize {
        self.calls.lock().iter().filter(|(name, _)| name == operation).count()
    }

    /// The statuses with which the hook answered.
    pub(crate) fn answers(&self) -> Vec<String> {
        let calls = self.calls.lock();
        let answers = calls.iter().filter(|(name, _)| name == PUT);
        answers.map(|(_, body)| body["status"].as_str().unwrap().to_owned()).collect()
    }

    /// Runs the whole function with this much time on the clock.
    pub(crate) async fn run(&self, time: Duration, settings: &[(&str, &str)]) -> Result<Outcome, HookError> {
        let (clock, deadline) = clock_and_deadline(time);
        let app = App::from_lookup(self.lookup(settings), clock).unwrap();
        let mut context = Context::default();
        context.deadline = deadline;
        handle(&app, LambdaEvent::new(event(), context)).await
    }

    /// Runs the bare hook with another check.
    pub(crate) async fn run_check<F>(
        &self,
        time: Duration,
        check: impl FnOnce() -> F,
    ) -> Result<Outcome, HookError>
    where
        F: Future<Output = Result<Verdict, std::io::Error>>,
    {
        let (clock, deadline) = clock_and_deadline(time);
        let codedeploy = aws::Aws::from_lookup(self.lookup(&[])).unwrap().codedeploy();
        let hook = Hook { codedeploy: &codedeploy, clock: &clock, reserve: hook::DEFAULT_RESERVE };
        hook.answer(&HookEvent::parse(&event()).unwrap(), deadline, |_, _| check()).await
    }

    fn lookup<'a>(&'a self, settings: &'a [(&str, &str)]) -> impl Fn(&str) -> Option<String> + 'a {
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

fn event() -> Value {
    serde_json::from_str(include_str!("../../../../events/codedeploy/before-allow-traffic.json")).unwrap()
}

pub(crate) const PUT: &str = "PutLifecycleEventHookExecutionStatus";

#[expect(clippy::disallowed_methods, reason = "the hook's deadline is real time")]
fn clock_and_deadline(time: Duration) -> (Clock, u64) {
    let start = Instant::now();
    let deadline = (SystemTime::now() + time).duration_since(UNIX_EPOCH).unwrap();
    (Clock::new(SystemTime::now, move || start.elapsed()), u64::try_from(deadline.as_millis()).unwrap())
}

async fn answer(
    State(stub): State<Arc<Stub>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, HeaderMap, String) {
    let target = headers.get("x-amz-target").map(|target| target.to_str().unwrap().to_owned());
    let operation =
        target.as_deref().and_then(|target| target.split('.').nth(1)).unwrap_or("Invoke").to_owned();
    let asked =
        if target.is_some() { serde_json::from_slice(&body).unwrap() } else { json!(uri.to_string()) };
    let before = stub.count(&operation);
    stub.calls.lock().push((operation.clone(), asked));
    let reply = match (stub.script)(&operation, before) {
        Reply::Default => Reply::Ok(default_answer(&operation)),
        reply => reply,
    };
    let mut headers = HeaderMap::new();
    match reply {
        Reply::Ok(value) => (StatusCode::OK, headers, value.to_string()),
        Reply::Error(code) => {
            headers.insert("x-amzn-errortype", code.parse().unwrap());
            (StatusCode::BAD_REQUEST, headers, json!({"__type": code, "message": "as scripted"}).to_string())
        }
        Reply::Status(status) => (StatusCode::from_u16(status).unwrap(), headers, String::new()),
        Reply::FunctionError(value) => {
            headers.insert("x-amz-function-error", "Unhandled".parse().unwrap());
            (StatusCode::OK, headers, value.to_string())
        }
        Reply::Late(pause, value) => {
            tokio::time::sleep(pause).await;
            (StatusCode::OK, headers, value.to_string())
        }
        Reply::Default => unreachable!("replaced above"),
    }
}

/// A healthy deployment of `shop:live` from version 41 to 42.
pub(crate) fn default_answer(operation: &str) -> Value {
    match operation {
        "GetDeployment" => deployment("user", "InProgress"),
        "ListDeploymentTargets" => json!({"targetIds": ["shop:live"]}),
        "BatchGetDeploymentTargets" => json!({"deploymentTargets": [{
            "deploymentTargetType": "LambdaTarget",
            "lambdaTarget": {
                "targetId": "shop:live",
                "lambdaFunctionInfo": {
                    "functionName": "shop", "functionAlias": "live",
                    "currentVersion": "41", "targetVersion": "42", "targetVersionWeight": 0.0,
                },
                "lifecycleEvents": [{"lifecycleEventName": "BeforeAllowTraffic", "status": "InProgress"}],
            },
        }]}),
        "Invoke" => json!({"statusCode": 200, "body": "{\"status\":\"ok\"}"}),
        _ => json!({}),
    }
}

pub(crate) fn deployment(creator: &str, status: &str) -> Value {
    json!({"deploymentInfo": {
        "deploymentId": "d-READY0001", "creator": creator, "status": status,
        "applicationName": "shop", "deploymentGroupName": "live",
    }})
}
