//! The values of parameters, checked as CloudFormation checks them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{error::StackError, given::Given, template::Template};

/// Values by name: text, or a list for list types. A number stays the text that it is in a reference.
pub(crate) fn values(template: &Template, given: &Given) -> Result<BTreeMap<String, Value>, StackError> {
    if let Some(unknown) = given.parameters.keys().find(|name| !template.parameters.contains_key(*name)) {
        return Err(StackError::parameter(unknown, "the template has none of this name"));
    }
    let value = |(name, declared): (&String, &Value)| {
        let text = match given.parameters.get(name) {
            Some(text) => text.clone(),
            None => default(name, declared)?,
        };
        check(declared, &text).map_err(|problem| StackError::parameter(name, problem))?;
        Ok((name.clone(), typed(name, declared, text)?))
    };
    template.parameters.iter().map(value).collect()
}

fn default(name: &str, declared: &Value) -> Result<String, StackError> {
    let missing = || StackError::parameter(name, "it has no default: give a value");
    declared.get("Default").and_then(as_text).ok_or_else(missing)
}

/// Numbers and booleans as the text that they were written as.
fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

fn typed(name: &str, declared: &Value, text: String) -> Result<Value, StackError> {
    match declared.get("Type").and_then(Value::as_str) {
        Some("String" | "Number") => Ok(json!(text)),
        Some("CommaDelimitedList") => Ok(text.split(',').map(|part| json!(part.trim())).collect()),
        other => Err(StackError::parameter(name, format!("its type {other:?} is not known here"))),
    }
}

/// Patterns are left to CloudFormation and to cfn-lint.
fn check(declared: &Value, text: &str) -> Result<(), String> {
    if let Some(allowed) = declared.get("AllowedValues").and_then(Value::as_array) {
        let allowed: Vec<String> = allowed.iter().filter_map(as_text).collect();
        if !allowed.iter().any(|value| value == text) {
            return Err(format!("{text:?} is none of {}", allowed.join(", ")));
        }
    }
    let limit = |name: &str| declared.get(name).and_then(|limit| as_text(limit)?.parse::<f64>().ok());
    let is_number = declared.get("Type").and_then(Value::as_str) == Some("Number");
    let length = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    let (size, least, most) = if is_number {
        let number = text.parse::<f64>().map_err(|_| format!("{text:?} is no number"))?;
        (number, limit("MinValue"), limit("MaxValue"))
    } else {
        (f64::from(length), limit("MinLength"), limit("MaxLength"))
    };
    let within = least.is_none_or(|least| size >= least) && most.is_none_or(|most| size <= most);
    within.then_some(()).ok_or_else(|| format!("{text:?} is outside of its limits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "
Parameters:
  Size: {Type: Number, Default: 10, MinValue: 5, MaxValue: 20}
  Kind: {Type: String, Default: a, AllowedValues: [a, b]}
  Word: {Type: String, Default: four, MinLength: 3}
  List: {Type: CommaDelimitedList, Default: 'x, y'}
  Needed: {Type: String}
Resources: {R: {Type: AWS::SNS::Topic}}
";

    fn read(given: &[(&str, &str)]) -> Result<BTreeMap<String, Value>, StackError> {
        let given = given.iter().fold(Given::stack("s"), |all, (name, value)| all.with(name, value));
        values(&Template::read(TEMPLATE).unwrap(), &given)
    }

    #[test]
    fn number_stays_text_when_it_is_referred_to() {
        let read = read(&[("Needed", "n"), ("Size", "20")]).unwrap();
        assert_eq!(
            (&read["Size"], &read["Kind"], &read["List"]),
            (&json!("20"), &json!("a"), &json!(["x", "y"]))
        );
    }

    #[test]
    fn value_is_refused_when_the_template_does_not_allow_it() {
        let refused = |name, value| read(&[("Needed", "n"), (name, value)]).unwrap_err().to_string();
        assert_eq!(refused("Size", "21"), "parameter Size: \"21\" is outside of its limits");
        assert_eq!(refused("Size", "4"), "parameter Size: \"4\" is outside of its limits");
        assert_eq!(refused("Size", "many"), "parameter Size: \"many\" is no number");
        assert_eq!(refused("Kind", "c"), "parameter Kind: \"c\" is none of a, b");
        assert_eq!(refused("Word", "ab"), "parameter Word: \"ab\" is outside of its limits");
        assert_eq!(refused("Other", "x"), "parameter Other: the template has none of this name");
        assert_eq!(read(&[]).unwrap_err().to_string(), "parameter Needed: it has no default: give a value");
    }
}
