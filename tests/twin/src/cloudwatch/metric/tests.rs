//! Percentiles, statistics and periods.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{
    distribution::{Distribution, StatisticSet},
    key::MetricKey,
    statistic::Statistic,
    store::{Selection, Store},
};

fn distribution(values: &[f64]) -> Distribution {
    let mut distribution = Distribution::default();
    values.iter().for_each(|value| distribution.add(*value, 1.0));
    distribution
}

fn key() -> MetricKey {
    MetricKey { namespace: "N".into(), name: "M".into(), dimensions: BTreeMap::new() }
}

#[test]
fn percentile_is_the_nearest_rank_when_values_are_known() {
    let ten = distribution(&[10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 100.0]);
    for (percent, expected) in
        [(0.0, 10.0), (10.0, 10.0), (10.1, 20.0), (50.0, 50.0), (95.0, 100.0), (100.0, 100.0)]
    {
        assert_eq!(ten.percentile(percent), Some(expected), "p{percent}");
    }
}

#[test]
fn counts_weigh_when_a_value_occurs_often() {
    let mut values = Distribution::default();
    values.add(1.0, 99.0);
    values.add(1000.0, 1.0);
    assert_eq!(values.percentile(99.0), Some(1.0));
    assert_eq!(values.percentile(99.1), Some(1000.0));
    assert_eq!(Statistic::SampleCount.of(&values), Some(100.0));
}

#[test]
fn percentile_is_absent_when_only_a_statistic_set_is_known() {
    let mut values = distribution(&[1.0]);
    values.add_set(StatisticSet { sample_count: 2.0, sum: 3.0, min: 1.0, max: 2.0 });
    assert_eq!(values.percentile(50.0), None);
    assert_eq!(Statistic::Sum.of(&values), Some(4.0));
    assert_eq!(Statistic::Maximum.of(&values), Some(2.0));
}

#[test]
fn percentile_exists_when_a_statistic_set_has_one_value() {
    let mut values = Distribution::default();
    values.add_set(StatisticSet { sample_count: 3.0, sum: 15.0, min: 5.0, max: 5.0 });
    assert_eq!(values.percentile(90.0), Some(5.0));
}

#[test]
fn nothing_is_added_when_value_or_count_make_no_sense() {
    let mut values = Distribution::default();
    values.add(f64::NAN, 1.0);
    values.add(1.0, 0.0);
    values.add(1.0, f64::INFINITY);
    assert!(values.is_empty());
    assert_eq!(Statistic::Average.of(&values), None);
}

#[test]
fn statistic_is_read_when_aws_knows_it() {
    assert_eq!(Statistic::parse("Sum").unwrap(), Some(Statistic::Sum));
    assert_eq!(Statistic::parse("p99.9").unwrap(), Some(Statistic::Percentile(99.9)));
    assert_eq!(Statistic::parse("p100").unwrap(), Some(Statistic::Percentile(100.0)));
    for unknown in ["p100.1", "p-1", "p", "p9e1", "sum", "Median", "pinf", ""] {
        assert_eq!(Statistic::parse(unknown).unwrap(), None, "{unknown}");
    }
}

fn rank(text: &str) -> Statistic {
    Statistic::parse_extended(text).unwrap().unwrap()
}

#[test]
fn rank_counts_the_upper_limit_and_not_the_lower_when_values_lie_on_them() {
    let values = distribution(&[99.9, 100.0, 100.1, 300.0]);
    for (text, percent) in [
        ("PR(:99)", 0.0),
        ("PR(:100)", 50.0),
        ("PR(:300)", 100.0),
        ("PR(100:)", 50.0),
        ("PR(99.9:100)", 25.0),
        ("PR(100:300)", 50.0),
        ("PR(300:)", 0.0),
    ] {
        assert_eq!(rank(text).of(&values), Some(percent), "{text}");
    }
}

#[test]
fn rank_is_absent_when_only_a_statistic_set_is_known_or_nothing_was_recorded() {
    let mut values = Distribution::default();
    assert_eq!(rank("PR(:1)").of(&values), None);
    values.add_set(StatisticSet { sample_count: 2.0, sum: 3.0, min: 1.0, max: 2.0 });
    assert_eq!(rank("PR(:1)").of(&values), None);
}

#[test]
fn rank_is_unknown_when_its_limits_are_no_range_of_numbers() {
    for text in
        ["PR(:)", "PR()", "PR(1)", "PR(2:1)", "PR(1:1)", "PR(10%:)", "PR(-1:)", "PR(1:2", "pr(:1)", "PR(a:)"]
    {
        assert_eq!(Statistic::parse(text).unwrap(), None, "{text}");
    }
}

#[test]
fn not_implemented_when_statistic_comes_later() {
    for later in ["TM(10%:90%)", "tm99", "IQM", "TC(0:10)", "WM(:95%)", "ts90"] {
        assert_eq!(Statistic::parse(later).unwrap_err().code, "NotImplemented", "{later}");
    }
}

#[test]
fn units_are_apart_when_a_query_names_one() {
    let mut store = Store::default();
    store.minute(key(), 60, Some("Seconds")).add(1.0, 1.0);
    store.minute(key(), 60, None).add(2.0, 1.0);
    let sum = |unit| {
        let all = Selection { unit, span: 60..120, period: 60, origin: 0, single_values: false };
        store.periods(&key(), &all).get(&60).and_then(|values| Statistic::Sum.of(values))
    };
    assert_eq!((sum(Some("Seconds")), sum(Some("None")), sum(None)), (Some(1.0), Some(2.0), Some(3.0)));
}

#[test]
fn minutes_fall_into_periods_when_counted_from_the_origin() {
    let mut store = Store::default();
    for minute in [60, 120, 180, 240, 300] {
        store.minute(key(), minute, None).add(1.0, 1.0);
    }
    let starts = |origin| {
        let pairs = Selection { unit: None, span: 60..300, period: 120, origin, single_values: true };
        store.periods(&key(), &pairs).into_keys().collect::<Vec<_>>()
    };
    assert_eq!(starts(0), [0, 120, 240]);
    assert_eq!(starts(60), [60, 180]);
}

proptest! {
    #[test]
    fn percentile_lies_between_minimum_and_maximum_when_values_are_any(
        values in prop::collection::vec((-1e12..1e12, 1.0..50.0), 1..200),
        percent in 0.0..=100.0,
    ) {
        let mut distribution = Distribution::default();
        values.iter().for_each(|(value, count)| distribution.add(*value, *count));
        let found = distribution.percentile(percent).unwrap();
        prop_assert!((distribution.min()..=distribution.max()).contains(&found));
        prop_assert!(distribution.percentile(percent / 2.0).unwrap() <= found);
    }

    #[test]
    fn merged_parts_equal_the_whole_when_split_anywhere(
        values in prop::collection::vec(-1_000_i32..1_000, 2..100),
        split in 0_usize..100,
    ) {
        let values: Vec<f64> = values.into_iter().map(f64::from).collect();
        let (left, right) = values.split_at(split.min(values.len()));
        let mut merged = distribution(left);
        merged.merge(&distribution(right));
        let whole = distribution(&values);
        prop_assert_eq!(merged.percentile(95.0), whole.percentile(95.0));
        prop_assert_eq!(Statistic::Sum.of(&merged), Statistic::Sum.of(&whole));
    }
}
