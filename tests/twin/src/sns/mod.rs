//! SNS: topics, and subscriptions of Lambda functions and of people by e-mail.
//!
//! Functions are invoked asynchronously, with Lambda's own retries; e-mails go to an inbox that tests read
//! (`Twin::inbox`). Messages are delivered at once, once and in order (AWS: at least once, order best effort, A).
//!
//! Not here: FIFO topics, filters, other protocols, confirmation of subscriptions.

mod attributes;
mod deliver;
mod errors;
mod message;
mod operations;
mod subscriptions;
#[cfg(test)]
mod tests;
mod topics;

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
pub use deliver::Delivered;
use message::Message;
use parking_lot::Mutex;
use topics::Topic;

use crate::{Options, error::ApiError, lambda::Lambda};

/// Of every XML document.
pub(crate) const NAMESPACE: &str = "http://sns.amazonaws.com/doc/2010-03-31/";

/// The SNS service.
#[derive(Debug)]
pub(crate) struct Sns {
    lambda: Arc<Lambda>,
    /// By ARN.
    topics: Mutex<BTreeMap<String, Topic>>,
    /// E-mails by topic, also of topics that are gone.
    inboxes: Mutex<BTreeMap<String, Vec<Delivered>>>,
}

impl Sns {
    pub(crate) fn new(lambda: Arc<Lambda>) -> Self {
        Self { lambda, topics: Mutex::default(), inboxes: Mutex::default() }
    }

    /// Publishes for another service of the twin.
    ///
    /// # Errors
    /// As `Publish`: the topic does not exist, subject or message are not valid.
    pub(crate) fn notify(
        &self,
        topic_arn: &str,
        subject: Option<&str>,
        message: &str,
        now: DateTime<Utc>,
    ) -> Result<(), ApiError> {
        let message = Message::plain(subject, message)?;
        self.deliver(topic_arn, &message, now).map(drop)
    }

    /// The e-mails of a topic, by name or ARN, oldest first.
    pub(crate) fn inbox(&self, topic: &str) -> Vec<Delivered> {
        let arn = if topic.starts_with("arn:") { topic.to_owned() } else { self.topic_arn(topic) };
        self.inboxes.lock().get(&arn).cloned().unwrap_or_default()
    }

    fn topic_arn(&self, name: &str) -> String {
        let Options { region, account, .. } = &self.lambda.around.options;
        format!("arn:aws:sns:{region}:{account}:{name}")
    }

    /// Runs `work` on one topic under the lock.
    fn with_topic<T>(
        &self,
        arn: &str,
        work: impl FnOnce(&mut Topic) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        self.topics.lock().get_mut(arn).ok_or_else(errors::no_topic).and_then(work)
    }
}
