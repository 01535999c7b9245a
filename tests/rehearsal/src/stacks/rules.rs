//! Rules with their targets, those of SAM's events among them.

use serde_json::{Value, json};
use stack::{Resource, Stack};

use super::coverage::NOT_OF_A_TARGET;
use crate::{
    error::RehearsalError,
    stage::Clients,
    wire::{self, Service},
};

pub(super) async fn make_all(clients: &Clients, stack: &Stack) -> Result<(), RehearsalError> {
    for rule in stack.of_type("AWS::Events::Rule") {
        call(clients, "PutRule", &put_rule(rule)).await?;
        let answer = call(clients, "PutTargets", &put_targets(rule)).await?;
        if answer.get("FailedEntryCount").and_then(Value::as_u64) != Some(0) {
            let refused = |answer: Value| RehearsalError::Refused {
                operation: "PutTargets".to_owned(),
                answer: answer.to_string(),
            };
            return Err(refused(answer));
        }
    }
    Ok(())
}

async fn call(clients: &Clients, operation: &str, input: &Value) -> Result<Value, RehearsalError> {
    wire::call(&clients.endpoint, Service::EventBridge, operation, input).await
}

/// The pattern is a text in the API.
fn put_rule(rule: &Resource) -> Value {
    let mut members = json!({"Name": rule.name});
    for name in ["Description", "EventPattern", "ScheduleExpression"] {
        let value = match rule.properties.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(pattern) => pattern.to_string(),
            None => continue,
        };
        members.as_object_mut().and_then(|members| members.insert(name.to_owned(), json!(value)));
    }
    members
}

fn put_targets(rule: &Resource) -> Value {
    let mut targets = rule.properties.get("Targets").cloned().unwrap_or_default();
    for target in targets.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        target.retain(|member, _| !NOT_OF_A_TARGET.contains(&member.as_str()));
    }
    json!({"Rule": rule.name, "Targets": targets})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::templates::{self, Environment};

    #[test]
    fn rule_has_its_pattern_as_text_and_the_function_as_its_target() {
        let stack = templates::environment(Environment::Production, "1", "build-1").unwrap();
        let rule = &stack.resources["AlarmRollbackStageEnded"];
        let put = put_rule(rule);
        let pattern: Value = serde_json::from_str(put["EventPattern"].as_str().unwrap()).unwrap();
        assert_eq!(put["Name"], "manuel-prod-AlarmRollbackStageEnded");
        assert_eq!(pattern["detail"]["stage"][0], "DeployCanary");
        let target = &put_targets(rule)["Targets"][0];
        let arn = "arn:aws:lambda:eu-west-1:123456789012:function:manuel-prod-alarm-rollback";
        assert_eq!(*target, json!({"Id": "AlarmRollbackStageEnded", "Arn": arn}));
    }
}
