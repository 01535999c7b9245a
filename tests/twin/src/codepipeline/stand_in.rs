//! Stand-ins: what the owner of a twin puts in the place of sources, builds and deployments of other services.

use std::{collections::BTreeMap, fmt, future::Future, pin::Pin, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

/// What a stand-in is told about the action that it plays.
#[derive(Debug, Clone)]
pub struct ActionRun {
    /// The pipeline's name.
    pub pipeline: String,
    /// The stage's name.
    pub stage: String,
    /// The action's name.
    pub action: String,
    /// The pipeline execution.
    pub execution_id: String,
    /// This run of the action.
    pub action_execution_id: String,
    /// For instance `Deploy`.
    pub category: String,
    /// For instance `CloudFormation`.
    pub provider: String,
    /// The configuration with every variable resolved.
    pub configuration: BTreeMap<String, String>,
    /// Names of the input artifacts.
    pub input_artifacts: Vec<String>,
    /// `sourceRevisions` of StartPipelineExecution, for this action only.
    pub source_revision: Option<Value>,
    /// Virtual time of the start.
    pub at: DateTime<Utc>,
}

/// The revision that a source action took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// For instance the commit id.
    pub id: String,
    /// For instance the commit message.
    pub summary: String,
    /// Where a person can look at it.
    pub url: Option<String>,
    /// When it was made.
    pub created: DateTime<Utc>,
}

/// How the action ends, and after how much virtual time.
#[derive(Debug, Clone, Default)]
pub struct StandInResult {
    /// Virtual time that the action takes, from the answer of the closure on.
    pub after: TimeDelta,
    /// The message of a failure; `None` is success.
    pub failure: Option<String>,
    /// Output variables; of a failure nobody sees them.
    pub output_variables: BTreeMap<String, String>,
    /// For instance a stack's or a build's ARN.
    pub external_execution_id: Option<String>,
    /// Where a person can look at it.
    pub external_execution_url: Option<String>,
    /// A sentence about it.
    pub summary: Option<String>,
    /// Of a source action.
    pub revision: Option<Revision>,
}

impl StandInResult {
    /// Succeeds at once.
    #[must_use]
    pub fn success() -> Self {
        Self::default()
    }

    /// Fails at once.
    #[must_use]
    pub fn failure(message: impl Into<String>) -> Self {
        Self { failure: Some(message.into()), ..Self::default() }
    }

    /// The same, after a span of virtual time.
    #[must_use]
    pub fn after(mut self, span: TimeDelta) -> Self {
        self.after = span;
        self
    }

    /// The same, with one more output variable.
    #[must_use]
    pub fn with_variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.output_variables.insert(name.into(), value.into());
        self
    }
}

type Answer = Pin<Box<dyn Future<Output = StandInResult> + Send>>;

/// Plays the actions of one provider. Its work may call the twin's AWS; a panic in it leaves the action in progress.
#[derive(Clone)]
pub struct StandIn(Arc<dyn Fn(ActionRun) -> Answer + Send + Sync>);

impl StandIn {
    /// A stand-in that has something to wait for.
    pub fn new<F: Future<Output = StandInResult> + Send + 'static>(
        work: impl Fn(ActionRun) -> F + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(move |run| Box::pin(work(run))))
    }

    /// A stand-in that answers at once.
    pub fn from_fn(answer: impl Fn(ActionRun) -> StandInResult + Send + Sync + 'static) -> Self {
        Self(Arc::new(move |run| Box::pin(std::future::ready(answer(run)))))
    }

    /// Succeeds at once. A source took the revision that StartPipelineExecution asked for, else one of zeros, and hands it
    /// on as `CommitId`.
    #[must_use]
    pub fn that_succeeds() -> Self {
        Self::from_fn(|run| {
            if run.category != "Source" {
                return StandInResult::success();
            }
            let asked =
                run.source_revision.as_ref().and_then(|r| r.get("revisionValue")).and_then(Value::as_str);
            let id = asked.map_or_else(|| "0".repeat(40), str::to_owned);
            let revision = Revision {
                id: id.clone(),
                summary: "a stand-in's revision".to_owned(),
                url: None,
                created: run.at,
            };
            StandInResult { revision: Some(revision), ..StandInResult::success() }
                .with_variable("CommitId", id)
        })
    }

    pub(super) async fn play(&self, run: ActionRun) -> StandInResult {
        (self.0)(run).await
    }
}

impl fmt::Debug for StandIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StandIn")
    }
}
