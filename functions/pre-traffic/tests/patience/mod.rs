//! What passes by itself is waited for, and no longer than there is time.

use crate::TIME;
use crate::stub::{PUT, Reply, Run as _, Stub, default_answer, deployment};
use hook::HookError;
use serde_json::json;
use std::time::Duration;
use tokio::net::{TcpSocket, TcpStream};

#[tokio::test]
async fn succeeds_when_the_cold_answer_takes_longer_than_other_calls_may() {
    let cases = r#"[{"name": "slow", "request": {"event": {}}, "max_cold_latency_ms": 10000}]"#;
    let stub = Stub::start(|operation, before| match (operation, before) {
        ("Invoke", 0) => {
            Reply::Late(aws::ATTEMPT_TIMEOUT + Duration::from_secs(1), json!({"statusCode": 200}))
        }
        _ => Reply::Default,
    });
    let stub = stub.await;
    let outcome = stub.run(Duration::from_secs(30), &[("SMOKE_CASES", cases)]).await.unwrap();
    assert_eq!(outcome.verdict.status(), "Succeeded", "{}", outcome.verdict.reason());
    assert_eq!(stub.count("Invoke"), 2);
}

#[tokio::test]
async fn invokes_again_when_lambda_throttles_or_is_out_of_order() {
    let stub = Stub::start(|operation, before| match (operation, before) {
        ("Invoke", 0) => Reply::Error("TooManyRequestsException"),
        ("Invoke", 2) => Reply::Status(503),
        _ => Reply::Default,
    });
    let stub = stub.await;
    assert_eq!(stub.run(TIME, &[]).await.unwrap().verdict.status(), "Succeeded");
    assert_eq!(stub.count("Invoke"), 4);
}

#[tokio::test]
async fn fails_with_the_last_refusal_when_lambda_stays_out_of_order() {
    let stub = Stub::start(|operation, _| match operation {
        "Invoke" => Reply::Status(503),
        _ => Reply::Default,
    });
    let stub = stub.await;
    let reason = stub.run(TIME, &[]).await.unwrap().verdict.reason().to_owned();
    assert!(reason.contains("the hook's time is up; before: Lambda refused"), "{reason}");
    assert!(reason.contains("HTTP 503"), "{reason}");
}

#[tokio::test]
async fn connects_again_when_the_connection_takes_too_long() {
    // A listener whose queue is full: the system drops further connections without an answer.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let full = socket.listen(0).unwrap();
    let address = full.local_addr().unwrap();
    let queued: Vec<_> = (0..4).map(|_| tokio::spawn(TcpStream::connect(address))).collect();
    let stub = Stub::start(|_, _| Reply::Default).await;
    let settings = [("AWS_ENDPOINT_URL_LAMBDA", format!("http://{address}"))];
    let settings = settings.each_ref().map(|(name, value)| (*name, value.as_str()));
    let reason = stub.run(TIME, &settings).await.unwrap().verdict.reason().to_owned();
    assert!(reason.contains("the hook's time is up; before: "), "{reason}");
    assert!(reason.contains("HTTP connect timeout occurred after 2s"), "{reason}");
    queued.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn waits_when_the_targets_are_not_there_yet_or_not_filled_in() {
    let stub = Stub::start(|operation, before| match (operation, before) {
        ("ListDeploymentTargets", 0) => Reply::Error("DeploymentNotStartedException"),
        ("ListDeploymentTargets", 1) => Reply::Ok(json!({"targetIds": []})),
        ("BatchGetDeploymentTargets", 0) => {
            let mut answer = default_answer(operation);
            let target = answer["deploymentTargets"][0]["lambdaTarget"].as_object_mut().unwrap();
            target.remove("lambdaFunctionInfo");
            Reply::Ok(answer)
        }
        _ => Reply::Default,
    });
    let stub = stub.await;
    assert_eq!(stub.run(2 * TIME, &[]).await.unwrap().verdict.status(), "Succeeded");
    assert_eq!(stub.count("BatchGetDeploymentTargets"), 2);
}

#[tokio::test]
async fn rollback_succeeds_unchecked_when_its_creator_is_readable_late() {
    for code in ["ThrottlingException", "AccessDeniedException"] {
        let stub = Stub::start(move |operation, before| match (operation, before) {
            ("GetDeployment", 0) => Reply::Error(code),
            ("GetDeployment", _) => Reply::Ok(deployment("codeDeployRollback", "InProgress")),
            _ => Reply::Default,
        });
        let stub = stub.await;
        let outcome = stub.run(2 * TIME, &[]).await.unwrap();
        assert_eq!((outcome.verdict.status(), stub.count("Invoke")), ("Succeeded", 0), "{code}");
        assert!(!outcome.verdict.reason().contains("creator unknown"), "{}", outcome.verdict.reason());
    }
}

#[tokio::test]
async fn goes_on_and_says_so_when_the_creator_stays_unreadable() {
    let stub = Stub::start(|operation, _| match operation {
        "GetDeployment" => Reply::Error("AccessDeniedException"),
        _ => Reply::Default,
    });
    let stub = stub.await;
    let verdict = stub.run(TIME, &[]).await.unwrap().verdict;
    assert_eq!((verdict.status(), stub.count("Invoke")), ("Succeeded", 2));
    assert!(verdict.reason().contains("; creator unknown: "), "{}", verdict.reason());
    assert!(verdict.reason().contains("AccessDeniedException"), "{}", verdict.reason());
    assert!(stub.count("GetDeployment") > 1);
}

#[tokio::test]
async fn refusal_is_reported_before_the_deadline_when_the_deployments_end_cannot_be_read() {
    let stub = Stub::start(|operation, before| match (operation, before) {
        (PUT, _) => Reply::Error("InvalidLifecycleEventHookExecutionIdException"),
        ("GetDeployment", 1) => Reply::Late(Duration::from_secs(60), json!({})),
        _ => Reply::Default,
    });
    let stub = stub.await;
    let run = tokio::time::timeout(TIME / 2, stub.run(TIME / 2, &[]));
    let error: HookError = run.await.unwrap().unwrap_err();
    assert_eq!(error.error_type(), "HookReportRefused");
}
