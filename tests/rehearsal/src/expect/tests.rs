//! Each check must notice each thing that can go wrong.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use twin::journal::{Entry, Event};

use super::*;
use crate::observed::CustomerRequest;

/// A way to spoil a release, and a part of the sentence that must tell it.
type Spoiled = (fn(&mut Observed), &'static str);

const START: DateTime<Utc> = DateTime::UNIX_EPOCH;

fn minute(minute: i64) -> DateTime<Utc> {
    START + TimeDelta::minutes(minute)
}

fn request(at: i64, version: &str, status: u16) -> CustomerRequest {
    CustomerRequest {
        at: minute(at),
        version: Some(version.to_owned()),
        status: Some(status),
        latency_ms: 4.0,
    }
}

fn alias(at: i64, version: &str, weights: &[(&str, f64)]) -> Entry {
    let weights: BTreeMap<_, _> = weights.iter().map(|&(v, w)| (v.to_owned(), w)).collect();
    let (function, alias) = ("backend".to_owned(), "live".to_owned());
    Entry {
        at: minute(at),
        event: Event::AliasMoved { function, alias, version: version.to_owned(), weights },
    }
}

fn answered(at: i64, step: &str, status: &str) -> Entry {
    let (deployment, event) = ("d-1".to_owned(), step.to_owned());
    Entry { at: minute(at), event: Event::HookAnswered { deployment, event, status: status.to_owned() } }
}

fn hook(status: &str) -> Entry {
    answered(2, "BeforeAllowTraffic", status)
}

fn last_hook(status: &str) -> Entry {
    answered(18, "AfterAllowTraffic", status)
}

/// A canary as it should be: every tenth request on version 2 from minute 2 to minute 17, then all of them.
fn good() -> Observed {
    let during =
        (2..17).flat_map(|at| (0..10).map(move |n| request(at, if n == 0 { "2" } else { "1" }, 200)));
    let requests: Vec<_> = during.chain((17..19).map(|at| request(at, "2", 200))).collect();
    Observed {
        started_at: START,
        ended_at: minute(19),
        deployment: "d-1".to_owned(),
        status: "Succeeded".to_owned(),
        rollback: None,
        candidate_invocations_metric: 17.0,
        candidate_requests_metric: 17.0,
        rate: 1.0,
        requests,
        hook_reason: None,
        last_hook_reason: None,
        verdicts: Vec::new(),
        journal: vec![
            hook("Succeeded"),
            alias(1, "1", &[]),
            alias(1, "1", &[("2", 0.1)]),
            alias(16, "2", &[]),
            last_hook("Succeeded"),
        ],
        alias_version: "2".to_owned(),
        alias_is_whole: true,
        real_seconds: 19.0,
    }
}

/// A version refused before traffic, as it should be.
fn refused() -> Observed {
    Observed {
        status: "Failed".to_owned(),
        rollback: Some(("d-2".to_owned(), "Succeeded".to_owned())),
        requests: (0..4).map(|at| request(at, "1", 200)).collect(),
        candidate_invocations_metric: 0.0,
        candidate_requests_metric: 0.0,
        hook_reason: Some("expected 200, got 500, then Runtime.ExitError".to_owned()),
        journal: vec![hook("Failed"), alias(0, "1", &[])],
        alias_version: "1".to_owned(),
        ..good()
    }
}

#[test]
fn nothing_deviates_when_all_is_well() {
    assert_eq!(completed(&good()), [""; 0]);
    assert_eq!(refused_for_its_answers(&refused()), [""; 0]);
    assert_eq!(refused_for_its_crash(&refused()), [""; 0]);
}

#[test]
fn completed_release_deviates_when_any_part_is_wrong() {
    let cases: [Spoiled; 11] = [
        (|seen| seen.status = "Stopped".to_owned(), "ended Stopped"),
        (|seen| seen.journal[0] = hook("Failed"), "the pre-traffic hook did not report Succeeded"),
        (|seen| seen.journal[4] = last_hook("Failed"), "the post-traffic hook did not report Succeeded"),
        (|seen| seen.alias_is_whole = false, "does not send everything"),
        (|seen| seen.requests[3].status = Some(500), "1 customer requests failed"),
        (|seen| seen.requests[3].status = None, "1 customer requests failed"),
        (|seen| seen.journal[3] = alias(11, "2", &[]), "lasted 10:00 minutes"),
        (|seen| drop(seen.journal.remove(2)), "never split"),
        (
            |seen| seen.requests[1..30].iter_mut().for_each(|r| r.version = Some("2".to_owned())),
            "went to the canary",
        ),
        (|seen| seen.candidate_invocations_metric = 16.0, "Invocations of version 2 through live is 16"),
        (|seen| seen.candidate_requests_metric = 18.0, "own Requests of version 2 through live is 18"),
    ];
    for (spoil, sentence) in cases {
        let mut seen = good();
        spoil(&mut seen);
        let wrong = completed(&seen);
        assert!(wrong.iter().any(|w| w.contains(sentence)), "{sentence}: {wrong:?}");
    }
}

#[test]
fn refused_release_deviates_when_any_part_is_wrong() {
    let cases: [Spoiled; 7] = [
        (|seen| seen.status = "Succeeded".to_owned(), "not Failed"),
        (|seen| seen.journal[0] = hook("Succeeded"), "did not report Failed"),
        (|seen| seen.requests[2].version = Some("2".to_owned()), "1 customer requests reached version 2"),
        (|seen| seen.alias_version = "2".to_owned(), "does not send everything to version 1"),
        (|seen| seen.rollback = None, "rollback deployment did not succeed"),
        (
            |seen| seen.hook_reason = Some("access denied".to_owned()),
            "is not \"Runtime.ExitError\": access denied",
        ),
        (|seen| seen.hook_reason = None, "nothing"),
    ];
    for (spoil, sentence) in cases {
        let mut seen = refused();
        spoil(&mut seen);
        let wrong = refused_for_its_crash(&seen);
        assert!(wrong.iter().any(|w| w.contains(sentence)), "{sentence}: {wrong:?}");
    }
}

#[test]
fn canary_length_is_as_configured_when_it_deviates_by_the_slack_at_most() {
    let slack = TimeDelta::seconds(32);
    for (late, well) in [(-slack, true), (slack, true), (slack + TimeDelta::milliseconds(1), false)] {
        let mut seen = good();
        seen.journal[3].at += late;
        let wrong = completed(&seen);
        assert_eq!(wrong.iter().all(|w| !w.contains("lasted")), well, "{late}: {wrong:?}");
    }
}

mod of_gated;
mod of_the_judge;
