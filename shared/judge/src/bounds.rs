//! Confidence bounds of a share that hold at all minutes at once.

use crate::counts::{Counts, float};
use serde::Serialize;
use statrs::function::beta::ln_beta;

/// One version's bounds for one criterion miss its true share in at most one of twenty releases, however often one looks.
pub const CONFIDENCE: f64 = 0.95;

/// Halvings of an interval of length 1: exact to the last digit of a double.
const HALVINGS: usize = 60;

/// A share with its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Share {
    /// All requests.
    pub total: u64,
    /// Bad ones.
    pub bad: u64,
    /// Bad of all, 0 to 1; `None` without requests.
    pub rate: Option<f64>,
    /// Lower bound at [`CONFIDENCE`]; 0 without requests.
    pub low: f64,
    /// Upper bound at [`CONFIDENCE`]; 1 without requests.
    pub high: f64,
}

impl From<Counts> for Share {
    /// The share p is inside while the mixture of likelihood ratios against it, over p' distributed as Beta(½, ½), is below
    /// 1/(1 − confidence): B(bad + ½, good + ½) / (B(½, ½) · p^bad · (1−p)^good). Each is a martingale when p is the true,
    /// constant share, so that Ville's inequality bounds the chance of ever excluding it (Robbins 1970, "Statistical
    /// methods related to the law of the iterated logarithm").
    fn from(counts: Counts) -> Self {
        let (total, bad) = (counts.total(), counts.bad());
        let Some(rate) = counts.share() else { return Self { total, bad, rate: None, low: 0.0, high: 1.0 } };
        let (bads, goods) = (float(bad), float(total - bad));
        let mixture = ln_beta(bads + 0.5, goods + 0.5) - ln_beta(0.5, 0.5);
        let log_threshold = -(1.0 - CONFIDENCE).ln();
        // 0·ln 0 is 0: without bad requests the share 0 is never excluded, without good ones the share 1.
        let term = |count: f64, log: f64| if count > 0.0 { count * log } else { 0.0 };
        let inside = |p: f64| mixture - term(bads, p.ln()) - term(goods, (-p).ln_1p()) < log_threshold;
        let low = if bad == 0 { 0.0 } else { boundary(rate, 0.0, inside) };
        let high = if bad == total { 1.0 } else { boundary(rate, 1.0, inside) };
        Self { total, bad, rate: Some(rate), low, high }
    }
}

/// Where `inside` ends between a point inside and one outside; on the outer side, so that the interval is not too short.
fn boundary(inside_at: f64, outside_at: f64, inside: impl Fn(f64) -> bool) -> f64 {
    let (mut within, mut beyond) = (inside_at, outside_at);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(within, beyond);
        if inside(middle) { within = middle } else { beyond = middle }
    }
    beyond
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn share(total: u64, bad: u64) -> Share {
        Share::from(Counts::new(total, bad).unwrap())
    }

    #[test]
    fn bounds_are_all_or_nothing_when_there_is_no_request() {
        let none = share(0, 0);
        assert_eq!((none.rate, none.low.to_bits(), none.high.to_bits()), (None, 0, 1.0_f64.to_bits()));
    }

    #[test]
    fn bounds_touch_the_end_when_all_or_none_are_bad() {
        assert!(share(100, 0).low <= 0.0 && share(100, 0).high < 0.09);
        assert!(share(100, 100).high >= 1.0 && share(100, 100).low > 0.91);
    }

    #[test]
    fn bounds_are_those_of_an_independent_solution() {
        // 5 bad of 100, solved with another language's lgamma.
        let seen = share(100, 5);
        assert!((seen.low - 0.007149479).abs() < 1e-8 && (seen.high - 0.155794444).abs() < 1e-8, "{seen:?}");
    }

    proptest! {
        #[test]
        fn rate_is_between_finite_bounds(total in 0_u64..20_000_000_000, part in 0.0_f64..=1.0) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "any share will do")]
            let bad = ((total as f64 * part) as u64).min(total);
            let seen = share(total, bad);
            prop_assert!(seen.low.is_finite() && seen.high.is_finite());
            prop_assert!((0.0..=1.0).contains(&seen.low) && (0.0..=1.0).contains(&seen.high));
            if let Some(rate) = seen.rate {
                prop_assert!(seen.low <= rate && rate <= seen.high);
            }
        }
    }
}
