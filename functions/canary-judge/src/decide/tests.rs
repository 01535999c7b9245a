use super::*;
use judge::{Counts, Criterion, Inputs, Phase, Series};
use proptest::prelude::*;

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + minute * 60, 0).unwrap()
}

fn began(traffic: &[i64]) -> Option<DateTime<Utc>> {
    after_last_gap(&traffic.iter().map(|minute| at(*minute)).collect())
}

#[test]
fn split_begins_after_the_last_gap_of_more_than_five_minutes() {
    assert_eq!(began(&[]), None);
    assert_eq!(began(&[3]), Some(at(3)));
    // Minutes 4 to 8 without traffic are a gap of five minutes: the same split.
    assert_eq!(began(&[1, 2, 3, 9, 10]), Some(at(1)));
    assert_eq!(began(&[1, 2, 3, 10, 11]), Some(at(10)));
    assert_eq!(began(&[1, 10, 30, 31]), Some(at(30)));
}

#[test]
fn window_begins_with_the_rollout_when_it_says_since_when() {
    let since = Some(at(3) + TimeDelta::seconds(59));
    let traffic = [at(8), at(9)].into();
    let window = window(since, [&traffic, &traffic], at(12), 2);
    assert_eq!((window.from, window.stable_from, window.minutes), (at(3), at(3), 7));
}

#[test]
fn window_begins_with_traffic_when_there_is_no_rollout() {
    let traffic = [at(8), at(9)].into();
    let window = window(None, [&traffic, &traffic], at(12), 2);
    assert_eq!((window.from, window.minutes), (at(8), 2));
}

#[test]
fn window_is_empty_when_there_is_no_traffic_or_nothing_is_settled() {
    let none = BTreeSet::new();
    let late = [at(10)].into();
    assert_eq!(window(None, [&none, &none], at(12), 2).minutes, 0);
    assert_eq!(window(None, [&late, &late], at(12), 2).minutes, 0);
    assert_eq!(window(Some(at(14)), [&none, &none], at(12), 2).minutes, 0);
}

fn report(canary: Option<(u64, u64)>, stable: (u64, u64)) -> Report {
    let counts = |(total, bad)| Counts::new(total, bad).unwrap();
    let series = Series {
        criterion: Criterion::new("errors", 0.01),
        canary: vec![canary.map(counts)],
        stable: vec![Some(counts(stable))],
    };
    let inputs = Inputs { alpha: 0.005, min_requests: 50, phase: Phase::Split, series: vec![series] };
    inputs.document().unwrap().report
}

fn value(data: &[Datum], name: &str) -> Option<f64> {
    data.iter().find(|datum| datum.name == name).map(|datum| datum.value)
}

#[test]
fn window_begins_when_both_versions_serve() {
    // The canary had all the traffic before, and the other version came back at minute 20.
    let canary = (0..30).map(at).collect();
    let stable = (20..30).map(at).collect();
    assert_eq!(window(None, [&canary, &stable], at(32), 2).from, at(20));
    assert_eq!(window(None, [&stable, &canary], at(32), 2).from, at(20));
    assert_eq!(window(None, [&canary, &BTreeSet::new()], at(32), 2).from, at(0));
}

#[test]
fn what_was_judged_stays_when_traffic_resumes_after_a_gap_and_is_not_settled() {
    let resumed = |minute| (0..3).chain([minute]).map(at).collect::<BTreeSet<_>>();
    let traffic = resumed(10);
    assert_eq!(window(None, [&traffic, &traffic], at(12), 2).from, at(0));
    assert_eq!(window(None, [&traffic, &traffic], at(13), 2).from, at(10));
}

#[test]
fn nothing_is_seen_when_there_is_no_minute_and_something_could_not_be_read() {
    let problem = ["canary_errors_total: InternalError".to_owned()];
    for (minutes, problems, nothing) in
        [(0, &problem[..], true), (0, &[][..], false), (1, &problem[..], false)]
    {
        let window = Window { from: at(0), minutes, stable_from: at(0) };
        assert_eq!(sees_nothing(&window, problems), nothing, "{minutes} {problems:?}");
    }
}

#[test]
fn blind_is_told_whatever_the_verdict_is() {
    assert_eq!(value(&published(&report(Some((100, 30)), (900, 0)), true), "Blind"), Some(1.0));
    assert_eq!(value(&published(&report(Some((100, 30)), (900, 0)), true), "Breach"), Some(1.0));
}

#[test]
fn flags_tell_the_verdict() {
    let cases = [
        (report(Some((100, 0)), (900, 0)), [0.0, 0.0, 0.0]),
        (report(Some((100, 30)), (900, 0)), [1.0, 0.0, 0.0]),
        (report(Some((100, 30)), (900, 270)), [0.0, 0.0, 1.0]),
        (report(None, (900, 0)), [0.0, 1.0, 0.0]),
        (report(Some((10, 0)), (90, 0)), [0.0, 0.0, 0.0]),
    ];
    for (report, expected) in cases {
        let data = published(&report, false);
        let flags = ["Breach", "Blind", "SharedFault"].map(|name| value(&data, name).unwrap());
        assert!(
            flags.iter().zip(expected).all(|(flag, expected)| (flag - expected).abs() < 1e-9),
            "{data:?}"
        );
        assert_eq!(value(&data, "Judged"), Some(1.0));
    }
}

#[test]
fn breach_is_left_out_when_blind() {
    let data = published_when_blind();
    assert_eq!(
        (value(&data, "Breach"), value(&data, "Blind"), value(&data, "Judged")),
        (None, Some(1.0), Some(0.0))
    );
}

#[test]
fn evidence_is_100_percent_at_least_when_it_breaches() {
    assert!(
        value(&published(&report(Some((100, 30)), (900, 0)), false), "EvidencePercent").unwrap() >= 100.0
    );
    assert!(value(&published(&report(Some((100, 1)), (900, 1)), false), "EvidencePercent").unwrap() < 100.0);
}

proptest! {
    #[test]
    fn window_never_reaches_into_unsettled_minutes(
        traffic in prop::collection::btree_set(-400_i64..20, 0..50), second in 0_i64..1_200, settle in 1_u32..20,
    ) {
        let now = at(0) + TimeDelta::seconds(second);
        let traffic = traffic.into_iter().map(at).collect();
        let window = window(None, [&traffic, &traffic], now, settle);
        if window.minutes > 0 {
            prop_assert!(window.to() + TimeDelta::minutes(settle.into()) <= now);
            prop_assert!(traffic.contains(&window.from));
        }
    }
}
