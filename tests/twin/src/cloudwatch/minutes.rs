//! One minute of one metric, for reports.

use chrono::{DateTime, Utc};

use super::metric::distribution::Distribution;

/// The values of a metric in one minute, in the metric's unit. There is at least one sample.
#[derive(Debug, Clone)]
pub struct MinuteStatistics {
    /// The start of the minute.
    pub at: DateTime<Utc>,
    /// The sum of the values.
    pub sum: f64,
    /// How many samples there are.
    pub sample_count: f64,
    /// The smallest value.
    pub min: f64,
    /// The largest value.
    pub max: f64,
    values: Distribution,
}

impl MinuteStatistics {
    pub(super) fn new(at: DateTime<Utc>, values: Distribution) -> Self {
        let (sum, sample_count) = (values.sum(), values.sample_count());
        Self { at, sum, sample_count, min: values.min(), max: values.max(), values }
    }

    /// The value at `percent` (0 to 100), by nearest rank; `None` when only a statistic set is known.
    #[must_use]
    pub fn percentile(&self, percent: f64) -> Option<f64> {
        self.values.percentile(percent)
    }
}
