//! Pipelines: created, updated, read, listed, deleted.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    CodePipeline,
    declaration::Declaration,
    errors::validation,
    model::{ActionStatus, Pipeline, Status, Told, Trigger},
    page,
    requests::{Listing, OfPipeline},
    state::epoch,
    structure,
    turn::Turn,
};
use crate::error::ApiError;

const MOST_ON_A_PAGE: u64 = 1000;

impl CodePipeline {
    pub(super) fn create_pipeline(self: &Arc<Self>, input: &Value, by: &str) -> Result<Value, ApiError> {
        let declaration = declared(input)?;
        let name = declaration.name.clone();
        let defaults: Option<_> =
            declaration.variables.iter().map(|v| Some((v.name.clone(), v.default_value.clone()?))).collect();
        // Looked up and put under one lock: of two requests for a name one is refused.
        {
            let mut state = self.state.lock();
            if state.pipelines.contains_key(&name) {
                let message = format!("A pipeline with the name '{name}' already exists in account");
                return Err(ApiError::bad_request("PipelineNameInUseException", message));
            }
            state.pipelines.insert(name.clone(), Pipeline::new(declaration, self.now()));
        }
        self.turn(&name, |turn| {
            if let (Some(variables), true) = (defaults, self.options().pipelines.run_when_created) {
                turn.begin(Trigger { kind: "CreatePipeline", detail: by.to_owned() }, variables);
            }
            Ok(json!({"pipeline": turn.pipeline.current.json, "tags": structure::tags(input)}))
        })
    }

    /// Executions that run are cancelled, what runs in them is abandoned (A that their status is Cancelled, the API
    /// model; that this is so for all of them and at once: C).
    pub(super) fn update_pipeline(self: &Arc<Self>, input: &Value) -> Result<Value, ApiError> {
        let declaration = declared(input)?;
        let name = declaration.name.clone();
        self.turn(&name, |turn| {
            turn.cancel_all();
            let pipeline = &mut *turn.pipeline;
            let next = Arc::new(declaration.with_version(pipeline.current.version + 1));
            let last = std::mem::replace(&mut pipeline.current, next);
            pipeline.older.push(last);
            pipeline.updated_at = turn.now;
            Ok(json!({"pipeline": pipeline.current.json}))
        })
    }

    pub(super) fn pipeline(&self, request: &OfPipeline) -> Result<Value, ApiError> {
        self.read(&request.name, |found| {
            let mut versions = found.older.iter().chain([&found.current]);
            let wanted = request.version.unwrap_or(found.current.version);
            let version = versions.find(|v| v.version == wanted).ok_or_else(|| {
                let message = format!("Pipeline '{}' does not have a version {wanted}", request.name);
                ApiError::bad_request("PipelineVersionNotFoundException", message)
            })?;
            let metadata = json!({"pipelineArn": self.pipeline_arn(&request.name),
                "created": epoch(found.created_at), "updated": epoch(found.updated_at)});
            Ok(json!({"pipeline": version.json, "metadata": metadata}))
        })
    }

    /// In the order of their names (C).
    pub(super) fn list_pipelines(&self, request: &Listing) -> Result<Value, ApiError> {
        let state = self.state.lock();
        let summary = |(name, of): (&String, &Pipeline)| {
            json!({"name": name, "version": of.current.version, "pipelineType": "V2",
                "executionMode": of.current.execution_mode.name(),
                "created": epoch(of.created_at), "updated": epoch(of.updated_at)})
        };
        let items = (1..).zip(state.pipelines.iter().rev().map(summary)).collect();
        page::cut("pipelines", items, request, MOST_ON_A_PAGE)
    }

    /// A pipeline that does not exist is no error (B).
    pub(super) fn delete_pipeline(&self, request: &OfPipeline) -> Value {
        let gone = self.state.lock().pipelines.remove(&request.name);
        drop(gone);
        json!({})
    }
}

fn declared(input: &Value) -> Result<Declaration, ApiError> {
    let given = input.get("pipeline").ok_or_else(|| {
        validation("Value null at 'pipeline' failed to satisfy constraint: Member must not be null")
    })?;
    let declaration = Declaration::read(given)
        .map_err(|e| ApiError::bad_request("SerializationException", e.to_string()))?;
    structure::check(&declaration)?;
    Ok(declaration)
}

impl Turn<'_> {
    /// Ends every execution on its way, in the order of their starts.
    fn cancel_all(&mut self) {
        let running: Vec<_> =
            self.pipeline.executions.iter().filter(|e| !e.status.is_over()).map(|e| e.id.clone()).collect();
        for id in running {
            self.abandon_actions(&id);
            let stage = self.pipeline.execution(&id).map(|e| e.place);
            match stage {
                Some(super::model::Place::In { stage }) => self.end_stage(&id, stage, Status::Cancelled),
                _ => self.end_execution(&id, Status::Cancelled),
            }
        }
    }

    /// Whatever of an execution still runs is left alone from now on.
    pub(super) fn abandon_actions(&mut self, id: &str) {
        let Some(execution) = self.pipeline.execution(id) else { return };
        let running = execution.actions.iter().filter(|a| a.status == ActionStatus::InProgress);
        for run in running.map(|a| a.id.clone()).collect::<Vec<_>>() {
            self.finish(id, &run, ActionStatus::Abandoned, Told::default());
        }
    }
}
