//! `comparison`: our judge beside the rules that people use today, on one simulated data set; what bursts of errors do
//! to its guarantee; and how fast it is.

mod aims;
mod bursts;
mod error;
mod outcome;
mod parallel;
mod plan;
mod report;
mod rules;
mod simulate;
mod statistics;
mod table;
mod throughput;

use clap::Parser;
use error::ComparisonError;
use report::Report;
use std::process::ExitCode;
use throughput::Work;

/// Compares rollback rules on simulated releases. Needs nothing but processor time.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Releases per cell.
    #[arg(long, default_value_t = 2_000, value_parser = at_least_one)]
    releases: usize,
    /// Other dice; the same seed gives the same numbers.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// What the judge may spend on false breaches in these 30 minutes, above 0 and below 1.
    #[arg(long, default_value_t = 0.01)]
    alpha: f64,
    /// Print one JSON object instead of tables.
    #[arg(long)]
    json: bool,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| format!("{text:?} is no number above 0"))
}

/// Exit code 2: nothing was compared. A missed aim is no failure.
#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the terminal is this program's user interface"
)]
fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments).and_then(|report| shown(&report, arguments.json)) {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("comparison: {error}");
            ExitCode::from(2)
        }
    }
}

fn shown(report: &Report, as_json: bool) -> Result<String, ComparisonError> {
    if as_json { Ok(serde_json::to_string_pretty(report)?) } else { Ok(report.to_string()) }
}

/// The throughput comes first and alone: the other parts use all cores.
#[expect(clippy::disallowed_methods, reason = "main.rs is where the clock may be read")]
fn run(arguments: &Arguments) -> Result<Report, ComparisonError> {
    let Arguments { releases, seed, alpha, .. } = *arguments;
    let candidates = rules::candidates(alpha)?;
    let start = std::time::Instant::now();
    let throughput = Work::new(alpha, seed)?.measure(|| start.elapsed())?;
    let cells = outcome::compare(&candidates, releases, seed, parallel::cores())?;
    let bursts = bursts::measure(alpha, releases, seed, parallel::cores())?;
    let rules = candidates.into_iter().map(|candidate| candidate.description).collect();
    Ok(Report::new((seed, releases, alpha), rules, cells, bursts, throughput))
}
