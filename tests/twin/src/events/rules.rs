//! Rules: what is wanted or when, and whether the rule is at work.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    Bus, errors,
    pattern::Pattern,
    rate,
    requests::{ListRules, OfRule, PutRule, Target, check_name},
};
use crate::{cloudwatch::page, error::ApiError};

/// The longest page (A, API model).
pub(super) const PAGE: usize = 100;

/// A rule with its targets.
#[derive(Debug)]
pub(super) struct Rule {
    name: String,
    arn: String,
    description: Option<String>,
    role_arn: Option<String>,
    pub(super) enabled: bool,
    /// As it was given, and read.
    pattern: Option<(String, Pattern)>,
    schedule: Option<Schedule>,
    pub(super) targets: Vec<Target>,
}

/// When a rule fires by itself.
#[derive(Debug)]
struct Schedule {
    expression: String,
    /// Whose timer counts: a rule that is put again gets a new timer, and the old one ends.
    timer: Uuid,
}

impl Rule {
    pub(super) fn wants(&self, event: &Value) -> bool {
        self.pattern.as_ref().is_some_and(|(_, pattern)| pattern.matches(event))
    }

    /// Name and targets, for a delivery without the lock.
    pub(super) fn addressed(&self) -> (String, Vec<Target>) {
        (self.name.clone(), self.targets.clone())
    }

    /// Whether `timer` is still this rule's.
    pub(super) fn has_timer(&self, timer: Uuid) -> bool {
        self.schedule.as_ref().is_some_and(|schedule| schedule.timer == timer)
    }

    fn to_json(&self) -> Value {
        let members = json!({
            "Name": self.name,
            "Arn": self.arn,
            "EventPattern": self.pattern.as_ref().map(|(given, _)| given),
            "ScheduleExpression": self.schedule.as_ref().map(|schedule| &schedule.expression),
            "State": if self.enabled { "ENABLED" } else { "DISABLED" },
            "Description": self.description,
            "RoleArn": self.role_arn,
            "EventBusName": "default",
        });
        let mut members: Map<_, _> = members.as_object().cloned().unwrap_or_default();
        members.retain(|_, value| !value.is_null());
        Value::Object(members)
    }
}

impl Bus {
    /// Creates a rule or replaces everything but the targets of one; without State it is enabled (A).
    pub(super) fn put_rule(self: &std::sync::Arc<Self>, request: PutRule) -> Result<Value, ApiError> {
        check_name("name", &request.name)?;
        if request.description.as_ref().is_some_and(|text| text.chars().count() > 512) {
            return Err(errors::invalid("Description must have at most 512 characters"));
        }
        let enabled = match request.state.as_deref() {
            None | Some("ENABLED") => true,
            Some("DISABLED") => false,
            Some(other @ "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS") => {
                return Err(ApiError::not_implemented(format!("rules in state {other}")));
            }
            Some(other) => return Err(errors::invalid(format!("Parameter State is not valid: {other}"))),
        };
        let given = request.event_pattern.filter(|text| !text.is_empty());
        let pattern = given.map(|text| Pattern::read(&text).map(|pattern| (text, pattern))).transpose()?;
        let expression = request.schedule_expression.filter(|text| !text.is_empty());
        let every = expression.as_deref().map(rate::read).transpose()?;
        if pattern.is_none() && every.is_none() {
            let message = "Parameter(s) EventPattern or ScheduleExpression must be specified.";
            return Err(errors::invalid(message));
        }
        let schedule = expression.map(|expression| Schedule { expression, timer: Uuid::new_v4() });
        let timer = schedule.as_ref().map(|schedule| schedule.timer);
        let arn = self.rule_arn(&request.name);
        {
            let mut rules = self.rules.lock();
            let targets = rules.remove(&request.name).map(|rule| rule.targets).unwrap_or_default();
            let rule = Rule {
                name: request.name.clone(),
                arn: arn.clone(),
                description: request.description,
                role_arn: request.role_arn,
                enabled,
                pattern,
                schedule,
                targets,
            };
            rules.insert(request.name.clone(), rule);
        }
        if let (Some(every), Some(timer)) = (every, timer) {
            self.start_timer(request.name, timer, every);
        }
        Ok(json!({"RuleArn": arn}))
    }

    pub(super) fn describe_rule(&self, request: &OfRule) -> Result<Value, ApiError> {
        self.with_rule(&request.name, |rule| Ok(rule.to_json()))
    }

    /// Rules by name.
    pub(super) fn list_rules(&self, request: &ListRules) -> Result<Value, ApiError> {
        let prefix = request.name_prefix.as_deref().unwrap_or_default();
        let rules = self.rules.lock();
        let found = rules.values().filter(|rule| rule.name.starts_with(prefix)).map(Rule::to_json).collect();
        paged("Rules", found, request.limit, request.next_token.as_deref())
    }

    /// A rule that does not exist is deleted already (B).
    pub(super) fn delete_rule(&self, request: &OfRule) -> Result<Value, ApiError> {
        let mut rules = self.rules.lock();
        if rules.get(&request.name).is_some_and(|rule| !rule.targets.is_empty()) {
            return Err(errors::invalid("Rule can't be deleted since it has targets."));
        }
        rules.remove(&request.name);
        Ok(json!({}))
    }

    /// `EnableRule` and `DisableRule`; they take effect at once.
    pub(super) fn set_enabled(&self, request: &OfRule, enabled: bool) -> Result<Value, ApiError> {
        self.with_rule(&request.name, |rule| {
            rule.enabled = enabled;
            Ok(json!({}))
        })
    }

    /// Runs `work` on one rule under the lock.
    pub(super) fn with_rule<T>(
        &self,
        name: &str,
        work: impl FnOnce(&mut Rule) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let mut rules = self.rules.lock();
        rules.get_mut(name).ok_or_else(|| errors::no_rule(name)).and_then(work)
    }
}

/// One page of a list under its name in the API.
pub(super) fn paged(
    name: &str,
    items: Vec<Value>,
    limit: Option<usize>,
    token: Option<&str>,
) -> Result<Value, ApiError> {
    let size = limit.unwrap_or(PAGE);
    if !(1..=PAGE).contains(&size) {
        return Err(errors::invalid(format!("Limit must be between 1 and {PAGE}")));
    }
    let (items, next) = page::cut(items, token, size).map_err(|error| errors::invalid(error.message))?;
    Ok(match next {
        Some(token) => json!({name: items, "NextToken": token}),
        None => json!({name: items}),
    })
}
