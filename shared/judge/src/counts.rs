//! What is counted: bad requests out of all.

use serde::{Deserialize, Serialize};

/// More bad requests than requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{bad} bad requests of {total}: there cannot be more bad ones than all")]
pub struct CountsError {
    /// All requests.
    pub total: u64,
    /// Bad ones.
    pub bad: u64,
}

/// Requests of one version in one minute, or in several: `bad` of `total`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Counts {
    total: u64,
    bad: u64,
}

/// As it arrives from outside.
#[derive(Deserialize)]
struct Unchecked {
    total: u64,
    bad: u64,
}

impl TryFrom<Unchecked> for Counts {
    type Error = CountsError;

    fn try_from(counts: Unchecked) -> Result<Self, CountsError> {
        Self::new(counts.total, counts.bad)
    }
}

impl Counts {
    /// `bad` requests of `total`.
    ///
    /// # Errors
    /// When `bad` is more than `total`: such numbers were not counted over the same requests, and judging them would
    /// invent a result.
    pub const fn new(total: u64, bad: u64) -> Result<Self, CountsError> {
        if bad > total { Err(CountsError { total, bad }) } else { Ok(Self { total, bad }) }
    }

    /// All requests.
    #[must_use]
    pub const fn total(self) -> u64 {
        self.total
    }

    /// The bad ones among them.
    #[must_use]
    pub const fn bad(self) -> u64 {
        self.bad
    }

    /// The bad share, 0 to 1; `None` without requests.
    #[must_use]
    pub fn share(self) -> Option<f64> {
        (self.total > 0).then(|| float(self.bad) / float(self.total))
    }

    /// Both together. Counts of requests never come near the largest number; should they, they stay there.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self { total: self.total.saturating_add(other.total), bad: self.bad.saturating_add(other.bad) }
    }

    pub(crate) const fn minus(self, other: Self) -> Self {
        Self { total: self.total.saturating_sub(other.total), bad: self.bad.saturating_sub(other.bad) }
    }

    pub(crate) fn bad_and_good(self) -> (f64, f64) {
        (float(self.bad), float(self.total - self.bad))
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "exact up to 2^53 requests; beyond, the relative error is 1e-16"
)]
pub(crate) fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_refused_when_bad_is_one_more_than_total() {
        assert!(Counts::new(5, 4).is_ok() && Counts::new(5, 5).is_ok());
        assert_eq!(Counts::new(5, 6), Err(CountsError { total: 5, bad: 6 }));
        let read: Result<Counts, _> = serde_json::from_str(r#"{"total": 1, "bad": 2}"#);
        assert!(read.unwrap_err().to_string().contains("2 bad requests of 1"));
    }

    #[test]
    fn share_is_unknown_when_there_is_no_request() {
        assert_eq!(Counts::default().share(), None);
        assert_eq!(Counts::new(4, 1).unwrap().share(), Some(0.25));
    }
}
