//! What an action must look like: types, configuration, artifacts, namespaces and references.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    declaration::{Action, Declaration, Stage},
    errors::{action_declaration, structure, validation},
    structure::{self, LONGEST_VALUE},
    variables::{self, EXECUTION_ID, OF_THE_PIPELINE, OF_THE_SERVICE},
};
use crate::error::ApiError;

const CATEGORIES: [&str; 7] = ["Source", "Build", "Deploy", "Test", "Invoke", "Approval", "Compute"];
const OWNERS: [&str; 3] = ["AWS", "ThirdParty", "Custom"];
const LONGEST_KEY: usize = 50;
/// Artifacts that a Lambda action may take or give.
const MOST_LAMBDA_ARTIFACTS: usize = 5;
/// Minutes that an approval may wait.
const APPROVAL_MINUTES: std::ops::RangeInclusive<i64> = 5..=86400;

/// What actions may refer to because it comes before them.
pub(super) struct Earlier {
    artifacts: BTreeSet<String>,
    namespaces: BTreeSet<String>,
    variables: BTreeSet<String>,
}

impl Earlier {
    pub(super) fn of(pipeline: &Declaration) -> Self {
        let variables = pipeline.variables.iter().map(|v| v.name.clone()).collect();
        Self { artifacts: BTreeSet::new(), namespaces: BTreeSet::new(), variables }
    }
}

/// Checks a stage's actions in the order in which they run.
pub(super) fn check_stage(stage: &Stage, earlier: &mut Earlier) -> Result<(), ApiError> {
    let mut names = BTreeSet::new();
    let mut by_order: BTreeMap<u32, Vec<&Action>> = BTreeMap::new();
    for action in &stage.actions {
        structure::name("pipeline.stages.member.actions.member.name", &action.name)?;
        if !names.insert(&action.name) {
            let message = format!("Stage '{}' has two actions with the name '{}'", stage.name, action.name);
            return Err(action_declaration(message));
        }
        by_order.entry(action.run_order).or_default().push(action);
    }
    for together in by_order.values() {
        for action in together {
            check(action, earlier)?;
        }
        // Actions of one run order run at the same time: none can use what another makes.
        for action in together {
            made_by(action, earlier)?;
        }
    }
    Ok(())
}

fn check(action: &Action, earlier: &Earlier) -> Result<(), ApiError> {
    let (name, kind) = (&action.name, &action.action_type_id);
    if !CATEGORIES.contains(&kind.category.as_str())
        || !OWNERS.contains(&kind.owner.as_str())
        || kind.provider.is_empty()
        || kind.version.is_empty()
    {
        return Err(validation(format!("The actionTypeId of action '{name}' is not valid")));
    }
    if !(1..=999).contains(&action.run_order) {
        return Err(validation(format!("The runOrder of action '{name}' must be from 1 to 999")));
    }
    match action.timeout_in_minutes {
        Some(_) if !kind.is_approval() => {
            return Err(action_declaration(format!(
                "TimeoutInMinutes of action '{name}' is not allowed: only approval actions may have it"
            )));
        }
        Some(minutes) if !APPROVAL_MINUTES.contains(&minutes) => {
            return Err(validation(format!(
                "The timeoutInMinutes of action '{name}' must be from 5 to 86400"
            )));
        }
        _ => {}
    }
    configuration(action)?;
    artifacts(action, earlier)?;
    references(action, earlier)
}

/// Keys are checked for the two kinds that the twin plays itself; a stand-in takes what it likes. The limit counts
/// before variables are resolved (A).
fn configuration(action: &Action) -> Result<(), ApiError> {
    let (name, kind) = (&action.name, &action.action_type_id);
    for (key, value) in &action.configuration {
        let length = value.chars().count();
        if key.is_empty() || key.len() > LONGEST_KEY || length == 0 || length > LONGEST_VALUE {
            return Err(validation(format!(
                "The configuration '{key}' of action '{name}' has {length} characters; a value has 1 to \
                 {LONGEST_VALUE}, a key at most {LONGEST_KEY}"
            )));
        }
    }
    let known: &[&str] = if kind.is_lambda() {
        &["FunctionName", "UserParameters"]
    } else if kind.is_approval() {
        &["NotificationArn", "ExternalEntityLink", "CustomData"]
    } else {
        return Ok(());
    };
    if let Some(key) = action.configuration.keys().find(|key| !known.contains(&key.as_str())) {
        let message =
            format!("Action configuration for action '{name}' contains unknown configuration '{key}'");
        return Err(action_declaration(message));
    }
    if kind.is_lambda() && !action.configuration.contains_key("FunctionName") {
        return Err(action_declaration(format!(
            "Action configuration for action '{name}' is missing required configuration 'FunctionName'"
        )));
    }
    Ok(())
}

/// Only names and numbers: the twin makes no artifacts.
fn artifacts(action: &Action, earlier: &Earlier) -> Result<(), ApiError> {
    let (name, kind) = (&action.name, &action.action_type_id);
    let (inputs, outputs) = (action.input_artifacts.len(), action.output_artifacts.len());
    let wrong = |what: &str| {
        Err(action_declaration(format!(
            "Action '{name}' has {inputs} input and {outputs} output artifacts: {what}"
        )))
    };
    if kind.is_approval() && inputs + outputs > 0 {
        return wrong("an approval has none");
    }
    if kind.is_lambda() && inputs.max(outputs) > MOST_LAMBDA_ARTIFACTS {
        return wrong("a Lambda action has at most 5 of each");
    }
    if kind.is_source() && (inputs > 0 || outputs == 0) {
        return wrong("a source has output artifacts and no others");
    }
    if let Some(input) = action.input_artifacts.iter().find(|a| !earlier.artifacts.contains(&a.name)) {
        return Err(structure(format!(
            "Input artifact '{}' of action '{name}' is not declared as output artifact of any prior action",
            input.name
        )));
    }
    Ok(())
}

/// A reference must be to something that exists by then; whether it has a value shows when the action starts (B).
fn references(action: &Action, earlier: &Earlier) -> Result<(), ApiError> {
    let refused = |namespace: &str, variable: &str, why: &str| {
        Err(action_declaration(format!(
            "Action '{}' refers to #{{{namespace}.{variable}}}: {why}",
            action.name
        )))
    };
    for (namespace, variable) in action.configuration.values().flat_map(|v| variables::references(v)) {
        match namespace {
            OF_THE_PIPELINE if action.action_type_id.is_source() => {
                return refused(namespace, variable, "source actions cannot use pipeline variables");
            }
            OF_THE_PIPELINE if !earlier.variables.contains(variable) => {
                return refused(namespace, variable, "the pipeline declares no such variable");
            }
            OF_THE_SERVICE if variable != EXECUTION_ID => {
                return refused(namespace, variable, "there is no such variable");
            }
            OF_THE_PIPELINE | OF_THE_SERVICE => {}
            other if !earlier.namespaces.contains(other) => {
                return refused(namespace, variable, "no earlier action has this namespace");
            }
            _ => {}
        }
    }
    Ok(())
}

/// What later actions may refer to because of this one.
fn made_by(action: &Action, earlier: &mut Earlier) -> Result<(), ApiError> {
    for output in &action.output_artifacts {
        if !earlier.artifacts.insert(output.name.clone()) {
            return Err(structure(format!("The output artifact '{}' is declared twice", output.name)));
        }
    }
    let Some(namespace) = &action.namespace else { return Ok(()) };
    if !variables::is_word(namespace) || [OF_THE_PIPELINE, OF_THE_SERVICE].contains(&namespace.as_str()) {
        return Err(validation(format!(
            "The namespace '{namespace}' of action '{}' is not valid",
            action.name
        )));
    }
    if !earlier.namespaces.insert(namespace.clone()) {
        return Err(structure(format!("The namespace '{namespace}' is declared twice")));
    }
    Ok(())
}
