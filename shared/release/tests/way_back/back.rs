//! The way back, from every state.

use crate::stage::{EXECUTION, FUNCTION, SILENT, Stage, ten_percent};
use aws_sdk_codedeploy::types::{AppSpecContent, RevisionLocation, RevisionLocationType};
use chrono::TimeDelta;
use release::{
    Begun, Change, Claim, Previous, Progress, Promotion, Rollout, Started, Status, Traffic, Which,
};
use serde_json::json;
use twin::ApiError;

#[tokio::test]
async fn customers_are_safe_after_two_calls_when_the_rollout_split_the_alias() {
    let stage = Stage::set().await;
    stage.rollout(ten_percent()).await;
    let before = stage.calls(0).len();
    let Begun::Marked { by_us: true, rollout } = stage.begin().await else { panic!("nothing was begun") };
    assert_eq!(stage.calls(before), ["lambda:GetAlias", "lambda:UpdateAlias", "lambda:GetAlias"]);
    assert_eq!(stage.serves().await, "1");
    assert_eq!(rollout.rollback.unwrap().why, "breach");
    assert_eq!(stage.back().await, Vec::<String>::new());
    assert!(matches!(stage.begin().await, Begun::Marked { by_us: false, .. }));
}

#[tokio::test]
async fn promoted_version_is_taken_back_by_codedeploy() {
    let stage = Stage::set().await;
    stage.rollout(Traffic::Whole("2".to_owned())).await;
    stage.begin().await;
    stage.back().await;
    assert_eq!(stage.serves().await, "1");
    let made = stage.live.deployments(Which::Since(stage.began)).await.unwrap();
    let [deployment] = made.try_into().unwrap_or_else(|made| panic!("{made:?}"));
    assert_eq!(deployment.description, "Rollback: e-1, version 2 to 1");
    assert!(
        deployment.is_rollback() && deployment.creator == "user" && deployment.status == Status::Succeeded
    );
}

#[tokio::test]
async fn alias_is_pointed_back_when_codedeploy_refuses() {
    let stage = Stage::set().await;
    stage.rollout(Traffic::Whole("2".to_owned())).await;
    stage.begin().await;
    let denied = ApiError { code: "AccessDeniedException", status: 400, message: "no".to_owned() };
    stage.twin.faults().inject("codedeploy:CreateDeployment", 1, denied);
    assert_eq!(stage.back().await, Vec::<String>::new());
    assert_eq!(stage.serves().await, "1");
}

#[tokio::test]
async fn alias_is_pointed_back_when_codedeploys_way_back_failed() {
    let stage = Stage::set().await;
    stage.rollout(Traffic::Whole("2".to_owned())).await;
    stage.begin().await;
    // It begins where the alias is not.
    let elsewhere = json!({"version": 0.0, "Resources": [{"live": {"Type": "AWS::Lambda::Function", "Properties": {
        "Name": FUNCTION, "Alias": "live", "CurrentVersion": "1", "TargetVersion": "1"}}}]});
    let content = AppSpecContent::builder().content(elsewhere.to_string()).build();
    let revision = RevisionLocation::builder().revision_type(RevisionLocationType::AppSpecContent);
    let call =
        stage.live.codedeploy.create_deployment().application_name("shop").deployment_group_name("shop-live");
    let call = call.revision(revision.app_spec_content(content).build()).description("Rollback: by hand");
    let id = call.send().await.unwrap().deployment_id.unwrap();
    assert_eq!(stage.twin.deployment_finished(&id).await.unwrap(), "Failed");
    stage.back().await;
    assert_eq!(stage.serves().await, "1");
    assert_eq!(stage.live.deployments(Which::Since(stage.began)).await.unwrap().len(), 1, "not tried again");
}

#[tokio::test]
async fn promotion_is_stopped_and_put_back_when_it_runs() {
    let stage = Stage::set().await;
    let since = stage.now();
    let rollout = Rollout { promoting_since: Some(since), ..Rollout::of(EXECUTION) };
    let rollout = Rollout { candidate: Some("2".to_owned()), stable: Some("1".to_owned()), ..rollout };
    let change = Change { traffic: Traffic::Whole("1".to_owned()), rollout };
    stage.live.change(|_| Some(change.clone())).await.unwrap();
    let promotion = stage.promotion(Some(SILENT));
    let Started::As(id) = stage.live.promote(&promotion, since).await.unwrap() else { panic!("busy") };
    assert_eq!(stage.live.promote(&promotion, since).await.unwrap(), Started::As(id.clone()), "started once");
    let mut journal = stage.twin.journal().subscribe();
    while stage.live.alias().await.unwrap().version != "2" {
        journal.recv().await.unwrap();
    }
    stage.begin().await;
    stage.back().await;
    assert_eq!(stage.serves().await, "1");
    assert!(stage.live.deployment(&id).await.unwrap().rolled_back_by.is_some());
}

/// A rollback that was told: the alias is whole at version 1.
async fn taken_back_and_told() -> Stage {
    let stage = Stage::set().await;
    stage.rollout(ten_percent()).await;
    stage.begin().await;
    stage.back().await;
    stage.live.notice_sent(EXECUTION).await.unwrap();
    stage
}

#[tokio::test]
async fn promotion_is_stopped_when_it_was_started_in_the_moment_of_the_rollback() {
    let stage = taken_back_and_told().await;
    let straggler = stage.promotion(Some(SILENT));
    let Started::As(id) = stage.live.promote(&straggler, stage.began).await.unwrap() else { panic!("busy") };
    stage.back().await;
    assert_eq!(stage.serves().await, "1");
    assert_eq!(stage.live.deployment(&id).await.unwrap().status, Status::Failed);
}

#[tokio::test]
async fn somebodys_own_deployment_goes_on_when_people_know_of_the_rollback() {
    let stage = taken_back_and_told().await;
    let own = Promotion { execution: "by hand".to_owned(), ..stage.promotion(Some(SILENT)) };
    let Started::As(id) = stage.live.promote(&own, stage.began).await.unwrap() else { panic!("busy") };
    assert_eq!(stage.back().await, Vec::<String>::new());
    assert_eq!(stage.live.deployment(&id).await.unwrap().status, Status::Running);
}

#[tokio::test]
async fn alias_is_pointed_back_when_the_deployment_back_is_stuck() {
    let stage = Stage::set().await;
    stage.rollout(Traffic::Whole("2".to_owned())).await;
    stage.begin().await;
    // CodeDeploy waits for a hook that does not answer.
    let stuck = Promotion { from: "2".to_owned(), to: "1".to_owned(), ..stage.promotion(None) };
    let stuck =
        Promotion { before_traffic: Some(SILENT.to_owned()), execution: "a person".to_owned(), ..stuck };
    let Started::As(id) = stage.live.promote(&stuck, stage.began).await.unwrap() else { panic!("busy") };
    let mark = stage.live.alias().await.unwrap().rollout.unwrap().rollback.unwrap();
    let drive = |seconds| stage.live.drive_back(mark.at + TimeDelta::seconds(seconds));
    assert_eq!(drive(179).await.unwrap(), Progress::Waiting(id));
    assert!(matches!(drive(180).await.unwrap(), Progress::Safe(_)));
    assert_eq!(stage.serves().await, "1");
}

#[tokio::test]
async fn rollback_is_begun_again_when_it_was_told_and_the_alias_went_astray() {
    let stage = taken_back_and_told().await;
    assert!(!stage.live.alias().await.unwrap().is_astray());
    let own = stage.promotion(None);
    let Started::As(id) = stage.live.promote(&own, stage.began).await.unwrap() else { panic!("busy") };
    stage.twin.deployment_finished(&id).await.unwrap();
    assert!(stage.live.alias().await.unwrap().is_astray());
    assert!(matches!(stage.begin().await, Begun::Marked { by_us: true, .. }));
    stage.back().await;
    assert_eq!(stage.serves().await, "1");
    assert_eq!(stage.live.claim_notice(EXECUTION, stage.now()).await.unwrap(), Claim::Ours);
}

#[tokio::test]
async fn release_before_is_taken_back_when_the_next_one_has_only_acquired() {
    let stage = Stage::set().await;
    let whole_since = stage.now();
    let previous = Previous { candidate: "2".to_owned(), stable: "1".to_owned(), whole_since };
    let acquired = Rollout { previous: Some(previous), ..Rollout::of(EXECUTION) };
    let change = Change { traffic: Traffic::Whole("2".to_owned()), rollout: acquired };
    stage.live.change(|_| Some(change.clone())).await.unwrap();
    let Begun::Marked { rollout, .. } = stage.begin().await else { panic!("nothing was begun") };
    assert!(rollout.rollback.unwrap().promoted);
    stage.back().await;
    assert_eq!(stage.serves().await, "1");
}
