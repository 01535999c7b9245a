//! The virtual date of a rehearsal: real time, moved and sped up. Not compiled into production builds.

use crate::Clock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The environment variable that `main.rs` reads: `<virtual epoch, ms>,<real epoch, ms>,<rate>`.
pub const VARIABLE: &str = "REHEARSAL_CLOCK";

/// Virtual date = virtual epoch + (real date - real epoch) x rate.
#[derive(Clone, Debug)]
pub(crate) struct Rehearsal {
    virtual_epoch: SystemTime,
    real_epoch: SystemTime,
    rate: f64,
}

/// The variable holds something else than three numbers; the rehearsal must not start with a wrong clock.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "{VARIABLE} must be <virtual epoch ms>,<real epoch ms>,<rate above 0>, for example 1767225600000,1767225600000,60; got {0:?}"
)]
pub struct RehearsalClockError(String);

impl Clock {
    /// The same clock with the date of a rehearsal; unchanged when the variable is not set or empty.
    ///
    /// # Errors
    /// When the value is not two numbers of milliseconds and a finite rate above 0.
    pub fn rehearsed(mut self, value: Option<&str>) -> Result<Self, RehearsalClockError> {
        if let Some(text) = value.filter(|text| !text.is_empty()) {
            self.rehearsal =
                Some(Rehearsal::parse(text).ok_or_else(|| RehearsalClockError(text.to_owned()))?);
        }
        Ok(self)
    }
}

impl Rehearsal {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(',').map(str::trim);
        let mut epoch = || UNIX_EPOCH.checked_add(Duration::from_millis(parts.next()?.parse().ok()?));
        let (virtual_epoch, real_epoch) = (epoch()?, epoch()?);
        let rate: f64 = parts.next()?.parse().ok()?;
        let complete = parts.next().is_none() && rate.is_finite() && rate > 0.0;
        complete.then_some(Self { virtual_epoch, real_epoch, rate })
    }

    pub(crate) fn virtual_date(&self, real: SystemTime) -> SystemTime {
        let passed = real.duration_since(self.real_epoch).unwrap_or_default();
        let scaled = Duration::try_from_secs_f64(passed.as_secs_f64() * self.rate).unwrap_or(Duration::MAX);
        self.virtual_epoch.checked_add(scaled).unwrap_or(self.virtual_epoch)
    }

    pub(crate) fn real_duration(&self, passing: Duration) -> Duration {
        Duration::try_from_secs_f64(passing.as_secs_f64() / self.rate).unwrap_or(Duration::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(count: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(count)
    }

    fn clock(real: SystemTime, value: &str) -> Clock {
        Clock::standing_at(real).rehearsed(Some(value)).unwrap()
    }

    #[test]
    fn date_is_moved_and_sped_up_when_the_variable_is_set() {
        assert_eq!(clock(ms(2_500), "1000000,2000,60").now(), ms(1_030_000));
    }

    #[test]
    fn date_is_the_virtual_epoch_when_the_real_epoch_is_ahead() {
        assert_eq!(clock(ms(1_999), "1000000,2000,60").now(), ms(1_000_000));
    }

    #[test]
    fn waiting_is_as_short_as_the_rate_is_high() {
        let clock = clock(ms(2_500), "1000000,2000,60");
        assert_eq!(clock.real_time_until(ms(1_090_000)), Duration::from_secs(1));
    }

    #[test]
    fn deadlines_stay_real_when_the_variable_is_set() {
        assert_eq!(clock(ms(2_500), "1000000,2000,60").time_left(2_600), Duration::from_millis(100));
    }

    #[test]
    fn clock_is_unchanged_when_the_variable_is_missing_or_empty() {
        for value in [None, Some("")] {
            assert_eq!(Clock::standing_at(ms(5)).rehearsed(value).unwrap().now(), ms(5));
        }
    }

    #[test]
    fn error_when_the_value_is_not_three_numbers() {
        for value in ["1,2", "1,2,3,4", "a,2,3", "1,2,0", "1,2,-1", "1,2,inf", "1,2,NaN", "-1,2,3"] {
            assert!(Clock::standing_at(ms(5)).rehearsed(Some(value)).is_err(), "{value}");
        }
    }
}
