//! One change of one pipeline, and everything that follows from it at the same moment.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    CodePipeline, Jobs,
    declaration::{Action, Mode},
    model::{ActionStatus, Execution, Pipeline, Place, StageRun, Status, Trigger},
    queue,
};

/// A pipeline under the service's lock.
pub(super) struct Turn<'a> {
    pub(super) service: &'a Arc<CodePipeline>,
    pub(super) pipeline: &'a mut Pipeline,
    pub(super) jobs: &'a mut Jobs,
    pub(super) now: DateTime<Utc>,
}

/// What a stage does next.
enum Next {
    Wait,
    Run(Vec<Action>),
    End(Status),
}

impl Turn<'_> {
    /// Starts an execution before the first stage; answers its id.
    pub(super) fn begin(&mut self, trigger: Trigger, variables: BTreeMap<String, String>) -> String {
        let (id, number) = (Uuid::new_v4().to_string(), self.pipeline.next_in_sequence());
        self.pipeline.executions.push(Execution {
            id: id.clone(),
            number,
            declaration: self.pipeline.current.clone(),
            status: Status::InProgress,
            started_at: self.now,
            updated_at: self.now,
            trigger,
            variables,
            source_revisions: Vec::new(),
            request_token: None,
            stop_reason: None,
            place: Place::Ended,
            stages: BTreeMap::new(),
            actions: Vec::new(),
            outputs: BTreeMap::new(),
            attempt: 1,
        });
        self.tell_pipeline(&id, Status::InProgress.in_events());
        self.arrive(&id, 0);
        id
    }

    /// Waiting is where every stage begins, also when it is free: [`Self::advance`] lets in, nothing else does.
    fn arrive(&mut self, id: &str, stage: usize) {
        let arrival = self.pipeline.next_in_sequence();
        if let Some(execution) = self.pipeline.execution_mut(id) {
            execution.place = Place::Waiting { stage, arrival };
        }
    }

    /// Lets in whoever may enter a stage, until nobody may. A stage takes one execution at a time; the later stages
    /// come first, so that a place that becomes free is taken at once.
    pub(super) fn advance(&mut self) {
        loop {
            self.overtake();
            let Some((id, stage)) = self.next_entry() else { return };
            self.enter(&id, stage);
        }
    }

    fn overtake(&mut self) {
        if self.pipeline.current.execution_mode != Mode::Superseded {
            return;
        }
        for stage in 0..self.pipeline.current.stages.len() {
            for id in queue::overtaken(&queue::waiting(self.pipeline, stage)) {
                self.end_execution(&id, Status::Superseded);
            }
        }
    }

    /// The first in line before a stage that is free and open.
    fn next_entry(&self) -> Option<(String, usize)> {
        let stages = self.pipeline.current.stages.iter().enumerate().rev();
        stages
            .filter(|(index, stage)| {
                self.pipeline.is_open(&stage.name) && queue::holder(self.pipeline, *index).is_none()
            })
            .find_map(|(index, _)| {
                let first = queue::waiting(self.pipeline, index).into_iter().next()?;
                Some((first.execution, index))
            })
    }

    /// Locks the stage for the execution and starts its first actions.
    fn enter(&mut self, id: &str, stage: usize) {
        let (entered, started_at) = (self.pipeline.next_in_sequence(), self.now);
        let Some(execution) = self.pipeline.execution_mut(id) else { return };
        execution.place = Place::In { stage };
        execution.updated_at = started_at;
        let run = StageRun {
            status: Status::InProgress,
            started_at,
            entered,
            retries: 0,
            done: std::collections::BTreeSet::new(),
            current: Vec::new(),
        };
        execution.stages.insert(stage, run);
        self.tell_stage(id, stage, Status::InProgress.in_events());
        self.settle(id, stage);
    }

    /// Goes on with a stage as far as it can: the next run order, or the stage's end.
    pub(super) fn settle(&mut self, id: &str, stage: usize) {
        loop {
            match self.next_in(id, stage) {
                Next::Wait => return,
                Next::End(status) => return self.end_stage(id, stage, status),
                Next::Run(actions) => {
                    for action in actions {
                        self.start_action(id, stage, action);
                    }
                }
            }
        }
    }

    /// Actions of one run order run together. One that fails lets its siblings end; then the stage has failed (A; that
    /// an open approval among them goes on waiting: C).
    fn next_in(&mut self, id: &str, stage: usize) -> Next {
        let Some(execution) = self.pipeline.execution_mut(id) else { return Next::Wait };
        if execution.place != (Place::In { stage }) || execution.running_in(stage).next().is_some() {
            return Next::Wait;
        }
        let stopping = execution.status == Status::Stopping;
        let declared = execution.declaration.clone();
        let Some(run) = execution.stages.get_mut(&stage) else { return Next::Wait };
        // A request to stop outranks what the actions came to: it is the last word of a person.
        let ran: Vec<_> = execution.actions.iter().filter(|a| run.current.contains(&a.id)).collect();
        if stopping {
            return Next::End(Status::Stopped);
        }
        if ran.iter().any(|a| a.status != ActionStatus::Succeeded) {
            return Next::End(Status::Failed);
        }
        run.done.extend(ran.iter().map(|a| a.action.name.clone()));
        run.current.clear();
        let all = declared.stages.get(stage).into_iter().flat_map(|stage| &stage.actions);
        let left: Vec<_> = all.filter(|action| !run.done.contains(&action.name)).collect();
        match left.iter().map(|action| action.run_order).min() {
            None => Next::End(Status::Succeeded),
            Some(order) => {
                Next::Run(left.into_iter().filter(|action| action.run_order == order).cloned().collect())
            }
        }
    }

    /// Ends a stage and moves the execution on, or ends it with the stage's own status.
    pub(super) fn end_stage(&mut self, id: &str, stage: usize, status: Status) {
        let now = self.now;
        let Some(execution) = self.pipeline.execution_mut(id) else { return };
        execution.updated_at = now;
        let is_last = stage + 1 >= execution.declaration.stages.len();
        if let Some(run) = execution.stages.get_mut(&stage) {
            run.status = status;
        }
        self.tell_stage(id, stage, status.in_events());
        match status {
            Status::Succeeded if !is_last => self.arrive(id, stage + 1),
            other => self.end_execution(id, other),
        }
    }

    /// From here on the execution locks nothing; only a retry brings it back.
    pub(super) fn end_execution(&mut self, id: &str, status: Status) {
        let now = self.now;
        let Some(execution) = self.pipeline.execution_mut(id) else { return };
        (execution.status, execution.place, execution.updated_at) = (status, Place::Ended, now);
        self.tell_pipeline(id, status.in_events());
    }
}
