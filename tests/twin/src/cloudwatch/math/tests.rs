//! What expressions compute: gaps, arrays, functions. A drawing has one value per minute, `-` is a gap.

use std::collections::BTreeMap;

use super::{
    evaluate::Scope,
    syntax::Expression,
    value::{Grid, Points, Series, Value},
};
use crate::cloudwatch::grammar::Problem;

fn points(drawing: &str) -> Points {
    let minutes = (0..).step_by(60).zip(drawing.split_whitespace());
    minutes.filter(|(_, word)| *word != "-").map(|(at, word)| (at, word.parse().unwrap())).collect()
}

/// Draws five minutes.
fn drawn(points: &Points) -> String {
    let minute = |at| points.get(&at).map_or("-".to_owned(), f64::to_string);
    [0, 60, 120, 180, 240].map(minute).join(" ")
}

/// Evaluates over five minutes with the metrics `m1`, `m2` and so on.
fn evaluate(text: &str, metrics: &[&str]) -> Result<Value, Problem> {
    let ids = ["m1", "m2", "m3"];
    let named = ids.into_iter().zip(metrics);
    let values: BTreeMap<&str, Value> = named
        .map(|(id, drawing)| {
            (id, Value::Series(Series { label: id.to_uppercase(), points: points(drawing) }))
        })
        .collect();
    let metrics: Vec<_> = values.keys().map(|id| (*id, 60)).collect();
    let grid = Grid { span: 0..300, origin: 0, period: 60 };
    Scope { grid, values: &values, metrics: &metrics }.evaluate(&Expression::parse(text)?)
}

fn series(text: &str, metrics: &[&str]) -> String {
    match evaluate(text, metrics) {
        Ok(Value::Series(series)) => drawn(&series.points),
        other => panic!("{text}: {other:?}"),
    }
}

fn number(text: &str, metrics: &[&str]) -> Option<f64> {
    match evaluate(text, metrics) {
        Ok(Value::Scalar(number)) => number,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn result_has_a_gap_when_one_operand_has() {
    let metrics = ["1 2 - 4 5", "10 - 30 0 50"];
    for (text, expected) in [
        ("m1 + m2", "11 - - 4 55"),
        ("m2 - m1", "9 - - -4 45"),
        ("m1 * 2", "2 4 - 8 10"),
        ("-m1 ^ 2", "-1 -4 - -16 -25"),
        ("m1 / m2", "0.1 - - - 0.1"),
        ("1 / (m1 - 4)", "-0.3333333333333333 -0.5 - - 1"),
        ("(0 - m1) ^ 0.5", "- - - - -"),
        ("m1 / 0", "- - - - -"),
        ("m1 + 1 / 0", "- - - - -"),
    ] {
        assert_eq!(series(text, &metrics), expected, "{text}");
    }
}

#[test]
fn missing_value_is_zero_when_series_are_compared() {
    // The example of the user guide.
    let metrics = ["30 20 0 0 -", "20 - 20 - -"];
    for (text, expected) in [
        ("m1 < m2", "0 0 1 0 -"),
        ("m1 >= 30", "1 0 0 0 -"),
        ("m1 > 15 AND m2 > 15", "1 0 0 0 -"),
        ("m1 && m2", "1 0 0 0 -"),
        ("m1 || m2", "1 1 1 0 -"),
        ("m1 > 25 OR m2 == 20", "1 0 1 0 -"),
        ("m1 != m2", "1 1 1 0 -"),
        ("m1 <= 20", "0 1 1 1 -"),
    ] {
        assert_eq!(series(text, &metrics), expected, "{text}");
    }
    assert_eq!(number("2 > 1 AND 3 <= 3", &[]), Some(1.0));
    assert_eq!(number("2 == 1", &[]), Some(0.0));
}

#[test]
fn branch_is_chosen_at_every_time_when_condition_is_a_series() {
    // The tables of the user guide.
    let metrics = ["1 1 0 0 -", "30 - 0 0 30", "0 0 20 - 20"];
    assert_eq!(series("IF(m1, m2, m3)", &metrics), "30 0 20 - -");
    assert_eq!(series("IF(m1, 5, m3)", &metrics), "5 5 20 - -");
    assert_eq!(series("IF(m1, m2, 5)", &metrics), "30 0 5 5 -");
    assert_eq!(series("IF(m1, 7)", &metrics), "7 7 - - -");
    assert_eq!(series("IF(m3 > 10, 100 * m3, 0)", &metrics), "0 0 2000 - 2000");
}

#[test]
fn branch_is_taken_whole_when_condition_is_a_number() {
    let metrics = ["1 - 3 - -", "5 5 5 5 5"];
    assert_eq!(series("IF(1, m1, m2)", &metrics), "1 - 3 - -");
    assert_eq!(series("IF(MAX(m1) > 3, m1, m2)", &metrics), "5 5 5 5 5");
    assert_eq!(series("IF(0, m1)", &metrics), "- - - - -");
    assert_eq!(series("IF(1, 4, m2)", &metrics), "4 4 4 4 4");
    assert_eq!(number("IF(2 > 1, 4, 5)", &[]), Some(4.0));
}

#[test]
fn gaps_are_values_when_filled() {
    let metrics = ["- 2 - - 8", "- - - - -", "1 1 1 - 1"];
    for (text, expected) in [
        ("FILL(m1, 0)", "0 2 0 0 8"),
        ("FILL(m2, 0)", "0 0 0 0 0"),
        ("FILL(m1, -1)", "-1 2 -1 -1 8"),
        ("FILL(m1, MIN(m1))", "2 2 2 2 8"),
        ("FILL(m1, m3)", "1 2 1 - 8"),
        ("FILL(m1, REPEAT)", "- 2 2 2 8"),
        ("FILL(m1, LINEAR)", "- 2 4 6 8"),
        ("FILL(m2, REPEAT)", "- - - - -"),
        ("100 * FILL(m1, 0) / m3", "0 200 0 - 800"),
    ] {
        assert_eq!(series(text, &metrics), expected, "{text}");
    }
    match evaluate("FILL(METRICS(), 0)", &metrics) {
        Ok(Value::Array(all)) => assert_eq!(drawn(&all[2].points), "1 1 1 0 1"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn aggregate_is_a_number_when_it_is_of_one_series() {
    let metrics = ["1 - 2 - 6", "- - - - -"];
    let found = ["SUM(m1)", "AVG(m1)", "MIN(m1)", "MAX(m1)"].map(|text| number(text, &metrics));
    assert_eq!(found, [Some(9.0), Some(3.0), Some(1.0), Some(6.0)]);
    let found = ["SUM(m2)", "AVG(m2)", "MIN(m2)", "MAX(m2)"].map(|text| number(text, &metrics));
    assert_eq!(found, [None; 4]);
    assert_eq!(series("m1 - AVG(m1)", &metrics), "-2 - -1 - 3");
}

#[test]
fn aggregate_is_a_series_when_it_is_of_an_array() {
    let metrics = ["1 - 2 - 6", "3 4 - - 0"];
    for (text, expected) in [
        ("SUM([m1, m2])", "4 4 2 - 6"),
        ("AVG(METRICS())", "2 2 1 - 3"),
        ("MIN([m1, m2])", "1 4 2 - 0"),
        ("MAX(METRICS())", "3 4 2 - 6"),
        ("SUM(100 / [m1, m2])", "133.33333333333334 25 50 - 16.666666666666668"),
        ("SUM([METRICS(\"1\"), METRICS('2')])", "4 4 2 - 6"),
        ("SUM(METRICS(\"2\"))", "3 4 - - 0"),
        ("SUM(-[m1, m2])", "-4 -4 -2 - -6"),
        ("MAX(METRICS() - m2)", "0 0 - - 6"),
        ("MAX(m2 - METRICS())", "2 0 - - 0"),
    ] {
        assert_eq!(series(text, &metrics), expected, "{text}");
    }
}

#[test]
fn points_change_one_by_one_when_functions_are_simple() {
    let metrics = ["-1.5 - 2.5 4 -"];
    for (text, expected) in [
        ("ABS(m1)", "1.5 - 2.5 4 -"),
        ("CEIL(m1)", "-1 - 3 4 -"),
        ("FLOOR(m1)", "-2 - 2 4 -"),
        ("DIFF(m1)", "- - 4 1.5 -"),
        ("RATE(m1) * 120", "- - 4 3 -"),
        ("m1 / PERIOD(m1) * 60", "-1.5 - 2.5 4 -"),
        ("TIME_SERIES(7)", "7 7 7 7 7"),
        ("TIME_SERIES(MAX(m1)) - m1", "5.5 - 1.5 0 -"),
        ("TIME_SERIES(ABS(-7))", "7 7 7 7 7"),
    ] {
        assert_eq!(series(text, &metrics), expected, "{text}");
    }
}

#[test]
fn labels_are_those_of_the_metrics_when_an_array_is_computed() {
    match evaluate("m1 * METRICS()", &["1", "2"]) {
        Ok(Value::Array(all)) => {
            assert_eq!(all.iter().map(|series| series.label.as_str()).collect::<Vec<_>>(), ["M1", "M2"]);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn expression_is_invalid_when_the_kinds_do_not_fit() {
    for text in [
        "m4",
        "SUM(5)",
        "SUM(m1, m2)",
        "SUM()",
        "[1, 2]",
        "METRICS() + METRICS()",
        "FILL(m1)",
        "FILL(5, 0)",
        "FILL(m1, METRICS())",
        "FILL(m1, AVERAGE)",
        "IF(m1)",
        "IF(METRICS(), 1, 0)",
        "IF(m1, METRICS(), 0)",
        "PERIOD(m1 + m2)",
        "TIME_SERIES(m1)",
        "METRICS(m1)",
        "'text'",
        "RATE(5)",
    ] {
        assert!(matches!(evaluate(text, &["1", "2"]), Err(Problem::Invalid(_))), "{text}");
    }
}

#[test]
fn function_is_named_when_the_twin_lacks_it() {
    for name in ["STDDEV", "RUNNING_SUM", "ANOMALY_DETECTION_BAND", "LOG10", "EPOCH"] {
        let expected = Problem::Later(format!("the metric math function {name}"));
        assert_eq!(evaluate(&format!("{name}(m1)"), &["1"]), Err(expected));
    }
    let search = "SEARCH('{AWS/EC2,InstanceId} MetricName=\"CPU\"', 'Average', 300)";
    assert!(matches!(evaluate(search, &[]), Err(Problem::Later(_))));
}

#[test]
fn expression_is_evaluated_when_it_is_as_deep_as_allowed() {
    let chain = format!("1{}", " + 1".repeat(250));
    assert_eq!(number(&chain, &[]), Some(251.0));
    let nested = format!("{}m1{}", "ABS(".repeat(40), ")".repeat(40));
    assert_eq!(series(&nested, &["1"]), "1 - - - -");
}

#[test]
fn answer_is_refused_when_it_would_have_too_many_points() {
    let values = BTreeMap::new();
    let of = |periods: i64| {
        let grid = Grid { span: 0..periods * 60, origin: 0, period: 60 };
        Scope { grid, values: &values, metrics: &[] }.evaluate(&Expression::parse("TIME_SERIES(1)").unwrap())
    };
    assert!(of(100_800).is_ok());
    assert!(matches!(of(100_801), Err(Problem::Invalid(_))));
}
