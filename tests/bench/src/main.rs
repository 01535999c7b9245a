//! `bench`: cold start, memory and package size of the release binaries, beside those of an empty function.

mod endpoint;
mod error;
mod measure;
mod process;
mod programs;
mod report;
mod runtime_api;
mod statistics;
mod table;
mod usage;
mod variants;

use clap::Parser;
use clock::Clock;
use endpoint::Endpoint;
use error::BenchError;
use programs::Programs;
use report::Report;
use std::process::ExitCode;
use variants::HOOK;

/// Measures the release binaries: cold start, memory, package size. Needs no AWS account; memory and processor time
/// are read on Linux only.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Cold starts per row.
    #[arg(long, default_value_t = 20, value_parser = at_least_one)]
    spawns: usize,
    /// Warm invocations.
    #[arg(long, default_value_t = 500, value_parser = at_least_one)]
    invocations: usize,
    /// Print one JSON object instead of tables.
    #[arg(long)]
    json: bool,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| format!("{text:?} is no number above 0"))
}

/// Exit code 1: a production binary contains rehearsal code; 2: nothing was measured.
#[tokio::main]
#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the terminal is this program's user interface"
)]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments).await.and_then(|report| Ok((shown(&report, arguments.json)?, report))) {
        Ok((text, report)) => {
            println!("{text}");
            if report.rehearsal_inside() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
        }
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::from(2)
        }
    }
}

fn shown(report: &Report, as_json: bool) -> Result<String, BenchError> {
    if as_json { Ok(serde_json::to_string_pretty(report)?) } else { Ok(report.to_string()) }
}

#[expect(clippy::disallowed_methods, reason = "main.rs is where the clock may be read")]
async fn run(arguments: &Arguments) -> Result<Report, BenchError> {
    let start = std::time::Instant::now();
    let clock = Clock::new(std::time::SystemTime::now, move || start.elapsed());
    let programs = Programs::build()?;
    let packages = programs.all().map(programs::package).into_iter().collect::<Result<_, _>>()?;
    let aws = Endpoint::start().await?;
    let (variants, _certificates) = variants::variants(&programs, &aws)?;
    let load = usage::load_average();
    let cold_starts = measure::cold_starts(&variants, arguments.spawns, &clock).await?;
    let mut warm = Vec::new();
    for variant in variants.iter().filter(|variant| variant.name == HOOK) {
        warm.push(measure::warm(variant, arguments.invocations, &clock).await?);
    }
    Ok(Report { spawns: arguments.spawns, load, cold_starts, warm, packages })
}
