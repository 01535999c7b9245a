//! Subscriptions.
//!
//! The same protocol and endpoint again is the same subscription (A). E-mail subscriptions are confirmed at once: in AWS
//! the recipient has to, and gets nothing before (A). One that does not exist is unsubscribed already (C).

use uuid::Uuid;

use super::{
    Sns,
    errors::invalid,
    topics::{paged, topic_arn},
};
use crate::{
    Options,
    error::ApiError,
    wire::query::{Form, Xml},
};

/// How messages reach a subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Lambda,
    Email,
}

impl Protocol {
    fn read(name: &str) -> Result<Self, ApiError> {
        match name {
            "lambda" => Ok(Self::Lambda),
            "email" => Ok(Self::Email),
            "" => Err(invalid("Protocol")),
            other => Err(ApiError::not_implemented(format!("SNS subscriptions with protocol {other}"))),
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Lambda => "lambda",
            Self::Email => "email",
        }
    }

    fn check(self, endpoint: &str) -> Result<(), ApiError> {
        match self {
            Self::Lambda if !endpoint.starts_with("arn:") || !endpoint.contains(":function:") => {
                Err(invalid("Lambda endpoint ARN"))
            }
            Self::Email if !endpoint.contains('@') => Err(invalid("Email address")),
            _ => Ok(()),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Subscription {
    pub(super) arn: String,
    pub(super) protocol: Protocol,
    pub(super) endpoint: String,
}

impl Sns {
    pub(super) fn subscribe(&self, form: &Form) -> Result<Vec<Xml>, ApiError> {
        let topic_arn = topic_arn(form)?;
        let protocol = Protocol::read(form.get("Protocol").unwrap_or_default())?;
        let endpoint = form.get("Endpoint").unwrap_or_default();
        protocol.check(endpoint)?;
        if let Some(entry) = form.elements("Attributes.entry").first() {
            let name = entry.get("key").unwrap_or_default();
            return Err(ApiError::not_implemented(format!("the attribute {name} of SNS subscriptions")));
        }
        self.with_topic(topic_arn, |topic| {
            let same = |s: &&Subscription| s.protocol == protocol && s.endpoint == endpoint;
            if let Some(present) = topic.subscriptions.iter().find(same) {
                return Ok(vec![Xml::Text("SubscriptionArn", present.arn.clone())]);
            }
            let arn = format!("{topic_arn}:{}", Uuid::new_v4());
            topic.subscriptions.push(Subscription {
                arn: arn.clone(),
                protocol,
                endpoint: endpoint.to_owned(),
            });
            Ok(vec![Xml::Text("SubscriptionArn", arn)])
        })
    }

    pub(super) fn unsubscribe(&self, form: &Form) -> Result<(), ApiError> {
        let arn = form.get("SubscriptionArn").unwrap_or_default();
        let Some((topic_arn, _)) = arn.rsplit_once(':').filter(|_| arn.split(':').count() == 7) else {
            return Err(invalid("SubscriptionId"));
        };
        if let Some(topic) = self.topics.lock().get_mut(topic_arn) {
            let before = topic.subscriptions.len();
            topic.subscriptions.retain(|subscription| subscription.arn != arn);
            topic.deleted_subscriptions += before - topic.subscriptions.len();
        }
        Ok(())
    }

    pub(super) fn list_subscriptions(&self, form: &Form) -> Result<Vec<Xml>, ApiError> {
        let topics = self.topics.lock();
        let of_topic = |(topic_arn, topic): (&String, &super::topics::Topic)| {
            topic.subscriptions.iter().map(|s| self.member(topic_arn, s)).collect::<Vec<_>>()
        };
        paged("Subscriptions", topics.iter().flat_map(of_topic).collect(), form)
    }

    pub(super) fn list_subscriptions_by_topic(&self, form: &Form) -> Result<Vec<Xml>, ApiError> {
        let topic_arn = topic_arn(form)?;
        let members = self.with_topic(topic_arn, |topic| {
            Ok(topic.subscriptions.iter().map(|s| self.member(topic_arn, s)).collect())
        })?;
        paged("Subscriptions", members, form)
    }

    fn member(&self, topic_arn: &str, subscription: &Subscription) -> Xml {
        let Options { account, .. } = &self.lambda.around.options;
        Xml::Elements(
            "member",
            vec![
                Xml::Text("SubscriptionArn", subscription.arn.clone()),
                Xml::Text("Owner", account.clone()),
                Xml::Text("Protocol", subscription.protocol.as_str().to_owned()),
                Xml::Text("Endpoint", subscription.endpoint.clone()),
                Xml::Text("TopicArn", topic_arn.to_owned()),
            ],
        )
    }
}
