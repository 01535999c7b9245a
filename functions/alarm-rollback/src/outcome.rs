//! What the function answers, for people and for tests.

use serde::Serialize;

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Word {
    /// The new version gets no requests any more.
    RolledBack,
    /// CodeDeploy puts the last good version back.
    Waiting,
    /// Nothing was to be done.
    Nothing,
    /// Something fires, and it is not a rollout's fault, or not ours to act on. This answer and a log line are all of it.
    Reported,
    /// A rollout was taken back before its version had any traffic.
    Cancelled,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// In one word.
    pub outcome: Word,
    /// `function:alias`.
    pub alias: String,
    /// In one sentence.
    pub reason: String,
    /// The version that was left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_version: Option<String>,
    /// The version that was returned to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_version: Option<String>,
    /// How long customers may have met the new version; only from the invocation that tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exposed_seconds: Option<i64>,
}
