//! Which alarms take a rollout back.

use super::*;

#[test]
fn alarm_is_blamed_when_it_fires_since_the_version_serves() {
    for (since, expected) in [(Some(-1), "report"), (Some(0), "begin"), (Some(1), "begin"), (None, "begin")] {
        for alias in [split(), with_codedeploy(), whole()] {
            assert_eq!(word(&on(&fires(since), alias)), expected, "{since:?}");
        }
    }
    let Decision::Report(why) = on(&fires(Some(-1)), split()) else { panic!() };
    assert_eq!(why, "the alarm manuel-Breach fired before the new version got traffic");
    let Decision::Begin { execution, why, reason } = on(&fires(Some(61)), split()) else { panic!() };
    assert_eq!((execution.as_deref(), why.as_str()), (Some("e-1"), "alarm manuel-Breach fires"));
    assert_eq!(
        reason.unwrap(),
        format!(
            "alarm manuel-Breach fires since {}: Threshold Crossed",
            at(61).to_rfc3339().replace("+00:00", "Z")
        )
    );
}

#[test]
fn alarm_is_ignored_when_it_is_no_guard_or_does_not_fire() {
    let with = |name: &str, state: &str| {
        let Trigger::Alarm(alarm) = fires(Some(61)) else { panic!() };
        Trigger::Alarm(AlarmChange { name: name.to_owned(), state: state.to_owned(), ..alarm })
    };
    for (name, state, expected) in [
        ("manuel-Breach", "ALARM", "begin"),
        ("manuel-Blind", "ALARM", "begin"),
        ("manuel", "ALARM", "nothing"),
        ("manuel-Breach", "OK", "nothing"),
        ("manuel-Breach", "INSUFFICIENT_DATA", "nothing"),
    ] {
        assert_eq!(word(&on(&with(name, state), split())), expected, "{name} {state}");
    }
}

#[test]
fn promoted_version_is_taken_back_within_the_window_only() {
    // Promoted at 700, a window of 3600 s.
    for (now, expected) in [(4_299, "begin"), (4_300, "begin"), (4_301, "nothing")] {
        for trigger in [fires(Some(4_200)), last_stage()] {
            assert_eq!(word(&decided(&trigger, &seen(whole()), now)), expected, "{trigger:?} at {now}");
        }
        let accused = Seen { alarms: vec![firing(Some(4_200))], ..seen(whole()) };
        assert_eq!(word(&decided(&Trigger::Sweep, &accused, now)), expected, "{now}");
        assert_eq!(word(&decided(&person(), &seen(whole()), now)), "begin", "a person may always");
    }
}

#[test]
fn version_is_not_blamed_when_it_gets_no_requests() {
    // Somebody has reset the weights, or has deployed a later version.
    for alias in [alias("6", None, Some(shifting())), alias("8", None, Some(promoted()))] {
        assert_eq!(word(&on(&fires(Some(701)), alias.clone())), "nothing");
        let accused = Seen { alarms: vec![firing(Some(701))], ..seen(alias) };
        assert_eq!(word(&decided(&Trigger::Sweep, &accused, 710)), "nothing");
    }
    assert_eq!(word(&on(&last_stage(), alias("8", None, Some(promoted())))), "nothing");
    let Decision::Nothing(why) = on(&person(), alias("8", None, Some(promoted()))) else { panic!() };
    assert_eq!(why, "there is nothing to take back: all requests go to version 8");
    // The rollout would go on: an end, or a person, stops it all the same.
    assert_eq!(word(&on(&stage("FAILED"), alias("6", None, Some(shifting())))), "begin");
    assert_eq!(word(&on(&person(), alias("6", None, Some(shifting())))), "begin");
}

#[test]
fn version_of_the_release_before_is_blamed_when_the_next_one_has_only_acquired() {
    for (since, expected) in
        [(Some(699), "report"), (Some(700), "begin"), (Some(701), "begin"), (None, "begin")]
    {
        assert_eq!(word(&on(&fires(since), next_acquired(700))), expected, "{since:?}");
        let swept = if expected == "begin" { "begin" } else { "nothing" };
        let accused = Seen { alarms: vec![firing(since)], ..seen(next_acquired(700)) };
        assert_eq!(word(&decided(&Trigger::Sweep, &accused, 710)), swept, "{since:?}");
    }
    let Decision::Begin { execution, .. } = on(&fires(Some(701)), next_acquired(700)) else { panic!() };
    assert_eq!(execution.as_deref(), Some("e-1"), "of the execution that has the alias");
}

#[test]
fn version_of_the_release_before_is_taken_back_within_the_window_only() {
    for (now, by_event, by_sweep) in
        [(4_299, "begin", "begin"), (4_300, "begin", "begin"), (4_301, "report", "nothing")]
    {
        assert_eq!(word(&decided(&fires(Some(4_200)), &seen(next_acquired(700)), now)), by_event, "{now}");
        let accused = Seen { alarms: vec![firing(Some(4_200))], ..seen(next_acquired(700)) };
        assert_eq!(word(&decided(&Trigger::Sweep, &accused, now)), by_sweep, "{now}");
        assert_eq!(word(&decided(&person(), &seen(next_acquired(700)), now)), "begin", "a person may always");
    }
    // Somebody has taken it back already.
    let LiveAlias { rollout, .. } = next_acquired(700);
    assert_eq!(word(&on(&fires(Some(701)), alias("6", None, rollout))), "report");
}
