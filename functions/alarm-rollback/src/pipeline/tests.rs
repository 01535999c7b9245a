use super::*;
use aws_sdk_codepipeline::primitives::DateTime as SdkTime;
use aws_sdk_codepipeline::types::{ActionExecution, ErrorDetails, StageExecution, StageExecutionStatus};

const SERVED: i64 = 1_795_428_900;

fn action(name: &str, latest: ActionExecution) -> ActionState {
    ActionState::builder().action_name(name).latest_execution(latest).build()
}

fn failed(message: &str, changed_at: i64) -> ActionExecution {
    ActionExecution::builder()
        .status(ActionExecutionStatus::Failed)
        .last_status_change(SdkTime::from_secs(changed_at))
        .error_details(ErrorDetails::builder().code("JobFailed").message(message).build())
        .build()
}

fn asked(status: ActionExecutionStatus, token: Option<&str>) -> ActionExecution {
    ActionExecution::builder().status(status).set_token(token.map(str::to_owned)).build()
}

fn stage(name: &str, execution: &str, actions: Vec<ActionState>) -> StageState {
    let latest = StageExecution::builder()
        .pipeline_execution_id(execution)
        .status(StageExecutionStatus::InProgress)
        .build()
        .unwrap();
    StageState::builder().stage_name(name).latest_execution(latest).set_action_states(Some(actions)).build()
}

fn read(stages: Vec<StageState>) -> State {
    let answer = GetPipelineStateOutput::builder().set_stage_states(Some(stages)).build();
    state_of(&answer, "e-1", DateTime::from_timestamp(SERVED, 0))
}

#[test]
fn approvals_wait_when_they_are_of_this_execution_and_have_a_token() {
    use ActionExecutionStatus::{InProgress, Succeeded};
    let state = read(vec![
        stage("Before", "e-1", vec![action("Done", asked(Succeeded, None))]),
        stage(
            "Approve",
            "e-1",
            vec![
                action("Release", asked(InProgress, Some("t-1"))),
                action("Second", asked(InProgress, Some("t-2"))),
                action("Shift", asked(InProgress, None)),
                action("Answered", asked(Succeeded, Some("t-3"))),
            ],
        ),
        stage("Other", "e-2", vec![action("Theirs", asked(InProgress, Some("t-4")))]),
    ]);
    let found: Vec<_> = state.waiting.iter().map(|w| (w.stage.as_str(), w.action.as_str())).collect();
    assert_eq!(found, [("Approve", "Release"), ("Approve", "Second")]);
    assert_eq!(state.failure, None);
}

#[test]
fn failure_is_the_actions_own_words_when_it_failed_since_the_traffic() {
    let failure = |message: &str, at| {
        read(vec![stage("Ten", "e-1", vec![action("Shift", failed(message, at))])]).failure
    };
    assert_eq!(failure("breach: errors", SERVED + 60).as_deref(), Some("breach: errors"));
    assert_eq!(failure("breach: errors", SERVED - 5).as_deref(), Some("breach: errors"), "clocks differ");
    assert_eq!(failure("of an earlier execution", SERVED - 6), None);
    assert_eq!(failure("rolled back: alarm fires", SERVED + 60), None, "withdrawn here");
    let other = read(vec![stage("Ten", "e-2", vec![action("Shift", failed("x", SERVED + 60))])]);
    assert_eq!(other.failure, None);
}

#[test]
fn execution_ended_badly_when_it_did_not_succeed() {
    use PipelineExecutionStatus::{Cancelled, Failed, InProgress, Stopped, Stopping, Succeeded, Superseded};
    for status in [Cancelled, Failed, Stopped, Superseded] {
        assert!(is_bad_end(&status), "{status:?}");
    }
    for status in [InProgress, Stopping, Succeeded] {
        assert!(!is_bad_end(&status), "{status:?}");
    }
}
