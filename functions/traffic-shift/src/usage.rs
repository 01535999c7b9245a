//! How long requests of both versions took: one more `GetMetricData`, at the end of an action.

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::error::SdkError;
use aws_sdk_cloudwatch::operation::get_metric_data::GetMetricDataError;
use aws_sdk_cloudwatch::primitives::DateTime as SdkTime;
use aws_sdk_cloudwatch::types::{
    Dimension, Metric, MetricDataQuery, MetricDataResult, MetricStat, StatusCode,
};
use chrono::{DateTime, TimeDelta, Utc};
use readings::{Subject, Window};
use std::collections::BTreeMap;

/// Percentiles of minutes cannot be added up; of a quarter of an hour they are steady enough to show.
const PERIOD_SECONDS: i32 = 900;
/// The parts of an id, and their statistics.
const STATISTICS: [(&str, &str); 3] = [("p95", "p95"), ("sum", "Sum"), ("count", "SampleCount")];

/// Durations of one version, in milliseconds; `None` where nothing was recorded or could be read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usage {
    /// The highest of the quarters' 95th percentiles.
    pub p95_ms: Option<f64>,
    /// Of all requests.
    pub average_ms: Option<f64>,
}

/// Allow `cloudwatch:GetMetricData`, or look at the cause.
#[derive(Debug, thiserror::Error)]
#[error("the durations cannot be read")]
pub(crate) struct UsageError(#[source] Box<SdkError<GetMetricDataError>>);

/// Values by the start of their quarter, by id.
type Series = BTreeMap<String, Vec<(DateTime<Utc>, f64)>>;

/// Reads the durations of the new version and of the one before in their minutes of the window.
///
/// # Errors
/// When CloudWatch does not answer.
pub(crate) async fn read(
    client: &Client,
    subject: &Subject,
    window: &Window,
) -> Result<[Usage; 2], UsageError> {
    let from = window.from.min(window.stable_from);
    let mut pages = client
        .get_metric_data()
        .set_metric_data_queries(Some(queries(subject)))
        .start_time(SdkTime::from_secs(from.timestamp()))
        .end_time(SdkTime::from_secs(window.to().timestamp()))
        .into_paginator()
        .send();
    let mut series = Series::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| UsageError(Box::new(error)))?;
        page.metric_data_results().iter().for_each(|result| add(&mut series, result));
    }
    Ok(of_both(&series, subject, window))
}

fn queries(subject: &Subject) -> Vec<MetricDataQuery> {
    let mut sides = vec![("candidate", Some(&subject.canary))];
    sides.extend(subject.stable.as_ref().map(|stable| ("stable", Some(stable))));
    // Whether Lambda publishes by version on an alias without weights is not documented.
    sides.extend(subject.whole.then_some(("alias", None)));
    let resource = format!("{}:{}", subject.function, subject.alias);
    let dimension = |name: &str, value: &str| Dimension::builder().name(name).value(value).build();
    let mut queries = Vec::new();
    for (side, version) in sides {
        let mut dimensions =
            vec![dimension("FunctionName", &subject.function), dimension("Resource", &resource)];
        dimensions.extend(version.map(|version| dimension("ExecutedVersion", version)));
        for (part, stat) in STATISTICS {
            let metric = Metric::builder().namespace("AWS/Lambda").metric_name("Duration");
            let metric = metric.set_dimensions(Some(dimensions.clone())).build();
            let stat = MetricStat::builder().metric(metric).period(PERIOD_SECONDS).stat(stat).build();
            queries.push(MetricDataQuery::builder().id(format!("{side}_{part}")).metric_stat(stat).build());
        }
    }
    queries
}

fn add(series: &mut Series, result: &MetricDataResult) {
    // Part of an answer must not pass for the whole; the pages that follow say Complete when they complete it.
    let readable = matches!(result.status_code(), Some(StatusCode::Complete | StatusCode::PartialData));
    let Some(id) = result.id().filter(|_| readable) else { return };
    let starts = result.timestamps().iter().map(|at| DateTime::from_timestamp(at.secs(), 0));
    let points = starts.zip(result.values()).filter_map(|(at, value)| Some((at?, *value)));
    series.entry(id.to_owned()).or_default().extend(points);
}

fn of_both(series: &Series, subject: &Subject, window: &Window) -> [Usage; 2] {
    let candidate = of_side(series, "candidate", window.from, window);
    let by_alias = || of_side(series, "alias", window.from, window);
    let candidate = if subject.whole && candidate.average_ms.is_none() { by_alias() } else { candidate };
    [candidate, of_side(series, "stable", window.stable_from, window)]
}

/// The quarters that have a minute of the side's.
fn of_side(series: &Series, side: &str, from: DateTime<Utc>, window: &Window) -> Usage {
    let to = from + (window.to() - window.from);
    let values = |part: &str| {
        let points = series.get(&format!("{side}_{part}")).map(Vec::as_slice).unwrap_or_default();
        let mine = points
            .iter()
            .filter(|(at, _)| *at < to && *at + TimeDelta::seconds(PERIOD_SECONDS.into()) > from);
        mine.map(|(_, value)| *value).collect::<Vec<_>>()
    };
    let sum = |part: &str| values(part).iter().sum::<f64>();
    let count = sum("count");
    Usage {
        p95_ms: values("p95").into_iter().reduce(f64::max),
        average_ms: (count > 0.0 && !values("sum").is_empty()).then(|| sum("sum") / count),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_428_000, 0).unwrap() + TimeDelta::minutes(minutes)
    }

    fn subject(whole: bool) -> Subject {
        let (function, alias) = ("shop".to_owned(), "live".to_owned());
        Subject { function, alias, canary: "7".to_owned(), stable: Some("6".to_owned()), whole }
    }

    /// The same numbers in each of some quarters.
    fn series(side: &str, starts: &[i64], p95: f64) -> Series {
        let points = |value| starts.iter().map(|start| (at(*start), value)).collect::<Vec<_>>();
        [("p95", p95), ("sum", 500.0), ("count", 10.0)]
            .into_iter()
            .map(|(part, value)| (format!("{side}_{part}"), points(value)))
            .collect()
    }

    #[test]
    fn durations_are_of_the_sides_own_minutes() {
        let mut all = series("candidate", &[30, 45], 100.0);
        all.get_mut("candidate_p95").unwrap()[1].1 = 130.0;
        all.extend(series("stable", &[0, 15, 30], 90.0));
        all.get_mut("stable_p95").unwrap()[2].1 = 900.0;
        let window = Window { from: at(30), minutes: 20, stable_from: at(0) };
        let [candidate, stable] = of_both(&all, &subject(true), &window);
        assert_eq!(candidate, Usage { p95_ms: Some(130.0), average_ms: Some(50.0) });
        // The third quarter is not of its minutes.
        assert_eq!(stable, Usage { p95_ms: Some(90.0), average_ms: Some(50.0) });
    }

    #[test]
    fn nothing_is_known_when_nothing_was_recorded() {
        let window = Window { from: at(30), minutes: 20, stable_from: at(0) };
        let none = [Usage::default(), Usage::default()];
        assert_eq!(of_both(&Series::new(), &subject(true), &window), none);
    }

    #[test]
    fn alias_stands_in_when_there_is_nothing_by_version_and_one_version_has_everything() {
        let window = Window { from: at(30), minutes: 20, stable_from: at(0) };
        let all = series("alias", &[30], 70.0);
        assert_eq!(of_both(&all, &subject(true), &window)[0].p95_ms, Some(70.0));
        assert_eq!(of_both(&all, &subject(false), &window)[0].p95_ms, None);
    }

    #[test]
    fn nine_series_are_asked_for_when_one_version_has_everything() {
        assert_eq!((queries(&subject(true)).len(), queries(&subject(false)).len()), (9, 6));
    }
}
