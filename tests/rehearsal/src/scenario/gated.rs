//! Releases through the pipeline: two shifts, two approvals, promotion and watch, and people who do not always agree.

use serde_json::json;

use super::Version;
use crate::{
    expect::gated as expect,
    gated::{
        approver::{Act, Cue, Step},
        observed::GatedObserved,
        pipeline::{Extent, Times},
    },
    names::BREACH,
};

/// One gated release to rehearse.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GatedScenario {
    /// Name on the command line.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// One sentence: what should happen.
    pub(crate) expectation: &'static str,
    /// The version that serves before.
    pub(crate) stable: fn() -> Version,
    /// What the executions release, one after the other; the last for all that follow.
    pub(crate) candidates: &'static [fn() -> Version],
    /// Production is broken before the release, beside the version that serves: an alarm of the rollout guard fires.
    pub(crate) broken_before: bool,
    pub(crate) extent: Extent,
    pub(crate) times: Times,
    /// What people do, in this order.
    pub(crate) script: &'static [Step],
    /// Customer requests per virtual minute.
    pub(crate) requests_per_minute: u32,
    /// Share of the chosen speed.
    pub(crate) pace: f64,
    /// Virtual minutes after which a release that has not ended counts as hanging.
    pub(crate) limit_minutes: i64,
    /// Answers what was not as expected, one sentence each.
    pub(crate) check: fn(&GatedObserved) -> Vec<String>,
}

/// The two approvals before production.
const ENGINEER: &str = "ApprovalAction";
const OWNER: &str = "ProductOwnerApproval";
const FIRST: &str = "CanaryApproval";
const LAST: &str = "FinalApproval";

const fn step(when: Cue, minutes: i64, act: Act) -> Step {
    Step { when, minutes, act }
}

const YES_AT_10: Step = step(Cue::Asked(FIRST), 1, Act::Approve(FIRST, "numbers look good"));
const YES_AT_50: Step = step(Cue::Asked(LAST), 1, Act::Approve(LAST, "go"));

fn failing(percent: f64) -> serde_json::Value {
    json!({"error_percent": percent})
}

/// What most of these scenarios share.
const USUAL: GatedScenario = GatedScenario {
    name: "",
    title: "",
    expectation: "",
    stable: Version::good,
    candidates: &[Version::good],
    broken_before: false,
    extent: Extent::Production,
    times: Times::SHORT,
    script: &[],
    requests_per_minute: 150,
    pace: 1.5,
    limit_minutes: 60,
    check: |_| Vec::new(),
};

/// An operator takes the release back, wherever it stands.
const OPERATOR: GatedScenario =
    GatedScenario { times: Times { bake: 4, max_bake: 8, watch: 6, approval: 30 }, ..USUAL };
const TAKE_BACK: Act = Act::TakeBack("customers call and complain");

pub(super) const SCENARIOS: [GatedScenario; 17] = [
    GatedScenario {
        name: "production",
        title: "A whole release, as in production",
        expectation: "Build, dev, staging, two people, chaos; then 15 minutes at 10 %, a person, 15 minutes at 50 %, a person, \
                      CodeDeploy, 30 minutes of watch: every request ends on version 2, and none fails.",
        extent: Extent::Whole,
        times: Times::PRODUCTION,
        script: &[
            step(Cue::Asked(ENGINEER), 2, Act::Approve(ENGINEER, "staging looks good")),
            step(Cue::Then, 1, Act::Approve(OWNER, "the release notes are out")),
            step(Cue::Asked(FIRST), 3, Act::Approve(FIRST, "healthy at 10 %")),
            step(Cue::Asked(LAST), 2, Act::Approve(LAST, "healthy at 50 %, go")),
        ],
        limit_minutes: 220,
        check: expect::production,
        ..USUAL
    },
    GatedScenario {
        name: "bad-canary",
        title: "15 % errors that the smoke test does not see",
        expectation: "Within minutes at 10 % the errors are proof enough: version 1 gets everything back, the pipeline fails, \
                      and people are told once.",
        // From before its first customer on.
        candidates: &[|| Version::turning_bad(failing(15.0), 1)],
        times: Times::PRODUCTION,
        requests_per_minute: 250,
        pace: 0.8,
        limit_minutes: 40,
        check: expect::bad_canary,
        ..USUAL
    },
    GatedScenario {
        name: "rejected-at-10",
        title: "A person says no after 10 %",
        expectation: "The pipeline fails with the person's words, and version 1 gets everything back.",
        script: &[step(Cue::Asked(FIRST), 2, Act::Reject(FIRST, "wrong price on the start page"))],
        check: expect::rejected,
        ..USUAL
    },
    GatedScenario {
        name: "expired-at-50",
        title: "Nobody answers after 50 %",
        expectation: "The approval expires, and a split that nobody wants does not last: version 1 gets everything back.",
        times: Times { approval: 5, ..Times::SHORT },
        script: &[YES_AT_10],
        check: expect::expired,
        ..USUAL
    },
    GatedScenario {
        name: "breach-while-waiting",
        title: "Turns bad while the approver thinks",
        expectation: "Nobody has to answer for the weights to go back: the breach takes the release back and withdraws the \
                      approval.",
        candidates: &[|| Version::turning_bad(failing(25.0), 11)],
        requests_per_minute: 240,
        pace: 0.9,
        check: expect::breach_while_waiting,
        ..USUAL
    },
    GatedScenario {
        name: "breach-in-watch",
        title: "Turns bad after the promotion",
        expectation: "Version 2 has everything and CodeDeploy is done; the watch sees the errors, and CodeDeploy deploys \
                      version 1 again.",
        candidates: &[|| Version::turning_bad(failing(20.0), 28)],
        times: Times { bake: 5, max_bake: 8, watch: 20, approval: 30 },
        script: &[YES_AT_10, YES_AT_50],
        check: expect::breach_in_watch,
        ..USUAL
    },
    GatedScenario {
        name: "flapping-alarm",
        title: "A guard alarm fires, stops and fires again",
        expectation: "One alarm is enough to take the release back; the second neither tells nor moves anything.",
        script: &[
            step(Cue::Share(10.0), 2, Act::SetAlarm(BREACH, "ALARM")),
            step(Cue::Then, 0, Act::SetAlarm(BREACH, "OK")),
            step(Cue::Then, 0, Act::SetAlarm(BREACH, "ALARM")),
        ],
        check: expect::flapping,
        ..USUAL
    },
    GatedScenario {
        name: "second-release",
        title: "Another release is started while the first one waits",
        expectation: "It waits for the alias without touching the first, takes it when that one is done, and is rejected.",
        candidates: &[Version::good, Version::good],
        times: Times { bake: 4, max_bake: 8, watch: 4, approval: 30 },
        script: &[
            step(Cue::Asked(FIRST), 1, Act::Start { hotfix: false }),
            step(Cue::Then, 4, Act::Approve(FIRST, "the first one goes on")),
            YES_AT_50,
            step(Cue::Asked(FIRST), 1, Act::Reject(FIRST, "one release is enough for today")),
        ],
        limit_minutes: 90,
        check: expect::second_release,
        ..USUAL
    },
    GatedScenario {
        name: "shared-outage-held",
        title: "Both versions fail, and neither is blamed",
        expectation: "An outage behind both versions is no reason to take the release back: it is held, the approver is \
                      shown INCONCLUSIVE, and decides.",
        // The stable version first: each counts from its own beginning, and a canary that fails alone is blamed, rightly.
        stable: || Version::turning_bad(failing(20.0), 4),
        candidates: &[|| Version::turning_bad(failing(20.0), 2)],
        times: Times { bake: 5, max_bake: 6, watch: 5, approval: 30 },
        script: &[step(Cue::Asked(FIRST), 1, Act::Reject(FIRST, "the database is down: not now"))],
        requests_per_minute: 200,
        pace: 1.0,
        check: expect::held_in_a_shared_outage,
        ..USUAL
    },
    GatedScenario {
        name: "hotfix",
        title: "A hotfix while production is broken",
        expectation: "Version 1 fails, the table refuses requests and its alarm fires, so that a release is refused; the same \
                      with Hotfix = true goes through, with both approvals.",
        stable: || Version::bad(failing(30.0)),
        broken_before: true,
        script: &[step(Cue::Ended, 1, Act::Start { hotfix: true }), YES_AT_10, YES_AT_50],
        limit_minutes: 90,
        check: expect::hotfix,
        ..USUAL
    },
    GatedScenario {
        name: "changed-by-hand",
        title: "Somebody moves the alias by hand",
        expectation: "The release finds 30 % where it left 10 %, stops, says both, and customers end on version 1.",
        script: &[step(Cue::Share(10.0), 2, Act::GiveShare(30.0))],
        check: expect::changed_by_hand,
        ..USUAL
    },
    GatedScenario {
        name: "stopped-by-hand",
        title: "Somebody stops the execution",
        expectation: "A stopped release does not stay split: version 1 gets everything back.",
        script: &[step(Cue::Share(10.0), 2, Act::Stop("wrong branch"))],
        check: expect::stopped_by_hand,
        ..USUAL
    },
    GatedScenario {
        name: "operator-at-10",
        title: "An operator takes it back at 10 %",
        expectation: "One call, and version 1 has everything.",
        script: &[step(Cue::Share(10.0), 2, TAKE_BACK)],
        check: expect::operator_before_promotion,
        ..OPERATOR
    },
    GatedScenario {
        name: "operator-while-waiting",
        title: "An operator takes it back while the approver thinks",
        expectation: "Version 1 has everything, and the approval is withdrawn.",
        script: &[step(Cue::Asked(FIRST), 2, TAKE_BACK)],
        check: expect::operator_while_waiting,
        ..OPERATOR
    },
    GatedScenario {
        name: "operator-at-50",
        title: "An operator takes it back at 50 %",
        expectation: "One call, and version 1 has everything.",
        script: &[YES_AT_10, step(Cue::Share(50.0), 2, TAKE_BACK)],
        check: expect::operator_before_promotion,
        ..OPERATOR
    },
    GatedScenario {
        name: "operator-in-promotion",
        title: "An operator takes it back while CodeDeploy is at work",
        expectation: "The deployment is stopped, and CodeDeploy puts version 1 back.",
        script: &[YES_AT_10, YES_AT_50, step(Cue::Hook("AfterAllowTraffic"), 1, TAKE_BACK)],
        check: expect::operator_in_promotion,
        ..OPERATOR
    },
    GatedScenario {
        name: "operator-in-watch",
        title: "An operator takes it back after the promotion",
        expectation: "CodeDeploy deploys version 1 again, so that its record agrees with what customers get.",
        // The watch counts from when version 2 had everything, so that the hook's bake is a part of it.
        times: Times { bake: 4, max_bake: 8, watch: 20, approval: 30 },
        script: &[YES_AT_10, YES_AT_50, step(Cue::Began("Watch"), 2, TAKE_BACK)],
        check: expect::operator_in_watch,
        ..OPERATOR
    },
];
