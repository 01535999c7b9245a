//! A template as it is written, and the stack that it makes.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{
    error::{Problem, StackError},
    given::Given,
    rules, sam,
    scope::Scope,
    yaml,
};

/// Sections that a template may have; `Rules` and other transforms than SAM's are not read.
const SECTIONS: [&str; 10] = [
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Globals",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Transform",
];
const SAM: &str = "AWS::Serverless-2016-10-31";

/// A template with the resources that SAM adds, unresolved.
#[derive(Debug, Clone)]
pub struct Template {
    pub(crate) parameters: Map<String, Value>,
    pub(crate) mappings: Map<String, Value>,
    pub(crate) conditions: Map<String, Value>,
    pub(crate) resources: BTreeMap<String, Raw>,
    outputs: Map<String, Value>,
}

/// A resource as it is written.
#[derive(Debug, Clone, Default)]
pub(crate) struct Raw {
    pub(crate) kind: String,
    pub(crate) condition: Option<String>,
    pub(crate) metadata: Value,
    pub(crate) properties: Map<String, Value>,
}

/// A resource as AWS would get it.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// For instance `AWS::SNS::Topic`.
    pub kind: String,
    /// Its name: the one that it is given, or one made of the stack's name and the logical id.
    pub name: String,
    /// What tools read, as it is written: for instance which program a function is built from.
    pub metadata: Value,
    /// Its properties.
    pub properties: Value,
}

/// A resolved template: only the resources whose conditions hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Stack {
    /// By logical id.
    pub resources: BTreeMap<String, Resource>,
    /// Values of the outputs.
    pub outputs: BTreeMap<String, Value>,
}

impl Template {
    /// Reads a template and expands what SAM makes of it.
    ///
    /// # Errors
    /// When it is no YAML, has no resources, or has sections and transforms that are not known here.
    pub fn read(text: &str) -> Result<Self, StackError> {
        let whole = yaml::read(text)?;
        let sections = whole.as_object().ok_or_else(|| StackError::Yaml("it is no mapping".to_owned()))?;
        if let Some(unknown) = sections.keys().find(|name| !SECTIONS.contains(&name.as_str())) {
            return Err(StackError::section(unknown, "section is not known here"));
        }
        let transform = sections.get("Transform");
        if transform.is_some_and(|transform| transform != SAM) {
            return Err(StackError::section("Transform", format!("may only be {SAM}")));
        }
        let resources = section(sections, "Resources")?;
        if resources.is_empty() {
            return Err(StackError::section("Resources", "are none"));
        }
        let resources =
            resources.into_iter().map(|(id, resource)| Ok((id.clone(), Raw::read(&id, resource)?)));
        let resources = resources.collect::<Result<_, StackError>>()?;
        Ok(Self {
            parameters: section(sections, "Parameters")?,
            mappings: section(sections, "Mappings")?,
            conditions: section(sections, "Conditions")?,
            resources: sam::expand(resources, &section(sections, "Globals")?)?,
            outputs: section(sections, "Outputs")?,
        })
    }

    /// The stack that these parameters make.
    ///
    /// # Errors
    /// Whatever cannot be resolved, with its place in the template.
    pub fn resolve(&self, given: &Given) -> Result<Stack, StackError> {
        let scope = Scope::new(self, given)?;
        let mut resources = BTreeMap::new();
        for (id, raw) in &self.resources {
            let place = format!("Resources.{id}");
            if scope.exists(raw).map_err(|problem| problem.at(&place))? {
                let properties = Value::Object(raw.properties.clone());
                let properties = scope.resolve(&properties).map_err(|p| p.within("Properties").at(&place))?;
                let properties = properties.unwrap_or_default();
                let name = rules::name(&scope, id, raw).map_err(|p| p.within("Properties").at(&place))?;
                let (kind, metadata) = (raw.kind.clone(), raw.metadata.clone());
                resources.insert(id.clone(), Resource { kind, name, metadata, properties });
            }
        }
        let mut outputs = BTreeMap::new();
        for (name, output) in &self.outputs {
            let value = output_of(&scope, output).map_err(|p| p.at(&format!("Outputs.{name}")))?;
            outputs.extend(value.map(|value| (name.clone(), value)));
        }
        Ok(Stack { resources, outputs })
    }

    /// What a parameter is when nobody gives it.
    #[must_use]
    pub fn default_of(&self, parameter: &str) -> Option<&Value> {
        self.parameters.get(parameter)?.get("Default")
    }
}

impl Raw {
    fn read(id: &str, resource: Value) -> Result<Self, StackError> {
        let wrong = |problem: &str| StackError::section(&format!("resource {id}"), problem);
        let Value::Object(mut members) = resource else { return Err(wrong("is no mapping")) };
        let kind =
            members.get("Type").and_then(Value::as_str).ok_or_else(|| wrong("has no Type"))?.to_owned();
        let properties = match members.remove("Properties") {
            Some(Value::Object(properties)) => properties,
            None => Map::new(),
            Some(_) => return Err(wrong("has Properties that are no mapping")),
        };
        let condition = members.get("Condition").map(|name| name.as_str().map(str::to_owned));
        let condition = condition.map(|name| name.ok_or_else(|| wrong("has a Condition that is no name")));
        let metadata = members.remove("Metadata").unwrap_or_default();
        Ok(Self { kind, condition: condition.transpose()?, metadata, properties })
    }
}

impl Stack {
    /// The properties of a resource.
    ///
    /// # Errors
    /// When the stack does not have it.
    pub fn properties(&self, id: &str) -> Result<&Value, StackError> {
        let resource = self.resources.get(id).ok_or_else(|| StackError::NoResource(id.to_owned()))?;
        Ok(&resource.properties)
    }

    /// All resources of a type, by logical id.
    pub fn of_type<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Resource> {
        self.resources.values().filter(move |resource| resource.kind == kind)
    }
}

fn section(sections: &Map<String, Value>, name: &str) -> Result<Map<String, Value>, StackError> {
    match sections.get(name) {
        None => Ok(Map::new()),
        Some(Value::Object(members)) => Ok(members.clone()),
        Some(_) => Err(StackError::section(name, "section is no mapping")),
    }
}

/// The value of an output whose condition holds.
fn output_of(scope: &Scope<'_>, output: &Value) -> Result<Option<Value>, Problem> {
    if let Some(condition) = output.get("Condition") {
        let name = condition.as_str().ok_or_else(|| Problem::new("Condition is no name"))?;
        if !scope.condition(name)? {
            return Ok(None);
        }
    }
    let value = output.get("Value").ok_or_else(|| Problem::new("there is no Value"))?;
    scope.resolve(value).map_err(|problem| problem.within("Value"))
}
