//! Virtual time as a reader wants it: since the start, not since 1970.

use chrono::{DateTime, TimeDelta, Utc};

/// The time zero of one release.
#[derive(Debug, Clone, Copy)]
pub(super) struct Start(pub(super) DateTime<Utc>);

impl Start {
    /// Minutes from the start to `at`, negative before it.
    pub(super) fn minutes(self, at: DateTime<Utc>) -> f64 {
        (at - self.0).as_seconds_f64() / 60.0
    }

    /// `at` as a stopwatch shows it: `2:05`, or `1:02:05` from one hour on.
    pub(super) fn stopwatch(self, at: DateTime<Utc>) -> String {
        let seconds = (at - self.0).num_seconds();
        let sign = if seconds < 0 { "-" } else { "" };
        let seconds = seconds.abs();
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        match hours {
            0 => format!("{sign}{minutes}:{seconds:02}"),
            _ => format!("{sign}{hours}:{minutes:02}:{seconds:02}"),
        }
    }
}

/// A length of time in its two largest units: `850 ms`, `19 s`, `15 min 4 s`, `2 h 30 min`.
pub(crate) fn in_words(length: TimeDelta) -> String {
    let seconds = length.num_seconds();
    let two = |large: i64, unit: &str, small: i64, rest: &str| match small {
        0 => format!("{large} {unit}"),
        _ => format!("{large} {unit} {small} {rest}"),
    };
    match seconds {
        0 => format!("{} ms", length.num_milliseconds()),
        1..60 => format!("{seconds} s"),
        60..3600 => two(seconds / 60, "min", seconds % 60, "s"),
        _ => two(seconds / 3600, "h", seconds / 60 % 60, "min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(seconds: i64) -> String {
        Start(DateTime::UNIX_EPOCH).stopwatch(DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds))
    }

    #[test]
    fn stopwatch_shows_hours_only_when_there_are_some() {
        assert_eq!(after(0), "0:00");
        assert_eq!(after(125), "2:05");
        assert_eq!(after(3725), "1:02:05");
        assert_eq!(after(-65), "-1:05");
    }

    #[test]
    fn words_use_two_units_when_the_smaller_is_not_zero() {
        assert_eq!(in_words(TimeDelta::milliseconds(850)), "850 ms");
        assert_eq!(in_words(TimeDelta::seconds(59)), "59 s");
        assert_eq!(in_words(TimeDelta::seconds(900)), "15 min");
        assert_eq!(in_words(TimeDelta::seconds(904)), "15 min 4 s");
        assert_eq!(in_words(TimeDelta::seconds(9000)), "2 h 30 min");
    }
}
