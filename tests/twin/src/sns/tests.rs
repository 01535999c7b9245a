//! SNS through its API; functions as subscribers are the clients' tests' part.

use super::Sns;
use crate::{
    ApiError, Options, Twin,
    wire::query::{Form, Xml},
};

const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:news";

async fn twin() -> Twin {
    let twin = Twin::start(Options::default()).await.unwrap();
    call(&twin, "CreateTopic", &[("Name", "news")]);
    subscribe(&twin, "email", "a@example.com").unwrap();
    twin
}

fn try_call(twin: &Twin, operation: &str, members: &[(&str, &str)]) -> Result<Option<Vec<Xml>>, ApiError> {
    let sns: &Sns = &twin.services.sns;
    sns.handle(operation, &Form::from(members), twin.clock().now())
}

fn call(twin: &Twin, operation: &str, members: &[(&str, &str)]) -> Vec<Xml> {
    try_call(twin, operation, members).unwrap_or_else(|e| panic!("{operation}: {e}")).unwrap_or_default()
}

fn subscribe(twin: &Twin, protocol: &str, endpoint: &str) -> Result<Option<Vec<Xml>>, ApiError> {
    try_call(twin, "Subscribe", &[("TopicArn", TOPIC), ("Protocol", protocol), ("Endpoint", endpoint)])
}

fn publish(twin: &Twin, members: &[(&str, &str)]) -> Result<Option<Vec<Xml>>, ApiError> {
    try_call(twin, "Publish", &[&[("TopicArn", TOPIC)], members].concat())
}

#[tokio::test]
async fn mail_arrives_when_a_message_is_published() {
    let twin = twin().await;
    publish(&twin, &[("Subject", "Hello"), ("Message", "one")]).unwrap();
    publish(&twin, &[("Message", "two")]).unwrap();
    let inbox = twin.inbox("news");
    let seen: Vec<_> = inbox.iter().map(|mail| (mail.subject.as_str(), mail.message.as_str())).collect();
    assert_eq!(seen, [("Hello", "one"), ("AWS Notification Message", "two")]);
    assert_eq!(inbox[0].to, "a@example.com");
    assert_eq!(twin.inbox(TOPIC), inbox);
    assert!(twin.inbox("other").is_empty());
}

#[tokio::test]
async fn text_is_the_protocols_own_when_the_message_has_structure() {
    let twin = twin().await;
    for (message, expected) in [
        (r#"{"default": "d", "email": "e"}"#, "e"),
        (r#"{"default": "d", "lambda": "l"}"#, "d"),
        (r#"{"default": "d", "email": 5}"#, "d"),
    ] {
        publish(&twin, &[("Message", message), ("MessageStructure", "json")]).unwrap();
        assert_eq!(twin.inbox("news").last().unwrap().message, expected, "{message}");
    }
}

#[tokio::test]
async fn message_is_refused_when_it_breaks_a_limit() {
    let twin = twin().await;
    let (long, longest) = ("x".repeat(262_145), "x".repeat(262_144));
    let long_subject = "x".repeat(100);
    let of_json = |message: &'static str| vec![("Message", message), ("MessageStructure", "json")];
    let attribute = |kind: &'static str, value: &'static str| {
        let (name, data_type) =
            ("MessageAttributes.entry.1.Name", "MessageAttributes.entry.1.Value.DataType");
        vec![
            ("Message", "m"),
            (name, "n"),
            (data_type, kind),
            ("MessageAttributes.entry.1.Value.StringValue", value),
        ]
    };
    for (members, problem) in [
        (vec![], "Empty message"),
        (vec![("Message", long.as_str())], "Message too long"),
        (vec![("Message", "m"), ("Subject", "")], "Subject"),
        (vec![("Message", "m"), ("Subject", "two\nlines")], "Subject"),
        (vec![("Message", "m"), ("Subject", "größer")], "Subject"),
        (vec![("Message", "m"), ("Subject", " x")], "Subject"),
        (vec![("Message", "m"), ("Subject", long_subject.as_str())], "Subject"),
        (of_json("no JSON"), "Message Structure - JSON message body failed to parse"),
        (of_json(r#"{"email": "e"}"#), "Message Structure - No default entry in JSON message body"),
        (of_json(r#"{"default": 1}"#), "Message Structure - No default entry in JSON message body"),
        (attribute("Number", "many"), "must contain a non-empty value of its type"),
        (attribute("Text", "x"), "invalid message attribute type"),
        (attribute("String", ""), "must contain a non-empty value of its type"),
    ] {
        let error = publish(&twin, &members).unwrap_err();
        assert_eq!(error.code, "InvalidParameter", "{problem}");
        assert!(error.message.ends_with(problem), "{problem}: {}", error.message);
    }
    assert!(twin.inbox("news").is_empty());
    publish(&twin, &[("Message", &longest), ("Subject", &long_subject[1..])]).unwrap();
    // Attributes count, too: the topic's limit is for both together.
    let with_attribute = [attribute("String", "v"), vec![("Message", longest.as_str())]].concat();
    assert_eq!(publish(&twin, &with_attribute).unwrap_err().code, "InvalidParameter");
}

#[tokio::test]
async fn what_is_missing_is_named_when_the_twin_does_not_have_it() {
    let twin = twin().await;
    for (operation, members) in [
        ("CreateTopic", vec![("Name", "news.fifo")]),
        ("CreateTopic", vec![("Name", "x"), ("Attributes.entry.1.key", "KmsMasterKeyId")]),
        ("Publish", vec![("PhoneNumber", "1"), ("Message", "m")]),
        ("Subscribe", vec![("TopicArn", TOPIC), ("Protocol", "sqs"), ("Endpoint", "arn:x")]),
        (
            "Subscribe",
            vec![
                ("TopicArn", TOPIC),
                ("Protocol", "email"),
                ("Endpoint", "a@b"),
                ("Attributes.entry.1.key", "FilterPolicy"),
            ],
        ),
        ("PublishBatch", vec![]),
    ] {
        assert_eq!(try_call(&twin, operation, &members).unwrap_err().code, "NotImplemented", "{members:?}");
    }
}

#[tokio::test]
async fn topic_is_not_found_when_it_was_deleted() {
    let twin = twin().await;
    for _ in 0..2 {
        call(&twin, "DeleteTopic", &[("TopicArn", TOPIC)]);
    }
    for (operation, members) in [
        ("Publish", vec![("TopicArn", TOPIC), ("Message", "m")]),
        ("GetTopicAttributes", vec![("TopicArn", TOPIC)]),
        ("ListSubscriptionsByTopic", vec![("TopicArn", TOPIC)]),
    ] {
        assert_eq!(try_call(&twin, operation, &members).unwrap_err().code, "NotFound", "{operation}");
    }
    assert_eq!(call(&twin, "ListSubscriptions", &[]), [Xml::Elements("Subscriptions", vec![])]);
}

#[tokio::test]
async fn subscription_is_the_same_when_it_is_made_again() {
    let twin = twin().await;
    let first = subscribe(&twin, "email", "a@example.com").unwrap();
    assert_eq!(subscribe(&twin, "email", "a@example.com").unwrap(), first);
    let function = "arn:aws:lambda:eu-west-1:123456789012:function:f:live";
    assert_ne!(subscribe(&twin, "lambda", function).unwrap(), first);
    for (protocol, endpoint) in [("email", "nobody"), ("lambda", "f"), ("", "a@b")] {
        assert_eq!(subscribe(&twin, protocol, endpoint).unwrap_err().code, "InvalidParameter");
    }
    let Some([Xml::Text(_, arn)]) = first.as_deref() else { panic!("{first:?}") };
    for _ in 0..2 {
        call(&twin, "Unsubscribe", &[("SubscriptionArn", arn)]);
    }
    publish(&twin, &[("Message", "m")]).unwrap();
    assert!(twin.inbox("news").is_empty());
}
