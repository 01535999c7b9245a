//! Starting executions.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Value, json};

use super::{
    CodePipeline,
    declaration::{Declaration, Mode},
    errors::validation,
    model::Trigger,
    requests::{GivenVariable, Start},
    structure::variable_value,
};
use crate::error::ApiError;

/// Executions of one pipeline that may run or wait in QUEUED mode (A, the quotas page).
const MOST_QUEUED: usize = 50;
const LONGEST_TOKEN: usize = 128;

impl CodePipeline {
    /// A request that repeats the token of an earlier one gets its execution and starts nothing (A that the token makes
    /// requests idempotent; for how long: C, for ever).
    pub(super) fn start_execution(self: &Arc<Self>, request: &Start, by: &str) -> Result<Value, ApiError> {
        if let Some(token) = &request.client_request_token {
            check_token(token)?;
        }
        self.turn(&request.name, |turn| {
            let token = &request.client_request_token;
            let same = turn.pipeline.executions.iter().find(|e| token.is_some() && e.request_token == *token);
            if let Some(same) = same {
                return Ok(json!({"pipelineExecutionId": same.id}));
            }
            let active = turn.pipeline.executions.iter().filter(|e| !e.status.is_over()).count();
            if turn.pipeline.current.execution_mode == Mode::Queued && active >= MOST_QUEUED {
                return Err(ApiError::bad_request(
                    "ConcurrentPipelineExecutionsLimitExceededException",
                    format!("The pipeline has reached the limit of {MOST_QUEUED} concurrent executions"),
                ));
            }
            let variables = values(&turn.pipeline.current, &request.variables)?;
            let id = turn.begin(Trigger { kind: "StartPipelineExecution", detail: by.to_owned() }, variables);
            if let Some(execution) = turn.pipeline.execution_mut(&id) {
                execution.request_token = token.clone();
                execution.source_revisions = request.source_revisions.clone();
            }
            Ok(json!({"pipelineExecutionId": id}))
        })
    }
}

fn check_token(token: &str) -> Result<(), ApiError> {
    let allowed = token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if allowed && (1..=LONGEST_TOKEN).contains(&token.len()) {
        return Ok(());
    }
    Err(validation("'clientRequestToken' must be 1 to 128 letters, digits or hyphens"))
}

/// The value of each pipeline variable: as given, else its default. Which errors a strange or missing one gets is our
/// inference (C); that it needs a value is AWS's (A).
fn values(of: &Declaration, given: &[GivenVariable]) -> Result<BTreeMap<String, String>, ApiError> {
    let mut values: BTreeMap<_, _> =
        of.variables.iter().filter_map(|v| Some((v.name.clone(), v.default_value.clone()?))).collect();
    for GivenVariable { name, value } in given {
        if !of.variables.iter().any(|v| v.name == *name) {
            return Err(validation(format!("The pipeline '{}' has no variable '{name}'", of.name)));
        }
        variable_value(name, value)?;
        values.insert(name.clone(), value.clone());
    }
    match of.variables.iter().find(|v| !values.contains_key(&v.name)) {
        Some(missing) => Err(validation(format!("The pipeline variable '{}' needs a value", missing.name))),
        None => Ok(values),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::declaration::Variable, *};

    fn resolved(given: &[(&str, &str)]) -> Result<Vec<String>, &'static str> {
        let variable = |name: &str, default: Option<&str>| Variable {
            name: name.to_owned(),
            default_value: default.map(str::to_owned),
        };
        let variables = vec![variable("Hotfix", Some("false")), variable("Ticket", None)];
        let declaration = Declaration { variables, ..Declaration::default() };
        let given: Vec<_> = given
            .iter()
            .map(|(name, value)| GivenVariable { name: (*name).to_owned(), value: (*value).to_owned() })
            .collect();
        values(&declaration, &given).map(|v| v.into_values().collect()).map_err(|e| e.code)
    }

    #[test]
    fn default_is_taken_when_no_value_is_given() {
        assert_eq!(resolved(&[("Ticket", "T-1")]).unwrap(), ["false", "T-1"]);
        assert_eq!(resolved(&[("Ticket", "T-1"), ("Hotfix", "true")]).unwrap(), ["true", "T-1"]);
    }

    #[test]
    fn start_is_refused_when_a_value_is_missing_unknown_or_too_long() {
        let long = "x".repeat(1001);
        for given in
            [vec![], vec![("Ticket", "T"), ("Other", "x")], vec![("Ticket", "")], vec![("Ticket", &*long)]]
        {
            assert_eq!(resolved(&given), Err("ValidationException"), "{given:?}");
        }
        assert!(resolved(&[("Ticket", &"x".repeat(1000))]).is_ok());
    }
}
