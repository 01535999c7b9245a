use super::*;
use judge::{Counts, Criterion, Inputs, Phase, Series};

const S: fn(u64) -> Duration = Duration::from_secs;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

/// Five minutes from `at(0)`, settled two minutes later: seven looks.
fn bake() -> Bake {
    Bake { from: at(0), minutes: 5, settle_minutes: 2 }
}

#[test]
fn bake_begins_with_the_next_full_minute() {
    let from = |now| Bake::beginning(now, 5, 2).from;
    assert_eq!(from(at(0)), at(0));
    assert_eq!(from(at(0) + TimeDelta::milliseconds(1)), at(60));
    assert_eq!(from(at(59)), at(60));
}

#[test]
fn looks_come_after_each_minute_until_the_last_is_settled() {
    let bake = bake();
    assert_eq!((bake.look_at(1), bake.ends_at()), (at(65), at(425)));
    assert_eq!(bake.ends_at_the_latest(at(-1)), at(484));
    assert_eq!(bake.next_look(0, at(-30)), Some(1));
    assert_eq!(bake.next_look(1, at(66)), Some(2));
    assert_eq!((bake.next_look(6, at(366)), bake.next_look(7, at(426))), (Some(7), None));
}

#[test]
fn missed_looks_are_left_out_but_never_the_last() {
    let bake = bake();
    // The first took until just before, and until, the third is due.
    assert_eq!((bake.next_look(1, at(184)), bake.next_look(1, at(185))), (Some(2), Some(3)));
    assert_eq!(bake.next_look(1, at(9_999)), Some(7));
}

#[test]
fn window_holds_what_is_settled_and_at_most_the_bake() {
    let minutes = |look| bake().window(look).minutes;
    assert_eq!([0, 2, 3, 6, 7, 8].map(minutes), [0, 0, 1, 4, 5, 5]);
    let window = bake().window(7);
    assert_eq!((window.from, window.to(), window.stable_from), (at(0), at(300), at(-300)));
}

fn time(left_ms: u64, reserve: u64) -> Time {
    let (bake, longest_bake) = (S(425), S(485));
    Time { bake, longest_bake, left: Duration::from_millis(left_ms), reserve: S(reserve) }
}

#[test]
fn bake_fits_when_its_last_calls_end_before_the_check_must() {
    assert!(!time(429_999, 10).suffices());
    assert!(time(430_000, 10).suffices());
    assert!(!time(489_999, 10).always_suffices());
    assert!(time(490_000, 10).always_suffices());
}

#[test]
fn needed_timeout_is_the_shortest_in_which_the_longest_bake_fits() {
    // 500 s to check: a reserve of up to half of that is whole, a larger one is cut to a third of all.
    for (reserve, needed) in [(10, 510), (250, 750), (251, 750), (300, 750)] {
        let time = time(0, reserve);
        assert_eq!(time.needed_timeout_seconds(), needed);
        let check = |timeout| {
            let times = hook::Timetable::new(Duration::ZERO, S(timeout), time.reserve);
            times.check_until.saturating_sub(OBSERVING + time.longest_bake + CALLS)
        };
        assert_eq!(check(needed), Duration::ZERO, "{reserve}");
        assert!(check(needed + 3) > Duration::ZERO, "{reserve}");
    }
}

#[test]
fn advice_names_the_timeout_unless_lambda_allows_none_so_long() {
    let advice = time(290_000, 10).advice(&bake());
    assert!(advice.contains("5 minutes and 2 to settle takes 430 s, and 290 s are left"), "{advice}");
    assert!(advice.ends_with("a time-out of at least 510 s, or shorten BAKE_MINUTES"), "{advice}");
    for (longest_bake, allowed) in [(S(875), true), (S(876), false)] {
        let advice = Time { longest_bake, ..time(0, 10) }.advice(&bake());
        assert_eq!(advice.contains("give the function"), allowed, "{advice}");
        assert_eq!(advice.contains("needs a function time-out of 901 s, Lambda allows 900"), !allowed);
    }
}

fn alarm(firing: bool, since: Option<i64>) -> Alarm {
    let reason = "2 of 2 datapoints".to_owned();
    Alarm { name: "orders".to_owned(), firing, since: since.map(at), reason }
}

fn blamed(alarm: Alarm, deployed_at: Option<i64>, before: Option<&BTreeSet<String>>) -> Alarms {
    blame(&["orders".to_owned()], &[alarm], deployed_at.map(at), before)
}

fn blameless(names: &[&str]) -> Alarms {
    Alarms::Blameless(names.iter().map(|name| (*name).to_owned()).collect())
}

fn since_this_deployment() -> Alarms {
    Alarms::Blamed("alarm orders fires since this deployment: 2 of 2 datapoints".to_owned())
}

#[test]
fn alarm_is_blamed_on_the_deployment_when_it_fires_since_its_creation() {
    for (since, expected) in
        [(99, blameless(&["orders"])), (100, since_this_deployment()), (101, since_this_deployment())]
    {
        assert_eq!(blamed(alarm(true, Some(since)), Some(100), None), expected, "{since}");
        assert_eq!(blamed(alarm(false, Some(since)), Some(100), None), blameless(&[]), "{since}");
    }
}

#[test]
fn first_look_counts_when_a_date_is_unknown() {
    let (firing, quiet) = (BTreeSet::from(["orders".to_owned()]), BTreeSet::new());
    for (since, deployed_at) in [(Some(101), None), (None, Some(100)), (None, None)] {
        let look = |before| blamed(alarm(true, since), deployed_at, before);
        assert_eq!(look(None), blameless(&["orders"]));
        assert_eq!(look(Some(&firing)), blameless(&["orders"]));
        assert_eq!(look(Some(&quiet)), since_this_deployment());
    }
}

#[test]
fn alarm_that_does_not_exist_is_named() {
    let names = ["orders".to_owned(), "oders".to_owned()];
    let expected = "alarm oders does not exist: correct ALARM_NAMES".to_owned();
    assert_eq!(blame(&names, &[alarm(false, None)], None, None), Alarms::Blamed(expected));
    assert_eq!(blame(&[], &[], None, None), blameless(&[]));
}

/// The judge's own report on one minute.
fn judged(counts: Option<(u64, u64)>) -> Finding {
    let counts = counts.map(|(total, bad)| Counts::new(total, bad).unwrap());
    let criterion = Criterion::new("errors", 0.01);
    let series = vec![Series { criterion, canary: vec![counts], stable: vec![None] }];
    let inputs = Inputs { alpha: 0.005, min_requests: 50, phase: Phase::Whole, series };
    Finding::Judged(Box::new(inputs.document().unwrap().report), Vec::new())
}

fn healthy() -> Finding {
    judged(Some((100, 0)))
}

fn too_few() -> Finding {
    judged(Some((49, 0)))
}

fn breach() -> Finding {
    judged(Some((100, 30)))
}

fn seen(findings: Vec<Finding>, alarms: Alarms) -> Seen {
    let named = (40..).zip(findings).map(|(version, finding)| (format!("shop:{version}"), finding));
    Seen { findings: named.collect(), alarms, creation_known: true }
}

/// Statuses under pass, fail-unreadable and fail, and the last one's reason.
fn statuses(seen: &Seen) -> ([&'static str; 3], String) {
    use WhenInconclusive::{Fail, FailUnreadable, Pass};
    let verdicts = [Pass, FailUnreadable, Fail].map(|policy| verdict(seen, policy));
    (verdicts.each_ref().map(Verdict::status), verdicts[2].reason().to_owned())
}

const OK: &str = "Succeeded";
const NO: &str = "Failed";

#[test]
fn healthy_succeeds_whatever_the_setting() {
    let (status, reason) = statuses(&seen(vec![healthy()], blameless(&[])));
    assert_eq!(status, [OK; 3]);
    assert_eq!(reason, "shop:40: 100 requests in 1 minute within every limit: errors 0 %");
}

#[test]
fn breach_of_any_version_fails_whatever_the_setting() {
    let seen = seen(vec![healthy(), breach()], blameless(&[]));
    let (status, reason) = statuses(&seen);
    assert!(seen.ends_the_bake());
    assert_eq!(status, [NO; 3]);
    assert!(reason.starts_with("shop:41: errors: the canary is over the limit of 1.0 %"), "{reason}");
}

#[test]
fn too_few_requests_fail_only_when_everything_inconclusive_does() {
    let seen = seen(vec![healthy(), too_few()], blameless(&[]));
    let (status, reason) = statuses(&seen);
    assert!(!seen.ends_the_bake());
    assert_eq!(status, [OK, OK, NO]);
    assert_eq!(reason, "INCONCLUSIVE: shop:41: errors: too few requests: 0 bad of 49 (0 %)");
    assert_eq!(verdict(&seen, WhenInconclusive::Pass).reason(), reason);
}

#[test]
fn unreadable_passes_only_when_everything_does() {
    let denied = || "denied".to_owned();
    for unreadable in [
        seen(vec![judged(None)], blameless(&[])),
        seen(vec![healthy(), Finding::Unread(denied())], blameless(&[])),
        seen(vec![healthy()], Alarms::Unread(denied())),
        seen(Vec::new(), blameless(&[])),
    ] {
        let (status, reason) = statuses(&unreadable);
        assert_eq!(status, [OK, NO, NO], "{reason}");
        assert!(reason.starts_with("INCONCLUSIVE: "), "{reason}");
        assert!(!unreadable.ends_the_bake());
    }
    let (_, reason) = statuses(&seen(vec![healthy(), Finding::Unread(denied())], blameless(&[])));
    assert_eq!(reason, "INCONCLUSIVE: shop:41: denied");
}

#[test]
fn unreadable_metrics_are_named() {
    let Finding::Judged(report, _) = judged(None) else { unreachable!("judged") };
    let finding = Finding::Judged(report, vec!["canary_errors_bad: Forbidden".to_owned()]);
    let (_, reason) = statuses(&seen(vec![finding], blameless(&[])));
    assert!(reason.ends_with("(canary_errors_bad: Forbidden)"), "{reason}");
}

#[test]
fn blamed_alarm_fails_whatever_the_setting_and_before_anything_is_judged() {
    for findings in [Vec::new(), vec![healthy()], vec![too_few()]] {
        let seen = seen(findings, since_this_deployment());
        assert!(seen.ends_the_bake());
        let expected = "alarm orders fires since this deployment: 2 of 2 datapoints";
        assert_eq!(statuses(&seen), ([NO; 3], expected.to_owned()));
    }
}

#[test]
fn alarm_that_was_firing_before_is_told_and_not_blamed() {
    let mut seen = seen(vec![healthy()], blameless(&["orders"]));
    let (status, reason) = statuses(&seen);
    assert_eq!(status, [OK; 3]);
    let told = "; alarm orders was already firing before this deployment: not blamed";
    assert!(reason.ends_with(told), "{reason}");
    seen.creation_known = false;
    let (_, reason) = statuses(&seen);
    assert!(reason.contains("already firing at the first look (when the deployment"), "{reason}");
}
