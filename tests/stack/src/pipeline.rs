//! Properties under the names of the APIs that begin them with a small letter, and a pipeline as CreatePipeline wants it.

use serde_json::{Map, Value};

/// Properties of the resource that CreatePipeline's structure does not have.
const OF_THE_RESOURCE: [&str; 3] = ["DisableInboundStageTransitions", "RestartExecutionOnUpdate", "Tags"];
/// Mappings whose keys are data.
const DATA: [&str; 2] = ["configuration", "environmentVariables"];

/// The `pipeline` member of CreatePipeline: the resolved properties of an `AWS::CodePipeline::Pipeline`, with the API's names.
/// Values are typed as the API wants them: a configuration is text, a time-out is a number.
#[must_use]
pub fn create_pipeline(properties: &Value) -> Value {
    let mut pipeline = api_names(properties);
    if let Some(members) = pipeline.as_object_mut() {
        members.retain(|name, _| !OF_THE_RESOURCE.iter().any(|other| camel(other) == *name));
    }
    pipeline
}

/// The same with every key as CodePipeline and CodeDeploy have it: `ActionTypeId` is `actionTypeId` there.
#[must_use]
pub fn api_names(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| {
                let name = camel(name);
                let value = match value {
                    Value::Object(data) if DATA.contains(&name.as_str()) => Value::Object(as_text(data)),
                    value => api_names(value),
                };
                (name.clone(), typed(&name, value))
            };
            Value::Object(members.iter().map(member).collect())
        }
        Value::Array(elements) => elements.iter().map(api_names).collect(),
        other => other.clone(),
    }
}

fn camel(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

/// CloudFormation takes numbers as text and text as numbers, the API does not.
fn typed(name: &str, value: Value) -> Value {
    match (name, value) {
        ("runOrder" | "timeoutInMinutes", Value::String(text)) => {
            text.parse::<i64>().map_or(Value::String(text), Value::from)
        }
        ("version" | "defaultValue", number @ (Value::Number(_) | Value::Bool(_))) => {
            Value::String(number.to_string())
        }
        (_, value) => value,
    }
}

/// The values of a configuration: what is no text is JSON in a text.
fn as_text(data: &Map<String, Value>) -> Map<String, Value> {
    let text = |value: &Value| match value {
        Value::String(text) => Value::from(text.as_str()),
        other => Value::from(other.to_string()),
    };
    data.iter().map(|(name, value)| (name.clone(), text(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_are_those_of_the_api_and_configurations_stay_as_they_are() {
        let properties = json!({"Name": "p", "PipelineType": "V2", "Tags": [{"Key": "a"}],
            "Variables": [{"Name": "Hotfix", "DefaultValue": false}],
            "RestartExecutionOnUpdate": false,
            "Stages": [{"Name": "S", "Actions": [{"Name": "A", "RunOrder": "2", "TimeoutInMinutes": 120,
                "ActionTypeId": {"Category": "Test", "Owner": "AWS", "Provider": "CodeBuild", "Version": 1},
                "Configuration": {"ProjectName": "x", "PollForSourceChanges": false}}]}]});
        let expected = json!({"name": "p", "pipelineType": "V2",
            "variables": [{"name": "Hotfix", "defaultValue": "false"}],
            "stages": [{"name": "S", "actions": [{"name": "A", "runOrder": 2, "timeoutInMinutes": 120,
                "actionTypeId": {"category": "Test", "owner": "AWS", "provider": "CodeBuild", "version": "1"},
                "configuration": {"ProjectName": "x", "PollForSourceChanges": "false"}}]}]});
        assert_eq!(create_pipeline(&properties), expected);
    }
}
