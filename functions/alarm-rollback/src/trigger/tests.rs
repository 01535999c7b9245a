use super::*;
use proptest::prelude::*;
use serde_json::json;
use std::path::PathBuf;

const EXECUTION: &str = "11111111-2222-3333-4444-555555555555";

/// All samples of the four folders, by `folder/name`.
fn samples() -> Vec<(String, Value)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../events");
    let mut samples = Vec::new();
    for folder in ["alarm", "codepipeline-events", "codedeploy-events", "rollback"] {
        for file in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = file.unwrap().path();
            let name = format!("{folder}/{}", path.file_stem().unwrap().to_str().unwrap());
            samples.push((name, serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()));
        }
    }
    samples
}

fn sample(name: &str) -> Value {
    samples().into_iter().find(|(found, _)| found == name).unwrap_or_else(|| panic!("{name}")).1
}

fn parsed(name: &str) -> Trigger {
    Trigger::parse(&sample(name)).unwrap()
}

fn refused(name: &str) -> String {
    Trigger::parse(&sample(name)).unwrap_err().to_string()
}

fn at(text: &str) -> Option<DateTime<Utc>> {
    Some(text.parse().unwrap())
}

#[test]
fn every_sample_is_read_or_refused_as_its_name_says() {
    let samples = samples();
    assert!(samples.len() >= 40);
    for (name, event) in samples {
        assert_eq!(Trigger::parse(&event).is_err(), name.contains("/invalid-"), "{name}");
    }
}

#[test]
fn alarm_is_read_when_it_is_of_a_metric_of_math_or_composite() {
    let expected = |name: &str, since: &str| (name.to_owned(), "ALARM".to_owned(), at(since));
    for (name, alarm) in [
        ("alarm/metric-fires", expected("manuel-prod-canary-breach", "2026-11-23T10:21:00.418Z")),
        ("alarm/math-fires", expected("manuel-prod-canary-blind", "2026-11-23T10:21:00.418Z")),
        ("alarm/composite-fires", expected("manuel-prod-guard", "2026-11-23T10:21:00.521Z")),
        ("alarm/composite-fires-without-suppressor", expected("manuel-prod-guard", "2026-11-23T10:21:00Z")),
    ] {
        let Trigger::Alarm(found) = parsed(name) else { panic!("{name}") };
        assert_eq!((found.name, found.state, found.since), alarm, "{name}");
    }
    let Trigger::Alarm(found) = parsed("alarm/fires-without-timestamp") else { panic!() };
    assert_eq!((found.since, found.reason.as_str()), (None, "Threshold Crossed"));
    let Trigger::Alarm(found) = parsed("alarm/metric-recovers") else { panic!() };
    assert_eq!(found.state, "OK");
    let Trigger::Alarm(found) = parsed("alarm/composite-fires-without-suppressor") else { panic!() };
    assert_eq!(found.reason, "no reason given");
}

#[test]
fn pipelines_changes_are_read_in_both_envelopes() {
    let change = |part, state: &str, summary: Option<&str>, time| {
        Trigger::Execution(ExecutionChange {
            execution: EXECUTION.to_owned(),
            stage: match &part {
                Part::Pipeline => None,
                Part::Stage(name) => Some(name.clone()),
                Part::Action(_) => Some("DeployCanary".to_owned()),
                Part::Approval(_) => Some("CanaryApproval".to_owned()),
            },
            part,
            state: state.to_owned(),
            summary: summary.map(str::to_owned),
            at: at(time),
        })
    };
    let approval = change(
        Part::Approval("CanaryApproval".to_owned()),
        "FAILED",
        Some("too slow for Friday"),
        "2026-11-23T10:35:00Z",
    );
    assert_eq!(parsed("codepipeline-events/approval-rejected"), approval);
    assert_eq!(parsed("codepipeline-events/approval-rejected-notification"), approval);
    let stage = change(Part::Stage("DeployCanary".to_owned()), "FAILED", None, "2026-11-23T10:22:08Z");
    assert_eq!(parsed("codepipeline-events/stage-failed"), stage);
    assert_eq!(parsed("codepipeline-events/stage-failed-notification"), stage);
    let action = |state| change(Part::Action("Shift10".to_owned()), state, None, "2026-11-23T10:22:07Z");
    assert_eq!(parsed("codepipeline-events/action-failed-without-result"), action("FAILED"));
    assert_eq!(parsed("codepipeline-events/action-abandoned"), action("ABANDONED"));
    let pipeline = |state, time| change(Part::Pipeline, state, None, time);
    assert_eq!(parsed("codepipeline-events/pipeline-failed"), pipeline("FAILED", "2026-11-23T10:22:09Z"));
    assert_eq!(parsed("codepipeline-events/pipeline-stopped"), pipeline("STOPPED", "2026-11-23T10:22:10Z"));
}

#[test]
fn deployment_is_read_when_it_names_itself_and_its_group() {
    let Trigger::Deployment(found) = parsed("codedeploy-events/failed-without-instance-group") else {
        panic!()
    };
    let texts = [&found.id, &found.application, &found.group, &found.state].map(String::as_str);
    assert_eq!(texts, ["d-PROMOTE01", "manuel-prod", "manuel-prod-backend-live", "FAILURE"]);
}

#[test]
fn sweep_and_person_are_read() {
    assert_eq!(parsed("rollback/every-minute"), Trigger::Sweep);
    assert_eq!(parsed("rollback/by-hand"), Trigger::Person("customers report wrong answers".to_owned()));
}

#[test]
fn event_is_unknown_when_nobody_acts_on_its_kind() {
    for name in ["alarm/created", "alarm/contributor-fires"] {
        assert!(matches!(parsed(name), Trigger::Unknown(_)), "{name}");
    }
    for event in [
        json!(null),
        json!([]),
        json!({}),
        json!({"Records": []}),
        json!({"source": "aws.codebuild", "detail-type": "CodeBuild Build State Change"}),
        json!({"source": "aws.cloudwatch", "detail-type": 4.0}),
        json!({"source": "aws.codepipeline", "detail-type": "CodePipeline Something New"}),
        json!({"source": "mine", "detail-type": "Scheduled Event"}),
    ] {
        assert!(matches!(Trigger::parse(&event), Ok(Trigger::Unknown(_))), "{event}");
    }
}

#[test]
fn error_names_the_field_when_an_event_lacks_what_it_is_about() {
    for (name, field) in [
        ("alarm/invalid-no-name", "/detail/alarmName"),
        ("alarm/invalid-state-is-text", "/detail/state/value"),
        ("codepipeline-events/invalid-no-execution", "/detail/execution-id"),
        ("codepipeline-events/invalid-state-is-number", "/detail/state"),
        ("codedeploy-events/invalid-no-deployment", "/detail/deploymentId"),
    ] {
        let error = refused(name);
        assert!(error.contains(field) && error.contains("Change") || error.contains("change"), "{error}");
    }
}

#[test]
fn error_names_the_field_when_a_persons_request_is_wrong() {
    for (name, field) in [
        ("rollback/invalid-no-reason", "missing field `reason`"),
        ("rollback/invalid-empty-reason", "reason: must have 1 to 500 characters; got 0"),
        ("rollback/invalid-unknown-field", "unknown field `version`"),
        ("rollback/invalid-unknown-action", "action: must be \"rollback\"; got \"roll-back\""),
    ] {
        let error = refused(name);
        assert!(error.contains(field), "{name}: {error}");
    }
    let error = Trigger::parse(&json!({"action": "rollback", "reason": 4})).unwrap_err().to_string();
    assert!(error.contains("reason: invalid type: integer"), "{error}");
}

#[test]
fn reason_is_refused_when_it_is_one_character_too_long() {
    let request = |length| Trigger::parse(&json!({"action": "rollback", "reason": "ä".repeat(length)}));
    assert!(request(1).is_ok() && request(499).is_ok() && request(500).is_ok());
    assert!(request(501).unwrap_err().to_string().contains("got 501"));
}

#[test]
fn date_is_read_when_it_has_any_of_the_forms_that_aws_writes() {
    for text in [
        "2026-11-23T10:21:00.418+0000",
        "2026-11-23T10:21:00.418+00:00",
        "2026-11-23T10:21:00.418Z",
        "2026-11-23T11:21:00.418+0100",
    ] {
        assert_eq!(date(text), at("2026-11-23T10:21:00.418Z"), "{text}");
    }
    assert_eq!(date("2026-11-23T10:21:00+0000"), at("2026-11-23T10:21:00Z"));
    assert_eq!(date("Monday"), None);
}

/// Any JSON, small.
fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(|n| json!(n)),
        "[ -~ä]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::hash_map("[a-z-]{1,12}", inner, 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Every place in a value, as a JSON pointer.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    if let Value::Object(members) = value {
        for (key, member) in members {
            places(member, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), found);
        }
    }
}

proptest! {
    /// No mutation of a sample makes the parser panic, and only what it needs makes it fail.
    #[test]
    fn mutated_sample_is_read_or_refused(
        index in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        value in any_value(),
    ) {
        let samples = samples();
        let (name, mut event) = samples[index.index(samples.len())].clone();
        let mut found = Vec::new();
        places(&event, "", &mut found);
        let place = place.get(&found).clone();
        *event.pointer_mut(&place).unwrap() = value;
        let needed = ["", "/detail", "/detail/state", "/detail/state/value", "/detail/alarmName", "/detail/execution-id",
            "/detail/deploymentId", "/detail/application", "/detail/deploymentGroup", "/source", "/detail-type",
            "/detailType", "/action", "/reason"];
        let parsed = Trigger::parse(&event);
        if !name.contains("/invalid-") && !needed.contains(&place.as_str()) {
            prop_assert!(parsed.is_ok(), "{} without {}: {:?}", name, place, parsed);
        }
    }

    #[test]
    fn anything_is_read_or_refused(event in any_value()) {
        let _ = Trigger::parse(&event);
    }
}
