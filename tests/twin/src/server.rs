//! One port for all services: finds the service and the operation of a request, and answers in its protocol.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{ConnectInfo, DefaultBodyLimit, Path, Query, State},
    http::{HeaderMap, HeaderValue, Method, Uri},
    response::{IntoResponse as _, Response},
    routing::get,
};
use serde_json::{Value, json};
use tower_http::decompression::RequestDecompressionLayer;

use crate::{
    Services, bedrock,
    connection::Line,
    dynamodb,
    error::ApiError,
    faults::{Fate, caller},
    lambda::rest,
    sns::NAMESPACE,
    wire::{
        Protocol, cbor,
        query::{self, Form},
    },
};

/// Largest request: a ZIP file of 50 MB in base64, Lambda's limit for direct uploads.
const BODY_LIMIT_BYTES: usize = 70 * 1024 * 1024;
const JSON_1_0: &str = "application/x-amz-json-1.0";
const JSON_1_1: &str = "application/x-amz-json-1.1";
const CBOR_PREFIX: &str = "/service/GraniteServiceVersion20100801/operation/";

/// The twin's routes.
pub(crate) fn router(services: Arc<Services>) -> Router {
    let own = Router::new()
        .route("/clock", get(clock))
        .route("/journal", get(journal))
        .route("/calls", get(calls))
        .route("/logs/{function}", get(logs))
        .route("/events", get(events))
        .route("/inbox/{topic}", get(inbox))
        .with_state(services.clone());
    Router::new()
        .nest("/_twin", own)
        .fallback(aws)
        .layer(DefaultBodyLimit::max(BODY_LIMIT_BYTES))
        // SDKs compress PutMetricData bodies from about 10 KiB on.
        .layer(RequestDecompressionLayer::new())
        .with_state(services)
}

async fn clock(State(services): State<Arc<Services>>) -> axum::Json<Value> {
    let clock = &services.clock;
    axum::Json(json!({"now": clock.now(), "rate": clock.rate()}))
}

async fn journal(State(services): State<Arc<Services>>) -> Response {
    axum::Json(services.journal.entries()).into_response()
}

async fn calls(State(services): State<Arc<Services>>) -> Response {
    axum::Json(services.faults.calls()).into_response()
}

async fn logs(State(services): State<Arc<Services>>, Path(function): Path<String>) -> Response {
    axum::Json(services.lambda.log_lines(&function)).into_response()
}

async fn events(State(services): State<Arc<Services>>) -> Response {
    axum::Json(services.bus.events()).into_response()
}

async fn inbox(State(services): State<Arc<Services>>, Path(topic): Path<String>) -> Response {
    axum::Json(services.sns.inbox(&topic)).into_response()
}

/// Every AWS request.
async fn aws(
    State(services): State<Arc<Services>>,
    ConnectInfo(line): ConnectInfo<Line>,
    method: Method,
    uri: Uri,
    query: Query<Vec<(String, String)>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path();
    let target = headers.get("x-amz-target").and_then(|v| v.to_str().ok()).and_then(|t| t.rsplit_once('.'));
    let (mut response, fate) = if let Some(operation) = path.strip_prefix(CBOR_PREFIX) {
        let input = cbor::decode(&body);
        call(&services, Protocol::Cbor, "cloudwatch", operation, &headers, input)
    } else if let Some((service, operation)) = target {
        match json_service(service) {
            Some((name, content_type)) => {
                call(&services, Protocol::Json(content_type), name, operation, &headers, json_body(&body))
            }
            None => {
                let unknown = format!("the service of target {service}.{operation}");
                (Protocol::Json(JSON_1_1).error(&ApiError::not_implemented(unknown)), Fate::Answered)
            }
        }
    } else if let Some(form) = Form::of(&headers, &body).filter(|_| path == "/" && method == Method::POST) {
        sns(&services, &headers, &form)
    } else if let Some(operation) = bedrock::operation(path) {
        call(&services, Protocol::Rest, "bedrock", operation, &headers, json_body(&body))
    } else {
        lambda(&services, &method, path, &query, &headers, body).await
    };
    if let Ok(id) = HeaderValue::from_str(&uuid::Uuid::new_v4().to_string()) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    match fate {
        Fate::Answered | Fate::Refused(_) => response,
        Fate::AnswerLost => {
            line.cut();
            response
        }
        Fate::Crashed => {
            services.faults.crash(&headers);
            // The caller dies and hangs up, which ends this, too. Anything else could reach it before its end.
            std::future::pending().await
        }
    }
}

/// The service of a target header, as the record of calls names it, and the content type of its answers.
fn json_service(target: &str) -> Option<(&'static str, &'static str)> {
    match target {
        "CodeDeploy_20141006" => Some(("codedeploy", JSON_1_1)),
        "CodePipeline_20150709" => Some(("codepipeline", JSON_1_1)),
        "AWSEvents" => Some(("events", JSON_1_1)),
        "GraniteServiceVersion20100801" => Some(("cloudwatch", JSON_1_0)),
        "DynamoDB_20120810" => Some(("dynamodb", JSON_1_0)),
        _ => None,
    }
}

fn json_body(body: &Bytes) -> Result<Value, ApiError> {
    if body.is_empty() {
        return Ok(json!({}));
    }
    serde_json::from_slice(body).map_err(|e| ApiError::bad_request("SerializationException", e.to_string()))
}

/// Runs one operation of those with JSON or CBOR bodies, past the injected faults, and notes the call.
fn call(
    services: &Arc<Services>,
    protocol: Protocol,
    service: &str,
    operation: &str,
    headers: &HeaderMap,
    input: Result<Value, ApiError>,
) -> (Response, Fate) {
    let name = format!("{service}:{operation}");
    let fate = services.faults.arrive(&name, headers);
    if service == "dynamodb" && fate.refusal().as_ref().is_some_and(dynamodb::is_throttle) {
        measure_throttle(services, operation, input.as_ref().ok());
    }
    let result = match fate.refusal() {
        Some(error) => Err(error),
        None => input.and_then(|input| match service {
            "bedrock" => bedrock::handle(operation, &input),
            "dynamodb" => services.dynamodb.handle(operation, input),
            "codedeploy" => services.codedeploy.handle(operation, &input),
            "codepipeline" => services.codepipeline.handle(operation, &input, &caller(headers)),
            "events" => services.bus.handle(operation, &input, services.clock.now()),
            _ => services.cloudwatch.handle(operation, &input, services.clock.now()),
        }),
    };
    services.faults.record(&name, headers, result.as_ref().err());
    let response = match result {
        Ok(value) => protocol.answer(&value),
        Err(error) => protocol.error(&error),
    };
    (response, fate)
}

/// A table's throttles come from faults alone, so that they are measured here.
fn measure_throttle(services: &Services, operation: &str, input: Option<&Value>) {
    let now = services.clock.now();
    for sample in input.into_iter().flat_map(|input| dynamodb::samples(operation, input, now)) {
        services.cloudwatch.record(sample, now);
    }
}

/// Runs one operation of the query protocol, which is SNS's alone.
fn sns(services: &Arc<Services>, headers: &HeaderMap, form: &Form) -> (Response, Fate) {
    let operation = form.get("Action").unwrap_or_default();
    let (name, request) = (format!("sns:{operation}"), uuid::Uuid::new_v4().to_string());
    let fate = services.faults.arrive(&name, headers);
    let result = match fate.refusal() {
        Some(error) => Err(error),
        None => services.sns.handle(operation, form, services.clock.now()),
    };
    services.faults.record(&name, headers, result.as_ref().err());
    let response = match result {
        Ok(elements) => query::answer(NAMESPACE, operation, elements, &request),
        Err(error) => query::error(NAMESPACE, &error, &request),
    };
    (response, fate)
}

async fn lambda(
    services: &Arc<Services>,
    method: &Method,
    path: &str,
    query: &[(String, String)],
    headers: &HeaderMap,
    body: Bytes,
) -> (Response, Fate) {
    let decoded = percent_encoding::percent_decode_str(path).decode_utf8_lossy();
    // The first part is the API's date, which differs between Lambda's operations.
    let path_parts = decoded.split('/').filter(|part| !part.is_empty()).skip(1).collect();
    let request = rest::Request { method, path: path_parts, query, headers, body };
    let Some(operation) = rest::operation(&request) else {
        return (Protocol::Rest.error(&rest::unknown_path(method, path)), Fate::Answered);
    };
    let name = format!("lambda:{operation}");
    let fate = services.faults.arrive(&name, headers);
    let result = match fate.refusal() {
        Some(error) => Err(error),
        None => rest::handle(&services.lambda, operation, &request).await,
    };
    services.faults.record(&name, headers, result.as_ref().err());
    (result.unwrap_or_else(|error| Protocol::Rest.error(&error)), fate)
}
