use super::*;
use crate::cases::default_cases;
use crate::request::Format;

const HEALTHY: &[u8] = br#"{"statusCode": 200, "body": "{}"}"#;

fn judged(phase: Phase, latency: Duration, answer: Answer) -> CaseResult {
    judge(&default_cases(Format::Http)[0], "shop:42", &Observation { phase, latency, answer })
}

fn healthy_after(phase: Phase, latency: Duration) -> CaseResult {
    judged(phase, latency, Answer::Payload(HEALTHY.to_vec()))
}

fn failed(case: &str) -> CaseResult {
    let unhealthy = Answer::Payload(br#"{"statusCode": 503}"#.to_vec());
    CaseResult { case: case.to_owned(), ..judged(Phase::Warm, Duration::ZERO, unhealthy) }
}

#[test]
fn latency_passes_just_below_and_at_the_limit_and_fails_just_above() {
    let nanosecond = Duration::from_nanos(1);
    for (phase, limit) in [(Phase::Warm, Duration::from_secs(3)), (Phase::Cold, Duration::from_secs(10))] {
        assert_eq!(healthy_after(phase, limit - nanosecond).failures, []);
        assert_eq!(healthy_after(phase, limit).failures, []);
        assert!(matches!(healthy_after(phase, limit + nanosecond).failures[..], [Failure::Latency { .. }]));
    }
}

#[test]
fn cold_invocation_may_be_slower_than_a_warm_one() {
    let latency = Duration::from_secs(5);
    assert_eq!(healthy_after(Phase::Cold, latency).failures, []);
    let text = healthy_after(Phase::Warm, latency).failure_text();
    assert_eq!(text, "latency: expected at most 3000 ms, got 5000.0 ms");
}

#[test]
fn late_answer_is_judged_for_its_content_too() {
    let answer = Answer::Payload(br#"{"statusCode": 500, "body": "no"}"#.to_vec());
    let text = judged(Phase::Warm, Duration::from_secs(4), answer).failure_text();
    assert_eq!(
        text,
        "status: expected 200, got 500: body is no JSON (2 bytes); latency: expected at most 3000 ms, got 4000.0 ms"
    );
}

#[test]
fn failure_says_what_came_when_there_is_no_response() {
    let error =
        Answer::FunctionError { kind: "Unhandled".to_owned(), payload: br#"{"errorType":"X"}"#.to_vec() };
    let told = Answer::FunctionError {
        kind: "Unhandled".to_owned(),
        payload: br#"{"errorMessage":"exit status 1","errorType":"Runtime.ExitError"}"#.to_vec(),
    };
    for (answer, text) in [
        (error, "function error Unhandled: X"),
        (told, "function error Unhandled: Runtime.ExitError: exit status 1"),
        (Answer::Nothing("throttled".to_owned()), "no answer: throttled"),
        (Answer::NotAsked, "not asked: no time left"),
    ] {
        assert_eq!(judged(Phase::Cold, Duration::ZERO, answer).failure_text(), text);
    }
}

#[test]
fn reason_is_cut_when_it_is_long() {
    let reason =
        |length| judged(Phase::Cold, Duration::ZERO, Answer::Nothing("ä".repeat(length))).failure_text();
    assert!(!reason(EXCERPT_LIMIT).ends_with("..."));
    assert!(reason(EXCERPT_LIMIT + 1).ends_with("ä..."));
}

#[test]
fn fails_when_nothing_ran() {
    assert_eq!(decide(&[]), Verdict::Failed("no smoke case ran".to_owned()));
}

#[test]
fn succeeds_with_the_slowest_of_each_phase_when_all_passed() {
    let results = [
        healthy_after(Phase::Cold, Duration::from_millis(812)),
        healthy_after(Phase::Warm, Duration::from_millis(12)),
        healthy_after(Phase::Warm, Duration::from_millis(9)),
    ];
    let reason = "3 smoke invocations passed; slowest cold 812.0 ms, warm 12.0 ms";
    assert_eq!(decide(&results), Verdict::Succeeded(reason.to_owned()));
}

#[test]
fn fails_when_one_of_many_failed() {
    let results = [
        healthy_after(Phase::Cold, Duration::ZERO),
        failed("health"),
        healthy_after(Phase::Warm, Duration::ZERO),
    ];
    let reason = "1 of 3 smoke invocations failed: health (shop:42, warm): status: expected 200, got 503: body is nothing";
    assert_eq!(decide(&results), Verdict::Failed(reason.to_owned()));
}

#[test]
fn names_five_failures_and_counts_the_rest() {
    for (count, rest) in [(5, None), (6, Some(" | and 1 more"))] {
        let results: Vec<_> = (0..count).map(|index| failed(&format!("case-{index}"))).collect();
        let verdict = decide(&results);
        assert!(verdict.reason().contains("case-4") && !verdict.reason().contains("case-5"));
        assert!(rest.is_none_or(|rest| verdict.reason().ends_with(rest)), "{}", verdict.reason());
        assert_eq!(verdict.reason().contains("more"), rest.is_some());
    }
}
