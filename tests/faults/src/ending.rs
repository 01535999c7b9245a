//! What must be true when all is over: one version, and everybody agrees on it.

use release::{Notice, Stand, Which};
use serde_json::{Value, json};

use crate::pipeline::PIPELINE;
use crate::world::{CANDIDATE, NOTICES, STABLE, World};

/// How a story may end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Everybody has the new version, or everybody has the old one again.
    ReleasedOrTakenBack,
    /// Everybody has the old version again.
    TakenBack,
}

/// How a story ended.
#[derive(Debug)]
pub struct Ending {
    /// The new version has all requests.
    pub released: bool,
    /// Events `delivery.rollback`; more than one only with the same id.
    pub events: usize,
    /// Notices to people.
    pub notices: usize,
    /// What is wrong, one sentence each.
    pub wrong: Vec<String>,
}

impl Ending {
    /// Looks at everything.
    pub(crate) async fn of(world: &World, execution: &str, expected: Expected, hung: bool) -> Self {
        let mut wrong = Vec::new();
        let mut unless = |holds: bool, sentence: String| {
            if !holds {
                wrong.push(sentence);
            }
        };
        unless(!hung, "the pipeline did not end".to_owned());
        let status = status(world, execution);
        unless(["Succeeded", "Failed"].contains(&status.as_str()), format!("the execution is {status}"));
        let alias = world.live.alias().await.unwrap();
        unless(alias.split.is_none(), format!("half a state: {}", alias.in_words()));
        let running = world.live.deployments(Which::Running).await.unwrap();
        unless(running.is_empty(), format!("{running:?} run"));
        unless(!approval_waits(world), "an approval waits".to_owned());

        let released = alias.version == CANDIDATE;
        let may_be_released = expected == Expected::ReleasedOrTakenBack && status == "Succeeded";
        unless(released == may_be_released, format!("{}, and the execution {status}", alias.in_words()));
        let ids = rollback_ids(world);
        let notices = world.twin.inbox(NOTICES).len();
        if released {
            unless(
                matches!(alias.stand(), Stand::Promoted(_)),
                format!("the alias says {:?}", alias.rollout),
            );
            unless(ids.is_empty() && notices == 0, "people were told of a rollback".to_owned());
        } else {
            unless(alias.version == STABLE, format!("version {} serves", alias.version));
            let told =
                matches!(alias.stand(), Stand::RolledBack(_, mark) if mark.notice == Some(Notice::Sent));
            // A release that never gave the new version a request has nothing to take back.
            let never_served = matches!(alias.stand(), Stand::Idle | Stand::Acquired(_));
            unless(told || never_served, format!("the alias says {:?}", alias.rollout));
            unless(never_served == ids.is_empty(), format!("{} rollback events", ids.len()));
            unless(never_served == (notices == 0), format!("{notices} notices"));
            unless(
                ids.windows(2).all(|two| two[0] == two[1]),
                format!("rollbacks with different ids: {ids:?}"),
            );
        }
        Self { released, events: ids.len(), notices, wrong }
    }
}

fn status(world: &World, execution: &str) -> String {
    let asked = json!({"pipelineName": PIPELINE, "pipelineExecutionId": execution});
    let answer = world.pipeline("GetPipelineExecution", &asked);
    answer["pipelineExecution"]["status"].as_str().unwrap().to_owned()
}

fn approval_waits(world: &World) -> bool {
    let state = world.pipeline("GetPipelineState", &json!({"name": PIPELINE}));
    let stages = state["stageStates"].as_array().unwrap().iter();
    let mut actions = stages.filter_map(|stage| stage["actionStates"].as_array()).flatten();
    actions.any(|action| action["latestExecution"]["token"].is_string())
}

fn rollback_ids(world: &World) -> Vec<Value> {
    let events = world.twin.events().into_iter();
    events
        .filter(|event| event["detail-type"] == "delivery.rollback")
        .map(|event| event["detail"]["id"].clone())
        .collect()
}
