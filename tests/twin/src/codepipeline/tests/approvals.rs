//! Approvals: answered, expired, and what the notice says.

use serde_json::json;

use super::*;

fn one_approval() -> Value {
    let mut asked = approval("Person");
    asked["configuration"] =
        json!({"CustomData": "#{Source.CommitId}", "ExternalEntityLink": "https://example.com/1"});
    json!([stage("Approve", &[asked])])
}

fn answer(token: &str, status: &str, summary: &str) -> Value {
    json!({"pipelineName": PIPELINE, "stageName": "Approve", "actionName": "Person", "token": token,
        "result": {"status": status, "summary": summary}})
}

async fn token(twin: &Twin) -> String {
    eventually("a token", || action_state(twin, "Approve", "Person")["token"].as_str().map(str::to_owned))
        .await
}

#[tokio::test]
async fn approval_names_who_gave_it_when_it_is_approved() {
    let twin = twin(60.0, "QUEUED", one_approval()).await;
    let id = start(&twin);
    let token = token(&twin).await;
    let unknown = "00000000-0000-0000-0000-000000000000";
    assert_eq!(
        refusal(&twin, "PutApprovalResult", answer(unknown, "Approved", "")),
        "InvalidApprovalTokenException"
    );
    assert_eq!(refusal(&twin, "PutApprovalResult", answer("x", "Approved", "")), "ValidationException");
    assert_eq!(refusal(&twin, "PutApprovalResult", answer(&token, "Perhaps", "")), "ValidationException");
    assert_eq!(
        refusal(&twin, "PutApprovalResult", answer(&token, "Approved", &"s".repeat(513))),
        "ValidationException"
    );
    call(&twin, "PutApprovalResult", answer(&token, "Approved", &"s".repeat(512)));
    assert_eq!(status(&twin, &id), "Succeeded");
    let state = action_state(&twin, "Approve", "Person");
    assert_eq!(state["lastUpdatedBy"], "arn:aws:iam::123456789012:user/operator");
    assert_eq!(state["token"], json!(null), "it cannot be answered any more");
    assert_eq!(
        refusal(&twin, "PutApprovalResult", answer(&token, "Rejected", "")),
        "ApprovalAlreadyCompletedException"
    );
}

#[tokio::test]
async fn action_fails_with_the_reviewers_words_when_it_is_rejected() {
    let twin = twin(60.0, "QUEUED", one_approval()).await;
    let id = start(&twin);
    call(&twin, "PutApprovalResult", answer(&token(&twin).await, "Rejected", "too slow"));
    assert_eq!(status(&twin, &id), "Failed");
    let state = action_state(&twin, "Approve", "Person");
    assert_eq!(state["errorDetails"], json!({"code": "JobFailed", "message": "too slow"}));
}

#[tokio::test]
async fn action_fails_when_the_approval_expires() {
    let twin = twin(60_000.0, "QUEUED", one_approval()).await;
    let id = start(&twin);
    let token = token(&twin).await;
    ends(&twin, &id, "Failed").await;
    let message = text(&action_state(&twin, "Approve", "Person")["errorDetails"]["message"]);
    assert!(message.contains("60 minutes"), "{message}");
    assert_eq!(
        refusal(&twin, "PutApprovalResult", answer(&token, "Approved", "")),
        "InvalidApprovalTokenException"
    );
}

#[tokio::test]
async fn notice_has_the_shape_of_real_ones_when_it_is_posted() {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let twin = twin(60.0, "QUEUED", one_approval()).await;
    // A service of its own, whose outlets the test holds.
    let outlets = Outlets {
        events: Arc::new(|_| {}),
        notify: {
            let sent = sent.clone();
            Arc::new(move |topic: &str, subject: &str, message: &str| {
                sent.lock().push((topic.to_owned(), subject.to_owned(), message.to_owned()));
            })
        },
    };
    let service = Arc::new(CodePipeline::new(twin.services.lambda.clone(), outlets));
    service.stand_in("S3", StandIn::that_succeeds());
    let mut stages = one_approval();
    let topic = "arn:aws:sns:eu-west-1:123456789012:approvals";
    stages[0]["actions"][0]["configuration"]["NotificationArn"] = json!(topic);
    let by = OPERATOR;
    service.handle("CreatePipeline", &json!({"pipeline": pipeline("QUEUED", stages)}), by).unwrap();
    service.handle("StartPipelineExecution", &json!({"name": PIPELINE}), by).unwrap();
    let (to, subject, message) = eventually("the notice", || sent.lock().first().cloned()).await;
    let message: Value = serde_json::from_str(&message).unwrap();
    assert_eq!((to.as_str(), subject.len() < 100), (topic, true));
    let approval = &message["approval"];
    assert_eq!(approval["customData"], json!("0".repeat(40)), "variables are resolved");
    assert_eq!(approval["externalEntityLink"], "https://example.com/1");
    let (token, expires) = (text(&approval["token"]), text(&approval["expires"]));
    assert!(expires.len() == "2016-07-07T20:22Z".len() && expires.ends_with('Z'), "{expires}");
    assert!(
        text(&approval["approvalReviewLink"]).ends_with(&format!("/release/Approve/Person/approve/{token}"))
    );
    assert_eq!(message["region"], "eu-west-1");
}
