//! From an event and a rule's targets to invocations and messages.

use axum::body::Bytes;
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{Bus, input, requests::Target, targets::Kind};
use crate::{
    error::ApiError,
    lambda::{bare_name, qualifier_in},
};

impl Bus {
    /// Delivers to each target; a failure concerns only its own target.
    pub(super) fn deliver(&self, rule: &str, targets: &[Target], event: &Value, at: DateTime<Utc>) {
        for target in targets {
            let key = (rule.to_owned(), target.id.clone());
            match self.deliver_to(rule, target, event, at) {
                Ok(()) => drop(self.failing.lock().remove(&key)),
                // Once until it works again: a rule may fire each second.
                Err(error) if self.failing.lock().insert(key) => {
                    tracing::warn!(target: "twin", "rule {rule}: {} gets nothing: {error}", target.arn);
                }
                Err(_) => {}
            }
        }
    }

    fn deliver_to(
        &self,
        rule: &str,
        target: &Target,
        event: &Value,
        at: DateTime<Utc>,
    ) -> Result<(), ApiError> {
        let source = input::Source { event, rule, rule_arn: &self.rule_arn(rule), at };
        let payload = input::of(target, &source)?;
        match Kind::of(&target.arn)? {
            Kind::Function => {
                let (name, qualifier) = (bare_name(&target.arn), qualifier_in(&target.arn));
                self.lambda.invoke_async(name, qualifier, Bytes::from(payload))
            }
            Kind::Topic => self.sns.notify(&target.arn, None, &payload, at),
        }
    }
}
