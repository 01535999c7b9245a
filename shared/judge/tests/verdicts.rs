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
    assert_eq!(judge().report().reason, "no minute has settled yet");
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
fn regression_is_no_breach_when_its_effect_is_too_small_however_long_it_lasts() {
    // Ten times the stable rate, for certain; a difference of 0.09 percentage points, and 0.1 is the least that matters.
    let mut judge = judge();
    for _ in 0..24 * 60 {
        let verdict = judge.minute(&[reading((100_000, 100), (900_000, 90))]).unwrap();
        assert_eq!(verdict, Verdict::Healthy);
    }
}

#[test]
fn regression_is_a_breach_when_its_effect_is_certain_to_matter() {
    let mut judge = judge();
    let verdict = judge.minute(&[reading((1_000_000, 1_400), (9_000_000, 900))]).unwrap();
    assert_eq!(verdict, Verdict::Breach { criterion: 0, test: Test::Regression });
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
fn innocent_canary_is_not_blamed_when_a_shared_outage_is_over() {
    for outage in [1, 3, 8] {
        let mut judge = judge();
        let mut minute = |canary, stable| judge.minute(&[reading(canary, stable)]).unwrap();
        (0..5).for_each(|_| assert_eq!(doubt(minute((60, 0), (540, 0))), None));
        let verdicts: Vec<_> = (0..outage).map(|_| doubt(minute((60, 30), (540, 270)))).collect();
        assert_eq!(verdicts.last(), Some(&Some(Doubt::BothOverLimit)));
        // The ten minutes in which the outage is still recent, and long after.
        let after: Vec<_> = (0..60).map(|_| minute((60, 0), (540, 1))).collect();
        assert!(
            !after.iter().any(|verdict| matches!(verdict, Verdict::Breach { .. })),
            "{outage}: {after:?}"
        );
        assert_eq!(after.last(), Some(&Verdict::Healthy));
    }
}

#[test]
fn canary_is_blamed_when_it_stays_bad_while_the_stable_version_recovers() {
    let mut judge = judge();
    (0..10).for_each(|_| drop(judge.minute(&[reading((60, 12), (540, 108))])));
    assert_eq!(judge.first_breach(), None);
    let recovered = [reading((60, 12), (540, 1))];
    let minutes = (1..=15).find(|_| matches!(judge.minute(&recovered).unwrap(), Verdict::Breach { .. }));
    assert!(minutes.is_some_and(|minutes| minutes <= 3), "{minutes:?}");
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
fn stable_version_is_not_blamed_when_chance_may_have_put_it_over_the_limit() {
    // P(X >= 4) of 90 at 1 % is 1.3 %, P(X >= 5) 0.2 %. The canary is over the limit each time.
    for (bad, blamed) in [(3, false), (4, false), (5, true)] {
        let mut judge = judge();
        let verdict = judge.minute(&[reading((60, 6), (90, bad))]).unwrap();
        assert_eq!(doubt(verdict) == Some(Doubt::BothOverLimit), blamed, "{bad}: {verdict:?}");
        assert_eq!(matches!(verdict, Verdict::Breach { .. }), !blamed, "{bad}: {verdict:?}");
    }
}

#[test]
fn fault_is_shared_when_two_of_two_requests_of_the_stable_version_fail() {
    let verdict = judge().minute(&[reading((3, 3), (2, 2))]).unwrap();
    assert_eq!(doubt(verdict), Some(Doubt::BothOverLimit));
}

#[test]
fn excused_minutes_stay_excused_when_the_stable_version_becomes_unreadable() {
    let judged_with = |stable: Option<Counts>| {
        let mut judge = judge();
        (0..5).for_each(|_| drop(judge.minute(&[Reading { canary: counts(60, 30), stable }])));
        (0..15).for_each(|_| drop(judge.minute(&[reading((60, 0), (540, 0))])));
        judge.verdict()
    };
    assert_eq!(judged_with(counts(540, 270)), Verdict::Healthy);
    assert_eq!(doubt(judged_with(None)), Some(Doubt::Unreadable));
}

#[test]
fn healthy_when_the_canary_is_well_beside_a_stable_version_that_never_is() {
    let mut judge = judge();
    let verdicts: Vec<_> = (0..30).map(|_| judge.minute(&[reading((60, 0), (540, 20))]).unwrap()).collect();
    assert_eq!(verdicts.last(), Some(&Verdict::Healthy));
    assert!(judge.report().reason.contains("but for 30 minutes in which"), "{}", judge.report().reason);
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
fn never_healthy_when_nobody_asked_the_canary() {
    let mut judge = Judge::new(Settings { min_requests: 0, ..settings(Phase::Split) }).unwrap();
    let verdict = judge.minute(&[reading((0, 0), (540, 0))]).unwrap();
    assert_eq!(doubt(verdict), Some(Doubt::TooFewRequests));
    assert_eq!(judge.minute(&[reading((1, 0), (540, 0))]).unwrap(), Verdict::Healthy);
}

#[test]
fn counts_may_be_as_large_as_numbers_go() {
    let most = (u64::MAX, u64::MAX);
    let mut judge = judge();
    (0..3).for_each(|_| assert!(judge.minute(&[reading(most, most)]).is_ok()));
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
