//! A metric alarm: the checked input of `PutMetricAlarm`.
//!
//! Period times evaluation periods is at most a day, or a week for periods of an hour and more (A, API model). The codes
//! of errors are (B), their words are ours.

use serde_json::{Map, Value, json};

use super::watched::Watched;
use crate::{cloudwatch::input::Members, error::ApiError};

/// How the value and the threshold are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cloudwatch) enum Comparison {
    GreaterOrEqual,
    Greater,
    Less,
    LessOrEqual,
}

/// The operators with their names in the API.
pub(super) const COMPARISONS: [(&str, Comparison); 4] = [
    ("GreaterThanOrEqualToThreshold", Comparison::GreaterOrEqual),
    ("GreaterThanThreshold", Comparison::Greater),
    ("LessThanThreshold", Comparison::Less),
    ("LessThanOrEqualToThreshold", Comparison::LessOrEqual),
];

/// What a period without data counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cloudwatch) enum MissingData {
    Missing,
    NotBreaching,
    Breaching,
    Ignore,
}

/// The treatments with their names in the API.
pub(super) const TREATMENTS: [(&str, MissingData); 4] = [
    ("missing", MissingData::Missing),
    ("notBreaching", MissingData::NotBreaching),
    ("breaching", MissingData::Breaching),
    ("ignore", MissingData::Ignore),
];

/// What the rule needs to know of an alarm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::cloudwatch) struct Rule {
    pub(in crate::cloudwatch) threshold: f64,
    pub(in crate::cloudwatch) comparison: Comparison,
    /// N: how many periods are looked at.
    pub(in crate::cloudwatch) evaluation_periods: usize,
    /// M: how many of them must breach; N unless the definition says otherwise.
    pub(in crate::cloudwatch) datapoints_to_alarm: usize,
    pub(in crate::cloudwatch) missing_data: MissingData,
}

/// What a metric alarm is, beside what it has in common with others.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::cloudwatch) struct MetricAlarm {
    pub(super) watched: Watched,
    pub(super) rule: Rule,
    /// Whether the request gave `DatapointsToAlarm`; only then is it shown again.
    pub(super) datapoints_given: bool,
    /// As it was given, if it was.
    pub(super) treat_missing_data: Option<String>,
    /// `evaluate` or `ignore`, if given; the former is the default.
    pub(super) low_samples: Option<String>,
}

impl MetricAlarm {
    /// Reads and checks the input of `PutMetricAlarm`.
    pub(super) fn read(request: &Members<'_>) -> Result<Self, ApiError> {
        refuse_later_kinds(request)?;
        let watched = Watched::read(request)?;
        let rule = read_rule(request, &watched)?;
        check_length(request, watched.period(), rule.evaluation_periods)?;
        let low_samples = request
            .word("EvaluateLowSampleCountPercentile", &[("evaluate", "evaluate"), ("ignore", "ignore")])?;
        Ok(Self {
            watched,
            rule,
            datapoints_given: request.has("DatapointsToAlarm"),
            treat_missing_data: request.text("TreatMissingData", 255)?.map(str::to_owned),
            low_samples: low_samples.map(str::to_owned),
        })
    }

    /// Adds the members of the API to `members`; a null stands for an absent one.
    pub(super) fn describe(&self, members: &mut Map<String, Value>) {
        let rule = &self.rule;
        let comparison = COMPARISONS.iter().find(|(_, comparison)| *comparison == rule.comparison);
        self.watched.describe(members);
        let mut add = |name: &str, value: Value| members.insert(name.to_owned(), value);
        add("EvaluationPeriods", json!(rule.evaluation_periods));
        add("DatapointsToAlarm", json!(self.datapoints_given.then_some(rule.datapoints_to_alarm)));
        add("Threshold", json!(rule.threshold));
        add("ComparisonOperator", json!(comparison.map(|(name, _)| *name)));
        add("TreatMissingData", json!(self.treat_missing_data));
        add("EvaluateLowSampleCountPercentile", json!(self.low_samples));
    }
}

fn refuse_later_kinds(request: &Members<'_>) -> Result<(), ApiError> {
    for (member, what) in [
        ("ThresholdMetricId", "anomaly detection alarms (ThresholdMetricId)"),
        ("EvaluationCriteria", "PromQL alarms (EvaluationCriteria)"),
    ] {
        if request.has(member) {
            return Err(ApiError::not_implemented(what));
        }
    }
    match request.text("ComparisonOperator", 255)? {
        Some(
            band @ ("LessThanLowerOrGreaterThanUpperThreshold"
            | "LessThanLowerThreshold"
            | "GreaterThanUpperThreshold"),
        ) => Err(ApiError::not_implemented(format!("anomaly detection alarms ({band})"))),
        _ => Ok(()),
    }
}

fn read_rule(request: &Members<'_>, watched: &Watched) -> Result<Rule, ApiError> {
    let comparison =
        request.require("ComparisonOperator", request.word("ComparisonOperator", &COMPARISONS)?)?;
    let periods = request.page_size("EvaluationPeriods", 10_080)?;
    let periods = request.require("EvaluationPeriods", periods)?;
    let to_alarm = request.page_size("DatapointsToAlarm", 10_080)?.unwrap_or(periods);
    if to_alarm > periods {
        return Err(request.invalid("DatapointsToAlarm", "it must not exceed EvaluationPeriods"));
    }
    let treatment = request.word("TreatMissingData", &TREATMENTS)?.unwrap_or(MissingData::Missing);
    // Alarms on DynamoDB's metrics ignore missing data whatever they say (A, API model); those on expressions over
    // such metrics as well (C), so that an expression without gaps (FILL) is the way out.
    let missing_data = if watched.has_namespace("AWS/DynamoDB") { MissingData::Ignore } else { treatment };
    Ok(Rule {
        threshold: request.require("Threshold", request.number("Threshold")?)?,
        comparison,
        evaluation_periods: periods,
        datapoints_to_alarm: to_alarm,
        missing_data,
    })
}

fn check_length(request: &Members<'_>, period: i64, periods: usize) -> Result<(), ApiError> {
    let most = if period < 3_600 { 86_400 } else { 604_800 };
    let length = i64::try_from(periods).unwrap_or(i64::MAX).saturating_mul(period);
    if length > most {
        let problem = format!("Period times EvaluationPeriods is {length} s and must not exceed {most} s");
        return Err(request.invalid("EvaluationPeriods", problem));
    }
    Ok(())
}
