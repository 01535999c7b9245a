//! The handler with real SDK clients against the local AWS: what it reads, what it publishes, what it says when blind.
#![expect(clippy::unwrap_used, reason = "set-up outside the test functions")]

use aws_sdk_lambda::types::{AliasRoutingConfiguration, Environment, FunctionCode, Runtime};
use canary_judge::{App, Judged, NAMESPACE, handle};
use chrono::{DateTime, TimeDelta, Utc};
use clock::Clock;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::Value;
use std::time::Duration;
use twin::{
    ApiError, Options, Twin,
    cloudwatch::{MinuteStatistics, Sample},
};

const FUNCTION: &str = "shop";

/// A twin with versions 1 and 2 behind the alias `live`, and a judge that watches it.
struct Stage {
    twin: Twin,
    lambda: aws_sdk_lambda::Client,
    app: App,
}

/// What the schedule sends.
fn every_minute() -> LambdaEvent<Value> {
    let event = include_str!("../../../events/eventbridge/every-minute.json");
    LambdaEvent::new(serde_json::from_str(event).unwrap(), Context::default())
}

fn settings(endpoint: String) -> impl Fn(&str) -> Option<String> {
    move |name| match name {
        "AWS_ENDPOINT_URL" => Some(endpoint.clone()),
        "AWS_REGION" => Some("eu-west-1".to_owned()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("test".to_owned()),
        "WATCHED_ALIASES" => Some(format!("{FUNCTION}:live")),
        _ => None,
    }
}

impl Stage {
    async fn set() -> Self {
        // Real time: the samples below are stamped with the minutes before now.
        let twin = Twin::start(Options { rate: 1.0, ..Options::default() }).await.unwrap();
        let clock = twin.clock();
        let now = Clock::new(move || clock.now().into(), || Duration::ZERO);
        let settings = settings(twin.endpoint());
        let lambda = aws::Aws::from_lookup(&settings).unwrap().lambda();
        let app = App::from_lookup(settings, now).unwrap();
        let stage = Self { twin, lambda, app };
        stage.publish_two_versions().await;
        stage
    }

    async fn publish_two_versions(&self) {
        // Never invoked: any program will do.
        let program = std::env::current_exe().unwrap();
        let code = FunctionCode::builder().s3_bucket("file").s3_key(program.display().to_string()).build();
        let create =
            self.lambda.create_function().function_name(FUNCTION).role("arn:aws:iam::123456789012:role/shop");
        create.runtime(Runtime::Providedal2023).handler("bootstrap").code(code).send().await.unwrap();
        self.lambda.publish_version().function_name(FUNCTION).send().await.unwrap();
        let change = self.lambda.update_function_configuration().function_name(FUNCTION);
        let environment = Environment::builder().variables("BUILD_ID", "2").build();
        change.environment(environment).send().await.unwrap();
        self.lambda.publish_version().function_name(FUNCTION).send().await.unwrap();
        let alias = self.lambda.create_alias().function_name(FUNCTION).name("live");
        alias.function_version("1").send().await.unwrap();
    }

    async fn split(&self, description: &str) {
        let weights = AliasRoutingConfiguration::builder().additional_version_weights("2", 0.1).build();
        let update = self.lambda.update_alias().function_name(FUNCTION).name("live");
        update.routing_config(weights).description(description).send().await.unwrap();
    }

    fn minute(&self, ago: i64) -> DateTime<Utc> {
        self.twin.clock().now() - TimeDelta::minutes(ago)
    }

    /// Invocations of a version in one past minute, as Lambda records them.
    fn invocations(&self, version: &str, minutes_ago: i64, total: u32, errors: u32, slow: u32) {
        let at = self.minute(minutes_ago);
        let record = |name: &str, value: f64, count: u32| {
            let dimensions = [
                ("FunctionName", FUNCTION.to_owned()),
                ("Resource", format!("{FUNCTION}:live")),
                ("ExecutedVersion", version.to_owned()),
            ];
            let dimensions = dimensions.map(|(name, value)| (name.to_owned(), value)).to_vec();
            let (namespace, name) = ("AWS/Lambda".to_owned(), name.to_owned());
            let sample =
                Sample { namespace, name, dimensions, unit: None, at, value, count: f64::from(count) };
            self.twin.cloudwatch().record(sample, self.twin.clock().now());
        };
        record("Invocations", 1.0, total);
        record("Errors", 1.0, errors);
        record("Errors", 0.0, total - errors);
        record("Duration", 20.0, total - slow);
        record("Duration", 6_000.0, slow);
    }

    /// Ten minutes of both versions, from 13 to 4 minutes ago.
    fn traffic(&self, canary_errors: u32, canary_slow: u32, stable_errors: u32) {
        for ago in 4..=13 {
            self.invocations("2", ago, 60, canary_errors, canary_slow);
            self.invocations("1", ago, 540, stable_errors, 0);
        }
    }

    async fn judge(&self) -> Judged {
        handle(&self.app, every_minute()).await.unwrap().remove(0)
    }

    /// The published value of a metric without further dimensions.
    fn published(&self, metric: &str) -> Option<f64> {
        self.minutes(metric).first().map(|minute| minute.sum)
    }

    /// The minute to which a published metric belongs.
    fn stamp(&self, metric: &str) -> Option<DateTime<Utc>> {
        self.minutes(metric).first().map(|minute| minute.at)
    }

    fn minutes(&self, metric: &str) -> Vec<MinuteStatistics> {
        let dimensions = [("FunctionName", FUNCTION), ("Alias", "live")];
        let (from, to) = (self.minute(5), self.minute(-5));
        self.twin.cloudwatch().minutes(NAMESPACE, metric, &dimensions, from, to, to)
    }
}

#[tokio::test]
async fn one_call_and_nothing_published_when_the_alias_is_whole() {
    let stage = Stage::set().await;
    stage.traffic(60, 0, 0);
    let before = stage.twin.faults().calls().len();
    assert_eq!(stage.judge().await.verdict, "whole");
    let calls = stage.twin.faults().calls();
    let new: Vec<_> = calls[before..].iter().map(|call| call.operation.as_str()).collect();
    assert_eq!(new, ["lambda:GetAlias"]);
}

#[tokio::test]
async fn healthy_when_both_versions_are_well() {
    let stage = Stage::set().await;
    stage.split("").await;
    stage.traffic(0, 1, 1);
    let before = stage.twin.faults().calls().len();
    let judged = stage.judge().await;
    assert_eq!(judged.verdict, "healthy", "{}", judged.reason);
    assert_eq!((stage.published("Breach"), stage.published("Blind")), (Some(0.0), Some(0.0)));
    assert_eq!(stage.published("Judged"), Some(1.0));
    let calls = stage.twin.faults().calls();
    let new: Vec<_> = calls[before..].iter().map(|call| call.operation.as_str()).collect();
    assert_eq!(new, ["lambda:GetAlias", "cloudwatch:GetMetricData", "cloudwatch:PutMetricData"]);
}

#[tokio::test]
async fn breach_when_the_canary_errs() {
    let stage = Stage::set().await;
    stage.split("").await;
    stage.traffic(3, 0, 1);
    let judged = stage.judge().await;
    assert_eq!(judged.verdict, "breach", "{}", judged.reason);
    assert!(judged.reason.starts_with("errors: the canary"), "{}", judged.reason);
    assert_eq!(stage.published("Breach"), Some(1.0));
    assert!(stage.published("EvidencePercent").unwrap() >= 100.0);
    // The breach belongs to the minute before, for the alarm's sake.
    assert!(stage.stamp("Breach") < stage.stamp("Judged"));
}

#[tokio::test]
async fn breach_when_the_canary_is_slow_without_errors() {
    let stage = Stage::set().await;
    stage.split("").await;
    stage.traffic(0, 12, 0);
    let judged = stage.judge().await;
    assert_eq!(judged.verdict, "breach", "{}", judged.reason);
    assert!(judged.reason.starts_with("slow: the canary"), "{}", judged.reason);
}

#[tokio::test]
async fn shared_fault_is_told_when_both_versions_err() {
    let stage = Stage::set().await;
    stage.split("").await;
    stage.traffic(12, 0, 108);
    let judged = stage.judge().await;
    assert_eq!(judged.verdict, "inconclusive", "{}", judged.reason);
    assert_eq!((stage.published("Breach"), stage.published("SharedFault")), (Some(0.0), Some(1.0)));
}

#[tokio::test]
async fn inconclusive_when_there_are_too_few_requests() {
    let stage = Stage::set().await;
    stage.split("").await;
    (4..=13).for_each(|ago| stage.invocations("2", ago, 1, 0, 0));
    let judged = stage.judge().await;
    assert_eq!(judged.verdict, "inconclusive");
    assert!(judged.reason.contains("too few requests"), "{}", judged.reason);
    assert_eq!((stage.published("Breach"), stage.published("Blind")), (Some(0.0), Some(0.0)));
}

#[tokio::test]
async fn minutes_before_the_split_do_not_count_when_the_rollout_says_since_when() {
    let stage = Stage::set().await;
    let since = stage.minute(6).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    stage.split(&format!(r#"{{"execution":"e-1","candidate":"2","splitSince":"{since}"}}"#)).await;
    // Bad until 8 minutes ago, well since.
    for ago in 8..=13 {
        stage.invocations("2", ago, 60, 30, 0);
        stage.invocations("1", ago, 540, 0, 0);
    }
    for ago in 3..=6 {
        stage.invocations("2", ago, 60, 0, 0);
        stage.invocations("1", ago, 540, 0, 0);
    }
    let judged = stage.judge().await;
    assert_eq!(judged.verdict, "healthy", "{}", judged.reason);
}

#[tokio::test]
async fn unsettled_minutes_do_not_count() {
    let stage = Stage::set().await;
    stage.split("").await;
    stage.traffic(0, 0, 0);
    // Now and a minute ago: younger than the two minutes to settle.
    (0..=1).for_each(|ago| stage.invocations("2", ago, 60, 60, 0));
    assert_eq!(stage.judge().await.verdict, "healthy");
}

#[tokio::test]
async fn blind_and_no_breach_published_when_cloudwatch_throttles() {
    let stage = Stage::set().await;
    stage.split("").await;
    stage.traffic(60, 0, 0);
    let throttled = ApiError::bad_request("Throttling", "Rate exceeded");
    stage.twin.faults().inject("cloudwatch:GetMetricData", 10, throttled);
    let judged = stage.judge().await;
    assert_eq!(judged.verdict, "blind");
    assert!(judged.reason.contains("Rate exceeded"), "{}", judged.reason);
    assert_eq!((stage.published("Breach"), stage.published("Blind")), (None, Some(1.0)));
}

#[tokio::test]
async fn blind_when_the_alias_cannot_be_read() {
    let stage = Stage::set().await;
    let denied = ApiError::bad_request("AccessDeniedException", "not authorized");
    stage.twin.faults().inject("lambda:GetAlias", 10, denied);
    assert_eq!(stage.judge().await.verdict, "blind");
    assert_eq!(stage.published("Blind"), Some(1.0));
}

#[tokio::test]
async fn error_when_the_verdict_cannot_be_published() {
    let stage = Stage::set().await;
    stage.split("").await;
    stage.traffic(60, 0, 0);
    let denied = ApiError::bad_request("AccessDenied", "not authorized to perform cloudwatch:PutMetricData");
    stage.twin.faults().inject("cloudwatch:PutMetricData", 10, denied);
    let error = lambda_runtime::Diagnostic::from(handle(&stage.app, every_minute()).await.unwrap_err());
    assert_eq!(error.error_type, "CanaryJudgePublishFailed");
    assert!(error.error_message.contains("cloudwatch:PutMetricData"), "{}", error.error_message);
}
