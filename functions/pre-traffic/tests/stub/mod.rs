//! The function, and the bare hook, against a scripted AWS.

use clock::Clock;
use hook::{Hook, HookError, HookEvent, Outcome, Verdict};
use pre_traffic::{App, handle};
use std::time::{Duration, Instant, SystemTime};

pub(crate) use scripted::{PUT, Reply, Stub, default_answer, deployment};

const EVENT: &str = include_str!("../../../../events/codedeploy/before-allow-traffic.json");

pub(crate) trait Run {
    /// Runs the whole function with this much time on the clock.
    async fn run(&self, time: Duration, settings: &[(&str, &str)]) -> Result<Outcome, HookError>;

    /// Runs the bare hook with another check.
    async fn run_check<F>(&self, time: Duration, check: impl FnOnce() -> F) -> Result<Outcome, HookError>
    where
        F: Future<Output = Result<Verdict, std::io::Error>>;
}

impl Run for Stub {
    async fn run(&self, time: Duration, settings: &[(&str, &str)]) -> Result<Outcome, HookError> {
        let app = App::from_lookup(self.lookup(settings), clock()).unwrap();
        handle(&app, scripted::invocation(EVENT, time)).await
    }

    async fn run_check<F>(&self, time: Duration, check: impl FnOnce() -> F) -> Result<Outcome, HookError>
    where
        F: Future<Output = Result<Verdict, std::io::Error>>,
    {
        let codedeploy = aws::Aws::from_lookup(self.lookup(&[])).unwrap().codedeploy();
        let hook = Hook { codedeploy: &codedeploy, clock: &clock(), reserve: hook::DEFAULT_RESERVE };
        let event = HookEvent::parse(&serde_json::from_str(EVENT).unwrap()).unwrap();
        hook.answer(&event, scripted::deadline_ms(time), |_, _| check()).await
    }
}

#[expect(clippy::disallowed_methods, reason = "the hook's deadline is real time")]
fn clock() -> Clock {
    let start = Instant::now();
    Clock::new(SystemTime::now, move || start.elapsed())
}
