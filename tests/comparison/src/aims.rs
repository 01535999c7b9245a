//! What the judge is meant to reach, beside what it reached. Aims, not limits: nothing fails when one is missed.

use crate::outcome::{CellResult, RuleResult};
use crate::plan::{Cell, Truth, per_second, percent};
use crate::rules::{ALARM, OURS};
use crate::statistics::ratio;
use crate::throughput::Throughput;
use serde::Serialize;

const MOST_FALSE_ROLLBACKS: f64 = 0.01;
const TARGET_FALSE_ROLLBACKS: f64 = 0.002;
const LEAST_CAUGHT: f64 = 0.99;
const LEAST_MINUTES_PER_SECOND: f64 = 2e6;
/// From this share on a rule is said to catch a bad canary, so that its median tells of rollbacks.
const CATCHES: f64 = 0.5;

/// One aim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Aim {
    /// What was wanted.
    pub(crate) aim: String,
    /// What came out.
    pub(crate) result: String,
    /// Whether it is enough.
    pub(crate) met: bool,
}

/// Our bad requests against the alarm's, in a cell in which both catch the canary.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AgainstAlarm {
    /// Where.
    #[serde(flatten)]
    pub(crate) cell: Cell,
    /// Median bad requests until our rollback.
    pub(crate) ours: u64,
    /// Median bad requests until the alarm's.
    pub(crate) alarm: u64,
    /// Ours of the alarm's.
    pub(crate) ratio: f64,
    /// The same when our rollback waits for numbers to settle, and the alarm's does not.
    pub(crate) ratio_settled: f64,
}

/// Every cell in which both catch at least half of the releases.
pub(crate) fn against_alarm(results: &[CellResult]) -> Vec<AgainstAlarm> {
    let compared = |result: &CellResult| {
        let (ours, alarm) = (result.rule(OURS)?, result.rule(ALARM)?);
        let both = ours.rolled_back_share >= CATCHES && alarm.rolled_back_share >= CATCHES;
        let (of_ours, of_alarm) = (ours.median_bad_served, alarm.median_bad_served);
        both.then_some(AgainstAlarm {
            cell: result.cell,
            ours: of_ours,
            alarm: of_alarm,
            ratio: ratio(of_ours, of_alarm)?,
            ratio_settled: ratio(ours.median_bad_served_settled, of_alarm)?,
        })
    };
    results.iter().filter_map(compared).collect()
}

/// All aims.
pub(crate) fn check(results: &[CellResult], throughput: &Throughput) -> Vec<Aim> {
    let mut aims = vec![
        false_rollbacks(results, MOST_FALSE_ROLLBACKS, "at most"),
        false_rollbacks(results, TARGET_FALSE_ROLLBACKS, "target at most"),
    ];
    aims.extend(detections(results));
    let ratios: Vec<f64> = against_alarm(results).iter().map(|cell| cell.ratio).collect();
    aims.extend([half_of_the_alarm(&ratios), third_of_the_alarm(&ratios), fast(throughput)]);
    aims
}

fn false_rollbacks(results: &[CellResult], most: f64, word: &str) -> Aim {
    let healthy = results.iter().filter(|result| result.truth == Truth::Healthy);
    let shares = healthy.filter_map(|result| Some((result.rule(OURS)?.rolled_back_share, result.cell)));
    let worst = shares.max_by(|(one, _), (other, _)| one.total_cmp(other));
    let shown = |(share, cell): (f64, Cell)| {
        let at = per_second(cell.requests_per_minute);
        format!("{:.2} % at worst ({at}, {})", share * 100.0, percent(cell.stable_basis_points))
    };
    Aim {
        aim: format!("a healthy canary is rolled back in {word} {} % of the releases", most * 100.0),
        result: worst.map_or_else(|| "no cell".to_owned(), shown),
        met: worst.is_some_and(|(share, _)| share <= most),
    }
}

/// How soon a canary must be caught, for both stable versions.
struct Detection {
    canary_basis_points: u32,
    requests_per_minute: u32,
    most_minutes: usize,
    least_caught: Option<f64>,
}

const DETECTIONS: [Detection; 4] = [
    Detection {
        canary_basis_points: 500,
        requests_per_minute: 600,
        most_minutes: 3,
        least_caught: Some(LEAST_CAUGHT),
    },
    Detection { canary_basis_points: 2_000, requests_per_minute: 60, most_minutes: 4, least_caught: None },
    Detection { canary_basis_points: 10_000, requests_per_minute: 12, most_minutes: 3, least_caught: None },
    Detection { canary_basis_points: 200, requests_per_minute: 6_000, most_minutes: 4, least_caught: None },
];

fn detections(results: &[CellResult]) -> impl Iterator<Item = Aim> {
    DETECTIONS.iter().map(|detection| {
        let here = |cell: &Cell| {
            (cell.canary_basis_points, cell.requests_per_minute)
                == (detection.canary_basis_points, detection.requests_per_minute)
        };
        let cells = results.iter().filter(|result| here(&result.cell));
        detection.aim(&cells.filter_map(|result| result.rule(OURS)).collect::<Vec<_>>())
    })
}

impl Detection {
    fn aim(&self, ours: &[&RuleResult]) -> Aim {
        let minute = |result: &&RuleResult| result.median_rollback_minute.unwrap_or(usize::MAX);
        let slowest = ours.iter().map(minute).max();
        let caught = ours.iter().map(|result| result.rolled_back_share).min_by(f64::total_cmp);
        let soon = slowest.is_some_and(|minute| minute <= self.most_minutes);
        let enough = self.least_caught.is_none_or(|least| caught.is_some_and(|caught| caught >= least));
        let also =
            self.least_caught.map_or_else(String::new, |least| format!(", {} % caught", least * 100.0));
        Aim {
            aim: format!(
                "{} bad at {}: median at most {} min{also}",
                percent(self.canary_basis_points),
                per_second(self.requests_per_minute),
                self.most_minutes
            ),
            result: match (slowest, caught) {
                (Some(minute), Some(caught)) if minute < usize::MAX => {
                    format!("{minute} min, {:.2} % caught", caught * 100.0)
                }
                _ => "not caught".to_owned(),
            },
            met: soon && enough,
        }
    }
}

fn half_of_the_alarm(ratios: &[f64]) -> Aim {
    let worst = ratios.iter().copied().max_by(f64::total_cmp);
    Aim {
        aim: "bad requests at most 1/2 of the alarm's in every cell where both catch".to_owned(),
        result: worst.map_or_else(|| "no cell".to_owned(), |worst| format!("{worst:.2} at worst")),
        met: worst.is_some_and(|worst| worst <= 0.5),
    }
}

fn third_of_the_alarm(ratios: &[f64]) -> Aim {
    let within = ratios.iter().filter(|ratio| **ratio <= 1.0 / 3.0).count();
    Aim {
        aim: "bad requests at most 1/3 of the alarm's in most of them".to_owned(),
        result: format!("in {within} of {}", ratios.len()),
        met: within * 2 > ratios.len(),
    }
}

fn fast(throughput: &Throughput) -> Aim {
    Aim {
        aim: format!(
            "at least {} million minutes judged per second on one core",
            LEAST_MINUTES_PER_SECOND / 1e6
        ),
        result: format!("{:.2} million", throughput.minutes_per_second / 1e6),
        met: throughput.minutes_per_second >= LEAST_MINUTES_PER_SECOND,
    }
}

#[cfg(test)]
mod tests;
