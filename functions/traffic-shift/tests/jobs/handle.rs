//! What holds for every action: settings, parameters, tokens, failures, repeated deliveries.

use crate::stage::{Stage, parameters};
use release::Rollout;
use serde_json::json;
use traffic_shift::HandleError;
use twin::ApiError;

#[tokio::test]
async fn action_fails_with_what_to_write_when_its_parameters_are_wrong() {
    let wrong = parameters("watch", &json!({"candidate": "2", "minutes": 0}));
    let stage = Stage::set(&wrong, &[]).await;
    stage.start();
    assert_eq!(stage.act(1).await.decision, "failed");
    let told = "UserParameters of watch: minutes: must be whole minutes from 1 to 1200; got 0";
    assert_eq!(stage.failure(), ("ConfigurationError".to_owned(), told.to_owned()));
}

#[tokio::test]
async fn action_fails_with_what_to_set_when_a_setting_is_wrong() {
    let stage = Stage::set(&parameters("acquire", &json!({})), &[("CODEDEPLOY_GROUP", "")]).await;
    stage.start();
    stage.act(1).await;
    let (code, message) = stage.failure();
    assert_eq!(code, "ConfigurationError");
    assert!(message.starts_with("CODEDEPLOY_GROUP must be set"), "{message}");
}

#[tokio::test]
async fn action_fails_when_nobody_says_what_guards_the_release() {
    let stage = Stage::set(&parameters("acquire", &json!({})), &[("GUARD_ALARMS", "")]).await;
    stage.start();
    stage.act(1).await;
    let told = "GUARD_ALARMS must be set: list the rollout guard, or write none to release without one";
    assert_eq!(stage.failure(), ("ConfigurationError".to_owned(), told.to_owned()));
}

#[tokio::test]
async fn action_fails_when_six_calls_in_a_row_do() {
    let stage = Stage::set(&parameters("acquire", &json!({})), &[]).await;
    stage.start();
    let denied = ApiError::bad_request("AccessDeniedException", "not authorized");
    stage.twin.faults().inject("lambda:GetAlias", 5, denied.clone());
    for number in 1..=5 {
        let decided = stage.act(number).await;
        let told = format!("trying again ({number} of 6 failures in a row): ");
        assert!(decided.decision == "continue" && decided.reason.starts_with(&told), "{}", decided.reason);
    }
    // The sixth is well, so that the count begins anew.
    stage.point("1", 10.0, None).await;
    assert!(stage.act(6).await.reason.starts_with("waiting: "));
    stage.twin.faults().inject("lambda:GetAlias", 6, denied);
    for number in 7..=11 {
        assert_eq!(stage.act(number).await.decision, "continue");
    }
    assert_eq!(stage.act(12).await.decision, "failed");
    assert!(stage.failure().1.contains("not authorized"), "{}", stage.failure().1);
}

#[tokio::test]
async fn strange_token_counts_as_a_first_call() {
    let stage = Stage::set(&parameters("acquire", &json!({})), &[]).await;
    let execution = stage.start();
    let mut event = stage.job(1).await;
    event["CodePipeline.job"]["data"]["continuationToken"] = json!("{\"v\":7}");
    assert_eq!(stage.answer(event).await.unwrap().decision, "done");
    assert_eq!(stage.alias().await.rollout, Some(Rollout::of(&execution)));
}

#[tokio::test]
async fn late_answer_is_no_error_but_a_lost_one_is() {
    let stage = Stage::set(&parameters("acquire", &json!({})), &[]).await;
    stage.start();
    let event = stage.job(1).await;
    let throttled = ApiError::bad_request("ThrottlingException", "slow down");
    stage.twin.faults().inject("codepipeline:PutJobSuccessResult", 1, throttled);
    let lost = stage.answer(event.clone()).await.unwrap_err();
    assert!(matches!(lost, HandleError::Unanswered(_)), "{lost:?}");
    for _ in 0..2 {
        assert_eq!(stage.answer(event.clone()).await.unwrap().decision, "done");
    }
    let unknown = json!({"CodePipeline.job": {"id": "11111111-2222-4333-8444-555555555555"}});
    assert_eq!(stage.answer(unknown).await.unwrap().decision, "failed");
}

#[tokio::test]
async fn event_is_refused_when_it_is_no_job() {
    let stage = Stage::set(&parameters("acquire", &json!({})), &[]).await;
    let refused = stage.answer(json!({"detail-type": "Scheduled Event"})).await.unwrap_err();
    assert!(matches!(refused, HandleError::NoJob(_)));
    assert_eq!(lambda_runtime::Diagnostic::from(refused).error_type, "TrafficShiftNoJob");
}
