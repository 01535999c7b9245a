//! The intrinsic functions.

use serde_json::{Map, Value, json};

use crate::{error::Problem, scope::Scope};

/// The function that an object is: its name and its argument.
pub(crate) fn call(members: &Map<String, Value>) -> Option<(&str, &Value)> {
    let (name, argument) = members.iter().next().filter(|_| members.len() == 1)?;
    (name == "Ref" || name.starts_with("Fn::")).then_some((name.as_str(), argument))
}

/// The value of one function; `None` when it is none.
pub(crate) fn resolve(scope: &Scope<'_>, name: &str, argument: &Value) -> Result<Option<Value>, Problem> {
    let wants = |what: &str| Problem::new(format!("it wants {what}"));
    match name {
        "Ref" => scope.reference(argument.as_str().ok_or_else(|| wants("a name"))?),
        "Fn::GetAtt" => {
            let [id, attribute] = elements(argument, "a resource and an attribute")?;
            scope.attribute(&scope.text(id)?, &scope.text(attribute)?).map(Some)
        }
        "Fn::If" => {
            let [condition, then, otherwise] = elements(argument, "a condition and two values")?;
            let name = condition.as_str().ok_or_else(|| wants("the name of a condition"))?;
            scope.resolve(if scope.condition(name)? { then } else { otherwise })
        }
        "Fn::Sub" => substitute(scope, argument).map(|text| Some(json!(text))),
        "Fn::Join" => {
            let [separator, parts] = elements(argument, "a separator and a list")?;
            let parts = list(scope, parts)?;
            let parts: Result<Vec<_>, _> = parts.iter().map(|part| scope.text(part)).collect();
            Ok(Some(json!(parts?.join(&scope.text(separator)?))))
        }
        "Fn::Split" => {
            let [separator, text] = elements(argument, "a separator and a text")?;
            let (separator, text) = (scope.text(separator)?, scope.text(text)?);
            Ok(Some(text.split(separator.as_str()).map(Value::from).collect()))
        }
        "Fn::Select" => {
            let [index, all] = elements(argument, "an index and a list")?;
            let (index, all) = (scope.text(index)?, list(scope, all)?);
            let found = index.parse::<usize>().ok().and_then(|index| all.get(index).cloned());
            found.map(Some).ok_or_else(|| Problem::new(format!("no element {index} of {}", all.len())))
        }
        "Fn::FindInMap" => find_in_map(scope, argument).map(Some),
        "Fn::ImportValue" => {
            let export = scope.text(argument)?;
            let value = scope.given.exports.get(&export).cloned();
            value.map(|v| Some(json!(v))).ok_or_else(|| Problem::new(format!("no stack exports {export}")))
        }
        other => Err(Problem::new(format!("the function {other} is not known here, or not in this place"))),
    }
}

/// Whether a condition's expression is true.
pub(crate) fn holds(scope: &Scope<'_>, expression: &Value) -> Result<bool, Problem> {
    let call = expression.as_object().filter(|members| members.len() == 1).and_then(|m| m.iter().next());
    let (name, argument) = call.ok_or_else(|| Problem::new("a condition is one function"))?;
    let all = || argument.as_array().ok_or_else(|| Problem::new(format!("{name} wants a list")));
    match name.as_str() {
        "Condition" => {
            let name = argument.as_str().ok_or_else(|| Problem::new("Condition wants a name"))?;
            scope.condition(name)
        }
        "Fn::Equals" => {
            let [left, right] = elements(argument, "two values")?;
            // Parameters are text: 0 equals "0".
            Ok(scope.text(left)? == scope.text(right)?)
        }
        "Fn::Not" => {
            let [inner] = elements(argument, "one condition")?;
            holds(scope, inner).map(|inner| !inner)
        }
        "Fn::And" => all()?.iter().try_fold(true, |so_far, inner| Ok(holds(scope, inner)? && so_far)),
        "Fn::Or" => all()?.iter().try_fold(false, |so_far, inner| Ok(holds(scope, inner)? || so_far)),
        other => Err(Problem::new(format!("{other} is no condition"))),
    }
}

fn elements<'v, const COUNT: usize>(argument: &'v Value, what: &str) -> Result<[&'v Value; COUNT], Problem> {
    let elements: Vec<&Value> = argument.as_array().into_iter().flatten().collect();
    elements.try_into().map_err(|_| Problem::new(format!("it wants {what}")))
}

fn list(scope: &Scope<'_>, value: &Value) -> Result<Vec<Value>, Problem> {
    match scope.resolve(value)? {
        Some(Value::Array(elements)) => Ok(elements),
        other => Err(Problem::new(format!("a list is needed, not {other:?}"))),
    }
}

fn find_in_map(scope: &Scope<'_>, argument: &Value) -> Result<Value, Problem> {
    let [map, first, second] = elements(argument, "a map and two keys")?;
    let (map, first, second) = (scope.text(map)?, scope.text(first)?, scope.text(second)?);
    let found = scope.template.mappings.get(&map).and_then(|map| map.get(&first)?.get(&second));
    found.cloned().ok_or_else(|| Problem::new(format!("the mapping {map} has no {first}, {second}")))
}

/// `Fn::Sub`: a text, or a text and values for some of its names.
fn substitute(scope: &Scope<'_>, argument: &Value) -> Result<String, Problem> {
    let nothing = Map::new();
    let (text, own) = match argument {
        Value::String(text) => (text, &nothing),
        pair => {
            let [text, own] = elements(pair, "a text, or a text and a mapping")?;
            let pair = text.as_str().zip(own.as_object()).map(|(_, own)| own);
            let own = pair.ok_or_else(|| Problem::new("it wants a text and a mapping"))?;
            let Value::String(text) = text else { return Err(Problem::new("it wants a text first")) };
            (text, own)
        }
    };
    let (mut result, mut rest) = (String::new(), text.as_str());
    while let Some((before, after)) = rest.split_once("${") {
        let unclosed = || Problem::new(format!("${{{after} has no closing bracket"));
        let (name, after) = after.split_once('}').ok_or_else(unclosed)?;
        result.push_str(before);
        match name.strip_prefix('!') {
            // `${!Name}` is the text `${Name}`.
            Some(literal) => result.push_str(&format!("${{{literal}}}")),
            None => result.push_str(&named(scope, name.trim(), own).map_err(|p| p.within(name))?),
        }
        rest = after;
    }
    result.push_str(rest);
    Ok(result)
}

fn named(scope: &Scope<'_>, name: &str, own: &Map<String, Value>) -> Result<String, Problem> {
    if let Some(value) = own.get(name) {
        return scope.text(value);
    }
    match name.split_once('.') {
        // In a text, `Resource.Attribute` is an attribute.
        Some((id, attribute)) if !name.starts_with("AWS::") => {
            scope.text(&json!({"Fn::GetAtt": [id, attribute]}))
        }
        _ => scope.text(&json!({"Ref": name})),
    }
}

#[cfg(test)]
mod tests {
    use crate::{Given, StackError, Template};
    use serde_json::{Value, json};

    /// The value of a property of a topic in this template.
    fn value(of: &str) -> Result<Value, StackError> {
        let template = format!(
            "
Parameters:
  Environment: {{Type: String, Default: prod}}
  Zones: {{Type: CommaDelimitedList, Default: 'a,b'}}
  Percent: {{Type: Number, Default: 0}}
Mappings: {{Sizes: {{prod: {{Memory: 512, Names: [x, z]}}}}}}
Conditions:
  IsProduction: !Equals [!Ref Environment, prod]
  IsOther: !Not [!Condition IsProduction]
  Both: !And [!Condition IsProduction, !Condition IsOther]
  Either: !Or [!Condition IsProduction, !Condition IsOther]
  IsZero: !Equals [!Ref Percent, 0]
  Circle: !Condition Circle2
  Circle2: !Equals [a, b]
Resources:
  Tested: {{Type: AWS::SNS::Topic, Properties: {{Value: {of}}}}}
  Queue: {{Type: AWS::SQS::Queue, Condition: IsOther, Properties: {{QueueName: late}}}}
  Other: {{Type: AWS::SNS::Topic, Properties: {{TopicName: !Sub '${{Environment}}-topic'}}}}
"
        );
        let stack = Template::read(&template)?.resolve(&Given::stack("s"))?;
        Ok(stack.properties("Tested")?.get("Value").cloned().unwrap_or(json!("nothing")))
    }

    fn refused(of: &str) -> String {
        value(of).unwrap_err().to_string()
    }

    #[test]
    fn function_has_its_value_when_everything_is_known() {
        let all = [
            ("!If [IsProduction, 1, 2]", json!(1)),
            ("!If [IsOther, 1, 2]", json!(2)),
            ("!If [Both, 1, 2]", json!(2)),
            ("!If [Either, 1, 2]", json!(1)),
            ("!If [IsZero, 1, 2]", json!(1)),
            ("!If [IsOther, 1, !Ref AWS::NoValue]", json!("nothing")),
            ("[1, !Ref AWS::NoValue, 2]", json!([1, 2])),
            ("!Join ['-', [a, !Ref Environment, 3]]", json!("a-prod-3")),
            ("!Join ['-', !Ref Zones]", json!("a-b")),
            ("!Select [1, !Split [',', 'a,b']]", json!("b")),
            ("!FindInMap [Sizes, !Ref Environment, Memory]", json!(512)),
            ("!FindInMap [Sizes, prod, Names]", json!(["x", "z"])),
            ("!Sub '${AWS::Region} ${!Literal} ${Environment}'", json!("eu-west-1 ${Literal} prod")),
            ("!Sub ['${A}.${Environment}', {A: !Ref AWS::StackName}]", json!("s.prod")),
            ("!Ref Other", json!("arn:aws:sns:eu-west-1:123456789012:prod-topic")),
            ("!Sub '${Other.TopicName}'", json!("prod-topic")),
            ("!GetAtt Other.TopicName", json!("prod-topic")),
        ];
        for (of, expected) in all {
            assert_eq!(value(of).unwrap(), expected, "{of}");
        }
    }

    #[test]
    fn error_names_the_place_when_something_has_no_value() {
        assert_eq!(
            refused("[1, {a: !Ref Nobody}]"),
            "Resources.Tested.Properties.Value.1.a.Ref: there is no resource and no parameter Nobody"
        );
        assert!(
            refused("!Ref Queue").ends_with("Ref: Queue is not made, because its condition IsOther is false")
        );
        assert!(refused("!GetAtt Other.Nothing").contains("no rule for Nothing of AWS::SNS::Topic"));
        assert!(refused("!FindInMap [Sizes, dev, Memory]").contains("the mapping Sizes has no dev, Memory"));
        assert!(refused("!Select [2, [a, b]]").contains("no element 2 of 2"));
        assert!(refused("!If [Unknown, 1, 2]").contains("there is no condition Unknown"));
        assert!(refused("!Sub '${Unknown}'").contains("Fn::Sub.Unknown.Ref: there is no resource"));
        assert!(refused("!Sub '${Environment'").contains("no closing bracket"));
        assert!(refused("!ImportValue x").contains("no stack exports x"));
        assert!(refused("!Equals [a, b]").contains("not in this place"));
        assert!(refused("{'Fn::Cidr': [a]}").contains("Fn::Cidr is not known here"));
    }

    #[test]
    fn circle_is_refused_when_a_resource_refers_to_itself() {
        let circle = "Resources: {A: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref A}}}";
        let error = Template::read(circle).unwrap().resolve(&Given::stack("s")).unwrap_err();
        assert!(error.to_string().ends_with("it refers to itself"), "{error}");
    }
}
