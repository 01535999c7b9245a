use super::*;

fn result(rule: &'static str, rolled_back_share: f64, minute: usize, bad: u64) -> RuleResult {
    RuleResult {
        rule,
        rolled_back_share,
        median_rollback_minute: Some(minute),
        median_bad_served: bad,
        median_bad_served_settled: bad + 2,
    }
}

fn cell(requests_per_minute: u32, canary_basis_points: u32, rules: Vec<RuleResult>) -> CellResult {
    let cell = Cell { requests_per_minute, stable_basis_points: 10, canary_basis_points };
    CellResult { cell, truth: cell.truth(), rules }
}

fn healthy(share: f64) -> Vec<CellResult> {
    vec![cell(600, 10, vec![result(OURS, 0.0, 1, 0)]), cell(12, 10, vec![result(OURS, share, 1, 0)])]
}

#[test]
fn false_rollbacks_are_few_enough_when_the_worst_cell_is_at_the_limit() {
    let aim = |share| false_rollbacks(&healthy(share), MOST_FALSE_ROLLBACKS, "at most");
    assert!(aim(0.01).met && !aim(0.0101).met);
    assert!(aim(0.0101).result.contains("1.01 % at worst (0.2 requests/s, 0.1 %)"));
    assert!(!false_rollbacks(&[], 1.0, "").met);
}

#[test]
fn bad_canaries_do_not_count_when_false_rollbacks_are_looked_for() {
    let bad = cell(600, 500, vec![result(OURS, 1.0, 1, 0)]);
    assert!(false_rollbacks(&[healthy(0.0).remove(0), bad], 0.0, "").met);
}

#[test]
fn detection_is_soon_enough_when_the_slower_cell_is_at_the_limit() {
    let aim = |minute, share| {
        let (fast, slow) = (result(OURS, 1.0, 1, 0), result(OURS, share, minute, 0));
        DETECTIONS[0].aim(&[&fast, &slow])
    };
    assert!(aim(3, 0.99).met);
    assert!(!aim(4, 0.99).met && !aim(3, 0.9899).met);
}

#[test]
fn detection_is_missed_when_nothing_was_caught() {
    let never = RuleResult { median_rollback_minute: None, ..result(OURS, 0.0, 1, 0) };
    let aim = DETECTIONS[1].aim(&[&never]);
    assert_eq!((aim.met, aim.result.as_str()), (false, "not caught"));
    assert!(!DETECTIONS[1].aim(&[]).met);
}

#[test]
fn every_detection_finds_its_cells_when_all_were_simulated() {
    let results: Vec<_> = crate::plan::cells()
        .iter()
        .map(|one| cell(one.requests_per_minute, one.canary_basis_points, vec![result(OURS, 1.0, 3, 0)]))
        .collect();
    assert!(detections(&results).all(|aim| aim.met && aim.result == "3 min, 100.00 % caught"));
}

#[test]
fn cell_is_compared_with_the_alarm_when_both_catch_half() {
    let both = |ours, alarm| {
        against_alarm(&[cell(600, 500, vec![result(OURS, ours, 2, 10), result(ALARM, alarm, 10, 40)])])
    };
    let compared = both(0.5, 0.5);
    assert!((compared[0].ratio - 0.25).abs() < 1e-12 && (compared[0].ratio_settled - 0.3).abs() < 1e-12);
    assert!(both(0.5, 0.4999).is_empty() && both(0.4999, 0.5).is_empty());
}

#[test]
fn bad_requests_are_few_enough_when_ratios_are_at_their_bounds() {
    assert!(half_of_the_alarm(&[0.1, 0.5]).met && !half_of_the_alarm(&[0.1, 0.501]).met);
    assert!(third_of_the_alarm(&[0.33, 1.0 / 3.0, 0.5]).met);
    assert!(!third_of_the_alarm(&[0.33, 0.34]).met);
    assert!(!half_of_the_alarm(&[]).met && !third_of_the_alarm(&[]).met);
}

#[test]
fn judge_is_fast_enough_when_it_is_at_the_aim() {
    let aim = |minutes_per_second| fast(&Throughput { minutes_per_second, minutes: 1 });
    assert!(aim(2e6).met && !aim(1.99e6).met);
}
