//! What SAM makes of its short forms: defaults of `Globals`, a role, an alias, a deployment group and the rules of events.
//! Only the parts that others refer to, or that a rehearsal plays, have their properties.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::{error::StackError, template::Raw};

const FUNCTION: &str = "AWS::Serverless::Function";
/// The application of every deployment preference of a stack.
const APPLICATION: &str = "ServerlessDeploymentApplication";
/// Members of an event that are members of the rule's target.
const OF_THE_TARGET: [&str; 5] =
    ["DeadLetterConfig", "Input", "InputPath", "InputTransformer", "RetryPolicy"];

type Resources = BTreeMap<String, Raw>;

/// Adds what SAM adds.
pub(crate) fn expand(
    mut resources: Resources,
    globals: &Map<String, Value>,
) -> Result<Resources, StackError> {
    if let Some(other) = globals.keys().find(|name| *name != "Function") {
        return Err(StackError::section("Globals", format!("of {other} are not known here")));
    }
    let functions: Vec<String> =
        resources.iter().filter(|(_, raw)| raw.kind == FUNCTION).map(|(id, _)| id.clone()).collect();
    for id in functions {
        let Some(mut function) = resources.remove(&id) else { continue };
        if let Some(defaults) = globals.get("Function").and_then(Value::as_object) {
            for (name, value) in defaults {
                merge(&mut function.properties, name, value);
            }
        }
        let made = made_of(&id, &function)?;
        resources.insert(id.clone(), function);
        for (name, resource) in made {
            if resources.get(&name).is_some_and(|present| present.kind != resource.kind) {
                return Err(StackError::section(&format!("resource {name}"), "is SAM's own for another one"));
            }
            resources.insert(name, resource);
        }
    }
    Ok(resources)
}

/// A default: mappings are merged, lists of both are joined, anything else is the function's own if it has one.
fn merge(into: &mut Map<String, Value>, name: &str, default: &Value) {
    match (into.get_mut(name), default) {
        (None, _) => {
            into.insert(name.to_owned(), default.clone());
        }
        (Some(Value::Object(own)), Value::Object(defaults)) if crate::functions::call(own).is_none() => {
            for (name, value) in defaults {
                merge(own, name, value);
            }
        }
        (Some(Value::Array(own)), Value::Array(defaults)) => {
            own.splice(0..0, defaults.iter().cloned());
        }
        _ => {}
    }
}

/// The resources that belong to one function.
fn made_of(id: &str, function: &Raw) -> Result<Vec<(String, Raw)>, StackError> {
    let of_the_function = |kind: &str, properties: Value| Raw {
        kind: kind.to_owned(),
        condition: function.condition.clone(),
        metadata: Value::Null,
        properties: properties.as_object().cloned().unwrap_or_default(),
    };
    let mut made = Vec::new();
    if !function.properties.contains_key("Role") {
        made.push((format!("{id}Role"), of_the_function("AWS::IAM::Role", json!({}))));
    }
    if let Some(alias) = function.properties.get("AutoPublishAlias").and_then(Value::as_str) {
        // The alias follows each version by CodeDeploy, so it has no version of its own here.
        let alias_of = json!({"Name": alias, "FunctionName": {"Ref": id}});
        made.push((format!("{id}Alias{alias}"), of_the_function("AWS::Lambda::Alias", alias_of)));
    }
    if function.properties.contains_key("DeploymentPreference") {
        let application = Raw {
            condition: None,
            ..of_the_function("AWS::CodeDeploy::Application", json!({"ComputePlatform": "Lambda"}))
        };
        made.push((APPLICATION.to_owned(), application));
        let group = of_the_function("AWS::CodeDeploy::DeploymentGroup", group(&function.properties));
        made.push((format!("{id}DeploymentGroup"), group));
    }
    let events = function.properties.get("Events").and_then(Value::as_object);
    for (name, event) in events.into_iter().flatten() {
        let rule =
            rule(id, name, event).map_err(|p| StackError::section(&format!("event {id}.{name}"), p))?;
        made.push((format!("{id}{name}"), of_the_function("AWS::Events::Rule", rule)));
    }
    Ok(made)
}

/// As SAM sets it up: all three rollback events.
fn group(properties: &Map<String, Value>) -> Value {
    let preference = properties.get("DeploymentPreference").cloned().unwrap_or_default();
    let kind = preference.get("Type").and_then(Value::as_str).unwrap_or_default();
    let mut group = json!({
        "ApplicationName": {"Ref": APPLICATION},
        "DeploymentConfigName": format!("CodeDeployDefault.Lambda{kind}"),
        "DeploymentStyle": {"DeploymentType": "BLUE_GREEN", "DeploymentOption": "WITH_TRAFFIC_CONTROL"},
        "AutoRollbackConfiguration": {"Enabled": true,
            "Events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"]},
    });
    if let (Some(group), Some(role)) = (group.as_object_mut(), preference.get("Role")) {
        group.insert("ServiceRoleArn".to_owned(), role.clone());
    }
    group
}

/// The rule of an event, with the function as its target.
fn rule(id: &str, name: &str, event: &Value) -> Result<Value, String> {
    let kind = event.get("Type").and_then(Value::as_str).unwrap_or_default();
    let given = event.get("Properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let (from, to) = match kind {
        "EventBridgeRule" | "CloudWatchEvent" => ("Pattern", "EventPattern"),
        "Schedule" => ("Schedule", "ScheduleExpression"),
        other => return Err(format!("has a type that is not known here: {other:?}")),
    };
    let mut target = json!({"Id": format!("{id}{name}"), "Arn": {"Fn::GetAtt": [id, "Arn"]}});
    let mut rule = Map::new();
    for (property, value) in given {
        match property.as_str() {
            property if property == from => rule.insert(to.to_owned(), value),
            "State" | "Description" => rule.insert(property, value),
            "Name" | "RuleName" => rule.insert("Name".to_owned(), value),
            member if OF_THE_TARGET.contains(&member) => {
                target.as_object_mut().and_then(|target| target.insert(property, value))
            }
            other => return Err(format!("has a property that is not known here: {other}")),
        };
    }
    if !rule.contains_key(to) {
        return Err(format!("has no {from}"));
    }
    rule.insert("Targets".to_owned(), json!([target]));
    Ok(Value::Object(rule))
}

#[cfg(test)]
mod tests {
    use crate::{Given, Stack, Template};
    use serde_json::json;

    fn stack(text: &str) -> Stack {
        Template::read(text).unwrap().resolve(&Given::stack("s")).unwrap()
    }

    #[test]
    fn globals_are_defaults_when_a_function_says_otherwise() {
        let stack = stack(
            "
Globals: {Function: {Timeout: 10, Environment: {Variables: {A: '1', B: '2'}}, Layers: [base]}}
Resources:
  F: {Type: AWS::Serverless::Function, Properties: {Timeout: 3, Environment: {Variables: {B: '3'}}, Layers: [own]}}
  G: {Type: AWS::Serverless::Function}
",
        );
        let (f, g) = (stack.properties("F").unwrap(), stack.properties("G").unwrap());
        assert_eq!((&f["Timeout"], &g["Timeout"]), (&json!(3), &json!(10)));
        assert_eq!(f["Environment"]["Variables"], json!({"A": "1", "B": "3"}));
        assert_eq!((&f["Layers"], &g["Layers"]), (&json!(["base", "own"]), &json!(["base"])));
    }

    #[test]
    fn events_are_rules_with_the_function_as_target() {
        let stack = stack(
            "
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: judge
      Events:
        Tick: {Type: Schedule, Properties: {Schedule: rate(1 minute), Input: '{}'}}
        News: {Type: EventBridgeRule, Properties: {Pattern: {source: [a]}, InputPath: $.detail}}
",
        );
        let arn = "arn:aws:lambda:eu-west-1:123456789012:function:judge";
        let tick = json!({"ScheduleExpression": "rate(1 minute)", "Targets": [{"Id": "FTick", "Arn": arn, "Input": "{}"}]});
        assert_eq!(stack.properties("FTick").unwrap(), &tick);
        let news = json!({"EventPattern": {"source": ["a"]}, "Targets": [{"Id": "FNews", "Arn": arn, "InputPath": "$.detail"}]});
        assert_eq!(stack.properties("FNews").unwrap(), &news);
        assert_eq!(stack.of_type("AWS::Events::Rule").count(), 2);
    }

    #[test]
    fn application_and_alias_are_there_when_a_function_is_deployed_gradually() {
        let stack = stack(
            "
Resources:
  Role: {Type: AWS::IAM::Role}
  F:
    Type: AWS::Serverless::Function
    Properties:
      AutoPublishAlias: candidate
      DeploymentPreference: {Type: AllAtOnce, Role: !GetAtt Role.Arn}
  R: {Type: AWS::SNS::Topic, Properties: {A: !Ref ServerlessDeploymentApplication, B: !GetAtt FRole.Arn}}
",
        );
        let group = stack.properties("FDeploymentGroup").unwrap();
        assert_eq!(group["DeploymentConfigName"], "CodeDeployDefault.LambdaAllAtOnce");
        assert_eq!(group["ServiceRoleArn"], "arn:aws:iam::123456789012:role/s-Role");
        assert_eq!(stack.properties("FAliascandidate").unwrap()["Name"], "candidate");
        let referring = stack.properties("R").unwrap();
        assert_eq!(referring["A"], "s-ServerlessDeploymentApplication");
        assert_eq!(referring["B"], "arn:aws:iam::123456789012:role/s-FRole");
    }

    #[test]
    fn event_is_refused_when_it_is_not_known() {
        let of = |event: &str| {
            let text = format!(
                "Resources: {{F: {{Type: AWS::Serverless::Function, Properties: {{Events: {{E: {event}}}}}}}}}"
            );
            Template::read(&text).unwrap_err().to_string()
        };
        assert!(of("{Type: Api}").contains("event F.E has a type that is not known here: \"Api\""));
        assert!(of("{Type: Schedule, Properties: {Rate: x}}").contains("not known here: Rate"));
        assert!(of("{Type: Schedule}").contains("has no Schedule"));
    }
}
