//! From values to counts: which minutes are known, and what was counted in them. Pure.

use crate::config::{Config, Covers, Measure, Source};
use crate::query::{BAD, Side, TOTAL, WITHIN, id};
use crate::table::Table;
use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use judge::{Counts, Inputs, Phase, Series};
use std::collections::BTreeSet;

/// A metric for every request may miss this part of the successful invocations...
const MISSED_SHARE: f64 = 0.1;
/// ... and this many more: the two stamp a request differently, which matters at the window's ends.
const MISSED_REQUESTS: f64 = 2.0;

/// Which minutes are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First minute of the new version.
    pub from: DateTime<Utc>,
    /// How many.
    pub minutes: usize,
    /// First minute of the version before: the same while both serve, an earlier one when the new version serves alone.
    pub stable_from: DateTime<Utc>,
}

impl Window {
    /// The first minute in which a version that serves alone since `since` is judged: the next full one. In an earlier one
    /// the version before may still have had requests, which belong to nobody's account. All who judge a version alone take
    /// this minute, so that they add up the same evidence.
    #[must_use]
    pub fn first_minute_alone(since: DateTime<Utc>) -> DateTime<Utc> {
        let minute = since.duration_trunc(TimeDelta::minutes(1)).unwrap_or(since);
        if minute == since { since } else { minute + TimeDelta::minutes(1) }
    }

    /// The minutes from `from` to those settled at `now`: a minute is settled when it ended `settle_minutes` ago.
    #[must_use]
    pub fn settled(from: DateTime<Utc>, now: DateTime<Utc>, settle_minutes: u32) -> Self {
        let settled = (now - from - TimeDelta::minutes(settle_minutes.into())).num_minutes();
        Self { from, minutes: usize::try_from(settled).unwrap_or(0), stable_from: from }
    }

    /// The minute after the last.
    #[must_use]
    pub fn to(&self) -> DateTime<Utc> {
        later(self.from, self.minutes)
    }
}

fn later(from: DateTime<Utc>, minutes: usize) -> DateTime<Utc> {
    from + TimeDelta::minutes(i64::try_from(minutes).unwrap_or(i64::MAX / 60_000))
}

/// A table with the measures that it was asked for.
#[derive(Clone, Copy, Debug)]
pub struct Readings<'a> {
    config: &'a Config,
    table: &'a Table,
}

impl<'a> Readings<'a> {
    /// `table` answers the queries of `config`.
    #[must_use]
    pub const fn new(config: &'a Config, table: &'a Table) -> Self {
        Self { config, table }
    }

    /// The minutes with requests of one side, by any metric.
    #[must_use]
    pub fn traffic(&self, side: Side) -> BTreeSet<DateTime<Utc>> {
        let ids: Vec<_> = self.config.measures.iter().map(|m| id(side, &m.criterion.name, TOTAL)).collect();
        self.table.minutes_above_zero(ids.iter().map(String::as_str))
    }

    /// The judge's inputs for a window.
    #[must_use]
    pub fn inputs(&self, phase: Phase, window: &Window) -> Inputs {
        let series = |measure: &Measure| Series {
            criterion: measure.criterion.clone(),
            canary: self.counts(
                self.canary_side(phase, measure, window),
                measure,
                window.from,
                window.minutes,
            ),
            stable: self.counts(Side::Stable, measure, window.stable_from, window.minutes),
        };
        let settings = self.config.settings(phase);
        Inputs {
            alpha: settings.alpha,
            min_requests: settings.min_requests,
            phase,
            series: self.config.measures.iter().map(series).collect(),
        }
    }

    /// What CloudWatch could not read, one sentence each.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let problem = |id| self.table.problem(id).map(|status| format!("{id}: {status}"));
        self.table.ids().collect::<BTreeSet<_>>().into_iter().filter_map(problem).collect()
    }

    /// At 100 % the alias's own numbers are the new version's. A measure takes them when it has none by version.
    fn canary_side(&self, phase: Phase, measure: &Measure, window: &Window) -> Side {
        let requests = |side| self.total(side, measure, window);
        let by_alias = phase == Phase::Whole && requests(Side::Canary) <= 0.0 && requests(Side::Alias) > 0.0;
        if by_alias { Side::Alias } else { Side::Canary }
    }

    fn total(&self, side: Side, measure: &Measure, window: &Window) -> f64 {
        let id = id(side, &measure.criterion.name, TOTAL);
        (0..window.minutes).filter_map(|n| self.table.value(&id, later(window.from, n))).sum()
    }

    fn counts(
        &self,
        side: Side,
        measure: &Measure,
        from: DateTime<Utc>,
        minutes: usize,
    ) -> Vec<Option<Counts>> {
        let total_id = id(side, &measure.criterion.name, TOTAL);
        let (bad_id, percent) = match measure.source {
            Source::Counted { .. } => (id(side, &measure.criterion.name, BAD), false),
            Source::Above { .. } => (id(side, &measure.criterion.name, WITHIN), true),
        };
        let readable = |id: &str| self.table.knows(id) && self.table.problem(id).is_none();
        if !readable(&total_id) || !readable(&bad_id) {
            return vec![None; minutes];
        }
        let minute = |n| later(from, n);
        let read = |n| {
            let total = self.table.value(&total_id, minute(n));
            let bad = self.table.value(&bad_id, minute(n));
            if percent { above(total, bad) } else { counted(total, bad) }
        };
        let mut counts: Vec<_> = (0..minutes).map(read).collect();
        if measure.covers == Covers::All {
            self.mark_missing(side, &mut counts, minute);
        }
        counts
    }

    /// Makes minutes unknown in which a metric for every request misses many of the invocations that Lambda counted as
    /// successful; and, when it misses many in all, also those in which it has none.
    fn mark_missing(
        &self,
        side: Side,
        counts: &mut [Option<Counts>],
        minute: impl Fn(usize) -> DateTime<Utc>,
    ) {
        let expected: Vec<f64> = (0..counts.len()).map(|n| self.successes(side, minute(n))).collect();
        let misses =
            |seen: u64, expected: f64| expected - as_float(seen) > expected * MISSED_SHARE + MISSED_REQUESTS;
        let in_all =
            misses(counts.iter().flatten().map(|counts| counts.total()).sum(), expected.iter().sum());
        for (counts, expected) in counts.iter_mut().zip(expected) {
            let total = counts.map_or(0, |counts| counts.total());
            if misses(total, expected) || (in_all && total == 0 && expected > 0.0) {
                *counts = None;
            }
        }
    }

    /// Invocations without a function error, when a criterion counts `AWS/Lambda` errors; 0 otherwise. A failed
    /// invocation may leave no trace in the application's own metrics.
    fn successes(&self, side: Side, minute: DateTime<Utc>) -> f64 {
        let counts_lambda = |measure: &&Measure| match &measure.source {
            Source::Counted { bad, total } => {
                [bad, total].iter().all(|metric| metric.namespace == "AWS/Lambda")
                    && total.metric == "Invocations"
            }
            Source::Above { .. } => false,
        };
        // Where the alias stands in for the version, so do its invocations.
        let Some(measure) = self.config.measures.iter().find(counts_lambda) else { return 0.0 };
        let name = &measure.criterion.name;
        let value = |part| self.table.value(&id(side, name, part), minute);
        value(TOTAL).map_or(0.0, |total| (total - value(BAD).unwrap_or(0.0)).max(0.0))
    }
}

/// Two sums. Lambda and the backend record a zero for each good request, so a lone total is not "none bad".
fn counted(total: Option<f64>, bad: Option<f64>) -> Option<Counts> {
    match (total, bad) {
        (None, None) => Some(Counts::default()),
        (Some(total), None) if whole(total) == Some(0) => Some(Counts::default()),
        (Some(total), Some(bad)) => Counts::new(whole(total)?, whole(bad)?).ok(),
        _ => None,
    }
}

/// A number of requests and the percentage of them within the threshold.
fn above(total: Option<f64>, within_percent: Option<f64>) -> Option<Counts> {
    match (total, within_percent) {
        (None, None) => Some(Counts::default()),
        (Some(total), _) if whole(total) == Some(0) => Some(Counts::default()),
        (Some(total), Some(within)) if (0.0..=100.0).contains(&within) => {
            Counts::new(whole(total)?, whole(total * (1.0 - within / 100.0))?).ok()
        }
        _ => None,
    }
}

/// A count as CloudWatch gives it; `None` when it is none.
fn whole(value: f64) -> Option<u64> {
    const MOST: f64 = 9_007_199_254_740_992.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be from 0 to 2^53"
    )]
    (0.0..=MOST).contains(&value).then(|| value.round() as u64)
}

#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53 requests")]
fn as_float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
