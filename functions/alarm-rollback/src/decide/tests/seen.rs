//! What depends on more than the alias: deployments, alarms and executions as they were found.

use super::*;

fn found(description: &str, creator: &str) -> Deployment {
    Deployment {
        id: "d-1".to_owned(),
        status: Status::Failed,
        description: description.to_owned(),
        creator: creator.to_owned(),
        rolled_back_by: None,
        problem: Some("HOOK_EXECUTION_FAILURE: no".to_owned()),
        ended_at: None,
    }
}

#[test]
fn failed_deployment_begins_when_it_is_the_promotion() {
    let with = |deployment| Seen { deployment: Some(deployment), ..seen(with_codedeploy()) };
    let promotion = with(found("Promotion of version 7 by e-1", "user"));
    let Decision::Begin { why, reason, .. } = decided(&deployment("FAILURE"), &promotion, 710) else {
        panic!()
    };
    assert_eq!(why, "CodeDeploy d-1 failed");
    assert_eq!(reason.unwrap(), "CodeDeploy d-1 failed: HOOK_EXECUTION_FAILURE: no");
    for other in [
        found("Rollback of deployment d-0 (e-1)", "codeDeployRollback"),
        found("Rollback: e-1, version 7 to 6", "user"),
        found("Promotion of version 7 by e-2", "user"),
    ] {
        assert_eq!(word(&decided(&deployment("FAILURE"), &with(other), 710)), "nothing");
    }
    let Trigger::Deployment(ours) = deployment("STOP") else { panic!() };
    let of = |application: &str, group: &str| {
        let (application, group) = (application.to_owned(), group.to_owned());
        Trigger::Deployment(DeploymentChange { application, group, ..ours.clone() })
    };
    assert_eq!(word(&decided(&of("manuel", "manuel-live"), &promotion, 710)), "begin");
    assert_eq!(word(&decided(&of("manuel", "other"), &promotion, 710)), "nothing");
    assert_eq!(word(&decided(&of("other", "manuel-live"), &promotion, 710)), "nothing");
}

#[test]
fn sweep_blames_the_alarms_that_fire_since_the_version_serves() {
    let calm = Alarm { firing: false, ..firing(Some(10)) };
    let other = Alarm { name: "manuel-Breach".to_owned(), ..firing(None) };
    for alias in [split(), with_codedeploy(), whole()] {
        let with = |alarms: &[Alarm]| Seen { alarms: alarms.to_vec(), ..seen(alias.clone()) };
        for (alarms, expected) in [
            (vec![firing(Some(0))], "begin"),
            (vec![firing(Some(-1)), calm.clone()], "nothing"),
            (vec![firing(Some(-1)), other.clone()], "begin"),
        ] {
            assert_eq!(word(&decided(&Trigger::Sweep, &with(&alarms), 710)), expected, "{alarms:?}");
        }
    }
    let both = Seen { alarms: vec![firing(Some(0)), other], ..seen(split()) };
    let Decision::Begin { why, .. } = decided(&Trigger::Sweep, &both, 710) else { panic!() };
    assert_eq!(why, "alarms manuel-Blind, manuel-Breach fire");
}

#[test]
fn sweep_takes_back_what_nobody_moves_on_any_more() {
    for (alias, expected) in
        [(split(), "begin"), (with_codedeploy(), "begin"), (whole(), "nothing"), (acquired(), "nothing")]
    {
        let ended = Seen { ended_badly: Some("Failed".to_owned()), ..seen(alias) };
        assert_eq!(word(&decided(&Trigger::Sweep, &ended, 710)), expected);
    }
}

#[test]
fn person_is_told_who_has_the_requests_when_there_is_nothing_to_take_back() {
    let Decision::Nothing(why) = on(&person(), idle()) else { panic!() };
    assert_eq!(why, "there is nothing to take back: all requests go to version 6");
    let Decision::Begin { execution, why, .. } = on(&person(), foreign()) else { panic!() };
    assert_eq!((execution, why.as_str()), (None, "by hand: wrong answers"));
}
