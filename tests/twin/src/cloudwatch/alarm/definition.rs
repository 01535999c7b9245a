//! What an alarm watches: the checked input of `PutMetricAlarm`.
//!
//! Limits: name 255, description 1024, five actions per state, period times evaluation periods at most a day, or a
//! week for periods of an hour and more (A, API model). The codes of errors are (B), their words are ours.

use serde_json::Value;

use super::super::{
    get_data::read_period,
    input::{Family, Members},
    metric::{
        key::MetricKey,
        statistic::{PLAIN, Statistic},
    },
    units::read_unit,
};
use crate::error::ApiError;

/// The most actions for one state.
const MOST_ACTIONS: usize = 5;

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

/// A whole alarm definition.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::cloudwatch) struct Definition {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) actions_enabled: bool,
    pub(super) ok_actions: Vec<String>,
    pub(super) alarm_actions: Vec<String>,
    pub(super) insufficient_data_actions: Vec<String>,
    pub(super) metric: MetricKey,
    pub(super) unit: Option<String>,
    pub(super) statistic: Statistic,
    /// As it was written: `Sum`, `p95`.
    pub(super) statistic_name: String,
    /// Seconds.
    pub(super) period: i64,
    pub(super) rule: Rule,
    /// Whether the request gave `DatapointsToAlarm`; only then is it shown again.
    pub(super) datapoints_given: bool,
    /// As it was given, if it was.
    pub(super) treat_missing_data: Option<String>,
    /// `evaluate` or `ignore`, if given; the former is the default.
    pub(super) low_samples: Option<String>,
}

impl Definition {
    /// Reads and checks the input of `PutMetricAlarm`.
    pub(super) fn read(input: &Value) -> Result<Self, ApiError> {
        let request = Members::new(input, Family::Validation)?;
        refuse_later_kinds(&request)?;
        let name = request.require("AlarmName", request.text("AlarmName", 255)?)?;
        let metric = MetricKey::read(&request)?;
        let (statistic_name, statistic) = read_statistic(&request)?;
        let period = read_period(&request)?;
        let rule = read_rule(&request, &metric)?;
        check_length(&request, period, rule.evaluation_periods)?;
        let low_samples = request
            .word("EvaluateLowSampleCountPercentile", &[("evaluate", "evaluate"), ("ignore", "ignore")])?;
        Ok(Self {
            name: name.to_owned(),
            description: read_description(&request)?,
            actions_enabled: request.boolean("ActionsEnabled")?.unwrap_or(true),
            ok_actions: read_actions(&request, "OKActions")?,
            alarm_actions: read_actions(&request, "AlarmActions")?,
            insufficient_data_actions: read_actions(&request, "InsufficientDataActions")?,
            metric,
            unit: read_unit(&request)?,
            statistic,
            statistic_name,
            period,
            rule,
            datapoints_given: request.has("DatapointsToAlarm"),
            treat_missing_data: request.text("TreatMissingData", 255)?.map(str::to_owned),
            low_samples: low_samples.map(str::to_owned),
        })
    }

    /// Whether the statistic is an extended one (a percentile).
    pub(super) fn extended(&self) -> bool {
        matches!(self.statistic, Statistic::Percentile(_))
    }
}

fn refuse_later_kinds(request: &Members<'_>) -> Result<(), ApiError> {
    for (member, what) in [
        ("Metrics", "alarms on metric math (Metrics of PutMetricAlarm)"),
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

fn read_statistic(request: &Members<'_>) -> Result<(String, Statistic), ApiError> {
    let (plain, extended) = (request.word("Statistic", &PLAIN)?, request.text("ExtendedStatistic", 255)?);
    match (plain, extended) {
        (Some(_), Some(_)) => Err(request.invalid("ExtendedStatistic", "Statistic is given as well")),
        (None, None) => Err(request.missing("Statistic")),
        (Some(statistic), None) => {
            Ok((request.text("Statistic", 255)?.unwrap_or_default().to_owned(), statistic))
        }
        (None, Some(name)) => {
            let unknown =
                || request.invalid("ExtendedStatistic", format!("'{name}' is not an extended statistic"));
            Ok((name.to_owned(), Statistic::parse_extended(name)?.ok_or_else(unknown)?))
        }
    }
}

fn read_rule(request: &Members<'_>, metric: &MetricKey) -> Result<Rule, ApiError> {
    let comparison =
        request.require("ComparisonOperator", request.word("ComparisonOperator", &COMPARISONS)?)?;
    let periods = request.page_size("EvaluationPeriods", 10_080)?;
    let periods = request.require("EvaluationPeriods", periods)?;
    let to_alarm = request.page_size("DatapointsToAlarm", 10_080)?.unwrap_or(periods);
    if to_alarm > periods {
        return Err(request.invalid("DatapointsToAlarm", "it must not exceed EvaluationPeriods"));
    }
    let treatment = request.word("TreatMissingData", &TREATMENTS)?.unwrap_or(MissingData::Missing);
    // Alarms on DynamoDB's metrics ignore missing data whatever they say (A, API model).
    let missing_data = if metric.namespace == "AWS/DynamoDB" { MissingData::Ignore } else { treatment };
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

/// Unlike other texts a description may be empty.
fn read_description(request: &Members<'_>) -> Result<Option<String>, ApiError> {
    match request.text("AlarmDescription", 1024) {
        Err(_) if request.is_empty_text("AlarmDescription") => Ok(Some(String::new())),
        description => Ok(description?.map(str::to_owned)),
    }
}

fn read_actions(request: &Members<'_>, name: &str) -> Result<Vec<String>, ApiError> {
    let actions = request.texts(name)?;
    if actions.len() > MOST_ACTIONS {
        return Err(request.invalid(name, format!("there must be at most {MOST_ACTIONS}")));
    }
    Ok(actions)
}
