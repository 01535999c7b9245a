//! The handler with real SDK clients: against the local AWS, and against a scripted one for what AWS should not do.
#![expect(clippy::unwrap_used, reason = "set-up outside the test functions")]

mod stage;

use std::time::{Duration, Instant};

use scripted::{Reply, Stub};
use serde_json::json;
use stage::{HEALTH, QUERY, QUERY_HTTP_API, Stage, UNANSWERED, USAGE, USER, anonymous, handled};
use twin::ApiError;

const TABLE: (&str, &str) = ("USAGE_TABLE", stage::TABLE);
const MODEL: (&str, &str) = ("MODEL_ID", "eu.amazon.nova-lite-v1:0");
const PASSAGE: &str = "To descale the coffee machine, fill its water tank";

fn throttle() -> ApiError {
    ApiError { code: "ThrottlingException", status: 400, message: "Rate exceeded".to_owned() }
}

#[tokio::test]
async fn each_question_is_counted_once_when_the_user_is_known() {
    let stage = Stage::new(&[TABLE]).await;
    for event in [QUERY, UNANSWERED, QUERY_HTTP_API] {
        assert_eq!(stage.ask(event).await.0, 200);
    }
    assert_eq!(stage.calls(), ["dynamodb:UpdateItem"; 3]);
    let (status, body) = stage.ask(USAGE).await;
    assert_eq!((status, body), (200, json!({"user": USER, "day": stage::TODAY, "questions": 3})));
    let item = stage.item().await;
    assert_eq!(item["expiresAt"].as_n().unwrap(), stage::EXPIRES_AT);
}

#[tokio::test]
async fn nothing_is_counted_when_nobody_is_known_or_no_question_was_taken() {
    let stage = Stage::new(&[TABLE]).await;
    let refused = QUERY.replace(r#"\"question"#, r#"\"text"#);
    assert_ne!(refused, QUERY);
    for (event, status) in [(anonymous(QUERY), 200), (refused, 400), (HEALTH.to_owned(), 200)] {
        assert_eq!(stage.ask(&event).await.0, status);
    }
    assert_eq!(stage.calls(), [] as [&str; 0]);
    assert_eq!(stage.ask(USAGE).await.1["questions"], 0);
}

#[tokio::test]
async fn answer_is_the_same_when_the_count_is_throttled_missing_or_late() {
    let plain = Stage::new(&[]).await.ask(QUERY).await;
    let stage = Stage::new(&[TABLE]).await;
    stage.twin.faults().inject("dynamodb:UpdateItem", 9, throttle());
    assert_eq!(stage.ask(QUERY).await, plain);
    let elsewhere = Stage::new(&[("USAGE_TABLE", "no-such-table")]).await;
    assert_eq!(elsewhere.ask(QUERY).await, plain);
    let late = Stub::start(|_, _| Reply::Late(Duration::from_secs(60), json!({}))).await;
    let started = now();
    assert_eq!(handled(late.lookup(&[TABLE]), QUERY).await, plain);
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
}

#[tokio::test]
async fn usage_is_unavailable_when_the_table_is_throttled() {
    let stage = Stage::new(&[TABLE]).await;
    stage.twin.faults().inject("dynamodb:GetItem", 9, throttle());
    let (status, body) = stage.ask(USAGE).await;
    assert_eq!((status, &body["title"]), (503, &json!("Service Unavailable")));
}

#[tokio::test]
async fn usage_is_refused_when_nobody_is_known_or_nothing_is_counted() {
    let stage = Stage::new(&[TABLE]).await;
    assert_eq!(stage.ask(&anonymous(USAGE)).await.0, 401);
    assert_eq!(Stage::new(&[MODEL]).await.ask(USAGE).await.0, 404);
    assert_eq!(stage.calls(), [] as [&str; 0]);
}

#[tokio::test]
async fn answer_is_the_models_when_one_is_set() {
    let stage = Stage::new(&[MODEL]).await;
    let (status, body) = stage.ask(QUERY).await;
    assert!(body["answer"].as_str().unwrap().starts_with("The manual says: To descale"), "{body}");
    assert_eq!((status, &body["manual"], body.get("degraded")), (200, &json!("Coffee machine"), None));
    assert_eq!(stage.calls(), ["bedrock:Converse"]);
}

#[tokio::test]
async fn model_is_not_asked_when_no_passage_was_found() {
    let stage = Stage::new(&[MODEL]).await;
    assert_eq!(stage.ask(UNANSWERED).await, (200, json!({"answered": false})));
    assert_eq!(stage.calls(), [] as [&str; 0]);
}

#[tokio::test]
async fn answer_is_the_passage_when_the_model_is_throttled() {
    let stage = Stage::new(&[TABLE, MODEL]).await;
    stage.twin.faults().inject("bedrock:Converse", 9, ApiError { status: 429, ..throttle() });
    let (status, body) = stage.ask(QUERY).await;
    assert_eq!((status, &body["degraded"]), (200, &json!(true)));
    assert!(body["answer"].as_str().unwrap().starts_with(PASSAGE), "{body}");
    assert_eq!(stage.ask(USAGE).await.1["questions"], 1, "counted all the same");
}

#[tokio::test]
async fn answer_is_the_passage_when_the_models_is_none() {
    let said = |stop: &str, text: &str| {
        let message = json!({"role": "assistant", "content": [{"text": text}]});
        json!({"output": {"message": message}, "stopReason": stop})
    };
    for said in [said("max_tokens", "To desc"), said("end_turn", " "), said("tool_use", "x"), json!({})] {
        let stub = Stub::start(move |_, _| Reply::Ok(said.clone())).await;
        let (status, body) = handled(stub.lookup(&[MODEL]), QUERY).await;
        assert_eq!((status, &body["degraded"]), (200, &json!(true)));
    }
    let good = said("end_turn", "Hold the button.");
    let stub = Stub::start(move |_, _| Reply::Ok(good.clone())).await;
    assert_eq!(handled(stub.lookup(&[MODEL]), QUERY).await.1["answer"], "Hold the button.");
}

#[tokio::test]
async fn answer_is_the_passage_when_the_model_takes_too_long() {
    let stub = Stub::start(|_, _| Reply::Late(Duration::from_secs(60), json!({}))).await;
    let started = now();
    let lookup = stub.lookup(&[MODEL]);
    let (status, body) = stage::handled_within(Duration::from_millis(1_500), lookup, QUERY).await;
    assert_eq!((status, &body["degraded"]), (200, &json!(true)));
    assert!(started.elapsed() < Duration::from_millis(1_400), "before the deadline: {:?}", started.elapsed());
}

#[tokio::test]
async fn model_is_not_asked_when_no_time_is_left() {
    let stub = Stub::start(|_, _| Reply::Default).await;
    let lookup = stub.lookup(&[MODEL]);
    let (_, body) = stage::handled_within(Duration::from_millis(900), lookup, QUERY).await;
    assert_eq!((&body["degraded"], stub.calls.lock().len()), (&json!(true), 0));
}

#[expect(clippy::disallowed_methods, reason = "how long a customer waits is real time")]
fn now() -> Instant {
    Instant::now()
}
