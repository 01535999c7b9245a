//! How executions go through stages, past each other, and what they tell.

use serde_json::json;

use super::*;
use crate::StandInResult;

#[tokio::test]
async fn execution_tells_every_step_when_it_succeeds() {
    let parameters = "#{codepipeline.PipelineExecutionId} #{variables.Hotfix} #{Source.CommitId}";
    let twin = twin(60.0, "QUEUED", json!([stage("Shift", &[job("Ten", parameters)])])).await;
    let revisions = json!([{"actionName": "Code", "revisionType": "COMMIT_ID", "revisionValue": "abc"}]);
    let request = json!({"name": PIPELINE, "sourceRevisions": revisions,
        "variables": [{"name": "Hotfix", "value": "true"}]});
    let id = text(&call(&twin, "StartPipelineExecution", request)["pipelineExecutionId"]);
    let asked = asked(&twin, "Ten", 1).await;
    let details = call(&twin, "GetJobDetails", json!({"jobId": asked}));
    let data = &details["jobDetails"]["data"];
    assert_eq!(
        data["actionConfiguration"]["configuration"]["UserParameters"],
        json!(format!("{id} true abc"))
    );
    assert_eq!(data["pipelineContext"]["pipelineExecutionId"], json!(id));
    succeed(&twin, &asked);
    ends(&twin, &id, "Succeeded").await;
    let steps = [
        "STARTED",
        "Source STARTED",
        "Code STARTED",
        "Code SUCCEEDED",
        "Source SUCCEEDED",
        "Shift STARTED",
        "Ten STARTED",
        "Ten SUCCEEDED",
        "Shift SUCCEEDED",
        "SUCCEEDED",
    ];
    eventually("all events", || (told(&twin, &id).len() == steps.len()).then_some(())).await;
    assert_eq!(told(&twin, &id), steps);
    let execution = &call(&twin, "GetPipelineExecution", of(&id, json!({})))["pipelineExecution"];
    assert_eq!(execution["artifactRevisions"][0]["revisionId"], "abc");
    assert_eq!(execution["variables"], json!([{"name": "Hotfix", "resolvedValue": "true"}]));
}

#[tokio::test]
async fn events_have_the_shape_of_real_ones_when_an_action_fails() {
    let twin = twin(60.0, "QUEUED", json!([stage("Shift", &[job("Ten", "x")])])).await;
    let id = start(&twin);
    fail(&twin, &asked(&twin, "Ten", 1).await);
    let is_end = |e: &Value| e["detail"]["action"] == "Ten" && e["detail"]["state"] == "FAILED";
    let event = eventually("the failure", || twin.events().into_iter().find(is_end)).await;
    assert_eq!(event["detail-type"], "CodePipeline Action Execution State Change");
    assert_eq!(event["resources"], json!(["arn:aws:codepipeline:eu-west-1:123456789012:release"]));
    let detail = &event["detail"];
    assert_eq!(detail["version"].to_string(), "1.0", "a float, as in real events");
    assert_eq!(detail["pipeline-execution-attempt"].to_string(), "1.0");
    assert_eq!(
        detail["type"],
        json!({"owner": "AWS", "provider": "Lambda", "category": "Invoke", "version": "1"})
    );
    assert_eq!(
        detail["execution-result"],
        json!({"external-execution-summary": "no", "error-code": "JobFailed"})
    );
    assert_eq!(detail["execution-id"], json!(id));
    let first = twin.events().into_iter().find(|e| e["detail"]["state"] == "STARTED").unwrap();
    assert_eq!(first["detail"]["execution-trigger"]["trigger-type"], "StartPipelineExecution");
    let source = twin.events().into_iter().find(|e| e["detail"]["stage"] == "Source").unwrap();
    assert_eq!(source["detail"]["pipeline-execution-attempt"].to_string(), "0.0");
}

#[tokio::test]
async fn execution_waits_in_order_when_the_stage_is_occupied_in_queued_mode() {
    let twin =
        twin(60.0, "QUEUED", json!([stage("Shift", &[job("Ten", "x")]), stage("End", &[job("Last", "x")])]))
            .await;
    let (first, second, third) = (start(&twin), start(&twin), start(&twin));
    assert_eq!(
        inbound(&twin, "Source"),
        [second.clone(), third.clone()],
        "they wait before the first stage, too"
    );
    let job = asked(&twin, "Ten", 1).await;
    eventually("two wait", || (inbound(&twin, "Shift") == [second.clone(), third.clone()]).then_some(()))
        .await;
    assert_eq!(stage_state(&twin, "Shift")["latestExecution"]["pipelineExecutionId"], json!(first));
    succeed(&twin, &job);
    // The stage is locked, the pipeline is not: the second is in it while the first is in the next.
    let state = stage_state(&twin, "Shift");
    assert_eq!(state["latestExecution"]["pipelineExecutionId"], json!(second));
    assert_eq!(inbound(&twin, "Shift"), *std::slice::from_ref(&third));
    // A failed execution locks nothing.
    fail(&twin, &asked(&twin, "Ten", 2).await);
    assert_eq!(status(&twin, &second), "Failed");
    assert_eq!(stage_state(&twin, "Shift")["latestExecution"]["pipelineExecutionId"], json!(third));
    succeed(&twin, &asked(&twin, "Last", 1).await);
    assert_eq!(status(&twin, &first), "Succeeded");
}

#[tokio::test]
async fn older_execution_is_superseded_when_a_newer_one_waits_too() {
    let twin = twin(60.0, "SUPERSEDED", json!([stage("Shift", &[job("Ten", "x")])])).await;
    let first = start(&twin);
    let job = asked(&twin, "Ten", 1).await;
    let second = start(&twin);
    eventually("it waits", || (inbound(&twin, "Shift") == [second.clone()]).then_some(())).await;
    let third = start(&twin);
    ends(&twin, &second, "Superseded").await;
    assert_eq!(inbound(&twin, "Shift"), *std::slice::from_ref(&third));
    assert_eq!(status(&twin, &first), "InProgress", "who is in a stage is never overtaken");
    succeed(&twin, &job);
    assert_eq!(status(&twin, &first), "Succeeded");
    assert_eq!(stage_state(&twin, "Shift")["latestExecution"]["pipelineExecutionId"], json!(third));
}

#[tokio::test]
async fn stage_fails_after_the_siblings_when_one_action_fails() {
    let mut later = job("Later", "x");
    later["runOrder"] = json!(2);
    let actions = [job("One", "x"), job("Two", "x"), later];
    let twin = twin(60.0, "QUEUED", json!([stage("Shift", &actions)])).await;
    let id = start(&twin);
    fail(&twin, &asked(&twin, "One", 1).await);
    assert_eq!(status(&twin, &id), "InProgress");
    assert_eq!(stage_state(&twin, "Shift")["latestExecution"]["status"], "InProgress");
    succeed(&twin, &asked(&twin, "Two", 1).await);
    assert_eq!(status(&twin, &id), "Failed");
    assert_eq!(action_state(&twin, "Shift", "Later"), json!(null), "no later run order begins");
}

#[tokio::test]
async fn next_run_order_begins_when_all_of_the_last_succeeded() {
    let mut later = job("Later", "#{One.verdict}");
    later["runOrder"] = json!(7);
    let twin =
        twin(60.0, "QUEUED", json!([stage("Shift", &[job("One", "x"), job("Two", "x"), later])])).await;
    let id = start(&twin);
    let variables = json!({"jobId": asked(&twin, "One", 1).await, "outputVariables": {"verdict": "healthy"}});
    call(&twin, "PutJobSuccessResult", variables);
    assert_eq!(action_state(&twin, "Shift", "Later"), json!(null));
    succeed(&twin, &asked(&twin, "Two", 1).await);
    let later = asked(&twin, "Later", 1).await;
    let details = call(&twin, "GetJobDetails", json!({"jobId": later}));
    let configuration = &details["jobDetails"]["data"]["actionConfiguration"]["configuration"];
    assert_eq!(configuration["UserParameters"], "healthy");
    succeed(&twin, &later);
    assert_eq!(status(&twin, &id), "Succeeded");
}

#[tokio::test]
async fn action_fails_when_a_reference_has_no_value() {
    let twin = twin(60.0, "QUEUED", json!([stage("Shift", &[job("Ten", "#{Source.None}")])])).await;
    let id = start(&twin);
    ends(&twin, &id, "Failed").await;
    let state = action_state(&twin, "Shift", "Ten");
    assert_eq!(state["status"], "Failed");
    assert!(text(&state["errorDetails"]["message"]).contains("#{Source.None}"), "{state}");
}

#[tokio::test]
async fn action_names_its_stand_in_when_there_is_none() {
    let twin = twin(60.0, "QUEUED", json!([stage("Build", &[build("Compile")])])).await;
    let id = start(&twin);
    ends(&twin, &id, "Failed").await;
    let state = action_state(&twin, "Build", "Compile");
    assert!(text(&state["errorDetails"]["message"]).contains("CodeBuild"), "{state}");
}

#[tokio::test]
async fn stand_in_takes_its_virtual_time_when_it_has_one() {
    let twin = twin(6000.0, "QUEUED", json!([stage("Build", &[build("Compile")])])).await;
    twin.stand_in(
        "CodeBuild",
        StandIn::new(|_| async { StandInResult::failure("no space").after(TimeDelta::minutes(10)) }),
    );
    let id = start(&twin);
    ends(&twin, &id, "Failed").await;
    let actions =
        call(&twin, "ListActionExecutions", of(&id, json!({"filter": {"pipelineExecutionId": id}})));
    let [compile, _] = actions["actionExecutionDetails"].as_array().unwrap().as_slice() else {
        panic!("{actions}")
    };
    let took = compile["lastUpdateTime"].as_f64().unwrap() - compile["startTime"].as_f64().unwrap();
    assert!(took >= 600.0, "{took}");
    assert_eq!(compile["output"]["executionResult"]["errorDetails"]["message"], "no space");
}

#[tokio::test]
async fn journal_tells_the_story_when_it_is_printed() {
    let twin = twin(60.0, "QUEUED", json!([stage("Shift", &[job("Ten", "x")])])).await;
    let id = start(&twin);
    fail(&twin, &asked(&twin, "Ten", 1).await);
    let told: Vec<_> = twin.journal().entries().iter().map(|entry| entry.event.to_string()).collect();
    let end = ["release: Shift/Ten asks shift", "release: Shift/Ten FAILED: no", "release: Shift FAILED"];
    assert_eq!(told[told.len() - 4..told.len() - 1], end, "{told:?}");
    assert_eq!(told.last(), Some(&format!("release {id} is FAILED")));
}

#[tokio::test]
async fn execution_is_cancelled_when_the_pipeline_is_updated() {
    let stages = json!([stage("Shift", &[job("Ten", "x")])]);
    let twin = twin(60.0, "QUEUED", stages.clone()).await;
    let id = start(&twin);
    let job = asked(&twin, "Ten", 1).await;
    let updated = call(&twin, "UpdatePipeline", json!({"pipeline": pipeline("QUEUED", stages)}));
    assert_eq!(updated["pipeline"]["version"], 2);
    assert_eq!(status(&twin, &id), "Cancelled");
    assert_eq!(action_state(&twin, "Shift", "Ten")["status"], "Abandoned");
    assert_eq!(refusal(&twin, "PutJobSuccessResult", json!({"jobId": job})), "InvalidJobStateException");
    let again = json!({"pipelineName": PIPELINE, "pipelineExecutionId": id, "stageName": "Shift", "retryMode": "ALL_ACTIONS"});
    assert_eq!(refusal(&twin, "RetryStageExecution", again), "StageNotRetryableException");
}
