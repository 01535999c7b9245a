//! The function against a scripted AWS, with minutes that pass in no time.

use clock::Clock;
use hook::Outcome;
use post_traffic::{App, handle};
use serde_json::{Value, json};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub(crate) use scripted::{Asked, Reply, Stub, default_answer};

const EVENT: &str = include_str!("../../../../events/codedeploy/after-allow-traffic.json");
/// Virtual seconds per second: a bake of seven minutes in a fifth of a second.
const RATE: u64 = 2_000;
const STANDING: Duration = Duration::from_millis(300);
/// The virtual second in which the hook begins, half a minute after the deployment was created.
pub(crate) const BEGINS: i64 = 1_800_000_030;
pub(crate) const CREATED: i64 = 1_800_000_000;
/// The first minute of the bake.
pub(crate) const FROM: i64 = 1_800_000_060;
/// Real time of one invocation; its reserve is then a third.
pub(crate) const TIME: Duration = Duration::from_secs(30);

pub(crate) async fn run(stub: &Stub, time: Duration, settings: &[(&str, &str)]) -> Outcome {
    let app = App::from_lookup(stub.lookup(settings), clock()).unwrap();
    handle(&app, scripted::invocation(EVENT, time)).await.unwrap()
}

/// Virtual time stands still until the hook has surely begun, also on a busy computer: so its first minute is known.
#[expect(clippy::disallowed_methods, reason = "the virtual clock is real time sped up")]
fn clock() -> Clock {
    let (start, now) = (Instant::now(), SystemTime::now() + STANDING);
    let real_ms = now.duration_since(UNIX_EPOCH).unwrap().as_millis();
    let variable = format!("{},{real_ms},{RATE}", BEGINS * 1_000);
    Clock::new(SystemTime::now, move || start.elapsed()).rehearsed(Some(&variable)).unwrap()
}

/// A deployment of `shop:live` from 41 to 42, whose metrics and alarms are as said.
pub(crate) fn script(
    metrics: impl Fn(&str, i64) -> Option<f64> + Send + Sync + 'static,
    alarms: Value,
) -> impl Fn(&Asked) -> Reply + Send + Sync {
    move |asked| match asked.operation.as_str() {
        "GetDeployment" => Reply::Ok(deployment()),
        "GetMetricData" => Reply::Ok(metric_data(&asked.input, &metrics)),
        "DescribeAlarms" => Reply::Ok(alarms.clone()),
        _ => Reply::Default,
    }
}

fn deployment() -> Value {
    let mut answer = default_answer("GetDeployment");
    answer["deploymentInfo"]["createTime"] = json!(CREATED);
    answer
}

/// Sixty requests a minute of the new version, this many of them bad in the bake's n-th minute.
pub(crate) fn errors(bad: impl Fn(i64) -> u32) -> impl Fn(&str, i64) -> Option<f64> {
    move |id, minute| match id {
        "canary_errors_total" | "canary_slow_total" => Some(60.0),
        "canary_errors_bad" => Some(f64::from(bad(minute))),
        "canary_slow_within" => Some(100.0),
        _ => None,
    }
}

pub(crate) fn healthy() -> impl Fn(&str, i64) -> Option<f64> {
    errors(|_| 0)
}

/// A time in a call, in epoch seconds.
#[expect(clippy::cast_possible_truncation, reason = "whole seconds")]
pub(crate) fn second(input: &Value, name: &str) -> i64 {
    input[name].as_f64().unwrap() as i64
}

/// The values of each id from the first asked minute to the last.
fn metric_data(input: &Value, value: &impl Fn(&str, i64) -> Option<f64>) -> Value {
    let minutes: Vec<i64> = (second(input, "StartTime")..second(input, "EndTime")).step_by(60).collect();
    let result = |query: &Value| {
        let id = query["Id"].as_str().unwrap();
        let points = minutes.iter().filter_map(|at| Some((*at, value(id, (at - FROM) / 60 + 1)?)));
        let (timestamps, values): (Vec<i64>, Vec<f64>) = points.unzip();
        json!({"Id": id, "StatusCode": "Complete", "Timestamps": timestamps, "Values": values})
    };
    let queries = input["MetricDataQueries"].as_array().unwrap();
    json!({"MetricDataResults": queries.iter().map(result).collect::<Vec<_>>()})
}

/// One metric alarm.
pub(crate) fn alarm(name: &str, state: &str, since: i64) -> Value {
    json!({"MetricAlarms": [{
        "AlarmName": name, "StateValue": state, "StateReason": "as scripted",
        "StateTransitionedTimestamp": since, "StateUpdatedTimestamp": since + 3_600,
    }], "CompositeAlarms": []})
}

pub(crate) fn no_alarms() -> Value {
    json!({"MetricAlarms": [], "CompositeAlarms": []})
}
