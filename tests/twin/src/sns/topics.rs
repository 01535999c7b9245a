//! Topics.
//!
//! Creating one that exists answers its ARN; deleting takes its subscriptions along, and one that does not exist is
//! deleted already (A). Tags are ignored.

use std::collections::BTreeMap;

use super::{Sns, attributes, errors::invalid, subscriptions::Subscription};
use crate::{
    cloudwatch::page,
    error::ApiError,
    wire::query::{Form, Xml},
};

/// Topics and subscriptions in one answer (A).
const PAGE: usize = 100;

#[derive(Debug, Clone, Default)]
pub(super) struct Topic {
    pub(super) subscriptions: Vec<Subscription>,
    pub(super) deleted_subscriptions: usize,
    /// Those that were set.
    pub(super) attributes: BTreeMap<String, String>,
}

impl Sns {
    pub(super) fn create_topic(&self, form: &Form) -> Result<Vec<Xml>, ApiError> {
        let name = form.get("Name").unwrap_or_default();
        if name.ends_with(".fifo") {
            return Err(ApiError::not_implemented(format!("FIFO topics: {name}")));
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if !(1..=256).contains(&name.len()) || !name.chars().all(allowed) {
            return Err(invalid("Topic Name"));
        }
        if form.has("DataProtectionPolicy") {
            return Err(ApiError::not_implemented("SNS topics with DataProtectionPolicy"));
        }
        let given = attributes::read(form)?;
        let arn = self.topic_arn(name);
        let mut topics = self.topics.lock();
        match topics.get(&arn) {
            Some(topic) if given.iter().any(|(name, value)| topic.attributes.get(name) != Some(value)) => {
                return Err(invalid("Attributes Reason: Topic already exists with different attributes"));
            }
            Some(_) => {}
            None => drop(topics.insert(arn.clone(), Topic { attributes: given, ..Topic::default() })),
        }
        Ok(vec![Xml::Text("TopicArn", arn)])
    }

    pub(super) fn delete_topic(&self, form: &Form) -> Result<(), ApiError> {
        self.topics.lock().remove(topic_arn(form)?);
        Ok(())
    }

    pub(super) fn list_topics(&self, form: &Form) -> Result<Vec<Xml>, ApiError> {
        let topics = self.topics.lock();
        let member = |arn: &String| Xml::Elements("member", vec![Xml::Text("TopicArn", arn.clone())]);
        paged("Topics", topics.keys().map(member).collect(), form)
    }
}

/// The topic that a request is about, in the form of an ARN.
///
/// # Errors
/// `InvalidParameter`.
pub(super) fn topic_arn(form: &Form) -> Result<&str, ApiError> {
    let arn = form.get("TopicArn").unwrap_or_default();
    match arn.split(':').collect::<Vec<_>>().as_slice() {
        ["arn", _, "sns", _, _, name] if !name.is_empty() => Ok(arn),
        _ => Err(invalid("TopicArn")),
    }
}

/// One page of a list.
pub(super) fn paged(name: &'static str, members: Vec<Xml>, form: &Form) -> Result<Vec<Xml>, ApiError> {
    let token = form.get("NextToken").filter(|token| !token.is_empty());
    let (members, next) = page::cut(members, token, PAGE).map_err(|_| invalid("NextToken"))?;
    let mut result = vec![Xml::Elements(name, members)];
    result.extend(next.map(|token| Xml::Text("NextToken", token)));
    Ok(result)
}
