//! From a message and a topic's subscriptions to invocations and e-mails.

use axum::body::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    Sns,
    message::Message,
    subscriptions::{Protocol, Subscription},
};
use crate::{
    Options,
    error::ApiError,
    lambda::{bare_name, qualifier_in},
};

/// The subject of an e-mail whose message has none (B).
const NO_SUBJECT: &str = "AWS Notification Message";

/// An e-mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delivered {
    /// The address.
    pub to: String,
    /// The message's subject, or the one that SNS gives to a message without.
    pub subject: String,
    /// The text.
    pub message: String,
    /// Virtual time.
    pub at: DateTime<Utc>,
}

impl Sns {
    /// Delivers to every subscription of a topic; answers the message's id.
    pub(super) fn deliver(
        &self,
        topic_arn: &str,
        message: &Message,
        now: DateTime<Utc>,
    ) -> Result<String, ApiError> {
        let subscriptions = self.with_topic(topic_arn, |topic| Ok(topic.subscriptions.clone()))?;
        let id = Uuid::new_v4().to_string();
        for subscription in subscriptions {
            match subscription.protocol {
                Protocol::Email => {
                    let mail = Delivered {
                        to: subscription.endpoint,
                        subject: message.subject.clone().unwrap_or_else(|| NO_SUBJECT.to_owned()),
                        message: message.text("email").to_owned(),
                        at: now,
                    };
                    self.inboxes.lock().entry(topic_arn.to_owned()).or_default().push(mail);
                }
                Protocol::Lambda => {
                    let event =
                        event(&self.lambda.around.options, &subscription, topic_arn, &id, message, now);
                    self.invoke(&subscription.endpoint, &event);
                }
            }
        }
        Ok(id)
    }

    /// A function that is gone loses its messages, and the publisher hears nothing of it (A).
    fn invoke(&self, function: &str, event: &Value) {
        let (name, qualifier) = (bare_name(function), qualifier_in(function));
        if let Err(error) = self.lambda.invoke_async(name, qualifier, Bytes::from(event.to_string())) {
            tracing::warn!(target: "twin", "SNS: {function} gets nothing: {error}");
        }
    }
}

/// The event that a function gets. The signature is no signature, and the certificate's address leads nowhere.
fn event(
    options: &Options,
    subscription: &Subscription,
    topic_arn: &str,
    id: &str,
    message: &Message,
    now: DateTime<Utc>,
) -> Value {
    let host = format!("https://sns.{}.amazonaws.com", options.region);
    let attribute = |(name, attribute): (&String, &super::message::Attribute)| {
        (name.clone(), json!({"Type": attribute.data_type, "Value": attribute.value}))
    };
    let attributes: Map<_, _> = message.attributes.iter().map(attribute).collect();
    json!({"Records": [{
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription.arn,
        "Sns": {
            "Type": "Notification",
            "MessageId": id,
            "TopicArn": topic_arn,
            "Subject": message.subject,
            "Message": message.text("lambda"),
            "Timestamp": now.to_rfc3339_opts(SecondsFormat::Millis, true),
            "SignatureVersion": "1",
            "Signature": "none",
            "SigningCertUrl": format!("{host}/SimpleNotificationService-none.pem"),
            "UnsubscribeUrl": format!("{host}/?Action=Unsubscribe&SubscriptionArn={}", subscription.arn),
            "MessageAttributes": attributes,
        },
    }]})
}
