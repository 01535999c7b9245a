//! Where requests should go, and where they went: the split of the alias, and requests per minute.

use chrono::{DateTime, Utc};

use super::hover::hover;
use super::model::WeightChange;
use super::panel::{Anchor, Key, Mark, Panel, Text};
use super::plane::{Coordinate, Plane};
use super::scale::{Axis, short_number};
use super::scene::{Scene, Version, as_value, named};

/// A stretch of the split narrower than this fraction of the axis says its share only.
const ROOM_FOR_A_SENTENCE: f64 = 0.15;
/// Lowest end of the axis of requests, so that its ticks are whole requests.
const FEWEST_REQUESTS: u64 = 4;
/// A stretch narrower than this has no words at all.
const ROOM_FOR_A_NUMBER: f64 = 0.11;

/// A stretch of time in which the alias did not change.
#[derive(Debug)]
struct Stretch<'a> {
    from: DateTime<Utc>,
    minutes: (f64, f64),
    main: &'a str,
    canary: Option<&'a str>,
    /// Percent of the requests meant for the canary.
    percent: f64,
}

/// The alias's intention over time: one band for each version, together 100 %.
pub(super) fn split(scene: &Scene<'_>) -> Panel {
    let plane = Plane { time: scene.time, value: Axis::new(0.0, 100.0), height: 54.0 };
    let stretches = stretches(scene);
    let marks = stretches.iter().flat_map(|stretch| bands(scene, &plane, stretch)).collect();
    let states: Vec<String> = stretches.iter().map(|stretch| told(scene, stretch)).collect();
    Panel {
        heading: "Where the alias sends requests (% by version)".into(),
        description: format!("Share of requests the alias gives to each version. {}.", states.join("; ")),
        plane,
        ticks: plane.ticks(" %"),
        hint: "",
        note: "",
        keys: scene.versions.iter().map(|version| key(version, String::new())).collect(),
        marks,
        texts: stretches.iter().filter_map(|stretch| words(&plane, stretch)).collect(),
        empty: stretches.is_empty().then_some("The alias was not observed."),
    }
}

/// From each change of the alias to the next, the last one to the end of the axis.
fn stretches<'a>(scene: &Scene<'a>) -> Vec<Stretch<'a>> {
    let weights = &scene.release.weights;
    let ends = weights.iter().skip(1).map(|next| scene.minute(next.at)).chain([scene.time.high()]);
    let stretch = |(change, end): (&'a WeightChange, f64)| Stretch {
        from: change.at.max(scene.release.started_at),
        minutes: (scene.minute(change.at).max(scene.time.low()), end),
        main: &change.main_version,
        canary: change.canary_version.as_deref(),
        percent: canary_percent(change),
    };
    weights.iter().zip(ends).map(stretch).filter(|stretch| stretch.minutes.0 < stretch.minutes.1).collect()
}

/// The canary's share, zero when there is none or the number makes no sense.
fn canary_percent(change: &WeightChange) -> f64 {
    let sensible = change.canary_version.is_some() && change.canary_percent.is_finite();
    if sensible { change.canary_percent.clamp(0.0, 100.0) } else { 0.0 }
}

/// One rectangle for each version that gets something, the oldest at the bottom.
fn bands(scene: &Scene<'_>, plane: &Plane, stretch: &Stretch<'_>) -> Vec<Mark> {
    let mut bottom = 0.0;
    let mut marks = Vec::new();
    for version in &scene.versions {
        let canary = if stretch.canary == Some(&version.number) { stretch.percent } else { 0.0 };
        let main = if stretch.main == version.number { 100.0 - stretch.percent } else { 0.0 };
        let share = canary + main;
        if share > 0.0 {
            marks.push(Mark {
                class: format!("band {}", version.colour),
                path: plane.block(stretch.minutes, (bottom, bottom + share)),
                tooltip: told(scene, stretch),
            });
            bottom += share;
        }
    }
    marks
}

/// A stretch in one clause: `from 2:20: 90 % to version 1, 10 % to version 2`.
fn told(scene: &Scene<'_>, stretch: &Stretch<'_>) -> String {
    let from = scene.start.stopwatch(stretch.from);
    let main = named(stretch.main);
    match stretch.canary {
        Some(canary) => {
            let (rest, share) = (short_number(100.0 - stretch.percent), short_number(stretch.percent));
            format!("from {from}: {rest} % to {main}, {share} % to {}", named(canary))
        }
        None => format!("from {from}: all to {main}"),
    }
}

/// The words inside a stretch, as many as there is room for.
fn words(plane: &Plane, stretch: &Stretch<'_>) -> Option<Text> {
    let width = plane.time.fraction(stretch.minutes.1) - plane.time.fraction(stretch.minutes.0);
    let (receiver, share) = match stretch.canary {
        Some(canary) => (canary, stretch.percent),
        None => (stretch.main, 100.0),
    };
    let text = |more| Text {
        left: plane.percent(stretch.minutes.0),
        top: Coordinate(plane.height - 10.0),
        short: format!("{} %", short_number(share)),
        more,
        anchor: Anchor::Start,
        outlined: false,
    };
    match width {
        ..ROOM_FOR_A_NUMBER => None,
        ROOM_FOR_A_NUMBER..ROOM_FOR_A_SENTENCE => Some(text(String::new())),
        _ => Some(text(format!(" to {}", named(receiver)))),
    }
}

/// Requests that really arrived, by version and minute.
pub(super) fn requests(scene: &Scene<'_>) -> Panel {
    let minutes = &scene.release.minutes;
    let sums = minutes.iter().map(|minute| minute.versions.iter().map(|entry| entry.requests).sum());
    let most = sums.max().unwrap_or(0);
    let plane =
        Plane { time: scene.time, value: Axis::up_to(as_value(most.max(FEWEST_REQUESTS))), height: 130.0 };
    let totals = scene.versions.iter().map(|version| (version, scene.total(version, |entry| entry.requests)));
    let keys: Vec<Key> = totals.map(|(version, total)| key(version, format!("{total} in all"))).collect();
    let told: Vec<String> = keys.iter().map(|key| format!("{}: {}", key.name, key.figure)).collect();
    Panel {
        heading: "Requests per minute".into(),
        description: format!("Requests per minute by version, stacked. {}.", told.join("; ")),
        plane,
        ticks: plane.ticks(""),
        hint: "",
        note: "",
        keys,
        marks: stacks(scene, &plane).into_iter().chain(hover(scene, &plane)).collect(),
        texts: Vec::new(),
        empty: (most == 0).then_some("No request was sent."),
    }
}

/// One bar for each minute and version, the oldest version at the bottom.
fn stacks(scene: &Scene<'_>, plane: &Plane) -> Vec<Mark> {
    let mut marks = Vec::new();
    for minute in &scene.release.minutes {
        let (begin, end) = scene.bounds(minute);
        let mut bottom = 0.0;
        for version in &scene.versions {
            let entry = minute.versions.iter().find(|entry| entry.version == version.number);
            let top = bottom + as_value(entry.map_or(0, |entry| entry.requests));
            if top > bottom {
                let path = plane.block((begin + 0.06, end - 0.06), (bottom, top));
                marks.push(Mark::silent(format!("bar {}", version.colour), path));
            }
            bottom = top;
        }
    }
    marks
}

/// A version's entry in a legend.
pub(super) fn key(version: &Version, figure: String) -> Key {
    Key { colour: version.colour.clone(), name: version.name(), figure }
}
