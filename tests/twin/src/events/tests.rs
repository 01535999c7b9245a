//! The bus through its API. Targets are a topic whose e-mails show what arrived; functions are the clients' tests' part.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::AwsEvent;
use crate::{ApiError, Options, Twin, wire::query::Form};

const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:news";

fn at(time: &str) -> DateTime<Utc> {
    time.parse().unwrap()
}

/// A twin with a topic that has a reader.
async fn twin() -> Twin {
    let twin = Twin::start(Options { rate: 600.0, ..Options::default() }).await.unwrap();
    sns(&twin, "CreateTopic", &[("Name", "news")]);
    sns(&twin, "Subscribe", &[("TopicArn", TOPIC), ("Protocol", "email"), ("Endpoint", "a@example.com")]);
    twin
}

fn sns(twin: &Twin, operation: &str, members: &[(&str, &str)]) {
    let form = Form::from(members);
    twin.services.sns.handle(operation, &form, twin.clock().now()).unwrap();
}

fn try_call(twin: &Twin, operation: &str, input: &Value) -> Result<Value, ApiError> {
    twin.services.bus.handle(operation, input, at("2026-11-23T10:00:00.5Z"))
}

fn call(twin: &Twin, operation: &str, input: Value) -> Value {
    try_call(twin, operation, &input).unwrap_or_else(|e| panic!("{operation} {input}: {e}"))
}

/// A rule for every event of the source `mine`, and the topic as its target.
fn rule(twin: &Twin, name: &str, target: Value) {
    call(twin, "PutRule", json!({"Name": name, "EventPattern": r#"{"source": ["mine"]}"#}));
    put_target(twin, name, target).unwrap();
}

fn put_target(twin: &Twin, rule: &str, mut target: Value) -> Result<Value, ApiError> {
    target["Id"] = "1".into();
    target["Arn"] = TOPIC.into();
    try_call(twin, "PutTargets", &json!({"Rule": rule, "Targets": [target]}))
}

fn emit(twin: &Twin, detail: Value) {
    twin.services.bus.emit(AwsEvent {
        source: "mine".to_owned(),
        detail_type: "Something".to_owned(),
        resources: vec!["arn:one".to_owned()],
        detail,
        at: at("2026-11-23T10:00:00.789Z"),
    });
}

fn delivered(twin: &Twin) -> Vec<String> {
    twin.inbox("news").into_iter().map(|mail| mail.message).collect()
}

#[tokio::test]
async fn event_has_its_envelope_when_it_is_emitted() {
    let twin = twin().await;
    rule(&twin, "all", json!({}));
    emit(&twin, json!({"n": 1}));
    let mut events = twin.events();
    assert_eq!(serde_json::from_str::<Value>(&delivered(&twin)[0]).unwrap(), events[0]);
    assert!(uuid::Uuid::parse_str(events[0]["id"].take().as_str().unwrap()).is_ok());
    assert_eq!(
        events,
        [json!({"version": "0", "id": null, "detail-type": "Something", "source": "mine",
            "account": "123456789012", "time": "2026-11-23T10:00:00Z", "region": "eu-west-1",
            "resources": ["arn:one"], "detail": {"n": 1}})]
    );
    assert_eq!(twin.inbox(TOPIC)[0].subject, "AWS Notification Message", "no subject of its own");
}

#[tokio::test]
async fn every_enabled_rule_delivers_when_several_want_the_event() {
    let twin = twin().await;
    rule(&twin, "one", json!({"Input": r#""one""#}));
    rule(&twin, "two", json!({"Input": r#""two""#}));
    emit(&twin, json!({}));
    assert_eq!(delivered(&twin), [r#""one""#, r#""two""#]);
    call(&twin, "DisableRule", json!({"Name": "one"}));
    emit(&twin, json!({}));
    assert_eq!(delivered(&twin).len(), 3);
    call(&twin, "EnableRule", json!({"Name": "one"}));
    call(&twin, "RemoveTargets", json!({"Rule": "two", "Ids": ["1"]}));
    emit(&twin, json!({}));
    assert_eq!(delivered(&twin)[3..], [r#""one""#]);
}

#[tokio::test]
async fn template_is_filled_when_a_target_has_one() {
    let twin = twin().await;
    let detail = json!({"state": "say \"go\"", "n": 3.0, "list": [{"x": [7]}], "o": {"a": 1}});
    for (template, expected) in [
        (
            r#"{"s": <s>, "n": <n>, "x": <x>, "o": <o>}"#,
            r#"{"s": "say \"go\"", "n": 3.0, "x": 7, "o": {"a":1}}"#,
        ),
        (r#""<s> at <n>, <missing>""#, r#""say \"go\" at 3.0, ""#),
        (r#"{"a": "is \"<s>\"", "b": <s>}"#, r#"{"a": "is \"say \"go\"\"", "b": "say \"go\""}"#),
        (r#"{"missing": <missing>}"#, r#"{"missing": }"#),
        ("1 < 2 <n> >", "1 < 2 3.0 >"),
        (
            r#"["<aws.events.rule-name>", <aws.events.event.ingestion-time>]"#,
            r#"["all", "2026-11-23T10:00:00Z"]"#,
        ),
    ] {
        let paths = json!({"s": "$.detail.state", "n": "$.detail.n", "x": "$.detail.list[0].x[0]",
            "o": "$.detail.o", "missing": "$.detail.missing"});
        rule(&twin, "all", json!({"InputTransformer": {"InputPathsMap": paths, "InputTemplate": template}}));
        emit(&twin, detail.clone());
        assert_eq!(delivered(&twin).last().unwrap(), expected, "{template}");
    }
    rule(&twin, "all", json!({"InputTransformer": {"InputTemplate": "<aws.events.event.json>"}}));
    emit(&twin, detail);
    assert_eq!(delivered(&twin).last().unwrap(), &twin.events().last().unwrap().to_string());
}

#[tokio::test]
async fn target_is_refused_when_the_twin_could_not_serve_it() {
    let twin = twin().await;
    rule(&twin, "all", json!({}));
    let template = |template: &str, path: &str| json!({"InputTransformer": {"InputPathsMap": {"a": path}, "InputTemplate": template}});
    for (target, code) in [
        (json!({"Input": "not JSON"}), "ValidationException"),
        (json!({"Input": "1", "InputTransformer": {"InputTemplate": "1"}}), "ValidationException"),
        (template("<b>", "$.detail"), "ValidationException"),
        (template("<a>", "detail"), "ValidationException"),
        (template("<a>", "$.detail[x]"), "ValidationException"),
        (template("<a>", "$..detail"), "ValidationException"),
        (template("", "$.detail"), "ValidationException"),
        (json!({"InputPath": "$.detail"}), "NotImplemented"),
        (json!({"DeadLetterConfig": {}}), "NotImplemented"),
    ] {
        assert_eq!(put_target(&twin, "all", target.clone()).unwrap_err().code, code, "{target}");
    }
    for (arn, code) in [
        ("arn:aws:sqs:eu-west-1:123456789012:queue", "NotImplemented"),
        ("arn:aws:lambda:eu-west-1:123456789012:layer:x", "ValidationException"),
        ("news", "ValidationException"),
    ] {
        let input = json!({"Rule": "all", "Targets": [{"Id": "2", "Arn": arn}]});
        assert_eq!(try_call(&twin, "PutTargets", &input).unwrap_err().code, code, "{arn}");
    }
    let six: Vec<_> = (0..6).map(|n| json!({"Id": n.to_string(), "Arn": TOPIC})).collect();
    let error = try_call(&twin, "PutTargets", &json!({"Rule": "all", "Targets": six})).unwrap_err();
    assert_eq!(error.code, "LimitExceededException");
    assert_eq!(
        call(&twin, "ListTargetsByRule", json!({"Rule": "all"}))["Targets"],
        json!([{"Id": "1", "Arn": TOPIC}])
    );
}

#[tokio::test]
async fn rule_is_shown_and_replaced_and_deleted() {
    let twin = twin().await;
    rule(&twin, "b", json!({}));
    let pattern = r#"{"source": ["other"]}"#;
    call(
        &twin,
        "PutRule",
        json!({"Name": "b", "EventPattern": pattern, "State": "DISABLED", "Description": "d"}),
    );
    let shown = json!({"Name": "b", "Arn": "arn:aws:events:eu-west-1:123456789012:rule/b", "EventPattern": pattern,
        "State": "DISABLED", "Description": "d", "EventBusName": "default"});
    assert_eq!(call(&twin, "DescribeRule", json!({"Name": "b"})), shown);
    call(&twin, "PutRule", json!({"Name": "a", "ScheduleExpression": "rate(5 minutes)"}));
    let first = call(&twin, "ListRules", json!({"Limit": 1}));
    assert_eq!(first["Rules"][0]["Name"], "a");
    let second = call(&twin, "ListRules", json!({"Limit": 1, "NextToken": first["NextToken"]}));
    assert_eq!(second, json!({"Rules": [shown]}));
    assert_eq!(call(&twin, "ListRules", json!({"NamePrefix": "c"})), json!({"Rules": []}));
    let refused = try_call(&twin, "DeleteRule", &json!({"Name": "b"})).unwrap_err();
    assert_eq!(refused.message, "Rule can't be deleted since it has targets.");
    let removed = call(&twin, "RemoveTargets", json!({"Rule": "b", "Ids": ["1", "9"]}));
    assert_eq!(
        (&removed["FailedEntryCount"], &removed["FailedEntries"][0]["TargetId"]),
        (&json!(1), &json!("9"))
    );
    call(&twin, "DeleteRule", json!({"Name": "b"}));
    call(&twin, "DeleteRule", json!({"Name": "b"}));
    let gone = try_call(&twin, "DescribeRule", &json!({"Name": "b"})).unwrap_err();
    assert_eq!(gone.code, "ResourceNotFoundException");
}

#[tokio::test]
async fn rule_is_refused_when_it_cannot_work() {
    let twin = twin().await;
    let pattern = r#"{"source": ["x"]}"#;
    for (input, code) in [
        (json!({"Name": "a"}), "ValidationException"),
        (json!({"Name": "a b", "EventPattern": pattern}), "ValidationException"),
        (json!({"Name": "a", "EventPattern": "{}"}), "InvalidEventPatternException"),
        (json!({"Name": "a", "EventPattern": pattern, "State": "ON"}), "ValidationException"),
        (json!({"Name": "a", "ScheduleExpression": "rate(1 minutes)"}), "ValidationException"),
        (json!({"Name": "a", "ScheduleExpression": "cron(0 8 * * ? *)"}), "NotImplemented"),
        (json!({"Name": "a", "EventPattern": pattern, "EventBusName": "mine"}), "NotImplemented"),
    ] {
        assert_eq!(try_call(&twin, "PutRule", &input).unwrap_err().code, code, "{input}");
    }
    assert_eq!(try_call(&twin, "PutPermission", &json!({})).unwrap_err().code, "NotImplemented");
    call(&twin, "PutRule", json!({"Name": "a", "EventPattern": pattern, "EventBusName": "default"}));
}

#[tokio::test]
async fn entries_are_judged_one_by_one_when_events_are_put() {
    let twin = twin().await;
    let entry = |source: &str, detail: &str| json!({"Source": source, "DetailType": "T", "Detail": detail});
    let entries = json!([entry("mine", r#"{"n": 1}"#), entry("aws.codedeploy", "{}"), entry("mine", "[]"),
        {"Source": "mine", "Detail": "{}"},
        {"Source": "mine", "DetailType": "T", "Detail": "{}", "Time": 1_795_428_000.0}]);
    let answer = call(&twin, "PutEvents", json!({"Entries": entries}));
    let codes: Vec<_> =
        answer["Entries"].as_array().unwrap().iter().map(|e| e["ErrorCode"].as_str()).collect();
    let (forbidden, malformed) = (Some("NotAuthorizedForSourceException"), Some("MalformedDetail"));
    assert_eq!(codes, [None, forbidden, malformed, Some("InvalidArgument"), None]);
    assert_eq!(answer["FailedEntryCount"], 3);
    let events = twin.events();
    assert_eq!(events.len(), 2);
    assert_eq!(events[0]["id"], answer["Entries"][0]["EventId"]);
    assert_eq!(
        (&events[0]["time"], &events[0]["detail"]),
        (&json!("2026-11-23T10:00:00Z"), &json!({"n": 1}))
    );
    assert_eq!(events[1]["time"], "2026-11-23T10:00:00Z");
    let all_wrong = json!({"Entries": [{"Source": "mine"}]});
    assert_eq!(try_call(&twin, "PutEvents", &all_wrong).unwrap_err().code, "ValidationException");
}

#[tokio::test]
async fn pattern_is_tested_when_the_event_is_whole() {
    let twin = twin().await;
    emit(&twin, json!({"n": 1}));
    let event = twin.events()[0].clone();
    let test = |pattern: &str, event: &Value| {
        try_call(&twin, "TestEventPattern", &json!({"EventPattern": pattern, "Event": event.to_string()}))
    };
    assert_eq!(test(r#"{"detail": {"n": [1]}}"#, &event), Ok(json!({"Result": true})));
    assert_eq!(test(r#"{"detail": {"n": [2]}}"#, &event), Ok(json!({"Result": false})));
    let without_id = json!({"source": "mine"});
    assert_eq!(test(r#"{"source": ["mine"]}"#, &without_id).unwrap_err().code, "ValidationException");
    assert_eq!(test("{}", &event).unwrap_err().code, "InvalidEventPatternException");
}

#[tokio::test]
async fn scheduled_event_comes_once_a_minute_when_the_rule_was_put_twice() {
    let twin = twin().await;
    for _ in 0..2 {
        call(&twin, "PutRule", json!({"Name": "tick", "ScheduleExpression": "rate(1 minute)"}));
    }
    put_target(&twin, "tick", json!({})).unwrap();
    let times = |twin: &Twin| -> Vec<String> {
        let time =
            |text: String| serde_json::from_str::<Value>(&text).unwrap()["time"].as_str().unwrap().to_owned();
        delivered(twin).into_iter().map(time).collect()
    };
    twin.clock().sleep_until(twin.clock().next_minute() + chrono::TimeDelta::seconds(210)).await;
    let mut seen = times(&twin);
    assert!((3..=4).contains(&seen.len()), "{seen:?}");
    seen.dedup();
    assert_eq!(seen, times(&twin), "none twice");
    assert!(twin.events().is_empty(), "schedules do not bury other events");
    let event: Value = serde_json::from_str(&delivered(&twin)[0]).unwrap();
    assert_eq!(event["resources"][0], "arn:aws:events:eu-west-1:123456789012:rule/tick");
    call(&twin, "DisableRule", json!({"Name": "tick"}));
    let before = delivered(&twin).len();
    twin.clock().sleep(chrono::TimeDelta::minutes(2)).await;
    assert_eq!(delivered(&twin).len(), before, "a disabled rule is silent");
}
