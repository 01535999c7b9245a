//! The releases that go wrong, and what people do in them.

use std::collections::BTreeSet;

use aws_sdk_cloudwatch::types::StateValue;
use aws_sdk_lambda::primitives::Blob;
use chrono::TimeDelta;
use serde_json::{Value, json};
use twin::{Schedule, Scheduled, Strike, StrikeKind, journal::Event};

use crate::ending::{Ending, Expected};
use crate::functions::{ROLLBACK, SHIFT};
use crate::pipeline::PIPELINE;
use crate::world::{CANDIDATE, GUARD, World};

/// Virtual time by which every release has ended, also one whose job was lost for CodePipeline's 20 minutes several times.
const LONGEST: TimeDelta = TimeDelta::hours(4);
/// Virtual time for Lambda's repetitions and the sweeps after the end of the pipeline.
const AFTERMATH: TimeDelta = TimeDelta::hours(1);

/// The states in which an execution has ended.
const ENDS: [&str; 4] = ["SUCCEEDED", "FAILED", "STOPPED", "CANCELED"];

/// A release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Story {
    /// A good version, approved twice.
    Good,
    /// The new version fails at 10 %.
    Bad,
    /// A person rejects it at 10 %.
    Rejected,
    /// An alarm fires while a person thinks about 50 %.
    AlarmWhileWaiting,
    /// An operator takes it back while a person thinks about 10 %.
    Operator,
    /// Somebody stops the last deployment, and forgets to have it rolled back.
    StoppedHalfway,
    /// The new version fails when it has all the requests.
    BadInWatch,
}

/// What happened in one run of a story.
#[derive(Debug)]
pub struct Run {
    /// Operations that the function in question called, since the story took its own way.
    pub calls: Vec<String>,
    /// The operation that was struck; `None` when there was no such call.
    pub struck: Option<String>,
    /// Every operation of either function, by the function's name.
    pub observed: BTreeSet<(&'static str, String)>,
    /// How it ended.
    pub ending: Ending,
}

impl Story {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Good,
        Self::Bad,
        Self::Rejected,
        Self::AlarmWhileWaiting,
        Self::Operator,
        Self::StoppedHalfway,
        Self::BadInWatch,
    ];

    const fn expected(self) -> Expected {
        match self {
            Self::Good => Expected::ReleasedOrTakenBack,
            _ => Expected::TakenBack,
        }
    }

    /// When the story takes its own way: before, all is as in [`Story::Good`], whose calls are struck from the first on.
    fn begins(self, event: &Event) -> bool {
        match (self, event) {
            (Self::Rejected | Self::Operator, Event::ApprovalAsked { stage, .. }) => {
                stage == "CanaryApproval"
            }
            (Self::AlarmWhileWaiting | Self::StoppedHalfway, Event::ApprovalAsked { stage, .. }) => {
                stage == "FinalApproval"
            }
            (Self::BadInWatch, event) => is_promoted(event),
            _ => false,
        }
    }

    /// Plays the story. `function`: whose calls are counted; one of them is struck.
    pub async fn play(self, function: &str, strike: Option<(usize, StrikeKind)>) -> Run {
        let world = World::new(self == Self::StoppedHalfway).await;
        let faults = world.twin.faults();
        let mut before = 0;
        let mut arm = || {
            before = operations(&world, function).len();
            if let Some((call_number, kind)) = strike {
                faults.strike(Strike { callers: vec![function.to_owned()], call_number, kind });
            }
        };
        if matches!(self, Self::Good | Self::Bad) {
            arm();
        }
        if self == Self::Bad {
            world.turn_bad().await;
        }
        let execution = world.start();
        let hung = !self.follow(&world, &execution, &mut arm).await;
        let ending = self.aftermath(&world, &execution, hung).await;
        let observed = FUNCTIONS
            .into_iter()
            .flat_map(|name| operations(&world, name).into_iter().map(move |call| (name, call)));
        Run {
            calls: operations(&world, function).split_off(before),
            struck: faults.struck().map(|call| call.operation),
            observed: observed.collect(),
            ending,
        }
    }

    /// Sweeps each minute, until all is well or an hour is over.
    async fn aftermath(self, world: &World, execution: &str, hung: bool) -> Ending {
        let clock = world.twin.clock();
        let deadline = clock.now() + AFTERMATH;
        let ending = || Ending::of(world, execution, self.expected(), hung);
        let mut seen = ending().await;
        if seen.wrong.is_empty() {
            return seen;
        }
        sweep(world);
        while !seen.wrong.is_empty() && !hung && clock.now() < deadline {
            clock.sleep(TimeDelta::minutes(1)).await;
            seen = ending().await;
        }
        seen
    }

    /// Does what people do, until the execution has ended; false when it does not.
    async fn follow(self, world: &World, execution: &str, arm: &mut impl FnMut()) -> bool {
        let (clock, mut entries) = (world.twin.clock(), world.twin.journal().subscribe());
        let deadline = clock.now() + LONGEST;
        loop {
            let entry = tokio::select! {
                entry = entries.recv() => entry.unwrap(),
                () = clock.sleep_until(deadline) => return false,
            };
            if self.begins(&entry.event) {
                arm();
            }
            match &entry.event {
                Event::PipelineStatus { execution: of, status, .. }
                    if of == execution && ENDS.contains(&status.as_str()) =>
                {
                    return true;
                }
                Event::ApprovalAsked { stage, .. } => self.answer(world, stage).await,
                Event::LifecycleEvent { deployment, event, status, .. }
                    if event == "AfterAllowTraffic" && status == "InProgress" =>
                {
                    // Only this story has the hook. It may have been stopped in this moment.
                    let stop = world.live.codedeploy.stop_deployment().deployment_id(deployment);
                    drop(stop.auto_rollback_enabled(false).send().await);
                }
                event if self == Self::BadInWatch && is_promoted(event) => world.turn_bad().await,
                _ => {}
            }
        }
    }

    async fn answer(self, world: &World, stage: &str) {
        match (self, stage) {
            (Self::Rejected, "CanaryApproval") => decide(world, stage, "Rejected"),
            (Self::Operator, "CanaryApproval") => {
                let order = json!({"action": "rollback", "reason": "customers complain"});
                let call = world.live.lambda.invoke().function_name(ROLLBACK);
                // An operator whose command failed types it again.
                for _ in 0..3 {
                    let call = call.clone().payload(Blob::new(order.to_string()));
                    if call.send().await.is_ok_and(|answer| answer.function_error().is_none()) {
                        break;
                    }
                }
                // What the commands could not finish is the sweep's.
                sweep(world);
            }
            (Self::AlarmWhileWaiting, "FinalApproval") => {
                let alarm =
                    world.cloudwatch.set_alarm_state().alarm_name(GUARD).state_value(StateValue::Alarm);
                alarm.state_reason("a story says so").send().await.unwrap();
                // Nobody will answer the approval: what the alarm's event leaves is the sweep's.
                sweep(world);
            }
            _ => decide(world, stage, "Approved"),
        }
    }
}

/// What a function called so far, oldest first. The SDK tries each call once.
fn operations(world: &World, function: &str) -> Vec<String> {
    let calls = world.twin.faults().calls().into_iter();
    calls.filter(|call| call.caller == function).map(|call| call.operation).collect()
}

/// From now on each minute.
fn sweep(world: &World) {
    let _goes_on: Scheduled = world.twin.schedule(Schedule {
        name: "sweep".to_owned(),
        function: ROLLBACK.to_owned(),
        every: TimeDelta::minutes(1),
        input: None,
    });
}

fn is_promoted(event: &Event) -> bool {
    matches!(event, Event::AliasMoved { version, weights, .. } if version == CANDIDATE && weights.is_empty())
}

fn decide(world: &World, stage: &str, status: &str) {
    let state = world.pipeline("GetPipelineState", &json!({"name": PIPELINE}));
    let stages = state["stageStates"].as_array().unwrap();
    let found = stages.iter().find(|found| found["stageName"] == stage).unwrap();
    let token = &found["actionStates"][0]["latestExecution"]["token"];
    let answer: Value = json!({"pipelineName": PIPELINE, "stageName": stage, "actionName": stage, "token": token,
        "result": {"summary": "by the story", "status": status}});
    // It may have been withdrawn in this moment.
    drop(world.twin.call_codepipeline("PutApprovalResult", &answer));
}

/// The functions whose calls are struck.
pub const FUNCTIONS: [&str; 2] = [SHIFT, ROLLBACK];
