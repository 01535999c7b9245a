//! CodePipeline V2: executions that run through stages, Lambda jobs, manual approvals, and stand-ins for everything that
//! the twin does not have.
//!
//! All that happens, happens in a [`turn::Turn`] under one lock: an answer, a timer or a request changes one pipeline, and
//! then whoever may move on does. What leaves the service (events, notices) is put into an outbox there and delivered in
//! that order, outside the lock, because a receiver may well call this service.

mod action;
mod action_rules;
mod approval;
mod declaration;
mod errors;
mod executions;
mod history;
mod job;
mod job_api;
mod limits;
mod model;
mod operations;
mod outlets;
mod page;
mod pipelines;
mod queue;
mod requests;
mod retry;
mod stand_in;
mod state;
mod stop;
mod structure;
mod tell;
#[cfg(test)]
mod tests;
mod transitions;
mod turn;
mod variables;

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use outlets::Outgoing;
pub(crate) use outlets::Outlets;
use parking_lot::Mutex;
pub use stand_in::{ActionRun, Revision, StandIn, StandInResult};
use tokio::sync::mpsc;
use turn::Turn;

use crate::{Options, error::ApiError, faults::OPERATOR, lambda::Lambda};

/// How the pipelines of a twin behave where AWS does not say it, or where a test wants it otherwise.
#[derive(Debug, Clone, Copy)]
pub struct PipelineOptions {
    /// Virtual time between an answer with a continuation token and the next invocation; AWS does not document it (C).
    pub continuation_interval: TimeDelta,
    /// CreatePipeline starts a first execution, as AWS does (A), unless a variable has no default value (C).
    pub run_when_created: bool,
}

impl Default for PipelineOptions {
    fn default() -> Self {
        Self { continuation_interval: TimeDelta::seconds(30), run_when_created: true }
    }
}

/// Everything CodePipeline keeps.
#[derive(Debug, Default)]
struct State {
    pipelines: BTreeMap<String, model::Pipeline>,
    jobs: Jobs,
}

/// Whose job it is, by the job's id; jobs are never forgotten, so that a late answer gets the right error.
type Jobs = BTreeMap<String, JobOf>;

#[derive(Debug, Clone)]
struct JobOf {
    pipeline: String,
    execution: String,
    action: String,
}

/// The CodePipeline service.
#[derive(Debug)]
pub(crate) struct CodePipeline {
    lambda: Arc<Lambda>,
    state: Mutex<State>,
    stand_ins: Mutex<BTreeMap<String, StandIn>>,
    outbox: mpsc::UnboundedSender<Outgoing>,
}

impl CodePipeline {
    pub(crate) fn new(lambda: Arc<Lambda>, outlets: Outlets) -> Self {
        let (outbox, outgoing) = mpsc::unbounded_channel();
        lambda.around.spawn(outlets::deliver(outgoing, outlets));
        Self { lambda, state: Mutex::default(), stand_ins: Mutex::default(), outbox }
    }

    /// From now on plays the actions of a provider.
    pub(crate) fn stand_in(&self, provider: &str, stand_in: StandIn) {
        self.stand_ins.lock().insert(provider.to_owned(), stand_in);
    }

    fn now(&self) -> DateTime<Utc> {
        self.lambda.around.clock.now()
    }

    fn options(&self) -> &Options {
        &self.lambda.around.options
    }

    /// Runs `work` on one pipeline under the lock, and then moves on whoever may.
    fn turn<T>(
        self: &Arc<Self>,
        pipeline: &str,
        work: impl FnOnce(&mut Turn<'_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let mut state = self.state.lock();
        let State { pipelines, jobs } = &mut *state;
        let pipeline = pipelines.get_mut(pipeline).ok_or_else(|| errors::no_pipeline(pipeline))?;
        let mut turn = Turn { service: self, pipeline, jobs, now: self.now() };
        let result = work(&mut turn);
        turn.advance();
        result
    }

    /// Reads one pipeline under the lock.
    fn read<T>(
        &self,
        pipeline: &str,
        work: impl FnOnce(&model::Pipeline) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let state = self.state.lock();
        state.pipelines.get(pipeline).ok_or_else(|| errors::no_pipeline(pipeline)).and_then(work)
    }

    /// Runs `work` on a pipeline at a virtual time; a pipeline that was deleted by then has nothing to do.
    fn later(
        self: &Arc<Self>,
        at: DateTime<Utc>,
        pipeline: &str,
        work: impl FnOnce(&mut Turn<'_>) + Send + 'static,
    ) {
        let (service, pipeline) = (self.clone(), pipeline.to_owned());
        self.lambda.around.spawn(async move {
            service.lambda.around.clock.sleep_until(at).await;
            let done = service.turn(&pipeline, |turn| {
                work(turn);
                Ok(())
            });
            drop(done);
        });
    }

    fn pipeline_arn(&self, pipeline: &str) -> String {
        let Options { region, account, .. } = self.options();
        format!("arn:aws:codepipeline:{region}:{account}:{pipeline}")
    }

    /// Who calls, as AWS would name it: a function by the session of its role, everybody else as one user.
    fn principal(&self, caller: &str) -> String {
        let account = &self.options().account;
        match caller {
            OPERATOR => format!("arn:aws:iam::{account}:user/operator"),
            function => format!("arn:aws:sts::{account}:assumed-role/{function}/{function}"),
        }
    }
}
