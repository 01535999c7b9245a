//! How the time of one invocation is divided, so that the answer always has its share.

use std::time::Duration;

/// Kept back for the answer unless a setting says otherwise: three tries with their time-outs and pauses (two where a
/// short function time-out makes the reserve smaller).
pub const DEFAULT_RESERVE: Duration = Duration::from_secs(10);
/// The reserve takes at most this share of the invocation, so that a short function time-out leaves time to check.
const RESERVE_SHARE: u32 = 3;
/// One try to answer; CodeDeploy's API answers in well under a second.
const REPORT_ATTEMPT: Duration = Duration::from_secs(3);
/// Longest pause between two tries: the last seconds before the deadline are for trying.
const LONGEST_PAUSE: Duration = Duration::from_millis(400);
/// The pause takes at most this share of a try.
const PAUSE_SHARE: u32 = 4;
/// Even without any time left one try is made: the deadline may be the emulator's, not Lambda's.
const SHORTEST_ATTEMPT: Duration = Duration::from_millis(250);
/// Lambda needs a moment to take the function's result.
const MARGIN: Duration = Duration::from_millis(200);

/// Points in [`clock::Clock::uptime`] of one invocation. All real time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timetable {
    /// From here on a deployment that shows no target is not asked about again.
    pub observe_until: Duration,
    /// The check must have its verdict by now.
    pub check_until: Duration,
    /// No new try to answer begins after this.
    pub last_report_at: Duration,
    /// Time-out of one try to answer.
    pub report_attempt: Duration,
    /// Longest pause between two tries to answer.
    pub report_pause: Duration,
}

impl Timetable {
    /// Divides the time left: half of the check's share may go to observing, the reserve goes to the answer.
    #[must_use]
    pub fn new(uptime: Duration, left: Duration, reserve: Duration) -> Self {
        let reserve = reserve.min(left / RESERVE_SHARE);
        let check = left.saturating_sub(reserve);
        let report_attempt = REPORT_ATTEMPT.min(reserve / 3).max(SHORTEST_ATTEMPT);
        Self {
            observe_until: uptime + check / 2,
            check_until: uptime + check,
            last_report_at: (uptime + left).saturating_sub(report_attempt + MARGIN),
            report_attempt,
            report_pause: LONGEST_PAUSE.min(report_attempt / PAUSE_SHARE),
        }
    }

    /// When the invocation must be over: the end of the last try to answer.
    pub(crate) fn end(&self) -> Duration {
        self.last_report_at + self.report_attempt
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: fn(u64) -> Duration = Duration::from_secs;

    #[test]
    fn whole_reserve_is_kept_when_the_time_allows() {
        let times = Timetable::new(S(100), S(60), S(10));
        assert_eq!(times.observe_until, S(125));
        assert_eq!(times.check_until, S(150));
        assert_eq!(times.report_attempt, S(3));
        assert_eq!(times.last_report_at, S(160) - S(3) - MARGIN);
        assert_eq!(times.end(), S(160) - MARGIN);
    }

    #[test]
    fn reserve_is_a_third_when_the_time_is_short() {
        let times = Timetable::new(S(0), S(9), S(10));
        assert_eq!(times.check_until, S(6));
        assert_eq!(times.report_attempt, S(1));
    }

    #[test]
    fn tries_fit_after_the_check_when_each_of_them_times_out() {
        for (left, tries) in [(3, 2), (6, 2), (30, 3), (60, 3), (900, 3)] {
            let times = Timetable::new(S(0), S(left), DEFAULT_RESERVE);
            let (mut now, mut made) = (times.check_until, 0);
            while now <= times.last_report_at {
                now += times.report_attempt + times.report_pause;
                made += 1;
            }
            assert!(made >= tries, "{left} s: {made} tries");
        }
    }

    #[test]
    fn one_attempt_remains_when_no_time_is_left() {
        let times = Timetable::new(S(5), S(0), S(10));
        assert_eq!((times.check_until, times.report_attempt), (S(5), SHORTEST_ATTEMPT));
    }
}
