//! The targets of rules.
//!
//! Five per rule, ids unique within it, one of Input and InputTransformer (A). Whether a target exists shows when
//! something is delivered, as in AWS (A).

use serde_json::{Value, json};

use super::{
    Bus, errors, input,
    requests::{OfRule, Target, check_name},
    rules::paged,
};
use crate::error::ApiError;

/// The most targets of one rule (A).
const MOST: usize = 5;

/// Whom the twin delivers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Function,
    Topic,
}

impl Kind {
    /// The kind of an ARN.
    ///
    /// # Errors
    /// `ValidationException` for what is no ARN, `NotImplemented` for other services' targets.
    pub(super) fn of(arn: &str) -> Result<Self, ApiError> {
        match arn.split(':').collect::<Vec<_>>().as_slice() {
            ["arn", _, "lambda", _, _, "function", name, ..] if !name.is_empty() => Ok(Self::Function),
            ["arn", _, "sns", _, _, name] if !name.is_empty() => Ok(Self::Topic),
            ["arn", _, service, _, _, ..] if !matches!(*service, "lambda" | "sns") => {
                Err(ApiError::not_implemented(format!("targets of rules in the service {service}: {arn}")))
            }
            _ => Err(errors::invalid(format!("Provided Arn is not in correct format. Arn: {arn}"))),
        }
    }
}

impl Bus {
    /// Adds targets, or replaces those with the same id.
    pub(super) fn put_targets(&self, request: OfRule) -> Result<Value, ApiError> {
        if request.targets.is_empty() {
            return Err(errors::invalid("Targets must have at least one element"));
        }
        request.targets.iter().try_for_each(check)?;
        self.with_rule(&request.name, |rule| {
            let mut targets = rule.targets.clone();
            for target in request.targets {
                targets.retain(|present| present.id != target.id);
                targets.push(target);
            }
            if targets.len() > MOST {
                return Err(errors::too_many("targets per rule"));
            }
            rule.targets = targets;
            Ok(json!({"FailedEntryCount": 0, "FailedEntries": []}))
        })
    }

    pub(super) fn list_targets(&self, request: &OfRule) -> Result<Value, ApiError> {
        self.with_rule(&request.name, |rule| {
            let targets = rule.targets.iter().map(|target| json!(target)).collect();
            paged("Targets", targets, request.limit, request.next_token.as_deref())
        })
    }

    /// Ids that the rule does not have are told of and do not hold up the others (A; the code C).
    pub(super) fn remove_targets(&self, request: &OfRule) -> Result<Value, ApiError> {
        self.with_rule(&request.name, |rule| {
            let unknown = |id: &&String| !rule.targets.iter().any(|target| target.id == **id);
            let failed: Vec<_> = request
                .ids
                .iter()
                .filter(unknown)
                .map(|id| {
                    let message = format!("Rule does not have a target with the id {id}.");
                    json!({"TargetId": id, "ErrorCode": "ResourceNotFoundException", "ErrorMessage": message})
                })
                .collect();
            rule.targets.retain(|target| !request.ids.contains(&target.id));
            Ok(json!({"FailedEntryCount": failed.len(), "FailedEntries": failed}))
        })
    }
}

fn check(target: &Target) -> Result<(), ApiError> {
    check_name("targets.member.id", &target.id)?;
    Kind::of(&target.arn)?;
    if let Some(member) = target.further.keys().next() {
        return Err(ApiError::not_implemented(format!("targets with {member}")));
    }
    if target.input.is_some() && target.input_transformer.is_some() {
        return Err(errors::invalid(format!(
            "Only one of Input, InputPath, or InputTransformer must be provided for target {}.",
            target.id
        )));
    }
    let not_json = |text: &String| serde_json::from_str::<Value>(text).is_err();
    if target.input.as_ref().is_some_and(not_json) {
        return Err(errors::invalid(format!("JSON syntax error in input for target {}", target.id)));
    }
    target.input_transformer.iter().try_for_each(|transformer| input::check(&target.id, transformer))
}
