//! The alarms that guard a rollout: which of them fire, and since when. One reading for the hook at 100 %, the shifts and the
//! rollback, so that they blame the same alarms.

mod read;

use chrono::{DateTime, Utc};

pub use read::{ReadAlarmsError, read};

/// `DescribeAlarms` takes at most this many names (CloudWatch API reference)...
const MOST_ALARMS: usize = 100;
/// ... and a name is at most this long.
const LONGEST_NAME: usize = 255;

/// An alarm as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// Its name.
    pub name: String,
    /// Whether it is in ALARM.
    pub firing: bool,
    /// Since when it is in its state, as far as CloudWatch says.
    pub since: Option<DateTime<Utc>>,
    /// Why.
    pub reason: String,
}

impl Alarm {
    /// Whether it fires because of a version that serves customers since `served_since`: what fired before that is not its
    /// fault. An alarm of unknown age is blamed on it, because a guard fails closed.
    #[must_use]
    pub fn accuses(&self, served_since: DateTime<Utc>) -> bool {
        self.firing && self.since.is_none_or(|since| since >= served_since)
    }
}

/// Write the names as the message says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be at most {MOST_ALARMS} names of 1 to {LONGEST_NAME} characters, separated by commas; got {0:?}"
)]
pub struct NamesError(String);

/// Reads a list of alarm names separated by commas, each once; empty is none.
/// An empty name is a mistake and not nothing: the alarm that was meant would not be watched.
///
/// # Errors
/// When a name is empty or too long, or there are too many.
pub fn names(text: &str) -> Result<Vec<String>, NamesError> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let mut names: Vec<String> = Vec::new();
    for name in text.split(',').map(str::trim) {
        if !(1..=LONGEST_NAME).contains(&name.chars().count()) {
            return Err(NamesError(text.to_owned()));
        }
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    if names.len() > MOST_ALARMS { Err(NamesError(text.to_owned())) } else { Ok(names) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn alarm_accuses_when_it_fires_since_the_version_serves() {
        let served = DateTime::from_timestamp(1_000, 0).unwrap();
        let alarm = |firing, since| Alarm { name: "a".to_owned(), firing, since, reason: String::new() };
        for (firing, since, accuses) in [
            (true, Some(served), true),
            (true, Some(served - TimeDelta::milliseconds(1)), false),
            (true, None, true),
            (false, Some(served), false),
        ] {
            assert_eq!(alarm(firing, since).accuses(served), accuses, "{since:?}");
        }
    }

    #[test]
    fn names_are_read_when_they_are_separated_by_commas() {
        assert_eq!(names("a, b,a").unwrap(), ["a", "b"]);
        assert_eq!(names(" ").unwrap(), Vec::<String>::new());
        for text in [
            "a,,b".to_owned(),
            "x".repeat(256),
            (0..=100).map(|n| n.to_string()).collect::<Vec<_>>().join(","),
        ] {
            assert!(names(&text).is_err(), "{text}");
        }
    }
}
