//! One execution environment: a real process that talks to the Runtime API.

use std::{
    io::{Error, ErrorKind},
    process::Stdio,
    sync::Arc,
};

use axum::body::Bytes;
use parking_lot::Mutex;
use rustix::{
    io::Errno,
    process::{Pid, Signal, kill_process_group},
};
use tokio::{
    net::TcpListener,
    process::{Child, Command},
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
};
use uuid::Uuid;

use super::{Lambda, errors::service_failure, logs::Output, model::Configuration, runtime_api};
use crate::{
    clock::CLOCK_VARIABLE,
    error::ApiError,
    faults::{SANDBOX_KEY_PREFIX, SESSION_PREFIX},
};

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

/// Why there is no sandbox.
#[derive(Debug)]
pub(super) enum NotStarted {
    /// The function's program cannot be executed: the release is broken.
    Program(Error),
    /// The twin itself failed.
    Twin(ApiError),
}

/// The sandbox as the invoker sees it; dropping it kills the process and every process that it started.
#[derive(Debug)]
pub(super) struct Sandbox {
    pub(super) work: mpsc::Sender<Work>,
    pub(super) start: watch::Receiver<Start>,
    pub(super) child: Child,
    pub(super) output: Output,
    /// The session token that only this sandbox signs with.
    pub(super) session: String,
    runtime_api: JoinHandle<()>,
    group: Option<Pid>,
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.runtime_api.abort();
        if let Some(group) = self.group {
            // A group that has ended by itself is fine.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Lambda {
    /// Starts a process for one configuration; it announces itself through its Runtime API.
    pub(super) async fn start_sandbox(
        self: &Arc<Self>,
        name: &str,
        of: &Configuration,
    ) -> Result<Sandbox, NotStarted> {
        let no_port = |e: Error| NotStarted::Twin(service_failure(format!("no port for a sandbox: {e}")));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(no_port)?;
        let address = listener.local_addr().map_err(no_port)?;
        let session = new_session();
        let mut child = Command::new(&of.code.program)
            .env_clear()
            .envs(self.environment(name, of, &address.to_string(), &session))
            .current_dir(of.code.root())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(not_started)?;
        let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let (work, inbox) = mpsc::channel(1);
        let (starting, start) = watch::channel(Start::Starting);
        let port =
            SandboxPort { inbox: tokio::sync::Mutex::new(inbox), pending: Mutex::default(), start: starting };
        let routes = runtime_api::router(Arc::new(port));
        let runtime_api = tokio::spawn(async move {
            // Serving ends with the sandbox only; errors of single connections are the function's.
            let _ = axum::serve(listener, routes).await;
        });
        let output = self.follow_output(&mut child, name, &of.version);
        Ok(Sandbox { work, start, child, output, session, runtime_api, group })
    }

    /// Defaults, the function's settings, then what nobody can change: Lambda's own variables and the twin's.
    pub(super) fn environment(
        &self,
        name: &str,
        of: &Configuration,
        runtime_api: &str,
        session: &str,
    ) -> Vec<(String, String)> {
        let around = &self.around;
        let id = Uuid::new_v4().simple();
        let defaults = [("TZ", ":UTC"), ("PATH", "/usr/local/bin:/usr/bin:/bin")];
        let reserved = [
            ("AWS_LAMBDA_RUNTIME_API", runtime_api.to_owned()),
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
            ("LAMBDA_TASK_ROOT", of.code.root().display().to_string()),
            ("AWS_REGION", around.options.region.clone()),
            ("AWS_DEFAULT_REGION", around.options.region.clone()),
            ("AWS_ACCESS_KEY_ID", format!("{SANDBOX_KEY_PREFIX}{name}")),
            ("AWS_SECRET_ACCESS_KEY", "twin".to_owned()),
            ("AWS_SESSION_TOKEN", session.to_owned()),
            ("AWS_ENDPOINT_URL", around.endpoint.clone()),
            (CLOCK_VARIABLE, around.clock.variable()),
        ];
        let reserved = reserved.into_iter().map(|(key, value)| (key.to_owned(), value));
        let defaults = defaults.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned()));
        defaults.chain(of.environment.clone()).chain(reserved).collect()
    }
}

/// Tells one sandbox of a function from another, and one invocation of a hosted function.
pub(super) fn new_session() -> String {
    format!("{SESSION_PREFIX}{}", Uuid::new_v4().simple())
}

/// Tells a program that cannot be executed from a computer that has no room for another process.
fn not_started(error: Error) -> NotStarted {
    let of_program = [ErrorKind::NotFound, ErrorKind::PermissionDenied].contains(&error.kind())
        || error.raw_os_error() == Some(Errno::NOEXEC.raw_os_error());
    if of_program {
        return NotStarted::Program(error);
    }
    NotStarted::Twin(service_failure(format!("no process for a sandbox: {error}")))
}
