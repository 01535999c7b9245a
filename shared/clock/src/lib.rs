//! The one type through which a handler reads time.
//!
//! `main.rs` builds the [`Clock`] and nothing else may read a clock (clippy.toml bans it), so that a test sets the
//! time and a rehearsal makes a fifteen-minute bake pass in seconds. There are two kinds of time, and mixing them up
//! is the mistake this type prevents:
//!
//! - **dates** ([`Clock::now`], [`Clock::now_ms`], [`Clock::sleep_until`]): time stamps, schedules, bakes. A rehearsal
//!   speeds them up.
//! - **durations and deadlines** ([`Clock::uptime`], [`Clock::time_left`]): how long a request took, when Lambda ends
//!   the invocation. Always real, because the work that they measure is real.

#[cfg(feature = "rehearsal")]
mod rehearsal;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[cfg(feature = "rehearsal")]
pub use rehearsal::{RehearsalClockError, VARIABLE};

/// Reads time from the two sources it was built with; cloning it is cheap and shares them.
#[derive(Clone)]
pub struct Clock {
    wall: Arc<dyn Fn() -> SystemTime + Send + Sync>,
    uptime: Arc<dyn Fn() -> Duration + Send + Sync>,
    #[cfg(feature = "rehearsal")]
    rehearsal: Option<rehearsal::Rehearsal>,
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").field("now", &self.now()).field("uptime", &self.uptime()).finish()
    }
}

impl Clock {
    /// Builds a clock from the date and from the monotonic time since the process began.
    ///
    /// The second source is a duration and not an `Instant`, so that a test can choose it.
    #[must_use]
    pub fn new(
        wall: impl Fn() -> SystemTime + Send + Sync + 'static,
        uptime: impl Fn() -> Duration + Send + Sync + 'static,
    ) -> Self {
        Self {
            wall: Arc::new(wall),
            uptime: Arc::new(uptime),
            #[cfg(feature = "rehearsal")]
            rehearsal: None,
        }
    }

    /// A clock that stands still, for tests: the given date, and no time passes.
    #[must_use]
    pub fn standing_at(date: SystemTime) -> Self {
        Self::new(move || date, || Duration::ZERO)
    }

    /// The date; virtual in a rehearsal. For time stamps, schedules and bakes.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        let real = (self.wall)();
        #[cfg(feature = "rehearsal")]
        if let Some(rehearsal) = &self.rehearsal {
            return rehearsal.virtual_date(real);
        }
        real
    }

    /// [`Clock::now`] in milliseconds since 1970, the form in which AWS wants stamps; 0 for a date before that.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        let since_epoch = self.now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX)
    }

    /// Real time until a date; zero when it has passed. In a rehearsal it is shorter than the dates suggest.
    #[must_use]
    pub fn real_time_until(&self, date: SystemTime) -> Duration {
        let wait = date.duration_since(self.now()).unwrap_or_default();
        #[cfg(feature = "rehearsal")]
        let wait = self.rehearsal.as_ref().map_or(wait, |rehearsal| rehearsal.real_duration(wait));
        wait
    }

    /// Waits until a date; returns at once when it has passed.
    pub async fn sleep_until(&self, date: SystemTime) {
        tokio::time::sleep(self.real_time_until(date)).await;
    }

    /// Real, monotonic time since the process began. The difference of two readings is a latency.
    #[must_use]
    pub fn uptime(&self) -> Duration {
        (self.uptime)()
    }

    /// Real time left until a deadline in milliseconds since 1970 (as Lambda states it); zero when it has passed.
    #[must_use]
    pub fn time_left(&self, deadline_ms: u64) -> Duration {
        let deadline = UNIX_EPOCH.checked_add(Duration::from_millis(deadline_ms));
        deadline.and_then(|at| at.duration_since((self.wall)()).ok()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn time_left_is_the_distance_when_the_deadline_is_ahead() {
        assert_eq!(Clock::standing_at(at(100)).time_left(101_500), Duration::from_millis(1_500));
    }

    #[test]
    fn time_left_is_zero_when_the_deadline_is_now_or_past() {
        let clock = Clock::standing_at(at(100));
        assert_eq!(clock.time_left(100_000), Duration::ZERO);
        assert_eq!(clock.time_left(99_999), Duration::ZERO);
        assert_eq!(clock.time_left(0), Duration::ZERO);
    }

    #[tokio::test]
    async fn sleep_returns_at_once_when_the_date_has_passed() {
        let clock = Clock::standing_at(at(100));
        assert_eq!(clock.real_time_until(at(100)), Duration::ZERO);
        assert_eq!(clock.real_time_until(at(160)), Duration::from_secs(60));
        clock.sleep_until(at(99)).await;
    }

    #[test]
    fn now_ms_counts_from_1970() {
        assert_eq!(Clock::standing_at(at(7)).now_ms(), 7_000);
    }
}
