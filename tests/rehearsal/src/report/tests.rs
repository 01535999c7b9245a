//! The page as a whole.

use super::example::{at, entry, figure, release, report, step, version_minute, weight};
use super::model::{EntryKind, Minute, Outcome, Release, Report, StepStatus, VersionMinute};
use super::render;

/// Breaks out of an element and out of an attribute, if it is let.
const ATTACK: &str = "\"'><script>alert(1)</script>&";

/// Elements that have no end tag, among those the page uses.
const VOID: [&str; 3] = ["meta", "link", "!doctype"];

/// The page of a report with this one release.
fn page(release: Release) -> String {
    render(&Report { releases: vec![release], ..report() }).unwrap()
}

fn minute(number: i64, versions: Vec<VersionMinute>) -> Minute {
    Minute { at: at(number * 60), versions }
}

/// A release that carries the attack wherever it takes a text.
fn hostile() -> Release {
    Release {
        name: ATTACK.to_owned(),
        title: ATTACK.to_owned(),
        expectation: ATTACK.to_owned(),
        outcome: Outcome::Deviated(vec![ATTACK.to_owned()]),
        conclusion: ATTACK.to_owned(),
        key_figures: vec![figure(ATTACK, ATTACK, ATTACK)],
        ended_at: at(120),
        timeline: vec![entry(60, EntryKind::Alarm, ATTACK)],
        minutes: vec![minute(0, vec![version_minute(ATTACK, 5)])],
        weights: vec![weight(0, ATTACK, Some(ATTACK), 10.0)],
        steps: vec![step(ATTACK, StepStatus::Failed, Some((0, 60)), ATTACK)],
        ..release()
    }
}

/// The name of the first element that is opened and not closed, or closed and not open.
fn unbalanced(page: &str) -> Option<String> {
    let mut open: Vec<&str> = Vec::new();
    for tag in page.split('<').skip(1) {
        let inside = tag.split('>').next().unwrap();
        let name = inside.split([' ', '/', '\n']).next().unwrap();
        match inside.strip_prefix('/') {
            Some(closed) if open.pop() != Some(closed) => return Some(closed.to_owned()),
            Some(_) => {}
            None if inside.ends_with('/') || VOID.contains(&name) => {}
            None => open.push(name),
        }
    }
    open.pop().map(str::to_owned)
}

#[test]
fn text_is_escaped_when_it_contains_markup() {
    let page = render(&Report { title: ATTACK.to_owned(), releases: vec![hostile()], ..report() }).unwrap();
    assert!(!page.contains("<script") && !page.contains("\"'>"));
    // Twice the title of the page, and each text of the release at least once.
    assert!(page.matches("&#60;script&#62;alert(1)").count() >= 16, "a text is missing");
    assert_eq!(unbalanced(&page), None);
}

#[test]
fn elements_are_balanced_when_releases_are_played() {
    assert_eq!(unbalanced(&render(&report()).unwrap()), None);
}

#[test]
fn page_needs_nothing_else_when_opened() {
    let page = render(&report()).unwrap();
    for outside in ["http:", "https:", "src=", "<script", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn every_chart_is_described_when_the_release_has_traffic() {
    let page = page(report().releases.remove(2));
    assert_eq!(page.matches("<figure").count(), 7);
    assert_eq!(page.matches("role=\"img\" aria-label=\"").count(), 7);
    assert!(page.contains("version 2: 27 of 27 failed"));
    assert!(page.contains("from 3:00: 90 % to version 1, 10 % to version 2"));
}

#[test]
fn verdict_counts_deviations_when_a_release_deviated() {
    let mixed = render(&report()).unwrap();
    assert!(mixed.contains("1 of 3 releases did not go as expected"));
    assert_eq!(mixed.matches("banner bad").count(), 1);
    assert!(mixed.contains("<li>27 customer requests failed; at most 20 were allowed.</li>"));
}

#[test]
fn verdict_is_good_when_every_release_went_as_expected() {
    let page = page(report().releases.remove(0));
    assert!(page.contains("1 of 1 releases went as expected"));
    assert!(!page.contains("class=\"banner bad") && !page.contains("class=\"verdict bad"));
}

#[test]
fn verdict_is_bad_when_no_release_was_played() {
    let page = render(&Report { releases: vec![], ..report() }).unwrap();
    assert!(page.contains("No release was played") && page.contains("class=\"verdict bad"));
}

#[test]
fn sentences_replace_charts_when_nothing_was_observed() {
    let page = page(release());
    for sentence in ["The alias was not observed.", "No request was sent.", "No deployment was made."] {
        assert!(page.contains(sentence), "{sentence}");
    }
    assert!(!page.contains("role=\"img\""));
}

#[test]
fn badges_move_to_the_next_chart_when_the_first_one_is_empty() {
    let busy = Release { weights: vec![], ..report().releases.remove(2) };
    let page = page(busy);
    assert_eq!(page.matches("class=\"badge alarm\"").count(), 2);
    assert_eq!(page.matches("class=\"badge step\"").count(), 1);
}

#[test]
fn coordinates_are_numbers_when_data_are_scarce_or_broken() {
    let broken =
        VersionMinute { p50_ms: Some(f64::NAN), p95_ms: Some(f64::INFINITY), ..version_minute("1", 3) };
    let weights = vec![weight(0, "1", Some("2"), f64::NAN), weight(30, "1", Some("2"), 400.0)];
    let cases = [
        Release { minutes: vec![minute(0, vec![version_minute("1", 0)])], ..release() },
        Release { minutes: vec![minute(0, vec![version_minute("1", 4)])], ..release() },
        Release { minutes: vec![minute(0, vec![broken])], weights, ended_at: at(60), ..release() },
    ];
    for case in cases {
        let page = page(case);
        let paths: String = page.split(" d=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(!paths.contains("inf"), "{paths}");
        assert!(!page.contains("NaN") && !page.contains("inf ms"));
    }
}
