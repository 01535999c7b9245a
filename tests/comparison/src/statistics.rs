//! Medians and shares of a few thousand releases.

/// The middle value; the lower one of two. `None` without values.
pub(crate) fn median<T: Copy + Ord>(mut values: Vec<T>) -> Option<T> {
    values.sort_unstable();
    let middle = values.len().saturating_sub(1) / 2;
    values.get(middle).copied()
}

/// 0 to 1; 0 of 0 is 0.
pub(crate) fn share(part: usize, all: usize) -> f64 {
    if all == 0 { 0.0 } else { float(part) / float(all) }
}

/// `part` of `whole`; unknown when there is no whole.
pub(crate) fn ratio(part: u64, whole: u64) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "numbers of requests of one release, far below 2^53")]
    let ratio = part as f64 / whole as f64;
    (whole > 0).then_some(ratio)
}

#[expect(clippy::cast_precision_loss, reason = "numbers of releases and minutes, far below 2^53")]
pub(crate) const fn float(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn middle_value_is_the_median_when_values_are_shuffled() {
        assert_eq!(median(vec![9, 1, 5]), Some(5));
        assert_eq!(median(vec![4, 1, 3, 2]), Some(2));
        assert_eq!(median(vec![7]), Some(7));
        assert_eq!(median::<u32>(Vec::new()), None);
    }

    #[test]
    fn ratio_is_unknown_when_there_is_no_whole() {
        assert_eq!(ratio(3, 0), None);
        assert_eq!(ratio(1, 2), Some(0.5));
        assert!(share(0, 0).abs() < 1e-12 && (share(1, 4) - 0.25).abs() < 1e-12);
    }
}
