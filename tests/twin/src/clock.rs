//! Virtual time: bakes, schedules and alarms run `rate` times faster than the wall clock.
//!
//! Durations, time-outs and hook deadlines stay real (a 40 ms request takes 40 ms); only their time stamps are
//! virtual. This module is the one place of the twin that reads a real clock.

use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

/// The environment variable that hands the virtual clock to binaries built for rehearsals.
pub const CLOCK_VARIABLE: &str = "REHEARSAL_CLOCK";

/// Faster makes no sense: alarms and retries would come quicker than the computer can answer.
pub const HIGHEST_RATE: f64 = 100_000.0;

/// A clock that starts at the wall clock's time and runs `rate` times as fast.
#[derive(Debug, Clone, Copy)]
pub struct VirtualClock {
    started_wall: DateTime<Utc>,
    started: Instant,
    rate: f64,
}

impl VirtualClock {
    /// Starts a clock now. `rate` is virtual seconds per real second: 60 plays one
    /// minute per second. Values below 1 or not finite are taken as 1, values above [`HIGHEST_RATE`] as that.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the twin's one reading of the wall clock")]
    pub fn start(rate: f64) -> Self {
        let rate = if rate.is_finite() && rate >= 1.0 { rate.min(HIGHEST_RATE) } else { 1.0 };
        Self { started_wall: DateTime::from(SystemTime::now()), started: Instant::now(), rate }
    }

    /// Virtual seconds per real second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// Virtual now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the twin's one reading of the monotonic clock")]
    pub fn now(&self) -> DateTime<Utc> {
        self.at(Instant::now())
    }

    /// Virtual time of a stamp that may be real: programs without the virtual clock stamp what they print with the wall
    /// clock. A stamp that is not after the wall clock's now is taken for real, because virtual time runs ahead.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the stamp is compared with the wall clock")]
    pub fn virtual_time(&self, stamp: DateTime<Utc>) -> DateTime<Utc> {
        if stamp > DateTime::<Utc>::from(SystemTime::now()) {
            return stamp;
        }
        let real = (stamp - self.started_wall).to_std().unwrap_or_default();
        self.started_wall + TimeDelta::from_std(real.mul_f64(self.rate)).unwrap_or(TimeDelta::MAX)
    }

    /// A real stopwatch, for durations in real milliseconds.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "durations are real, see the module's text")]
    pub fn stopwatch(&self) -> Stopwatch {
        Stopwatch(Instant::now())
    }

    /// The wall clock's time `after` from now, in epoch milliseconds: what Lambda's deadline header carries.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "deadlines are real, see the module's text")]
    pub fn real_deadline_ms(&self, after: Duration) -> i64 {
        (DateTime::<Utc>::from(SystemTime::now() + after)).timestamp_millis()
    }

    /// Waits until virtual time `at`; returns at once when it has passed.
    pub async fn sleep_until(&self, at: DateTime<Utc>) {
        let ahead = (at - self.now()).to_std().unwrap_or_default();
        tokio::time::sleep(ahead.div_f64(self.rate)).await;
    }

    /// Waits for a span of virtual time.
    pub async fn sleep(&self, span: TimeDelta) {
        self.sleep_until(self.now() + span).await;
    }

    /// The start of the next full virtual minute.
    #[must_use]
    pub fn next_minute(&self) -> DateTime<Utc> {
        let minute = TimeDelta::minutes(1);
        let now = self.now();
        now.duration_trunc(minute).unwrap_or(now) + minute
    }

    /// The value of [`CLOCK_VARIABLE`]: virtual epoch, real epoch (both in milliseconds) and rate.
    #[must_use]
    pub fn variable(&self) -> String {
        let started_ms = self.started_wall.timestamp_millis();
        format!("{started_ms},{started_ms},{}", self.rate)
    }

    fn at(&self, instant: Instant) -> DateTime<Utc> {
        let real = instant.saturating_duration_since(self.started);
        self.started_wall + TimeDelta::from_std(real.mul_f64(self.rate)).unwrap_or(TimeDelta::MAX)
    }
}

/// Measures real time.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Real milliseconds since the stopwatch was made.
    #[must_use]
    pub fn elapsed_ms(&self) -> f64 {
        self.0.elapsed().as_secs_f64() * 1000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_seconds_pass_per_second_when_rate_is_sixty() {
        let clock = VirtualClock::start(60.0);
        let later = clock.at(clock.started + Duration::from_millis(500));
        assert_eq!(later - clock.started_wall, TimeDelta::seconds(30));
    }

    #[test]
    fn clock_tells_the_time_when_its_rate_is_absurd() {
        let clock = VirtualClock::start(1e300);
        assert!((clock.rate() - HIGHEST_RATE).abs() < f64::EPSILON);
        assert!(clock.now() >= clock.started_wall);
    }

    #[test]
    fn real_stamp_becomes_virtual_when_the_clock_runs_ahead() {
        let mut clock = VirtualClock::start(60.0);
        // Ten real seconds ago.
        clock.started_wall -= TimeDelta::seconds(10);
        let (printed, ahead) = (clock.started_wall + TimeDelta::seconds(5), TimeDelta::minutes(9));
        assert_eq!(clock.virtual_time(printed), clock.started_wall + TimeDelta::minutes(5));
        assert_eq!(
            clock.virtual_time(clock.started_wall + ahead),
            clock.started_wall + ahead,
            "virtual already"
        );
    }

    #[test]
    fn rate_is_one_when_it_makes_no_sense() {
        for rate in [0.0, -3.0, f64::NAN, f64::INFINITY] {
            assert!((VirtualClock::start(rate).rate() - 1.0).abs() < f64::EPSILON);
        }
    }
}
