//! What leaves the service: events for the bus, notices for topics.

use std::{fmt, sync::Arc};

use tokio::sync::mpsc::UnboundedReceiver;

use crate::events::AwsEvent;

/// Takes an event.
pub(crate) type TakeEvent = Arc<dyn Fn(AwsEvent) + Send + Sync>;
/// Takes a notice: topic ARN, subject, message.
pub(crate) type Notify = Arc<dyn Fn(&str, &str, &str) + Send + Sync>;

/// Where events and notices go.
#[derive(Clone)]
pub(crate) struct Outlets {
    pub(crate) events: TakeEvent,
    pub(crate) notify: Notify,
}

impl fmt::Debug for Outlets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outlets")
    }
}

/// Something on its way out.
#[derive(Debug)]
pub(super) enum Outgoing {
    Event(AwsEvent),
    Notice { topic: String, subject: String, message: String },
}

/// Delivers in the order in which things happened, until the service is gone.
pub(super) async fn deliver(mut outgoing: UnboundedReceiver<Outgoing>, to: Outlets) {
    while let Some(next) = outgoing.recv().await {
        match next {
            Outgoing::Event(event) => (to.events)(event),
            Outgoing::Notice { topic, subject, message } => (to.notify)(&topic, &subject, &message),
        }
    }
}
