//! `rehearsal`: plays whole releases against the local AWS, tells what happens, and writes one HTML report.

mod alarms;
mod calls;
mod error;
mod expect;
mod gated;
mod hook_log;
mod judge_log;
mod load;
mod names;
mod narrate;
mod observed;
mod plain;
mod play;
mod progress;
mod replay;
mod report;
mod scenario;
mod stacks;
mod stage;
mod templates;
mod wire;

use std::{path::PathBuf, process::ExitCode, time::SystemTime};

use calls::Calls;
use clap::{Parser, Subcommand};
use error::RehearsalError;
use futures_util::{StreamExt as _, stream};
use play::Tempo;
use report::{Outcome, Release, Report};
use scenario::Rehearsal;
use twin::programs::Programs;

/// Plays whole releases of the real functions on this computer, without an AWS account.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// List the scenarios and end.
    #[arg(long)]
    list: bool,
    /// Play only this scenario; may be given more than once.
    #[arg(long = "scenario", value_name = "NAME")]
    scenarios: Vec<String>,
    /// Seed of the dice that route requests by weight. Requests are real and their timing is not repeated to the
    /// millisecond, so that the same seed gives the same picture and not the same counts.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Virtual minutes per real second.
    #[arg(long, default_value_t = 1.0, value_name = "MINUTES", value_parser = parse_rate)]
    rate: f64,
    /// Customer requests per real second, in the scenarios that do not say themselves how many they need.
    #[arg(long, default_value_t = 180, value_parser = clap::value_parser!(u32).range(1..=200))]
    requests_per_second: u32,
    /// Releases that are played at once, each on a local AWS of its own.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=8))]
    at_once: u8,
    /// Where the report is written.
    #[arg(long, default_value = "rehearsal-report.html")]
    report: PathBuf,
    /// Also write which AWS operations each function was seen to call, as JSON.
    #[arg(long, value_name = "FILE")]
    calls: Option<PathBuf>,
    /// Folder of programs that are built already; without it the workspace is built first.
    #[arg(long, value_name = "FOLDER")]
    programs: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Judge(replay::Arguments),
}

/// What shells report for a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;
/// Faster than this, a request of some milliseconds lasts virtual minutes and the charts mean nothing.
const FASTEST_MINUTES_PER_SECOND: f64 = 10.0;

fn parse_rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.parse().map_err(|_| format!("{text:?} is no number"))?;
    if !(0.1..=FASTEST_MINUTES_PER_SECOND).contains(&rate) {
        return Err(format!("choose 0.1 to {FASTEST_MINUTES_PER_SECOND} virtual minutes per second"));
    }
    Ok(rate)
}

#[tokio::main]
#[expect(clippy::print_stderr, reason = "the terminal is this program's user interface")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(Command::Judge(arguments)) = &arguments.command {
        return judge(arguments);
    }
    let stopped = async {
        match twin::stop_signals() {
            Ok(signal) => signal.await,
            // Without handlers a signal ends the program by itself.
            Err(_) => std::future::pending().await,
        }
    };
    let played = tokio::select! {
        played = run(&arguments) => played,
        // The twin is dropped with the run, and takes its processes and folders with it.
        () = stopped => return ExitCode::from(INTERRUPTED),
    };
    match played {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("rehearsal: {error}");
            ExitCode::from(2)
        }
    }
}

/// Judges recorded counts; nothing is played.
#[expect(clippy::print_stderr, reason = "the terminal is this program's user interface")]
fn judge(arguments: &replay::Arguments) -> ExitCode {
    let mut output = std::io::BufWriter::new(std::io::stdout().lock());
    match replay::run(arguments, std::io::stdin().lock(), &mut output) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) if replay::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rehearsal judge: {error}");
            ExitCode::from(2)
        }
    }
}

/// True when every release went as expected.
#[expect(clippy::print_stdout, reason = "the terminal is this program's user interface")]
async fn run(arguments: &Arguments) -> Result<bool, RehearsalError> {
    if arguments.list {
        for scenario in scenario::all() {
            let (name, _, expectation) = scenario.words();
            println!("{name:<23} {expectation}");
        }
        return Ok(true);
    }
    let chosen = choose(&arguments.scenarios)?;
    let programs = match &arguments.programs {
        Some(folder) => Programs::in_folder(folder.clone())?,
        None => Programs::build()?,
    };
    let tempo = Tempo {
        rate: arguments.rate * 60.0,
        requests_per_second: arguments.requests_per_second,
        seed: arguments.seed,
    };
    let (releases, calls, problem) = play_all(&chosen, &programs, tempo, arguments.at_once.into()).await;
    releases.iter().for_each(progress::print_timeline);
    let all_well = releases.iter().all(|release| release.outcome == Outcome::AsExpected);
    // What was played is kept, also when a later release could not be played.
    write_report(arguments, releases)?;
    if let Some(path) = &arguments.calls {
        calls.write(path)?;
    }
    problem.map_or(Ok(all_well), Err)
}

/// Plays the releases, some at once, the next when one is done; answers those that were played, in the order of the choice,
/// what the functions called, and what kept a release from being played.
async fn play_all(
    chosen: &[Rehearsal],
    programs: &Programs,
    tempo: Tempo,
    at_once: usize,
) -> (Vec<Release>, Calls, Option<RehearsalError>) {
    let mut playing = stream::iter(chosen.iter().enumerate())
        .map(|(place, scenario)| async move { (place, play_one(scenario, programs, tempo).await) })
        .buffer_unordered(at_once);
    let (mut releases, mut calls, mut problem) = (Vec::new(), Calls::default(), None);
    while let Some((place, played)) = playing.next().await {
        match played {
            Ok((release, of_it)) => {
                releases.push((place, release));
                calls.add(of_it);
            }
            Err(error) => {
                problem = Some(error);
                break;
            }
        }
    }
    releases.sort_by_key(|(place, _)| *place);
    (releases.into_iter().map(|(_, release)| release).collect(), calls, problem)
}

#[expect(clippy::print_stdout, reason = "the terminal is this program's user interface")]
async fn play_one(
    scenario: &Rehearsal,
    programs: &Programs,
    tempo: Tempo,
) -> Result<(Release, Calls), RehearsalError> {
    let (name, title, expectation) = scenario.words();
    println!("{name}: {title}. {expectation}");
    let (release, calls, real_seconds) = match scenario {
        Rehearsal::Plain(scenario) => {
            let (observed, calls) = play::play(scenario, programs, tempo).await?;
            (narrate::release(scenario, &observed), calls, observed.real_seconds)
        }
        Rehearsal::Gated(scenario) => {
            let (observed, calls) = gated::play(scenario, programs, tempo).await?;
            (narrate::gated_release(scenario, &observed), calls, observed.real_seconds)
        }
    };
    println!("{name} => {} (played in {real_seconds:.0} s)", verdict(&release));
    Ok((release, calls))
}

fn choose(names: &[String]) -> Result<Vec<Rehearsal>, RehearsalError> {
    if names.is_empty() {
        return Ok(scenario::all().collect());
    }
    let known = || scenario::all().map(|s| s.name()).collect::<Vec<_>>().join(", ");
    let unknown = |name: &String| RehearsalError::UnknownScenario { name: name.clone(), known: known() };
    names.iter().map(|name| scenario::find(name).ok_or_else(|| unknown(name))).collect()
}

fn verdict(release: &Release) -> String {
    match &release.outcome {
        Outcome::AsExpected => format!("as expected. {}", release.conclusion),
        Outcome::Deviated(reasons) => {
            format!("NOT as expected: {}. {}", reasons.join("; "), release.conclusion)
        }
    }
}

#[expect(clippy::print_stdout, reason = "the terminal is this program's user interface")]
#[expect(clippy::disallowed_methods, reason = "main.rs is where the wall clock may be read")]
fn write_report(arguments: &Arguments, releases: Vec<Release>) -> Result<(), RehearsalError> {
    let report = Report {
        title: "Rehearsal of a release".to_owned(),
        seed: arguments.seed,
        rate_minutes_per_second: arguments.rate,
        written_at: SystemTime::now().into(),
        releases,
    };
    let path = &arguments.report;
    let written = std::fs::write(path, report::render(&report)?);
    written.map_err(|source| RehearsalError::Write { path: path.clone(), source })?;
    println!();
    report.releases.iter().for_each(|release| println!("{}: {}", release.name, verdict(release)));
    let as_expected = report.releases.iter().filter(|r| r.outcome == Outcome::AsExpected).count();
    let shown = path.canonicalize().unwrap_or_else(|_| path.clone());
    println!(
        "\n{as_expected} of {} releases went as expected. Report: file://{}",
        report.releases.len(),
        shown.display()
    );
    Ok(())
}
