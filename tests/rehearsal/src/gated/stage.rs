//! Sets the stage for gated releases: what a plain release has, and the pipeline with its functions, rules and topics.

use std::{collections::BTreeMap, sync::Arc};

use aws_sdk_eventbridge::types::Target;
use chrono::TimeDelta;
use serde_json::{Value, json};
use twin::{StandIn, StandInResult, programs::Programs};

use super::pipeline::{self, PIPELINE, ROLLOUT_STAGES};
use crate::{
    alarms,
    error::RehearsalError,
    scenario::gated::GatedScenario,
    stage::{ALIAS, APPLICATION, BACKEND, CRITERIA, GROUP, HOOK, LAST_HOOK, Stage, clients},
};

pub(crate) const SHIFT: &str = "manuel-traffic-shift";
pub(crate) const ROLLBACK: &str = "manuel-alarm-rollback";
/// Where people are asked.
pub(crate) const APPROVALS: &str = "manuel-approvals";
/// Where people are told.
pub(crate) const NOTICES: &str = "manuel-notices";
/// Seconds that one invocation of the two functions may take.
const TIMEOUT_SECONDS: i32 = 60;
/// Minutes that the post-traffic hook watches; the pipeline's own watch comes after it.
const BAKE_MINUTES: u32 = 2;
/// Virtual time that the update of a stack takes.
const STACK_UPDATE: TimeDelta = TimeDelta::seconds(40);

/// Everything a gated release needs.
pub(crate) struct GatedStage {
    pub(crate) stage: Stage,
    pub(crate) codepipeline: aws_sdk_codepipeline::Client,
}

impl GatedStage {
    /// Starts the twin with version 1 behind the alias, and a pipeline that waits to be started.
    pub(crate) async fn set(
        programs: &Programs,
        (rate, seed): (f64, u64),
        scenario: &GatedScenario,
    ) -> Result<Self, RehearsalError> {
        let stage = Stage::set(programs, (rate, seed), (scenario.stable)(), Some(BAKE_MINUTES)).await?;
        let aws = clients(stage.twin.endpoint())?;
        let topics = aws.sns();
        topic(&topics, APPROVALS, "approver@example.com").await?;
        let notices = topic(&topics, NOTICES, "team@example.com").await?;
        let guards = guards(scenario).join(",");
        let shift = environment([("PRE_TRAFFIC_HOOK", HOOK), ("POST_TRAFFIC_HOOK", LAST_HOOK)], &guards);
        let live = format!("{BACKEND}:{ALIAS}");
        let back =
            environment([("LIVE_ALIAS", live.as_str()), ("NOTICE_TOPIC_ARN", notices.as_str())], &guards);
        stage.create_function(SHIFT, &programs.path("traffic-shift")?, shift, TIMEOUT_SECONDS).await?;
        stage.create_function(ROLLBACK, &programs.path("alarm-rollback")?, back, TIMEOUT_SECONDS).await?;
        rules(&aws.eventbridge(), scenario).await?;
        stand_ins(&stage, scenario);
        let definition = pipeline::definition(scenario.times)?;
        stage.twin.call_codepipeline("CreatePipeline", &json!({"pipeline": definition}))?;
        Ok(Self { codepipeline: aws.codepipeline(), stage })
    }
}

/// The alarms that guard the release.
fn guards(scenario: &GatedScenario) -> Vec<&'static str> {
    let before = scenario.broken_before.then_some(alarms::LIVE_ERRORS);
    alarms::GUARD.into_iter().chain(before).collect()
}

/// What both functions are told, and two settings more.
fn environment(more: [(&str, &str); 2], guards: &str) -> BTreeMap<String, String> {
    let shared = [
        ("CODEDEPLOY_APPLICATION", APPLICATION),
        ("CODEDEPLOY_GROUP", GROUP),
        ("PIPELINE", PIPELINE),
        ("GUARD_ALARMS", guards),
        ("ROLLOUT_STAGES", "DeployProd"),
        ("CRITERIA", CRITERIA),
    ];
    shared.into_iter().chain(more).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// A topic with one reader; answers its ARN.
async fn topic(client: &aws_sdk_sns::Client, name: &str, reader: &str) -> Result<String, RehearsalError> {
    let made = client.create_topic().name(name).send().await?;
    let arn = made.topic_arn.ok_or(RehearsalError::Incomplete("CreateTopic answered no ARN"))?;
    client.subscribe().topic_arn(&arn).protocol("email").endpoint(reader).send().await?;
    Ok(arn)
}

/// The rules that wake the rollback: events make it fast, the schedule makes it certain.
async fn rules(client: &aws_sdk_eventbridge::Client, scenario: &GatedScenario) -> Result<(), RehearsalError> {
    for (name, pattern) in patterns(scenario) {
        client.put_rule().name(name).event_pattern(pattern.to_string()).send().await?;
        wakes_the_rollback(client, name).await?;
    }
    const SWEEP: &str = "manuel-rollback-sweep";
    client.put_rule().name(SWEEP).schedule_expression("rate(1 minute)").send().await?;
    wakes_the_rollback(client, SWEEP).await
}

fn patterns(scenario: &GatedScenario) -> [(&'static str, Value); 4] {
    [
        (
            "manuel-guard-alarm",
            json!({"source": ["aws.cloudwatch"], "detail-type": ["CloudWatch Alarm State Change"],
                "detail": {"alarmName": guards(scenario), "state": {"value": ["ALARM"]}}}),
        ),
        (
            "manuel-approval-failed",
            json!({"source": ["aws.codepipeline"], "detail-type": ["CodePipeline Action Execution State Change"],
                "detail": {"pipeline": [PIPELINE], "state": ["FAILED", "STARTED"], "type": {"category": ["Approval"]}}}),
        ),
        (
            "manuel-stage-ended",
            json!({"source": ["aws.codepipeline"], "detail-type": ["CodePipeline Stage Execution State Change"],
                "detail": {"pipeline": [PIPELINE], "stage": ROLLOUT_STAGES, "state": ["FAILED", "STOPPED"]}}),
        ),
        (
            "manuel-deployment",
            json!({"source": ["aws.codedeploy"],
                "detail-type": ["CodeDeploy Deployment State-change Notification"],
                "detail": {"application": [APPLICATION], "deploymentGroup": [GROUP]}}),
        ),
    ]
}

async fn wakes_the_rollback(client: &aws_sdk_eventbridge::Client, rule: &str) -> Result<(), RehearsalError> {
    let arn = format!("arn:aws:lambda:eu-west-1:123456789012:function:{ROLLBACK}");
    let target = Target::builder().id("rollback").arn(arn).build();
    let target = target.map_err(|_| RehearsalError::Incomplete("a target has an id and an ARN"))?;
    let answer = client.put_targets().rule(rule).targets(target).send().await?;
    if answer.failed_entry_count() > 0 {
        return Err(RehearsalError::Incomplete("PutTargets refused the rollback function"));
    }
    Ok(())
}

/// The source takes any commit; the update of the stack publishes the next build.
fn stand_ins(stage: &Stage, scenario: &GatedScenario) {
    stage.twin.stand_in("CodeStarSourceConnection", StandIn::that_succeeds());
    let (builds, candidates) = (stage.builds(), scenario.candidates);
    let updates = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let update = move |_| {
        let (builds, updates) = (builds.clone(), updates.clone());
        async move {
            let turn = updates.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            // The last build is released again when there is no further one.
            let turn = turn.min(candidates.len().saturating_sub(1));
            let Some(candidate) = candidates.get(turn) else {
                return StandInResult::failure("the scenario has no candidate");
            };
            match builds.build(turn + 2, candidate()).await {
                Ok(version) => {
                    StandInResult::success().after(STACK_UPDATE).with_variable("CandidateVersion", version)
                }
                Err(error) => StandInResult::failure(error.to_string()),
            }
        }
    };
    stage.twin.stand_in("CloudFormation", StandIn::new(update));
}
