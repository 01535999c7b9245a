//! Faults that a rehearsal orders, to see whether a bad version is caught. Not compiled into production builds.

use crate::BackendError;
use crate::decide::{Reply, problem};
use crate::query::{self, Outcome};
use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::Deserialize;
use std::time::Duration;

/// The environment variable that `main.rs` reads: a JSON object, for example `{"error_percent": 5}`.
pub const VARIABLE: &str = "REHEARSAL_FAULTS";

/// The variable's value is no order that can be carried out.
#[derive(Debug, thiserror::Error)]
pub enum FaultsError {
    /// Not the expected JSON object.
    #[error("{VARIABLE} is not a JSON object of known faults: {0}")]
    Malformed(#[from] serde_json::Error),
    /// A share outside 0 to 100 percent, or two that exceed 100 together.
    #[error("{VARIABLE}: {0} must be between 0 and 100 percent")]
    Share(&'static str),
}

/// The order as JSON.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Order {
    error_percent: f64,
    failure_percent: f64,
    unanswered_percent: f64,
    added_latency_ms: u64,
    slow_percent: Option<f64>,
    crash_at_start: bool,
    /// Nobody is struck before this date, in milliseconds since 1970: trouble that a smoke test cannot see.
    from_ms: u64,
    seed: Option<u64>,
}

/// What befalls one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Spared,
    Error,
    Failure,
}

/// What the dice say about one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Throws {
    slow: bool,
    fate: Fate,
    unanswered: bool,
}

/// The faults in force and the dice that choose whom they strike.
#[derive(Debug)]
pub struct Faults {
    order: Order,
    dice: Mutex<StdRng>,
}

impl Default for Faults {
    fn default() -> Self {
        Self { order: Order::default(), dice: Mutex::new(StdRng::seed_from_u64(0)) }
    }
}

impl Faults {
    /// Reads an order; no faults when it is missing or empty.
    ///
    /// # Errors
    /// When the text is not a JSON object of known fields, or a share is impossible.
    pub fn parse(value: Option<&str>) -> Result<Self, FaultsError> {
        let Some(text) = value.filter(|text| !text.is_empty()) else { return Ok(Self::default()) };
        // By way of a map, because serde would take an array for the fields in their order.
        let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text)?;
        let order = Order::deserialize(serde_json::Value::Object(fields))?;
        let shares = [
            ("error_percent", order.error_percent),
            ("failure_percent", order.failure_percent),
            ("unanswered_percent", order.unanswered_percent),
            ("slow_percent", order.slow_percent.unwrap_or(100.0)),
            ("error_percent + failure_percent", order.error_percent + order.failure_percent),
        ];
        if let Some((name, _)) = shares.into_iter().find(|(_, share)| !(0.0..=100.0).contains(share)) {
            return Err(FaultsError::Share(name));
        }
        let dice = order.seed.map_or_else(rand::make_rng, StdRng::seed_from_u64);
        Ok(Self { order, dice: Mutex::new(dice) })
    }

    /// Ends the process while it initialises, as a broken build would.
    pub(crate) fn crash_if_ordered(&self) {
        assert!(!self.order.crash_at_start, "crash at start ordered by the rehearsal");
    }

    /// Delays the answer, replaces it with a 500, takes away what it found or fails the invocation, by chance.
    pub(crate) async fn strike(&self, reply: Reply, now_ms: u64) -> Result<Reply, BackendError> {
        if now_ms < self.order.from_ms {
            return Ok(reply);
        }
        let Throws { slow, fate, unanswered } = self.roll();
        if slow {
            tokio::time::sleep(Duration::from_millis(self.order.added_latency_ms)).await;
        }
        match fate {
            Fate::Spared if unanswered && reply.query == Some(Outcome::Answered) => Ok(query::unanswered()),
            Fate::Spared => Ok(reply),
            Fate::Error => Ok(problem(500, "Internal Server Error", "error ordered by the rehearsal")),
            Fate::Failure => Err(BackendError::Rehearsed),
        }
    }

    /// Always three throws, so that the same seed strikes the same requests whatever the shares and the requests are.
    fn roll(&self) -> Throws {
        let mut dice = self.dice.lock();
        let [speed, luck, find] = std::array::from_fn(|_| dice.random_range(0.0..100.0));
        let order = &self.order;
        let slow = order.added_latency_ms > 0 && speed < order.slow_percent.unwrap_or(100.0);
        let fate = match luck {
            luck if luck < order.failure_percent => Fate::Failure,
            luck if luck < order.failure_percent + order.error_percent => Fate::Error,
            _ => Fate::Spared,
        };
        Throws { slow, fate, unanswered: find < order.unanswered_percent }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::ok;
    use serde_json::json;

    const NOW_MS: u64 = 1_800_000_000_000;

    fn struck(order: &str, fate: Fate) -> usize {
        let faults = Faults::parse(Some(order)).unwrap();
        (0..1_000).filter(|_| faults.roll().fate == fate).count()
    }

    #[test]
    fn nobody_is_struck_when_nothing_is_ordered() {
        assert_eq!(struck("{}", Fate::Spared), 1_000);
        assert!(Faults::parse(None).is_ok() && Faults::parse(Some("")).is_ok());
    }

    #[test]
    fn everybody_is_struck_when_the_share_is_100() {
        assert_eq!(struck(r#"{"error_percent": 100}"#, Fate::Error), 1_000);
        assert_eq!(struck(r#"{"failure_percent": 100}"#, Fate::Failure), 1_000);
    }

    #[test]
    fn share_is_kept_when_the_dice_are_seeded() {
        let order = r#"{"error_percent": 5.0, "failure_percent": 2, "seed": 1}"#;
        assert!((30..=70).contains(&struck(order, Fate::Error)));
        assert_eq!(struck(order, Fate::Error), struck(order, Fate::Error));
    }

    #[test]
    fn all_requests_are_slow_when_no_share_is_given() {
        let all = Faults::parse(Some(r#"{"added_latency_ms": 1}"#)).unwrap();
        let none = Faults::parse(Some(r#"{"added_latency_ms": 1, "slow_percent": 0}"#)).unwrap();
        assert!((0..100).all(|_| all.roll().slow && !none.roll().slow));
    }

    fn answered() -> Reply {
        Reply { query: Some(Outcome::Answered), ..ok(json!({"answered": true})) }
    }

    async fn after(order: &str, reply: Reply) -> Reply {
        Faults::parse(Some(order)).unwrap().strike(reply, NOW_MS).await.unwrap()
    }

    #[tokio::test]
    async fn nobody_is_struck_when_it_is_too_early() {
        for (from_ms, status) in [(NOW_MS - 1, 500), (NOW_MS, 500), (NOW_MS + 1, 200)] {
            let order = format!(r#"{{"error_percent": 100, "from_ms": {from_ms}}}"#);
            assert_eq!(after(&order, answered()).await.status, status, "{from_ms}");
        }
    }

    #[tokio::test]
    async fn answer_is_taken_away_when_the_share_is_100() {
        let order = r#"{"unanswered_percent": 100}"#;
        assert_eq!(after(order, answered()).await, query::unanswered());
        for other in [ok(json!({"status": "ok"})), query::unanswered(), problem(400, "Bad Request", "blank")]
        {
            assert_eq!(after(order, other.clone()).await, other, "not a query that was answered");
        }
        assert_eq!(after(r#"{"unanswered_percent": 0}"#, answered()).await, answered());
    }

    #[tokio::test]
    async fn error_counts_as_no_question_when_both_are_ordered() {
        let reply = after(r#"{"unanswered_percent": 100, "error_percent": 100}"#, answered()).await;
        assert_eq!((reply.status, reply.query), (500, None));
    }

    #[test]
    fn same_requests_are_struck_when_only_the_shares_differ() {
        let struck = |order: &str, hit: fn(Throws) -> bool| -> Vec<bool> {
            let faults = Faults::parse(Some(order)).unwrap();
            (0..1_000).map(|_| hit(faults.roll())).collect()
        };
        let alone = struck(r#"{"unanswered_percent": 30, "seed": 1}"#, |throws| throws.unanswered);
        assert!((250..=350).contains(&alone.iter().filter(|struck| **struck).count()));
        let among = r#"{"unanswered_percent": 30, "error_percent": 9, "added_latency_ms": 1, "seed": 1}"#;
        assert_eq!(struck(among, |throws| throws.unanswered), alone);
        let errors = struck(r#"{"error_percent": 9, "seed": 1}"#, |throws| throws.fate == Fate::Error);
        assert_eq!(struck(among, |throws| throws.fate == Fate::Error), errors);
    }

    #[test]
    fn error_when_the_order_is_malformed_or_impossible() {
        for order in ["[]", "nonsense", r#"{"eror_percent": 5}"#, r#"{"added_latency_ms": -1}"#] {
            assert!(matches!(Faults::parse(Some(order)), Err(FaultsError::Malformed(_))), "{order}");
        }
        for order in [
            r#"{"error_percent": 100.1}"#,
            r#"{"slow_percent": -0.1}"#,
            r#"{"unanswered_percent": 100.1}"#,
            r#"{"unanswered_percent": -0.1}"#,
            r#"{"error_percent": 60, "failure_percent": 41}"#,
        ] {
            assert!(matches!(Faults::parse(Some(order)), Err(FaultsError::Share(_))), "{order}");
        }
    }
}
