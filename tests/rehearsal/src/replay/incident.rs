//! A past incident out of CloudWatch's own answer: would it have been caught, and when?

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use judge::{Judge, Phase};
use readings::{CRITERIA, Config, Readings, Side, Subject, Table, Window, queries};
use serde::Serialize;

use super::{Arguments, ReplayError, releases::Shown};

/// The verdict on an incident.
#[derive(Serialize)]
struct Incident {
    id: String,
    #[serde(flatten)]
    verdict: Shown,
    /// Start of the first minute judged.
    from: String,
    /// Start of the minute of the first breach.
    breach_at: Option<String>,
    /// When the judge would have said so: that minute settled.
    judged_at: Option<String>,
}

/// Prints the queries that this command can read again.
pub(super) fn print_queries(
    arguments: &Arguments,
    alias: &str,
    output: &mut impl Write,
) -> Result<(), ReplayError> {
    let refused = || ReplayError::Alias(alias.to_owned());
    let (function, alias) = alias.split_once(':').ok_or_else(refused)?;
    let subject = Subject {
        function: function.to_owned(),
        alias: alias.to_owned(),
        canary: arguments.canary.clone().unwrap_or_default(),
        stable: arguments.stable.clone(),
        whole: false,
    };
    let queries = queries(&config(arguments)?.measures, &subject);
    serde_json::to_writer_pretty(&mut *output, &queries).map_err(std::io::Error::from)?;
    Ok(writeln!(output)?)
}

/// Judges the file from the first minute with requests of the new version to the last.
pub(super) fn judge(arguments: &Arguments, file: &Path, output: &mut impl Write) -> Result<(), ReplayError> {
    let path = || file.to_path_buf();
    let table = Table::from_json(&read(file)?)
        .map_err(|error| ReplayError::Answer { path: path(), problem: error.to_string() })?;
    let mut config = config(arguments)?;
    // What was not asked for is not unreadable.
    config.measures.retain(|measure| table.has_canary(&measure.criterion.name));
    let traffic = Readings::new(&config, &table).traffic(Side::Canary);
    let (Some(first), Some(last)) = (traffic.first(), traffic.last()) else {
        return Err(ReplayError::NoTraffic { path: path() });
    };
    let settle = TimeDelta::minutes(config.settle_minutes.into());
    let window = Window::settled(*first, *last + TimeDelta::minutes(1) + settle, config.settle_minutes);
    let phase = if table.has_stable() { Phase::Split } else { Phase::Whole };
    let inputs = Readings::new(&config, &table).inputs(phase, &window);
    let mut judge = Judge::new(inputs.settings())?;
    for minute in inputs.minutes() {
        judge.minute(&minute)?;
        if judge.first_breach().is_some() {
            break;
        }
    }
    let incident = incident(file, &judge, *first, settle);
    serde_json::to_writer(&mut *output, &incident).map_err(std::io::Error::from)?;
    Ok(writeln!(output)?)
}

fn incident(file: &Path, judge: &Judge, from: DateTime<Utc>, settle: TimeDelta) -> Incident {
    let breach = judge.first_breach();
    let minutes = breach.and_then(|breach| i64::try_from(breach.minute).ok());
    let breach_at = minutes.map(|minutes| from + TimeDelta::minutes(minutes - 1));
    let text = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    Incident {
        id: file.display().to_string(),
        verdict: Shown::new(judge.report(), breach),
        from: text(from),
        breach_at: breach_at.map(text),
        judged_at: breach_at.map(|at| text(at + TimeDelta::minutes(1) + settle)),
    }
}

fn config(arguments: &Arguments) -> Result<Config, ReplayError> {
    let criteria = arguments.criteria.as_ref().map(|file| read(file)).transpose()?;
    let lookup = |name: &str| match name {
        CRITERIA => criteria.clone(),
        readings::ALPHA => Some(arguments.alpha.to_string()),
        readings::MIN_REQUESTS => Some(arguments.min_requests.to_string()),
        _ => None,
    };
    Ok(Config::from_lookup(lookup)?)
}

fn read(file: &Path) -> Result<String, ReplayError> {
    std::fs::read_to_string(file).map_err(|source| ReplayError::File { path: PathBuf::from(file), source })
}
