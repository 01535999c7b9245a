//! What people and machines are told about a rollback: texts and the event's detail. Pure.

use crate::commands;
use crate::numbers::Number;
use chrono::{DateTime, SecondsFormat, Utc};
use release::{Group, Place};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// An e-mail's subject is shorter than 100 characters (SNS guide).
const LONGEST_SUBJECT: usize = 99;
/// The reason comes from others; so much of it is told. SNS and EventBridge take 256 KB in all.
const LONGEST_REASON: usize = 5_000;

/// Everything that is told about a rollback.
#[derive(Clone, Debug, PartialEq)]
pub struct Story {
    /// Which alias.
    pub place: Place,
    /// Its deployment group.
    pub group: Group,
    /// Its pipeline.
    pub pipeline: Option<String>,
    /// The rollout's execution.
    pub execution: String,
    /// The versions that were left and returned to; `None` when the rollout never had traffic.
    pub versions: Option<(String, String)>,
    /// In a few words.
    pub why: String,
    /// All that is known.
    pub reason: String,
    /// Since when customers may have met the new version.
    pub served_since: Option<DateTime<Utc>>,
    /// When the rollback was begun.
    pub begun_at: DateTime<Utc>,
    /// Since when customers are safe.
    pub safe_at: DateTime<Utc>,
    /// Who gets the requests now.
    pub alias: String,
    /// What both versions did, or why that is not known.
    pub numbers: Result<Vec<Number>, String>,
    /// What somebody has to do.
    pub left: Vec<String>,
}

impl Story {
    /// How long customers may have met the new version, in seconds.
    #[must_use]
    pub fn exposed_seconds(&self) -> Option<i64> {
        Some((self.safe_at - self.served_since?).num_seconds().max(0))
    }

    /// The detail of the event `delivery.rollback`; `None` for a rollout that never had traffic.
    #[must_use]
    pub fn detail(&self) -> Option<Value> {
        let (from, to) = self.versions.as_ref()?;
        let numbers = self.numbers.as_deref().unwrap_or_default();
        Some(json!({
            "id": format!("{}/{from}/{to}", self.execution),
            "execution": self.execution,
            "pipeline": self.pipeline,
            "function": self.place.function,
            "alias": self.place.alias,
            "fromVersion": from,
            "toVersion": to,
            "why": self.why,
            "reason": cut(&self.reason, LONGEST_REASON),
            "servedSince": self.served_since.map(date),
            "begunAt": date(self.begun_at),
            "safeAt": date(self.safe_at),
            "exposedSeconds": self.exposed_seconds(),
            "numbers": numbers,
        }))
    }

    /// The notice's subject: ASCII, one line, below 100 characters.
    #[must_use]
    pub fn subject(&self) -> String {
        let subject = match &self.versions {
            Some((from, to)) => format!("Rolled back {} {from} -> {to}", self.place),
            None => format!("Release cancelled: {}", self.place),
        };
        subject.chars().filter(|c| c.is_ascii() && !c.is_ascii_control()).take(LONGEST_SUBJECT).collect()
    }

    /// The notice.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut line = |line: &str| {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{line}");
        };
        line(&match &self.versions {
            Some((from, to)) => {
                format!("{} was rolled back from version {from} to version {to}.", self.place)
            }
            None => format!("A release of {} was cancelled before its version got any traffic.", self.place),
        });
        line("");
        line(&format!("Why: {}", self.why));
        if self.reason != self.why {
            line(&format!("Reason: {}", cut(&self.reason, LONGEST_REASON)));
        }
        line(&self.exposure());
        line(&format!("Now: {}.", self.alias));
        if self.versions.is_some() {
            self.lines_of_numbers().iter().for_each(|number| line(number));
        }
        if !self.left.is_empty() {
            line("");
            line("Left to do:");
            self.left.iter().for_each(|left| line(&format!("- {left}")));
        }
        line("");
        line("To look:");
        let commands = commands::look(&self.place, &self.group, self.pipeline.as_deref());
        commands.iter().for_each(|command| line(&format!("  {command}")));
        line("");
        line(&format!("Pipeline execution: {}", self.execution));
        text
    }

    fn exposure(&self) -> String {
        let Some((from, _)) = &self.versions else { return "No customer met the new version.".to_owned() };
        match (self.served_since, self.exposed_seconds()) {
            (Some(since), Some(seconds)) => {
                let (since, safe) = (date(since), date(self.safe_at));
                format!("Customers could meet version {from} for {}: from {since} to {safe}.", span(seconds))
            }
            _ => format!("Customers could meet version {from} until {}.", date(self.safe_at)),
        }
    }

    fn lines_of_numbers(&self) -> Vec<String> {
        let numbers = match &self.numbers {
            Ok(numbers) => numbers,
            Err(problem) => return vec![format!("Numbers could not be read: {problem}")],
        };
        let (from, to) = self.versions.as_ref().map_or(("", ""), |(from, to)| (from, to));
        let told = |number: &Number| {
            let candidate = share(number.candidate_bad, number.candidate_total);
            let stable = share(number.stable_bad, number.stable_total);
            format!("- {}: version {from} {candidate}, version {to} {stable}", number.criterion)
        };
        let heading = "Bad requests since version {from} got traffic, as counted until now:";
        let heading = heading.replace("{from}", from);
        std::iter::once(heading).chain(numbers.iter().map(told)).collect()
    }
}

fn date(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

fn span(seconds: i64) -> String {
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} s"),
        (0, _) => format!("{minutes} min {seconds} s"),
        _ => format!("{hours} h {minutes} min"),
    }
}

/// `3 of 30 (10.0 %)`.
fn share(bad: u64, total: u64) -> String {
    if total == 0 {
        return "no requests".to_owned();
    }
    // In hundredths of a percent, rounded, in whole numbers: no digits are lost.
    let basis_points = (u128::from(bad) * 20_000 / u128::from(total)).div_ceil(2);
    format!("{bad} of {total} ({}.{:02} %)", basis_points / 100, basis_points % 100)
}

#[cfg(test)]
mod tests;
