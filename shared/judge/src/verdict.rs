//! What the judge says.

use serde::{Deserialize, Serialize};
use std::fmt;

/// One of the two tests of a criterion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Test {
    /// Is the canary's bad share above the limit?
    Limit,
    /// Is the canary's bad rate more than the allowed multiple of the stable one's?
    Regression,
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Limit => "limit",
            Self::Regression => "regression",
        })
    }
}

/// Why there is no verdict, the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Doubt {
    /// The canary is over a limit, and so is the stable version, and the canary is not much worse: a shared fault.
    BothOverLimit,
    /// Minutes in which the number of requests or of bad ones is not known.
    Unreadable,
    /// The canary's observed share is over the limit, but that may be chance.
    OverLimitNotProven,
    /// Fewer requests than `Healthy` needs.
    TooFewRequests,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BothOverLimit => "both versions over the limit",
            Self::Unreadable => "unreadable",
            Self::OverLimitNotProven => "over the limit, not proven",
            Self::TooFewRequests => "too few requests",
        })
    }
}

/// The verdict after a minute. `criterion` is an index into the settings' criteria.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// No breach, enough requests, every observed share within its limit.
    Healthy,
    /// The canary is worse than allowed. Never waits for a minimum of requests.
    Breach {
        /// Whose evidence exceeds its threshold by most.
        criterion: usize,
        /// Which of its tests.
        test: Test,
    },
    /// Neither.
    Inconclusive {
        /// The criterion with the gravest doubt.
        criterion: usize,
        /// The doubt.
        doubt: Doubt,
    },
}

impl Verdict {
    /// `healthy`, `breach` or `inconclusive`.
    #[must_use]
    pub const fn word(self) -> Word {
        match self {
            Self::Healthy => Word::Healthy,
            Self::Breach { .. } => Word::Breach,
            Self::Inconclusive { .. } => Word::Inconclusive,
        }
    }
}

/// A verdict without its details.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Word {
    /// See [`Verdict::Healthy`].
    Healthy,
    /// See [`Verdict::Breach`].
    Breach,
    /// See [`Verdict::Inconclusive`].
    Inconclusive,
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Healthy => "healthy",
            Self::Breach => "breach",
            Self::Inconclusive => "inconclusive",
        })
    }
}
