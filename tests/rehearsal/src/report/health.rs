//! How well each version served its requests: failures and latency, minute by minute.

use super::hover::hover;
use super::model::VersionMinute;
use super::panel::{Key, Mark, Panel};
use super::plane::{Plane, Point};
use super::scale::{Axis, short_number};
use super::scene::{Scene, Version, as_value};
use super::traffic::key;

/// Height of both charts in pixels.
const HEIGHT: f64 = 120.0;
/// More dots than this hide the line that they stand on.
pub(super) const MOST_DOTS: usize = 40;

/// The share of each version's requests that failed: versions with unequal traffic stay comparable.
pub(super) fn errors(scene: &Scene<'_>) -> Panel {
    let lines: Vec<(&Version, Vec<Point>)> =
        scene.versions.iter().map(|version| (version, scene.series(version, error_percent))).collect();
    let value = Axis::up_to(highest(lines.iter().map(|(_, points)| points)));
    let plane = Plane { time: scene.time, value, height: HEIGHT };
    let keys: Vec<Key> =
        scene.versions.iter().map(|version| key(version, failures(scene, version))).collect();
    let failed: u64 = scene.versions.iter().map(|version| scene.total(version, |entry| entry.errors)).sum();
    let curves = lines.iter().flat_map(|(version, points)| curve(&plane, &version.colour, "solid", points));
    Panel {
        heading: "Failed requests (% of each version’s requests)".into(),
        description: described("Share of failed requests per minute by version", &keys),
        plane,
        ticks: plane.ticks(" %"),
        hint: "",
        note: "",
        keys,
        marks: curves.chain(hover(scene, &plane)).collect(),
        texts: Vec::new(),
        empty: (failed == 0).then_some("No request failed."),
    }
}

/// Failed requests of one version in one minute, in percent; nothing when it got no request.
fn error_percent(entry: &VersionMinute) -> Option<f64> {
    (entry.requests > 0).then(|| 100.0 * as_value(entry.errors) / as_value(entry.requests))
}

/// `7 of 150 failed`.
fn failures(scene: &Scene<'_>, version: &Version) -> String {
    let requests = scene.total(version, |entry| entry.requests);
    format!("{} of {requests} failed", scene.total(version, |entry| entry.errors))
}

/// Median and 95th percentile of each version's latency.
pub(super) fn latency(scene: &Scene<'_>) -> Panel {
    let lines: Vec<(&Version, &str, Vec<Point>)> = scene
        .versions
        .iter()
        .flat_map(|version| {
            let median = scene.series(version, |entry| entry.p50_ms);
            let slow = scene.series(version, |entry| entry.p95_ms);
            [(version, "dashed", slow), (version, "solid", median)]
        })
        .collect();
    let measured = lines.iter().any(|(_, _, points)| points.iter().any(|(_, value)| value.is_some()));
    let value = Axis::up_to(highest(lines.iter().map(|(_, _, points)| points)));
    let plane = Plane { time: scene.time, value, height: HEIGHT };
    let keys: Vec<Key> = scene.versions.iter().map(|version| key(version, worst(scene, version))).collect();
    let curves =
        lines.iter().flat_map(|(version, style, points)| curve(&plane, &version.colour, style, points));
    Panel {
        heading: "Latency (real ms)".into(),
        description: described("Latency per minute by version, median and 95th percentile", &keys),
        plane,
        ticks: plane.ticks(""),
        hint: "solid p50, dashed p95",
        note: "",
        keys,
        marks: curves.chain(hover(scene, &plane)).collect(),
        texts: Vec::new(),
        empty: (!measured).then_some("No latency was measured."),
    }
}

/// `p95 at most 45 ms`, over all minutes.
fn worst(scene: &Scene<'_>, version: &Version) -> String {
    let slow = scene.series(version, |entry| entry.p95_ms);
    match slow.iter().filter_map(|(_, value)| *value).filter(|value| value.is_finite()).reduce(f64::max) {
        Some(most) => format!("p95 at most {} ms", short_number(most)),
        None => "not measured".to_owned(),
    }
}

/// A line with a dot for each minute; in a long release, with dots only where there is no line.
pub(super) fn curve(plane: &Plane, colour: &str, style: &str, points: &[Point]) -> [Mark; 2] {
    let dotted = if points.len() > MOST_DOTS { alone(points) } else { points.to_vec() };
    [
        Mark::silent(format!("line {style} {colour}"), plane.line(points)),
        Mark::silent(format!("dot {style} {colour}"), plane.dots(&dotted)),
    ]
}

/// The points between two gaps: no line passes through them, and without a dot they would be lost.
fn alone(points: &[Point]) -> Vec<Point> {
    let valued = |point: Option<&Point>| point.is_some_and(|(_, value)| value.is_some());
    let before = [None].into_iter().chain(points.iter().map(Some));
    let after = points.iter().skip(1).map(Some).chain([None]);
    let neighbours = before.zip(after);
    let lonely = points.iter().zip(neighbours).filter(|(_, (left, right))| !valued(*left) && !valued(*right));
    lonely.map(|(point, _)| *point).collect()
}

/// The highest value of all series, zero when there is none.
fn highest<'a>(series: impl Iterator<Item = &'a Vec<Point>>) -> f64 {
    let values = series.flatten().filter_map(|(_, value)| *value);
    values.filter(|value| value.is_finite()).fold(0.0, f64::max)
}

/// A chart in words.
pub(super) fn described(what: &str, keys: &[Key]) -> String {
    let told: Vec<String> = keys.iter().map(|key| format!("{}: {}", key.name, key.figure)).collect();
    format!("{what}. {}.", told.join("; "))
}

#[cfg(test)]
mod tests {
    use super::super::example::version_minute;
    use super::*;

    #[test]
    fn point_is_alone_when_both_neighbours_are_gaps() {
        let (gap, some) = (|x: f64| (x, None), |x: f64| (x, Some(1.0)));
        let points = [some(0.0), gap(1.0), some(2.0), some(3.0), gap(4.0), some(5.0), gap(6.0)];
        let minutes: Vec<String> = alone(&points).iter().map(|(minute, _)| minute.to_string()).collect();
        assert_eq!(minutes, ["0", "5"]);
    }

    #[test]
    fn error_share_is_missing_and_not_zero_when_there_was_no_request() {
        let entry = |requests, errors| VersionMinute { errors, ..version_minute("2", requests) };
        assert!(error_percent(&entry(0, 0)).is_none());
        assert!((error_percent(&entry(8, 2)).unwrap() - 25.0).abs() < 1e-9);
    }
}
