//! Percentiles of a few measured values.

/// The smallest value that at least `percent` of all values do not exceed (nearest rank); `None` without values.
pub(crate) fn percentile<T: Copy + Ord>(values: &[T], percent: usize) -> Option<T> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * percent.min(100)).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn middle_value_is_the_median_when_the_count_is_odd() {
        assert_eq!(percentile(&[9, 1, 5], 50), Some(5));
    }

    #[test]
    fn lower_middle_value_is_the_median_when_the_count_is_even() {
        assert_eq!(percentile(&[4, 1, 3, 2], 50), Some(2));
    }

    #[test]
    fn eighteenth_of_twenty_is_the_90th_percentile_when_values_are_shuffled() {
        let values: Vec<u32> = (1..=20).rev().collect();
        assert_eq!(percentile(&values, 90), Some(18));
        assert_eq!(percentile(&values, 100), Some(20));
    }

    #[test]
    fn only_value_is_every_percentile_when_there_is_one() {
        for percent in [0, 50, 99, 100, 200] {
            assert_eq!(percentile(&[7], percent), Some(7));
        }
    }

    #[test]
    fn nothing_is_returned_when_there_are_no_values() {
        assert_eq!(percentile::<u32>(&[], 50), None);
    }
}
