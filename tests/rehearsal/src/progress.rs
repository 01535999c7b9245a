//! Tells on the terminal what happens while it happens.

use chrono::{DateTime, Utc};
use tokio::{sync::oneshot, task::JoinHandle};
use twin::{
    Twin,
    journal::{Entry, Event},
};

/// Prints journal entries until it is told to finish.
pub(crate) struct Progress {
    stop: oneshot::Sender<()>,
    printing: JoinHandle<()>,
}

impl Progress {
    /// Follows a twin's journal; times are virtual, since `start`.
    pub(crate) fn follow(twin: &Twin, start: DateTime<Utc>) -> Self {
        let mut entries = twin.journal().subscribe();
        let (stop, mut stopped) = oneshot::channel();
        let printing = tokio::spawn(async move {
            loop {
                tokio::select! {
                    biased;
                    entry = entries.recv() => match entry {
                        Ok(entry) => print(&entry, start),
                        Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => {}
                        Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
                    },
                    _ = &mut stopped => return,
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

#[expect(clippy::print_stdout, reason = "the terminal is this program's user interface")]
fn print(entry: &Entry, start: DateTime<Utc>) {
    if let Some(text) = tell(&entry.event) {
        println!("  {}  {text}", elapsed(entry.at, start));
    }
}

/// The text of an entry that a person wants to read, shortened to one line.
pub(crate) fn tell(event: &Event) -> Option<String> {
    let text = event.to_string();
    let line = text.lines().next().unwrap_or_default();
    let short: String = line.chars().take(160).collect();
    Some(if short.len() < line.len() { format!("{short}…") } else { short })
}

/// Virtual minutes and seconds since the start, as `+MM:SS`.
pub(crate) fn elapsed(at: DateTime<Utc>, start: DateTime<Utc>) -> String {
    let seconds = (at - start).num_seconds().max(0);
    format!("+{:02}:{:02}", seconds / 60, seconds % 60)
}
