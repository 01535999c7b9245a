//! Tells on the terminal what happens while it happens, and afterwards the whole timeline.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;
use tokio::{
    sync::{broadcast::error::RecvError, oneshot},
    task::JoinHandle,
};
use twin::{Twin, journal::Event};

use crate::{
    observed::{CANDIDATE, CustomerRequest},
    report::Release,
};

/// Virtual time between two lines about the load.
const HEARTBEAT: TimeDelta = TimeDelta::minutes(5);
/// Longest line while a release is played, in characters; the timeline has the whole.
const LINE_LENGTH: usize = 170;

/// Prints what happens until it is told to finish.
pub(crate) struct Progress {
    stop: oneshot::Sender<()>,
    printing: JoinHandle<()>,
}

impl Progress {
    /// Follows a release's journal and its customers' requests; times are virtual, since `start`. The release's name
    /// begins each line, because others are played at the same time.
    pub(crate) fn follow(
        name: &'static str,
        twin: &Twin,
        start: DateTime<Utc>,
        load: Arc<Mutex<Vec<CustomerRequest>>>,
    ) -> Self {
        let (mut entries, clock) = (twin.journal().subscribe(), twin.clock());
        let (stop, mut stopped) = oneshot::channel();
        let printing = tokio::spawn(async move {
            let mut beat = start + HEARTBEAT;
            loop {
                tokio::select! {
                    biased;
                    entry = entries.recv() => match entry {
                        Ok(entry) if is_news(&entry.event) => print(name, entry.at, start, &shortened(&entry.event.to_string())),
                        Err(RecvError::Closed) => return,
                        Ok(_) | Err(RecvError::Lagged(_)) => {}
                    },
                    _ = &mut stopped => return,
                    () = clock.sleep_until(beat) => {
                        print(name, beat, start, &so_far(&load.lock()));
                        beat += HEARTBEAT;
                    }
                }
            }
        });
        Self { stop, printing }
    }

    /// Prints what is left and ends.
    pub(crate) async fn finish(self) {
        // The printer may have ended by itself; nothing is left to print then.
        let _ = self.stop.send(());
        let _ = self.printing.await;
    }
}

/// What a person wants to know at once; the rest is in the timeline afterwards.
fn is_news(event: &Event) -> bool {
    match event {
        Event::DeploymentStatus { status, .. } => status != "Created",
        Event::LifecycleEvent { .. } | Event::HookInvoked { .. } | Event::JobInvoked { .. } => false,
        // A new alarm's first look.
        Event::AlarmChanged { from, .. } => from != "INSUFFICIENT_DATA",
        _ => true,
    }
}

fn so_far(requests: &[CustomerRequest]) -> String {
    let candidate = requests.iter().filter(|r| r.version.as_deref() == Some(CANDIDATE)).count();
    let failed = requests.iter().filter(|r| r.failed()).count();
    format!(
        "{} customer requests so far: {candidate} on version {CANDIDATE}, {failed} failed",
        requests.len()
    )
}

/// Prints the timeline of a release that was played.
#[expect(clippy::print_stdout, reason = "the terminal is this program's user interface")]
pub(crate) fn print_timeline(release: &Release) {
    println!("\nTimeline of {} (virtual minutes:seconds)", release.name);
    release.timeline.iter().for_each(|entry| print("", entry.at, release.started_at, &entry.text));
}

#[expect(clippy::print_stdout, reason = "the terminal is this program's user interface")]
fn print(name: &str, at: DateTime<Utc>, start: DateTime<Utc>, text: &str) {
    let seconds = (at - start).num_seconds().max(0);
    println!("{name}  {:02}:{:02}  {text}", seconds / 60, seconds % 60);
}

/// The first line of a text, cut where a terminal would wrap it twice.
fn shortened(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(LINE_LENGTH) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_when_it_is_longer_than_a_line() {
        let exact = "é".repeat(LINE_LENGTH);
        assert_eq!(shortened(&exact), exact);
        assert_eq!(shortened(&format!("{exact}é")), format!("{exact}…"));
        assert_eq!(shortened("first\nsecond"), "first");
    }
}
