//! Jobs, approvals, events and notices in the forms that the Rust SDK writes and reads.

use std::collections::HashMap;

use aws_sdk_codepipeline::types::{
    ActionExecutionStatus, ApprovalResult, ApprovalStatus, ExecutionDetails, FailureDetails, FailureType,
    PipelineExecutionStatus, PipelineVariable, StageState,
};
use aws_sdk_eventbridge::primitives::DateTime;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_sdk_sns::types::MessageAttributeValue;
use serde_json::{Value, json};
use twin::{Host, HostedInvocation, StandIn, Twin};

use super::{clients, eventually, operator, twin};

const PIPELINE: &str = "release";
const FUNCTION: &str = "shift";
const UNKNOWN: &str = "00000000-0000-0000-0000-000000000000";

/// Stage `Ten` with a job that continues once, an approval, and stage `Hundred` with a job that fails.
fn pipeline() -> Value {
    let kind = |category: &str, provider: &str| json!({"category": category, "owner": "AWS", "provider": provider, "version": "1"});
    let job = |name: &str, asked: &str| {
        json!({"name": name, "actions": [{"name": "Shift", "namespace": name, "actionTypeId": kind("Invoke", "Lambda"),
            "configuration": {"FunctionName": FUNCTION, "UserParameters": asked}}]})
    };
    let source = json!({"name": "Source", "actions": [{"name": "Code", "outputArtifacts": [{"name": "code"}],
        "actionTypeId": kind("Source", "S3")}]});
    let approve = json!({"name": "Approve", "actions": [{"name": "Ask", "actionTypeId": kind("Approval", "Manual"),
        "configuration": {"CustomData": "#{Ten.verdict}"}}]});
    json!({"pipeline": {"name": PIPELINE, "roleArn": "arn:aws:iam::123456789012:role/pipeline",
        "pipelineType": "V2", "executionMode": "QUEUED", "artifactStore": {"type": "S3", "location": "artifacts"},
        "variables": [{"name": "Hotfix"}],
        "stages": [source, job("Ten", "#{variables.Hotfix}"), approve, job("Hundred", "fail")]}})
}

/// Continues, succeeds or fails by what it is asked with and what it said before.
async fn shift(invocation: HostedInvocation) -> Result<Value, String> {
    let (aws, job) = (clients(&invocation, "1").codepipeline(), &invocation.payload["CodePipeline.job"]);
    let id = job["id"].as_str().unwrap();
    let asked = &job["data"]["actionConfiguration"]["configuration"]["UserParameters"];
    if asked == "fail" {
        let details = FailureDetails::builder().r#type(FailureType::PermissionError).message("no right to");
        let details = details.external_execution_id("d-1").build().unwrap();
        let failed = aws.put_job_failure_result().job_id(id).failure_details(details).send().await;
        return failed.map(|_| json!({})).map_err(|error| aws::chain(&error));
    }
    assert_eq!(asked, "true");
    let details = ExecutionDetails::builder().summary("10 %").external_execution_id("x").percent_complete(50);
    let success = aws.put_job_success_result().job_id(id).execution_details(details.build());
    let success = match job["data"]["continuationToken"].as_str() {
        None => success.continuation_token("again"),
        Some(token) => success.output_variables("verdict", token),
    };
    success.send().await.map(|_| json!({})).map_err(|error| aws::chain(&error))
}

async fn stage(twin: &Twin, name: &str) -> StageState {
    let state = operator(twin).codepipeline().get_pipeline_state().name(PIPELINE).send().await.unwrap();
    state.stage_states().iter().find(|stage| stage.stage_name() == Some(name)).unwrap().clone()
}

/// The token of the approval, as long as it can be answered.
async fn token(twin: &Twin) -> Option<String> {
    let waiting = stage(twin, "Approve").await;
    waiting.action_states().first()?.latest_execution()?.token().map(str::to_owned)
}

#[tokio::test]
async fn pipeline_runs_and_is_told_when_the_rust_sdk_asks() {
    let twin = twin().await;
    twin.stand_in("S3", StandIn::that_succeeds());
    twin.host(FUNCTION, Host::new(shift)).unwrap();
    twin.call_codepipeline("CreatePipeline", &pipeline()).unwrap();
    let aws = operator(&twin).codepipeline();
    let hotfix = PipelineVariable::builder().name("Hotfix").value("true").build().unwrap();
    let start = aws.start_pipeline_execution().name(PIPELINE).variables(hotfix).client_request_token("once");
    let id = start.send().await.unwrap().pipeline_execution_id.unwrap();

    let token = eventually("an approval that waits", async || token(&twin).await).await;
    let ten = stage(&twin, "Ten").await;
    assert_eq!(ten.latest_execution().unwrap().pipeline_execution_id(), id);
    let run = ten.action_states()[0].latest_execution().unwrap();
    assert_eq!((run.status(), run.summary()), (Some(&ActionExecutionStatus::Succeeded), Some("10 %")));
    let result = ApprovalResult::builder().status(ApprovalStatus::Approved).summary("good").build().unwrap();
    let answer = aws.put_approval_result().pipeline_name(PIPELINE).stage_name("Approve").action_name("Ask");
    let answer = answer.token(token).result(result);
    assert!(answer.clone().send().await.unwrap().approved_at().is_some());
    let again = answer.send().await.unwrap_err().into_service_error();
    assert!(again.is_approval_already_completed_exception());

    let get = aws.get_pipeline_execution().pipeline_name(PIPELINE).pipeline_execution_id(&id);
    let ended = async || {
        let execution = get.clone().send().await.unwrap().pipeline_execution.unwrap();
        (execution.status() != Some(&PipelineExecutionStatus::InProgress)).then_some(execution)
    };
    let execution = eventually("the end", ended).await;
    assert_eq!(execution.status(), Some(&PipelineExecutionStatus::Failed));
    assert_eq!(execution.variables()[0].resolved_value(), Some("true"));
    let hundred = stage(&twin, "Hundred").await;
    let run = hundred.action_states()[0].latest_execution().unwrap();
    let error = run.error_details().unwrap();
    assert_eq!((error.code(), error.message()), (Some("PermissionError"), Some("no right to")));
    assert_eq!(run.external_execution_id(), Some("d-1"));
}

#[tokio::test]
async fn answers_are_refused_with_errors_that_the_rust_sdk_knows_when_there_is_no_such_job_or_pipeline() {
    let twin = twin().await;
    let aws = operator(&twin).codepipeline();
    let job = aws.put_job_success_result().job_id(UNKNOWN).send().await.unwrap_err().into_service_error();
    assert!(job.is_job_not_found_exception());
    let state = aws.get_pipeline_state().name("none").send().await.unwrap_err().into_service_error();
    assert!(state.is_pipeline_not_found_exception());
}

#[tokio::test]
async fn event_and_notice_arrive_whole_when_the_rust_sdk_sends_them() {
    let twin = twin().await;
    let (events, sns) = (operator(&twin).eventbridge(), operator(&twin).sns());
    let entry = PutEventsRequestEntry::builder().detail_type("delivery.rollback").detail(r#"{"id":"1/7/6"}"#);
    let entry = entry.source("manuel.delivery").resources("arn:one").time(DateTime::from_secs(1_700_000_000));
    let refused = PutEventsRequestEntry::builder().source("aws.mine").detail_type("x").detail("{}").build();
    let sent = events.put_events().entries(entry.build()).entries(refused).send().await.unwrap();
    assert_eq!((sent.failed_entry_count(), sent.entries()[0].event_id().is_some()), (1, true));
    assert!(sent.entries()[1].error_code().is_some());
    let event = &twin.events()[0];
    assert_eq!((&event["source"], &event["detail"]), (&json!("manuel.delivery"), &json!({"id": "1/7/6"})));
    assert_eq!((&event["time"], &event["resources"]), (&json!("2023-11-14T22:13:20Z"), &json!(["arn:one"])));

    let topic = sns.create_topic().name("news").send().await.unwrap().topic_arn.unwrap();
    sns.subscribe().topic_arn(&topic).protocol("email").endpoint("a@example.com").send().await.unwrap();
    let kind = MessageAttributeValue::builder().data_type("String").string_value("rollback").build().unwrap();
    let publish =
        sns.publish().topic_arn(&topic).subject("Rolled back").message("line 1\nline 2: <ü> & \"x\"");
    let publish = publish.set_message_attributes(Some(HashMap::from([("kind".to_owned(), kind)])));
    assert!(publish.send().await.unwrap().message_id().is_some());
    let mail = &twin.inbox("news")[0];
    assert_eq!(
        (mail.subject.as_str(), mail.message.as_str()),
        ("Rolled back", "line 1\nline 2: <ü> & \"x\"")
    );
    let missing = sns.publish().topic_arn(format!("{topic}-none")).message("x").send().await.unwrap_err();
    assert!(missing.into_service_error().is_not_found_exception());
}
