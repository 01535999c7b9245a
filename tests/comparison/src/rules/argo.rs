//! Argo Rollouts' analysis run: a number of failed measurements.

use super::{Rule, over_limit};
use crate::simulate::Minute;

pub(super) const MODELS_STRICT: &str = "Argo Rollouts, error rate per minute; > 1 % fails, no traffic does not; rollback at the 1st \
     failure (the default)";
pub(super) const MODELS: &str = "the same, rollback at the 4th failure";

/// More failed measurements than the limit end the run, in whatever order they came.
///
/// A minute without traffic gives the query no result. What that means depends on the user's expression: unguarded it
/// is an error, and the fifth error in a row aborts; here it is taken as guarded against that, and then it is no
/// failure.
#[derive(Clone, Debug)]
pub(super) struct Argo {
    failure_limit: usize,
    failed: usize,
}

impl Argo {
    pub(super) const fn new(failure_limit: usize) -> Self {
        Self { failure_limit, failed: 0 }
    }
}

impl Rule for Argo {
    fn rolls_back(&mut self, minute: &Minute) -> bool {
        self.failed += usize::from(over_limit(minute.canary));
        self.failed > self.failure_limit
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{minute, rollback_minute};
    use super::*;

    #[test]
    fn first_failure_rolls_back_when_the_limit_is_0() {
        assert_eq!(rollback_minute(Argo::new(0), &[minute(100, 1), minute(99, 1)]), Some(2));
    }

    #[test]
    fn nothing_is_rolled_back_when_measurements_are_at_the_limit() {
        assert_eq!(rollback_minute(Argo::new(0), &[minute(100, 1); 30]), None);
    }

    #[test]
    fn nothing_is_rolled_back_when_failures_are_as_many_as_the_limit() {
        let minutes = [minute(99, 1), minute(99, 1), minute(100, 1), minute(99, 1)];
        assert_eq!(rollback_minute(Argo::new(3), &minutes), None);
    }

    #[test]
    fn fourth_failure_rolls_back_when_the_limit_is_3() {
        let minutes = [minute(99, 1), minute(100, 1)].repeat(15);
        assert_eq!(rollback_minute(Argo::new(3), &minutes), Some(7));
    }

    #[test]
    fn measurement_does_not_fail_when_there_is_no_traffic() {
        assert_eq!(rollback_minute(Argo::new(0), &[minute(0, 0); 30]), None);
    }
}
