//! Which ends of an execution take a rollout back.

use super::*;

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

#[test]
fn promoted_version_is_taken_back_when_a_stage_of_the_rollout_failed_and_no_other_did() {
    let action = |stage: Option<&str>| {
        let stage = stage.map(str::to_owned);
        Trigger::Execution(ExecutionChange { stage, ..change(Part::Action("Watch".to_owned()), "FAILED") })
    };
    let staged = |name: &str| Trigger::Execution(change(Part::Stage(name.to_owned()), "FAILED"));
    for (trigger, expected) in [
        (staged("DeployProd"), "begin"),
        (staged("deployprod"), "nothing"),
        (staged("TestStaging"), "nothing"),
        (staged("ManualApproval"), "nothing"),
        (action(Some("DeployProd")), "begin"),
        (action(Some("TestStaging")), "nothing"),
        (action(None), "nothing"),
        (approval(), "nothing"),
        (pipeline(), "nothing"),
    ] {
        assert_eq!(word(&on(&trigger, whole())), expected, "{trigger:?}");
        assert_eq!(word(&on(&trigger, with_codedeploy())), "begin", "before the promotion each counts");
    }
}

#[test]
fn version_of_the_release_before_is_left_when_the_next_ones_execution_ends() {
    for trigger in [stage("FAILED"), last_stage(), pipeline(), approval()] {
        assert_eq!(word(&on(&trigger, next_acquired(700))), "nothing", "{trigger:?}");
    }
    let ended = Seen { ended_badly: Some("Failed".to_owned()), ..seen(next_acquired(700)) };
    assert_eq!(word(&decided(&Trigger::Sweep, &ended, 710)), "nothing");
}
