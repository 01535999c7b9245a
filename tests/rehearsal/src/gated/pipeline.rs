//! The pipeline of pipeline-template.yaml, with the times of one scenario in it.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use stack::{Stack, create_pipeline};

use crate::error::RehearsalError;

/// The first stage that touches production; those before it decide whether it is reached.
pub(crate) const FIRST_OF_PRODUCTION: &str = "DeployCanary";

/// How long a release takes at each of its steps, in virtual minutes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    /// At 10 % and at 50 %.
    pub(crate) bake: u32,
    /// The same, as long as there is no verdict.
    pub(crate) max_bake: u32,
    /// At 100 %, after CodeDeploy is done.
    pub(crate) watch: u32,
    /// For a person to answer; AWS takes at least 5.
    pub(crate) approval: u32,
}

impl Times {
    /// Those of the definition.
    pub(crate) const PRODUCTION: Self = Self { bake: 15, max_bake: 30, watch: 30, approval: 120 };
    /// As short as a verdict and a person allow.
    pub(crate) const SHORT: Self = Self { bake: 5, max_bake: 8, watch: 5, approval: 30 };
}

/// How much of the pipeline is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Every stage, from the push on.
    Whole,
    /// The source, and the stages of production.
    Production,
}

/// The pipeline of the template as CreatePipeline wants it, with other times.
///
/// # Errors
/// When the template has no pipeline, or the parameters of an action in it are no JSON.
pub(crate) fn definition(stack: &Stack, times: Times, extent: Extent) -> Result<Value, RehearsalError> {
    let declared = stack.of_type("AWS::CodePipeline::Pipeline").next();
    let declared = declared.ok_or(RehearsalError::Incomplete("the template has no pipeline"))?;
    let mut pipeline = create_pipeline(&declared.properties);
    let stages = pipeline.get_mut("stages").and_then(Value::as_array_mut);
    let stages = stages.ok_or(RehearsalError::Incomplete("the pipeline has no stages"))?;
    let first = stages.iter().position(|stage| name(stage) == FIRST_OF_PRODUCTION);
    let first = first.ok_or(RehearsalError::Incomplete("the pipeline does not reach production"))?;
    for action in stages.iter_mut().skip(first).flat_map(actions_of) {
        shorten(action, times)?;
    }
    if extent == Extent::Production {
        stages.drain(1..first);
        let Some((source, others)) = stages.split_first_mut() else { return Ok(pipeline) };
        let needed: BTreeSet<String> =
            others.iter_mut().flat_map(actions_of).flat_map(|a| inputs(a)).collect();
        // Stands for the build that was cut out: it hands on what the others need.
        let handed_on: Vec<Value> = needed.into_iter().map(|name| json!({"name": name})).collect();
        for action in actions_of(source) {
            action
                .as_object_mut()
                .map(|action| action.insert("outputArtifacts".to_owned(), json!(handed_on)));
        }
    }
    Ok(pipeline)
}

/// The names of its stages.
pub(crate) fn stages(definition: &Value) -> Vec<String> {
    let stages = definition.get("stages").and_then(Value::as_array).into_iter().flatten();
    stages.map(|stage| name(stage).to_owned()).collect()
}

fn name(of: &Value) -> &str {
    of.get("name").and_then(Value::as_str).unwrap_or_default()
}

fn actions_of(stage: &mut Value) -> impl Iterator<Item = &mut Value> {
    stage.get_mut("actions").and_then(Value::as_array_mut).into_iter().flatten()
}

fn inputs(action: &Value) -> Vec<String> {
    let inputs = action.get("inputArtifacts").and_then(Value::as_array).into_iter().flatten();
    inputs.map(|artifact| name(artifact).to_owned()).collect()
}

fn shorten(action: &mut Value, times: Times) -> Result<(), RehearsalError> {
    if let Some(minutes) = action.get_mut("timeoutInMinutes") {
        *minutes = json!(times.approval);
    }
    if let Some(given) = action.get_mut("configuration").and_then(|c| c.get_mut("UserParameters")) {
        *given = json!(with_times(given.as_str().unwrap_or_default(), times)?);
    }
    Ok(())
}

/// The parameters of a Lambda action; the times that it has are changed, and none is added.
fn with_times(parameters: &str, times: Times) -> Result<String, RehearsalError> {
    let mut parameters: Value = serde_json::from_str(parameters).map_err(RehearsalError::Definition)?;
    for (name, minutes) in
        [("bakeMinutes", times.bake), ("maxBakeMinutes", times.max_bake), ("minutes", times.watch)]
    {
        if let Some(given) = parameters.get_mut(name) {
            *given = json!(minutes);
        }
    }
    Ok(parameters.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::templates;

    fn played(times: Times, extent: Extent) -> Value {
        definition(&templates::pipeline().unwrap(), times, extent).unwrap()
    }

    /// The same with the parameters of actions as JSON, whose members have no order.
    fn comparable(mut pipeline: Value) -> Value {
        for action in pipeline["stages"].as_array_mut().unwrap().iter_mut().flat_map(actions_of) {
            if let Some(given) = action.pointer_mut("/configuration/UserParameters") {
                *given = serde_json::from_str(given.as_str().unwrap()).unwrap();
            }
        }
        pipeline
    }

    fn parameters(pipeline: &Value) -> Vec<Value> {
        let pipeline = comparable(pipeline.clone());
        let stages = pipeline["stages"].as_array().unwrap();
        let actions = stages.iter().flat_map(|stage| stage["actions"].as_array().unwrap());
        actions.filter_map(|action| action.pointer("/configuration/UserParameters").cloned()).collect()
    }

    #[test]
    fn whole_pipeline_is_that_of_the_template_when_times_are_those_of_production() {
        let stack = templates::pipeline().unwrap();
        let written = create_pipeline(stack.properties("Pipeline").unwrap());
        assert_eq!(comparable(played(Times::PRODUCTION, Extent::Whole)), comparable(written));
    }

    #[test]
    fn production_alone_begins_with_a_source_that_hands_on_what_is_needed() {
        let pipeline = played(Times::SHORT, Extent::Production);
        let rest = ["CanaryApproval", "ExpandCanary", "FinalApproval", "DeployProd"];
        assert_eq!(stages(&pipeline)[..2], ["Source", FIRST_OF_PRODUCTION]);
        assert_eq!(stages(&pipeline)[2..], rest);
        assert_eq!(pipeline["stages"][0]["actions"][0]["outputArtifacts"], json!([{"name": "Build"}]));
    }

    #[test]
    fn only_times_that_an_action_of_production_has_are_changed() {
        let times = Times { bake: 4, max_bake: 6, watch: 7, approval: 5 };
        let pipeline = played(times, Extent::Whole);
        let given = parameters(&pipeline);
        let actions: Vec<_> = given.iter().map(|p| p["action"].as_str().unwrap()).collect();
        assert_eq!(actions, ["promote", "promote", "acquire", "shift", "shift", "promote", "watch"]);
        assert_eq!((&given[3]["bakeMinutes"], &given[4]["maxBakeMinutes"]), (&json!(4), &json!(6)));
        assert_eq!((given[2].get("minutes"), &given[6]["minutes"]), (None, &json!(7)));
        assert_eq!(given[3]["execution"], "#{codepipeline.PipelineExecutionId}");
        let approvals = [("ManualApproval", 1440), ("FinalApproval", 5)];
        for (stage, minutes) in approvals {
            let place = stages(&pipeline).iter().position(|name| name == stage).unwrap();
            assert_eq!(pipeline["stages"][place]["actions"][0]["timeoutInMinutes"], minutes, "{stage}");
        }
    }
}
