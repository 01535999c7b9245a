//! What a pipeline must look like: the rules that CreatePipeline and UpdatePipeline check. Codes and limits are the API
//! model's and the structure reference's (A); which code belongs to which rule is our inference where two would fit (C).

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    action_rules::{self, Earlier},
    declaration::{Declaration, Mode, Stage, Variable},
    errors::{stage_declaration, structure, validation},
    variables::is_word,
};
use crate::error::ApiError;

/// Longest name of a pipeline, a stage or an action.
const LONGEST_NAME: usize = 100;
const MOST_VARIABLES: usize = 50;
const LONGEST_VARIABLE_NAME: usize = 128;
/// Longest value of a pipeline variable and of a configuration key.
pub(super) const LONGEST_VALUE: usize = 1000;

/// Checks a whole pipeline.
///
/// # Errors
/// The first rule that is broken; `NotImplemented` for what the twin does not have.
pub(super) fn check(pipeline: &Declaration) -> Result<(), ApiError> {
    name("pipeline.name", &pipeline.name)?;
    if pipeline.role_arn.is_empty() {
        return Err(validation(
            "Value null at 'pipeline.roleArn' failed to satisfy constraint: Member must not be null",
        ));
    }
    implemented(pipeline)?;
    stores(pipeline)?;
    variables(&pipeline.variables)?;
    stages(&pipeline.stages)?;
    triggers(pipeline)?;
    let mut earlier = Earlier::of(pipeline);
    pipeline.stages.iter().try_for_each(|stage| action_rules::check_stage(stage, &mut earlier))
}

fn implemented(pipeline: &Declaration) -> Result<(), ApiError> {
    // The default of the API is V1 (A).
    if pipeline.pipeline_type.as_deref() != Some("V2") {
        return Err(ApiError::not_implemented("CodePipeline pipelines that are not of pipelineType V2"));
    }
    if pipeline.execution_mode == Mode::Parallel {
        return Err(ApiError::not_implemented("CodePipeline executionMode PARALLEL"));
    }
    let conditions = |s: &Stage| [&s.on_failure, &s.on_success, &s.before_entry].iter().any(|c| c.is_some());
    if pipeline.stages.iter().any(conditions) {
        return Err(ApiError::not_implemented("CodePipeline stage conditions"));
    }
    if pipeline.stages.iter().any(|stage| !stage.blockers.is_empty()) {
        return Err(ApiError::not_implemented("CodePipeline stage blockers"));
    }
    Ok(())
}

/// Checks the characters that names may have.
pub(super) fn name(member: &str, given: &str) -> Result<(), ApiError> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b".@-_".contains(&b);
    if given.is_empty() || given.len() > LONGEST_NAME || !given.bytes().all(allowed) {
        return Err(validation(format!(
            "Value '{given}' at '{member}' failed to satisfy constraint: Member must be 1 to {LONGEST_NAME} of \
             [A-Za-z0-9.@\\-_]"
        )));
    }
    Ok(())
}

fn stores(pipeline: &Declaration) -> Result<(), ApiError> {
    match (&pipeline.artifact_store, &pipeline.artifact_stores) {
        (Some(store), None) if !store.location.is_empty() => Ok(()),
        (None, Some(stores)) if !stores.is_empty() => Ok(()),
        _ => Err(structure("Pipeline must have either artifactStore or artifactStores, with a location")),
    }
}

fn variables(given: &[Variable]) -> Result<(), ApiError> {
    if given.len() > MOST_VARIABLES {
        return Err(validation(format!("A pipeline has at most {MOST_VARIABLES} variables")));
    }
    let mut names = BTreeSet::new();
    for Variable { name, default_value } in given {
        if !is_word(name) || name.len() > LONGEST_VARIABLE_NAME {
            return Err(validation(format!("The name of the pipeline variable '{name}' is not valid")));
        }
        if let Some(value) = default_value {
            variable_value(name, value)?;
        }
        if !names.insert(name) {
            return Err(structure(format!("The pipeline variable '{name}' is declared twice")));
        }
    }
    Ok(())
}

/// Checks a default or a given value of a pipeline variable.
pub(super) fn variable_value(name: &str, value: &str) -> Result<(), ApiError> {
    if value.is_empty() || value.chars().count() > LONGEST_VALUE {
        return Err(validation(format!(
            "The value of the variable '{name}' must have 1 to {LONGEST_VALUE} characters"
        )));
    }
    Ok(())
}

fn stages(given: &[Stage]) -> Result<(), ApiError> {
    if given.len() < 2 {
        return Err(structure("Pipeline has less than the minimum of 2 stages"));
    }
    let mut names = BTreeSet::new();
    for (index, stage) in given.iter().enumerate() {
        name("pipeline.stages.member.name", &stage.name)?;
        if !names.insert(&stage.name) {
            return Err(stage_declaration(format!("Duplicate stage name '{}'", stage.name)));
        }
        if stage.actions.is_empty() {
            return Err(stage_declaration(format!(
                "Stage '{}' must contain at least one action",
                stage.name
            )));
        }
        let sources = stage.actions.iter().filter(|action| action.action_type_id.is_source()).count();
        if index == 0 && sources < stage.actions.len() {
            return Err(structure("The first stage must contain only source actions"));
        }
        if index > 0 && sources > 0 {
            return Err(structure(format!("Stage '{}' has source actions; only the first may", stage.name)));
        }
    }
    Ok(())
}

/// A trigger names a source action of a connection, and no action has two (A).
fn triggers(pipeline: &Declaration) -> Result<(), ApiError> {
    let mut named = BTreeSet::new();
    for trigger in &pipeline.triggers {
        let source = &trigger.git_configuration.source_action_name;
        let is_it = |action: &&super::declaration::Action| {
            action.name == *source && action.action_type_id.provider == "CodeStarSourceConnection"
        };
        let exists = pipeline.stages.iter().flat_map(|stage| &stage.actions).any(|action| is_it(&action));
        if trigger.provider_type != "CodeStarSourceConnection" || !exists {
            return Err(structure(format!(
                "A trigger names '{source}', which is no CodeStarSourceConnection action"
            )));
        }
        if !named.insert(source) {
            return Err(structure(format!("Two triggers name the source action '{source}'")));
        }
    }
    Ok(())
}

/// Tags are kept and shown, nothing else.
pub(super) fn tags(input: &Value) -> Value {
    input.get("tags").cloned().unwrap_or_else(|| Value::Array(Vec::new()))
}

#[cfg(test)]
#[path = "structure_tests.rs"]
mod tests;
