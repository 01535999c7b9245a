//! Whole releases through the pipeline: shifts, approvals, promotion and watch, with people around it.

pub(crate) mod approver;
pub(crate) mod observed;
pub(crate) mod pipeline;
mod read;
mod stage;
mod stand_ins;
mod watch;

use chrono::TimeDelta;
use twin::{journal::Event, programs::Programs};

use crate::{
    calls::Calls,
    error::RehearsalError,
    load::{Api, Load},
    names::{ALIAS, BACKEND, THROTTLED},
    observed::CustomerRequest,
    play::Tempo,
    progress::Progress,
    scenario::gated::GatedScenario,
};
use observed::{GatedObserved, Told};
use stage::GatedStage;
use watch::Watch;

/// Virtual minutes of load before the first execution.
const CALM: TimeDelta = TimeDelta::minutes(2);
/// Virtual minutes after everything ended: the rollback's sweep comes every minute, and finishes what is unfinished.
const AFTER: TimeDelta = TimeDelta::minutes(3);

/// Plays `scenario` on a fresh stage.
pub(crate) async fn play(
    scenario: &GatedScenario,
    programs: &Programs,
    tempo: Tempo,
) -> Result<(GatedObserved, Calls), RehearsalError> {
    let tempo = tempo.paced(scenario.pace, Some(scenario.requests_per_minute));
    let on = GatedStage::set(programs, (tempo.rate, tempo.seed), scenario).await?;
    let twin = &on.stage.twin;
    let clock = twin.clock();
    let (started_at, stopwatch) = (clock.now(), clock.stopwatch());
    let api = Api { function: BACKEND, alias: ALIAS, has_usage: true };
    let load = Load::start(on.stage.clients.customers.clone(), clock, api, tempo.requests_per_second);
    let progress = Progress::follow(scenario.name, twin, started_at, load.seen());
    let mut operated = Vec::new();
    let gave_up = within_the_limit(&on, scenario, &mut operated).await;
    let requests: Vec<CustomerRequest> = load.finish().await;
    progress.finish().await;
    let mut seen = read::read(&on, started_at).await?;
    seen.requests = requests;
    seen.operated = operated;
    seen.gave_up = gave_up;
    seen.rate = tempo.rate;
    seen.real_seconds = stopwatch.elapsed_ms() / 1000.0;
    Ok((seen, Calls::of(twin)))
}

/// A release that hangs is a result, and so is a person who cannot do what the script says: both are told in words.
async fn within_the_limit(
    on: &GatedStage,
    scenario: &GatedScenario,
    operated: &mut Vec<Told>,
) -> Option<String> {
    let clock = on.stage.twin.clock();
    let mut waiting_for = String::new();
    let ended = tokio::select! {
        ended = course(on, scenario, operated, &mut waiting_for) => Some(ended),
        () = clock.sleep(TimeDelta::minutes(scenario.limit_minutes)) => None,
    };
    match ended {
        Some(Ok(())) => None,
        Some(Err(error)) => Some(format!("{error} ({waiting_for})")),
        None => Some(format!("after {} virtual minutes: {waiting_for}", scenario.limit_minutes)),
    }
}

/// Starts the first execution, plays the script, and waits until all is quiet.
async fn course(
    on: &GatedStage,
    scenario: &GatedScenario,
    operated: &mut Vec<Told>,
    waiting_for: &mut String,
) -> Result<(), RehearsalError> {
    let twin = &on.stage.twin;
    let mut watch = Watch::new(twin.journal());
    twin.clock().sleep(CALM).await;
    // Only now: before the judge has run for some minutes, an alarm on its absence would be right to fire.
    on.put_alarms().await?;
    if scenario.broken_before {
        on.throttle_the_table(scenario.limit_minutes).await?;
        "the alarm about production's table did not fire".clone_into(waiting_for);
        watch.next(|event| is_alarm(event, THROTTLED)).await;
    }
    approver::start(on, false).await?;
    approver::follow(scenario.script, on, &mut watch, operated, waiting_for).await?;
    "an execution or a deployment is still on its way".clone_into(waiting_for);
    loop {
        watch.quiet().await;
        twin.clock().sleep(AFTER).await;
        // The way back may begin after the execution has ended.
        if watch::is_quiet(&twin.journal().entries()) {
            return Ok(());
        }
    }
}

fn is_alarm(event: &Event, name: &str) -> bool {
    matches!(event, Event::AlarmChanged { alarm, to, .. } if alarm == name && to == "ALARM")
}
