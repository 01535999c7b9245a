//! The handler without any other service.

use super::*;
use lambda_runtime::Context;
use serde_json::json;

fn app() -> App {
    let lookup = |name: &str| (name == "BUILD_ID").then(|| "abc123".to_owned());
    let clock = Clock::standing_at(std::time::UNIX_EPOCH);
    App::from_lookup(lookup, clock, Manuals::built_in().unwrap()).unwrap()
}

async fn answer(payload: &str) -> Value {
    let payload = serde_json::from_str(payload).unwrap();
    let answer = handle(&app(), LambdaEvent::new(payload, Context::default())).await.unwrap();
    serde_json::to_value(answer).unwrap()
}

#[tokio::test]
async fn health_is_ok_when_the_event_is_complete() {
    for event in [
        include_str!("../../../events/api-gateway/health.json"),
        include_str!("../../../events/api-gateway/health-http-api.json"),
    ] {
        let answer = answer(event).await;
        assert_eq!(answer["statusCode"], 200);
        assert_eq!(answer["headers"]["content-type"], "application/json");
        assert_eq!(answer["body"], r#"{"status":"ok"}"#);
        assert_eq!(answer.get("cookies").is_some(), event.contains(r#""version": "2.0""#), "its format");
    }
}

#[tokio::test]
async fn health_is_ok_when_the_event_is_minimal() {
    for event in [
        json!({"rawPath": "/health", "requestContext": {"http": {"method": "GET"}}}),
        json!({"path": "/health", "httpMethod": "GET", "requestContext": {"httpMethod": "GET"}}),
    ] {
        assert_eq!(answer(&event.to_string()).await["statusCode"], 200, "{event}");
    }
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
    for event in [
        include_str!("../../../events/api-gateway/invalid-no-request-context.json"),
        include_str!("../../../events/api-gateway/invalid-no-request-context-http-api.json"),
        "[]",
        "null",
    ] {
        let answer = answer(event).await;
        assert_eq!(answer["statusCode"], 400, "{event}");
        assert!(answer["body"].as_str().unwrap().contains("detail"));
    }
}

#[tokio::test]
async fn nobody_is_called_when_neither_table_nor_model_is_set() {
    for id in ["none", "", " "] {
        let lookup = |name: &str| (name == MODEL_ID).then(|| id.to_owned());
        let clock = Clock::standing_at(std::time::UNIX_EPOCH);
        // No region and no credentials: a client could not be built.
        let app = App::from_lookup(lookup, clock, Manuals::built_in().unwrap()).unwrap();
        assert!(app.usage.is_none() && app.model.is_none(), "{id:?}");
    }
    let answer = answer(include_str!("../../../events/api-gateway/usage.json")).await;
    assert_eq!(answer["statusCode"], 404);
}

#[tokio::test]
async fn error_when_a_table_or_a_model_is_set_and_aws_cannot_be_reached() {
    for variable in [USAGE_TABLE, MODEL_ID] {
        let lookup = |name: &str| (name == variable).then(|| "some".to_owned());
        let clock = Clock::standing_at(std::time::UNIX_EPOCH);
        let error = App::from_lookup(lookup, clock, Manuals::built_in().unwrap()).unwrap_err();
        assert!(error.to_string().starts_with("AWS_REGION is not set"), "{error}");
    }
}

#[tokio::test]
async fn only_the_first_request_is_cold() {
    let app = app();
    assert!(!app.warm.load(Ordering::Relaxed));
    handle(&app, LambdaEvent::new(Value::Null, Context::default())).await.unwrap();
    assert!(app.warm.load(Ordering::Relaxed));
}
