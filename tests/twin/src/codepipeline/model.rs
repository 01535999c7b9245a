//! What CodePipeline keeps: pipelines with their versions, executions, stage runs and action executions.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    declaration::{Action, Declaration},
    variables::{EXECUTION_ID, Namespaces, OF_THE_PIPELINE, OF_THE_SERVICE},
};

/// A status with its name in answers, and the name of the same in events.
macro_rules! statuses {
    ($(#[$about:meta])* $kind:ident { $($variant:ident => $event:literal),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum $kind { $($variant),+ }

        impl $kind {
            pub(super) fn name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant)),+ }
            }

            pub(super) fn in_events(self) -> &'static str {
                match self { $(Self::$variant => $event),+ }
            }
        }
    };
}

statuses! {
    /// Of an execution and of a stage in it; stages are never superseded.
    Status {
        InProgress => "STARTED",
        Stopping => "STOPPING",
        Stopped => "STOPPED",
        Succeeded => "SUCCEEDED",
        Failed => "FAILED",
        Superseded => "SUPERSEDED",
        Cancelled => "CANCELED",
    }
}

statuses! {
    /// Of an action execution.
    ActionStatus {
        InProgress => "STARTED",
        Succeeded => "SUCCEEDED",
        Failed => "FAILED",
        Abandoned => "ABANDONED",
    }
}

impl Status {
    pub(super) fn is_over(self) -> bool {
        !matches!(self, Self::InProgress | Self::Stopping)
    }
}

/// A pipeline with everything that ran through it.
#[derive(Debug)]
pub(super) struct Pipeline {
    pub(super) current: Arc<Declaration>,
    pub(super) older: Vec<Arc<Declaration>>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) updated_at: DateTime<Utc>,
    /// Inbound transitions that were disabled or enabled by hand, by stage.
    pub(super) transitions: BTreeMap<String, Transition>,
    /// Oldest first.
    pub(super) executions: Vec<Execution>,
    /// Orders what virtual time alone might not: starts, arrivals, entries.
    pub(super) sequence: u64,
}

#[derive(Debug, Clone)]
pub(super) struct Transition {
    pub(super) enabled: bool,
    pub(super) reason: Option<String>,
    pub(super) by: String,
    pub(super) at: DateTime<Utc>,
}

impl Pipeline {
    pub(super) fn new(declaration: Declaration, now: DateTime<Utc>) -> Self {
        Self {
            current: Arc::new(declaration.with_version(1)),
            older: Vec::new(),
            created_at: now,
            updated_at: now,
            transitions: BTreeMap::new(),
            executions: Vec::new(),
            sequence: 0,
        }
    }

    pub(super) fn next_in_sequence(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    pub(super) fn execution(&self, id: &str) -> Option<&Execution> {
        self.executions.iter().find(|e| e.id == id)
    }

    pub(super) fn execution_mut(&mut self, id: &str) -> Option<&mut Execution> {
        self.executions.iter_mut().find(|e| e.id == id)
    }

    pub(super) fn is_open(&self, stage: &str) -> bool {
        self.transitions.get(stage).is_none_or(|t| t.enabled)
    }
}

/// Where an execution is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Before a stage.
    Waiting {
        stage: usize,
        arrival: u64,
    },
    /// In a stage, which is locked for others.
    In {
        stage: usize,
    },
    Ended,
}

#[derive(Debug)]
pub(super) struct Execution {
    pub(super) id: String,
    pub(super) number: u64,
    pub(super) declaration: Arc<Declaration>,
    pub(super) status: Status,
    pub(super) started_at: DateTime<Utc>,
    pub(super) updated_at: DateTime<Utc>,
    pub(super) trigger: Trigger,
    pub(super) variables: BTreeMap<String, String>,
    /// As StartPipelineExecution gave them, for stand-ins of source actions to honour.
    pub(super) source_revisions: Vec<Value>,
    pub(super) request_token: Option<String>,
    pub(super) stop_reason: Option<String>,
    pub(super) place: Place,
    /// By the stage's index.
    pub(super) stages: BTreeMap<usize, StageRun>,
    /// Oldest first.
    pub(super) actions: Vec<ActionExecution>,
    pub(super) outputs: Namespaces,
    /// 1, and one more with each retried stage.
    pub(super) attempt: u32,
}

#[derive(Debug, Clone)]
pub(super) struct Trigger {
    pub(super) kind: &'static str,
    pub(super) detail: String,
}

impl Execution {
    pub(super) fn action(&self, id: &str) -> Option<&ActionExecution> {
        self.actions.iter().find(|a| a.id == id)
    }

    pub(super) fn action_mut(&mut self, id: &str) -> Option<&mut ActionExecution> {
        self.actions.iter_mut().find(|a| a.id == id)
    }

    pub(super) fn stage_name(&self, index: usize) -> &str {
        self.declaration.stages.get(index).map_or("", |stage| &stage.name)
    }

    /// Everything that configuration values of this execution may refer to.
    pub(super) fn namespaces(&self) -> Namespaces {
        let mut known = self.outputs.clone();
        known.insert(OF_THE_PIPELINE.to_owned(), self.variables.clone());
        let own = BTreeMap::from([(EXECUTION_ID.to_owned(), self.id.clone())]);
        known.insert(OF_THE_SERVICE.to_owned(), own);
        known
    }

    /// Action executions of a stage that still run.
    pub(super) fn running_in(&self, stage: usize) -> impl Iterator<Item = &ActionExecution> {
        self.actions.iter().filter(move |a| a.stage == stage && a.status == ActionStatus::InProgress)
    }
}

/// One execution in one stage.
#[derive(Debug, Clone)]
pub(super) struct StageRun {
    pub(super) status: Status,
    pub(super) started_at: DateTime<Utc>,
    pub(super) entered: u64,
    pub(super) retries: u32,
    /// Actions that need not run (again).
    pub(super) done: BTreeSet<String>,
    /// Ids of the action executions of the run order that runs now.
    pub(super) current: Vec<String>,
}

/// One run of one action.
#[derive(Debug)]
pub(super) struct ActionExecution {
    pub(super) id: String,
    pub(super) sequence: u64,
    pub(super) stage: usize,
    pub(super) action: Action,
    pub(super) status: ActionStatus,
    pub(super) started_at: DateTime<Utc>,
    pub(super) updated_at: DateTime<Utc>,
    /// As it was resolved; as it was declared, where it could not be.
    pub(super) configuration: BTreeMap<String, String>,
    pub(super) told: Told,
    pub(super) job: Option<Job>,
    /// The token of an approval.
    pub(super) token: Option<String>,
}

/// What an action tells about itself, while it runs and at its end.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    pub(super) summary: Option<String>,
    pub(super) external_id: Option<String>,
    pub(super) external_url: Option<String>,
    pub(super) percent: Option<u64>,
    pub(super) variables: BTreeMap<String, String>,
    pub(super) revision: Option<super::stand_in::Revision>,
    pub(super) error: Option<Failure>,
    /// ARN of the person or role that answered an approval.
    pub(super) by: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) code: String,
    pub(super) message: String,
}

impl Told {
    /// Only the reason of a failure.
    pub(super) fn failure(code: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        let error = Some(Failure { code: code.to_owned(), message: message.clone() });
        Self { summary: Some(message), error, ..Self::default() }
    }

    /// Takes over what `later` says; what it does not say stays.
    pub(super) fn update(&mut self, later: Self) {
        let Self { summary, external_id, external_url, percent, variables, revision, error, by } = later;
        self.summary = summary.or(self.summary.take());
        self.external_id = external_id.or(self.external_id.take());
        self.external_url = external_url.or(self.external_url.take());
        self.percent = percent.or(self.percent);
        self.variables.extend(variables);
        self.revision = revision.or(self.revision.take());
        self.error = error.or(self.error.take());
        self.by = by.or(self.by.take());
    }
}

/// The job of a Lambda action; a continuation gets a new one.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) id: String,
    /// False between an answer with a continuation token and the next invocation.
    pub(super) is_open: bool,
    pub(super) continuation: Option<String>,
    /// No answer by then fails the action.
    pub(super) deadline: DateTime<Utc>,
}
