//! One process of a function, with its own Runtime API.

use crate::{
    error::{BenchError, while_trying},
    runtime_api::RuntimeApi,
    usage::Usage,
    variants::Variant,
};
use clock::Clock;
use std::{process::Stdio, time::Duration};
use tokio::process::{Child, Command};

/// An answer later than this is none.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// After its answer a process asks for the next event and sleeps; only then are the kernel's counters up to date.
const SETTLING: Duration = Duration::from_millis(3);

/// A running function.
#[derive(Debug)]
pub(crate) struct Process<'a> {
    variant: &'a Variant,
    runtime_api: RuntimeApi,
    child: Child,
    clock: Clock,
    /// In [`Clock::uptime`].
    spawned_at: Duration,
}

impl<'a> Process<'a> {
    /// Starts the binary; nothing of our own environment reaches it.
    pub(crate) async fn spawn(variant: &'a Variant, clock: &Clock) -> Result<Self, BenchError> {
        let runtime_api = RuntimeApi::start(clock.clone()).await?;
        let mut command = Command::new(&variant.program);
        command
            .env_clear()
            .envs(variant.environment.iter().map(|(name, value)| (name, value)))
            .env("AWS_LAMBDA_RUNTIME_API", runtime_api.address.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let spawned_at = clock.uptime();
        let child = command.spawn().map_err(while_trying(format!("starting {}", variant.name)))?;
        Ok(Self { variant, runtime_api, child, clock: clock.clone(), spawned_at })
    }

    /// From the spawn to the first answer.
    pub(crate) async fn first_answer(&mut self) -> Result<Duration, BenchError> {
        Ok(self.answered_at().await?.saturating_sub(self.spawned_at))
    }

    /// One more invocation.
    pub(crate) async fn next_answer(&mut self) -> Result<Duration, BenchError> {
        let asked_at = self.clock.uptime();
        Ok(self.answered_at().await?.saturating_sub(asked_at))
    }

    async fn answered_at(&mut self) -> Result<Duration, BenchError> {
        let program = || self.variant.name.to_owned();
        let answered = tokio::time::timeout(PATIENCE, self.runtime_api.invoke(&self.variant.event));
        let answer = tokio::select! {
            answer = answered => answer.ok().flatten().ok_or_else(|| BenchError::NoAnswer(program()))?,
            ended = self.child.wait() => {
                let status = ended.map_or_else(|error| error.to_string(), |status| status.to_string());
                return Err(BenchError::Ended { program: program(), status });
            }
        };
        if (self.variant.worked)(&answer.body) {
            return Ok(answer.at);
        }
        Err(BenchError::WrongAnswer { program: program(), answer: answer.body.to_string() })
    }

    /// Ends the process and tells what it used.
    pub(crate) async fn end(mut self) -> Result<Usage, BenchError> {
        tokio::time::sleep(SETTLING).await;
        let usage = self.child.id().map(Usage::of).unwrap_or_default();
        self.child.kill().await.map_err(while_trying(format!("ending {}", self.variant.name)))?;
        Ok(usage)
    }
}
