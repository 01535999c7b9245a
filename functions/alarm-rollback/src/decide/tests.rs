use super::*;
use release::{Split, Status};

const GUARDS: [&str; 2] = ["manuel-Breach", "manuel-Blind"];

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_428_900, 0).unwrap() + TimeDelta::seconds(seconds)
}

fn shifting() -> Rollout {
    Rollout {
        step: Some(1),
        candidate: Some("7".to_owned()),
        stable: Some("6".to_owned()),
        split_since: Some(at(0)),
        ..Rollout::of("e-1")
    }
}

fn promoting() -> Rollout {
    Rollout { promoting_since: Some(at(600)), ..shifting() }
}

fn promoted() -> Rollout {
    Rollout { whole_since: Some(at(700)), ..shifting() }
}

fn alias(version: &str, canary: Option<&str>, rollout: Option<Rollout>) -> LiveAlias {
    let split = canary.map(|canary| Split {
        stable: version.to_owned(),
        canary: canary.to_owned(),
        canary_percent: 10.0,
    });
    LiveAlias { version: version.to_owned(), split, rollout, revision: None }
}

/// An alias in each state.
fn idle() -> LiveAlias {
    alias("6", None, None)
}
fn foreign() -> LiveAlias {
    alias("6", Some("7"), None)
}
fn acquired() -> LiveAlias {
    alias("6", None, Some(Rollout::of("e-1")))
}
fn split() -> LiveAlias {
    alias("6", Some("7"), Some(shifting()))
}
fn with_codedeploy() -> LiveAlias {
    alias("6", None, Some(promoting()))
}
fn whole() -> LiveAlias {
    alias("7", None, Some(promoted()))
}
fn taken_back(notice: Option<Notice>) -> LiveAlias {
    let mut rollout = shifting().taken_back("x", at(60));
    rollout.rollback.as_mut().unwrap().notice = notice;
    alias("6", None, Some(rollout))
}

fn seen(alias: LiveAlias) -> Seen {
    Seen { alias, alarms: Vec::new(), breach: None, ended_badly: None, deployment: None }
}

fn decided(trigger: &Trigger, seen: &Seen, now: i64) -> Decision {
    let guards = GUARDS.map(str::to_owned);
    let group = Group { application: "manuel".to_owned(), name: "manuel-live".to_owned() };
    let rules = Rules { guard_alarms: &guards, group: &group, window: TimeDelta::minutes(60) };
    decide(trigger, seen, &rules, at(now))
}

/// What a trigger does to an alias ten seconds after its promotion, or as long after its split.
fn on(trigger: &Trigger, alias: LiveAlias) -> Decision {
    decided(trigger, &seen(alias), 710)
}

fn word(decision: &Decision) -> &'static str {
    match decision {
        Decision::Begin { execution: Some(_), .. } => "begin",
        Decision::Begin { execution: None, .. } => "begin any",
        Decision::Finish => "finish",
        Decision::Report(_) => "report",
        Decision::Nothing(_) => "nothing",
    }
}

fn fires(since: Option<i64>) -> Trigger {
    Trigger::Alarm(AlarmChange {
        name: "manuel-Breach".to_owned(),
        state: "ALARM".to_owned(),
        since: since.map(at),
        reason: "Threshold Crossed".to_owned(),
    })
}

fn change(part: Part, state: &str) -> ExecutionChange {
    ExecutionChange {
        execution: "e-1".to_owned(),
        part,
        state: state.to_owned(),
        summary: None,
        at: Some(at(705)),
    }
}

fn stage(state: &str) -> Trigger {
    Trigger::Execution(change(Part::Stage("Ten".to_owned()), state))
}

fn approval() -> Trigger {
    let summary = Some("too slow".to_owned());
    Trigger::Execution(ExecutionChange { summary, ..change(Part::Approval("Release".to_owned()), "FAILED") })
}

fn deployment(state: &str) -> Trigger {
    Trigger::Deployment(DeploymentChange {
        id: "d-1".to_owned(),
        application: "manuel".to_owned(),
        group: "manuel-live".to_owned(),
        state: state.to_owned(),
    })
}

fn person() -> Trigger {
    Trigger::Person("wrong answers".to_owned())
}

fn firing(since: Option<i64>) -> Alarm {
    Alarm { name: "manuel-Blind".to_owned(), firing: true, since: since.map(at), reason: "r".to_owned() }
}

#[test]
fn each_trigger_does_what_the_table_says_in_each_state() {
    let states = [idle(), foreign(), acquired(), split(), with_codedeploy(), whole()];
    for (trigger, expected) in [
        (fires(Some(701)), ["nothing", "report", "report", "begin", "begin", "begin"]),
        (stage("FAILED"), ["nothing", "nothing", "nothing", "begin", "begin", "begin"]),
        (stage("STOPPED"), ["nothing", "nothing", "nothing", "begin", "begin", "begin"]),
        (stage("SUCCEEDED"), ["nothing"; 6]),
        (stage("RESUMED"), ["nothing"; 6]),
        (approval(), ["nothing", "nothing", "nothing", "begin", "begin", "nothing"]),
        (deployment("FAILURE"), ["nothing", "nothing", "nothing", "nothing", "begin", "nothing"]),
        (deployment("STOP"), ["nothing", "nothing", "nothing", "nothing", "begin", "nothing"]),
        (deployment("SUCCESS"), ["nothing"; 6]),
        (deployment("START"), ["nothing"; 6]),
        (Trigger::Sweep, ["nothing"; 6]),
        (person(), ["nothing", "begin any", "begin", "begin", "begin", "begin"]),
    ] {
        let found = states.clone().map(|alias| on(&trigger, alias));
        assert_eq!(found.each_ref().map(word), expected, "{trigger:?}: {found:?}");
    }
}

#[test]
fn rollback_is_finished_until_it_was_told_whatever_the_trigger() {
    for trigger in
        [fires(Some(701)), stage("SUCCEEDED"), approval(), deployment("SUCCESS"), Trigger::Sweep, person()]
    {
        assert_eq!(on(&trigger, taken_back(None)), Decision::Finish);
        assert_eq!(on(&trigger, taken_back(Some(Notice::ClaimedAt(at(70))))), Decision::Finish);
        let Decision::Nothing(why) = on(&trigger, taken_back(Some(Notice::Sent))) else { panic!() };
        assert_eq!(why, "rolled back before: all requests go to version 6");
    }
}

#[test]
fn deployment_that_starts_after_the_rollback_was_told_is_looked_at() {
    let told = || taken_back(Some(Notice::Sent));
    assert_eq!(on(&deployment("START"), told()), Decision::Finish);
    let Trigger::Deployment(change) = deployment("START") else { panic!() };
    let others = Trigger::Deployment(DeploymentChange { group: "another".to_owned(), ..change });
    assert_eq!(word(&on(&others, told())), "nothing");
}

#[test]
fn every_bad_end_of_an_execution_begins_and_no_other() {
    for (state, expected) in [
        ("FAILED", "begin"),
        ("STOPPED", "begin"),
        ("CANCELED", "begin"),
        ("ABANDONED", "begin"),
        ("SUPERSEDED", "begin"),
        ("STOPPING", "nothing"),
        ("STARTED", "nothing"),
        ("SUCCEEDED", "nothing"),
        ("RESUMED", "nothing"),
        ("SOMETHING_NEW", "nothing"),
    ] {
        for part in [Part::Pipeline, Part::Stage("s".to_owned()), Part::Action("a".to_owned())] {
            let trigger = Trigger::Execution(change(part, state));
            assert_eq!(word(&on(&trigger, split())), expected, "{trigger:?}");
        }
    }
}

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
        for trigger in [fires(Some(4_200)), stage("FAILED")] {
            assert_eq!(word(&decided(&trigger, &seen(whole()), now)), expected, "{trigger:?} at {now}");
        }
        let accused = Seen { alarms: vec![firing(Some(4_200))], ..seen(whole()) };
        assert_eq!(word(&decided(&Trigger::Sweep, &accused, now)), expected, "{now}");
        assert_eq!(word(&decided(&person(), &seen(whole()), now)), "begin", "a person may always");
    }
}

#[test]
fn sweep_takes_a_split_back_when_the_judge_finds_a_breach() {
    let breach =
        || Some(Breach { why: "breach: errors 6/60".to_owned(), reason: "errors: worse".to_owned() });
    let Decision::Begin { why, reason, .. } =
        decided(&Trigger::Sweep, &Seen { breach: breach(), ..seen(split()) }, 710)
    else {
        panic!()
    };
    assert_eq!((why.as_str(), reason.as_deref()), ("breach: errors 6/60", Some("errors: worse")));
    // Somebody has reset the weights.
    let reset = Seen { breach: breach(), ..seen(alias("6", None, Some(shifting()))) };
    assert_eq!(word(&decided(&Trigger::Sweep, &reset, 710)), "nothing");
}

#[test]
fn version_is_not_blamed_when_it_gets_no_requests() {
    // Somebody has reset the weights, or has deployed a later version.
    for alias in [alias("6", None, Some(shifting())), alias("8", None, Some(promoted()))] {
        assert_eq!(word(&on(&fires(Some(701)), alias.clone())), "nothing");
        let accused = Seen { alarms: vec![firing(Some(701))], ..seen(alias) };
        assert_eq!(word(&decided(&Trigger::Sweep, &accused, 710)), "nothing");
    }
    assert_eq!(word(&on(&stage("FAILED"), alias("8", None, Some(promoted())))), "nothing");
    let Decision::Nothing(why) = on(&person(), alias("8", None, Some(promoted()))) else { panic!() };
    assert_eq!(why, "there is nothing to take back: all requests go to version 8");
    // The rollout would go on: an end, or a person, stops it all the same.
    assert_eq!(word(&on(&stage("FAILED"), alias("6", None, Some(shifting())))), "begin");
    assert_eq!(word(&on(&person(), alias("6", None, Some(shifting())))), "begin");
}

#[test]
fn another_executions_end_is_ignored() {
    for part in [Part::Pipeline, Part::Stage("s".to_owned()), Part::Approval("a".to_owned())] {
        let other = ExecutionChange { execution: "e-2".to_owned(), ..change(part, "FAILED") };
        for alias in [idle(), foreign(), acquired(), split(), with_codedeploy(), whole()] {
            assert_eq!(word(&on(&Trigger::Execution(other.clone()), alias)), "nothing");
        }
    }
}

#[test]
fn end_is_ignored_when_it_came_before_the_traffic() {
    for (failed_at, expected) in
        [(Some(-1), "nothing"), (Some(0), "begin"), (Some(1), "begin"), (None, "begin")]
    {
        let late = ExecutionChange { at: failed_at.map(at), ..change(Part::Pipeline, "FAILED") };
        assert_eq!(word(&on(&Trigger::Execution(late), split())), expected, "{failed_at:?}");
    }
}

#[test]
fn reason_is_the_persons_when_an_approval_was_rejected() {
    let Decision::Begin { why, reason, .. } = on(&approval(), split()) else { panic!() };
    assert_eq!(
        (why.as_str(), reason.as_deref()),
        ("approval Release failed", Some("approval Release failed: too slow"))
    );
    let Decision::Begin { why, reason, .. } = on(&stage("FAILED"), split()) else { panic!() };
    assert_eq!((why.as_str(), reason), ("stage Ten failed", None), "the pipeline knows more");
}

mod seen;
