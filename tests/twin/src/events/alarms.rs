//! What an alarm tells when it changes its state: an event, and messages to the SNS topics among its actions.
//!
//! Actions of other services are not performed. A topic that does not exist is warned of; the alarm does not mind (A).

use super::{AwsEvent, Bus};
use crate::cloudwatch::Transition;

impl Bus {
    /// Tells of a change, be it found by an evaluation or set by a hand.
    pub(crate) fn alarm_changed(&self, change: &Transition) {
        self.emit(AwsEvent {
            source: "aws.cloudwatch".to_owned(),
            detail_type: "CloudWatch Alarm State Change".to_owned(),
            resources: vec![change.alarm_arn.clone()],
            detail: change.detail.clone(),
            at: change.at,
        });
        let notification = &change.notification;
        for topic in notification.actions.iter().filter(|action| action.starts_with("arn:aws:sns:")) {
            let subject = Some(notification.subject.as_str());
            if let Err(error) = self.sns.notify(topic, subject, &notification.message, change.at) {
                tracing::warn!(target: "twin", "alarm {}: {topic}: {error}", change.alarm_name);
            }
        }
    }
}
