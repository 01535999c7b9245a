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
