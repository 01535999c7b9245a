//! A verdict with its evidence, for people and for files.

use crate::bounds::Share;
use crate::counts::Counts;
use crate::verdict::{Doubt, Test, Verdict, Word};
use serde::Serialize;

/// The first minute with the verdict breach, as it was then.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FirstBreach {
    /// Counted from 1.
    pub minute: u64,
    /// Name of the criterion.
    pub criterion: String,
    /// The test whose evidence was largest.
    pub test: Test,
    /// Common logarithm.
    pub evidence_log10: f64,
    /// Requests up to that minute.
    pub canary: Counts,
    /// Requests up to that minute.
    pub stable: Counts,
}

/// The evidence of one test and what it must reach.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TestReport {
    /// Common logarithm of the evidence: its running maximum, at least 0.
    pub evidence_log10: f64,
    /// Common logarithm of 1/α of this test.
    pub threshold_log10: f64,
}

/// One criterion.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CriterionReport {
    /// As in the settings.
    pub name: String,
    /// The allowed bad share, 0 to 1.
    pub limit_share: f64,
    /// The limit test.
    pub limit: TestReport,
    /// `None` when the new version serves alone.
    pub regression: Option<TestReport>,
    /// All minutes.
    pub canary: Share,
    /// All minutes.
    pub stable: Share,
    /// The last ten minutes at most.
    pub recent_canary: Counts,
    /// The last ten minutes at most.
    pub recent_stable: Counts,
    /// The canary's requests in the minutes that count against it.
    pub unexcused_canary: Counts,
    /// Minutes left out of the limit test, because the stable version was over the limit too.
    pub excused_minutes: u64,
    /// Minutes in which something was not known.
    pub unknown_minutes: u64,
}

/// Everything about the minutes judged.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The verdict on the last minute.
    pub verdict: Word,
    /// The criterion that decided; `None` when healthy.
    pub criterion: Option<String>,
    /// The test that breached.
    pub test: Option<Test>,
    /// Why it is inconclusive.
    pub doubt: Option<Doubt>,
    /// One sentence for people.
    pub reason: String,
    /// Minutes judged.
    pub minutes: u64,
    /// Stays on record when the verdict changes afterwards.
    pub first_breach: Option<FirstBreach>,
    /// In the settings' order.
    pub criteria: Vec<CriterionReport>,
}

impl Report {
    pub(crate) fn new(
        verdict: Verdict,
        minutes: u64,
        first_breach: Option<FirstBreach>,
        criteria: Vec<CriterionReport>,
    ) -> Self {
        let (index, test, doubt) = match verdict {
            Verdict::Healthy => (None, None, None),
            Verdict::Breach { criterion, test } => (Some(criterion), Some(test), None),
            Verdict::Inconclusive { criterion, doubt } => (Some(criterion), None, Some(doubt)),
        };
        let deciding = index.and_then(|index| criteria.get(index));
        let criterion = deciding.map(|criterion| criterion.name.clone());
        let reason = match deciding {
            _ if minutes == 0 => "no minute has settled yet".to_owned(),
            Some(criterion) => criterion.sentence(test, doubt),
            None => healthy(minutes, &criteria),
        };
        Self { verdict: verdict.word(), criterion, test, doubt, reason, minutes, first_breach, criteria }
    }

    /// A breach where there is little room: `breach: errors 60/600`. `None` for every other verdict.
    #[must_use]
    pub fn breach_in_short(&self) -> Option<String> {
        let deciding =
            self.criteria.iter().find(|criterion| Some(&criterion.name) == self.criterion.as_ref());
        let counted = deciding.map_or_else(String::new, |CriterionReport { name, canary, .. }| {
            format!(": {name} {}/{}", canary.bad, canary.total)
        });
        (self.verdict == Word::Breach).then(|| format!("breach{counted}"))
    }
}

fn healthy(minutes: u64, criteria: &[CriterionReport]) -> String {
    let share = |c: &CriterionReport| match c.excused_minutes {
        0 => format!("{} {}", c.name, percent(c.canary.rate)),
        excused => {
            let share = percent(c.unexcused_canary.share());
            format!(
                "{} {share} (but for {excused} minutes in which the stable version was over the limit)",
                c.name
            )
        }
    };
    let shares: Vec<_> = criteria.iter().map(share).collect();
    let requests = criteria.iter().map(|c| c.canary.total).max().unwrap_or_default();
    let s = |count: u64| if count == 1 { "" } else { "s" };
    let seen = format!("{requests} request{} in {minutes} minute{}", s(requests), s(minutes));
    format!("{seen} within every limit: {}", shares.join(", "))
}

impl CriterionReport {
    /// The test whose evidence is nearer to its threshold, or further beyond it.
    #[must_use]
    pub fn strongest(&self) -> TestReport {
        let other =
            self.regression.filter(|regression| regression.evidence_log10 > self.limit.evidence_log10);
        other.unwrap_or(self.limit)
    }

    fn sentence(&self, test: Option<Test>, doubt: Option<Doubt>) -> String {
        let canary =
            format!("{} bad of {} ({})", self.canary.bad, self.canary.total, percent(self.canary.rate));
        let stable =
            format!("stable {} of {} ({})", self.stable.bad, self.stable.total, percent(self.stable.rate));
        let (name, limit) = (&self.name, percent(Some(self.limit_share)));
        match (test, doubt) {
            (Some(test), _) => {
                let seen = if test == Test::Limit { Some(self.limit) } else { self.regression };
                let seen = seen.map_or_else(String::new, |t| {
                    format!("; evidence 10^{:.1}, threshold 10^{:.1}", t.evidence_log10, t.threshold_log10)
                });
                let what = if test == Test::Limit {
                    format!("is over the limit of {limit}")
                } else {
                    "is worse than the stable version allows".to_owned()
                };
                format!("{name}: the canary {what}: {canary}, {stable}{seen}")
            }
            (None, Some(Doubt::BothOverLimit)) => {
                let share = |counts: Counts| percent(counts.share());
                let (canary, stable) = (share(self.recent_canary), share(self.recent_stable));
                format!(
                    "{name}: both versions are over the limit of {limit} (canary {canary}, stable {stable} lately): the fault is shared"
                )
            }
            (None, Some(Doubt::Unreadable)) => {
                format!("{name}: unreadable minutes: {}; of the others {canary}", self.unknown_minutes)
            }
            (None, Some(Doubt::OverLimitNotProven)) => {
                format!("{name}: over the limit of {limit}, but that may be chance: {canary}, {stable}")
            }
            (None, _) => format!("{name}: too few requests: {canary}"),
        }
    }
}

/// A share as percent with two digits that matter.
fn percent(share: Option<f64>) -> String {
    let Some(share) = share else { return "no requests".to_owned() };
    let percent = share * 100.0;
    if percent > 0.0 && percent < 0.005 {
        return "below 0.01 %".to_owned();
    }
    let digits = if percent >= 10.0 || percent <= 0.0 {
        0
    } else if percent >= 1.0 {
        1
    } else {
        2
    };
    format!("{percent:.digits$} %")
}

pub(crate) fn log10(natural: f64) -> f64 {
    natural / std::f64::consts::LN_10
}
