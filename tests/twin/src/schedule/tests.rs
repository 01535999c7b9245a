use std::{
    collections::{BTreeMap, BTreeSet},
    os::unix::fs::PermissionsExt as _,
    time::Duration,
};

use chrono::Timelike as _;
use tempfile::TempDir;

use super::*;
use crate::{Twin, journal::Event};

/// A function without a compiler: prints every event that it gets and answers `{}`.
const PRINTS: &str = r#"#!/bin/bash
call() {
  exec 3<>"/dev/tcp/${AWS_LAMBDA_RUNTIME_API/://}"
  printf '%s HTTP/1.1\r\nHost: lambda\r\nConnection: close\r\nContent-Length: %s\r\n\r\n%s' "$1" "${#2}" "$2" >&3
  cat <&3
}
while answer=$(call "GET /2018-06-01/runtime/invocation/next" "" | tr -d '\r'); do
  id=$(sed -n 's/^lambda-runtime-aws-request-id: //p' <<<"$answer")
  tail -n 1 <<<"$answer"
  call "POST /2018-06-01/runtime/invocation/$id/response" "{}" >/dev/null
done
"#;
const CRASHES: &str = "#!/bin/sh\nexit 1\n";
const FUNCTION: &str = "judge";

/// A twin of 10 virtual minutes per second, and the folder of its programs.
async fn twin() -> (Twin, TempDir) {
    let twin = Twin::start(Options { rate: 600.0, ..Options::default() }).await.unwrap();
    (twin, tempfile::tempdir().unwrap())
}

fn create(twin: &Twin, folder: &TempDir, program: &str) {
    let path = folder.path().join("program");
    std::fs::write(&path, program).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    twin.services.lambda.create_from_program(FUNCTION, &path, &BTreeMap::new(), 60).unwrap();
}

fn every_minute(input: Option<Value>) -> Schedule {
    let (name, function) = ("every-minute".to_owned(), FUNCTION.to_owned());
    Schedule { name, function, every: TimeDelta::minutes(1), input }
}

/// Events that the function printed.
fn events(twin: &Twin) -> Vec<Value> {
    twin.log_lines(FUNCTION).iter().map(|line| serde_json::from_str(&line.line).unwrap()).collect()
}

async fn wait_for_events(twin: &Twin, count: usize) -> Vec<Value> {
    for _ in 0..400 {
        if events(twin).len() >= count {
            return events(twin);
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("no {count} events: {:?}", twin.log_lines(FUNCTION));
}

fn at(time: &str) -> DateTime<Utc> {
    time.parse().unwrap()
}

#[test]
fn event_is_that_of_eventbridge() {
    let mut event = event(&Options::default(), "every-minute", at("2026-11-23T10:01:00Z"));
    let id = event["id"].take();
    assert!(Uuid::parse_str(id.as_str().unwrap()).is_ok());
    assert_eq!(
        event,
        json!({"version": "0", "id": null, "detail-type": "Scheduled Event", "source": "aws.events",
            "account": "123456789012", "time": "2026-11-23T10:01:00Z", "region": "eu-west-1",
            "resources": ["arn:aws:events:eu-west-1:123456789012:rule/every-minute"], "detail": {}})
    );
}

#[test]
fn next_is_the_full_minute_ahead() {
    let minute = TimeDelta::minutes(1);
    for (now, next) in [
        ("2026-11-23T10:00:00Z", "2026-11-23T10:01:00Z"),
        ("2026-11-23T10:00:59.999Z", "2026-11-23T10:01:00Z"),
        ("2026-11-23T10:01:00Z", "2026-11-23T10:02:00Z"),
    ] {
        assert_eq!(next_after(at(now), None, minute), at(next), "{now}");
    }
    let five = TimeDelta::minutes(5);
    assert_eq!(next_after(at("2026-11-23T10:01:00Z"), None, five), at("2026-11-23T10:05:00Z"));
}

#[test]
fn minutes_are_skipped_when_they_have_passed() {
    let next =
        next_after(at("2026-11-23T10:04:30Z"), Some(at("2026-11-23T10:01:00Z")), TimeDelta::minutes(1));
    assert_eq!(next, at("2026-11-23T10:05:00Z"));
}

#[test]
fn minute_comes_once_when_the_timer_ends_early() {
    let early = at("2026-11-23T10:00:59.999Z");
    let next = next_after(early, Some(at("2026-11-23T10:01:00Z")), TimeDelta::minutes(1));
    assert_eq!(next, at("2026-11-23T10:02:00Z"));
}

#[test]
fn period_is_whole_minutes_within_its_limits() {
    for (seconds, minutes) in [(-60, 1), (0, 1), (59, 1), (60, 1), (119, 1), (120, 2), (3_600, 60)] {
        assert_eq!(period(TimeDelta::seconds(seconds)), TimeDelta::minutes(minutes), "{seconds}");
    }
    assert_eq!(period(TimeDelta::MAX), LONGEST);
}

#[tokio::test]
async fn function_gets_every_minute_once_when_the_handle_is_dropped() {
    let (twin, folder) = twin().await;
    create(&twin, &folder, PRINTS);
    drop(twin.schedule(every_minute(None)));
    let events = wait_for_events(&twin, 4).await;
    let times: Vec<_> = events.iter().map(|event| at(event["time"].as_str().unwrap())).collect();
    assert!(times.iter().all(|time| time.second() == 0), "{times:?}");
    assert_eq!(times.iter().collect::<BTreeSet<_>>().len(), times.len(), "none twice: {times:?}");
    let now = twin.clock().now();
    assert!(times.iter().all(|time| *time <= now), "none ahead of {now}: {times:?}");
}

#[tokio::test]
async fn input_replaces_the_event_when_it_is_given() {
    let (twin, folder) = twin().await;
    create(&twin, &folder, PRINTS);
    let input = json!({"alias": "live"});
    let _ = twin.schedule(every_minute(Some(input.clone())));
    assert_eq!(wait_for_events(&twin, 1).await[0], input);
}

#[tokio::test]
async fn nothing_is_invoked_when_disabled_until_enabled_again() {
    let (twin, folder) = twin().await;
    create(&twin, &folder, PRINTS);
    let schedule = twin.schedule(every_minute(None));
    schedule.disable();
    // Between two full minutes, where nothing is due.
    twin.clock().sleep_until(twin.clock().next_minute() + TimeDelta::seconds(210)).await;
    assert!(events(&twin).is_empty() && !schedule.is_enabled());
    let enabled = twin.clock().now();
    schedule.enable();
    let first = wait_for_events(&twin, 1).await[0]["time"].as_str().map(at).unwrap();
    assert!(first > enabled, "nothing is made up for: {first}");
}

#[tokio::test]
async fn schedule_goes_on_when_the_function_does_not_exist_yet() {
    let (twin, folder) = twin().await;
    let _ = twin.schedule(every_minute(None));
    twin.clock().sleep(TimeDelta::minutes(3)).await;
    create(&twin, &folder, PRINTS);
    wait_for_events(&twin, 1).await;
}

#[tokio::test]
async fn failures_are_in_the_journal_and_repeated_when_the_function_crashes() {
    let (twin, folder) = twin().await;
    create(&twin, &folder, CRASHES);
    let mut journal = twin.journal().subscribe();
    // The next hour is six real seconds away at most; the two repetitions follow within three minutes.
    let _ = twin.schedule(Schedule { every: TimeDelta::hours(1), ..every_minute(None) });
    let failed = async {
        let mut failures = Vec::new();
        while failures.len() < 3 {
            let entry = journal.recv().await.unwrap();
            if let Event::InvocationFailed { function, error, .. } = entry.event {
                assert!(function == FUNCTION && error.contains("Runtime.ExitError"), "{error}");
                failures.push(entry.at);
            }
        }
        failures
    };
    let failures = tokio::time::timeout(Duration::from_secs(30), failed).await.unwrap();
    let after = |earlier: usize, later: usize| failures[later] - failures[earlier];
    assert!(after(0, 1) >= TimeDelta::minutes(1) && after(1, 2) >= TimeDelta::minutes(2), "{failures:?}");
    assert!(after(0, 2) < TimeDelta::minutes(30), "repetitions, not the next hour: {failures:?}");
}
