//! The signals that ask a program to stop, so that it can clean up first.

use tokio::signal::unix::{SignalKind, signal};

/// Ends with the first signal that asks to stop: Ctrl-C, SIGTERM, or the terminal that was closed. Signals
/// are caught from the call on, so that a stop during the start cleans up too: drop the [`crate::Twin`] then.
///
/// # Errors
/// When the handlers cannot be installed.
pub fn stop_signals() -> std::io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
        }
    })
}
