//! The statistics that can be asked of a metric, by name.
//!
//! Sum, SampleCount, Average, Minimum, Maximum, percentiles `p0` to `p100` with up to ten decimals, and percentile
//! ranks `PR(lower:upper)`, of which one limit may be left out (A). The other extended statistics (`TM`, `WM`, `TC`,
//! `TS`, `IQM`) exist in AWS and not here. AWS has neither percentiles nor ranks of a metric with negative values (A);
//! the twin computes them all the same.

use super::distribution::Distribution;
use crate::error::ApiError;

/// What to compute from the values of one period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::cloudwatch) enum Statistic {
    SampleCount,
    Average,
    Sum,
    Minimum,
    Maximum,
    /// In percent, 0 to 100.
    Percentile(f64),
    /// The share of the values in a range, in percent.
    Rank(Limits),
}

/// A range of values: above `lower` and up to `upper`. The lower limit does not belong to it, the upper does (A, user
/// guide, "Percentile rank"), so that neighbouring ranges count every value once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::cloudwatch) struct Limits {
    pub(in crate::cloudwatch) lower: Option<f64>,
    pub(in crate::cloudwatch) upper: Option<f64>,
}

impl Limits {
    /// Reads `lower:upper` between the brackets of `PR(…)`: plain numbers, at least one of them. A range that holds
    /// nothing because its limits are in the wrong order is refused (C).
    fn parse(text: &str) -> Option<Self> {
        let (lower, upper) = text.split_once(':')?;
        let limits = Self { lower: read_limit(lower)?, upper: read_limit(upper)? };
        let holds_values = match (limits.lower, limits.upper) {
            (None, None) => false,
            (Some(lower), Some(upper)) => lower < upper,
            _ => true,
        };
        holds_values.then_some(limits)
    }

    pub(in crate::cloudwatch) fn contain(self, value: f64) -> bool {
        self.lower.is_none_or(|lower| value > lower) && self.upper.is_none_or(|upper| value <= upper)
    }
}

/// `Some(None)` for a limit that is left out, `None` for one that is no number.
fn read_limit(text: &str) -> Option<Option<f64>> {
    if text.is_empty() { Some(None) } else { read_plain(text).map(Some) }
}

/// Reads digits with up to ten decimals (A): no sign, no exponent, no percent.
fn read_plain(text: &str) -> Option<f64> {
    let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let plain = text.chars().all(|c| c.is_ascii_digit() || c == '.') && decimals <= 10;
    text.parse().ok().filter(|number: &f64| plain && number.is_finite())
}

/// The statistics that are a word, in the order of the API model.
pub(in crate::cloudwatch) const PLAIN: [(&str, Statistic); 5] = [
    ("SampleCount", Statistic::SampleCount),
    ("Average", Statistic::Average),
    ("Sum", Statistic::Sum),
    ("Minimum", Statistic::Minimum),
    ("Maximum", Statistic::Maximum),
];

/// Extended statistics of AWS that the twin lacks, by the word they start with.
const LATER: [&str; 5] = ["TM", "WM", "TC", "TS", "IQM"];

impl Statistic {
    /// Reads any statistic; `Ok(None)` when AWS does not know it either.
    ///
    /// # Errors
    ///
    /// `NotImplemented` for the statistics of AWS that the twin lacks.
    pub(in crate::cloudwatch) fn parse(text: &str) -> Result<Option<Self>, ApiError> {
        match PLAIN.iter().find(|(word, _)| *word == text) {
            Some((_, statistic)) => Ok(Some(*statistic)),
            None => Self::parse_extended(text),
        }
    }

    /// Reads an extended statistic only; see [`Statistic::parse`].
    ///
    /// # Errors
    ///
    /// `NotImplemented` for the statistics of AWS that the twin lacks.
    pub(in crate::cloudwatch) fn parse_extended(text: &str) -> Result<Option<Self>, ApiError> {
        let upper = text.to_ascii_uppercase();
        let word = upper.trim_end_matches(|c: char| !c.is_ascii_alphabetic());
        let word = word.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
        if LATER.contains(&word) {
            return Err(ApiError::not_implemented(format!("the CloudWatch statistic {text}")));
        }
        if let Some(limits) = text.strip_prefix("PR(").and_then(|rest| rest.strip_suffix(')')) {
            return Ok(Limits::parse(limits).map(Self::Rank));
        }
        let digits = text.strip_prefix(['p', 'P']).unwrap_or_default();
        let percent = read_plain(digits).filter(|percent| (0.0..=100.0).contains(percent));
        Ok(percent.map(Self::Percentile))
    }

    /// The value for one period; `None` when there is no data, or none of the kind needed.
    pub(in crate::cloudwatch) fn of(self, data: &Distribution) -> Option<f64> {
        if data.is_empty() {
            return None;
        }
        match self {
            Self::SampleCount => Some(data.sample_count()),
            Self::Average => Some(data.sum() / data.sample_count()),
            Self::Sum => Some(data.sum()),
            Self::Minimum => Some(data.min()),
            Self::Maximum => Some(data.max()),
            Self::Percentile(percent) => data.percentile(percent),
            Self::Rank(limits) => data.share(|value| limits.contain(value)),
        }
    }

    /// Whether the API calls it an extended statistic.
    pub(in crate::cloudwatch) fn is_extended(self) -> bool {
        matches!(self, Self::Percentile(_) | Self::Rank(_))
    }

    /// Whether single values are needed, not totals alone.
    pub(in crate::cloudwatch) fn needs_values(self) -> bool {
        self.is_extended()
    }

    /// The samples below which a percentile says little: 10/(1-p) from the median on, else 10/p (A, user guide).
    pub(in crate::cloudwatch) fn samples_needed(self) -> f64 {
        match self {
            Self::Percentile(percent) if percent >= 50.0 => 1000.0 / (100.0 - percent),
            Self::Percentile(percent) => 1000.0 / percent,
            _ => 0.0,
        }
    }
}
