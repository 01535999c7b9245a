use serde_json::{Value, json};

use super::*;

/// A source, then two stages with an approval and a function.
fn sample() -> Value {
    json!({"name": "release", "roleArn": "arn:aws:iam::123456789012:role/pipeline", "pipelineType": "V2",
    "executionMode": "QUEUED", "artifactStore": {"type": "S3", "location": "artifacts"},
    "variables": [{"name": "Hotfix", "defaultValue": "false"}],
    "stages": [
        {"name": "Source", "actions": [{"name": "Code", "namespace": "Source", "outputArtifacts": [{"name": "code"}],
            "actionTypeId": {"category": "Source", "owner": "AWS", "provider": "S3", "version": "1"}}]},
        {"name": "Shift", "actions": [{"name": "Ten", "namespace": "Ten", "runOrder": 2,
            "actionTypeId": {"category": "Invoke", "owner": "AWS", "provider": "Lambda", "version": "1"},
            "configuration": {"FunctionName": "shift",
                "UserParameters": "#{codepipeline.PipelineExecutionId} #{variables.Hotfix} #{Source.CommitId}"}}]},
        {"name": "Approve", "actions": [{"name": "Person", "timeoutInMinutes": 5,
            "actionTypeId": {"category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1"},
            "configuration": {"CustomData": "#{Ten.verdict}"}}]},
    ]})
}

/// The sample with one member set, or removed by null.
fn with(pointer: &str, value: Value) -> Result<(), ApiError> {
    let mut changed = sample();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = changed.pointer_mut(parent).unwrap();
    match (parent, value) {
        (Value::Object(object), Value::Null) => drop(object.remove(key)),
        (Value::Object(object), value) => drop(object.insert(key.to_owned(), value)),
        (Value::Array(array), value) => array.insert(key.parse().unwrap(), value),
        _ => unreachable!("the pointer leads nowhere"),
    }
    check(&Declaration::read(&changed).unwrap())
}

#[test]
fn pipeline_is_accepted_when_it_follows_every_rule() {
    assert_eq!(check(&Declaration::read(&sample()).unwrap()), Ok(()));
    assert_eq!(with("/name", json!("n".repeat(100))), Ok(()));
    assert_eq!(with("/stages/1/actions/0/configuration/UserParameters", json!("x".repeat(1000))), Ok(()));
    assert_eq!(with("/stages/2/actions/0/timeoutInMinutes", json!(86400)), Ok(()));
    assert_eq!(with("/stages/1/actions/0/runOrder", json!(999)), Ok(()));
}

#[test]
#[expect(clippy::too_many_lines, reason = "one line per rule")]
fn pipeline_is_refused_when_a_rule_is_broken() {
    let stage = |index: usize| sample()["stages"][index].clone();
    let action = |index: usize| sample()["stages"][index]["actions"][0].clone();
    for (pointer, value, code) in [
        ("/name", json!("n".repeat(101)), "ValidationException"),
        ("/name", json!("a b"), "ValidationException"),
        ("/roleArn", Value::Null, "ValidationException"),
        ("/pipelineType", json!("V1"), "NotImplemented"),
        ("/executionMode", json!("PARALLEL"), "NotImplemented"),
        ("/artifactStore", Value::Null, "InvalidStructureException"),
        ("/variables", json!([{"name": "a"}, {"name": "a"}]), "InvalidStructureException"),
        ("/variables/0", json!({"name": "a", "defaultValue": "x".repeat(1001)}), "ValidationException"),
        ("/stages", json!([stage(0)]), "InvalidStructureException"),
        ("/stages/1", stage(0), "InvalidStageDeclarationException"),
        ("/stages/0", stage(2), "InvalidStructureException"),
        ("/stages/1/actions", json!([]), "InvalidStageDeclarationException"),
        ("/stages/1/onFailure", json!({"result": "ROLLBACK"}), "NotImplemented"),
        ("/stages/0/actions/1", action(2), "InvalidStructureException"),
        ("/stages/1/actions/1", action(0), "InvalidStructureException"),
        ("/stages/1/actions/1", action(1), "InvalidActionDeclarationException"),
        ("/stages/1/actions/0/runOrder", json!(0), "ValidationException"),
        ("/stages/1/actions/0/runOrder", json!(1000), "ValidationException"),
        ("/stages/1/actions/0/timeoutInMinutes", json!(5), "InvalidActionDeclarationException"),
        ("/stages/2/actions/0/timeoutInMinutes", json!(4), "ValidationException"),
        ("/stages/2/actions/0/timeoutInMinutes", json!(86401), "ValidationException"),
        ("/stages/1/actions/0/configuration/FunctionName", Value::Null, "InvalidActionDeclarationException"),
        ("/stages/1/actions/0/configuration/Other", json!("x"), "InvalidActionDeclarationException"),
        ("/stages/1/actions/0/configuration/UserParameters", json!("x".repeat(1001)), "ValidationException"),
        ("/stages/1/actions/0/configuration/UserParameters", json!(""), "ValidationException"),
        (
            "/stages/1/actions/0/configuration/UserParameters",
            json!("#{Ten.x}"),
            "InvalidActionDeclarationException",
        ),
        (
            "/stages/1/actions/0/configuration/UserParameters",
            json!("#{variables.x}"),
            "InvalidActionDeclarationException",
        ),
        (
            "/stages/1/actions/0/configuration/UserParameters",
            json!("#{codepipeline.x}"),
            "InvalidActionDeclarationException",
        ),
        (
            "/stages/0/actions/0/configuration",
            json!({"k": "#{variables.Hotfix}"}),
            "InvalidActionDeclarationException",
        ),
        ("/stages/1/actions/0/namespace", json!("Source"), "InvalidStructureException"),
        ("/stages/1/actions/0/namespace", json!("variables"), "ValidationException"),
        ("/stages/1/actions/0/inputArtifacts", json!([{"name": "none"}]), "InvalidStructureException"),
        ("/stages/1/actions/0/outputArtifacts", json!([{"name": "code"}]), "InvalidStructureException"),
        (
            "/stages/2/actions/0/inputArtifacts",
            json!([{"name": "code"}]),
            "InvalidActionDeclarationException",
        ),
        ("/stages/0/actions/0/outputArtifacts", json!([]), "InvalidActionDeclarationException"),
        ("/stages/1/actions/0/actionTypeId/category", json!("Magic"), "ValidationException"),
        (
            "/triggers",
            json!([{"providerType": "CodeStarSourceConnection",
            "gitConfiguration": {"sourceActionName": "Code"}}]),
            "InvalidStructureException",
        ),
    ] {
        let refused = with(pointer, value.clone()).map_err(|e| e.code);
        assert_eq!(refused, Err(code), "{pointer} = {value}");
    }
}

#[test]
fn defaults_are_shown_when_nobody_wrote_them() {
    let read = Declaration::read(&sample()).unwrap().with_version(3);
    assert_eq!(read.json["version"], 3);
    let action = &read.json["stages"][0]["actions"][0];
    assert_eq!((&action["runOrder"], &action["configuration"]), (&json!(1), &json!({})));
}
