//! SNS's API: from an operation's name and form to the answer.

use chrono::{DateTime, Utc};

use super::{Sns, errors::invalid, message::Message};
use crate::{
    error::ApiError,
    wire::query::{Form, Xml},
};

impl Sns {
    /// Carries out one operation; `None` is the answer of those without a result.
    ///
    /// # Errors
    /// What SNS would answer; `NotImplemented` names what the twin does not have.
    pub(crate) fn handle(
        &self,
        operation: &str,
        form: &Form,
        now: DateTime<Utc>,
    ) -> Result<Option<Vec<Xml>>, ApiError> {
        match operation {
            "CreateTopic" => self.create_topic(form).map(Some),
            "DeleteTopic" => self.delete_topic(form).map(|()| None),
            "ListTopics" => self.list_topics(form).map(Some),
            "GetTopicAttributes" => self.topic_attributes(form).map(Some),
            "SetTopicAttributes" => self.set_topic_attributes(form).map(|()| None),
            "Subscribe" => self.subscribe(form).map(Some),
            "Unsubscribe" => self.unsubscribe(form).map(|()| None),
            "ListSubscriptions" => self.list_subscriptions(form).map(Some),
            "ListSubscriptionsByTopic" => self.list_subscriptions_by_topic(form).map(Some),
            "Publish" => self.publish(form, now).map(Some),
            other => Err(ApiError::not_implemented(format!("SNS {other}"))),
        }
    }

    fn publish(&self, form: &Form, now: DateTime<Utc>) -> Result<Vec<Xml>, ApiError> {
        let message = Message::read(form)?;
        let topic = form.get("TopicArn").or_else(|| form.get("TargetArn"));
        let topic =
            topic.ok_or_else(|| invalid("TopicArn or TargetArn Reason: no value for required parameter"))?;
        let id = self.deliver(topic, &message, now)?;
        Ok(vec![Xml::Text("MessageId", id)])
    }
}
