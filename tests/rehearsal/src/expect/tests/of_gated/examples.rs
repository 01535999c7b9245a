//! Releases through the pipeline as they should be.

use judge::{Inputs, Phase, Word};

use super::super::*;
use crate::{
    gated::observed::{ActionRun, Execution, GatedObserved, RollbackEvent, Told},
    judge_log::JudgeLine,
};

pub(super) fn told(at: i64, about: &str, text: &str) -> Told {
    Told { at: minute(at), about: about.to_owned(), text: text.to_owned() }
}

pub(super) fn answered(at: i64, status: &str, by: &str) -> Entry {
    let [pipeline, stage, action] = ["p", "CanaryApproval", "CanaryApproval"].map(str::to_owned);
    let (status, by, summary) = (status.to_owned(), by.to_owned(), String::new());
    Entry { at: minute(at), event: Event::ApprovalAnswered { pipeline, stage, action, status, by, summary } }
}

pub(super) fn deployment(at: i64, status: &str) -> Entry {
    let [deployment, creator] = ["d-1", "user"].map(str::to_owned);
    let event = Event::DeploymentStatus { deployment, status: status.to_owned(), creator, reason: None };
    Entry { at: minute(at), event }
}

pub(super) fn pipeline_status(at: i64, id: &str, status: &str) -> Entry {
    let (execution, status) = (id.to_owned(), status.to_owned());
    let event = Event::PipelineStatus { pipeline: "p".to_owned(), execution, status, reason: None };
    Entry { at: minute(at), event }
}

pub(super) fn fired(at: i64) -> Entry {
    let [alarm, from, to, reason] = ["a", "OK", "ALARM", "r"].map(str::to_owned);
    Entry { at: minute(at), event: Event::AlarmChanged { alarm, from, to, reason } }
}

pub(super) fn execution(id: &str, status: &str, error: &str) -> Execution {
    let run = ActionRun { action: "Shift10".to_owned(), error: error.to_owned(), ..ActionRun::default() };
    Execution { id: id.to_owned(), status: status.to_owned(), actions: vec![run] }
}

/// A whole release as it should be.
pub(super) fn through() -> GatedObserved {
    let text = "healthy: 159 requests. Errors: 0.00 %";
    GatedObserved {
        started_at: START,
        ended_at: minute(80),
        requests: vec![request(4, "2", 200), request(5, "1", 200), request(60, "2", 200)],
        verdicts: Vec::new(),
        journal: vec![
            alias(3, "1", &[("2", 0.1)]),
            alias(22, "1", &[("2", 0.5)]),
            alias(40, "1", &[]),
            alias(41, "2", &[]),
            pipeline_status(79, "e-1", "SUCCEEDED"),
        ],
        stages: Vec::new(),
        executions: vec![execution("e-1", "Succeeded", "")],
        shown: vec![
            told(1, "ApprovalAction", "may it go?"),
            told(1, "ProductOwnerApproval", "may it go?"),
            told(18, "CanaryApproval", text),
            told(38, "FinalApproval", text),
        ],
        notices: Vec::new(),
        rollbacks: Vec::new(),
        operated: Vec::new(),
        gave_up: None,
        alias_version: "2".to_owned(),
        alias_is_whole: true,
        elsewhere: ["manuel-dev", "manuel-staging"].map(|stack| (stack, "2".to_owned())).into(),
        questions_counted: 1,
        rate: 60.0,
        real_seconds: 1.0,
    }
}

/// A release that was taken back, for every reason at once.
pub(super) fn back() -> GatedObserved {
    let inputs = Inputs { alpha: 0.005, min_requests: 50, phase: Phase::Split, series: Vec::new() };
    let reason = "http_5xx: over the limit".to_owned();
    let event = RollbackEvent {
        at: minute(10),
        reason: "customers call and complain".to_owned(),
        from_version: "2".to_owned(),
        to_version: "1".to_owned(),
        ..RollbackEvent::default()
    };
    let why = "wrong price on the start page, or expired, or the database is down; found 30 %, expected 10 %";
    GatedObserved {
        requests: vec![request(4, "2", 200), request(5, "1", 500), request(11, "1", 200)],
        verdicts: vec![JudgeLine { at: minute(9), verdict: Word::Breach, reason, from: START, inputs }],
        journal: vec![
            alias(3, "1", &[("2", 0.1)]),
            fired(8),
            fired(9),
            alias(10, "1", &[]),
            answered(10, "Rejected", "user/operator"),
        ],
        executions: vec![execution("e-1", "Failed", why)],
        shown: Vec::new(),
        notices: vec![told(10, "rolled back", "text")],
        rollbacks: vec![event],
        alias_version: "1".to_owned(),
        ..through()
    }
}

/// The same after a promotion: forward and back by CodeDeploy.
pub(super) fn back_by_codedeploy() -> GatedObserved {
    let mut seen = back();
    seen.journal = vec![
        alias(3, "1", &[("2", 0.1)]),
        alias(6, "1", &[("2", 0.5)]),
        alias(7, "1", &[]),
        alias(7, "2", &[]),
        deployment(8, "Succeeded"),
        alias(10, "1", &[]),
        deployment(10, "Succeeded"),
        deployment(10, "Stopped"),
    ];
    seen
}

pub(super) fn held() -> GatedObserved {
    let shown = vec![told(9, "CanaryApproval", "INCONCLUSIVE: both versions")];
    GatedObserved { verdicts: Vec::new(), shown, ..back() }
}

/// Withdrawn by the rollback.
pub(super) fn withdrawn() -> GatedObserved {
    let mut seen = back();
    seen.journal[4] = answered(10, "Rejected", "role/manuel-prod-alarm-rollback");
    seen
}

/// Expired after the second shift.
pub(super) fn expired() -> GatedObserved {
    let mut seen = back();
    seen.journal.insert(1, alias(5, "1", &[("2", 0.5)]));
    seen
}

/// One release after the other; the second was rejected.
pub(super) fn two() -> GatedObserved {
    let mut seen = through();
    seen.executions.push(execution("e-2", "Failed", "not today"));
    seen.journal.extend([alias(90, "2", &[("3", 0.1)]), alias(95, "2", &[])]);
    GatedObserved { notices: back().notices, rollbacks: back().rollbacks, ..seen }
}

pub(super) fn hotfixed() -> GatedObserved {
    let mut seen = through();
    seen.executions.insert(0, execution("e-0", "Failed", "guard alarm manuel-prod-usage-throttled fires"));
    seen
}
