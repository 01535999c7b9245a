//! The result as text for people.

use crate::{
    measure::{ColdStart, Warm},
    programs::Package,
    table::render,
    variants::HOOK,
};
use serde::Serialize;
use std::fmt;

/// Aims, not limits: they are shown beside the result, and nothing fails.
const MOST_TIMES_EMPTY: f64 = 2.5;
const MOST_MEMORY_MB: f64 = 16.0;

/// Everything that was measured.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Report {
    /// Starts counted per row.
    pub(crate) spawns: usize,
    /// Load of the computer before the first start, as the system states it.
    pub(crate) load: Option<String>,
    /// One row per variant.
    pub(crate) cold_starts: Vec<ColdStart>,
    /// One row for the hook.
    pub(crate) warm: Vec<Warm>,
    /// One row per binary.
    pub(crate) packages: Vec<Package>,
}

impl Report {
    /// Whether a production binary contains parts of the rehearsal.
    pub(crate) fn rehearsal_inside(&self) -> bool {
        self.packages.iter().any(|package| package.rehearsal_inside)
    }

    fn write_cold_starts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Cold start: from the start of the process to its first answer. {} starts each, in turn.",
            self.spawns
        )?;
        writeln!(
            f,
            "AWS is on loopback, with TLS and a connection per service. Without the time that Lambda itself takes."
        )?;
        let rows: Vec<_> = self.cold_starts.iter().map(cold_start_cells).collect();
        let header = ["", "median ms", "x empty", "p90 ms", "CPU ms", "x empty", "peak MB"];
        f.write_str(&render(header, &rows))?;
        if let Some(hook) = self.cold_starts.iter().find(|row| row.name == HOOK) {
            let (time, memory) =
                (aim(larger_ratio(hook), MOST_TIMES_EMPTY), aim(hook.peak_mb, MOST_MEMORY_MB));
            writeln!(
                f,
                "  Aims for {HOOK}: at most {MOST_TIMES_EMPTY} x empty ({time}), peak below {MOST_MEMORY_MB} MB ({memory})."
            )?;
        }
        match &self.load {
            Some(load) => writeln!(
                f,
                "  Load average before: {load}. Compare times only within one run; on a busy computer only the CPU columns.\n"
            ),
            None => {
                writeln!(f, "  Compare times only within one run; on a busy computer only the CPU columns.\n")
            }
        }
    }

    fn write_warm(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Warm: one process that has started before; the hook makes 6 calls to AWS per invocation."
        )?;
        let cells = |row: &Warm| {
            [row.name.to_owned(), row.invocations.to_string(), number(row.p50_ms), number(row.p99_ms)]
        };
        let rows: Vec<_> = self.warm.iter().map(cells).collect();
        writeln!(f, "{}", render(["", "invocations", "p50 ms", "p99 ms"], &rows))
    }

    fn write_packages(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Package: the release binary alone, as `bootstrap` in a zip file.")?;
        let cells = |row: &Package| [row.name.to_owned(), grouped(row.binary_bytes), grouped(row.zip_bytes)];
        let rows: Vec<_> = self.packages.iter().map(cells).collect();
        writeln!(f, "{}", render(["", "binary bytes", "zip bytes"], &rows))
    }

    fn write_rehearsal(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found: Vec<_> =
            self.packages.iter().filter(|row| row.rehearsal_inside).map(|row| row.name).collect();
        if found.is_empty() {
            return writeln!(f, "Rehearsal code: none (no binary contains \"REHEARSAL_\").");
        }
        writeln!(f, "Rehearsal code: FOUND in {}. This must not be deployed.", found.join(", "))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_cold_starts(f)?;
        self.write_warm(f)?;
        self.write_packages(f)?;
        self.write_rehearsal(f)
    }
}

fn cold_start_cells(row: &ColdStart) -> [String; 7] {
    let known = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), number);
    [
        row.name.to_owned(),
        number(row.median_ms),
        known(row.times_empty),
        number(row.p90_ms),
        known(row.cpu_ms),
        known(row.cpu_times_empty),
        known(row.peak_mb),
    ]
}

/// A busy computer makes the ratio of the times look better than it is, but not that of the processor times.
fn larger_ratio(row: &ColdStart) -> Option<f64> {
    row.times_empty.into_iter().chain(row.cpu_times_empty).max_by(f64::total_cmp)
}

fn aim(value: Option<f64>, most: f64) -> &'static str {
    match value {
        Some(value) if value <= most => "met",
        Some(_) => "missed",
        None => "unknown",
    }
}

fn number(value: f64) -> String {
    format!("{value:.1}")
}

/// 1234567 as `1 234 567`.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(times_empty: f64, rehearsal_inside: bool) -> Report {
        Report {
            spawns: 20,
            load: None,
            cold_starts: vec![ColdStart {
                name: HOOK,
                median_ms: 4.25,
                p90_ms: 5.0,
                cpu_ms: None,
                peak_mb: Some(6.1),
                times_empty: Some(times_empty),
                cpu_times_empty: None,
            }],
            warm: vec![Warm { name: HOOK, invocations: 200, p50_ms: 1.0, p99_ms: 2.0 }],
            packages: vec![Package {
                name: HOOK,
                binary_bytes: 4_000_000,
                zip_bytes: 1_600_000,
                rehearsal_inside,
            }],
        }
    }

    #[test]
    fn aim_is_met_when_the_ratio_is_at_its_limit() {
        let text = report(2.5, false).to_string();
        assert!(text.contains("at most 2.5 x empty (met), peak below 16 MB (met)"), "{text}");
    }

    #[test]
    fn aim_is_missed_when_the_ratio_is_above_its_limit() {
        assert!(report(2.6, false).to_string().contains("(missed)"));
        assert_eq!(aim(None, 1.0), "unknown");
    }

    #[test]
    fn aim_is_missed_when_only_the_processor_time_is_above_its_limit() {
        let mut busy = report(1.5, false);
        busy.cold_starts[0].cpu_times_empty = Some(3.0);
        assert!(busy.to_string().contains("(missed)"));
    }

    #[test]
    fn binary_is_named_when_it_contains_rehearsal_code() {
        let report = report(2.0, true);
        assert!(report.rehearsal_inside());
        assert!(report.to_string().contains("FOUND in pre-traffic"));
    }

    #[test]
    fn digits_are_grouped_when_there_are_more_than_three() {
        let expected = [(0, "0"), (999, "999"), (1_000, "1 000"), (1_234_567, "1 234 567")];
        for (number, text) in expected {
            assert_eq!(grouped(number), text);
        }
    }
}
