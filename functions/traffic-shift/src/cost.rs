//! What a million requests cost. The price list is data.

use serde::Deserialize;
use std::collections::BTreeMap;

/// List prices of Lambda in one region, on one day.
const BUILT_IN: &str = include_str!("prices.json");

/// A price list, as `prices.json` and the setting `PRICES` hold it. Region, day and currency are for those who read it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Prices {
    /// For example `eu-west-1`.
    pub region: String,
    /// The day of the prices.
    pub as_of: String,
    /// For example `USD`.
    pub currency: String,
    /// Of a GB-second, by architecture (`x86_64`, `arm64`).
    pub gb_second: BTreeMap<String, f64>,
    /// Of a million requests.
    pub million_requests: f64,
}

impl Prices {
    /// Reads a list, or the built-in one.
    ///
    /// # Errors
    /// When it does not parse; the message names the place.
    pub fn read(text: Option<&str>) -> Result<Self, serde_path_to_error::Error<serde_json::Error>> {
        serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(text.unwrap_or(BUILT_IN)))
    }

    /// What a million requests cost that take this long on average. Lambda bills each invocation's duration rounded up to a
    /// whole millisecond (pricing page); of an average the same rounding is near enough. `None` without a price for the
    /// architecture.
    #[must_use]
    pub fn of_a_million(&self, architecture: &str, memory_mb: u32, average_ms: f64) -> Option<f64> {
        let price = self.gb_second.get(architecture)?;
        let gb_seconds = average_ms.ceil() / 1_000.0 * f64::from(memory_mb) / 1_024.0;
        Some(gb_seconds * price * 1e6 + self.million_requests)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn million_requests_cost_their_time_and_their_number() {
        let prices = Prices::read(None).unwrap();
        // 50 ms of 1 GB: 50 000 GB-seconds.
        let cost = |architecture, ms| prices.of_a_million(architecture, 1_024, ms);
        assert!((cost("x86_64", 50.0).unwrap() - 1.033_335).abs() < 1e-6);
        assert!((cost("arm64", 49.1).unwrap() - 0.866_67).abs() < 1e-6);
        assert!((prices.of_a_million("x86_64", 512, 50.0).unwrap() - 0.616_667_5).abs() < 1e-6);
        assert_eq!(cost("riscv", 50.0), None);
    }

    #[test]
    fn price_list_is_replaced_when_one_is_given() {
        let text = r#"{"region":"eu-central-1","asOf":"2026-01-01","currency":"EUR","gbSecond":{"arm64":1},"millionRequests":2}"#;
        let cost = Prices::read(Some(text)).unwrap().of_a_million("arm64", 1_024, 1.0).unwrap();
        assert!((cost - 1_002.0).abs() < 1e-9);
        let told = Prices::read(Some(r#"{"region":7}"#)).unwrap_err().to_string();
        assert!(told.contains("region"), "{told}");
    }
}
