//! Functions inside of this process, invoked by whoever invokes functions.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_eventbridge::types::{PutEventsRequestEntry, Target};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use twin::{Host, HostedInvocation, Schedule, Twin};

use super::{operator, twin};

const FUNCTION: &str = "shift";

/// A host that fails, and tells of each attempt and its virtual time.
fn that_fails(twin: &Twin) -> (Host, UnboundedReceiver<(HostedInvocation, DateTime<Utc>)>) {
    let ((tell, told), clock) = (unbounded_channel(), twin.clock());
    let host = Host::new(move |invocation| {
        let tell = tell.clone();
        async move {
            tell.send((invocation, clock.now())).unwrap();
            Err("as asked".to_owned())
        }
    });
    (host, told)
}

async fn invoke(twin: &Twin, payload: &Value) -> (bool, Value) {
    let invoke =
        operator(twin).lambda().invoke().function_name(FUNCTION).payload(Blob::new(payload.to_string()));
    let answer = invoke.send().await.unwrap();
    let body = serde_json::from_slice(answer.payload().unwrap().as_ref()).unwrap();
    (answer.function_error().is_some(), body)
}

async fn send(twin: &Twin) {
    let invoke = operator(twin).lambda().invoke().function_name(FUNCTION);
    invoke.invocation_type(InvocationType::Event).send().await.unwrap();
}

#[tokio::test]
async fn answer_is_that_of_the_host_when_the_function_is_invoked() {
    let twin = twin().await;
    let host = Host::new(|invocation| async move {
        match invocation.payload["do"].as_str() {
            Some("panic") => panic!("as asked"),
            Some("fail") => Err("no".to_owned()),
            _ => Ok(json!({"arn": invocation.invoked_arn, "version": invocation.version,
                "event": invocation.payload, "key": invocation.variable("AWS_ACCESS_KEY_ID")})),
        }
    });
    twin.host(FUNCTION, host).unwrap();
    let arn = "arn:aws:lambda:eu-west-1:123456789012:function:shift";
    let expected = json!({"arn": arn, "version": "$LATEST", "event": {"n": 1}, "key": "TWIN-shift"});
    assert_eq!(invoke(&twin, &json!({"n": 1})).await, (false, expected));
    let told = |message: &str| (true, json!({"errorType": "HostedError", "errorMessage": message}));
    assert_eq!(invoke(&twin, &json!({"do": "fail"})).await, told("no"));
    assert_eq!(invoke(&twin, &json!({"do": "panic"})).await, told("the function panicked"));
    assert!(!invoke(&twin, &json!({})).await.0, "a panic is the end of one invocation only");
}

#[tokio::test]
async fn attempts_are_three_with_one_request_id_when_the_host_fails() {
    let twin = twin().await;
    let (host, mut told) = that_fails(&twin);
    twin.host(FUNCTION, host).unwrap();
    send(&twin).await;
    let mut attempts = Vec::new();
    for number in 1..=3 {
        let (invocation, at) = told.recv().await.unwrap();
        assert_eq!(invocation.attempt, number);
        attempts.push((invocation.request_id, at));
    }
    assert!(attempts.iter().all(|(id, _)| *id == attempts[0].0));
    assert!(attempts[1].1 - attempts[0].1 >= TimeDelta::minutes(1));
    assert!(attempts[2].1 - attempts[1].1 >= TimeDelta::minutes(2));
    send(&twin).await;
    let (next, _) = told.recv().await.unwrap();
    assert!(next.attempt == 1 && next.request_id != attempts[0].0, "no fourth attempt, another invocation");
}

#[tokio::test]
async fn nothing_is_repeated_when_the_event_invoke_config_says_so() {
    let twin = twin().await;
    let (host, mut told) = that_fails(&twin);
    twin.host(FUNCTION, host).unwrap();
    let config = operator(&twin).lambda().put_function_event_invoke_config();
    config.function_name(FUNCTION).maximum_retry_attempts(0).send().await.unwrap();
    for _ in 0..2 {
        send(&twin).await;
        assert_eq!(told.recv().await.unwrap().0.attempt, 1);
    }
    twin.clock().sleep(TimeDelta::minutes(5)).await;
    assert!(told.try_recv().is_err());
}

#[tokio::test]
async fn host_is_asked_when_rules_schedules_or_topics_mean_the_function() {
    let twin = twin().await;
    let (host, mut told) = that_fails(&twin);
    twin.host(FUNCTION, host).unwrap();
    let arn = format!("arn:aws:lambda:eu-west-1:123456789012:function:{FUNCTION}");
    let (events, sns) = (operator(&twin).eventbridge(), operator(&twin).sns());
    events.put_rule().name("mine").event_pattern(r#"{"source": ["mine"]}"#).send().await.unwrap();
    let target = Target::builder().id("1").arn(&arn).build().unwrap();
    events.put_targets().rule("mine").targets(target).send().await.unwrap();
    let entry = PutEventsRequestEntry::builder().source("mine").detail_type("Something").detail("{}").build();
    events.put_events().entries(entry).send().await.unwrap();
    assert_eq!(told.recv().await.unwrap().0.payload["detail-type"], "Something");
    let topic = sns.create_topic().name("news").send().await.unwrap().topic_arn.unwrap();
    sns.subscribe().topic_arn(&topic).protocol("lambda").endpoint(&arn).send().await.unwrap();
    sns.publish().topic_arn(&topic).message("hello").send().await.unwrap();
    let of = |field: &'static [&str]| move |payload: &Value| field.iter().fold(payload, |v, f| &v[f]).clone();
    let message = |payload: &Value| payload["Records"][0]["Sns"]["Message"].clone();
    // Repetitions of what came before may come between.
    while message(&told.recv().await.unwrap().0.payload) != "hello" {}
    let every = TimeDelta::minutes(1);
    twin.schedule(Schedule { name: "sweep".into(), function: FUNCTION.into(), every, input: None });
    while of(&["detail-type"])(&told.recv().await.unwrap().0.payload) != "Scheduled Event" {}
}

/// True once it was dropped.
struct Dropped(Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn time_out_is_that_of_the_function_when_it_has_one() {
    let twin = twin().await;
    let dropped = Arc::new(AtomicBool::new(false));
    let ended = dropped.clone();
    let host = Host::new(move |_| {
        let guard = Dropped(ended.clone());
        async move {
            let _guard = guard;
            std::future::pending().await
        }
    });
    twin.host(FUNCTION, host).unwrap();
    let configuration = operator(&twin).lambda().update_function_configuration();
    configuration.function_name(FUNCTION).timeout(1).send().await.unwrap();
    let (failed, told) = invoke(&twin, &json!({})).await;
    assert!(failed && told["errorType"] == "Sandbox.Timedout", "{told}");
    assert!(dropped.load(Ordering::Relaxed), "nothing of it goes on");
}
