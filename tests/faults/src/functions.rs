//! The functions under test, in this process: their own handlers, with the SDK's real clients, signed as the function.

use aws::chain;
use clock::Clock;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::Value;
use std::time::Duration;
use twin::{Host, HostedInvocation, clock::VirtualClock};

use crate::world::{ALIAS, APPLICATION, BACKEND, GROUP, GUARD, LAST_HOOK, TOPIC};

/// What shifts.
pub(crate) const SHIFT: &str = "manuel-traffic-shift";
/// What takes back.
pub(crate) const ROLLBACK: &str = "manuel-alarm-rollback";

/// A setting of the functions; everything else is what the twin gives to any function.
fn setting(invocation: &HostedInvocation, name: &str, hooks: bool) -> Option<String> {
    let text = match name {
        "CODEDEPLOY_APPLICATION" => APPLICATION,
        "CODEDEPLOY_GROUP" => GROUP,
        "GUARD_ALARMS" => GUARD,
        "PIPELINE" => crate::pipeline::PIPELINE,
        "ROLLOUT_STAGES" => "DeployProd",
        "LIVE_ALIAS" => return Some(format!("{BACKEND}:{ALIAS}")),
        "NOTICE_TOPIC_ARN" => TOPIC,
        "POST_TRAFFIC_HOOK" if hooks => LAST_HOOK,
        "SETTLE_MINUTES" => "1",
        "MIN_REQUESTS" => "20",
        // What the SDK would repair by itself is no test of ours.
        "AWS_MAX_ATTEMPTS" => "1",
        _ => return invocation.variable(name),
    };
    Some(text.to_owned())
}

fn virtual_time(clock: VirtualClock) -> Clock {
    let watch = clock.stopwatch();
    Clock::new(move || clock.now().into(), move || Duration::from_secs_f64(watch.elapsed_ms() / 1000.0))
}

fn event(invocation: &HostedInvocation) -> LambdaEvent<Value> {
    let mut context = Context::default();
    context.request_id.clone_from(&invocation.request_id);
    context.deadline = invocation.deadline_ms;
    LambdaEvent::new(invocation.payload.clone(), context)
}

/// `traffic-shift`. `hooks`: its deployments ask a hook after the traffic.
pub(crate) fn traffic_shift(clock: VirtualClock, hooks: bool) -> Host {
    Host::new(move |invocation: HostedInvocation| async move {
        let lookup = |name: &str| setting(&invocation, name, hooks);
        let app =
            traffic_shift::App::from_lookup(lookup, virtual_time(clock)).map_err(|error| chain(&error))?;
        traffic_shift::handle(&app, event(&invocation)).await.map_err(|error| chain(&error))?;
        Ok(Value::Null)
    })
}

/// `alarm-rollback`.
pub(crate) fn alarm_rollback(clock: VirtualClock) -> Host {
    Host::new(move |invocation: HostedInvocation| async move {
        let lookup = |name: &str| setting(&invocation, name, false);
        let app =
            alarm_rollback::App::from_lookup(lookup, virtual_time(clock)).map_err(|error| chain(&error))?;
        let outcome =
            alarm_rollback::handle(&app, event(&invocation)).await.map_err(|error| chain(&error))?;
        serde_json::to_value(outcome).map_err(|error| error.to_string())
    })
}
