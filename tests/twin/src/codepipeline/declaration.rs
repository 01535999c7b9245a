//! A pipeline's structure as CreatePipeline gets it, read into types; what GetPipeline answers is the JSON itself.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Whether executions overtake each other while they wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Mode {
    #[default]
    Superseded,
    Queued,
    Parallel,
}

impl Mode {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Superseded => "SUPERSEDED",
            Self::Queued => "QUEUED",
            Self::Parallel => "PARALLEL",
        }
    }
}

/// One version of a pipeline.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Declaration {
    pub(super) name: String,
    pub(super) role_arn: String,
    pub(super) artifact_store: Option<Store>,
    pub(super) artifact_stores: Option<Map<String, Value>>,
    pub(super) pipeline_type: Option<String>,
    pub(super) execution_mode: Mode,
    pub(super) stages: Vec<Stage>,
    pub(super) variables: Vec<Variable>,
    pub(super) triggers: Vec<Trigger>,
    /// Given by the service: 1, and one more with each update.
    #[serde(skip)]
    pub(super) version: u64,
    /// The whole of it, with the defaults filled in.
    #[serde(skip)]
    pub(super) json: Value,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Store {
    pub(super) location: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Stage {
    pub(super) name: String,
    pub(super) actions: Vec<Action>,
    pub(super) blockers: Vec<Value>,
    pub(super) on_failure: Option<Value>,
    pub(super) on_success: Option<Value>,
    pub(super) before_entry: Option<Value>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Action {
    pub(super) name: String,
    pub(super) action_type_id: ActionType,
    pub(super) run_order: u32,
    pub(super) configuration: BTreeMap<String, String>,
    pub(super) input_artifacts: Vec<Named>,
    pub(super) output_artifacts: Vec<Named>,
    pub(super) namespace: Option<String>,
    pub(super) timeout_in_minutes: Option<i64>,
    pub(super) role_arn: Option<String>,
    pub(super) region: Option<String>,
}

impl Default for Action {
    /// AWS's own default of the run order is 1.
    fn default() -> Self {
        Self {
            name: String::new(),
            action_type_id: ActionType::default(),
            run_order: 1,
            configuration: BTreeMap::new(),
            input_artifacts: Vec::new(),
            output_artifacts: Vec::new(),
            namespace: None,
            timeout_in_minutes: None,
            role_arn: None,
            region: None,
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct ActionType {
    pub(super) category: String,
    pub(super) owner: String,
    pub(super) provider: String,
    pub(super) version: String,
}

impl ActionType {
    pub(super) fn is_source(&self) -> bool {
        self.category == "Source"
    }

    pub(super) fn is_approval(&self) -> bool {
        self.category == "Approval"
    }

    /// The Lambda *invoke* action; a Deploy action has a provider of that name, too.
    pub(super) fn is_lambda(&self) -> bool {
        (self.category.as_str(), self.owner.as_str(), self.provider.as_str()) == ("Invoke", "AWS", "Lambda")
    }

    pub(super) fn to_json(&self) -> Value {
        json!({"category": self.category, "owner": self.owner, "provider": self.provider, "version": self.version})
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Named {
    pub(super) name: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) default_value: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Trigger {
    pub(super) provider_type: String,
    pub(super) git_configuration: GitConfiguration,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct GitConfiguration {
    pub(super) source_action_name: String,
}

impl Declaration {
    /// Reads a `pipeline` member and fills in what GetPipeline shows although nobody wrote it.
    pub(super) fn read(json: &Value) -> Result<Self, serde_json::Error> {
        let mut read = Self::deserialize(json)?;
        read.json = json.clone();
        read.fill_defaults();
        Ok(read)
    }

    /// The same structure as the given version.
    pub(super) fn with_version(mut self, version: u64) -> Self {
        self.version = version;
        if let Some(object) = self.json.as_object_mut() {
            object.insert("version".to_owned(), json!(version));
        }
        self
    }

    pub(super) fn stage_index(&self, name: &str) -> Option<usize> {
        self.stages.iter().position(|stage| stage.name == name)
    }

    fn fill_defaults(&mut self) {
        let mode = self.execution_mode.name();
        let Some(object) = self.json.as_object_mut() else { return };
        object.entry("executionMode").or_insert(json!(mode));
        let stages = object.get_mut("stages").and_then(Value::as_array_mut).into_iter().flatten();
        let actions = stages.filter_map(|stage| stage.get_mut("actions").and_then(Value::as_array_mut));
        for action in actions.flatten().filter_map(Value::as_object_mut) {
            action.entry("runOrder").or_insert(json!(1));
            action.entry("configuration").or_insert(json!({}));
            action.entry("inputArtifacts").or_insert(json!([]));
            action.entry("outputArtifacts").or_insert(json!([]));
        }
    }
}
