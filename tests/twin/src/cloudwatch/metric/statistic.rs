//! The statistics that can be asked of a metric, by name.
//!
//! Sum, SampleCount, Average, Minimum, Maximum and percentiles `p0` to `p100` with up to ten decimals (A). The other
//! extended statistics (`PR`, `TM`, `WM`, `TC`, `TS`, `IQM`) exist in AWS and not here yet.

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
const LATER: [&str; 6] = ["PR", "TM", "WM", "TC", "TS", "IQM"];

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
        let digits = text.strip_prefix(['p', 'P']).unwrap_or_default();
        let decimals = digits.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        let plain = digits.chars().all(|c| c.is_ascii_digit() || c == '.') && decimals <= 10;
        let percent = digits.parse().ok().filter(|p| plain && (0.0..=100.0).contains(p));
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
        }
    }

    /// Whether single values are needed, not totals alone.
    pub(in crate::cloudwatch) fn needs_values(self) -> bool {
        matches!(self, Self::Percentile(_))
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
