//! The Manuel API: the thing being released.
//!
//! - **Trigger**: API Gateway HTTP API, payload format 2.0.
//! - **Effect**: answers `GET /health`, `GET /version` and `POST /query`, and writes one metric line per request
//!   ([`metrics`]).
//! - **On failure**: every error is an `application/problem+json` answer (RFC 9457), also for an event that is no HTTP
//!   request at all (400), so that a person or a smoke test sees what was wrong instead of a 502 from API Gateway.
//! - **Rules**: [`decide`]; for questions [`query`] and [`manuals`].
//!
//! A crash or a time-out leaves no metric line; the `Errors` metric of `AWS/Lambda` counts those.

pub mod decide;
#[cfg(feature = "rehearsal")]
pub mod faults;
pub mod manuals;
pub mod metrics;
pub mod query;

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use clock::Clock;
use decide::{Reply, Request, Version};
use http::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use lambda_runtime::{Diagnostic, LambdaEvent};
use manuals::Manuals;
use serde_json::Value;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Who this process is. A missing variable is `unknown` and no reason to refuse requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// `AWS_LAMBDA_FUNCTION_NAME`, in two dimensions of the metrics.
    pub function_name: String,
    /// `AWS_LAMBDA_FUNCTION_VERSION` and `BUILD_ID`, what `GET /version` answers.
    pub version: Version,
}

impl Config {
    /// Reads the three variables; empty counts as missing.
    #[must_use]
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let known =
            |name| lookup(name).filter(|value| !value.is_empty()).unwrap_or_else(|| "unknown".to_owned());
        let version =
            Version { function_version: known("AWS_LAMBDA_FUNCTION_VERSION"), build_id: known("BUILD_ID") };
        Self { function_name: known("AWS_LAMBDA_FUNCTION_NAME"), version }
    }
}

/// One sandbox: its identity, its clock, what it knows, and whether it has served a request yet.
#[derive(Debug)]
pub struct App {
    config: Config,
    clock: Clock,
    manuals: Manuals,
    init_duration: Duration,
    warm: AtomicBool,
    #[cfg(feature = "rehearsal")]
    faults: faults::Faults,
}

/// The invocation itself failed. A production build never does this: it answers every event.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// A rehearsal asked for function errors; nothing to repair.
    #[cfg(feature = "rehearsal")]
    #[error("function error ordered by the rehearsal")]
    Rehearsed,
}

impl From<BackendError> for Diagnostic {
    fn from(error: BackendError) -> Self {
        Self { error_type: "BackendFailed".to_owned(), error_message: error.to_string() }
    }
}

impl App {
    /// Call it last in `main`: the time since the process began is this sandbox's initialisation.
    #[must_use]
    pub fn new(config: Config, clock: Clock, manuals: Manuals) -> Self {
        Self {
            config,
            manuals,
            init_duration: clock.uptime(),
            clock,
            warm: AtomicBool::new(false),
            #[cfg(feature = "rehearsal")]
            faults: faults::Faults::default(),
        }
    }

    /// The same sandbox with the faults that a rehearsal orders.
    ///
    /// # Errors
    /// When the variable's value is malformed; the sandbox then does not start.
    ///
    /// # Panics
    /// When `crash_at_start` is ordered: the crash is the point.
    #[cfg(feature = "rehearsal")]
    pub fn with_faults(mut self, value: Option<&str>) -> Result<Self, faults::FaultsError> {
        self.faults = faults::Faults::parse(value)?;
        self.faults.crash_if_ordered();
        Ok(self)
    }
}

/// Answers one request and writes its metric line.
///
/// # Errors
/// None in production; see [`BackendError`].
pub async fn handle(app: &App, event: LambdaEvent<Value>) -> Result<ApiGatewayV2httpResponse, BackendError> {
    let started = app.clock.uptime();
    let cold_start = !app.warm.swap(true, Ordering::Relaxed);
    let request = parse(event.payload);
    let request = request.as_ref().map_err(String::as_str);
    let reply = decide::reply(request, &app.config.version, &app.manuals);
    #[cfg(feature = "rehearsal")]
    let reply = app.faults.strike(reply, app.clock.now_ms()).await?;
    metrics::write(&metrics::Line {
        timestamp_ms: app.clock.now_ms(),
        function_name: &app.config.function_name,
        resource: &metrics::resource(&app.config.function_name, &event.context.invoked_function_arn),
        executed_version: &app.config.version.function_version,
        request_id: &event.context.request_id,
        status: reply.status,
        query: reply.query,
        latency: app.clock.uptime().saturating_sub(started),
        init_duration: cold_start.then_some(app.init_duration),
    });
    Ok(response(reply))
}

/// Reduces the event to what the rules need, or says why it is no HTTP request.
fn parse(payload: Value) -> Result<Request, String> {
    let event: ApiGatewayV2httpRequest =
        serde_json::from_value(payload).map_err(|error| error.to_string())?;
    let http = event.request_context.http;
    let path = event.raw_path.or(http.path).ok_or("missing field `rawPath`")?;
    let content_type = event.headers.get(CONTENT_TYPE);
    Ok(Request {
        method: http.method,
        path,
        stage: event.request_context.stage,
        content_type: content_type.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
        body: event.body,
        is_base64: event.is_base64_encoded,
    })
}

fn response(reply: Reply) -> ApiGatewayV2httpResponse {
    let mut response = ApiGatewayV2httpResponse::default();
    response.status_code = i64::from(reply.status);
    response.headers.insert(CONTENT_TYPE, HeaderValue::from_static(reply.content_type));
    if let Some(methods) = reply.allow {
        response.headers.insert(ALLOW, HeaderValue::from_static(methods));
    }
    response.body = reply.body.map(|body| body.to_string().into());
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambda_runtime::Context;
    use serde_json::json;

    fn app() -> App {
        let config = Config::from_lookup(|name| (name == "BUILD_ID").then(|| "abc123".to_owned()));
        App::new(config, Clock::standing_at(std::time::UNIX_EPOCH), Manuals::built_in().unwrap())
    }

    async fn answer(payload: &str) -> Value {
        let payload = serde_json::from_str(payload).unwrap();
        let answer = handle(&app(), LambdaEvent::new(payload, Context::default())).await.unwrap();
        serde_json::to_value(answer).unwrap()
    }

    #[tokio::test]
    async fn health_is_ok_when_the_event_is_complete() {
        let answer = answer(include_str!("../../../events/api-gateway/health.json")).await;
        assert_eq!(answer["statusCode"], 200);
        assert_eq!(answer["headers"]["content-type"], "application/json");
        assert_eq!(answer["body"], r#"{"status":"ok"}"#);
    }

    #[tokio::test]
    async fn health_is_ok_when_the_event_is_minimal() {
        let event = json!({"version": "2.0", "rawPath": "/health", "requestContext": {"http": {"method": "GET", "path": "/health"}}});
        assert_eq!(answer(&event.to_string()).await["statusCode"], 200);
    }

    #[tokio::test]
    async fn version_tells_version_and_build() {
        let answer = answer(include_str!("../../../events/api-gateway/version.json")).await;
        let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        assert_eq!(body, json!({"functionVersion": "unknown", "buildId": "abc123"}));
    }

    #[tokio::test]
    async fn question_is_answered_when_a_manual_has_the_answer() {
        let answer = answer(include_str!("../../../events/api-gateway/query.json")).await;
        let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        assert_eq!((&answer["statusCode"], &body["answered"]), (&json!(200), &json!(true)));
        assert_eq!(body["manual"], "Coffee machine");
    }

    #[tokio::test]
    async fn question_is_unanswered_when_no_manual_has_the_answer() {
        let answer = answer(include_str!("../../../events/api-gateway/query-unanswered.json")).await;
        assert_eq!((&answer["statusCode"], &answer["body"]), (&json!(200), &json!(r#"{"answered":false}"#)));
    }

    #[tokio::test]
    async fn bad_request_when_the_query_has_no_question() {
        let answer = answer(include_str!("../../../events/api-gateway/invalid-query-no-question.json")).await;
        assert_eq!(answer["statusCode"], 400);
        assert_eq!(answer["headers"]["content-type"], "application/problem+json");
        assert!(answer["body"].as_str().unwrap().contains("send"), "{answer}");
    }

    #[tokio::test]
    async fn content_type_is_read_whatever_its_spelling() {
        let event = include_str!("../../../events/api-gateway/query.json");
        let typed = |from: &str, to: &str| event.replace(from, to);
        for (event, status) in [
            (typed("content-type", "Content-Type"), 200),
            (typed("application/json", "text/plain"), 415),
            (typed("application/json", "caf\\u00e9"), 415),
        ] {
            assert_eq!(answer(&event).await["statusCode"], status, "{event}");
        }
    }

    #[tokio::test]
    async fn problem_is_reported_when_the_route_is_unknown() {
        let answer = answer(include_str!("../../../events/api-gateway/unknown-route.json")).await;
        assert_eq!(answer["statusCode"], 404);
        assert_eq!(answer["headers"]["content-type"], "application/problem+json");
    }

    #[tokio::test]
    async fn bad_request_when_the_event_is_no_http_request() {
        for event in
            [include_str!("../../../events/api-gateway/invalid-no-request-context.json"), "[]", "null"]
        {
            let answer = answer(event).await;
            assert_eq!(answer["statusCode"], 400, "{event}");
            assert!(answer["body"].as_str().unwrap().contains("detail"));
        }
    }

    #[tokio::test]
    async fn only_the_first_request_is_cold() {
        let app = app();
        assert!(!app.warm.load(Ordering::Relaxed));
        handle(&app, LambdaEvent::new(Value::Null, Context::default())).await.unwrap();
        assert!(app.warm.load(Ordering::Relaxed));
    }
}
