//! The rule: limits, M of N, and the tables of missing data in AWS's user guide.

use proptest::prelude::*;

use super::{
    decide::{AlarmState, breaches, decide, evaluation_range},
    definition::{Comparison, MissingData, Rule},
};

const TREATMENTS: [MissingData; 4] =
    [MissingData::Missing, MissingData::Ignore, MissingData::Breaching, MissingData::NotBreaching];

fn rule(to_alarm: usize, periods: usize, missing_data: MissingData) -> Rule {
    Rule {
        threshold: 3.0,
        comparison: Comparison::Greater,
        evaluation_periods: periods,
        datapoints_to_alarm: to_alarm,
        missing_data,
    }
}

/// `X` breaches, `0` does not, `-` is missing; the most recent period stands last, as in the user guide.
fn datapoints(drawing: &str) -> Vec<Option<f64>> {
    let point = |symbol| match symbol {
        'X' => Some(5.0),
        '0' => Some(1.0),
        _ => None,
    };
    drawing.split(' ').map(|word| point(word.chars().next().unwrap())).collect()
}

/// One row of a table: the states in the order of `TREATMENTS`; `None` retains the current state.
fn check_row(to_alarm: usize, drawing: &str, filled: usize, expected: [Option<AlarmState>; 4]) {
    for (treatment, state) in TREATMENTS.into_iter().zip(expected) {
        let verdict = decide(&datapoints(drawing), &rule(to_alarm, 3, treatment));
        assert_eq!(verdict.state, state, "{to_alarm} of 3, {drawing}, {treatment:?}");
        assert_eq!(verdict.filled, filled, "{drawing}");
    }
}

const OK: Option<AlarmState> = Some(AlarmState::Ok);
const ALARM: Option<AlarmState> = Some(AlarmState::Alarm);
const INSUFFICIENT: Option<AlarmState> = Some(AlarmState::InsufficientData);
const RETAIN: Option<AlarmState> = None;

#[test]
fn states_match_the_user_guide_when_three_of_three_must_breach() {
    check_row(3, "0 - X - X", 0, [OK, OK, OK, OK]);
    check_row(3, "0 - - - -", 2, [OK, OK, OK, OK]);
    check_row(3, "- - - - -", 3, [INSUFFICIENT, RETAIN, ALARM, OK]);
    check_row(3, "0 X X - X", 0, [ALARM, ALARM, ALARM, ALARM]);
    check_row(3, "- - X - -", 2, [ALARM, RETAIN, ALARM, OK]);
}

#[test]
fn states_match_the_user_guide_when_two_of_three_must_breach() {
    check_row(2, "0 - X - X", 0, [ALARM, ALARM, ALARM, ALARM]);
    check_row(2, "0 0 X 0 X", 0, [ALARM, ALARM, ALARM, ALARM]);
    check_row(2, "0 - X - -", 1, [OK, OK, ALARM, OK]);
    check_row(2, "- - - - 0", 2, [OK, OK, ALARM, OK]);
    check_row(2, "- - - X -", 2, [ALARM, RETAIN, ALARM, OK]);
}

#[test]
fn alarm_waits_when_the_only_breaching_point_is_young() {
    for drawing in ["- - - - X", "- - - X -"] {
        assert_eq!(decide(&datapoints(drawing), &rule(3, 3, MissingData::Missing)).state, OK, "{drawing}");
    }
}

#[test]
fn value_breaches_as_its_operator_says_when_at_below_or_above_the_threshold() {
    for (comparison, below, at, above) in [
        (Comparison::Greater, false, false, true),
        (Comparison::GreaterOrEqual, false, true, true),
        (Comparison::Less, true, false, false),
        (Comparison::LessOrEqual, true, true, false),
    ] {
        let rule = Rule { comparison, ..rule(1, 1, MissingData::Missing) };
        let found = [2.999, 3.0, 3.001].map(|value| breaches(&rule, value));
        assert_eq!(found, [below, at, above], "{comparison:?}");
    }
}

#[test]
fn alarm_when_exactly_m_of_n_breach() {
    let judge = |drawing: &str| decide(&datapoints(drawing), &rule(3, 5, MissingData::NotBreaching)).state;
    assert_eq!(judge("0 0 X 0 X 0 0"), OK);
    assert_eq!(judge("0 0 X 0 X 0 X"), ALARM);
    assert_eq!(judge("X X 0 0 X X 0"), OK);
}

#[test]
fn one_bad_minute_counts_for_three_when_silence_follows() {
    let rule = rule(1, 1, MissingData::NotBreaching);
    assert_eq!(evaluation_range(1), 3);
    let states =
        ["- - X", "- X -", "X - -", "- - -"].map(|drawing| decide(&datapoints(drawing), &rule).state);
    assert_eq!(states, [ALARM, ALARM, ALARM, OK]);
}

fn any_points() -> impl Strategy<Value = Vec<Option<f64>>> {
    prop::collection::vec(prop::option::of(0.0..6.0), 5)
}

proptest! {
    #[test]
    fn treatments_agree_when_enough_points_are_real(points in any_points(), to_alarm in 1_usize..=3) {
        prop_assume!(points.iter().flatten().count() >= 3);
        let states = TREATMENTS.map(|treatment| decide(&points, &rule(to_alarm, 3, treatment)).state);
        prop_assert!(states.iter().all(|state| *state == states[0] && state.is_some()));
    }

    #[test]
    fn breaching_is_the_strictest_treatment_when_points_are_any(points in any_points(), to_alarm in 1_usize..=3) {
        let [missing, ignore, breaching, lenient] =
            TREATMENTS.map(|treatment| decide(&points, &rule(to_alarm, 3, treatment)).state);
        prop_assert!(breaching == ALARM || [missing, ignore, lenient].iter().all(|state| *state != ALARM));
        prop_assert!(lenient != ALARM || missing == ALARM && ignore == ALARM);
    }
}
