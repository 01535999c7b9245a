//! Every call of a function goes wrong once in every way.

use aws::Aws;
use aws_sdk_bedrockruntime::types::{ContentBlock, ConversationRole, Message};
use aws_sdk_cloudwatch::types::MetricDatum;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_sdk_lambda::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_lambda::primitives::Blob;
use serde_json::{Value, json};
use twin::{Call, Host, Strike, StrikeKind, Twin};

use super::{LONG, clients, operator, twin};

const FUNCTION: &str = "caller";
const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:news";

/// What went wrong with a call: the code of the service's error, or the connection.
fn told<T, E, R>(result: Result<T, SdkError<E, R>>) -> Result<(), String>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug + 'static,
{
    match result {
        Ok(_) => Ok(()),
        Err(SdkError::DispatchFailure(failure)) if failure.is_io() => Err("i/o".to_owned()),
        Err(SdkError::ServiceError(error)) => Err(error.err().code().unwrap_or("no code").to_owned()),
        Err(other) => Err(aws::chain(&other)),
    }
}

/// One call to each service, until one goes wrong.
async fn call_everybody(aws: Aws) -> Result<Value, String> {
    told(aws.lambda().list_functions().send().await)?;
    let entry = PutEventsRequestEntry::builder().source("mine").detail_type("Something").detail("{}").build();
    told(aws.eventbridge().put_events().entries(entry).send().await)?;
    told(aws.sns().publish().topic_arn(TOPIC).message("hello").send().await)?;
    told(aws.codedeploy().list_applications().send().await)?;
    let datum = MetricDatum::builder().metric_name("Orders").value(1.0).build();
    told(aws.cloudwatch().put_metric_data().namespace("Shop").metric_data(datum).send().await)?;
    told(aws.codepipeline().list_pipelines().send().await)?;
    told(aws.dynamodb(LONG).list_tables().send().await)?;
    let question = Message::builder().role(ConversationRole::User).content(ContentBlock::Text("How?".into()));
    let converse = aws.bedrock(LONG).converse().model_id("some").messages(question.build().unwrap());
    told(converse.send().await)?;
    Ok(json!("done"))
}

/// Service, what a throttle and a fault of it are called, in the order of the calls.
const CALLS: [(&str, &str, &str); 8] = [
    ("lambda:ListFunctions", "TooManyRequestsException", "ServiceException"),
    ("events:PutEvents", "ThrottlingException", "InternalException"),
    ("sns:Publish", "Throttling", "InternalError"),
    ("codedeploy:ListApplications", "ThrottlingException", "ServiceUnavailable"),
    ("cloudwatch:PutMetricData", "Throttling", "InternalServiceError"),
    ("codepipeline:ListPipelines", "ThrottlingException", "ServiceUnavailable"),
    ("dynamodb:ListTables", "ThrottlingException", "InternalServerError"),
    ("bedrock:Converse", "ThrottlingException", "ServiceUnavailableException"),
];

async fn stage(attempts: &'static str) -> Twin {
    let twin = twin().await;
    let sns = operator(&twin).sns();
    sns.create_topic().name("news").send().await.unwrap();
    sns.subscribe().topic_arn(TOPIC).protocol("email").endpoint("a@example.com").send().await.unwrap();
    twin.host(FUNCTION, Host::new(move |invocation| call_everybody(clients(&invocation, attempts)))).unwrap();
    twin
}

async fn invoke(twin: &Twin) -> Value {
    let answer = operator(twin).lambda().invoke().function_name(FUNCTION).payload(Blob::new("{}"));
    let body = answer.send().await.unwrap().payload.unwrap();
    serde_json::from_slice(body.as_ref()).unwrap()
}

fn strike(twin: &Twin, call_number: usize, kind: StrikeKind) {
    twin.faults().strike(Strike { callers: vec![FUNCTION.to_owned()], call_number, kind });
}

/// Events and messages that were taken.
fn effects(twin: &Twin) -> (usize, usize) {
    (twin.events().len(), twin.inbox("news").len())
}

#[tokio::test]
async fn every_call_is_refused_in_its_services_words_when_it_is_struck() {
    let twin = stage("1").await;
    assert_eq!(invoke(&twin).await, "done");
    assert_eq!(twin.faults().count_by(&[FUNCTION]), CALLS.len());
    assert_eq!(twin.faults().count_by(&[FUNCTION, "operator"]), CALLS.len() + 3);
    for (index, (operation, throttled, unavailable)) in CALLS.into_iter().enumerate() {
        for (kind, code) in [(StrikeKind::Throttled, throttled), (StrikeKind::Unavailable, unavailable)] {
            let before = effects(&twin);
            strike(&twin, index + 1, kind);
            assert_eq!(invoke(&twin).await["errorMessage"], code, "{operation} {kind:?}");
            let call =
                Call { operation: operation.into(), caller: FUNCTION.into(), error: Some(code.into()) };
            assert_eq!(twin.faults().struck(), Some(call));
            let done = |number: usize| usize::from(index + 1 > number);
            assert_eq!(effects(&twin), (before.0 + done(2), before.1 + done(3)), "none of the struck call");
        }
    }
    strike(&twin, CALLS.len() + 1, StrikeKind::Throttled);
    assert_eq!((invoke(&twin).await, twin.faults().struck()), (json!("done"), None));
}

#[tokio::test]
async fn effect_happens_and_the_connection_ends_when_an_answer_is_lost() {
    let twin = stage("1").await;
    for (index, (operation, ..)) in CALLS.into_iter().enumerate() {
        let before = effects(&twin);
        strike(&twin, index + 1, StrikeKind::AnswerLost);
        assert_eq!(invoke(&twin).await["errorMessage"], "i/o", "{operation}");
        assert_eq!(twin.faults().struck().unwrap().operation, operation);
        let done = |number: usize| usize::from(index + 1 >= number);
        assert_eq!(effects(&twin), (before.0 + done(2), before.1 + done(3)), "also of the struck call");
    }
}

#[tokio::test]
async fn effect_happens_and_the_function_dies_when_it_crashes() {
    let twin = stage("3").await;
    for (index, (operation, ..)) in CALLS.into_iter().enumerate() {
        let (before, calls) = (effects(&twin), twin.faults().calls().len());
        let crashed = twin.faults().crashed();
        strike(&twin, index + 1, StrikeKind::Crashed);
        assert_eq!(invoke(&twin).await["errorType"], "Runtime.ExitError", "{operation}");
        assert_eq!(twin.faults().struck().unwrap().operation, operation);
        assert!(crashed.borrow().as_ref().is_some_and(|crash| crash.caller == FUNCTION));
        let done = |number: usize| usize::from(index + 1 >= number);
        assert_eq!(effects(&twin), (before.0 + done(2), before.1 + done(3)), "once");
        assert_eq!(
            twin.faults().calls().len(),
            calls + index + 2,
            "no other attempt; one call is the invocation"
        );
    }
    assert_eq!(invoke(&twin).await, "done", "the next invocation lives");
}

#[tokio::test]
async fn every_attempt_is_struck_and_one_call_is_counted_when_the_sdk_tries_again() {
    let twin = stage("2").await;
    strike(&twin, 2, StrikeKind::AnswerLost);
    assert_eq!(invoke(&twin).await["errorMessage"], "i/o");
    assert_eq!((effects(&twin).0, twin.faults().count("events:PutEvents")), (2, 2), "one effect per attempt");
    assert_eq!(twin.faults().count_by(&[FUNCTION]), 2);
}

#[tokio::test]
async fn another_invocation_goes_on_when_one_of_the_function_dies() {
    let twin = stage("1").await;
    strike(&twin, CALLS.len() + 1, StrikeKind::Crashed);
    let all = tokio::join!(invoke(&twin), invoke(&twin), invoke(&twin));
    let answers = [all.0, all.1, all.2];
    assert_eq!(answers.iter().filter(|answer| *answer == "done").count(), 2, "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| answer["errorType"] == "Runtime.ExitError").count(), 1);
}
