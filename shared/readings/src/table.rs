//! What CloudWatch answered: values by id and minute, and what it could not read.

use crate::query::{Side, TOTAL, id};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// An answer, or several pages of one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    values: BTreeMap<String, BTreeMap<DateTime<Utc>, f64>>,
    /// By id, in CloudWatch's own words.
    problems: BTreeMap<String, String>,
}

impl Table {
    /// Adds values of one id; the same minute again replaces it.
    pub(crate) fn add(&mut self, id: &str, points: impl IntoIterator<Item = (DateTime<Utc>, f64)>) {
        self.values.entry(id.to_owned()).or_default().extend(points);
    }

    /// Notes the state of one id: `Complete` clears what a page before said, anything else is a problem.
    pub(crate) fn status(&mut self, id: &str, status: &str) {
        if status == "Complete" {
            self.problems.remove(id);
        } else {
            self.problems.insert(id.to_owned(), status.to_owned());
        }
    }

    pub(crate) fn problem(&self, id: &str) -> Option<&str> {
        self.problems.get(id).map(String::as_str)
    }

    pub(crate) fn knows(&self, id: &str) -> bool {
        self.values.contains_key(id) || self.problems.contains_key(id)
    }

    pub(crate) fn value(&self, id: &str, minute: DateTime<Utc>) -> Option<f64> {
        self.values.get(id)?.get(&minute).copied()
    }

    /// Whether anything was answered about a criterion of the new version.
    #[must_use]
    pub fn has_canary(&self, criterion: &str) -> bool {
        self.knows(&id(Side::Canary, criterion, TOTAL))
    }

    /// Whether anything was answered about the version before.
    #[must_use]
    pub fn has_stable(&self) -> bool {
        self.ids().any(|id| id.starts_with("stable_"))
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.values.keys().chain(self.problems.keys()).map(String::as_str)
    }

    /// The minutes in which any of these ids has a value above 0.
    pub(crate) fn minutes_above_zero<'a>(
        &self,
        ids: impl IntoIterator<Item = &'a str>,
    ) -> BTreeSet<DateTime<Utc>> {
        let series = ids.into_iter().filter_map(|id| self.values.get(id));
        series.flatten().filter(|(_, value)| **value > 0.0).map(|(minute, _)| *minute).collect()
    }
}
