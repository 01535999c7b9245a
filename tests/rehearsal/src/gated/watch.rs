//! Waiting for what the journal tells: no polling, and no real time.

use std::collections::BTreeMap;

use tokio::sync::broadcast::{Receiver, error::RecvError};
use twin::journal::{Entry, Event, Journal};

/// Reads the journal entry by entry.
pub(crate) struct Watch<'a> {
    journal: &'a Journal,
    news: Receiver<Entry>,
    /// Entries that were looked at.
    read: usize,
}

impl<'a> Watch<'a> {
    pub(crate) fn new(journal: &'a Journal) -> Self {
        Self { journal, news: journal.subscribe(), read: 0 }
    }

    /// The next entry, after the one answered before, about such an event.
    pub(crate) async fn next(&mut self, is_it: impl Fn(&Event) -> bool) -> Entry {
        loop {
            let entries = self.journal.entries();
            let fresh = entries.get(self.read..).unwrap_or_default();
            if let Some(place) = fresh.iter().position(|entry| is_it(&entry.event)) {
                self.read += place + 1;
                if let Some(entry) = fresh.get(place) {
                    return entry.clone();
                }
            }
            self.read = entries.len().max(self.read);
            self.changed().await;
        }
    }

    /// Until no execution and no deployment is on its way.
    pub(crate) async fn quiet(&mut self) {
        while !is_quiet(&self.journal.entries()) {
            self.changed().await;
        }
    }

    /// Entries that were missed are in the journal all the same.
    async fn changed(&mut self) {
        if self.news.recv().await == Err(RecvError::Closed) {
            std::future::pending().await
        }
    }
}

/// Whether every execution and every deployment that began has ended.
pub(crate) fn is_quiet(entries: &[Entry]) -> bool {
    let mut last: BTreeMap<&str, &str> = BTreeMap::new();
    for entry in entries {
        match &entry.event {
            Event::PipelineStatus { execution: id, status, .. }
            | Event::DeploymentStatus { deployment: id, status, .. } => {
                last.insert(id, status);
            }
            _ => {}
        }
    }
    last.values().all(|status| is_final(status))
}

/// Statuses of executions are the words of events, those of deployments the words of CodeDeploy.
pub(crate) fn is_final(status: &str) -> bool {
    ["succeeded", "failed", "stopped", "canceled", "superseded"]
        .iter()
        .any(|ended| status.eq_ignore_ascii_case(ended))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn status(execution: &str, status: &str) -> Entry {
        let (execution, status) = (execution.to_owned(), status.to_owned());
        let event = Event::PipelineStatus { pipeline: "release".to_owned(), execution, status, reason: None };
        Entry { at: DateTime::UNIX_EPOCH, event }
    }

    fn deployment(id: &str, status: &str) -> Entry {
        let [deployment, status, creator] = [id, status, "user"].map(str::to_owned);
        let event = Event::DeploymentStatus { deployment, status, creator, reason: None };
        Entry { at: DateTime::UNIX_EPOCH, event }
    }

    #[test]
    fn journal_is_quiet_when_all_that_began_has_ended() {
        let mut entries = vec![status("e-1", "STARTED")];
        assert!(!is_quiet(&entries));
        entries.push(status("e-1", "SUCCEEDED"));
        assert!(is_quiet(&entries));
        entries.push(deployment("d-1", "InProgress"));
        assert!(!is_quiet(&entries));
        entries.push(deployment("d-1", "Stopped"));
        entries.push(status("e-2", "STARTED"));
        assert!(!is_quiet(&entries));
        entries.push(status("e-2", "CANCELED"));
        assert!(is_quiet(&entries));
    }
}
