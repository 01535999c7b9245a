//! A CloudWatch alarm on the canary's error rate, as it is attached to a CodeDeploy deployment group.

use super::{Rule, over_limit};
use crate::simulate::Minute;

pub(super) const MODELS: &str =
    "CloudWatch, canary's error rate > 1 % in 10 of 10 minutes, missing data not breaching";

/// Datapoints to alarm and evaluation periods, both 10: the patient choice, against single bad minutes.
const DATAPOINTS: usize = 10;

/// A minute without requests has no error rate (the metric math divides by zero and gives no datapoint). Treated as not
/// breaching, it breaks the row as a good minute does.
///
/// Simplified: when datapoints are missing, the real alarm looks back further than 10 minutes for older ones, by a
/// number of minutes that AWS does not state. At 0.2 requests/s it can therefore go off where this one does not.
#[derive(Clone, Debug, Default)]
pub(super) struct Alarm {
    breaching_in_a_row: usize,
}

impl Rule for Alarm {
    fn rolls_back(&mut self, minute: &Minute) -> bool {
        self.breaching_in_a_row = if over_limit(minute.canary) { self.breaching_in_a_row + 1 } else { 0 };
        self.breaching_in_a_row >= DATAPOINTS
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{minute, rollback_minute};
    use super::*;

    #[test]
    fn tenth_minute_rolls_back_when_all_are_just_above_the_limit() {
        assert_eq!(rollback_minute(Alarm::default(), &[minute(99, 1); 30]), Some(10));
    }

    #[test]
    fn nothing_is_rolled_back_when_minutes_are_at_the_limit() {
        assert_eq!(rollback_minute(Alarm::default(), &[minute(100, 1); 30]), None);
    }

    #[test]
    fn nothing_is_rolled_back_when_nine_minutes_breach() {
        let mut minutes = vec![minute(10, 10); 9];
        minutes.push(minute(10, 0));
        assert_eq!(rollback_minute(Alarm::default(), &minutes), None);
    }

    #[test]
    fn count_begins_again_when_a_minute_has_no_requests() {
        let mut minutes = vec![minute(10, 10); 9];
        minutes.push(minute(0, 0));
        minutes.extend([minute(10, 10); 10]);
        assert_eq!(rollback_minute(Alarm::default(), &minutes), Some(20));
    }
}
