//! Everything that a value may refer to, and the walk through a value.

use std::{cell::Cell, collections::BTreeMap};

use serde_json::{Map, Value};

use crate::{
    error::{Problem, StackError},
    functions,
    given::Given,
    parameters, rules,
    template::{Raw, Template},
};

/// References within references; more is a circle.
const DEEPEST: usize = 40;

/// One template with one set of parameters.
pub(crate) struct Scope<'a> {
    pub(crate) template: &'a Template,
    pub(crate) given: &'a Given,
    parameters: BTreeMap<String, Value>,
    depth: Cell<usize>,
}

impl<'a> Scope<'a> {
    pub(crate) fn new(template: &'a Template, given: &'a Given) -> Result<Self, StackError> {
        let parameters = parameters::values(template, given)?;
        let scope = Self { template, given, parameters, depth: Cell::new(0) };
        for name in template.conditions.keys() {
            scope.condition(name).map_err(|problem| problem.at(&format!("Conditions.{name}")))?;
        }
        Ok(scope)
    }

    /// The value without any function; `None` for `AWS::NoValue`.
    pub(crate) fn resolve(&self, value: &Value) -> Result<Option<Value>, Problem> {
        match value {
            Value::Object(members) => match functions::call(members) {
                Some((name, argument)) => {
                    self.nested(|| functions::resolve(self, name, argument)).map_err(|p| p.within(name))
                }
                None => self.members(members).map(Some),
            },
            Value::Array(elements) => {
                let resolved = (0..).zip(elements).map(|(index, element): (usize, _)| {
                    self.resolve(element).map_err(|problem| problem.within(index.to_string()))
                });
                // What has no value is left out of a list, too.
                let kept = resolved.filter_map(Result::transpose).collect::<Result<_, _>>()?;
                Ok(Some(Value::Array(kept)))
            }
            other => Ok(Some(other.clone())),
        }
    }

    fn members(&self, members: &Map<String, Value>) -> Result<Value, Problem> {
        let resolved = members.iter().filter_map(|(key, value)| {
            let value = self.resolve(value).map_err(|problem| problem.within(key)).transpose()?;
            Some(value.map(|value| (key.clone(), value)))
        });
        resolved.collect::<Result<Map<_, _>, _>>().map(Value::Object)
    }

    /// The same as text, where nothing else will do.
    pub(crate) fn text(&self, value: &Value) -> Result<String, Problem> {
        match self.resolve(value)? {
            Some(Value::String(text)) => Ok(text),
            Some(number @ (Value::Number(_) | Value::Bool(_))) => Ok(number.to_string()),
            other => Err(Problem::new(format!("text is needed, not {other:?}"))),
        }
    }

    /// Whether a condition holds.
    pub(crate) fn condition(&self, name: &str) -> Result<bool, Problem> {
        let known = self.template.conditions.get(name);
        let known = known.ok_or_else(|| Problem::new(format!("there is no condition {name}")))?;
        self.nested(|| functions::holds(self, known))
    }

    /// Whether a resource is made at all.
    pub(crate) fn exists(&self, resource: &Raw) -> Result<bool, Problem> {
        resource.condition.as_deref().map_or(Ok(true), |name| self.condition(name))
    }

    /// `Ref`: a pseudo parameter, a parameter or a resource.
    pub(crate) fn reference(&self, name: &str) -> Result<Option<Value>, Problem> {
        if name == "AWS::NoValue" {
            return Ok(None);
        }
        if let Some(value) = self.given.pseudo(name).map(Value::from) {
            return Ok(Some(value));
        }
        if let Some(value) = self.parameters.get(name) {
            return Ok(Some(value.clone()));
        }
        // SAM has references of its own, for instance `Backend.Version`.
        let (id, rule) = match name.split_once('.') {
            Some((id, property)) => (id, format!("Ref.{property}")),
            None => (name, "Ref".to_owned()),
        };
        self.nested(|| rules::value(self, id, &rule)).map(|text| Some(Value::from(text)))
    }

    /// `Fn::GetAtt`.
    pub(crate) fn attribute(&self, id: &str, attribute: &str) -> Result<Value, Problem> {
        self.nested(|| rules::value(self, id, attribute)).map(Value::from)
    }

    fn nested<T>(&self, work: impl FnOnce() -> Result<T, Problem>) -> Result<T, Problem> {
        if self.depth.get() >= DEEPEST {
            return Err(Problem::new("it refers to itself"));
        }
        self.depth.set(self.depth.get() + 1);
        let result = work();
        self.depth.set(self.depth.get() - 1);
        result
    }
}
