//! Each minute: what events have missed.

use crate::events::sweep;
use crate::shifting::record;
use crate::stage::{PIPELINE, Stage};
use alarm_rollback::Word;
use aws_sdk_cloudwatch::types::StateValue;
use release::{Rollout, Traffic};
use serde_json::json;
use twin::ApiError;

#[tokio::test]
async fn sweep_costs_one_call_when_nothing_is_in_flight() {
    let stage = Stage::set().await;
    assert_eq!(stage.calls(sweep()).await, ["lambda:GetAlias"], "nobody rolls out");
    stage.put(Traffic::Keep, Rollout::of("11111111-2222-3333-4444-555555555555")).await;
    assert_eq!(stage.calls(sweep()).await, ["lambda:GetAlias"], "acquired");
    let execution = stage.start().await;
    stage.promoted(&execution).await;
    assert_eq!(
        stage.calls(sweep()).await,
        ["lambda:GetAlias", "cloudwatch:DescribeAlarms"],
        "promoted lately"
    );
    stage.later(3_601);
    assert_eq!(stage.calls(sweep()).await, ["lambda:GetAlias"], "promoted long ago");
    stage.later(-3_601);
    stage.split(&execution).await;
    let calls = [
        "lambda:GetAlias",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:GetMetricData",
        "codepipeline:GetPipelineExecution",
    ];
    assert_eq!(stage.calls(sweep()).await, calls, "shifting");
    stage.fire(StateValue::Alarm).await;
    stage.deliver(sweep()).await;
    let calls = ["lambda:GetAlias", "codepipeline:GetPipelineState"];
    assert_eq!(stage.calls(sweep()).await, calls, "rolled back and told lately");
    stage.later(1_801);
    assert_eq!(stage.calls(sweep()).await, ["lambda:GetAlias"], "rolled back and told");
}

#[tokio::test]
async fn breach_is_acted_on_before_any_alarm_when_a_person_thinks() {
    let stage = Stage::set().await;
    let execution = stage.start().await;
    stage.split(&execution).await;
    record(&stage, 4, "1", 300, 0);
    record(&stage, 4, "2", 30, 1);
    assert_eq!(stage.word(sweep()).await, Word::Nothing, "it may be chance");
    record(&stage, 4, "2", 30, 20);
    let outcome = stage.deliver(sweep()).await;
    assert_eq!(outcome.outcome, Word::RolledBack);
    assert!(outcome.reason.starts_with("errors: the canary is"), "{outcome:?}");
    stage.assert_stable().await;
    stage.assert_told_once(&execution);
}

#[tokio::test]
async fn sweep_goes_on_when_the_metrics_cannot_be_read() {
    let stage = Stage::set().await;
    let execution = stage.start().await;
    stage.split(&execution).await;
    let denied = ApiError { code: "AccessDenied", status: 403, message: "no".to_owned() };
    stage.twin.faults().inject("cloudwatch:GetMetricData", 1, denied);
    assert_eq!(stage.word(sweep()).await, Word::Nothing);
}

#[tokio::test]
async fn guard_alarm_is_seen_when_its_event_was_lost() {
    let stage = Stage::set().await;
    let execution = stage.start().await;
    // The alarm fires already: it is not this rollout's fault.
    stage.fire(StateValue::Alarm).await;
    stage.later(60);
    let rollout = Rollout { split_since: Some(stage.now()), ..stage.rollout(&execution) };
    stage.put(crate::rollouts::tenth(), rollout).await;
    assert_eq!(stage.word(sweep()).await, Word::Nothing);
    stage.later(-60);
    stage.split(&execution).await;
    let outcome = stage.deliver(sweep()).await;
    assert_eq!(outcome.outcome, Word::RolledBack);
    assert!(outcome.reason.ends_with("as the test says"), "{outcome:?}");
    stage.assert_stable().await;
    stage.assert_told_once(&execution);
}

#[tokio::test]
async fn unfinished_rollback_is_finished_when_whoever_began_it_has_died() {
    let stage = Stage::set().await;
    let execution = stage.start().await;
    stage.promoted(&execution).await;
    stage.live.begin_rollback(Some(&execution), "breach", false, stage.now()).await.unwrap();
    stage.rolled_back(sweep(), &execution).await;
    assert_eq!(stage.word(sweep()).await, Word::Nothing);
    stage.assert_stable().await;
    stage.assert_told_once(&execution);
}

#[tokio::test]
async fn telling_is_taken_over_a_minute_after_its_claim() {
    let stage = Stage::set().await;
    let execution = stage.start().await;
    stage.split(&execution).await;
    stage.live.begin_rollback(Some(&execution), "breach", false, stage.now()).await.unwrap();
    stage.live.claim_notice(&execution, stage.now()).await.unwrap();
    assert_eq!(stage.word(sweep()).await, Word::RolledBack);
    assert!(stage.notices(&execution).is_empty(), "somebody else is at it");
    stage.later(61);
    assert_eq!(stage.word(sweep()).await, Word::RolledBack);
    stage.assert_told_once(&execution);
}

#[tokio::test]
async fn split_is_reset_when_its_execution_has_ended_and_not_when_it_is_unknown() {
    let stage = Stage::set().await;
    let execution = stage.start().await;
    stage.split(&execution).await;
    assert_eq!(stage.word(sweep()).await, Word::Nothing, "it waits for its approval");
    let stop = json!({"pipelineName": PIPELINE, "pipelineExecutionId": execution, "abandon": true});
    stage.codepipeline("StopPipelineExecution", &stop);
    let outcome = stage.deliver(sweep()).await;
    assert_eq!(
        (outcome.outcome, outcome.reason.as_str()),
        (Word::RolledBack, "the pipeline execution ended: Stopped")
    );
    stage.assert_stable().await;
    stage.split("11111111-2222-3333-4444-555555555555").await;
    // PIPELINE may name another pipeline.
    let error = lambda_runtime::Diagnostic::from(stage.tried(sweep()).await.unwrap_err());
    assert_eq!(error.error_type, "AlarmRollbackBlind");
    assert!(error.error_message.contains("the pipeline execution cannot be read"), "{error:?}");
    assert_eq!(stage.alias().await.split.unwrap().canary, "2");
}

#[tokio::test]
async fn promotion_is_left_alone_while_codedeploy_is_at_work() {
    let stage = Stage::set().await;
    let execution = stage.start().await;
    let promotion = stage.promoting(&execution).await;
    let stop = json!({"pipelineName": PIPELINE, "pipelineExecutionId": execution, "abandon": true});
    stage.codepipeline("StopPipelineExecution", &stop);
    assert_eq!(stage.word(sweep()).await, Word::Nothing);
    stage.live.stop(&promotion).await.unwrap();
    stage.twin.deployment_finished(&promotion).await.unwrap();
    stage.settle().await;
    assert_eq!(stage.word(sweep()).await, Word::RolledBack);
    stage.assert_told_once(&execution);
}

#[tokio::test]
async fn ended_execution_is_seen_when_the_alarms_cannot_be_read() {
    let stage = Stage::set().await;
    let execution = stage.start().await;
    stage.split(&execution).await;
    let refuse = |operation| {
        let denied = ApiError { code: "AccessDenied", status: 403, message: "no".to_owned() };
        stage.twin.faults().inject(operation, 1, denied);
    };
    refuse("cloudwatch:DescribeAlarms");
    let error = stage.tried(sweep()).await.unwrap_err().to_string();
    assert!(error.contains("the alarms cannot be read"), "nothing else is wrong: {error}");
    refuse("cloudwatch:DescribeAlarms");
    refuse("codepipeline:GetPipelineExecution");
    assert!(stage.tried(sweep()).await.unwrap_err().to_string().contains("NOBODY WATCHES"));
    let stop = json!({"pipelineName": PIPELINE, "pipelineExecutionId": execution, "abandon": true});
    stage.codepipeline("StopPipelineExecution", &stop);
    refuse("cloudwatch:DescribeAlarms");
    let outcome = stage.deliver(sweep()).await;
    assert_eq!(outcome.reason, "the pipeline execution ended: Stopped");
    stage.assert_stable().await;
    stage.assert_told_once(&execution);
}
