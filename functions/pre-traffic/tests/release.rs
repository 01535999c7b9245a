//! Whole deployments against the local AWS: the compiled hook, and the hook's handler with real SDK clients.
#![expect(clippy::unwrap_used, reason = "set-up outside the test functions")]

use std::{
    collections::BTreeMap,
    sync::OnceLock,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use clock::Clock;
use hook::{Delivery, HookError, Outcome};
use lambda_runtime::{Context, LambdaEvent};
use pre_traffic::{App, handle};
use serde_json::{Value, json};
use twin::{
    ApiError, Options, Twin,
    journal::Event,
    programs::Programs,
    seed::{HOOK, HookIds, SeededHook, SeededRelease},
};

const PUT: &str = "codedeploy:PutLifecycleEventHookExecutionStatus";

/// Built once for all tests of this file.
fn programs() -> &'static Programs {
    static PROGRAMS: OnceLock<Programs> = OnceLock::new();
    PROGRAMS.get_or_init(|| Programs::build().unwrap())
}

fn variables(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// A twin of `rate` virtual seconds per second, where the hook `"pre-traffic"` may run outside.
async fn twin(rate: f64, external: bool) -> Twin {
    let external_functions = if external { vec![HOOK.to_owned()] } else { Vec::new() };
    Twin::start(Options { rate, external_functions, ..Options::default() }).await.unwrap()
}

/// A release of the backend, the second version with these faults, asking the compiled hook.
fn release(faults: &Value, timeout_seconds: u64) -> SeededRelease {
    let hook = SeededHook {
        program: programs().path("pre-traffic").unwrap(),
        environment: BTreeMap::new(),
        timeout_seconds,
    };
    SeededRelease {
        program: programs().path("backend").unwrap(),
        second_version: variables(&[("REHEARSAL_FAULTS", &faults.to_string())]),
        hook: Some(hook),
        ids: None,
    }
}

/// Statuses that the hook reported and CodeDeploy took.
fn answers(twin: &Twin) -> Vec<String> {
    let entries = twin.journal().entries().into_iter();
    let taken = entries.filter_map(|entry| match entry.event {
        Event::HookAnswered { status, .. } => Some(status),
        _ => None,
    });
    taken.collect()
}

/// Why a deployment failed.
fn reason(twin: &Twin, id: &str) -> String {
    let entries = twin.journal().entries().into_iter();
    let reasons = entries.filter_map(|entry| match entry.event {
        Event::DeploymentStatus { deployment, reason: Some(reason), .. } if deployment == id => Some(reason),
        _ => None,
    });
    reasons.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn deployment_succeeds_when_the_compiled_hook_finds_the_version_healthy() {
    let twin = twin(600.0, false).await;
    let id = twin.seed(release(&json!({}), 60)).unwrap();
    assert_eq!(twin.deployment_finished(&id).await.unwrap(), "Succeeded");
    assert_eq!(answers(&twin), ["Succeeded"]);
    let calls = twin.faults().calls();
    let by_the_hook: Vec<_> =
        calls.iter().filter(|call| call.caller == HOOK).map(|call| &call.operation).collect();
    assert_eq!(
        by_the_hook,
        [
            "codedeploy:GetDeployment",
            "codedeploy:ListDeploymentTargets",
            "codedeploy:BatchGetDeploymentTargets",
            "lambda:Invoke",
            "lambda:Invoke",
            PUT
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn deployment_succeeds_when_the_compiled_hook_asks_as_a_rest_api() {
    let cases = r#"[{"name": "question", "request":
        {"method": "POST", "path": "/query", "body": {"question": "How do I descale the coffee machine?"}},
        "expect": {"body": [{"pointer": "/answered", "equals": true}]}}]"#;
    let twin = twin(600.0, false).await;
    let mut release = release(&json!({}), 60);
    let hook = release.hook.as_mut().unwrap();
    hook.environment = variables(&[("PAYLOAD_FORMAT", "1.0"), ("SMOKE_CASES", cases)]);
    let id = twin.seed(release).unwrap();
    assert_eq!(twin.deployment_finished(&id).await.unwrap(), "Succeeded", "{:#?}", twin.log_lines(HOOK));
}

#[tokio::test(flavor = "multi_thread")]
async fn deployment_fails_and_rolls_back_when_the_compiled_hook_finds_a_fault() {
    for (faults, told) in [
        (json!({"error_percent": 100}), "expected 200, got 500"),
        (json!({"crash_at_start": true}), "Runtime.ExitError"),
        (json!({"failure_percent": 100}), "function error"),
    ] {
        let twin = twin(60.0, false).await;
        let id = twin.seed(release(&faults, 60)).unwrap();
        assert_eq!(twin.deployment_finished(&id).await.unwrap(), "Failed");
        assert!(reason(&twin, &id).contains("HOOK_EXECUTION_FAILURE"), "{}", reason(&twin, &id));
        let log = twin.log_lines(HOOK);
        assert!(log.iter().any(|line| line.line.contains(told)), "no log line tells {told}: {log:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hook_answers_before_its_own_time_out_when_the_version_hangs() {
    let twin = twin(60.0, false).await;
    let id = twin.seed(release(&json!({"added_latency_ms": 60_000}), 6)).unwrap();
    assert_eq!(twin.deployment_finished(&id).await.unwrap(), "Failed");
    assert!(reason(&twin, &id).contains("HOOK_EXECUTION_FAILURE"), "{}", reason(&twin, &id));
    assert_eq!(answers(&twin).first().map(String::as_str), Some("Failed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn deployment_waits_for_the_hour_when_the_hook_never_answers() {
    // A hook program that is none: it crashes at every start, and Lambda repeats it twice.
    let twin = twin(1800.0, false).await;
    let mut seed = release(&json!({}), 6);
    let hook = seed.hook.as_mut().unwrap();
    hook.program = programs().path("backend").unwrap();
    hook.environment = variables(&[("REHEARSAL_FAULTS", r#"{"crash_at_start": true}"#)]);
    let id = twin.seed(seed).unwrap();
    assert_eq!(twin.deployment_finished(&id).await.unwrap(), "Failed");
    assert!(reason(&twin, &id).contains("did not answer within one hour"), "{}", reason(&twin, &id));
    assert_eq!(answers(&twin), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn hook_answers_again_when_the_permission_arrives_late() {
    let twin = twin(600.0, false).await;
    let denied = ApiError::bad_request("AccessDeniedException", "not authorized to perform this action");
    twin.faults().inject(PUT, 2, denied);
    let id = twin.seed(release(&json!({}), 60)).unwrap();
    assert_eq!(twin.deployment_finished(&id).await.unwrap(), "Succeeded");
    assert_eq!(twin.faults().count(PUT), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn function_error_names_the_missing_permission_when_it_never_arrives() {
    let twin = twin(60.0, true).await;
    let denied = ApiError::bad_request("AccessDeniedException", "not authorized to perform this action");
    twin.faults().inject(PUT, usize::MAX, denied);
    let hook = Outside::waiting(&twin);
    let error = hook.answer(Duration::from_secs(2)).await.unwrap_err();
    assert_eq!(error.error_type(), "HookReportDenied");
    assert!(twin.faults().count(PUT) > 1, "it is tried until the deadline");
}

#[tokio::test(flavor = "multi_thread")]
async fn second_answer_counts_as_done_when_the_hook_runs_twice() {
    let twin = twin(60.0, true).await;
    let hook = Outside::waiting(&twin);
    assert_eq!(hook.answer(Duration::from_secs(20)).await.unwrap().delivery, Delivery::Accepted);
    assert_eq!(hook.answer(Duration::from_secs(20)).await.unwrap().delivery, Delivery::AlreadyCompleted);
    assert_eq!(answers(&twin), ["Succeeded"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn late_answer_counts_as_done_when_the_hour_is_over() {
    let twin = twin(3600.0, true).await;
    let hook = Outside::waiting(&twin);
    assert_eq!(twin.deployment_finished(&hook.ids.deployment).await.unwrap(), "Failed");
    let outcome = hook.answer(Duration::from_secs(20)).await.unwrap();
    assert_eq!(outcome.verdict.status(), "Failed", "nobody waits: nothing is checked");
    assert_ne!(outcome.delivery, Delivery::Accepted);
    assert_eq!(twin.faults().count("lambda:Invoke"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn hook_ends_well_when_the_deployment_was_stopped() {
    let twin = twin(60.0, true).await;
    let hook = Outside::waiting(&twin);
    let codedeploy = hook.aws().codedeploy();
    codedeploy
        .stop_deployment()
        .deployment_id(&hook.ids.deployment)
        .auto_rollback_enabled(false)
        .send()
        .await
        .unwrap();
    assert_eq!(twin.deployment_finished(&hook.ids.deployment).await.unwrap(), "Stopped");
    let outcome = hook.answer(Duration::from_secs(20)).await.unwrap();
    assert!(outcome.verdict.reason().contains("already ended: Stopped"), "{}", outcome.verdict.reason());
    assert_ne!(outcome.delivery, Delivery::Accepted);
}

#[tokio::test(flavor = "multi_thread")]
async fn answer_is_refused_when_the_deployment_is_unknown() {
    let twin = twin(60.0, true).await;
    let mut hook = Outside::waiting(&twin);
    hook.ids.deployment = "d-UNKNOWN00".to_owned();
    let error = hook.answer(Duration::from_secs(6)).await.unwrap_err();
    assert_eq!(error.error_type(), "HookReportRefused");
    assert!(hook::chain(&error).contains("d-UNKNOWN00"), "{}", hook::chain(&error));
}

#[tokio::test(flavor = "multi_thread")]
async fn compiled_hook_says_what_is_wrong_when_the_event_is_malformed() {
    let twin = twin(60.0, false).await;
    twin.seed(release(&json!({}), 60)).unwrap();
    let lambda = clients(&twin).lambda_invoker(Duration::from_secs(20));
    for event in ["{}", "[1]", r#"{"DeploymentId": "d-1", "LifecycleEventHookExecutionId": 7}"#] {
        let payload = aws_sdk_lambda::primitives::Blob::new(event);
        let answer = lambda.invoke().function_name(HOOK).payload(payload).send().await.unwrap();
        assert_eq!(answer.function_error(), Some("Unhandled"));
        let error: Value = serde_json::from_slice(answer.payload().unwrap().as_ref()).unwrap();
        assert_eq!(error["errorType"], "HookEventInvalid", "{event}");
    }
}

fn clients(twin: &Twin) -> aws::Aws {
    aws::Aws::from_lookup(lookup(twin.endpoint())).unwrap()
}

fn lookup(endpoint: String) -> impl Fn(&str) -> Option<String> {
    move |name| match name {
        "AWS_ENDPOINT_URL" => Some(endpoint.clone()),
        "AWS_REGION" => Some("eu-west-1".to_owned()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("test".to_owned()),
        _ => None,
    }
}

/// A deployment that waits for its hook, and the hook's handler in this process.
struct Outside {
    endpoint: String,
    ids: HookIds,
}

impl Outside {
    fn waiting(twin: &Twin) -> Self {
        let ids = HookIds { deployment: "d-WAITING01".to_owned(), hook_execution: "opaque".repeat(40) };
        let mut seed = release(&json!({}), 60);
        (seed.hook, seed.ids) = (None, Some(ids.clone()));
        assert_eq!(twin.seed(seed).unwrap(), ids.deployment);
        Self { endpoint: twin.endpoint(), ids }
    }

    fn aws(&self) -> aws::Aws {
        aws::Aws::from_lookup(lookup(self.endpoint.clone())).unwrap()
    }

    /// Runs the handler with this much real time.
    #[expect(clippy::disallowed_methods, reason = "the deadline of an invocation is real time")]
    async fn answer(&self, time: Duration) -> Result<Outcome, HookError> {
        let (start, deadline) = (Instant::now(), SystemTime::now() + time);
        let clock = Clock::new(SystemTime::now, move || start.elapsed());
        let app = App::from_lookup(lookup(self.endpoint.clone()), clock).unwrap();
        let mut context = Context::default();
        context.deadline = u64::try_from(deadline.duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
        let event = json!({
            "DeploymentId": self.ids.deployment,
            "LifecycleEventHookExecutionId": self.ids.hook_execution,
        });
        handle(&app, LambdaEvent::new(event, context)).await
    }
}
