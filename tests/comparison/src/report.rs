//! The result as text for people.

use crate::aims::{self, AgainstAlarm, Aim};
use crate::bursts::{BOUNDARIES, BurstResult, TIMES_AS_MANY_RELEASES};
use crate::outcome::{CellResult, RuleResult, SETTLING_MINUTES};
use crate::plan::{STABLE_BASIS_POINTS, TRAFFIC_PER_MINUTE, Truth, per_second, percent};
use crate::rules::Description;
use crate::simulate::Errors;
use crate::table::{line, render};
use crate::throughput::Throughput;
use serde::Serialize;
use std::fmt;

/// Everything. All of it but the throughput is the same for the same options.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    /// As asked for.
    pub(crate) seed: u64,
    /// Per cell.
    pub(crate) releases: usize,
    /// What our judge may spend.
    pub(crate) alpha: f64,
    /// In the order of the tables.
    pub(crate) rules: Vec<Description>,
    /// The comparison.
    pub(crate) cells: Vec<CellResult>,
    /// Ours beside the alarm.
    pub(crate) against_alarm: Vec<AgainstAlarm>,
    /// Correlated errors.
    pub(crate) bursts: Vec<BurstResult>,
    /// Speed.
    pub(crate) throughput: Throughput,
    /// What was wanted.
    pub(crate) aims: Vec<Aim>,
}

impl Report {
    fn write_head(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Rollback rules on the same {} simulated releases per cell (seed {}, alpha {} %).\n\
             A release: 15 minutes at 10 %, 15 minutes at 50 %. Errors are independent. Rules:",
            self.releases,
            self.seed,
            self.alpha * 100.0
        )?;
        for rule in &self.rules {
            writeln!(f, "  - {}: {}", rule.name, rule.models)?;
        }
        writeln!(
            f,
            "\nEach entry: releases rolled back / median minute of those rollbacks / median bad requests that the canary\n\
             answered until the end of that minute (in all 30 minutes where nothing was rolled back).\n\
             No rule waits for metrics here. In reality all do; ours lets a minute settle for {SETTLING_MINUTES} minutes more, which is\n\
             not in its minutes below.\n"
        )
    }

    fn write_cells(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for requests in TRAFFIC_PER_MINUTE {
            for stable in STABLE_BASIS_POINTS {
                let here = |result: &&CellResult| {
                    (result.cell.requests_per_minute, result.cell.stable_basis_points) == (requests, stable)
                };
                let cells: Vec<_> = self.cells.iter().filter(here).collect();
                writeln!(f, "{}, stable version {} bad; canary:", per_second(requests), percent(stable))?;
                writeln!(f, "{}", self.cell_table(&cells))?;
            }
        }
        Ok(())
    }

    fn cell_table(&self, cells: &[&CellResult]) -> String {
        let mut header = line([""]);
        header.extend(cells.iter().map(|result| {
            let canary = percent(result.cell.canary_basis_points);
            match result.truth {
                Truth::Healthy => format!("{canary}, healthy"),
                Truth::Allowed => format!("{canary}, allowed"),
                Truth::Bad => canary,
            }
        }));
        let rows = self.rules.iter().map(|rule| {
            let entry = |cell: &&CellResult| cell.rule(rule.name).map_or_else(String::new, entry);
            std::iter::once(rule.name.to_owned()).chain(cells.iter().map(entry)).collect()
        });
        render(&std::iter::once(header).chain(rows).collect::<Vec<_>>())
    }

    fn write_against_alarm(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Median bad requests, our judge against the alarm, where both catch at least half. The last column charges our\n\
             judge for its {SETTLING_MINUTES} settling minutes and the alarm for nothing."
        )?;
        let mut lines = vec![line(["", "stable", "canary", "ours", "alarm", "ours/alarm", "settled/alarm"])];
        lines.extend(self.against_alarm.iter().map(|row| {
            vec![
                per_second(row.cell.requests_per_minute),
                percent(row.cell.stable_basis_points),
                percent(row.cell.canary_basis_points),
                row.ours.to_string(),
                row.alarm.to_string(),
                format!("{:.2}", row.ratio),
                format!("{:.2}", row.ratio_settled),
            ]
        }));
        writeln!(f, "{}", render(&lines))
    }

    fn write_bursts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "What correlated errors do to the guarantee: false breaches in {} releases per row, 10 requests/s, canary exactly\n\
             at a bound, and healthy ones. Allowed: alpha = {} %, half of it for each test.",
            self.releases * TIMES_AS_MANY_RELEASES,
            self.alpha * 100.0
        )?;
        for boundary in BOUNDARIES {
            let mut lines = vec![line([boundary.name, "breach", "x alpha", "limit test", "regression test"])];
            let rows = self.bursts.iter().filter(|row| row.boundary == boundary);
            lines.extend(rows.map(|row| self.burst_line(row)));
            writeln!(f, "{}", render(&lines))?;
        }
        Ok(())
    }

    fn burst_line(&self, row: &BurstResult) -> Vec<String> {
        let percent = |share: f64| format!("{:.2} %", share * 100.0);
        vec![
            match row.errors {
                Errors::Independent => "independent (correlation 0)".to_owned(),
                Errors::Wandering(correlation) => format!("minutes wander, correlation {correlation}"),
                Errors::Clumps(size) => format!("clumps of {size}"),
            },
            percent(row.false_breach_share),
            format!("{:.1}", row.false_breach_share / self.alpha),
            percent(row.limit_share),
            percent(row.regression_share),
        ]
    }

    fn write_aims(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Aims for our judge (settling time not included):")?;
        let row = |aim: &Aim| {
            let met = if aim.met { "met" } else { "MISSED" };
            vec![aim.aim.clone(), aim.result.clone(), met.to_owned()]
        };
        f.write_str(&render(&self.aims.iter().map(row).collect::<Vec<_>>()))?;
        writeln!(
            f,
            "  Throughput: fastest of several runs of {} minutes, two tests, 60 + 540 requests per minute, 0.5 % bad; the only\n  \
             number that differs between two runs.",
            self.throughput.minutes
        )
    }

    /// Puts the parts together.
    pub(crate) fn new(
        (seed, releases, alpha): (u64, usize, f64),
        rules: Vec<Description>,
        cells: Vec<CellResult>,
        bursts: Vec<BurstResult>,
        throughput: Throughput,
    ) -> Self {
        let (against_alarm, aims) = (aims::against_alarm(&cells), aims::check(&cells, &throughput));
        Self { seed, releases, alpha, rules, cells, against_alarm, bursts, throughput, aims }
    }
}

fn entry(result: &RuleResult) -> String {
    let minute = result.median_rollback_minute.map_or_else(|| "-".to_owned(), |minute| minute.to_string());
    format!("{:.1} % / {minute} / {}", result.rolled_back_share * 100.0, result.median_bad_served)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_head(f)?;
        self.write_cells(f)?;
        self.write_against_alarm(f)?;
        self.write_bursts(f)?;
        self.write_aims(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{bursts, outcome, rules};

    fn report(releases: usize, alpha: f64, seed: u64) -> Report {
        let candidates = rules::candidates(alpha).unwrap();
        let cells = outcome::compare(&candidates, releases, seed, 2).unwrap();
        let rules = candidates.into_iter().map(|candidate| candidate.description).collect();
        let bursts = bursts::measure(alpha, 2, seed, 2).unwrap();
        let throughput = Throughput { minutes_per_second: 2e6, minutes: 1 };
        Report::new((seed, releases, alpha), rules, cells, bursts, throughput)
    }

    #[test]
    fn text_and_json_are_the_same_when_the_seed_is_the_same() {
        let (one, again) = (report(10, 0.01, 3), report(10, 0.01, 3));
        assert_eq!(one.to_string(), again.to_string());
        assert_eq!(serde_json::to_string(&one).unwrap(), serde_json::to_string(&again).unwrap());
        assert_ne!(one.to_string(), report(10, 0.01, 4).to_string());
    }

    #[test]
    fn every_rule_and_canary_is_in_each_table_when_it_is_shown() {
        let text = report(10, 0.01, 3).to_string();
        for rule in rules::candidates(0.01).unwrap() {
            let rows = text.lines().filter(|line| line.starts_with(&format!("  {} ", rule.description.name)));
            assert_eq!(rows.count(), 8, "{}", rule.description.name);
        }
        assert_eq!(text.matches(", healthy").count(), 8);
        assert_eq!(text.matches("0.9 %, allowed").count(), 4);
    }

    #[test]
    fn minute_is_a_dash_when_nothing_was_rolled_back() {
        let never = RuleResult {
            rule: "x",
            rolled_back_share: 0.0,
            median_rollback_minute: None,
            median_bad_served: 7,
            median_bad_served_settled: 7,
        };
        assert_eq!(entry(&never), "0.0 % / - / 7");
    }
}
