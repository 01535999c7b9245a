//! The checks of releases that the judge decides.

use judge::{Inputs, Phase, Word};

use super::*;
use crate::{
    expect::judged::{
        completed_inconclusive, completed_while_blind, completed_without_a_breach, rolled_back_for_errors,
        rolled_back_for_latency, stopped_by_the_required_alarm,
    },
    judge_log::JudgeLine,
    names::{BLIND, BREACH, ERROR_RATE, SHARED_FAULT},
};

fn said(at: i64, verdict: Word, reason: &str) -> JudgeLine {
    let inputs = Inputs { alpha: 0.005, min_requests: 50, phase: Phase::Split, series: Vec::new() };
    JudgeLine { at: minute(at), verdict, reason: reason.to_owned(), from: START, inputs }
}

fn fired(at: i64, alarm: &str) -> Entry {
    let [alarm, from, to, reason] = [alarm, "OK", "ALARM", "it breached"].map(str::to_owned);
    Entry { at: minute(at), event: Event::AlarmChanged { alarm, from, to, reason } }
}

/// Stopped by the judge's alarm at minute 8, as it should be.
fn rolled_back() -> Observed {
    Observed {
        status: "Stopped".to_owned(),
        rollback: Some(("d-2".to_owned(), "Succeeded".to_owned())),
        alias_version: "1".to_owned(),
        journal: vec![hook("Succeeded"), alias(1, "1", &[("2", 0.1)]), fired(8, BREACH), alias(9, "1", &[])],
        verdicts: vec![
            said(4, Word::Inconclusive, "too few"),
            said(8, Word::Breach, "http_5xx: the canary is over the limit"),
        ],
        ..good()
    }
}

/// Stopped by the required alarm, as it should be.
fn shared() -> Observed {
    Observed {
        journal: vec![
            alias(1, "1", &[("2", 0.1)]),
            fired(5, SHARED_FAULT),
            fired(13, ERROR_RATE),
            alias(14, "1", &[]),
        ],
        verdicts: vec![said(5, Word::Inconclusive, "both versions over the limit")],
        ..rolled_back()
    }
}

/// Completed for want of requests, as it should be.
fn inconclusive() -> Observed {
    Observed {
        verdicts: vec![said(5, Word::Inconclusive, "too few requests")],
        last_hook_reason: Some("INCONCLUSIVE: too few requests".to_owned()),
        ..good()
    }
}

/// Completed while some requests fail, as it should be.
fn noisy() -> Observed {
    let mut seen = good();
    seen.requests[3].status = Some(500);
    Observed { verdicts: vec![said(5, Word::Healthy, "within every limit")], ..seen }
}

/// Completed while the judge was blind, as it should be.
fn blind() -> Observed {
    let mut seen = good();
    seen.journal.push(fired(6, BLIND));
    seen
}

#[test]
fn nothing_deviates_when_the_judge_does_its_work() {
    assert_eq!(rolled_back_for_errors(&rolled_back()), [""; 0]);
    assert_eq!(stopped_by_the_required_alarm(&shared()), [""; 0]);
    assert_eq!(completed_inconclusive(&inconclusive()), [""; 0]);
    assert_eq!(completed_without_a_breach(&noisy()), [""; 0]);
    assert_eq!(completed_while_blind(&blind()), [""; 0]);
}

type Check = fn(&Observed) -> Vec<String>;

fn each_is_noticed(seen: fn() -> Observed, check: Check, cases: &[Spoiled]) {
    for (spoil, sentence) in cases {
        let mut seen = seen();
        spoil(&mut seen);
        let wrong = check(&seen);
        assert!(wrong.iter().any(|w| w.contains(sentence)), "{sentence}: {wrong:?}");
    }
}

#[test]
fn rollback_deviates_when_any_part_is_wrong() {
    each_is_noticed(
        rolled_back,
        rolled_back_for_errors,
        &[
            (|seen| seen.status = "Succeeded".to_owned(), "not Stopped"),
            (|seen| seen.rollback = None, "rollback deployment did not succeed"),
            (|seen| seen.alias_version = "2".to_owned(), "to version 1"),
            (|seen| seen.journal[2] = fired(8, ERROR_RATE), "the judge's alarm did not fire"),
            (|seen| seen.verdicts[1].reason = "slow: worse".to_owned(), "is not http_5xx: slow"),
            (|seen| seen.verdicts.clear(), "is not http_5xx: nothing"),
            (|seen| seen.journal[3] = alias(22, "1", &[]), "had customers for 21 minutes"),
            (|seen| seen.requests.retain(|r| r.version.as_deref() == Some("1")), "ever reached version 2"),
            (|seen| seen.candidate_requests_metric = 18.0, "own Requests of version 2"),
        ],
    );
}

#[test]
fn rollback_for_latency_deviates_when_a_customer_saw_an_error() {
    let mut seen = rolled_back();
    seen.verdicts[1].reason = "slow: the canary is over the limit".to_owned();
    assert_eq!(rolled_back_for_latency(&seen), [""; 0]);
    seen.requests[3].status = Some(500);
    assert_eq!(rolled_back_for_latency(&seen), ["1 customer requests failed"]);
}

#[test]
fn shared_outage_deviates_when_the_judge_blames_or_nobody_is_told() {
    each_is_noticed(
        shared,
        stopped_by_the_required_alarm,
        &[
            (|seen| seen.verdicts.push(said(6, Word::Breach, "http_5xx: worse")), "the judge said breach"),
            (|seen| seen.journal.push(fired(6, BREACH)), "the judge's alarm fired"),
            (|seen| drop(seen.journal.remove(1)), "nobody was told"),
            (|seen| drop(seen.journal.remove(2)), "required error-rate alarm did not fire"),
            (|seen| seen.journal[1] = fired(13, SHARED_FAULT), "only after"),
        ],
    );
}

#[test]
fn completed_releases_deviate_when_the_word_is_wrong() {
    each_is_noticed(
        inconclusive,
        completed_inconclusive,
        &[
            (|seen| seen.verdicts.clear(), "never said inconclusive"),
            (|seen| seen.verdicts.push(said(6, Word::Healthy, "well")), "said healthy"),
            (
                |seen| seen.last_hook_reason = Some("10 requests, all well".to_owned()),
                "did not say INCONCLUSIVE",
            ),
            (|seen| seen.journal[4] = last_hook("Failed"), "the post-traffic hook did not report Succeeded"),
        ],
    );
    each_is_noticed(
        noisy,
        completed_without_a_breach,
        &[
            (|seen| seen.requests[3].status = Some(200), "nothing was noisy"),
            (|seen| seen.verdicts.clear(), "the judge said nothing"),
            (|seen| seen.verdicts[0].verdict = Word::Breach, "the judge said breach"),
            (|seen| seen.alias_is_whole = false, "does not send everything to version 2"),
        ],
    );
    each_is_noticed(
        blind,
        completed_while_blind,
        &[
            (|seen| drop(seen.journal.pop()), "the Blind alarm did not fire"),
            (|seen| seen.status = "Stopped".to_owned(), "not Succeeded"),
        ],
    );
}
