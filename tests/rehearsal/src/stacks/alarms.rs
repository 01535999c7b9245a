//! Alarms exactly as a template defines them. CloudFormation puts one again when its definition changes, and those of the new
//! version change with each release.

use serde_json::{Map, Value, json};
use stack::Stack;

use super::Deployed;
use crate::{
    error::RehearsalError,
    stage::Clients,
    wire::{self, Service},
};

const KIND: &str = "AWS::CloudWatch::Alarm";
/// Members that are numbers, where a reference to a parameter is a text.
const NUMBERS: [&str; 4] = ["DatapointsToAlarm", "EvaluationPeriods", "Period", "Threshold"];

impl Deployed {
    /// Puts the alarms of a stack that are new or not as they were put before.
    pub(super) async fn put_changed_alarms(&self, stack: &Stack) -> Result<(), RehearsalError> {
        for (name, alarm) in definitions(stack) {
            let unchanged = self.alarms.lock().get(&name) == Some(&alarm);
            if !unchanged {
                put(&self.clients, &alarm).await?;
                self.alarms.lock().insert(name, alarm);
            }
        }
        Ok(())
    }
}

/// The alarms of a stack, by name, as PutMetricAlarm wants them: its members have the names of the template's properties.
pub(super) fn definitions(stack: &Stack) -> impl Iterator<Item = (String, Value)> {
    stack.of_type(KIND).map(|alarm| {
        let mut definition = typed(&alarm.properties);
        if let Some(members) = definition.as_object_mut() {
            members.insert("AlarmName".to_owned(), json!(alarm.name));
        }
        (alarm.name.clone(), definition)
    })
}

pub(super) async fn put(clients: &Clients, alarm: &Value) -> Result<(), RehearsalError> {
    wire::call(&clients.endpoint, Service::CloudWatch, "PutMetricAlarm", alarm).await?;
    Ok(())
}

/// CloudFormation takes numbers as text, the API does not.
fn typed(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| {
                let number = value.as_str().filter(|_| NUMBERS.contains(&name.as_str()));
                let number = number.and_then(|text| text.parse::<f64>().ok());
                (name.clone(), number.map_or_else(|| typed(value), |number| json!(number)))
            };
            Value::Object(members.iter().map(member).collect::<Map<_, _>>())
        }
        Value::Array(elements) => elements.iter().map(typed).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::templates::{self, Environment};

    #[test]
    fn number_of_a_parameter_is_a_number_when_it_is_put() {
        let stack = templates::environment(Environment::Production, "1", "build-1").unwrap();
        let latency = definitions(&stack).find(|(name, _)| name == "manuel-prod-api-latency").unwrap().1;
        assert_eq!((&latency["Threshold"], &latency["Period"]), (&json!(3000.0), &json!(300)));
        assert_eq!(latency["Dimensions"][1], json!({"Name": "Stage", "Value": "prod"}));
    }
}
