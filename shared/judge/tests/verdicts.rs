//! The rules of the verdict, through the public interface.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests may fail loudly")]

use judge::{Counts, Criterion, Doubt, Judge, Phase, Reading, Settings, Test, Verdict};

const LIMIT: f64 = 0.01;

fn settings(phase: Phase) -> Settings {
    Settings { alpha: 0.01, min_requests: 50, phase, criteria: vec![Criterion::new("errors", LIMIT)] }
}

fn judge() -> Judge {
    Judge::new(settings(Phase::Split)).unwrap()
}

fn counts(total: u64, bad: u64) -> Option<Counts> {
    Some(Counts::new(total, bad).unwrap())
}

fn reading(canary: (u64, u64), stable: (u64, u64)) -> Reading {
    Reading { canary: counts(canary.0, canary.1), stable: counts(stable.0, stable.1) }
}

fn doubt(verdict: Verdict) -> Option<Doubt> {
    match verdict {
        Verdict::Inconclusive { doubt, .. } => Some(doubt),
        _ => None,
    }
}

#[test]
fn doubtful_when_nothing_was_seen() {
    assert_eq!(doubt(judge().verdict()), Some(Doubt::TooFewRequests));
}

#[test]
fn healthy_when_the_requests_are_just_enough() {
    for (total, expected) in [(49, Some(Doubt::TooFewRequests)), (50, None), (51, None)] {
        let verdict = judge().minute(&[reading((total, 0), (450, 0))]).unwrap();
        assert_eq!(doubt(verdict), expected, "{total}");
        assert_eq!(verdict == Verdict::Healthy, expected.is_none());
    }
}

#[test]
fn share_is_within_when_it_equals_the_limit() {
    // The stable version has the same share, so that the regression test has nothing to say.
    for (bad, expected) in [(9, None), (10, None), (11, Some(Doubt::OverLimitNotProven))] {
        let verdict = judge().minute(&[reading((1_000, bad), (9_000, 90))]).unwrap();
        assert_eq!(doubt(verdict), expected, "{bad}");
    }
}

#[test]
fn breach_does_not_wait_for_requests() {
    let verdict = judge().minute(&[reading((3, 3), (30, 0))]).unwrap();
    assert!(matches!(verdict, Verdict::Breach { criterion: 0, .. }), "{verdict:?}");
}

#[test]
fn breach_is_of_the_limit_when_there_is_no_stable_version_beside() {
    let mut judge = Judge::new(settings(Phase::Whole)).unwrap();
    let alone = Reading { canary: counts(100, 20), stable: None };
    assert_eq!(judge.minute(&[alone]).unwrap(), Verdict::Breach { criterion: 0, test: Test::Limit });
    assert_eq!(judge.evidence_log10(0, Test::Regression), None);
}

#[test]
fn breach_is_of_the_regression_when_the_canary_is_far_worse_but_within_the_limit() {
    let mut judge = judge();
    let mut verdict = judge.verdict();
    for _ in 0..10 {
        verdict = judge.minute(&[reading((1_000, 8), (9_000, 5))]).unwrap();
    }
    assert_eq!(verdict, Verdict::Breach { criterion: 0, test: Test::Regression });
}

#[test]
fn regression_is_no_breach_when_its_effect_is_too_small() {
    // Ten times the stable rate, for certain, and still a difference of only 0.09 percentage points.
    let mut judge = judge();
    for _ in 0..20 {
        let verdict = judge.minute(&[reading((100_000, 100), (900_000, 90))]).unwrap();
        assert_eq!(verdict, Verdict::Healthy);
    }
    assert!(judge.evidence_log10(0, Test::Regression).unwrap() > 100.0);
}

#[test]
fn regression_is_a_breach_when_its_effect_is_just_enough() {
    // Effects of 0.099, 0.1 and 0.101 percentage points; the least that matters is 0.1.
    for (bad, breach) in [(1_090, false), (1_100, true), (1_110, true)] {
        let verdict = judge().minute(&[reading((1_000_000, bad), (9_000_000, 900))]).unwrap();
        assert_eq!(matches!(verdict, Verdict::Breach { .. }), breach, "{bad}: {verdict:?}");
    }
}

#[test]
fn fault_is_shared_when_both_versions_are_over_the_limit() {
    let mut judge = judge();
    for _ in 0..10 {
        let verdict = judge.minute(&[reading((60, 12), (540, 108))]).unwrap();
        assert!(!matches!(verdict, Verdict::Breach { .. }));
    }
    assert_eq!(doubt(judge.verdict()), Some(Doubt::BothOverLimit));
    assert_eq!(judge.first_breach(), None);
}

#[test]
fn canary_is_blamed_when_the_stable_version_recovers() {
    let mut judge = judge();
    (0..10).for_each(|_| drop(judge.minute(&[reading((60, 12), (540, 108))])));
    // The stable version is well again; once the last ten minutes say so, the canary's evidence counts.
    let mut minutes = 10;
    while doubt(judge.verdict()) == Some(Doubt::BothOverLimit) {
        judge.minute(&[reading((60, 0), (540, 0))]).unwrap();
        minutes += 1;
        assert!(minutes <= 20, "blame stays where it was");
    }
    assert!(matches!(judge.verdict(), Verdict::Breach { test: Test::Limit, .. }));
}

#[test]
fn canary_is_blamed_when_it_is_far_worse_than_a_bad_stable_version() {
    let mut judge = judge();
    let mut verdict = judge.verdict();
    for _ in 0..5 {
        verdict = judge.minute(&[reading((60, 50), (540, 30))]).unwrap();
    }
    assert!(matches!(verdict, Verdict::Breach { .. }), "{verdict:?}");
}

#[test]
fn stable_version_is_not_blamed_when_it_had_too_few_requests() {
    for (stable, shared) in [(49, false), (50, true)] {
        let mut judge = judge();
        // Enough evidence against the limit, none for a regression: both have the same share.
        judge.minute(&[reading((50, 10), (stable, stable / 5))]).unwrap();
        assert_eq!(doubt(judge.verdict()) == Some(Doubt::BothOverLimit), shared, "{stable}");
    }
}

#[test]
fn never_healthy_when_a_minute_is_unknown() {
    for unknown in
        [Reading { canary: None, stable: counts(540, 0) }, Reading { canary: counts(60, 0), stable: None }]
    {
        let mut judge = judge();
        judge.minute(&[unknown]).unwrap();
        for _ in 0..100 {
            let verdict = judge.minute(&[reading((60, 0), (540, 0))]).unwrap();
            assert_eq!(doubt(verdict), Some(Doubt::Unreadable));
        }
    }
}

#[test]
fn breach_outranks_every_doubt_and_the_strongest_is_named() {
    let mut settings = settings(Phase::Split);
    settings.criteria.push(Criterion::new("slow", 0.05));
    settings.criteria.push(Criterion::new("unknown", 0.05));
    let mut judge = Judge::new(settings).unwrap();
    let well = reading((60, 0), (540, 0));
    let verdict = judge.minute(&[well, well, Reading::default()]).unwrap();
    assert_eq!(verdict, Verdict::Inconclusive { criterion: 2, doubt: Doubt::Unreadable });
    let bad = reading((60, 10), (540, 0));
    let worse = reading((60, 60), (540, 0));
    let verdict = judge.minute(&[bad, worse, Reading::default()]).unwrap();
    assert!(matches!(verdict, Verdict::Breach { criterion: 1, .. }), "{verdict:?}");
}

#[test]
fn min_requests_of_a_criterion_outrank_the_general_ones() {
    let mut settings = settings(Phase::Split);
    settings.criteria.push(Criterion { min_requests: Some(0), ..Criterion::new("cold starts", 0.05) });
    let mut judge = Judge::new(settings).unwrap();
    let verdict = judge.minute(&[reading((60, 0), (540, 0)), reading((0, 0), (0, 0))]).unwrap();
    assert_eq!(verdict, Verdict::Healthy);
}

#[test]
fn first_breach_stays_on_record_when_the_verdict_changes() {
    let mut judge = judge();
    judge.minute(&[reading((60, 0), (540, 0))]).unwrap();
    judge.minute(&[reading((60, 12), (540, 2))]).unwrap();
    let first = judge.first_breach().unwrap().clone();
    assert_eq!((first.minute, first.canary), (2, Counts::new(120, 12).unwrap()));
    (0..5).for_each(|_| drop(judge.minute(&[reading((60, 12), (540, 108))])));
    assert_eq!(judge.first_breach(), Some(&first));
}

#[test]
fn minute_is_refused_when_readings_are_missing() {
    let error = judge().minute(&[]).unwrap_err().to_string();
    assert!(error.contains("one reading for each of the 1 criteria; got 0"), "{error}");
}

#[test]
fn numbers_stay_finite_after_a_week_of_a_million_requests_a_minute() {
    for bad in [0, 1, 5_000, 10_000, 20_000, 1_000_000] {
        let mut judge = judge();
        for _ in 0..7 * 24 * 60 {
            judge.minute(&[reading((1_000_000, bad), (9_000_000, 9_000))]).unwrap();
        }
        for test in [Test::Limit, Test::Regression] {
            assert!(judge.evidence_log10(0, test).unwrap().is_finite());
        }
        let report = serde_json::to_string(&judge.report()).unwrap();
        assert!(!report.contains("NaN"), "{report}");
    }
}
