//! What the pointer finds on a minute: every number measured in it, the same in each chart.

use super::model::{Minute, VersionMinute};
use super::panel::Mark;
use super::plane::Plane;
use super::scale::short_number;
use super::scene::{Scene, named};

/// An invisible column for each measured minute.
pub(super) fn hover(scene: &Scene<'_>, plane: &Plane) -> Vec<Mark> {
    let column = |minute: &Minute| Mark {
        class: "hover".to_owned(),
        path: plane.column(scene.bounds(minute)),
        tooltip: tooltip(scene, minute),
    };
    scene.release.minutes.iter().map(column).collect()
}

/// The minute and one line for each version, in the order of the legend.
fn tooltip(scene: &Scene<'_>, minute: &Minute) -> String {
    let entries = scene.versions.iter().filter_map(|version| {
        let entry = minute.versions.iter().find(|entry| entry.version == version.number)?;
        Some(line(entry))
    });
    let head = format!("minute from {}", scene.start.stopwatch(minute.at));
    [head].into_iter().chain(entries).collect::<Vec<String>>().join("\n")
}

/// `version 2: 9 requests, 1 failed, p50 12 ms, p95 40 ms`.
fn line(entry: &VersionMinute) -> String {
    let latency = |name: &str, value: Option<f64>| match value.filter(|value| value.is_finite()) {
        Some(value) => format!(", {name} {} ms", short_number(value)),
        None => String::new(),
    };
    format!(
        "{}: {} requests, {} failed{}{}",
        named(&entry.version),
        entry.requests,
        entry.errors,
        latency("p50", entry.p50_ms),
        latency("p95", entry.p95_ms)
    )
}
