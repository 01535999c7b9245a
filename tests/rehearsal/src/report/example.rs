//! Three made-up releases: what the page looks like without playing anything.

pub(super) mod judged;

use chrono::{DateTime, TimeDelta, Utc};

use super::model::{
    EntryKind, KeyFigure, Minute, Outcome, Release, Report, Step, StepStatus, TimelineEntry, VersionMinute,
    WeightChange,
};

/// Noon of a virtual day.
fn noon() -> DateTime<Utc> {
    "2026-03-02T12:00:00Z".parse().unwrap()
}

/// A moment, in virtual seconds since the start.
pub(super) fn at(seconds: i64) -> DateTime<Utc> {
    noon() + TimeDelta::seconds(seconds)
}

pub(super) fn report() -> Report {
    Report {
        title: "Rehearsal of the backend’s releases".to_owned(),
        seed: 20_260_302,
        rate_minutes_per_second: 2.0,
        written_at: at(7200),
        releases: vec![good_version(), smoke_failure(), crash_at_start()],
    }
}

pub(super) fn entry(seconds: i64, kind: EntryKind, text: &str) -> TimelineEntry {
    TimelineEntry { at: at(seconds), kind, text: text.to_owned() }
}

pub(super) fn figure(label: &str, value: &str, note: &str) -> KeyFigure {
    KeyFigure { label: label.to_owned(), value: value.to_owned(), note: note.to_owned() }
}

pub(super) fn weight(seconds: i64, main: &str, canary: Option<&str>, percent: f64) -> WeightChange {
    let canary_version = canary.map(str::to_owned);
    WeightChange { at: at(seconds), main_version: main.to_owned(), canary_version, canary_percent: percent }
}

pub(super) fn step(name: &str, status: StepStatus, seconds: Option<(i64, i64)>, note: &str) -> Step {
    Step {
        name: name.to_owned(),
        status,
        started_at: seconds.map(|(start, _)| at(start)),
        ended_at: seconds.map(|(_, end)| at(end)),
        note: note.to_owned(),
    }
}

/// One minute of traffic of one version, with nothing else to say about it.
pub(super) fn version_minute(version: &str, requests: u64) -> VersionMinute {
    VersionMinute { version: version.to_owned(), requests, errors: 0, p50_ms: None, p95_ms: None }
}

/// A release of which nothing is known: a start for examples with one property.
pub(super) fn release() -> Release {
    Release {
        name: "nothing".to_owned(),
        title: "Nothing happens".to_owned(),
        expectation: "Nothing should happen.".to_owned(),
        outcome: Outcome::AsExpected,
        conclusion: "Nothing happened.".to_owned(),
        key_figures: vec![],
        started_at: at(0),
        ended_at: at(0),
        timeline: vec![],
        minutes: vec![],
        weights: vec![],
        steps_of: "deployment",
        steps: vec![],
        judged: None,
    }
}

/// A number that looks random and never changes, from 0 up to `below`.
fn noise(seed: u64, below: u64) -> u64 {
    (seed.wrapping_mul(6_364_136_223_846_793_005) >> 33) % below
}

/// One minute of about 95 requests, `share` percent of them for `new`, of which `failing` percent fail.
fn minute(number: i64, share: u64, new: &str, failing: u64) -> Minute {
    let seed = number.unsigned_abs() + 17;
    let all = 86 + noise(seed, 19);
    let canary = (all * share + noise(seed * 3, 100)) / 100;
    let old = (all > canary).then(|| version("1", all - canary, 0, seed * 5, 11.0));
    let new = (canary > 0).then(|| version(new, canary, canary * failing / 100, seed * 7, 9.0));
    Minute { at: at(number * 60), versions: old.into_iter().chain(new).collect() }
}

fn version(version: &str, requests: u64, errors: u64, seed: u64, median: f64) -> VersionMinute {
    let jitter = f64::from(u32::try_from(noise(seed, 40)).unwrap()) / 10.0;
    VersionMinute {
        version: version.to_owned(),
        requests,
        errors,
        p50_ms: Some(median + jitter / 4.0),
        p95_ms: Some(median * 2.4 + jitter * 2.0),
    }
}

fn good_version() -> Release {
    let share = |number| match number {
        0..2 => 0,
        2..17 => 10,
        _ => 100,
    };
    Release {
        name: "good-version".to_owned(),
        title: "A good version 2 through Canary10Percent15Minutes".to_owned(),
        expectation: "Version 2 passes its smoke test, serves 10 % of the requests for 15 minutes, then all."
            .to_owned(),
        outcome: Outcome::AsExpected,
        conclusion: "All requests moved to version 2 in 15 min 38 s, and none of them failed.".to_owned(),
        key_figures: vec![
            figure("Deployment d-4KQ2M8XZP", "Succeeded", "Canary10Percent15Minutes"),
            figure("Failed requests", "0", "of 2061, both versions"),
            figure("Smoke test", "412 ms", "real time, 3 cases"),
            figure("Time at 10 %", "15 min", "asked for: 15 min"),
        ],
        started_at: at(0),
        ended_at: at(22 * 60),
        timeline: good_timeline(),
        minutes: (0..22).map(|number| minute(number, share(number), "2", 0)).collect(),
        weights: vec![
            weight(-5, "1", None, 0.0),
            weight(139, "1", Some("2"), 10.0),
            weight(1039, "2", None, 0.0),
        ],
        steps_of: "deployment",
        steps: vec![
            step("BeforeAllowTraffic", StepStatus::Succeeded, Some((112, 137)), ""),
            step(
                "AllowTraffic",
                StepStatus::Succeeded,
                Some((139, 1039)),
                "10 % for 15 minutes, then the rest",
            ),
            step("AfterAllowTraffic", StepStatus::Succeeded, Some((1041, 1048)), ""),
        ],
        judged: Some(judged::good()),
    }
}

fn good_timeline() -> Vec<TimelineEntry> {
    vec![
        entry(0, EntryKind::Load, "90 requests a minute go to the alias live."),
        entry(110, EntryKind::Deployment, "d-4KQ2M8XZP created: version 1 to version 2."),
        entry(112, EntryKind::Hook, "pre-traffic invoked for BeforeAllowTraffic."),
        entry(
            137,
            EntryKind::Hook,
            "pre-traffic answered Succeeded: 3 of 3 smoke cases passed on version 2.",
        ),
        entry(139, EntryKind::Traffic, "10 % to version 2, 90 % to version 1."),
        entry(1039, EntryKind::Traffic, "All to version 2."),
        entry(1048, EntryKind::Deployment, "d-4KQ2M8XZP Succeeded."),
        entry(1320, EntryKind::Note, "End of observation: no alarm fired."),
    ]
}

fn smoke_failure() -> Release {
    Release {
        name: "smoke-failure".to_owned(),
        title: "Version 2 answers its smoke test with HTTP 500".to_owned(),
        expectation: "The hook reports Failed before any traffic moves, and no customer meets version 2."
            .to_owned(),
        outcome: Outcome::AsExpected,
        conclusion: "BeforeAllowTraffic failed 31 s after it began; version 1 kept every request.".to_owned(),
        key_figures: vec![
            figure("Customer requests on version 2", "0", "of 744"),
            figure("Deployment d-9WJ3T1RLV", "Failed", "HEALTH_CONSTRAINTS not reached"),
            figure("Time to failure", "31 s", "virtual, from the hook’s start"),
        ],
        started_at: at(0),
        ended_at: at(8 * 60),
        timeline: vec![
            entry(0, EntryKind::Load, "90 requests a minute go to the alias live."),
            entry(118, EntryKind::Deployment, "d-9WJ3T1RLV created: version 1 to version 2."),
            entry(120, EntryKind::Hook, "pre-traffic invoked for BeforeAllowTraffic."),
            entry(
                151,
                EntryKind::Hook,
                "pre-traffic answered Failed: GET /health was answered 500, expected 200 (body: {\"message\":\"configuration is incomplete: MANUALS_TABLE is not set, and the function cannot tell which table to read its manuals from\"}).",
            ),
            entry(153, EntryKind::Deployment, "d-9WJ3T1RLV Failed; the alias never moved."),
        ],
        minutes: (0..8).map(|number| minute(number, 0, "2", 0)).collect(),
        weights: vec![weight(0, "1", None, 0.0)],
        steps_of: "deployment",
        steps: vec![
            step(
                "BeforeAllowTraffic",
                StepStatus::Failed,
                Some((120, 151)),
                "GET /health was answered 500, expected 200",
            ),
            step("AllowTraffic", StepStatus::Skipped, None, ""),
            step("AfterAllowTraffic", StepStatus::Skipped, None, ""),
        ],
        judged: None,
    }
}

fn crash_at_start() -> Release {
    let mut minutes: Vec<Minute> =
        (0..12)
            .map(|number| {
                if (3..6).contains(&number) {
                    minute(number, 10, "2", 100)
                } else {
                    minute(number, 0, "2", 0)
                }
            })
            .collect();
    for entry in
        minutes.iter_mut().flat_map(|minute| &mut minute.versions).filter(|entry| entry.version == "2")
    {
        (entry.p50_ms, entry.p95_ms) = (None, None);
    }
    Release {
        name: "crash-at-start".to_owned(),
        title: "Version 2 crashes at its first request, and the smoke test was skipped".to_owned(),
        expectation: "The alarm on version 2’s errors stops the deployment within 2 minutes and traffic returns to version 1.".to_owned(),
        outcome: Outcome::Deviated(vec![
            "Traffic returned 2 min 50 s after the first failure; at most 2 min were allowed.".to_owned(),
            "27 customer requests failed; at most 20 were allowed.".to_owned(),
        ]),
        conclusion: "The alarm fired and the deployment was rolled back, but later than promised.".to_owned(),
        key_figures: vec![
            figure("Deployment d-2BHN7CYQA", "Stopped", "rolled back by alarm"),
            figure("Failed requests", "27", "all on version 2; allowed: 20"),
            figure("Time to rollback", "2 min 50 s", "allowed: 2 min"),
        ],
        started_at: at(0),
        ended_at: at(12 * 60),
        timeline: vec![
            entry(0, EntryKind::Load, "90 requests a minute go to the alias live."),
            entry(170, EntryKind::Deployment, "d-2BHN7CYQA created: version 1 to version 2."),
            entry(180, EntryKind::Traffic, "10 % to version 2, 90 % to version 1."),
            entry(345, EntryKind::Alarm, "backend-canary-errors: OK to ALARM, 3 of 3 data points above 1."),
            entry(350, EntryKind::Deployment, "d-2BHN7CYQA Stopped by the alarm; rollback d-5XTRG0EEM created."),
            entry(352, EntryKind::Traffic, "All to version 1."),
            entry(600, EntryKind::Alarm, "backend-canary-errors: ALARM to OK."),
        ],
        minutes,
        weights: vec![weight(0, "1", None, 0.0), weight(180, "1", Some("2"), 10.0), weight(352, "1", None, 0.0)],
        steps_of: "deployment",
        steps: vec![
            step("BeforeAllowTraffic", StepStatus::Succeeded, Some((172, 178)), "no smoke cases were configured"),
            step("AllowTraffic", StepStatus::Failed, Some((180, 350)), "stopped by the alarm backend-canary-errors"),
            step("AfterAllowTraffic", StepStatus::Skipped, None, ""),
        ],
        judged: Some(judged::crash()),
    }
}
