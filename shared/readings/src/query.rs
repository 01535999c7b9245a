//! The one `GetMetricData` request: which metric, of which version, under which id.

use crate::config::{Measure, Metric, Source};
use aws_sdk_cloudwatch::types::{Dimension, Metric as SdkMetric, MetricDataQuery, MetricStat};
use serde::Serialize;
use std::fmt;

/// Seconds; Lambda publishes by the minute.
const PERIOD_SECONDS: i32 = 60;

/// Whose numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The new version.
    Canary,
    /// The version before.
    Stable,
    /// Everything through the alias, whichever version served it: at 100 % that is the new version. Whether Lambda
    /// publishes by version on an alias without weights is not documented, so both are asked for.
    Alias,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Canary => "canary",
            Self::Stable => "stable",
            Self::Alias => "alias",
        })
    }
}

/// What is compared: two versions behind one alias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Name of the function.
    pub function: String,
    /// Name of the alias.
    pub alias: String,
    /// Number of the new version.
    pub canary: String,
    /// Number of the version before; `None` when it is not looked at.
    pub stable: Option<String>,
    /// Ask for the alias as a whole as well: true when the new version has all the traffic.
    pub whole: bool,
}

/// One metric of one side.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// `canary_errors_bad` and the like: by it a stored answer is read again.
    pub id: String,
    metric: Metric,
    stat: String,
    dimensions: Vec<(&'static str, String)>,
}

/// The part of an id that says what the values are.
pub(crate) const TOTAL: &str = "total";
pub(crate) const BAD: &str = "bad";
/// Percent of the requests at or below the threshold.
pub(crate) const WITHIN: &str = "within";

pub(crate) fn id(side: Side, criterion: &str, part: &str) -> String {
    format!("{side}_{criterion}_{part}")
}

/// Two queries for each criterion and side.
#[must_use]
pub fn queries(measures: &[Measure], subject: &Subject) -> Vec<Query> {
    let mut sides = vec![(Side::Canary, Some(subject.canary.clone()))];
    sides.extend(subject.stable.clone().map(|version| (Side::Stable, Some(version))));
    sides.extend(subject.whole.then_some((Side::Alias, None)));
    let mut queries = Vec::new();
    for (side, version) in &sides {
        for measure in measures {
            let name = &measure.criterion.name;
            for (part, metric, stat) in parts(&measure.source) {
                let dimensions = dimensions(subject, version.as_deref());
                queries.push(Query { id: id(*side, name, part), metric: metric.clone(), stat, dimensions });
            }
        }
    }
    queries
}

fn parts(source: &Source) -> [(&'static str, &Metric, String); 2] {
    match source {
        Source::Counted { bad, total } => [(TOTAL, total, "Sum".to_owned()), (BAD, bad, "Sum".to_owned())],
        Source::Above { metric, threshold } => {
            [(TOTAL, metric, "SampleCount".to_owned()), (WITHIN, metric, format!("PR(:{threshold})"))]
        }
    }
}

fn dimensions(subject: &Subject, version: Option<&str>) -> Vec<(&'static str, String)> {
    let resource = format!("{}:{}", subject.function, subject.alias);
    let mut dimensions = vec![("FunctionName", subject.function.clone()), ("Resource", resource)];
    dimensions.extend(version.map(|version| ("ExecutedVersion", version.to_owned())));
    dimensions
}

impl From<&Query> for MetricDataQuery {
    fn from(query: &Query) -> Self {
        let dimension =
            |(name, value): &(&str, String)| Dimension::builder().name(*name).value(value).build();
        let metric = SdkMetric::builder()
            .namespace(&query.metric.namespace)
            .metric_name(&query.metric.metric)
            .set_dimensions(Some(query.dimensions.iter().map(dimension).collect()))
            .build();
        let stat = MetricStat::builder().metric(metric).period(PERIOD_SECONDS).stat(&query.stat).build();
        Self::builder().id(&query.id).metric_stat(stat).return_data(true).build()
    }
}

/// The form that `aws cloudwatch get-metric-data --metric-data-queries` takes.
impl Serialize for Query {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let dimension = |(name, value): &(&str, String)| serde_json::json!({"Name": name, "Value": value});
        let dimensions: Vec<_> = self.dimensions.iter().map(dimension).collect();
        serde_json::json!({
            "Id": self.id,
            "MetricStat": {
                "Metric": {
                    "Namespace": self.metric.namespace, "MetricName": self.metric.metric, "Dimensions": dimensions,
                },
                "Period": PERIOD_SECONDS,
                "Stat": self.stat,
            },
        })
        .serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;

    fn subject(stable: Option<&str>, whole: bool) -> Subject {
        let (function, alias) = ("shop".to_owned(), "live".to_owned());
        Subject { function, alias, canary: "7".to_owned(), stable: stable.map(str::to_owned), whole }
    }

    #[test]
    fn ids_are_unique_and_valid_for_cloudwatch() {
        let measures = Config::from_lookup(|_| None).unwrap().measures;
        let queries = queries(&measures, &subject(Some("6"), true));
        let mut ids: Vec<_> = queries.iter().map(|query| query.id.as_str()).collect();
        assert_eq!(ids.len(), 12);
        assert!(ids.iter().all(|id| id.starts_with(|c: char| c.is_ascii_lowercase())));
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 12);
    }

    #[test]
    fn query_names_alias_and_version() {
        let measures = Config::from_lookup(|_| None).unwrap().measures;
        let queries = queries(&measures, &subject(None, false));
        let shown = serde_json::to_value(&queries[3]).unwrap();
        assert_eq!(shown["Id"], "canary_slow_within");
        assert_eq!(shown["MetricStat"]["Stat"], "PR(:5000)");
        let dimensions = shown["MetricStat"]["Metric"]["Dimensions"].as_array().unwrap();
        let values: Vec<_> = dimensions.iter().map(|d| d["Value"].as_str().unwrap()).collect();
        assert_eq!(values, ["shop", "shop:live", "7"]);
    }

    #[test]
    fn version_is_left_out_when_the_alias_as_a_whole_is_asked_for() {
        let measures = Config::from_lookup(|_| None).unwrap().measures;
        let queries = queries(&measures, &subject(None, true));
        let alias: Vec<_> = queries.iter().filter(|query| query.id.starts_with("alias_")).collect();
        assert_eq!(alias.len(), 4);
        assert!(alias.iter().all(|query| query.dimensions.len() == 2));
    }
}
