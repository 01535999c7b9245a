//! The values of a metric in one span of time, kept exactly.
//!
//! A percentile is the nearest rank: the smallest recorded value that at least p % of the samples do not exceed, so
//! it is always a value that occurred. CloudWatch's own rule is not documented; it works on buckets and may lie a
//! little off (C). Percentiles need single values: a statistic set has none unless its minimum is its maximum (A).

use std::{cmp::Ordering, collections::BTreeMap};

/// A value that can be a key: ordered as numbers are, with one zero.
#[derive(Debug, Clone, Copy)]
struct Sortable(f64);

impl PartialEq for Sortable {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Sortable {}

impl PartialOrd for Sortable {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Sortable {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// How often which value occurred, with the totals.
#[derive(Debug, Clone)]
pub(in crate::cloudwatch) struct Distribution {
    values: BTreeMap<Sortable, f64>,
    /// True once a statistic set of unknown values came in: percentiles are gone then.
    summarised: bool,
    sample_count: f64,
    sum: f64,
    min: f64,
    max: f64,
}

/// A summary published without its values (`StatisticValues`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::cloudwatch) struct StatisticSet {
    pub(in crate::cloudwatch) sample_count: f64,
    pub(in crate::cloudwatch) sum: f64,
    pub(in crate::cloudwatch) min: f64,
    pub(in crate::cloudwatch) max: f64,
}

impl Default for Distribution {
    fn default() -> Self {
        Self {
            values: BTreeMap::new(),
            summarised: false,
            sample_count: 0.0,
            sum: 0.0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
        }
    }
}

impl Distribution {
    /// Adds `count` samples of `value`. What is not finite or does not count is left out.
    pub(in crate::cloudwatch) fn add(&mut self, value: f64, count: f64) {
        if !value.is_finite() || !count.is_finite() || count <= 0.0 {
            return;
        }
        // Adding zero turns the negative zero into the positive one.
        *self.values.entry(Sortable(value + 0.0)).or_default() += count;
        self.total(StatisticSet { sample_count: count, sum: value * count, min: value, max: value });
    }

    /// Adds a summary; one whose values are all the same counts as single values.
    pub(in crate::cloudwatch) fn add_set(&mut self, set: StatisticSet) {
        if set.min >= set.max {
            return self.add(set.min, set.sample_count);
        }
        self.summarised = true;
        self.total(set);
    }

    pub(in crate::cloudwatch) fn merge(&mut self, other: &Self) {
        let summarised = self.summarised || other.summarised;
        for (value, count) in &other.values {
            *self.values.entry(*value).or_default() += count;
        }
        self.merge_totals(other);
        self.summarised = summarised;
    }

    /// Adds the totals only: no percentile can be computed afterwards.
    pub(in crate::cloudwatch) fn merge_totals(&mut self, other: &Self) {
        self.summarised = true;
        self.total(StatisticSet {
            sample_count: other.sample_count,
            sum: other.sum,
            min: other.min,
            max: other.max,
        });
    }

    pub(in crate::cloudwatch) fn is_empty(&self) -> bool {
        self.sample_count <= 0.0
    }

    pub(in crate::cloudwatch) fn sample_count(&self) -> f64 {
        self.sample_count
    }

    pub(in crate::cloudwatch) fn sum(&self) -> f64 {
        self.sum
    }

    /// The smallest value; infinite when empty.
    pub(in crate::cloudwatch) fn min(&self) -> f64 {
        self.min
    }

    /// The largest value; negative infinite when empty.
    pub(in crate::cloudwatch) fn max(&self) -> f64 {
        self.max
    }

    /// The value at `percent` (0 to 100); `None` when empty or when single values are missing.
    pub(in crate::cloudwatch) fn percentile(&self, percent: f64) -> Option<f64> {
        if self.summarised || self.is_empty() {
            return None;
        }
        let rank = percent / 100.0 * self.sample_count;
        let mut seen = 0.0;
        for (value, count) in &self.values {
            seen += count;
            if seen >= rank {
                return Some(value.0);
            }
        }
        // Rounding may leave the last rank a hair above the total.
        Some(self.max)
    }

    /// The share of the samples whose value is `wanted`, in percent; `None` when empty or when single values are
    /// missing.
    pub(in crate::cloudwatch) fn share(&self, wanted: impl Fn(f64) -> bool) -> Option<f64> {
        if self.summarised || self.is_empty() {
            return None;
        }
        let matching: f64 =
            self.values.iter().filter(|(value, _)| wanted(value.0)).map(|(_, count)| *count).sum();
        // Added to zero, because the sum of nothing is the negative zero.
        Some(100.0 * (0.0 + matching) / self.sample_count)
    }

    fn total(&mut self, set: StatisticSet) {
        self.sample_count += set.sample_count;
        self.sum += set.sum;
        self.min = self.min.min(set.min);
        self.max = self.max.max(set.max);
    }
}
