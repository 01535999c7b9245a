//! `rehearsal judge`: the judge on recorded counts, without a release and without AWS.
//!
//! Two kinds of input: releases as lines of JSON ([`releases`]), and CloudWatch's answer about a past incident
//! ([`incident`]).

mod incident;
mod releases;

use std::{
    io::{BufRead, Write},
    path::PathBuf,
};

use clap::Args;
use judge::{Criterion, Phase, Settings, SettingsError};

/// Judges recorded counts: one release per line of standard input, one verdict per line of standard output.
///
/// In: {"id": …, "canary": [{"total": 60, "bad": 1}, …], "stable": […]}, one entry per minute, both lists equally long.
/// Out: {"id", "verdict", "minute", "criterion", "test", "evidence_log10", "canary_rate", "stable_rate", "reason"};
/// "minute" is the first breach, counted from 1. A malformed line gives {"id", "error"} and exit code 1 at the end.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Largest allowed share of bad requests.
    #[arg(long, default_value_t = 0.01)]
    limit: f64,
    /// The canary's bad share may be this many times the stable version's.
    #[arg(long, default_value_t = 2.0)]
    ratio: f64,
    /// Chance of calling a version bad that keeps within its limits. Of a recorded release each of the two tests has half;
    /// with --cloudwatch it is the whole release's, as in the functions, and the split may spend half of it.
    #[arg(long, default_value_t = 0.01)]
    alpha: f64,
    /// Requests of the canary that "healthy" needs; a breach never waits for them.
    #[arg(long, default_value_t = 50)]
    min_requests: u64,
    /// Judge a past incident instead: the JSON that `aws cloudwatch get-metric-data` printed for the queries of
    /// --print-queries.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["limit", "ratio"])]
    cloudwatch: Option<PathBuf>,
    /// The criteria of --cloudwatch and --print-queries, as the functions' setting CRITERIA; else errors and slow
    /// requests of AWS/Lambda.
    #[arg(long, value_name = "FILE")]
    criteria: Option<PathBuf>,
    /// Print the queries for `aws cloudwatch get-metric-data --metric-data-queries`, and end.
    #[arg(long, value_name = "FUNCTION:ALIAS", requires = "canary", conflicts_with = "cloudwatch")]
    print_queries: Option<String>,
    /// The new version's number, for --print-queries.
    #[arg(long, value_name = "VERSION", requires = "print_queries")]
    canary: Option<String>,
    /// The number of the version before, for --print-queries.
    #[arg(long, value_name = "VERSION", requires = "print_queries")]
    stable: Option<String>,
}

/// Why nothing can be judged.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReplayError {
    #[error("{0}")]
    Settings(#[from] SettingsError),
    #[error("{0}")]
    Criteria(#[from] readings::ConfigError),
    #[error("{path} cannot be read: {source}")]
    File { path: PathBuf, source: std::io::Error },
    #[error("{path} is not the output of get-metric-data: {problem}")]
    Answer { path: PathBuf, problem: String },
    #[error(
        "{path} has no requests of the new version: ask CloudWatch with the queries of --print-queries, whose ids begin \
         with canary_ and stable_; it keeps minutes for 15 days"
    )]
    NoTraffic { path: PathBuf },
    #[error(
        "--criteria belongs to --cloudwatch or --print-queries; recorded releases are judged by --limit and --ratio"
    )]
    CriteriaAlone,
    #[error("--print-queries needs a function and its alias, for example manuel-backend:live; got {0:?}")]
    Alias(String),
    #[error("the input or the output broke off: {0}")]
    Broken(#[from] std::io::Error),
}

/// True when every line could be judged.
pub(crate) fn run(
    arguments: &Arguments,
    input: impl BufRead,
    output: &mut impl Write,
) -> Result<bool, ReplayError> {
    if let Some(alias) = &arguments.print_queries {
        return incident::print_queries(arguments, alias, output).map(|()| true);
    }
    if let Some(file) = &arguments.cloudwatch {
        return incident::judge(arguments, file, output).map(|()| true);
    }
    if arguments.criteria.is_some() {
        return Err(ReplayError::CriteriaAlone);
    }
    let criterion = Criterion { ratio: arguments.ratio, ..Criterion::new("errors", arguments.limit) };
    let Arguments { alpha, min_requests, .. } = *arguments;
    let settings = Settings { alpha, min_requests, phase: Phase::Split, criteria: vec![criterion] };
    // Once here, so that a wrong option is no error of every line.
    settings.check()?;
    releases::judge_all(&settings, input, output)
}

/// Standard input closed by the reader is how `| head` ends a program, and no failure.
pub(crate) fn is_closed_pipe(error: &ReplayError) -> bool {
    matches!(error, ReplayError::Broken(error) if error.kind() == std::io::ErrorKind::BrokenPipe)
}
