//! Background work that ends with the twin: invocations, retries, deployments, readers of output.

use std::future::Future;

use parking_lot::Mutex;
use tokio::task::JoinSet;

/// Running tasks; `None` once the twin was stopped.
#[derive(Debug)]
pub(crate) struct Tasks(Mutex<Option<JoinSet<()>>>);

impl Default for Tasks {
    fn default() -> Self {
        Self(Mutex::new(Some(JoinSet::new())))
    }
}

impl Tasks {
    /// Runs `work` until it is done or the twin stops; a twin that was stopped begins nothing.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        if let Some(running) = self.0.lock().as_mut() {
            while running.try_join_next().is_some() {}
            running.spawn(work);
        }
    }

    /// Aborts everything that runs.
    pub(crate) fn stop(&self) {
        let running = self.0.lock().take();
        drop(running);
    }
}
