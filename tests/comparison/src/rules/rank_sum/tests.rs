use super::super::testing::rollback_minute;
use super::*;
use judge::Counts;

const DEVIATIONS: f64 = 2.326_347_874;

/// `bad` of 1000 requests of either version.
fn minute(bad_of_canary: u64, bad_of_stable: u64) -> Minute {
    let counts = |bad| Counts::new(1_000, bad).unwrap();
    Minute { canary: counts(bad_of_canary), stable: counts(bad_of_stable) }
}

/// A bake in which both versions vary from 10 to 24, the canary's values raised.
fn bake(raised: u64) -> Vec<Minute> {
    (0..15).map(|index| minute(10 + raised + (index * 7) % 15, 10 + index)).collect()
}

/// By the definition: the standardised rank sum of the canary's values after `d` was taken from each of them.
fn standardised(canary: &[f64], stable: &[f64], d: f64) -> f64 {
    let pairs = canary.iter().flat_map(|canary| stable.iter().map(move |stable| canary - d - stable));
    let larger: f64 = pairs.map(|difference| if difference > 0.0 { 1.0 } else { 0.0 }).sum();
    (larger - float(canary.len() * stable.len()) / 2.0 - 0.5) / deviation(canary, stable)
}

#[test]
fn interval_ends_where_the_rank_sum_crosses_its_quantile() {
    let canary = [0.3, 0.9, 0.4, 1.5, 0.9, 2.6, 0.58, 0.97, 0.3, 1.1];
    let stable = [0.11, 0.21, 0.0, 0.31, 0.41, 0.0, 0.51, 0.0, 0.61, 0.12, 0.17];
    // Several sizes, because the correction of a half moves the end only for some of them.
    for (of_canary, of_stable) in [(10, 11), (10, 10), (9, 11), (8, 11), (10, 7), (7, 7), (6, 9)] {
        let (canary, stable) = (&canary[..of_canary], &stable[..of_stable]);
        let shift = shift(canary, stable, DEVIATIONS).unwrap();
        assert!(standardised(canary, stable, shift.low - 1e-9) > DEVIATIONS, "{of_canary} {of_stable}");
        assert!(standardised(canary, stable, shift.low + 1e-9) <= DEVIATIONS, "{of_canary} {of_stable}");
        assert!(shift.low < shift.estimate);
    }
}

#[test]
fn interval_ends_at_the_smallest_difference_when_there_are_only_two_minutes() {
    let shift = shift(&[0.5, 0.7], &[0.1, 0.3], DEVIATIONS).unwrap();
    assert!((shift.low - 0.2).abs() < 1e-12 && (shift.estimate - 0.4).abs() < 1e-12);
}

#[test]
fn deviation_is_smaller_when_values_are_tied_within_a_sample() {
    // m·n/12 · (N + 1 − Σ(t³ − t)/(N·(N − 1))), with ties of 2 and 3 among 7.
    let tied = deviation(&[1.0, 1.0, 2.0], &[0.0, 0.0, 0.0, 5.0]);
    assert!((tied.powi(2) - (8.0 - 30.0 / 42.0)).abs() < 1e-12);
    // Two constant samples count as untied, because Kayenta adds noise to them.
    assert!((deviation(&[1.0, 1.0], &[0.0, 0.0]).powi(2) - 20.0 / 12.0).abs() < 1e-12);
}

#[test]
fn quantile_is_that_of_98_percent() {
    assert!((RankSum::new().unwrap().deviations - DEVIATIONS).abs() < 1e-6);
}

#[test]
fn shift_is_within_tolerance_when_the_lower_end_is_a_quarter_of_the_estimate() {
    assert!(!exceeds_tolerance(Shift { estimate: 0.04, low: 0.01 }));
    assert!(!exceeds_tolerance(Shift { estimate: 0.04, low: 0.0099 }));
    assert!(exceeds_tolerance(Shift { estimate: 0.04, low: 0.0101 }));
}

#[test]
fn end_of_the_first_bake_rolls_back_when_the_canary_is_clearly_worse() {
    let rule = RankSum::new().unwrap();
    assert_eq!(rollback_minute(rule.clone(), &bake(15)[..14]), None);
    assert_eq!(rollback_minute(rule, &bake(15)), Some(15));
}

#[test]
fn result_turns_at_one_shift_when_the_canary_is_raised_step_by_step() {
    let rolled_back = |raised| rollback_minute(RankSum::new().unwrap(), &bake(raised)).is_some();
    let fewest = (0..15).find(|raised| rolled_back(*raised)).unwrap();
    assert!(!rolled_back(0) && fewest > 1);
    assert!((fewest..30).all(rolled_back));
}

#[test]
fn end_of_the_second_bake_rolls_back_when_trouble_begins_there() {
    let minutes = [bake(0), bake(15)].concat();
    assert_eq!(rollback_minute(RankSum::new().unwrap(), &minutes), Some(30));
}

#[test]
fn nothing_is_rolled_back_when_the_canary_is_better() {
    let better: Vec<_> = (0..15).map(|index| minute(index, 30 + index)).collect();
    assert_eq!(rollback_minute(RankSum::new().unwrap(), &better), None);
}

#[test]
fn nothing_is_rolled_back_when_all_values_are_one_or_missing() {
    for minute in [minute(0, 0), minute(5, 5), Minute::default()] {
        assert_eq!(rollback_minute(RankSum::new().unwrap(), &[minute; 30]), None);
    }
}

#[test]
fn missing_minutes_are_removed_when_the_others_are_clear() {
    let mut minutes = bake(15);
    minutes[3].canary = Counts::default();
    minutes[9].stable = Counts::default();
    assert_eq!(rollback_minute(RankSum::new().unwrap(), &minutes), Some(15));
}

#[test]
fn constant_samples_roll_back_when_they_differ() {
    assert_eq!(rollback_minute(RankSum::new().unwrap(), &[minute(6, 5); 30]), Some(15));
}
