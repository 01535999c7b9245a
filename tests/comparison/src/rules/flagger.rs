//! Flagger's analysis: a number of failed checks per release.

use super::{Rule, over_limit};
use crate::simulate::Minute;

pub(super) const MODELS: &str =
    "success rate per minute; below 99 % fails, no traffic fails too; rollback at the 5th failure";

/// Flagger's own default is 1; 5 is what the examples in its documentation have.
const FAILED_CHECKS: usize = 5;

/// Failed checks add up over the whole release; only a new revision resets them. A query without a result (the canary
/// had no traffic) is a failed check: safe, but a quiet service can never be released.
#[derive(Clone, Debug, Default)]
pub(super) struct Flagger {
    failed_checks: usize,
}

impl Rule for Flagger {
    fn rolls_back(&mut self, minute: &Minute) -> bool {
        self.failed_checks += usize::from(minute.canary.total() == 0 || over_limit(minute.canary));
        self.failed_checks >= FAILED_CHECKS
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{minute, rollback_minute};
    use super::*;

    #[test]
    fn fifth_check_rolls_back_when_success_is_just_below_99_percent() {
        assert_eq!(rollback_minute(Flagger::default(), &[minute(99, 1); 30]), Some(5));
    }

    #[test]
    fn nothing_is_rolled_back_when_success_is_exactly_99_percent() {
        assert_eq!(rollback_minute(Flagger::default(), &[minute(100, 1); 30]), None);
    }

    #[test]
    fn nothing_is_rolled_back_when_four_checks_fail() {
        let mut minutes = vec![minute(100, 0); 26];
        minutes.extend([minute(10, 5); 4]);
        assert_eq!(rollback_minute(Flagger::default(), &minutes), None);
    }

    #[test]
    fn failed_checks_add_up_when_good_minutes_lie_between() {
        let minutes = [minute(100, 2), minute(100, 0)].repeat(15);
        assert_eq!(rollback_minute(Flagger::default(), &minutes), Some(9));
    }

    #[test]
    fn check_fails_when_there_is_no_traffic() {
        assert_eq!(rollback_minute(Flagger::default(), &[minute(0, 0); 30]), Some(5));
    }
}
