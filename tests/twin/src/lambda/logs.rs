//! What functions print: kept for tests and people, and read for embedded metrics as CloudWatch Logs does.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use serde::Serialize;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

use super::Lambda;

/// Lines kept per function; older ones are dropped.
const KEPT_LINES: usize = 20_000;
/// Bytes that `LogType: Tail` returns.
const TAIL_BYTES: usize = 4096;

/// One line of a function's output.
#[derive(Debug, Clone, Serialize)]
pub struct LogLine {
    /// Virtual time at which the twin read the line.
    pub at: DateTime<Utc>,
    /// Version that printed it.
    pub version: String,
    /// The line without its end.
    pub line: String,
}

impl Lambda {
    /// Everything `function` printed so far, oldest first.
    pub(crate) fn log_lines(&self, function: &str) -> Vec<LogLine> {
        self.logs.lock().get(function).cloned().unwrap_or_default()
    }

    /// Copies a sandbox's output stream into the log until it ends.
    pub(super) async fn follow<R: AsyncRead + Unpin>(
        self: Arc<Self>,
        stream: R,
        function: String,
        version: String,
        recent: Arc<Mutex<Vec<String>>>,
    ) {
        let mut lines = BufReader::new(stream).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            self.around.cloudwatch.record_emf(&line);
            recent.lock().push(line.clone());
            let mut logs = self.logs.lock();
            let kept = logs.entry(function.clone()).or_default();
            if kept.len() >= KEPT_LINES {
                kept.drain(..KEPT_LINES / 10);
            }
            kept.push(LogLine { at: self.around.clock.now(), version: version.clone(), line });
        }
    }
}

/// The last bytes of an invocation's log, as `LogType: Tail` asks for.
pub(super) fn tail(lines: &[String]) -> String {
    let text: String = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
    let start = (text.len().saturating_sub(TAIL_BYTES)..text.len()).find(|&i| text.is_char_boundary(i));
    text.get(start.unwrap_or(0)..).unwrap_or_default().to_owned()
}
