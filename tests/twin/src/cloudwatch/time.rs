//! Times on the wire are epoch seconds; metrics live in whole minutes.

use chrono::{DateTime, TimeDelta, Utc};

/// Seconds in the finest resolution that is kept.
pub(super) const MINUTE: i64 = 60;

/// The start of the minute that `at` lies in, in epoch seconds.
pub(super) fn minute_of(at: DateTime<Utc>) -> i64 {
    floor_to(at.timestamp(), MINUTE)
}

/// `second` rounded down to a multiple of `step` seconds.
pub(super) fn floor_to(second: i64, step: i64) -> i64 {
    second - second.rem_euclid(step.max(1))
}

/// A time on the wire: epoch seconds with milliseconds as fraction.
#[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 stay far below 2^53")]
pub(super) fn to_epoch(at: DateTime<Utc>) -> f64 {
    at.timestamp_millis() as f64 / 1000.0
}

/// Whole epoch seconds as they go on the wire.
#[expect(clippy::cast_precision_loss, reason = "seconds since 1970 stay far below 2^53")]
pub(super) fn second_to_epoch(second: i64) -> f64 {
    second as f64
}

/// Reads epoch seconds, rounded to milliseconds; `None` when they are no date.
pub(super) fn from_epoch(seconds: f64) -> Option<DateTime<Utc>> {
    // Year 9999: beyond it AWS's own formats end.
    if !(0.0..=253_402_300_799.0).contains(&seconds) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked above")]
    DateTime::from_timestamp_millis((seconds * 1000.0).round() as i64)
}

/// The instant of an epoch second; the epoch itself for what no calendar holds.
pub(super) fn at_second(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(second, 0).unwrap_or_default()
}

/// Reads a time written as text: ISO 8601 with or without a zone (UTC), or epoch seconds.
pub(super) fn from_text(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(seconds) = text.parse::<f64>() {
        return from_epoch(seconds);
    }
    let zoned = DateTime::parse_from_rfc3339(text).map(|at| at.to_utc());
    zoned.ok().or_else(|| text.parse::<chrono::NaiveDateTime>().ok().map(|at| at.and_utc()))
}

/// `2026-11-23T10:00:00.000+0000`, the form inside `StateReasonData`.
pub(super) fn reason_data_format(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string()
}

/// How far back and ahead of now `PutMetricData` accepts a time stamp.
pub(super) fn accepted_stamps(now: DateTime<Utc>) -> std::ops::RangeInclusive<DateTime<Utc>> {
    now - TimeDelta::days(14)..=now + TimeDelta::hours(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_read_when_written_in_any_accepted_form() {
        let expected = DateTime::from_timestamp(1_795_428_000, 0);
        assert_eq!(from_epoch(1_795_428_000.0), expected);
        for text in ["2026-11-23T10:00:00Z", "2026-11-23T11:00:00+01:00", "2026-11-23T10:00:00", "1795428000"]
        {
            assert_eq!(from_text(text), expected, "{text}");
        }
    }

    #[test]
    fn time_is_refused_when_it_is_no_date() {
        assert_eq!(from_text("yesterday"), None);
        assert_eq!(from_epoch(f64::NAN), None);
        assert_eq!(from_epoch(-1.0), None);
        assert_eq!(from_epoch(1e18), None);
    }
}
