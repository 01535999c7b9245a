//! Jobs: continued, silent, answered twice.

use serde_json::json;

use super::*;

/// 100 virtual minutes per real second.
const FAST: f64 = 6000.0;

fn one_job() -> Value {
    json!([stage("Shift", &[job("Ten", "x")])])
}

fn error(twin: &Twin) -> String {
    text(&action_state(twin, "Shift", "Ten")["errorDetails"]["message"])
}

#[tokio::test]
async fn function_is_asked_again_with_a_new_job_when_it_continues() {
    let twin = twin(600.0, "QUEUED", one_job()).await;
    let id = start(&twin);
    let first = asked(&twin, "Ten", 1).await;
    let details = json!({"summary": "at 10 %", "percentComplete": 40});
    call(
        &twin,
        "PutJobSuccessResult",
        json!({"jobId": first, "continuationToken": "step 1", "executionDetails": details}),
    );
    let state = action_state(&twin, "Shift", "Ten");
    assert_eq!((&state["status"], &state["percentComplete"]), (&json!("InProgress"), &json!(40)));
    assert_eq!(refusal(&twin, "PutJobSuccessResult", json!({"jobId": first})), "InvalidJobStateException");
    let second = asked(&twin, "Ten", 2).await;
    assert_ne!(first, second);
    let details = call(&twin, "GetJobDetails", json!({"jobId": second}));
    assert_eq!(details["jobDetails"]["data"]["continuationToken"], "step 1");
    let asked_at: Vec<_> = twin
        .journal()
        .entries()
        .into_iter()
        .filter(|e| matches!(e.event, Event::JobInvoked { .. }))
        .map(|e| e.at)
        .collect();
    assert!(asked_at[1] - asked_at[0] >= TimeDelta::seconds(30), "{asked_at:?}");
    succeed(&twin, &second);
    assert_eq!(status(&twin, &id), "Succeeded");
}

#[tokio::test]
async fn action_fails_when_its_function_is_silent_for_twenty_minutes() {
    let twin = twin(FAST, "QUEUED", one_job()).await;
    let id = start(&twin);
    let job = asked(&twin, "Ten", 1).await;
    ends(&twin, &id, "Failed").await;
    assert!(error(&twin).contains("failed to return a result"), "{}", error(&twin));
    let runs = call(&twin, "ListActionExecutions", json!({"pipelineName": PIPELINE, "maxResults": 1}));
    let run = &runs["actionExecutionDetails"][0];
    let took = run["lastUpdateTime"].as_f64().unwrap() - run["startTime"].as_f64().unwrap();
    // How much later depends on how busy this computer is.
    assert!(took >= 1200.0, "{took}");
    assert_eq!(refusal(&twin, "PutJobSuccessResult", json!({"jobId": job})), "InvalidJobStateException");
}

#[tokio::test]
async fn silence_begins_anew_when_the_function_answers() {
    // Slow enough that a busy computer is not taken for a silent function.
    let twin = twin(1200.0, "QUEUED", one_job()).await;
    let id = start(&twin);
    let started = twin.clock().now();
    // Answers after about 15 minutes each: three of them are more than 20 minutes.
    for number in 1..=3 {
        let job = asked(&twin, "Ten", number).await;
        twin.clock().sleep(TimeDelta::minutes(14)).await;
        call(&twin, "PutJobSuccessResult", json!({"jobId": job, "continuationToken": "more"}));
    }
    assert!(twin.clock().now() - started > TimeDelta::minutes(40));
    succeed(&twin, &asked(&twin, "Ten", 4).await);
    assert_eq!(status(&twin, &id), "Succeeded");
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one line per refusal")]
async fn answer_is_refused_when_the_job_or_its_content_is_wrong() {
    let twin = twin(60.0, "QUEUED", one_job()).await;
    start(&twin);
    let id = asked(&twin, "Ten", 1).await;
    let unknown = "00000000-0000-0000-0000-000000000000";
    let failure = |kind: &str, message: &str| json!({"type": kind, "message": message});
    for (operation, input, code) in [
        ("PutJobSuccessResult", json!({"jobId": unknown}), "JobNotFoundException"),
        ("PutJobSuccessResult", json!({"jobId": "x"}), "ValidationException"),
        (
            "PutJobFailureResult",
            json!({"jobId": unknown, "failureDetails": failure("JobFailed", "m")}),
            "JobNotFoundException",
        ),
        ("GetJobDetails", json!({"jobId": unknown}), "JobNotFoundException"),
        ("PutJobSuccessResult", json!({"jobId": id, "continuationToken": ""}), "ValidationException"),
        (
            "PutJobSuccessResult",
            json!({"jobId": id, "continuationToken": "t".repeat(2049)}),
            "ValidationException",
        ),
        (
            "PutJobSuccessResult",
            json!({"jobId": id, "continuationToken": "t", "outputVariables": {"a": "b"}}),
            "ValidationException",
        ),
        ("PutJobSuccessResult", json!({"jobId": id, "outputVariables": {"a b": "c"}}), "ValidationException"),
        (
            "PutJobSuccessResult",
            json!({"jobId": id, "outputVariables": {"a": "x".repeat(122_880)}}),
            "OutputVariablesSizeExceededException",
        ),
        (
            "PutJobSuccessResult",
            json!({"jobId": id, "executionDetails": {"percentComplete": 101}}),
            "ValidationException",
        ),
        (
            "PutJobSuccessResult",
            json!({"jobId": id, "executionDetails": {"summary": "s".repeat(2049)}}),
            "ValidationException",
        ),
        (
            "PutJobFailureResult",
            json!({"jobId": id, "failureDetails": failure("Rain", "m")}),
            "ValidationException",
        ),
        (
            "PutJobFailureResult",
            json!({"jobId": id, "failureDetails": failure("JobFailed", "")}),
            "ValidationException",
        ),
        (
            "PutJobFailureResult",
            json!({"jobId": id, "failureDetails": failure("JobFailed", &"m".repeat(5001))}),
            "ValidationException",
        ),
    ] {
        assert_eq!(refusal(&twin, operation, input.clone()), code, "{operation} {input}");
    }
    call(&twin, "PutJobSuccessResult", json!({"jobId": id, "outputVariables": {"a": "x".repeat(122_879)}}));
    assert_eq!(refusal(&twin, "PutJobSuccessResult", json!({"jobId": id})), "InvalidJobStateException");
}

#[tokio::test]
async fn action_fails_when_its_function_does_not_exist() {
    let mut missing = job("Ten", "x");
    missing["configuration"]["FunctionName"] = json!("nobody");
    let twin = twin(60.0, "QUEUED", json!([stage("Shift", &[missing])])).await;
    let id = start(&twin);
    ends(&twin, &id, "Failed").await;
    assert!(error(&twin).contains("nobody"), "{}", error(&twin));
}
