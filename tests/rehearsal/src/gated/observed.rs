//! What a gated release did, as customers, the pipeline, CodeDeploy, Lambda and the people around it saw it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use judge::Word;
use twin::journal::{Entry, Event};

use crate::{
    judge_log::JudgeLine,
    observed::{CANDIDATE, CustomerRequest, STABLE},
};

/// One run of an action of the pipeline.
#[derive(Debug, Clone, Default)]
pub(crate) struct ActionRun {
    pub(crate) stage: String,
    pub(crate) action: String,
    /// What it handed on.
    pub(crate) variables: BTreeMap<String, String>,
    /// Why it failed; empty when it did not.
    pub(crate) error: String,
}

/// One execution of the pipeline.
#[derive(Debug, Clone, Default)]
pub(crate) struct Execution {
    pub(crate) id: String,
    pub(crate) status: String,
    /// In the order of their start.
    pub(crate) actions: Vec<ActionRun>,
}

impl Execution {
    /// The last run of an action of a stage.
    pub(crate) fn action(&self, stage: &str, name: &str) -> Option<&ActionRun> {
        self.actions.iter().rev().find(|run| run.stage == stage && run.action == name)
    }

    /// Why it ended as it did: the words of the first action that failed.
    pub(crate) fn reason(&self) -> &str {
        self.actions.iter().find(|run| !run.error.is_empty()).map_or("", |run| &run.error)
    }
}

/// An e-mail, or what an operator did.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) at: DateTime<Utc>,
    /// The action that asks, the subject of a notice, or `operator`.
    pub(crate) about: String,
    pub(crate) text: String,
}

/// One `delivery.rollback` event, as far as it matters here.
#[derive(Debug, Clone, Default)]
pub(crate) struct RollbackEvent {
    pub(crate) at: DateTime<Utc>,
    /// When it was decided, and since when nobody gets the version any more.
    pub(crate) begun_at: DateTime<Utc>,
    pub(crate) safe_at: DateTime<Utc>,
    pub(crate) why: String,
    pub(crate) reason: String,
    pub(crate) from_version: String,
    pub(crate) to_version: String,
    pub(crate) exposed_seconds: i64,
}

/// Everything that the checks and the report read.
#[derive(Debug, Clone)]
pub(crate) struct GatedObserved {
    pub(crate) started_at: DateTime<Utc>,
    pub(crate) ended_at: DateTime<Utc>,
    pub(crate) requests: Vec<CustomerRequest>,
    /// What the judge said, minute by minute, while the traffic was split.
    pub(crate) verdicts: Vec<JudgeLine>,
    /// Of production's `live` and of the pipeline.
    pub(crate) journal: Vec<Entry>,
    /// The pipeline's stages.
    pub(crate) stages: Vec<String>,
    /// In the order of their start.
    pub(crate) executions: Vec<Execution>,
    /// What approvers were shown.
    pub(crate) shown: Vec<Told>,
    /// What people were told about rollbacks.
    pub(crate) notices: Vec<Told>,
    pub(crate) rollbacks: Vec<RollbackEvent>,
    /// What operators did.
    pub(crate) operated: Vec<Told>,
    /// What was waited for when the release did not come to its end in time.
    pub(crate) gave_up: Option<String>,
    /// Version and weights of the alias at the end, read back from Lambda.
    pub(crate) alias_version: String,
    pub(crate) alias_is_whole: bool,
    /// The version behind `live` of the other environments that were played, by their stack.
    pub(crate) elsewhere: BTreeMap<&'static str, String>,
    /// Questions that production's table counted.
    pub(crate) questions_counted: u64,
    /// Virtual seconds per real second.
    pub(crate) rate: f64,
    /// Real seconds that playing took.
    pub(crate) real_seconds: f64,
}

impl GatedObserved {
    /// Customer requests that a version served.
    pub(crate) fn served_by(&self, version: &str) -> usize {
        self.requests.iter().filter(|request| request.version.as_deref() == Some(version)).count()
    }

    /// Customer requests that failed, whoever served them.
    pub(crate) fn failed_requests(&self) -> usize {
        self.requests.iter().filter(|request| request.failed()).count()
    }

    /// Every state of the alias since the start: its version and, in percent, the share of the other one.
    pub(crate) fn moves(
        &self,
    ) -> impl DoubleEndedIterator<Item = (DateTime<Utc>, &str, Option<(&str, f64)>)> {
        self.journal.iter().filter(|entry| entry.at >= self.started_at).filter_map(|entry| {
            let Event::AliasMoved { version, weights, .. } = &entry.event else { return None };
            let other = weights.iter().next().map(|(version, weight)| (version.as_str(), weight * 100.0));
            Some((entry.at, version.as_str(), other))
        })
    }

    /// The candidate's shares of the requests, in percent, one after the other.
    pub(crate) fn shares(&self) -> Vec<f64> {
        let share = |(_, version, other): (_, &str, Option<(&str, f64)>)| match other {
            Some((other, percent)) if other == CANDIDATE => percent,
            Some((_, percent)) if version == CANDIDATE => 100.0 - percent,
            None if version == CANDIDATE => 100.0,
            _ => 0.0,
        };
        self.moves().map(share).collect()
    }

    /// When the alias first gave the candidate a share.
    pub(crate) fn first_split(&self) -> Option<DateTime<Utc>> {
        self.moves().find(|(_, _, other)| other.is_some()).map(|(at, ..)| at)
    }

    /// When all requests went back to the stable version to stay there: `None` while the candidate has some at the end.
    pub(crate) fn safe_at(&self) -> Option<DateTime<Utc>> {
        self.first_split()?;
        let (at, version, other) = self.moves().next_back()?;
        (version == STABLE && other.is_none()).then_some(at)
    }

    /// The judge's first breach.
    pub(crate) fn breach(&self) -> Option<&JudgeLine> {
        self.verdicts.iter().find(|line| line.verdict == Word::Breach)
    }

    /// Begin and end of the time in which the promotion gives the candidate nothing: CodeDeploy starts from a whole alias.
    pub(crate) fn nothing_during_promotion(&self) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let whole = self.moves().find(|(_, version, other)| *version == CANDIDATE && other.is_none())?.0;
        let before = self.moves().take_while(|(at, ..)| *at < whole).last()?;
        (before.1 == STABLE && before.2.is_none()).then_some((before.0, whole))
    }

    /// When an execution and all of its stages changed, in the journal's words.
    pub(crate) fn status_at(&self, execution: &str, wanted: &str) -> Option<DateTime<Utc>> {
        self.journal.iter().find_map(|entry| match &entry.event {
            Event::PipelineStatus { execution: of, status, .. } if of == execution && status == wanted => {
                Some(entry.at)
            }
            _ => None,
        })
    }
}
