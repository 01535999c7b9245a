//! The whole hook with real SDK clients against a scripted AWS: it answers, whatever happens.
#![expect(clippy::unwrap_used, reason = "the stub is test code")]

mod patience;
mod stub;

use hook::{Delivery, HookError, Verdict};
use serde_json::json;
use std::time::Duration;
use stub::{PUT, Reply, Run as _, Stub, default_answer, deployment};

/// Enough for a hook that is not made to wait; its reserve is then a third.
const TIME: Duration = Duration::from_secs(6);

#[tokio::test]
async fn succeeds_when_the_new_version_is_healthy() {
    let stub = Stub::start(|_, _| Reply::Default).await;
    let outcome = stub.run(TIME, &[]).await.unwrap();
    assert_eq!((outcome.verdict.status(), outcome.delivery), ("Succeeded", Delivery::Accepted));
    assert_eq!(outcome.deployment.unwrap().versions(), "shop:live 41 -> 42");
    assert_eq!(stub.answers(), ["Succeeded"]);
    assert_eq!(stub.count("Invoke"), 2, "one cold, one warm");
    let calls = stub.calls.lock();
    let invoke = calls.iter().find(|asked| asked.operation == "Invoke").unwrap();
    assert_eq!(invoke.input, "/2015-03-31/functions/shop/invocations?Qualifier=42");
    let put = calls.last().unwrap();
    assert!(put.input["lifecycleEventHookExecutionId"].as_str().unwrap().len() > 200);
}

#[tokio::test]
async fn fails_with_the_reason_when_the_new_version_is_broken() {
    for (reply, reason) in [
        (Reply::Ok as fn(_) -> _, "expected 200, got 500"),
        (Reply::FunctionError, "function error Unhandled"),
    ] {
        let stub = Stub::start(move |operation, _| match operation {
            "Invoke" => reply(json!({"statusCode": 500})),
            _ => Reply::Default,
        });
        let stub = stub.await;
        let outcome = stub.run(TIME, &[]).await.unwrap();
        assert!(outcome.verdict.reason().contains(reason), "{}", outcome.verdict.reason());
        assert_eq!((stub.answers(), stub.count("Invoke")), (vec!["Failed".to_owned()], 2));
    }
}

#[tokio::test]
async fn fails_before_the_deadline_when_the_new_version_hangs() {
    let stub = Stub::start(|operation, _| match operation {
        "Invoke" => Reply::Late(Duration::from_secs(60), json!({})),
        _ => Reply::Default,
    });
    let stub = stub.await;
    let outcome = stub.run(Duration::from_secs(3), &[]).await.unwrap();
    assert!(outcome.verdict.reason().contains("the hook's time is up"), "{}", outcome.verdict.reason());
    assert_eq!(stub.answers(), ["Failed"]);
}

#[tokio::test]
async fn fails_when_a_warm_answer_is_later_than_its_limit_and_a_cold_one_may_be() {
    let slow = |operation: &str, slow_call: bool| match operation {
        "Invoke" if slow_call => Reply::Late(Duration::from_millis(300), json!({"statusCode": 200})),
        _ => Reply::Default,
    };
    let cases = r#"[{"name": "quick", "request": {"event": {}}, "max_latency_ms": 200, "max_cold_latency_ms": 2000}]"#;
    let cold = Stub::start(move |operation, before| slow(operation, before == 0)).await;
    assert_eq!(cold.run(TIME, &[("SMOKE_CASES", cases)]).await.unwrap().verdict.status(), "Succeeded");
    let warm = Stub::start(move |operation, before| slow(operation, before == 1)).await;
    let outcome = warm.run(TIME, &[("SMOKE_CASES", cases)]).await.unwrap();
    assert!(
        outcome.verdict.reason().contains("quick (shop:42, warm): latency"),
        "{}",
        outcome.verdict.reason()
    );
}

#[tokio::test]
async fn fails_with_the_reason_when_a_setting_does_not_parse() {
    for (name, value) in [
        ("SMOKE_CASES", "{"),
        ("PAYLOAD_FORMAT", "3.0"),
        ("ANSWER_RESERVE_SECONDS", "x"),
        ("AWS_TLS_ROOTS", "some"),
    ] {
        let stub = Stub::start(|_, _| Reply::Default).await;
        let outcome = stub.run(TIME, &[(name, value)]).await.unwrap();
        assert!(outcome.verdict.reason().contains(name), "{}", outcome.verdict.reason());
        assert_eq!((stub.answers(), stub.count("Invoke")), (vec!["Failed".to_owned()], 0));
    }
}

#[tokio::test]
async fn succeeds_unchecked_when_the_deployment_is_a_rollback() {
    for creator in ["codeDeployRollback", "CloudFormationRollback"] {
        let stub = Stub::start(move |operation, _| match operation {
            "GetDeployment" => Reply::Ok(deployment(creator, "InProgress")),
            "Invoke" => Reply::Error("AccessDeniedException"),
            _ => Reply::Default,
        });
        let stub = stub.await;
        assert_eq!(stub.run(TIME, &[]).await.unwrap().verdict.status(), "Succeeded");
        assert_eq!(stub.count("Invoke"), 0);
    }
}

#[tokio::test]
async fn succeeds_unchecked_when_the_description_says_that_it_is_a_rollback() {
    let stub = Stub::start(|operation, _| match operation {
        "GetDeployment" => {
            let mut answer = deployment("user", "InProgress");
            answer["deploymentInfo"]["description"] =
                json!(format!("{} 41 again", hook::ROLLBACK_DESCRIPTION));
            Reply::Ok(answer)
        }
        _ => Reply::Default,
    });
    let stub = stub.await;
    let outcome = stub.run(TIME, &[]).await.unwrap();
    assert_eq!((outcome.verdict.status(), stub.count("Invoke")), ("Succeeded", 0));
    assert!(outcome.verdict.reason().contains("Rollback: 41 again"), "{}", outcome.verdict.reason());
}

#[tokio::test]
async fn no_secret_of_answer_or_setting_reaches_the_verdict() {
    let stub = Stub::start(|operation, _| match operation {
        "Invoke" => Reply::Ok(json!({"statusCode": 500, "body": "{\"token\":\"TOPSECRET\"}"})),
        _ => Reply::Default,
    });
    let stub = stub.await;
    for (setting, told) in [
        ("", "expected 200, got 500: body is an object with token"),
        (r#"[{"name": "a", "request": "Bearer TOPSECRET"}]"#, "case 1 (a): request: invalid type"),
    ] {
        let verdict = stub.run(TIME, &[("SMOKE_CASES", setting)]).await.unwrap().verdict;
        assert!(verdict.reason().contains(told), "{}", verdict.reason());
        assert!(!verdict.reason().contains("TOPSECRET"), "{}", verdict.reason());
    }
}

#[tokio::test]
async fn fails_when_the_targets_stay_unreadable() {
    let stub = Stub::start(|operation, _| match operation {
        "ListDeploymentTargets" => Reply::Error("AccessDeniedException"),
        _ => Reply::Default,
    });
    let stub = stub.await;
    let outcome = stub.run(TIME, &[]).await.unwrap();
    assert!(outcome.verdict.reason().contains("cannot be listed"), "{}", outcome.verdict.reason());
    assert!(outcome.verdict.reason().contains("AccessDeniedException"), "{}", outcome.verdict.reason());
    assert_eq!(stub.answers(), ["Failed"]);
}

#[tokio::test]
async fn answers_again_when_the_answer_is_throttled_or_not_allowed_yet() {
    let stub = Stub::start(|operation, before| match (operation, before) {
        (PUT, 0) => Reply::Error("ThrottlingException"),
        (PUT, 1) => Reply::Error("AccessDeniedException"),
        _ => Reply::Default,
    });
    let stub = stub.await;
    assert_eq!(stub.run(TIME, &[]).await.unwrap().delivery, Delivery::Accepted);
    assert_eq!(stub.answers().len(), 3);
}

#[tokio::test]
async fn counts_as_done_when_the_hook_was_answered_before() {
    let stub = Stub::start(|operation, _| match operation {
        PUT => Reply::Error("LifecycleEventAlreadyCompletedException"),
        _ => Reply::Default,
    });
    let stub = stub.await;
    assert_eq!(stub.run(TIME, &[]).await.unwrap().delivery, Delivery::AlreadyCompleted);
    assert_eq!(stub.answers().len(), 1);
}

#[tokio::test]
async fn counts_as_done_when_the_deployment_was_stopped_meanwhile() {
    let stub = Stub::start(|operation, before| match (operation, before) {
        (PUT, _) => Reply::Error("InvalidLifecycleEventHookExecutionIdException"),
        ("GetDeployment", 1) => Reply::Ok(deployment("user", "Stopped")),
        _ => Reply::Default,
    });
    let stub = stub.await;
    assert_eq!(stub.run(TIME, &[]).await.unwrap().delivery, Delivery::DeploymentEnded);
}

#[tokio::test]
async fn error_says_what_to_do_when_the_answer_is_never_taken() {
    for (code, error_type) in [
        ("InvalidLifecycleEventHookExecutionIdException", "HookReportRefused"),
        ("AccessDeniedException", "HookReportDenied"),
        ("ThrottlingException", "HookReportUndelivered"),
    ] {
        let stub = Stub::start(move |operation, _| match operation {
            PUT => Reply::Error(code),
            _ => Reply::Default,
        });
        let stub = stub.await;
        let error: HookError = stub.run(Duration::from_secs(2), &[]).await.unwrap_err();
        assert_eq!(error.error_type(), error_type);
        assert!(hook::chain(&error).contains(code), "{}", hook::chain(&error));
        let tries = stub.answers().len();
        assert_eq!(tries > 1, error_type != "HookReportRefused", "{code}: {tries} tries");
    }
}

#[tokio::test]
async fn fails_with_the_reason_when_the_check_panics_errs_or_never_ends() {
    let stub = Stub::start(|_, _| Reply::Default).await;
    let panicked = stub.run_check(TIME, || async { panic!("out of cheese") }).await.unwrap();
    assert_eq!(panicked.verdict, Verdict::Failed("the check panicked: out of cheese".to_owned()));
    let failed = stub.run_check(TIME, || async { Err(std::io::Error::other("no paper")) }).await.unwrap();
    assert_eq!(failed.verdict, Verdict::Failed("not checked: no paper".to_owned()));
    let late = stub.run_check(Duration::from_secs(3), std::future::pending).await.unwrap();
    assert!(late.verdict.reason().starts_with("no verdict within 2.0 s"), "{}", late.verdict.reason());
    assert!(late.deployment.is_some(), "what was seen is kept");
    assert_eq!(stub.answers(), ["Failed"; 3]);
}

#[tokio::test]
async fn one_try_is_made_when_the_deadline_has_passed() {
    let stub = Stub::start(|_, _| Reply::Default).await;
    let outcome = stub.run(Duration::ZERO, &[]).await.unwrap();
    assert_eq!((outcome.verdict.status(), stub.answers().len()), ("Failed", 1));
}

#[tokio::test]
async fn every_target_is_tested_when_there_are_several() {
    let stub = Stub::start(|operation, _| match operation {
        "ListDeploymentTargets" => Reply::Ok(json!({"targetIds": ["shop:live", "cart:live"]})),
        "BatchGetDeploymentTargets" => {
            let mut answer = default_answer(operation);
            let mut second = answer["deploymentTargets"][0].clone();
            second["lambdaTarget"]["lambdaFunctionInfo"]["functionName"] = json!("cart");
            answer["deploymentTargets"].as_array_mut().unwrap().push(second);
            Reply::Ok(answer)
        }
        _ => Reply::Default,
    });
    let stub = stub.await;
    let outcome = stub.run(TIME, &[]).await.unwrap();
    assert_eq!(outcome.deployment.unwrap().versions(), "shop:live 41 -> 42, cart:live 41 -> 42");
    assert_eq!(stub.count("Invoke"), 4);
}
