//! What functions print: kept for tests and people, and read for embedded metrics as CloudWatch Logs does.

use std::{os::fd::AsFd, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use rustix::io::ioctl_fionread;
use serde::Serialize;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    process::Child,
    sync::{mpsc, oneshot},
};

use super::Lambda;

/// Lines kept per function; older ones are dropped.
const KEPT_LINES: usize = 20_000;
/// How long an invocation's end waits for the reader, for functions that never stop printing.
const DRAIN_LIMIT: Duration = Duration::from_secs(1);

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

/// The output of one sandbox, as its invocations see it.
#[derive(Debug)]
pub(super) struct Output {
    recent: Arc<Mutex<Vec<String>>>,
    /// One per stream; whoever sends here hears when everything printed so far was read.
    readers: Vec<mpsc::UnboundedSender<oneshot::Sender<()>>>,
}

impl Output {
    /// An invocation begins: what was printed before is not its own.
    pub(super) fn begin(&self) {
        self.recent.lock().clear();
    }

    /// Every line that was printed since the invocation began, also what is still in the pipes.
    pub(super) async fn lines(&self) -> Vec<String> {
        let asked: Vec<_> = self
            .readers
            .iter()
            .filter_map(|reader| {
                let (ask, drained) = oneshot::channel();
                reader.send(ask).ok().map(|()| drained)
            })
            .collect();
        let all_drained = async {
            for drained in asked {
                // The reader answers by dropping its end; so does one that has ended.
                let _ = drained.await;
            }
        };
        let _ = tokio::time::timeout(DRAIN_LIMIT, all_drained).await;
        self.recent.lock().clone()
    }
}

/// Where one sandbox's lines go.
#[derive(Clone)]
struct Sink {
    lambda: Arc<Lambda>,
    function: String,
    version: String,
    recent: Arc<Mutex<Vec<String>>>,
}

impl Sink {
    /// Takes the whole lines out of `bytes`; what is no UTF-8 is replaced, as CloudWatch Logs does.
    fn take_lines(&self, bytes: &mut Vec<u8>) {
        while let Some(end) = bytes.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = bytes.drain(..=end).collect();
            self.keep(&line);
        }
    }

    fn keep(&self, line: &[u8]) {
        let line = String::from_utf8_lossy(line).trim_end_matches(['\r', '\n']).to_owned();
        let around = &self.lambda.around;
        around.cloudwatch.record_emf(&line, around.clock.now(), |stamp| around.clock.virtual_time(stamp));
        self.recent.lock().push(line.clone());
        let mut logs = self.lambda.logs.lock();
        let kept = logs.entry(self.function.clone()).or_default();
        if kept.len() >= KEPT_LINES {
            kept.drain(..KEPT_LINES / 10);
        }
        kept.push(LogLine { at: self.lambda.around.clock.now(), version: self.version.clone(), line });
    }
}

impl Lambda {
    /// Everything `function` printed so far, oldest first.
    pub(crate) fn log_lines(&self, function: &str) -> Vec<LogLine> {
        self.logs.lock().get(function).cloned().unwrap_or_default()
    }

    /// Reads what a new sandbox prints until it ends.
    pub(super) fn follow_output(self: &Arc<Self>, child: &mut Child, name: &str, version: &str) -> Output {
        let recent = Arc::new(Mutex::new(Vec::new()));
        let sink = Sink {
            lambda: self.clone(),
            function: name.to_owned(),
            version: version.to_owned(),
            recent: recent.clone(),
        };
        let mut readers = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            let (reader, asks) = mpsc::unbounded_channel();
            readers.push(reader);
            self.around.spawn(follow(stdout, sink.clone(), asks));
        }
        if let Some(stderr) = child.stderr.take() {
            let (reader, asks) = mpsc::unbounded_channel();
            readers.push(reader);
            self.around.spawn(follow(stderr, sink, asks));
        }
        Output { recent, readers }
    }
}

/// Copies one stream into the log until it ends. Whoever asks is answered once the pipe is empty, by dropping what
/// they sent.
async fn follow<R: AsyncRead + AsFd + Unpin>(
    mut stream: R,
    sink: Sink,
    mut asks: mpsc::UnboundedReceiver<oneshot::Sender<()>>,
) {
    let (mut bytes, mut asking) = (Vec::new(), Vec::new());
    loop {
        if ioctl_fionread(&stream).is_ok_and(|unread| unread == 0) {
            asking.clear();
        }
        tokio::select! {
            biased;
            read = stream.read_buf(&mut bytes) => match read {
                Ok(count) if count > 0 => sink.take_lines(&mut bytes),
                _ => break,
            },
            Some(ask) = asks.recv() => asking.push(ask),
        }
    }
    if !bytes.is_empty() {
        sink.keep(&bytes);
    }
}
