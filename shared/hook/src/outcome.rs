//! What a hook concluded and what became of its answer.

use crate::Deployment;
use serde::Serialize;

/// What the hook tells CodeDeploy; the reason is for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "status", content = "reason")]
pub enum Verdict {
    /// The deployment may go on.
    Succeeded(String),
    /// The deployment must not go on.
    Failed(String),
}

impl Verdict {
    /// CodeDeploy's word for it.
    #[must_use]
    pub fn status(&self) -> &'static str {
        match self {
            Self::Succeeded(_) => "Succeeded",
            Self::Failed(_) => "Failed",
        }
    }

    /// Why, in one line.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::Succeeded(reason) | Self::Failed(reason) => reason,
        }
    }
}

/// What became of the answer; all three mean that nobody is waiting for it any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Delivery {
    /// CodeDeploy took it.
    Accepted,
    /// An earlier try, or an earlier invocation of this hook, had answered.
    AlreadyCompleted,
    /// CodeDeploy refused it, because the deployment had ended (stopped by a person or by an alarm).
    DeploymentEnded,
}

/// The result of one hook invocation, also its response (what `cargo lambda invoke` prints).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// What was decided.
    pub verdict: Verdict,
    /// What became of the answer.
    pub delivery: Delivery,
    /// What was seen of the deployment; `None` when it could not be observed.
    pub deployment: Option<Deployment>,
}
