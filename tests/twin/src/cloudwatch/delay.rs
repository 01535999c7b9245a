//! Metrics that become visible late, as AWS's own do: usually within a minute or two, not always in order (B).
//!
//! A datum keeps the minute it belongs to; only the moment from which it can be read is later. Without a rule nothing
//! is looked up and nothing waits.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use super::metric::{datum::Datum, store::Store};

/// Which metrics become visible late, and how late. Time is virtual and counts from the arrival of a sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Delay {
    /// Only metrics of this namespace; `None` means all.
    pub namespace: Option<String>,
    /// Only metrics of this name; `None` means all.
    pub metric: Option<String>,
    /// The least time until a sample is visible.
    pub by: TimeDelta,
    /// The most time on top of that. Each sample draws its own share, so that later minutes may be visible before
    /// earlier ones, and parts of one minute at different times.
    pub jitter: TimeDelta,
    /// Seed of these draws.
    pub seed: u64,
}

#[derive(Debug)]
struct Rule {
    delay: Delay,
    dice: StdRng,
}

impl Rule {
    fn concerns(&self, datum: &Datum) -> bool {
        let Delay { namespace, metric, .. } = &self.delay;
        namespace.as_ref().is_none_or(|namespace| *namespace == datum.key.namespace)
            && metric.as_ref().is_none_or(|metric| *metric == datum.key.name)
    }

    /// How long the next datum waits; negative times count as none.
    fn draw(&mut self) -> TimeDelta {
        let jitter = self.delay.jitter.num_milliseconds().max(0);
        let share = if jitter == 0 { 0 } else { self.dice.random_range(0..=jitter) };
        self.delay.by.max(TimeDelta::zero()) + TimeDelta::milliseconds(share)
    }
}

/// The rules, and what has arrived and cannot be read yet.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    rules: Vec<Rule>,
    /// By the moment of visibility; the number keeps apart what becomes visible together.
    waiting: BTreeMap<(DateTime<Utc>, u64), Datum>,
    count: u64,
}

impl Arrivals {
    /// Adds a rule; where several concern a metric, the latest counts.
    pub(super) fn delay(&mut self, delay: Delay) {
        let dice = StdRng::seed_from_u64(delay.seed);
        self.rules.push(Rule { delay, dice });
    }

    /// Forgets the rules; what waits becomes visible when it would have anyway.
    pub(super) fn stop_delays(&mut self) {
        self.rules.clear();
    }

    /// Takes in what arrives at `now`.
    pub(super) fn arrive(&mut self, store: &mut Store, datum: Datum, now: DateTime<Utc>) {
        let rule = self.rules.iter_mut().rev().find(|rule| rule.concerns(&datum));
        let wait = rule.map_or(TimeDelta::zero(), Rule::draw);
        if wait.is_zero() {
            return datum.store(store);
        }
        self.count += 1;
        // A delay beyond the end of the calendar never ends.
        let visible = now.checked_add_signed(wait).unwrap_or(DateTime::<Utc>::MAX_UTC);
        self.waiting.insert((visible, self.count), datum);
    }

    /// Makes visible what is due at `now`.
    pub(super) fn release(&mut self, store: &mut Store, now: DateTime<Utc>) {
        while let Some(next) = self.waiting.first_entry().filter(|entry| entry.key().0 <= now) {
            next.remove().store(store);
        }
    }
}
