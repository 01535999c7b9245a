//! The alternatives that the tests consider, and their weights.
//!
//! A coarse grid costs little: between two points the likelihood is nearly as high as at the true value, and each point
//! costs the logarithm of its weight once. The weights favour what canaries suffer from (two to ten times the limit).
//! Chosen by simulation over the cells of the comparison table (`make bench`).

/// Multiples of the limit's odds.
pub(crate) const ODDS_GRID: [(f64, f64); 9] = [
    (1.25, 0.03),
    (1.5, 0.04),
    (2.0, 0.20),
    (3.0, 0.09),
    (5.0, 0.26),
    (10.0, 0.12),
    (25.0, 0.18),
    (100.0, 0.06),
    (1_000.0, 0.02),
];

/// Multiples of the stable share, in the half of the regression test that asks for an effect. Fewer points: the other
/// half decides in most cases.
pub(crate) const EFFECT_GRID: [(f64, f64); 5] =
    [(1.4, 0.20), (2.5, 0.25), (6.0, 0.25), (25.0, 0.20), (200.0, 0.10)];

/// Multiples of the allowed ratio.
pub(crate) const RATIO_GRID: [(f64, f64); 9] = [
    (1.25, 0.04),
    (1.5, 0.06),
    (2.0, 0.20),
    (3.0, 0.15),
    (5.0, 0.20),
    (10.0, 0.15),
    (25.0, 0.10),
    (100.0, 0.07),
    (400.0, 0.03),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grid_is_a_distribution_over_worse_alternatives() {
        for grid in [&ODDS_GRID[..], &RATIO_GRID[..], &EFFECT_GRID[..]] {
            let sum: f64 = grid.iter().map(|(_, weight)| weight).sum();
            assert!((sum - 1.0).abs() < 1e-12, "{sum}");
            assert!(grid.iter().all(|(multiple, weight)| *multiple > 1.0 && *weight > 0.0));
        }
    }
}
