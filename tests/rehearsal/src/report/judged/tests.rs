//! The judge's charts, as they stand on the page.

use super::super::example::judged::{judged, judged_minute, verdict};
use super::super::example::{at, release, report, version_minute, weight};
use super::super::model::{Band, Judged, JudgedMinute, Minute, Release, VerdictChange};
use super::super::render;

const ATTACK: &str = "\"'><script>alert(1)</script>&";

/// The page of one release with a version 1, a canary 2 and this judge.
fn page(judged: Option<Judged>) -> String {
    let minute = |number: i64| Minute {
        at: at(number * 60),
        versions: vec![version_minute("1", 90), version_minute("2", 10)],
    };
    let release = Release {
        judged,
        minutes: (0..20).map(minute).collect(),
        weights: vec![weight(0, "1", Some("2"), 10.0)],
        ended_at: at(20 * 60),
        ..release()
    };
    render(&super::super::Report { releases: vec![release], ..report() }).unwrap()
}

fn judged_page(minutes: Vec<JudgedMinute>, verdicts: Vec<VerdictChange>) -> String {
    page(Some(judged(minutes, verdicts)))
}

/// The paths of all shapes of one class.
fn paths<'a>(page: &'a str, class: &str) -> Vec<&'a str> {
    let start = format!("<path class=\"{class}\" d=\"");
    page.split(start.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn no_chart_is_drawn_when_nothing_was_judged() {
    let page = page(None);
    assert!(!page.contains("Evidence that") && !page.contains("judge’s word") && !page.contains("so far"));
}

#[test]
fn names_are_escaped_when_they_contain_markup() {
    let minutes = vec![judged_minute(3, 0.1, None, 1.0)];
    let hostile = judged(minutes, vec![verdict(300, ATTACK, ATTACK)]);
    let page = page(Some(Judged { criterion: ATTACK.to_owned(), ..hostile }));
    assert!(!page.contains("<script") && !page.contains("\"'>"));
    // Two headings with the criterion; word and reason in description and tooltip, the word in its legend and strip.
    assert!(page.matches("&#60;script&#62;alert(1)").count() >= 8);
}

#[test]
fn sentences_replace_charts_when_the_judge_has_no_minute_yet() {
    let page = judged_page(vec![], vec![]);
    assert_eq!(page.matches("No minute was judged.").count(), 2);
    assert!(page.contains("The judge said nothing."));
}

#[test]
fn evidence_is_clipped_with_a_sign_when_it_is_far_above_the_threshold() {
    let minutes = vec![
        judged_minute(3, 0.0, Some(0.0), 0.0),
        judged_minute(4, 1.45, None, 1.0),
        judged_minute(5, 80.3, None, 9.0),
    ];
    let page = page(Some(Judged { first_breach: Some(at(300)), ..judged(minutes, vec![]) }));
    // Half of the threshold of 2.9 keeps its place on an axis of 1.3 thresholds.
    assert!(paths(&page, "line solid v2").iter().any(|path| path.ends_with("L225 86.15L275 0")), "{page}");
    // One for the line and one for the first breach on top of it; the dot of the breach gives way.
    assert_eq!(page.matches("class=\"inside sign outlined v2\"").count(), 1);
    assert_eq!(page.matches("class=\"inside sign outlined breach\"").count(), 1);
    assert_eq!(paths(&page, "breach moment"), [""]);
    assert!(page.contains("▲ above the scale") && page.contains(">10^80.3</span>"));
    assert!(page.contains("first breach<tspan class=\"more\">, minute from 5:00</tspan>"));
    assert!(page.contains("threshold 10^2.9<tspan class=\"more\"> (about 790)"));
}

#[test]
fn each_run_above_the_scale_has_one_sign_when_the_release_is_long() {
    let minute =
        |number| judged_minute(number, if (5..20).contains(&number) { 50.0 } else { 0.0 }, None, 0.0);
    let signs =
        |minutes| judged_page((0..minutes).map(minute).collect(), vec![]).matches("sign outlined v2").count();
    assert_eq!((signs(30), signs(60)), (15, 1));
}

#[test]
fn first_breach_is_a_dot_on_the_line_when_it_is_on_the_chart() {
    let minutes = vec![judged_minute(3, 1.0, Some(2.9), 0.0)];
    let page = page(Some(Judged { first_breach: Some(at(180)), ..judged(minutes, vec![]) }));
    assert_eq!(paths(&page, "breach moment"), ["M175 32.31h.01"]);
    assert!(!page.contains("▲"));
}

#[test]
fn regression_test_is_left_out_when_it_does_not_apply() {
    let alone = judged_page(vec![judged_minute(3, 0.4, None, 1.0)], vec![]);
    assert!(!alone.contains("× the stable share") && alone.contains("more than 1 % bad"));
    let both = judged_page(vec![judged_minute(3, 0.4, Some(0.2), 1.0)], vec![]);
    assert!(both.contains("<span class=\"swatch dashed v2\"></span>more than 2 × the stable share"));
    assert_eq!(paths(&both, "dot dashed v2").iter().filter(|path| !path.is_empty()).count(), 1);
}

#[test]
fn minute_has_dots_and_a_surface_when_it_is_the_only_one() {
    let page = judged_page(vec![judged_minute(3, 0.4, None, 1.0)], vec![]);
    assert_eq!(paths(&page, "dot solid v2").last(), Some(&"M175 125.15h.01"));
    assert!(paths(&page, "bounds v2").iter().all(|path| path.starts_with("M150 ") && path.contains("H200")));
}

#[test]
fn share_is_a_gap_and_has_no_surface_when_a_version_had_no_request() {
    let none = || Band { percent: None, low_percent: 0.0, high_percent: 100.0 };
    let minute = |number, bad| judged_minute(number, 0.0, None, bad);
    let minutes = vec![minute(3, 1.0), JudgedMinute { canary: none(), ..minute(4, 1.0) }, minute(5, 1.0)];
    let broken = judged_page(minutes, vec![]);
    assert_eq!(paths(&broken, "bounds v2").concat().matches('Z').count(), 2);
    assert!(broken.contains("canary (version 2): no requests\n"));
    let last = judged_page(vec![JudgedMinute { canary: none(), ..minute(3, 1.0) }], vec![]);
    assert_eq!(paths(&last, "bounds v2"), [""]);
    assert!(last.contains("canary (version 2) <span class=\"note\">no requests</span>"));
}

#[test]
fn axis_of_shares_follows_the_later_minutes_when_early_bounds_are_wide() {
    let wide = Band { percent: Some(0.0), low_percent: 0.0, high_percent: 90.0 };
    let narrow = || Band { percent: Some(0.5), low_percent: 0.1, high_percent: 1.8 };
    let minute =
        |number, canary| JudgedMinute { canary, stable: narrow(), ..judged_minute(number, 0.0, None, 0.0) };
    let page = judged_page(vec![minute(3, wide), minute(4, narrow()), minute(5, narrow())], vec![]);
    assert!(page.contains(">1.5 %</text>") && !page.contains(">4 %</text>"));
    assert!(paths(&page, "bounds v2").iter().all(|path| path.starts_with("M175 0L")), "clipped at the top");
}

#[test]
fn word_is_in_its_stretch_when_there_is_room_and_only_its_sign_when_not() {
    let reason = "too few requests";
    let verdicts =
        vec![verdict(300, "inconclusive", reason), verdict(420, "healthy", ""), verdict(900, "breach", "")];
    let page = judged_page(vec![judged_minute(3, 0.0, None, 0.0)], verdicts);
    assert!(page.contains("<title>from 5:00 inconclusive: too few requests</title>"));
    assert!(
        page.contains(">✓ healthy</text>") && page.contains(">✕ breach</text>") && page.contains(">?</text>")
    );
    assert_eq!(paths(&page, "band breach"), ["M750 24V0H1000V24Z"]);
}

#[test]
fn coordinates_are_numbers_when_numbers_are_broken() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let band = || Band { percent: Some(bad), low_percent: bad, high_percent: bad };
        let minute = JudgedMinute { canary: band(), stable: band(), ..judged_minute(3, bad, Some(bad), 1.0) };
        let whole = judged(vec![minute.clone(), judged_minute(4, 1.0, Some(bad), 1.0)], vec![]);
        let broken = Judged {
            limit_percent: bad,
            threshold_log10: bad,
            ratio: bad,
            first_breach: Some(at(180)),
            ..judged(vec![minute], vec![])
        };
        for page in [page(Some(whole)), page(Some(broken))] {
            assert!(!page.contains("NaN"), "{bad}");
            let drawn: String =
                page.split(" d=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
            assert!(!drawn.contains("inf"), "{drawn}");
        }
    }
}

#[test]
fn versions_have_their_parts_when_the_alias_was_never_split() {
    let judged = Some(judged(vec![judged_minute(3, 0.1, None, 1.0)], vec![]));
    let minutes =
        vec![Minute { at: at(180), versions: vec![version_minute("7", 9), version_minute("12", 1)] }];
    let two = Release { minutes, judged: judged.clone(), ..release() };
    let none = Release { judged, ..release() };
    let shown = |release| render(&super::super::Report { releases: vec![release], ..report() }).unwrap();
    assert!(shown(two).contains("</span>canary (version 12) "));
    assert!(shown(none).contains("</span>canary <span"));
}
