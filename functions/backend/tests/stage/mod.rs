//! A handler, a twin for its calls, and a table in it.

use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use aws::Aws;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use backend::{App, handle, manuals::Manuals};
use clock::Clock;
use serde_json::Value;
use twin::{Options, Twin};

pub(crate) const QUERY: &str = include_str!("../../../../events/api-gateway/query.json");
pub(crate) const QUERY_HTTP_API: &str = include_str!("../../../../events/api-gateway/query-http-api.json");
pub(crate) const UNANSWERED: &str = include_str!("../../../../events/api-gateway/query-unanswered.json");
pub(crate) const USAGE: &str = include_str!("../../../../events/api-gateway/usage.json");
pub(crate) const HEALTH: &str = include_str!("../../../../events/api-gateway/health.json");
/// Who asks in the samples.
pub(crate) const USER: &str = "c2f5a434-5091-70e5-1f0e-6d6a3b9c1d20";
pub(crate) const TABLE: &str = "manuel-dev-usage";
/// The date that the handler's clock shows, far from the real one.
pub(crate) const TODAY: &str = "2033-05-18";
const NOW_SECONDS: u64 = 2_000_000_000;
/// 400 days after it.
pub(crate) const EXPIRES_AT: &str = "2034560000";

/// The invocation ends this long after it began, as with the function's time-out in the template.
const TIME: Duration = Duration::from_secs(10);

pub(crate) struct Stage {
    pub(crate) twin: Twin,
    settings: Vec<(String, String)>,
}

impl Stage {
    /// A handler with these settings, whose AWS is a twin with the table.
    pub(crate) async fn new(settings: &[(&str, &str)]) -> Self {
        let twin = Twin::start(Options::default()).await.unwrap();
        let own = [
            ("AWS_REGION", "eu-west-1"),
            // As the twin gives it to the sandboxes of a function of this name.
            ("AWS_ACCESS_KEY_ID", "TWIN-backend"),
            ("AWS_SECRET_ACCESS_KEY", "any"),
            ("AWS_ENDPOINT_URL", &twin.endpoint()),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let given = settings.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
        let stage = Self { settings: own.into_iter().chain(given).collect(), twin };
        stage.create_table().await;
        stage
    }

    /// Status and body of the answer to an event.
    pub(crate) async fn ask(&self, event: &str) -> (u64, Value) {
        handled(|name| self.setting(name), event).await
    }

    /// What the handler called so far.
    pub(crate) fn calls(&self) -> Vec<String> {
        let calls = self.twin.faults().calls().into_iter();
        calls.filter(|call| call.caller == "backend").map(|call| call.operation).collect()
    }

    /// Today's item of the user.
    pub(crate) async fn item(&self) -> HashMap<String, AttributeValue> {
        let get = self.dynamodb().get_item().table_name(TABLE);
        let get = get.key("user", AttributeValue::S(USER.to_owned()));
        let get = get.key("day", AttributeValue::S(TODAY.to_owned()));
        get.send().await.unwrap().item.unwrap()
    }

    async fn create_table(&self) {
        let attribute = |name: &str| {
            let attribute = AttributeDefinition::builder().attribute_name(name);
            attribute.attribute_type(ScalarAttributeType::S).build().unwrap()
        };
        let key = |name: &str, key_type: KeyType| {
            KeySchemaElement::builder().attribute_name(name).key_type(key_type).build().unwrap()
        };
        let create = self.dynamodb().create_table().table_name(TABLE);
        let create = create.billing_mode(BillingMode::PayPerRequest);
        let create = create.attribute_definitions(attribute("user")).key_schema(key("user", KeyType::Hash));
        let create = create.attribute_definitions(attribute("day")).key_schema(key("day", KeyType::Range));
        create.send().await.unwrap();
    }

    /// Of the operator.
    fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        let operator = |name: &str| match name {
            "AWS_ACCESS_KEY_ID" => Some("operator".to_owned()),
            other => self.setting(other),
        };
        Aws::from_lookup(operator).unwrap().dynamodb(Duration::from_secs(20))
    }

    fn setting(&self, name: &str) -> Option<String> {
        self.settings.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    }
}

/// Status and body that a new handler with these settings answers.
pub(crate) async fn handled(lookup: impl Fn(&str) -> Option<String>, event: &str) -> (u64, Value) {
    handled_within(TIME, lookup, event).await
}

/// The same, when the function's time is up so much later.
#[expect(clippy::disallowed_methods, reason = "an invocation's deadline and latency are real time")]
pub(crate) async fn handled_within(
    time: Duration,
    lookup: impl Fn(&str) -> Option<String>,
    event: &str,
) -> (u64, Value) {
    // The wall clock is moved, and the deadline with it.
    let (start, date) = (Instant::now(), UNIX_EPOCH + Duration::from_secs(NOW_SECONDS));
    let clock = Clock::new(move || date + start.elapsed(), move || start.elapsed());
    let app = App::from_lookup(lookup, clock, Manuals::built_in().unwrap()).unwrap();
    let mut invocation = scripted::invocation(event, time);
    let deadline: SystemTime = date + time;
    let since_epoch = deadline.duration_since(UNIX_EPOCH).unwrap();
    invocation.context.deadline = u64::try_from(since_epoch.as_millis()).unwrap();
    let answer = serde_json::to_value(handle(&app, invocation).await.unwrap()).unwrap();
    let body = serde_json::from_str(answer.get("body").unwrap().as_str().unwrap()).unwrap();
    (answer.get("statusCode").unwrap().as_u64().unwrap(), body)
}

/// The event as of somebody who did not sign in.
pub(crate) fn anonymous(event: &str) -> String {
    let mut event: Value = serde_json::from_str(event).unwrap();
    event.get_mut("requestContext").unwrap().as_object_mut().unwrap().remove("authorizer").unwrap();
    event.to_string()
}
