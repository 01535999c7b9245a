//! Telling CloudWatch.

use crate::config::WatchedAlias;
use crate::decide::Datum;
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::error::SdkError;
use aws_sdk_cloudwatch::operation::put_metric_data::PutMetricDataError;
use aws_sdk_cloudwatch::primitives::DateTime as SdkTime;
use aws_sdk_cloudwatch::types::{Dimension, MetricDatum, StandardUnit};
use chrono::{DateTime, Utc};

/// Where the verdicts appear in CloudWatch.
pub const NAMESPACE: &str = "Delivery/Canary";
/// `PutMetricData` takes at most this many (API reference).
const MOST_DATA: usize = 1_000;

/// Allow `cloudwatch:PutMetricData` for the namespace, or look at the cause.
#[derive(Debug, thiserror::Error)]
#[error("the metrics cannot be published")]
pub struct PublishError(#[source] Box<SdkError<PutMetricDataError>>);

/// Publishes the data; no call when there is nothing to publish.
pub(crate) async fn publish(
    client: &Client,
    watched: &WatchedAlias,
    data: &[Datum],
    now: DateTime<Utc>,
) -> Result<(), PublishError> {
    for data in data.chunks(MOST_DATA) {
        let data = data.iter().map(|datum| metric_datum(watched, datum, now)).collect();
        let call = client.put_metric_data().namespace(NAMESPACE).set_metric_data(Some(data));
        call.send().await.map_err(|error| PublishError(Box::new(error)))?;
    }
    Ok(())
}

fn metric_datum(watched: &WatchedAlias, datum: &Datum, now: DateTime<Utc>) -> MetricDatum {
    let dimension = |name: &str, value: &str| Dimension::builder().name(name).value(value).build();
    let mut dimensions =
        vec![dimension("FunctionName", &watched.function), dimension("Alias", &watched.alias)];
    if let Some((criterion, test)) = &datum.about {
        dimensions.push(dimension("Criterion", criterion));
        dimensions.extend(test.map(|test| dimension("Test", test)));
    }
    let percent = datum.name.ends_with("Percent");
    MetricDatum::builder()
        .metric_name(datum.name)
        .set_dimensions(Some(dimensions))
        .timestamp(stamp(datum, now))
        .unit(if percent { StandardUnit::Percent } else { StandardUnit::None })
        .value(datum.value)
        .build()
}

/// A breach is stamped with the minute that has just ended: its alarm looks at whole minutes, and would see a stamp of now
/// only when this minute is over. The others keep now: the Blind alarm fills missing minutes with zeros, so that its data
/// must be there when their minute is looked at.
fn stamp(datum: &Datum, now: DateTime<Utc>) -> SdkTime {
    SdkTime::from_secs(now.timestamp() - if datum.name == "Breach" { 60 } else { 0 })
}
