use super::*;
use crate::config::{CRITERIA, Metric};
use proptest::prelude::*;

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + minute * 60, 0).unwrap()
}

fn window(minutes: usize) -> Window {
    Window { from: at(0), minutes, stable_from: at(0) }
}

/// Errors and slow requests of Lambda, and the application's own 5xx and business failures.
fn config() -> Config {
    let criteria = r#"[
        {"name": "errors", "limit": 0.01, "bad": {"namespace": "AWS/Lambda", "metric": "Errors"},
         "total": {"namespace": "AWS/Lambda", "metric": "Invocations"}},
        {"name": "slow", "limit": 0.05,
         "above": {"namespace": "AWS/Lambda", "metric": "Duration", "threshold": 300}},
        {"name": "http_5xx", "limit": 0.01, "bad": {"namespace": "Shop", "metric": "Http5xx"},
         "total": {"namespace": "Shop", "metric": "Requests"}},
        {"name": "business", "limit": 0.2, "covers": "some", "bad": {"namespace": "Shop", "metric": "Unanswered"},
         "total": {"namespace": "Shop", "metric": "Queries"}}]"#;
    Config::from_lookup(|name| (name == CRITERIA).then(|| criteria.to_owned())).unwrap()
}

/// Values by id, one per minute; ids of the configuration that are not named are there without values.
fn table(values: &[(&str, &[Option<f64>])]) -> Table {
    let mut table = Table::default();
    for side in ["canary", "stable"] {
        for id in [
            "errors_total",
            "errors_bad",
            "slow_total",
            "slow_within",
            "http_5xx_total",
            "http_5xx_bad",
            "business_total",
            "business_bad",
        ] {
            table.add(&format!("{side}_{id}"), []);
        }
    }
    for (id, values) in values {
        table.add(id, (0..).zip(*values).filter_map(|(n, value)| Some((at(n), (*value)?))));
    }
    table
}

fn canary(values: &[(&str, &[Option<f64>])], minutes: usize, name: &str) -> Vec<Option<(u64, u64)>> {
    let (config, table) = (config(), table(values));
    let inputs = Readings::new(&config, &table).inputs(Phase::Split, &window(minutes));
    let series = inputs.series.into_iter().find(|series| series.criterion.name == name).unwrap();
    series.canary.into_iter().map(|counts| counts.map(|c| (c.total(), c.bad()))).collect()
}

#[test]
fn counts_are_read_when_total_and_bad_are_there() {
    let values: [(&str, &[Option<f64>]); 2] = [
        ("canary_errors_total", &[Some(60.0), None, Some(0.0)]),
        ("canary_errors_bad", &[Some(3.0), None, None]),
    ];
    assert_eq!(canary(&values, 3, "errors"), [Some((60, 3)), Some((0, 0)), Some((0, 0))]);
}

#[test]
fn minute_is_unknown_when_half_of_it_is_missing_or_makes_no_sense() {
    for (total, bad) in [
        (Some(60.0), None),
        (None, Some(0.0)),
        (None, Some(2.0)),
        (Some(3.0), Some(4.0)),
        (Some(-1.0), Some(0.0)),
        (Some(f64::NAN), Some(0.0)),
        (Some(60.0), Some(f64::INFINITY)),
    ] {
        let values: [(&str, &[Option<f64>]); 2] =
            [("canary_errors_total", &[total]), ("canary_errors_bad", &[bad])];
        assert_eq!(canary(&values, 1, "errors"), [None], "{total:?} {bad:?}");
    }
}

#[test]
fn slow_requests_are_those_beyond_the_percentile_rank() {
    let values: [(&str, &[Option<f64>]); 2] = [
        ("canary_slow_total", &[Some(60.0), Some(60.0), Some(7.0), None, Some(0.0), Some(60.0), Some(60.0)]),
        ("canary_slow_within", &[Some(100.0), Some(95.0), Some(0.0), None, None, None, Some(101.0)]),
    ];
    let expected = [Some((60, 0)), Some((60, 3)), Some((7, 7)), Some((0, 0)), Some((0, 0)), None, None];
    assert_eq!(canary(&values, 7, "slow"), expected);
}

#[test]
fn everything_is_unknown_when_cloudwatch_could_not_read_a_metric() {
    let (config, mut table) = (config(), table(&[("canary_errors_total", &[Some(60.0)])]));
    table.status("canary_errors_bad", "InternalError");
    let readings = Readings::new(&config, &table);
    assert_eq!(readings.problems(), ["canary_errors_bad: InternalError"]);
    assert_eq!(readings.inputs(Phase::Split, &window(1)).series[0].canary, [None]);
    // The state of a later page counts.
    table.status("canary_errors_bad", "Complete");
    assert_eq!(Readings::new(&config, &table).problems(), Vec::<String>::new());
}

#[test]
fn everything_is_unknown_when_an_answer_lacks_an_id() {
    let config = config();
    let inputs = Readings::new(&config, &Table::default()).inputs(Phase::Split, &window(2));
    assert!(
        inputs.series.iter().all(|series| series.canary == [None, None] && series.stable == [None, None])
    );
}

#[test]
fn own_metric_is_unknown_when_it_misses_more_than_a_tenth_and_two_of_the_successes() {
    // 58 successes in the first minute; a tenth and two more are 7.8. In all 69, and 8.9.
    let with = |seen: f64| {
        let values: [(&str, &[Option<f64>]); 4] = [
            ("canary_errors_total", &[Some(60.0), Some(11.0)]),
            ("canary_errors_bad", &[Some(2.0), Some(0.0)]),
            ("canary_http_5xx_total", &[Some(seen), Some(11.0)]),
            ("canary_http_5xx_bad", &[Some(0.0), Some(0.0)]),
        ];
        canary(&values, 2, "http_5xx")
    };
    assert_eq!(with(51.0), [Some((51, 0)), Some((11, 0))]);
    assert_eq!(with(50.0), [None, Some((11, 0))]);
    assert_eq!(with(30.0), [None, Some((11, 0))]);
}

#[test]
fn own_metric_is_unknown_where_it_is_silent_when_it_misses_many_in_all() {
    // Two requests a minute: no minute alone says that something is missing.
    let silent = vec![None; 12];
    let (two, none) = (vec![Some(2.0); 12], vec![Some(0.0); 12]);
    let values: [(&str, &[Option<f64>]); 4] = [
        ("canary_errors_total", &two),
        ("canary_errors_bad", &none),
        ("canary_http_5xx_total", &silent),
        ("canary_http_5xx_bad", &silent),
    ];
    assert_eq!(canary(&values, 12, "http_5xx"), [None; 12]);
    assert_eq!(canary(&values, 1, "http_5xx"), [Some((0, 0))]);
}

#[test]
fn own_metric_may_be_absent_when_nothing_succeeded_or_it_counts_some_requests_only() {
    let values: [(&str, &[Option<f64>]); 2] =
        [("canary_errors_total", &[Some(60.0)]), ("canary_errors_bad", &[Some(60.0)])];
    assert_eq!(
        canary(&values, 1, "http_5xx"),
        [Some((0, 0))],
        "a failed invocation leaves no trace of its own"
    );
    let values: [(&str, &[Option<f64>]); 2] =
        [("canary_errors_total", &[Some(60.0)]), ("canary_errors_bad", &[Some(0.0)])];
    assert_eq!(canary(&values, 1, "http_5xx"), [None]);
    assert_eq!(canary(&values, 1, "business"), [Some((0, 0))]);
}

#[test]
fn window_ends_when_a_minute_is_just_not_settled() {
    let at_second = |second| at(10) + TimeDelta::seconds(second);
    // With 2 minutes to settle, minute 7 (ended at 8) is settled at 10:00.
    for (now, minutes) in [(at_second(-1), 7), (at_second(0), 8), (at_second(59), 8), (at_second(60), 9)] {
        assert_eq!(Window::settled(at(0), now, 2).minutes, minutes);
    }
    assert_eq!(Window::settled(at(0), at(1), 2).minutes, 0);
    assert_eq!(Window::settled(at(0), at(10), 2).to(), at(8));
}

#[test]
fn alias_stands_in_for_the_version_when_only_the_alias_has_numbers() {
    let config = config();
    let mut table = table(&[]);
    table.add("alias_errors_total", [(at(0), 60.0)]);
    table.add("alias_errors_bad", [(at(0), 2.0)]);
    let errors =
        |table: &Table, phase| Readings::new(&config, table).inputs(phase, &window(1)).series[0].canary[0];
    assert_eq!(errors(&table, Phase::Whole), Some(Counts::new(60, 2).unwrap()));
    assert_eq!(errors(&table, Phase::Split), Some(Counts::default()));
    // The application's own metrics by version do not hide that Lambda's are missing.
    table.add("canary_http_5xx_total", [(at(0), 58.0)]);
    table.add("canary_http_5xx_bad", [(at(0), 0.0)]);
    assert_eq!(errors(&table, Phase::Whole), Some(Counts::new(60, 2).unwrap()));
    table.add("canary_errors_total", [(at(0), 50.0)]);
    table.add("canary_errors_bad", [(at(0), 1.0)]);
    assert_eq!(errors(&table, Phase::Whole), Some(Counts::new(50, 1).unwrap()));
}

#[test]
fn stable_minutes_are_the_earlier_ones_when_the_new_version_serves_alone() {
    let (config, table) = (
        config(),
        table(&[
            ("stable_errors_total", &[Some(10.0), Some(20.0), Some(30.0)]),
            ("stable_errors_bad", &[Some(0.0), Some(1.0), Some(2.0)]),
        ]),
    );
    let window = Window { from: at(2), minutes: 2, stable_from: at(0) };
    let inputs = Readings::new(&config, &table).inputs(Phase::Whole, &window);
    let stable: Vec<_> = inputs.series[0].stable.iter().map(|counts| counts.unwrap().total()).collect();
    assert_eq!(stable, [10, 20]);
}

#[test]
fn stored_answer_is_read_when_stamps_are_text_or_seconds() {
    let text = r#"{"MetricDataResults": [
        {"Id": "canary_errors_total", "Label": "x", "Timestamps": ["2027-01-15T08:00:00+00:00", "2027-01-15T08:02:00Z"],
         "Values": [60.0, 50], "StatusCode": "Complete"},
        {"Id": "canary_errors_bad", "Timestamps": [1800000000.0], "Values": [3.0]},
        {"Id": "stable_errors_bad", "Timestamps": [], "Values": [], "StatusCode": "Forbidden"}], "Messages": []}"#;
    let table = Table::from_json(text).unwrap();
    assert_eq!(table.value("canary_errors_total", at(0)), Some(60.0));
    assert_eq!(table.value("canary_errors_total", at(2)), Some(50.0));
    assert_eq!(table.value("canary_errors_bad", at(0)), Some(3.0));
    assert_eq!(table.problem("stable_errors_bad"), Some("Forbidden"));
    for (part, reason) in [
        (r#""NextToken": "abc""#, "one page of several"),
        (
            r#""Messages": [{"Code": "MaxMetricsExceeded", "Value": "too many"}]"#,
            "MaxMetricsExceeded too many",
        ),
    ] {
        let error =
            Table::from_json(&format!(r#"{{"MetricDataResults": [], {part}}}"#)).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
    let error = Table::from_json(r#"{"MetricDataResults": [{"Id": 1}]}"#).unwrap_err().to_string();
    assert!(error.contains("MetricDataResults[0].Id"), "{error}");
}

#[test]
fn source_decides_which_metric_tells_the_successes() {
    // Without a criterion on Lambda's own errors nothing is known to be missing.
    let mut config = config();
    config.measures.remove(0);
    let Source::Counted { bad, .. } = &config.measures[1].source else { unreachable!() };
    assert_eq!(bad, &Metric { namespace: "Shop".to_owned(), metric: "Http5xx".to_owned() });
    let table = table(&[("canary_errors_total", &[Some(60.0)]), ("canary_errors_bad", &[Some(0.0)])]);
    let inputs = Readings::new(&config, &table).inputs(Phase::Split, &window(1));
    assert_eq!(inputs.series[1].canary, [Some(Counts::default())]);
}

proptest! {
    #[test]
    fn counts_are_never_invented(total in prop::option::of(-5.0_f64..1e17), other in prop::option::of(-5.0_f64..1e17)) {
        for counts in [counted(total, other), above(total, other)].into_iter().flatten() {
            prop_assert!(counts.bad() <= counts.total());
            if counts.total() > 0 {
                prop_assert!(total.is_some() && other.is_some());
            }
        }
    }
}
