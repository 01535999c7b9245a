//! The two templates of this project resolve, with every file of parameters, to the names that everybody relies on.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "test code: a template that does not resolve must end"
)]

use std::{fs, path::PathBuf};

use serde_json::{Value, json};
use stack::{Given, ParameterFile, Stack, Template, create_pipeline};

const ENVIRONMENTS: [(&str, &str); 4] = [
    ("dev", "dev.json"),
    ("staging", "staging.json"),
    ("prod", "production.json"),
    ("claude4", "claude4.json"),
];
const GUARD: [&str; 6] = [
    "canary-breach",
    "canary-error-rate",
    "canary-response-time",
    "canary-unanswered",
    "canary-function-errors",
    "usage-throttled",
];

fn read(path: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn backend(environment: &str, file: &str, version: &str) -> Stack {
    let file = ParameterFile::read(&read(&format!("parameters/{file}"))).unwrap();
    let given =
        Given::stack(&format!("manuel-{environment}")).with_file(&file).with_version("Backend", version);
    Template::read(&read("template.yaml")).unwrap().resolve(&given).unwrap()
}

fn pipeline(provider: &str) -> Stack {
    let given = Given::stack("manuel-pipeline").with("NotificationEmail", "team@example.com");
    let template = Template::read(&read("pipeline-template.yaml")).unwrap();
    template.resolve(&given.with("SourceProvider", provider)).unwrap()
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("no text at {pointer} of {value}"))
}

#[test]
fn every_environment_has_the_names_that_the_pipeline_calls() {
    for (environment, file) in ENVIRONMENTS {
        let stack = backend(environment, file, "7");
        for (id, name) in [
            ("Backend", "backend"),
            ("PreTraffic", "pre-traffic"),
            ("PostTraffic", "post-traffic"),
            ("CanaryJudge", "canary-judge"),
            ("TrafficShift", "traffic-shift"),
            ("AlarmRollback", "alarm-rollback"),
        ] {
            assert_eq!(stack.properties(id).unwrap()["FunctionName"], format!("manuel-{environment}-{name}"));
        }
        let group = stack.properties("LiveDeploymentGroup").unwrap();
        assert_eq!(group["ApplicationName"], format!("manuel-{environment}"));
        assert_eq!(group["DeploymentGroupName"], format!("manuel-{environment}-backend-live"));
        let live = stack.properties("LiveAlias").unwrap();
        assert_eq!((text(live, "/FunctionVersion"), text(live, "/Name")), ("1", "live"));
        assert_eq!(stack.outputs["CandidateVersion"], "7");
    }
}

#[test]
fn one_list_of_guard_alarms_is_everywhere_that_it_is_needed() {
    for (environment, file) in ENVIRONMENTS {
        let stack = backend(environment, file, "7");
        let names = GUARD.map(|alarm| format!("manuel-{environment}-{alarm}"));
        let listed = names.join(",");
        for id in ["TrafficShift", "AlarmRollback"] {
            assert_eq!(text(stack.properties(id).unwrap(), "/Environment/Variables/GUARD_ALARMS"), listed);
        }
        let post = stack.properties("PostTraffic").unwrap();
        assert_eq!(text(post, "/Environment/Variables/ALARM_NAMES"), listed);
        let rule = stack.properties("AlarmRollbackGuardAlarm").unwrap();
        assert_eq!(rule["EventPattern"]["detail"]["alarmName"], json!(names));
        let group = stack.properties("LiveDeploymentGroup").unwrap();
        let of_the_group = names.clone().map(|name| json!({"Name": name}));
        assert_eq!(group["AlarmConfiguration"]["Alarms"], json!(of_the_group));
        let metric: Vec<&str> =
            stack.of_type("AWS::CloudWatch::Alarm").map(|alarm| alarm.name.as_str()).collect();
        assert!(names.iter().all(|name| metric.contains(&name.as_str())), "{metric:?}");
    }
}

#[test]
fn alarms_of_the_new_version_move_on_when_a_version_is_published() {
    let (before, after) = (backend("prod", "production.json", "6"), backend("prod", "production.json", "7"));
    let changed: Vec<&str> = before
        .resources
        .iter()
        .filter(|(id, r)| after.resources[*id] != **r)
        .map(|(id, _)| id.as_str())
        .collect();
    assert_eq!(
        changed,
        ["CanaryErrorRate", "CanaryFunctionErrors", "CanaryResponseTime", "CanaryUnanswered"]
    );
}

#[test]
fn conditions_decide_what_an_environment_has() {
    let (dev, prod) = (backend("dev", "dev.json", "1"), backend("prod", "production.json", "1"));
    assert!(!dev.resources.contains_key("WebAcl") && prod.resources.contains_key("WebAcl"));
    assert!(!dev.resources.contains_key("CanaryDashboard") && prod.resources.contains_key("CanaryDashboard"));
    let deletion =
        |stack: &Stack| stack.properties("UsageTable").unwrap()["DeletionProtectionEnabled"].clone();
    assert_eq!((deletion(&dev), deletion(&prod)), (json!(false), json!(true)));
    assert!(dev.properties("AlarmRollback").unwrap().get("ReservedConcurrentExecutions").is_none());
}

#[test]
fn pipeline_has_thirteen_stages_whoever_has_the_source() {
    for (provider, action) in [("GitHub", "CodeStarSourceConnection"), ("CodeCommit", "CodeCommit")] {
        let stack = pipeline(provider);
        let pipeline = create_pipeline(stack.properties("Pipeline").unwrap());
        assert_eq!(text(&pipeline, "/name"), "manuel-backend-pipeline");
        assert_eq!(pipeline["stages"].as_array().unwrap().len(), 13);
        assert_eq!(text(&pipeline, "/stages/0/actions/0/actionTypeId/provider"), action);
        assert_eq!(pipeline["stages"][0]["actions"].as_array().unwrap().len(), 1);
        assert_eq!(stack.outputs.contains_key("ConnectionArn"), provider == "GitHub");
        assert_eq!(stack.outputs.contains_key("RepositoryCloneUrl"), provider == "CodeCommit");
    }
}

#[test]
fn every_stage_that_a_function_waits_for_is_one_of_the_pipeline() {
    let pipeline = pipeline("GitHub");
    let stages: Vec<&str> = pipeline.properties("Pipeline").unwrap()["Stages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stage| text(stage, "/Name"))
        .collect();
    for (environment, file) in ENVIRONMENTS {
        let stack = backend(environment, file, "1");
        let rule = &stack.properties("AlarmRollbackStageEnded").unwrap()["EventPattern"]["detail"];
        for stage in rule["stage"].as_array().unwrap() {
            // The environment without a pipeline waits for nothing.
            let known = stages.contains(&stage.as_str().unwrap()) || environment == "claude4";
            assert!(known, "{environment} waits for {stage}");
        }
    }
}
