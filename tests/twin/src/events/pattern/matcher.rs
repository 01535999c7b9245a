//! One value of a pattern against one value of an event.

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::Value;

use super::wildcard::Wildcard;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Matcher {
    Exactly(Value),
    /// There is a value, be it null.
    Present,
    /// There is none: [`super::Field`] knows, a value cannot.
    Absent,
    Prefix(String),
    Suffix(String),
    /// These three hold text in lower case.
    PrefixAnyCase(String),
    SuffixAnyCase(String),
    AnyCase(String),
    Wildcard(Wildcard),
    Numeric(Range),
    Cidr(IpNet),
    /// None of these; a value of another type is none of them either (B).
    AnythingBut(Vec<Matcher>),
}

/// Bounds, and whether they belong to the range.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Range {
    pub(super) low: Option<(f64, bool)>,
    pub(super) high: Option<(f64, bool)>,
}

impl Matcher {
    pub(super) fn matches(&self, leaf: &Value) -> bool {
        let text = |test: &dyn Fn(&str) -> bool| leaf.as_str().is_some_and(test);
        match self {
            Self::Exactly(value) => leaf == value,
            Self::Present => true,
            Self::Absent => false,
            Self::Prefix(prefix) => text(&|leaf| leaf.starts_with(prefix)),
            Self::Suffix(suffix) => text(&|leaf| leaf.ends_with(suffix)),
            Self::PrefixAnyCase(prefix) => text(&|leaf| leaf.to_lowercase().starts_with(prefix)),
            Self::SuffixAnyCase(suffix) => text(&|leaf| leaf.to_lowercase().ends_with(suffix)),
            Self::AnyCase(value) => text(&|leaf| leaf.to_lowercase() == *value),
            Self::Wildcard(wildcard) => text(&|leaf| wildcard.matches(leaf)),
            Self::Numeric(range) => leaf.as_f64().is_some_and(|leaf| range.contains(leaf)),
            Self::Cidr(network) => {
                text(&|leaf| leaf.parse::<IpAddr>().is_ok_and(|address| network.contains(&address)))
            }
            Self::AnythingBut(excluded) => !excluded.iter().any(|matcher| matcher.matches(leaf)),
        }
    }
}

impl Range {
    fn contains(&self, value: f64) -> bool {
        let above = self.low.is_none_or(|(low, included)| value > low || (included && value >= low));
        let below = self.high.is_none_or(|(high, included)| value < high || (included && value <= high));
        above && below
    }
}
