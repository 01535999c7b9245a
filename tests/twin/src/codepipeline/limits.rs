//! Time limits of jobs and approvals. Pure.

use chrono::{DateTime, TimeDelta, Utc};

/// A Lambda job that says nothing for so long has failed (A, the quotas page).
pub(super) const SILENCE: TimeDelta = TimeDelta::minutes(20);
/// All invocations of one Lambda action together (A, the quotas page).
pub(super) const LONGEST_JOB: TimeDelta = TimeDelta::hours(24);
/// An approval without a time-out of its own (A, the quotas page).
const APPROVAL: TimeDelta = TimeDelta::days(7);

/// When a Lambda action fails that says nothing more: each answer begins the silence anew, the whole has an end (A).
pub(super) fn job_deadline(started: DateTime<Utc>, last_heard: DateTime<Utc>) -> DateTime<Utc> {
    (last_heard + SILENCE).min(started + LONGEST_JOB)
}

/// Why a Lambda action failed at its deadline. The first sentence is AWS's (B), the second ours; so is the code (C).
pub(super) fn silence_message(function: &str, started: DateTime<Utc>, deadline: DateTime<Utc>) -> String {
    if deadline >= started + LONGEST_JOB {
        return format!("The AWS Lambda function {function} did not finish its job within 24 hours.");
    }
    format!(
        "The AWS Lambda function {function} failed to return a result. Check the function to verify that it has \
         permission to call the PutJobSuccessResult action and that it made a call to PutJobSuccessResult."
    )
}

/// When an approval expires.
pub(super) fn approval_deadline(started: DateTime<Utc>, timeout_minutes: Option<i64>) -> DateTime<Utc> {
    started + timeout_minutes.and_then(TimeDelta::try_minutes).unwrap_or(APPROVAL)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    #[test]
    fn silence_ends_after_twenty_minutes_when_the_day_is_long_enough() {
        assert_eq!(job_deadline(at(0), at(0)), at(20));
        assert_eq!(job_deadline(at(0), at(1419)), at(1439));
        assert_eq!(job_deadline(at(0), at(1420)), at(1440));
    }

    #[test]
    fn day_ends_the_job_when_the_silence_would_outlast_it() {
        assert_eq!(job_deadline(at(0), at(1421)), at(1440));
        assert!(silence_message("f", at(0), at(1440)).contains("24 hours"));
        assert!(silence_message("f", at(0), at(1439)).contains("failed to return a result"));
    }

    #[test]
    fn approval_waits_a_week_when_it_says_nothing_else() {
        assert_eq!(approval_deadline(at(0), None), at(7 * 24 * 60));
        assert_eq!(approval_deadline(at(0), Some(5)), at(5));
    }
}
