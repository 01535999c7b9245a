//! What is simulated: the course of a release, and the cells of the comparison.
//!
//! Shares are whole basis points (1/100 of a percent) and traffic is whole requests per minute, so that cells can be
//! compared and sorted exactly.

use serde::Serialize;

/// A part of a release in which the weight of the canary does not change.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bake {
    /// How long it lasts.
    pub(crate) minutes: usize,
    /// Share of all requests that reach the canary, 0 to 1.
    pub(crate) canary_weight: f64,
}

/// 10 % and then 50 %, a quarter of an hour each.
pub(crate) const BAKES: [Bake; 2] =
    [Bake { minutes: 15, canary_weight: 0.10 }, Bake { minutes: 15, canary_weight: 0.50 }];

/// All requests of both versions: 0.2, 1, 10 and 100 per second.
pub(crate) const TRAFFIC_PER_MINUTE: [u32; 4] = [12, 60, 600, 6_000];

/// Bad shares of the stable version: 0.1 % and 0.5 %.
pub(crate) const STABLE_BASIS_POINTS: [u32; 2] = [10, 50];

/// Bad shares of the canaries that differ from the stable version: 0.9 %, 2 %, 5 %, 20 %, 100 %.
pub(crate) const CANARY_BASIS_POINTS: [u32; 5] = [90, 200, 500, 2_000, 10_000];

/// The bad share that every rule is told to accept: 1 %.
pub(crate) const LIMIT_BASIS_POINTS: u32 = 100;

/// The canary may be this many times as bad as the stable version.
pub(crate) const ALLOWED_RATIO: u32 = 2;

/// What a rule should do about a canary, by the two things that the judge is told to tolerate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Truth {
    /// As good as the stable version: a rollback is wrong by any standard.
    Healthy,
    /// Worse, but below the limit and below the allowed ratio.
    Allowed,
    /// Above the limit or above the allowed ratio.
    Bad,
}

/// One combination of traffic and bad shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Cell {
    /// Both versions together.
    pub(crate) requests_per_minute: u32,
    /// Bad share of the stable version.
    pub(crate) stable_basis_points: u32,
    /// Bad share of the canary.
    pub(crate) canary_basis_points: u32,
}

impl Cell {
    /// See [`Truth`].
    pub(crate) const fn truth(&self) -> Truth {
        if self.canary_basis_points == self.stable_basis_points {
            Truth::Healthy
        } else if self.canary_basis_points > LIMIT_BASIS_POINTS
            || self.canary_basis_points > self.stable_basis_points * ALLOWED_RATIO
        {
            Truth::Bad
        } else {
            Truth::Allowed
        }
    }
}

/// The canaries of one table, the healthy one first.
pub(crate) fn canaries(stable_basis_points: u32) -> impl Iterator<Item = u32> {
    std::iter::once(stable_basis_points).chain(CANARY_BASIS_POINTS)
}

/// Every cell, in the order of the tables.
pub(crate) fn cells() -> Vec<Cell> {
    let tables = TRAFFIC_PER_MINUTE
        .into_iter()
        .flat_map(|requests| STABLE_BASIS_POINTS.into_iter().map(move |stable| (requests, stable)));
    let cells = tables.flat_map(|(requests_per_minute, stable_basis_points)| {
        canaries(stable_basis_points).map(move |canary_basis_points| Cell {
            requests_per_minute,
            stable_basis_points,
            canary_basis_points,
        })
    });
    cells.collect()
}

/// 0 to 1.
pub(crate) fn share(basis_points: u32) -> f64 {
    f64::from(basis_points) / 10_000.0
}

/// `0.1 %`, `20 %`.
pub(crate) fn percent(basis_points: u32) -> String {
    format!("{} %", f64::from(basis_points) / 100.0)
}

/// `0.2 requests/s`.
pub(crate) fn per_second(requests_per_minute: u32) -> String {
    format!("{} requests/s", f64::from(requests_per_minute) / 60.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn truth(stable_basis_points: u32, canary_basis_points: u32) -> Truth {
        Cell { requests_per_minute: 60, stable_basis_points, canary_basis_points }.truth()
    }

    #[test]
    fn canary_is_healthy_when_it_equals_the_stable_version() {
        assert_eq!(truth(50, 50), Truth::Healthy);
    }

    #[test]
    fn canary_is_allowed_when_it_is_at_both_bounds() {
        assert_eq!(truth(50, 90), Truth::Allowed);
        assert_eq!(truth(50, 100), Truth::Allowed);
    }

    #[test]
    fn canary_is_bad_when_it_is_just_above_a_bound() {
        assert_eq!(truth(60, 101), Truth::Bad);
        assert_eq!(truth(10, 21), Truth::Bad);
        assert_eq!(truth(10, 20), Truth::Allowed);
    }

    #[test]
    fn every_cell_is_there_once_when_all_are_listed() {
        let cells = cells();
        assert_eq!(cells.len(), 48);
        let twice = cells.iter().enumerate().any(|(index, cell)| cells[..index].contains(cell));
        assert!(!twice);
    }

    #[test]
    fn numbers_are_short_when_they_are_shown() {
        assert_eq!((percent(10).as_str(), percent(10_000).as_str()), ("0.1 %", "100 %"));
        assert_eq!(
            (per_second(12).as_str(), per_second(6_000).as_str()),
            ("0.2 requests/s", "100 requests/s")
        );
    }
}
