//! Attributes of topics: a display name can be set, the rest is counted.

use std::collections::BTreeMap;

use super::{
    Sns,
    errors::invalid,
    topics::{Topic, topic_arn},
};
use crate::{
    Options,
    error::ApiError,
    wire::query::{Form, Xml},
};

/// What may be set: it has no effect on what the twin does.
const KNOWN: [&str; 2] = ["DisplayName", "Policy"];

/// The `Attributes` of `CreateTopic`.
pub(super) fn read(form: &Form) -> Result<BTreeMap<String, String>, ApiError> {
    let entry = |entry: Form| {
        let (name, value) = (entry.get("key").unwrap_or_default(), entry.get("value").unwrap_or_default());
        check(name)?;
        Ok((name.to_owned(), value.to_owned()))
    };
    form.elements("Attributes.entry").into_iter().map(entry).collect()
}

fn check(name: &str) -> Result<(), ApiError> {
    match name {
        known if KNOWN.contains(&known) => Ok(()),
        "" => Err(invalid("AttributeName")),
        other => Err(ApiError::not_implemented(format!("the attribute {other} of SNS topics"))),
    }
}

impl Sns {
    pub(super) fn topic_attributes(&self, form: &Form) -> Result<Vec<Xml>, ApiError> {
        let arn = topic_arn(form)?;
        let Options { account, .. } = &self.lambda.around.options;
        self.with_topic(arn, |topic| {
            let Topic { subscriptions, deleted_subscriptions, attributes } = topic;
            let mut shown = BTreeMap::from([
                ("TopicArn", arn.to_owned()),
                ("Owner", account.clone()),
                ("DisplayName", String::new()),
                ("SubscriptionsConfirmed", subscriptions.len().to_string()),
                ("SubscriptionsPending", "0".to_owned()),
                ("SubscriptionsDeleted", deleted_subscriptions.to_string()),
            ]);
            shown.extend(attributes.iter().map(|(name, value)| (name.as_str(), value.clone())));
            let entry = |(name, value): (&str, String)| {
                Xml::Elements("entry", vec![Xml::Text("key", name.to_owned()), Xml::Text("value", value)])
            };
            Ok(vec![Xml::Elements("Attributes", shown.into_iter().map(entry).collect())])
        })
    }

    pub(super) fn set_topic_attributes(&self, form: &Form) -> Result<(), ApiError> {
        let name = form.get("AttributeName").unwrap_or_default();
        check(name)?;
        let value = form.get("AttributeValue").unwrap_or_default().to_owned();
        self.with_topic(topic_arn(form)?, |topic| {
            topic.attributes.insert(name.to_owned(), value);
            Ok(())
        })
    }
}
