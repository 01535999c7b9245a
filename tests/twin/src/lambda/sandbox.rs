//! One execution environment: a real process that talks to the Runtime API.

use std::{collections::HashMap, process::Stdio, sync::Arc};

use axum::body::Bytes;
use parking_lot::Mutex;
use tokio::{
    process::{Child, Command},
    sync::{mpsc, oneshot, watch},
};
use uuid::Uuid;

use super::{Lambda, model::Configuration};
use crate::{clock::CLOCK_VARIABLE, error::ApiError, faults::SANDBOX_KEY_PREFIX};

/// One invocation on its way into a sandbox.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) request_id: String,
    pub(super) payload: Bytes,
    /// Real epoch milliseconds.
    pub(super) deadline_ms: i64,
    pub(super) invoked_arn: String,
    pub(super) reply: oneshot::Sender<Reply>,
}

/// What the function posted.
#[derive(Debug)]
pub(super) enum Reply {
    Response(Bytes),
    Error(Bytes),
}

/// How far a sandbox's start has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Start {
    Starting,
    Ready,
    Failed(Bytes),
}

/// The sandbox as the Runtime API sees it.
#[derive(Debug)]
pub(crate) struct SandboxPort {
    pub(super) inbox: tokio::sync::Mutex<mpsc::Receiver<Work>>,
    pub(super) pending: Mutex<Option<(String, oneshot::Sender<Reply>)>>,
    pub(super) start: watch::Sender<Start>,
}

/// The sandbox as the invoker sees it; dropping it kills the process.
#[derive(Debug)]
pub(super) struct Sandbox {
    id: String,
    pub(super) work: mpsc::Sender<Work>,
    pub(super) start: watch::Receiver<Start>,
    pub(super) child: Child,
    /// Lines printed since the current invocation began.
    pub(super) recent: Arc<Mutex<Vec<String>>>,
    ports: Arc<Mutex<HashMap<String, Arc<SandboxPort>>>>,
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.ports.lock().remove(&self.id);
    }
}

impl Lambda {
    /// Starts a process for one configuration; it announces itself through the Runtime API.
    pub(super) fn spawn(self: &Arc<Self>, name: &str, of: &Configuration) -> Result<Sandbox, ApiError> {
        let id = Uuid::new_v4().simple().to_string();
        let (work, inbox) = mpsc::channel(1);
        let (starting, start) = watch::channel(Start::Starting);
        let port =
            SandboxPort { inbox: tokio::sync::Mutex::new(inbox), pending: Mutex::default(), start: starting };
        self.ports.lock().insert(id.clone(), Arc::new(port));
        let mut child = Command::new(&of.code.program)
            .env_clear()
            .envs(self.environment(name, of, &id))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|e| ApiError {
                code: "InvalidRuntimeException",
                status: 502,
                message: format!("the program of {name}:{} cannot be started: {e}", of.version),
            })?;
        let recent = Arc::new(Mutex::new(Vec::new()));
        if let Some(stdout) = child.stdout.take() {
            tokio::spawn(self.clone().follow(stdout, name.to_owned(), of.version.clone(), recent.clone()));
        }
        if let Some(stderr) = child.stderr.take() {
            tokio::spawn(self.clone().follow(stderr, name.to_owned(), of.version.clone(), recent.clone()));
        }
        Ok(Sandbox { id, work, start, child, recent, ports: self.ports.clone() })
    }

    /// Lambda's own variables, the twin's endpoint and clock, then the function's settings.
    fn environment(&self, name: &str, of: &Configuration, id: &str) -> Vec<(String, String)> {
        let around = &self.around;
        let reserved = [
            ("AWS_LAMBDA_RUNTIME_API", format!("{}/_runtime/{id}", around.endpoint)),
            ("AWS_LAMBDA_FUNCTION_NAME", name.to_owned()),
            ("AWS_LAMBDA_FUNCTION_VERSION", of.version.clone()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", of.memory_mb.to_string()),
            ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}")),
            (
                "AWS_LAMBDA_LOG_STREAM_NAME",
                format!("{}[{}]{id}", around.clock.now().format("%Y/%m/%d/"), of.version),
            ),
            ("AWS_LAMBDA_LOG_FORMAT", "JSON".to_owned()),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
            ("AWS_EXECUTION_ENV", format!("AWS_Lambda_{}", of.runtime)),
            ("_HANDLER", of.handler.clone()),
            ("LAMBDA_TASK_ROOT", of.code.program.parent().unwrap_or(&of.code.program).display().to_string()),
            ("AWS_REGION", around.options.region.clone()),
            ("AWS_DEFAULT_REGION", around.options.region.clone()),
            ("AWS_ACCESS_KEY_ID", format!("{SANDBOX_KEY_PREFIX}{name}")),
            ("AWS_SECRET_ACCESS_KEY", "twin".to_owned()),
            ("AWS_SESSION_TOKEN", "twin".to_owned()),
            ("AWS_ENDPOINT_URL", around.endpoint.clone()),
            ("TZ", ":UTC".to_owned()),
            ("PATH", "/usr/local/bin:/usr/bin:/bin".to_owned()),
            (CLOCK_VARIABLE, around.clock.variable()),
        ];
        let reserved = reserved.into_iter().map(|(key, value)| (key.to_owned(), value));
        of.environment.clone().into_iter().chain(reserved).collect()
    }
}
