//! All metrics with their minutes.
//!
//! Values published with different units are different data: a query that names a unit sees only that unit, one
//! that names none sees all of them: apart in GetMetricStatistics (A, its text on Unit), together in GetMetricData and
//! alarms (C, simplified).

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::{Bound, Range},
};

use super::{distribution::Distribution, key::MetricKey};
use crate::cloudwatch::time::MINUTE;

/// The unit of values published without one.
const NO_UNIT: &str = "None";

/// Minute (its start, epoch seconds) and unit, to the values.
type Series = BTreeMap<(i64, String), Distribution>;

/// Which values of a metric to read, and in which periods; all times in epoch seconds.
#[derive(Debug, Clone)]
pub(in crate::cloudwatch) struct Selection<'a> {
    /// `None` takes all units together.
    pub(in crate::cloudwatch) unit: Option<&'a str>,
    /// Minutes that start in here.
    pub(in crate::cloudwatch) span: Range<i64>,
    /// Length of a period in seconds.
    pub(in crate::cloudwatch) period: i64,
    /// A time at which a period starts.
    pub(in crate::cloudwatch) origin: i64,
    /// Whether percentiles are needed; totals alone are much cheaper.
    pub(in crate::cloudwatch) single_values: bool,
}

#[derive(Debug, Default)]
pub(in crate::cloudwatch) struct Store {
    series: BTreeMap<MetricKey, Series>,
}

impl Store {
    /// The values of one minute, to add to.
    pub(in crate::cloudwatch) fn minute(
        &mut self,
        key: MetricKey,
        minute: i64,
        unit: Option<&str>,
    ) -> &mut Distribution {
        let unit = unit.unwrap_or(NO_UNIT).to_owned();
        self.series.entry(key).or_default().entry((minute, unit)).or_default()
    }

    /// The units in which a metric has values in `span`, in order.
    pub(in crate::cloudwatch) fn units(&self, key: &MetricKey, span: &Range<i64>) -> BTreeSet<&str> {
        let series = self.series.get(key).into_iter().flatten();
        series.filter(|((minute, _), _)| span.contains(minute)).map(|((_, unit), _)| unit.as_str()).collect()
    }

    /// Every metric and the start of its last minute, in order.
    pub(in crate::cloudwatch) fn metrics(&self) -> impl Iterator<Item = (&MetricKey, i64)> {
        let last = |series: &Series| series.keys().next_back().map_or(0, |(minute, _)| *minute);
        self.series.iter().map(move |(key, series)| (key, last(series)))
    }

    /// The values of a selection, by the start of their period; empty periods are absent.
    pub(in crate::cloudwatch) fn periods(
        &self,
        key: &MetricKey,
        wanted: &Selection<'_>,
    ) -> BTreeMap<i64, Distribution> {
        let mut periods = BTreeMap::<i64, Distribution>::new();
        let Range { start, end } = wanted.span;
        let Some(series) = self.series.get(key).filter(|_| start < end) else { return periods };
        let bounds = (Bound::Included((start, String::new())), Bound::Excluded((end, String::new())));
        for ((minute, unit), values) in series.range(bounds) {
            if wanted.unit.is_none_or(|wanted| wanted == unit) {
                let start = minute - (minute - wanted.origin).rem_euclid(wanted.period.max(MINUTE));
                let period = periods.entry(start).or_default();
                if wanted.single_values { period.merge(values) } else { period.merge_totals(values) }
            }
        }
        periods.retain(|_, values| !values.is_empty());
        periods
    }
}
