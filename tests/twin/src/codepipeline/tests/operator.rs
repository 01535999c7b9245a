//! What an operator does: stop, retry, close a transition, repeat a request.

use serde_json::json;

use super::*;

fn two_jobs() -> Value {
    json!([stage("Shift", &[job("One", "x"), job("Two", "x")]), stage("End", &[job("Last", "x")])])
}

fn retry(execution: &str, mode: &str) -> Value {
    of(execution, json!({"stageName": "Shift", "retryMode": mode}))
}

#[tokio::test]
async fn execution_stops_after_its_actions_when_it_may_wait() {
    let twin = twin(60.0, "QUEUED", two_jobs()).await;
    let id = start(&twin);
    let (one, two) = (asked(&twin, "One", 1).await, asked(&twin, "Two", 1).await);
    call(&twin, "StopPipelineExecution", of(&id, json!({"reason": "lunch"})));
    assert_eq!(status(&twin, &id), "Stopping");
    assert_eq!(refusal(&twin, "StopPipelineExecution", of(&id, json!({}))), "DuplicatedStopRequestException");
    succeed(&twin, &one);
    assert_eq!(status(&twin, &id), "Stopping");
    succeed(&twin, &two);
    assert_eq!(status(&twin, &id), "Stopped");
    assert_eq!(stage_state(&twin, "Shift")["latestExecution"]["status"], "Stopped");
    assert_eq!(
        refusal(&twin, "StopPipelineExecution", of(&id, json!({}))),
        "PipelineExecutionNotStoppableException"
    );
    let listed = call(&twin, "ListPipelineExecutions", json!({"pipelineName": PIPELINE}));
    assert_eq!(listed["pipelineExecutionSummaries"][0]["stopTrigger"]["reason"], "lunch");
}

#[tokio::test]
async fn actions_are_abandoned_when_the_execution_stops_at_once() {
    let twin = twin(60.0, "QUEUED", two_jobs()).await;
    let (id, next) = (start(&twin), start(&twin));
    let one = asked(&twin, "One", 1).await;
    eventually("the next one waits", || (inbound(&twin, "Shift") == [next.clone()]).then_some(())).await;
    call(&twin, "StopPipelineExecution", of(&id, json!({})));
    call(&twin, "StopPipelineExecution", of(&id, json!({"abandon": true})));
    assert_eq!(status(&twin, &id), "Stopped");
    assert_eq!(refusal(&twin, "PutJobSuccessResult", json!({"jobId": one})), "InvalidJobStateException");
    assert_eq!(
        stage_state(&twin, "Shift")["latestExecution"]["pipelineExecutionId"],
        json!(next),
        "the stage is free"
    );
    eventually("its end is told", || told(&twin, &id).last().filter(|s| *s == "STOPPED").map(|_| ())).await;
    let steps = told(&twin, &id);
    let end = ["STOPPING", "Shift STOPPING", "One ABANDONED", "Two ABANDONED", "Shift STOPPED", "STOPPED"];
    assert_eq!(steps[steps.len() - end.len()..], end);
}

#[tokio::test]
async fn waiting_execution_stops_at_once_when_it_is_stopped() {
    let twin = twin(60.0, "QUEUED", two_jobs()).await;
    let (_, waits) = (start(&twin), start(&twin));
    eventually("it waits", || (inbound(&twin, "Shift") == [waits.clone()]).then_some(())).await;
    call(&twin, "StopPipelineExecution", of(&waits, json!({})));
    assert_eq!((status(&twin, &waits), inbound(&twin, "Shift")), ("Stopped".to_owned(), vec![]));
}

#[tokio::test]
async fn only_what_failed_runs_again_when_failed_actions_are_retried() {
    let twin = twin(60.0, "QUEUED", two_jobs()).await;
    let id = start(&twin);
    succeed(&twin, &asked(&twin, "One", 1).await);
    assert_eq!(
        refusal(&twin, "RetryStageExecution", retry(&id, "FAILED_ACTIONS")),
        "StageNotRetryableException"
    );
    fail(&twin, &asked(&twin, "Two", 1).await);
    assert_eq!(refusal(&twin, "RetryStageExecution", retry(&id, "SOME")), "ValidationException");
    call(&twin, "RetryStageExecution", retry(&id, "FAILED_ACTIONS"));
    assert_eq!(status(&twin, &id), "InProgress");
    assert_eq!(stage_state(&twin, "Shift")["retryStageMetadata"]["manualStageRetryAttempt"], 1);
    succeed(&twin, &asked(&twin, "Two", 2).await);
    succeed(&twin, &asked(&twin, "Last", 1).await);
    ends(&twin, &id, "Succeeded").await;
    let runs = twin.journal().entries();
    let of_one =
        |e: &&crate::journal::Entry| matches!(&e.event, Event::JobInvoked { action, .. } if action == "One");
    assert_eq!(runs.iter().filter(of_one).count(), 1);
    eventually("its end is told", || told(&twin, &id).last().filter(|s| *s == "SUCCEEDED").map(|_| ())).await;
    let steps = told(&twin, &id);
    assert!(steps.windows(2).any(|pair| pair == ["RESUMED", "Shift RESUMED"]), "{steps:?}");
}

#[tokio::test]
async fn everything_runs_again_when_all_actions_are_retried() {
    let twin = twin(60.0, "QUEUED", two_jobs()).await;
    let id = start(&twin);
    succeed(&twin, &asked(&twin, "One", 1).await);
    fail(&twin, &asked(&twin, "Two", 1).await);
    call(&twin, "RetryStageExecution", retry(&id, "ALL_ACTIONS"));
    succeed(&twin, &asked(&twin, "One", 2).await);
    succeed(&twin, &asked(&twin, "Two", 2).await);
    assert_eq!(stage_state(&twin, "Shift")["latestExecution"]["status"], "Succeeded");
}

#[tokio::test]
async fn stage_is_not_retried_when_a_later_execution_was_in_it() {
    let twin = twin(60.0, "QUEUED", two_jobs()).await;
    let id = start(&twin);
    for action in ["One", "Two"] {
        fail(&twin, &asked(&twin, action, 1).await);
    }
    assert_eq!(status(&twin, &id), "Failed");
    let later = start(&twin);
    let one = asked(&twin, "One", 2).await;
    let first = || refusal(&twin, "RetryStageExecution", retry(&id, "ALL_ACTIONS"));
    assert_eq!(first(), "NotLatestPipelineExecutionException");
    // Also once the stage is free again.
    for job in [one, asked(&twin, "Two", 2).await] {
        fail(&twin, &job);
    }
    assert_eq!((status(&twin, &later).as_str(), first()), ("Failed", "NotLatestPipelineExecutionException"));
    call(&twin, "RetryStageExecution", retry(&later, "ALL_ACTIONS"));
}

#[tokio::test]
async fn executions_wait_when_the_transition_is_disabled() {
    let twin = twin(60.0, "QUEUED", two_jobs()).await;
    let transition = json!({"pipelineName": PIPELINE, "stageName": "Shift", "transitionType": "Inbound", "reason": "freeze (1)"});
    call(&twin, "DisableStageTransition", transition.clone());
    let id = start(&twin);
    eventually("it waits", || (inbound(&twin, "Shift") == [id.clone()]).then_some(())).await;
    let state = stage_state(&twin, "Shift");
    assert_eq!(state["inboundTransitionState"]["enabled"], false);
    assert_eq!(state["inboundTransitionState"]["disabledReason"], "freeze (1)");
    call(&twin, "EnableStageTransition", transition.clone());
    assert!(inbound(&twin, "Shift").is_empty());
    asked(&twin, "One", 1).await;
    for (member, value, code) in [
        ("reason", "a/b".to_owned(), "ValidationException"),
        ("reason", "r".repeat(301), "ValidationException"),
        ("stageName", "None".to_owned(), "StageNotFoundException"),
        ("pipelineName", "none".to_owned(), "PipelineNotFoundException"),
        ("transitionType", "Outbound".to_owned(), "NotImplemented"),
    ] {
        let mut wrong = transition.clone();
        wrong[member] = json!(value);
        assert_eq!(refusal(&twin, "DisableStageTransition", wrong), code, "{member}");
    }
}

#[tokio::test]
async fn nothing_starts_when_the_request_repeats_a_token() {
    let twin = twin(60.0, "QUEUED", two_jobs()).await;
    let request = json!({"name": PIPELINE, "clientRequestToken": "once"});
    let first = call(&twin, "StartPipelineExecution", request.clone());
    assert_eq!(call(&twin, "StartPipelineExecution", request), first);
    let listed = call(&twin, "ListPipelineExecutions", json!({"pipelineName": PIPELINE}));
    assert_eq!(listed["pipelineExecutionSummaries"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn start_is_refused_when_fifty_executions_are_on_their_way() {
    let twin = twin(60.0, "QUEUED", two_jobs()).await;
    for _ in 0..50 {
        start(&twin);
    }
    let refused = refusal(&twin, "StartPipelineExecution", json!({"name": PIPELINE}));
    assert_eq!(refused, "ConcurrentPipelineExecutionsLimitExceededException");
}
