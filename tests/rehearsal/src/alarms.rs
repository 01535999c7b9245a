//! The alarms of a release in a plain SAM stack: the judge's, which guard it or tell about the judge, and the required one.
//! Gated releases have those of the template.

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::types::{ComparisonOperator, Dimension, Metric, MetricDataQuery, MetricStat};

use crate::{
    error::RehearsalError,
    names::{ALIAS, BACKEND, BLIND, BREACH, ERROR_RATE, JUDGE, SHARED_FAULT},
    observed::CANDIDATE,
};

/// The metric alarms in the deployment group: one of them in ALARM stops the deployment.
pub(crate) const GUARD: [&str; 2] = [BREACH, ERROR_RATE];

/// Creates all of them.
pub(crate) async fn create(client: &Client) -> Result<(), RehearsalError> {
    let judges = [("FunctionName", BACKEND), ("Alias", ALIAS)];
    let flag = |name| metric("m", "Delivery/Canary", name, "Maximum", &judges, true);
    let quiet = "notBreaching";
    put(client, BREACH, (1, 0.0, quiet), vec![flag("Breach")]).await?;
    put(client, SHARED_FAULT, (1, 0.0, quiet), vec![flag("SharedFault")]).await?;
    // Nothing at all is no sign that the judge sees.
    put(client, BLIND, (3, 0.0, "breaching"), blind(&judges)).await?;
    put(client, ERROR_RATE, (10, 1.0, quiet), error_rate()).await
}

/// 1 when the judge did not run, failed, or could not read. Without a split it publishes nothing and is not blind.
fn blind(judges: &[(&str, &str)]) -> Vec<MetricDataQuery> {
    let function = [("FunctionName", JUDGE)];
    vec![
        metric("runs", "AWS/Lambda", "Invocations", "Sum", &function, false),
        metric("errors", "AWS/Lambda", "Errors", "Sum", &function, false),
        metric("blind", "Delivery/Canary", "Blind", "Maximum", judges, false),
        expression("IF(FILL(runs, 0) < 1 || FILL(errors, 0) > 0 || FILL(blind, 0) > 0, 1, 0)"),
    ]
}

/// Percent of the canary's requests answered with a 5xx; 0 below five requests a minute.
fn error_rate() -> Vec<MetricDataQuery> {
    let resource = format!("{BACKEND}:{ALIAS}");
    let canary = [("FunctionName", BACKEND), ("Resource", resource.as_str()), ("ExecutedVersion", CANDIDATE)];
    vec![
        metric("requests", "Manuel/Backend", "Requests", "Sum", &canary, false),
        metric("bad", "Manuel/Backend", "Http5xx", "Sum", &canary, false),
        expression("IF(FILL(requests, 0) >= 5, 100 * FILL(bad, 0) / FILL(requests, 1), 0)"),
    ]
}

fn metric(
    id: &str,
    namespace: &str,
    name: &str,
    stat: &str,
    dimensions: &[(&str, &str)],
    returned: bool,
) -> MetricDataQuery {
    let dimension = |(name, value): &(&str, &str)| Dimension::builder().name(*name).value(*value).build();
    let metric = Metric::builder()
        .namespace(namespace)
        .metric_name(name)
        .set_dimensions(Some(dimensions.iter().map(dimension).collect()))
        .build();
    let stat = MetricStat::builder().metric(metric).period(60).stat(stat).build();
    MetricDataQuery::builder().id(id).metric_stat(stat).return_data(returned).build()
}

fn expression(text: &str) -> MetricDataQuery {
    MetricDataQuery::builder().id("alarm").expression(text).return_data(true).build()
}

/// An alarm on more than `threshold` in all of the last `periods` minutes, and what missing data count as.
async fn put(
    client: &Client,
    name: &str,
    (periods, threshold, missing): (i32, f64, &str),
    metrics: Vec<MetricDataQuery>,
) -> Result<(), RehearsalError> {
    client
        .put_metric_alarm()
        .alarm_name(name)
        .comparison_operator(ComparisonOperator::GreaterThanThreshold)
        .threshold(threshold)
        .evaluation_periods(periods)
        .datapoints_to_alarm(periods)
        .treat_missing_data(missing)
        .set_metrics(Some(metrics))
        .send()
        .await?;
    Ok(())
}
