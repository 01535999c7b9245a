//! The pipeline's definition, as AWS takes it, with the times of one scenario in it.

use serde_json::{Value, json};

/// The definition with the times of production.
const DEFINITION: &str = include_str!("pipeline.json");

/// Its name.
pub(crate) const PIPELINE: &str = "manuel-backend-pipeline";
/// The stages in which the rollout is on its way.
pub(crate) const ROLLOUT_STAGES: [&str; 5] =
    ["DeployCanary", "CanaryApproval", "ExpandCanary", "FinalApproval", "DeployProd"];

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

/// The pipeline with other times.
///
/// # Errors
/// When the definition, or the parameters of an action in it, are no JSON.
pub(crate) fn definition(times: Times) -> Result<Value, serde_json::Error> {
    let mut pipeline: Value = serde_json::from_str(DEFINITION)?;
    let stages = pipeline.get_mut("stages").and_then(Value::as_array_mut).into_iter().flatten();
    let actions = stages.filter_map(|stage| stage.get_mut("actions").and_then(Value::as_array_mut));
    for action in actions.flatten().filter_map(Value::as_object_mut) {
        if let Some(minutes) = action.get_mut("timeoutInMinutes") {
            *minutes = json!(times.approval);
        }
        if let Some(given) = action.get_mut("configuration").and_then(|c| c.get_mut("UserParameters")) {
            *given = json!(with_times(given.as_str().unwrap_or_default(), times)?);
        }
    }
    Ok(pipeline)
}

/// The parameters of a Lambda action; the times that it has are changed, and none is added.
fn with_times(parameters: &str, times: Times) -> Result<String, serde_json::Error> {
    let mut parameters: Value = serde_json::from_str(parameters)?;
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

    fn parameters(times: Times) -> Vec<Value> {
        let stages = definition(times).unwrap()["stages"].as_array().unwrap().clone();
        let actions = stages.iter().flat_map(|stage| stage["actions"].as_array().unwrap().clone());
        let given = actions.filter_map(|a| a["configuration"]["UserParameters"].as_str().map(str::to_owned));
        given.map(|text| serde_json::from_str(&text).unwrap()).collect()
    }

    #[test]
    fn definition_has_the_times_of_production() {
        let written: Value = serde_json::from_str(DEFINITION).unwrap();
        assert_eq!(definition(Times::PRODUCTION).unwrap()["stages"][2], written["stages"][2]);
        assert_eq!(written["name"], PIPELINE);
        let stages: Vec<_> =
            written["stages"].as_array().unwrap().iter().map(|s| s["name"].clone()).collect();
        assert_eq!(stages[1..], ROLLOUT_STAGES);
    }

    #[test]
    fn only_times_that_an_action_has_are_changed() {
        let given = parameters(Times { bake: 4, max_bake: 6, watch: 7, approval: 5 });
        let actions: Vec<_> = given.iter().map(|p| p["action"].as_str().unwrap()).collect();
        assert_eq!(actions, ["acquire", "shift", "shift", "promote", "watch"]);
        assert_eq!((&given[1]["bakeMinutes"], &given[2]["maxBakeMinutes"]), (&json!(4), &json!(6)));
        assert_eq!((given[0].get("minutes"), &given[4]["minutes"]), (None, &json!(7)));
        assert_eq!(given[1]["execution"], "#{codepipeline.PipelineExecutionId}");
    }
}
