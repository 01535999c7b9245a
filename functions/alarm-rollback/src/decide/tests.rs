use super::*;
use crate::trigger::{AlarmChange, ExecutionChange, Part};
use release::{Notice, Previous, Split, Status};

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
/// The next release has taken the alias, ten seconds after the promotion of the one before.
fn next_acquired(whole_since: i64) -> LiveAlias {
    let previous =
        Previous { candidate: "7".to_owned(), stable: "6".to_owned(), whole_since: at(whole_since) };
    alias("7", None, Some(Rollout { previous: Some(previous), ..Rollout::of("e-1") }))
}
fn taken_back(notice: Option<Notice>) -> LiveAlias {
    let mut rollout = shifting().taken_back("x", at(60));
    rollout.rollback.as_mut().unwrap().notice = notice;
    alias("6", None, Some(rollout))
}

fn seen(alias: LiveAlias) -> Seen {
    Seen {
        alias,
        alarms: Vec::new(),
        breach: None,
        ended_badly: None,
        deployment: None,
        since_rollback: Vec::new(),
    }
}

fn decided(trigger: &Trigger, seen: &Seen, now: i64) -> Decision {
    let guards = GUARDS.map(str::to_owned);
    let group = Group { application: "manuel".to_owned(), name: "manuel-live".to_owned() };
    let rollout_stages = &["DeployProd".to_owned()];
    let window = TimeDelta::minutes(60);
    let rules = Rules { guard_alarms: &guards, group: &group, rollout_stages, window };
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
        Decision::Withdraw(_) => "withdraw",
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
        stage: match &part {
            Part::Pipeline => None,
            Part::Stage(name) => Some(name.clone()),
            Part::Action(_) | Part::Approval(_) => Some("Ten".to_owned()),
        },
        part,
        state: state.to_owned(),
        summary: None,
        at: Some(at(705)),
    }
}

fn stage(state: &str) -> Trigger {
    Trigger::Execution(change(Part::Stage("Ten".to_owned()), state))
}

/// The stage that promotes and watches.
fn last_stage() -> Trigger {
    Trigger::Execution(change(Part::Stage("DeployProd".to_owned()), "FAILED"))
}

fn pipeline() -> Trigger {
    Trigger::Execution(change(Part::Pipeline, "FAILED"))
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
        (stage("FAILED"), ["nothing", "nothing", "nothing", "begin", "begin", "nothing"]),
        (stage("STOPPED"), ["nothing", "nothing", "nothing", "begin", "begin", "nothing"]),
        (last_stage(), ["nothing", "nothing", "nothing", "begin", "begin", "begin"]),
        (pipeline(), ["nothing", "nothing", "nothing", "begin", "begin", "nothing"]),
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

mod alarms;
mod execution;
mod seen;
mod told;
