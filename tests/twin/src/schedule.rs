//! Schedules: an EventBridge rule with `rate(1 minute)`, or a slower one, that invokes a function.
//!
//! A rule fires at the full virtual minutes (hours, …) of its rate; rules of the API (`crate::events`) use the same timer. Its invocations are asynchronous like any other: they
//! are repeated when they fail, also after the rule was disabled, and the journal has their failures.

use std::{
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::body::Bytes;
use chrono::{DateTime, DurationRound as _, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    Options,
    clock::VirtualClock,
    error::ApiError,
    lambda::{Lambda, bare_name, qualifier_in},
};

/// EventBridge knows no shorter rate, and rates are whole minutes.
const SHORTEST: TimeDelta = TimeDelta::minutes(1);
/// Longer makes no sense in a rehearsal, and dates must not overflow.
const LONGEST: TimeDelta = TimeDelta::days(365);

/// A rule with one function as its target.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// Name of the rule, in its ARN.
    pub name: String,
    /// The function by name or ARN, with a qualifier where one is meant.
    pub function: String,
    /// Virtual time between two invocations: whole minutes (what is over is cut off), at least one, at most a year.
    pub every: TimeDelta,
    /// The event of every invocation; `None` sends EventBridge's own.
    pub input: Option<Value>,
}

/// A running schedule. It goes on until the twin is dropped, also without this handle.
#[derive(Debug, Clone)]
pub struct Scheduled(Arc<AtomicBool>);

impl Scheduled {
    /// Nothing is invoked from now on; invocations that were accepted are still made and repeated.
    pub fn disable(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// Invokes again, from the next time of the rate on; what was missed is not made up for.
    pub fn enable(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the schedule invokes its function.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// See [`crate::Twin::schedule`].
pub(crate) fn start(lambda: &Arc<Lambda>, schedule: Schedule) -> Scheduled {
    let handle = Scheduled(Arc::new(AtomicBool::new(true)));
    lambda.around.spawn(run(lambda.clone(), schedule, handle.clone()));
    handle
}

async fn run(lambda: Arc<Lambda>, schedule: Schedule, handle: Scheduled) {
    let mut warned = false;
    each(lambda.around.clock, schedule.every, |due| {
        if !handle.is_enabled() {
            return ControlFlow::Continue(());
        }
        let fired = fire(&lambda, &schedule, due);
        // Once until it works again: at rate 60 there is one a second.
        if let (Err(error), false) = (&fired, warned) {
            let Schedule { name, function, .. } = &schedule;
            tracing::warn!(target: "twin", "schedule {name}: {function} cannot be invoked: {error}");
        }
        warned = fired.is_err();
        ControlFlow::Continue(())
    })
    .await;
}

/// Calls `fire` at each full multiple of the period until it breaks off.
pub(crate) async fn each(
    clock: VirtualClock,
    every: TimeDelta,
    mut fire: impl FnMut(DateTime<Utc>) -> ControlFlow<()>,
) {
    let (period, mut last) = (period(every), None);
    loop {
        let due = next_after(clock.now(), last, period);
        clock.sleep_until(due).await;
        last = Some(due);
        if fire(due).is_break() {
            return;
        }
    }
}

/// Whole minutes, within the limits.
fn period(every: TimeDelta) -> TimeDelta {
    TimeDelta::minutes(every.num_minutes()).clamp(SHORTEST, LONGEST)
}

fn fire(lambda: &Arc<Lambda>, schedule: &Schedule, due: DateTime<Utc>) -> Result<(), ApiError> {
    let event = schedule.input.clone().unwrap_or_else(|| event(&lambda.around.options, &schedule.name, due));
    let (name, qualifier) = (bare_name(&schedule.function), qualifier_in(&schedule.function));
    lambda.invoke_async(name, qualifier, Bytes::from(event.to_string()))
}

/// The next full multiple of the period. Those that passed meanwhile are left out; and none comes twice, should the timer
/// have ended a little early.
fn next_after(now: DateTime<Utc>, last: Option<DateTime<Utc>>, period: TimeDelta) -> DateTime<Utc> {
    let next = now.duration_trunc(period).unwrap_or(now) + period;
    last.map_or(next, |last| next.max(last + period))
}

/// What EventBridge sends for a rule without an input of its own.
pub(crate) fn event(options: &Options, rule: &str, due: DateTime<Utc>) -> Value {
    let Options { region, account, .. } = options;
    json!({
        "version": "0",
        "id": Uuid::new_v4().to_string(),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": account,
        "time": due.to_rfc3339_opts(SecondsFormat::Secs, true),
        "region": region,
        "resources": [format!("arn:aws:events:{region}:{account}:rule/{rule}")],
        "detail": {},
    })
}

#[cfg(test)]
mod tests;
