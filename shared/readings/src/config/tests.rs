use super::*;

const OWN: &str = r#"[
    {"name": "http_5xx", "limit": 0.02, "ratio": 3, "minimumEffect": 0.005, "weight": 2, "minRequests": 10,
     "bad": {"namespace": "Shop", "metric": "Http5xx"}, "total": {"namespace": "Shop", "metric": "Requests"}},
    {"name": "cold", "limit": 0.05, "covers": "some",
     "above": {"namespace": "Shop", "metric": "InitDuration", "threshold": 800}}]"#;

fn config(name: &str, value: &str) -> Result<Config, ConfigError> {
    Config::from_lookup(|asked| (asked == name).then(|| value.to_owned()))
}

#[test]
fn settings_are_the_usual_ones_when_nothing_is_set() {
    let config = Config::from_lookup(|_| None).unwrap();
    assert_eq!((config.min_requests, config.settle_minutes), (50, 2));
    let names: Vec<_> =
        config.measures.iter().map(|m| (m.criterion.name.as_str(), m.criterion.limit)).collect();
    assert_eq!(names, [("errors", 0.01), ("slow", 0.05)]);
    // Half of 1 % for a phase.
    assert!((config.settings(Phase::Split).alpha - 0.005).abs() < 1e-12);
}

#[test]
fn criteria_are_read_when_they_are_complete() {
    let measures = config(CRITERIA, OWN).unwrap().measures;
    assert_eq!(measures[0].criterion.weight.to_bits(), 2.0_f64.to_bits());
    assert_eq!((measures[0].criterion.min_requests, measures[0].covers), (Some(10), Covers::All));
    assert_eq!(measures[1].covers, Covers::Some);
    assert!(matches!(measures[1].source, Source::Above { threshold: 800.0, .. }));
    assert!((measures[1].criterion.minimum_effect - 0.005).abs() < 1e-12);
}

#[test]
fn criteria_are_refused_with_the_reason_when_they_make_no_sense() {
    for (text, reason) in [
        ("{}", "invalid type"),
        ("[]", "at least one criterion"),
        (r#"[{"name": "a"}]"#, "missing field `limit`"),
        (r#"[{"name": "a", "limit": 0.1}]"#, "needs either"),
        (&OWN.replace("minRequests", "min_requests"), "[0].min_requests: unknown field"),
        (&OWN.replace("http_5xx", "Http5xx"), "lower-case letter"),
        (&OWN.replace("cold", "http_5xx"), "two criteria are called"),
        (&OWN.replace("0.02", "2"), "limit must be a share"),
        (&OWN.replace("800", "-1"), "threshold"),
    ] {
        let error = config(CRITERIA, text).unwrap_err().to_string();
        assert!(error.contains(reason), "{text}: {error}");
    }
}

#[test]
fn numbers_are_refused_when_they_are_outside_their_range() {
    for (name, value) in [
        (SETTLE_MINUTES, "0"),
        (SETTLE_MINUTES, "21"),
        (SETTLE_MINUTES, "1.5"),
        (MIN_REQUESTS, "-1"),
        (ALPHA, "0"),
        (ALPHA, "0.21"),
        (MIN_REQUESTS, "0"),
        (ALPHA, "1"),
        (ALPHA, "NaN"),
        (ALPHA, "one"),
    ] {
        let error = config(name, value).unwrap_err().to_string();
        assert!(error.contains(name) || error.contains("alpha"), "{name}={value}: {error}");
    }
    assert_eq!(config(SETTLE_MINUTES, "20").unwrap().settle_minutes, 20);
}

#[test]
fn failures_are_the_criteria_that_count_failed_requests_of_all() {
    let counted = |name: &str, more: &str| {
        let metric = r#"{"namespace": "N", "metric": "M"}"#;
        format!(r#"{{"name": "{name}", "limit": 0.1, "bad": {metric}, "total": {metric}{more}}}"#)
    };
    let slow =
        r#"{"name": "slow", "limit": 0.1, "above": {"namespace": "N", "metric": "M", "threshold": 1}}"#;
    let some = counted("unanswered", r#", "covers": "some""#);
    let text = format!("[{}, {slow}, {some}]", counted("http_5xx", ""));
    assert_eq!(config(CRITERIA, &text).unwrap().failures(), ["http_5xx"]);
}
