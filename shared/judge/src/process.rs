//! Evidence that grows minute by minute: a mixture of likelihood ratios over a grid of alternatives and over the minute
//! in which the trouble begins.
//!
//! For one alternative and one starting minute the product of the minutes' likelihood ratios is a supermartingale
//! under the null hypothesis, beginning at 1 (see the crate's text for both tests). A weighted mean of such processes,
//! with weights that add up to at most 1, is one too. Two means are taken:
//!
//! - over the **grid** of alternatives, because nobody knows how bad a bad version is;
//! - over the **onset**, because nobody knows when it turns bad. A plain product remembers every good minute against
//!   the alternative: after an hour of health, a version that breaks would be believed healthy for many minutes more.
//!   With the onset's weight [`onset_weight`] the product from any later minute on is in the mean as well.
//!
//! The mean over onsets is not added up exactly: of the products that began at different minutes only the largest is
//! kept (`max(a, b)` in place of `a + b`). What is kept is at most the mean, so that Ville's inequality holds for it
//! too: the chance that it ever reaches 1/α is at most α. And it costs one comparison per alternative and minute.

use crate::counts::float;

/// Weight of trouble that is there from the first minute on.
pub(crate) const FROM_THE_START: f64 = 0.8;

/// The evidence of one test. `A` is what a grid point needs to know of its alternative.
#[derive(Clone, Debug)]
pub(crate) struct Process<A> {
    points: Vec<Point<A>>,
    /// Minutes that said something.
    minutes: u64,
    /// Natural logarithm of the largest mean so far. It begins at 0: no evidence is a mean of 1.
    largest: f64,
}

#[derive(Clone, Debug)]
struct Point<A> {
    alternative: A,
    weight: f64,
    /// Natural logarithm of the largest product, the onset's weight included.
    log: f64,
}

impl<A> Process<A> {
    /// The weights are positive and add up to at most 1.
    pub(crate) fn new(grid: impl IntoIterator<Item = (A, f64)>) -> Self {
        let point = |(alternative, weight)| Point { alternative, weight, log: f64::NEG_INFINITY };
        Self { points: grid.into_iter().map(point).collect(), minutes: 0, largest: 0.0 }
    }

    /// Takes a minute in which something was seen; `log_ratio` answers the natural logarithm of an alternative's
    /// likelihood ratio, always finite.
    pub(crate) fn minute(&mut self, log_ratio: impl Fn(&A) -> f64) {
        let floor = onset_weight(self.minutes).ln();
        self.minutes += 1;
        let mut top = f64::NEG_INFINITY;
        for point in &mut self.points {
            point.log = point.log.max(floor) + log_ratio(&point.alternative);
            top = top.max(point.log);
        }
        // No mean exceeds its largest member: most minutes of a healthy version end here.
        if top > self.largest {
            let mean: f64 = self.points.iter().map(|point| point.weight * (point.log - top).exp()).sum();
            self.largest = self.largest.max(top + mean.ln());
        }
    }

    /// The mean as it is now, not its running maximum.
    #[cfg(test)]
    pub(crate) fn mean(&self) -> f64 {
        self.points.iter().map(|point| point.weight * point.log.exp()).sum()
    }

    /// Natural logarithm of the evidence: its largest value so far, at least 0.
    pub(crate) const fn log_evidence(&self) -> f64 {
        self.largest
    }
}

/// Weight of trouble that begins with the given minute (0 is the first). They add up to 1: 1/(1·2) + 1/(2·3) + … = 1.
fn onset_weight(minute: u64) -> f64 {
    let number = float(minute);
    if minute == 0 { FROM_THE_START } else { (1.0 - FROM_THE_START) / (number * (number + 1.0)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn onset_weights_stay_below_one_however_many_are_added() {
        let sum: f64 = (0..100_000).map(onset_weight).sum();
        assert!((0.999..1.0).contains(&sum), "{sum}");
    }

    #[test]
    fn evidence_is_the_weighted_mean_when_one_minute_was_seen() {
        let mut process = Process::new([(2.0_f64, 0.5), (4.0, 0.25)]);
        process.minute(|ratio| (ratio * 10.0).ln());
        let mean = FROM_THE_START * (0.5 * 20.0 + 0.25 * 40.0);
        assert!((process.log_evidence().exp() - mean).abs() < 1e-9);
    }

    #[test]
    fn evidence_never_falls() {
        let mut process = Process::new([((), 1.0)]);
        process.minute(|()| 3.0);
        let before = process.log_evidence();
        process.minute(|()| -50.0);
        assert!((process.log_evidence() - before).abs() < 1e-12);
    }

    #[test]
    fn long_health_is_forgotten_when_trouble_begins() {
        let mut process = Process::new([((), 1.0)]);
        (0..10_000).for_each(|_| process.minute(|()| -100.0));
        assert!(process.log_evidence().abs() < 1e-12);
        // ln of the weight of an onset at minute 10 000 is about -20.
        process.minute(|()| 30.0);
        assert!((9.0..11.0).contains(&process.log_evidence()), "{}", process.log_evidence());
    }

    #[test]
    fn evidence_stays_finite_when_ratios_are_huge() {
        let mut process = Process::new([((), 0.5), ((), 0.5)]);
        for _ in 0..10_080 {
            process.minute(|()| 1e7);
        }
        assert!(process.log_evidence().is_finite());
    }
}
