//! Executions of pipelines and actions, as they are listed and read.

use serde_json::{Value, json};

use super::{
    CodePipeline,
    errors::{no_execution, no_stage},
    model::{ActionExecution, Execution, Status},
    page,
    requests::{Listing, Within, uuid},
    state::{epoch, object},
};
use crate::error::ApiError;

const MOST_ON_A_PAGE: u64 = 100;

impl CodePipeline {
    pub(super) fn pipeline_execution(&self, request: &Within) -> Result<Value, ApiError> {
        let id = &request.pipeline_execution_id;
        uuid("pipelineExecutionId", id)?;
        self.read(&request.pipeline_name, |pipeline| {
            let execution = pipeline.execution(id).ok_or_else(|| no_execution(id))?;
            Ok(json!({"pipelineExecution": whole(execution)}))
        })
    }

    /// Newest first. `succeededInStage` looks at executions of the current version only (A).
    pub(super) fn list_executions(&self, request: &Listing) -> Result<Value, ApiError> {
        self.read(&request.pipeline_name, |pipeline| {
            let current = &pipeline.current;
            let stage = request.filter.succeeded_in_stage.as_ref().map(|filter| &filter.stage_name);
            let index = stage
                .map(|name| current.stage_index(name).ok_or_else(|| no_stage(&request.pipeline_name, name)))
                .transpose()?;
            let wanted = |e: &&Execution| {
                index.is_none_or(|index| {
                    e.declaration.version == current.version
                        && e.stages.get(&index).is_some_and(|run| run.status == Status::Succeeded)
                })
            };
            let items = pipeline.executions.iter().filter(wanted).map(|e| (e.number, summary(e))).collect();
            page::cut("pipelineExecutionSummaries", items, request, MOST_ON_A_PAGE)
        })
    }

    /// Newest first.
    pub(super) fn list_action_executions(&self, request: &Listing) -> Result<Value, ApiError> {
        if request.filter.latest_in_pipeline_execution.is_some() {
            return Err(ApiError::not_implemented("CodePipeline filter latestInPipelineExecution"));
        }
        let only = request.filter.pipeline_execution_id.as_ref();
        self.read(&request.pipeline_name, |pipeline| {
            if let Some(id) = only.filter(|id| pipeline.execution(id).is_none()) {
                return Err(no_execution(id));
            }
            let executions = pipeline.executions.iter().filter(|e| only.is_none_or(|id| e.id == *id));
            let items = executions
                .flat_map(|e| e.actions.iter().map(move |a| (a.sequence, self.action_details(e, a))))
                .collect();
            page::cut("actionExecutionDetails", items, request, MOST_ON_A_PAGE)
        })
    }

    /// One run of an action, with what it was given and what it gave; artifacts have names and no content.
    fn action_details(&self, execution: &Execution, of: &ActionExecution) -> Value {
        let (action, told) = (&of.action, &of.told);
        let region = action.region.as_ref().unwrap_or(&self.options().region);
        let names = |of: &[super::declaration::Named]| {
            json!(of.iter().map(|artifact| json!({"name": artifact.name})).collect::<Vec<_>>())
        };
        let input = object([
            ("actionTypeId", Some(action.action_type_id.to_json())),
            ("configuration", Some(json!(action.configuration))),
            ("resolvedConfiguration", Some(json!(of.configuration))),
            ("roleArn", action.role_arn.as_ref().map(|arn| json!(arn))),
            ("region", Some(json!(region))),
            ("inputArtifacts", Some(names(&action.input_artifacts))),
            ("namespace", action.namespace.as_ref().map(|namespace| json!(namespace))),
        ]);
        let text = |value: &Option<String>| value.as_ref().map(|v| json!(v));
        let result = object([
            ("externalExecutionId", text(&told.external_id)),
            ("externalExecutionSummary", text(&told.summary)),
            ("externalExecutionUrl", text(&told.external_url)),
            ("errorDetails", told.error.as_ref().map(|e| json!({"code": e.code, "message": e.message}))),
        ]);
        object([
            ("pipelineExecutionId", Some(json!(execution.id))),
            ("actionExecutionId", Some(json!(of.id))),
            ("pipelineVersion", Some(json!(execution.declaration.version))),
            ("stageName", Some(json!(execution.stage_name(of.stage)))),
            ("actionName", Some(json!(action.name))),
            ("startTime", Some(json!(epoch(of.started_at)))),
            ("lastUpdateTime", Some(json!(epoch(of.updated_at)))),
            ("updatedBy", text(&told.by)),
            ("status", Some(json!(of.status.name()))),
            ("input", Some(input)),
            (
                "output",
                Some(json!({"outputArtifacts": names(&action.output_artifacts), "executionResult": result,
                    "outputVariables": told.variables})),
            ),
        ])
    }
}

fn trigger(of: &Execution) -> Value {
    json!({"triggerType": of.trigger.kind, "triggerDetail": of.trigger.detail})
}

/// Source actions with the revisions that they took.
fn revisions(of: &Execution) -> impl Iterator<Item = (&ActionExecution, &super::stand_in::Revision)> {
    of.actions.iter().filter_map(|a| Some((a, a.told.revision.as_ref()?)))
}

/// An execution in a list.
fn summary(of: &Execution) -> Value {
    let sources: Vec<_> = revisions(of)
        .map(|(action, revision)| {
            object([
                ("actionName", Some(json!(action.action.name))),
                ("revisionId", Some(json!(revision.id))),
                ("revisionSummary", Some(json!(revision.summary))),
                ("revisionUrl", revision.url.as_ref().map(|url| json!(url))),
            ])
        })
        .collect();
    let stopped = matches!(of.status, Status::Stopping | Status::Stopped);
    object([
        ("pipelineExecutionId", Some(json!(of.id))),
        ("status", Some(json!(of.status.name()))),
        ("startTime", Some(json!(epoch(of.started_at)))),
        ("lastUpdateTime", Some(json!(epoch(of.updated_at)))),
        ("sourceRevisions", Some(json!(sources))),
        ("trigger", Some(trigger(of))),
        ("stopTrigger", of.stop_reason.as_ref().filter(|_| stopped).map(|reason| json!({"reason": reason}))),
        ("executionMode", Some(json!(of.declaration.execution_mode.name()))),
        ("executionType", Some(json!("STANDARD"))),
    ])
}

/// An execution by itself: it has what lists leave out, and lacks the times that they have (A).
fn whole(of: &Execution) -> Value {
    let artifacts: Vec<_> = revisions(of)
        .flat_map(|(action, revision)| {
            action.action.output_artifacts.iter().map(move |artifact| {
                object([
                    ("name", Some(json!(artifact.name))),
                    ("revisionId", Some(json!(revision.id))),
                    ("revisionSummary", Some(json!(revision.summary))),
                    ("created", Some(json!(epoch(revision.created)))),
                    ("revisionUrl", revision.url.as_ref().map(|url| json!(url))),
                ])
            })
        })
        .collect();
    let variables: Vec<_> =
        of.variables.iter().map(|(name, value)| json!({"name": name, "resolvedValue": value})).collect();
    object([
        ("pipelineName", Some(json!(of.declaration.name))),
        ("pipelineVersion", Some(json!(of.declaration.version))),
        ("pipelineExecutionId", Some(json!(of.id))),
        ("status", Some(json!(of.status.name()))),
        ("statusSummary", of.stop_reason.as_ref().map(|reason| json!(reason))),
        ("artifactRevisions", Some(json!(artifacts))),
        ("variables", Some(json!(variables))),
        ("trigger", Some(trigger(of))),
        ("executionMode", Some(json!(of.declaration.execution_mode.name()))),
        ("executionType", Some(json!("STANDARD"))),
    ])
}
