//! What happened, in order: the rehearsal's timeline and the tests' evidence are made of these entries.

use std::{collections::BTreeMap, fmt};

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use serde::Serialize;
use tokio::sync::broadcast::{self, error::RecvError};

/// Entries that a slow subscriber may lag behind before it loses some.
const SUBSCRIBER_BACKLOG: usize = 4096;

#[expect(missing_docs, reason = "the variants say what happened, the fields are what AWS calls them")]
/// One thing that happened, with the facts that a test or a report needs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// A new immutable version of a function.
    VersionPublished { function: String, version: String },
    /// An alias now points elsewhere; `weights` are shares between 0 and 1 of the additional version.
    AliasMoved { function: String, alias: String, version: String, weights: BTreeMap<String, f64> },
    /// A deployment changed its status.
    DeploymentStatus { deployment: String, status: String, creator: String, reason: Option<String> },
    /// A step of a deployment (BeforeAllowTraffic, AllowTraffic, AfterAllowTraffic) changed its status.
    LifecycleEvent { deployment: String, event: String, status: String, reason: Option<String> },
    /// A hook function was asked.
    HookInvoked { deployment: String, event: String, function: String },
    /// A hook's report was taken.
    HookAnswered { deployment: String, event: String, status: String },
    /// An invocation did not return a result (function error, crash, time-out).
    InvocationFailed { function: String, version: String, error: String },
    /// An alarm changed its state.
    AlarmChanged { alarm: String, from: String, to: String, reason: String },
    /// An execution of a pipeline changed its state (the word of CodePipeline's events, for instance SUCCEEDED).
    PipelineStatus { pipeline: String, execution: String, status: String, reason: Option<String> },
    /// A stage of an execution changed its state.
    StageStatus { pipeline: String, execution: String, stage: String, status: String },
    /// An action of an execution changed its state.
    ActionStatus {
        pipeline: String,
        execution: String,
        stage: String,
        action: String,
        status: String,
        summary: Option<String>,
    },
    /// A function was given a job of a pipeline; `continued` when it asked for it itself.
    JobInvoked {
        pipeline: String,
        stage: String,
        action: String,
        function: String,
        job: String,
        continued: bool,
    },
    /// An approval waits for a person. Its token is in GetPipelineState and the notice, not here.
    ApprovalAsked { pipeline: String, stage: String, action: String, expires: DateTime<Utc> },
    /// Somebody answered an approval.
    ApprovalAnswered {
        pipeline: String,
        stage: String,
        action: String,
        status: String,
        by: String,
        summary: String,
    },
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let because =
            |reason: &Option<String>| reason.as_ref().map_or_else(String::new, |r| format!(": {r}"));
        match self {
            Self::VersionPublished { function, version } => {
                write!(f, "{function}: version {version} published")
            }
            Self::AliasMoved { function, alias, version, weights } => {
                write!(f, "{function}:{alias} → version {version}")?;
                weights.iter().try_for_each(|(v, w)| write!(f, ", {:.0} % to version {v}", w * 100.0))
            }
            Self::DeploymentStatus { deployment, status, creator, reason } => {
                write!(f, "{deployment} (created by {creator}) is {status}{}", because(reason))
            }
            Self::LifecycleEvent { deployment, event, status, reason } => {
                write!(f, "{deployment}: {event} {status}{}", because(reason))
            }
            Self::HookInvoked { deployment, event, function } => {
                write!(f, "{deployment}: {event} asks {function}")
            }
            Self::HookAnswered { deployment, event, status } => {
                write!(f, "{deployment}: {event} was answered {status}")
            }
            Self::InvocationFailed { function, version, error } => {
                write!(f, "{function}:{version} failed: {error}")
            }
            Self::AlarmChanged { alarm, from, to, reason } => {
                write!(f, "alarm {alarm}: {from} → {to}: {reason}")
            }
            Self::PipelineStatus { .. }
            | Self::StageStatus { .. }
            | Self::ActionStatus { .. }
            | Self::JobInvoked { .. }
            | Self::ApprovalAsked { .. }
            | Self::ApprovalAnswered { .. } => self.tell_pipeline(f),
        }
    }
}

impl Event {
    /// What pipelines do; told by [`fmt::Display`] with the rest.
    fn tell_pipeline(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PipelineStatus { pipeline, execution, status, reason } => {
                let because = reason.as_ref().map_or_else(String::new, |r| format!(": {r}"));
                write!(f, "{pipeline} {execution} is {status}{because}")
            }
            Self::StageStatus { pipeline, stage, status, .. } => write!(f, "{pipeline}: {stage} {status}"),
            Self::ActionStatus { pipeline, stage, action, status, summary, .. } => {
                let because = summary.as_ref().map_or_else(String::new, |s| format!(": {s}"));
                write!(f, "{pipeline}: {stage}/{action} {status}{because}")
            }
            Self::JobInvoked { pipeline, stage, action, function, continued, .. } => {
                let again = if *continued { " again" } else { "" };
                write!(f, "{pipeline}: {stage}/{action} asks {function}{again}")
            }
            Self::ApprovalAsked { pipeline, stage, action, expires } => {
                let until = expires.format("%Y-%m-%d %H:%M");
                write!(f, "{pipeline}: {stage}/{action} waits for an approval until {until}")
            }
            Self::ApprovalAnswered { pipeline, stage, action, status, by, summary } => {
                write!(f, "{pipeline}: {stage}/{action} was {status} by {by}: {summary}")
            }
            // The others have their words above.
            _ => Ok(()),
        }
    }
}

/// An event with its virtual time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// Virtual time.
    pub at: DateTime<Utc>,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// All entries since the start, and a stream of new ones.
#[derive(Debug)]
pub struct Journal {
    entries: Mutex<Vec<Entry>>,
    stream: broadcast::Sender<Entry>,
}

impl Default for Journal {
    fn default() -> Self {
        Self { entries: Mutex::default(), stream: broadcast::channel(SUBSCRIBER_BACKLOG).0 }
    }
}

impl Journal {
    /// Prints new entries from a thread of its own, until the journal is gone: a terminal or pipe that nobody reads
    /// holds up nothing else, only lines are lost.
    pub(crate) fn print_from_now_on(&self) {
        let mut entries = self.subscribe();
        std::thread::spawn(move || {
            loop {
                match entries.blocking_recv() {
                    Ok(Entry { at, event }) => {
                        tracing::info!(target: "twin", "{}  {event}", at.format("%H:%M:%S"));
                    }
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                }
            }
        });
    }

    pub(crate) fn record(&self, at: DateTime<Utc>, event: Event) {
        let entry = Entry { at, event };
        self.entries.lock().push(entry.clone());
        // Nobody listening is fine: the entry is kept.
        let _ = self.stream.send(entry);
    }

    /// Every entry so far, oldest first.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        self.entries.lock().clone()
    }

    /// Entries from now on.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Entry> {
        self.stream.subscribe()
    }
}
