//! `EventBridge`: the account's default event bus.
//!
//! Services tell it what happened ([`Bus::emit`]), clients do so with `PutEvents`. Every event is kept, for tests to read,
//! and goes to the targets of each enabled rule that wants it: Lambda functions, asynchronously and with Lambda's own
//! retries, and SNS topics. A rule with a schedule sends its Scheduled Event to its own targets only; these are not
//! kept, because a rule for each minute would bury the others.
//!
//! Events are delivered at once and once (AWS: at least once, usually within half a second; in no particular order, A):
//! a function must bear doubles and inversions all the same.

mod alarms;
mod deliver;
mod errors;
mod event;
mod input;
mod operations;
mod pattern;
mod put_events;
mod rate;
mod requests;
mod rules;
mod targets;
#[cfg(test)]
mod tests;
mod timer;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::SecondsFormat;
pub(crate) use event::AwsEvent;
use parking_lot::Mutex;
use rules::Rule;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{Options, lambda::Lambda, sns::Sns};

/// The default event bus with its rules.
#[derive(Debug)]
pub(crate) struct Bus {
    lambda: Arc<Lambda>,
    sns: Arc<Sns>,
    rules: Mutex<BTreeMap<String, Rule>>,
    events: Mutex<Vec<Value>>,
    /// Rule and target of deliveries that fail, so that each is warned of once.
    failing: Mutex<BTreeSet<(String, String)>>,
}

impl Bus {
    pub(crate) fn new(lambda: Arc<Lambda>, sns: Arc<Sns>) -> Self {
        Self { lambda, sns, rules: Mutex::default(), events: Mutex::default(), failing: Mutex::default() }
    }

    /// Takes what happened: keeps it and delivers it to whoever wants it. It waits for nothing, so a service may hold its
    /// own lock meanwhile, which keeps its events in order.
    pub(crate) fn emit(&self, event: AwsEvent) {
        self.publish(event);
    }

    /// Every event so far, oldest first, as targets without an input of their own see it.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.events.lock().clone()
    }

    /// [`Self::emit`] for who wants the event's id.
    fn publish(&self, event: AwsEvent) -> String {
        let Options { region, account, .. } = &self.lambda.around.options;
        let id = Uuid::new_v4().to_string();
        let envelope = json!({
            "version": "0",
            "id": id,
            "detail-type": event.detail_type,
            "source": event.source,
            "account": account,
            "time": event.at.to_rfc3339_opts(SecondsFormat::Secs, true),
            "region": region,
            "resources": event.resources,
            "detail": event.detail,
        });
        self.events.lock().push(envelope.clone());
        let wanted: Vec<_> = {
            let rules = self.rules.lock();
            let wants = |rule: &&Rule| rule.enabled && rule.wants(&envelope);
            rules.values().filter(wants).map(Rule::addressed).collect()
        };
        for (rule, targets) in wanted {
            self.deliver(&rule, &targets, &envelope, event.at);
        }
        id
    }

    fn rule_arn(&self, name: &str) -> String {
        let Options { region, account, .. } = &self.lambda.around.options;
        format!("arn:aws:events:{region}:{account}:rule/{name}")
    }
}
