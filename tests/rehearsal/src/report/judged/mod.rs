//! What the judge of the canary saw: bad shares with their bounds, the evidence in them, and its word.

mod evidence;
mod share;
#[cfg(test)]
mod tests;
mod verdict;

use super::health::{MOST_DOTS, curve};
use super::model::{Band, Judged, JudgedMinute};
use super::panel::{Anchor, Mark, Panel, Text};
use super::plane::{Coordinate, Plane, Point};
use super::scale::short_number;
use super::scene::{Scene, named};

/// Said where lines leave the chart.
const CLIPPED: &str = "▲ above the scale";
/// Pixels that the base line of a sign lies below the middle of the sign.
const SIGN_MIDDLE: f64 = 5.0;
/// Pixels from a horizontal line up to the words on it.
const ABOVE_LINE: f64 = 6.0;

/// A version by its part in the release.
#[derive(Debug)]
struct Role {
    /// Class of the style sheet that sets its colour.
    colour: String,
    /// How a legend calls it.
    name: String,
}

/// The charts about the judge; none when nothing was judged.
pub(super) fn panels(scene: &Scene<'_>) -> Vec<Panel> {
    let Some(judged) = &scene.release.judged else { return Vec::new() };
    let [stable, canary] = roles(scene);
    vec![
        share::panel(scene, judged, &stable, &canary),
        evidence::panel(scene, judged, &canary),
        verdict::panel(scene, judged),
    ]
}

/// The stable version and the canary: as the alias last split its requests, else the oldest and the newest.
fn roles(scene: &Scene<'_>) -> [Role; 2] {
    let split = scene.release.weights.iter().rev();
    let split =
        split.filter_map(|change| Some((change.main_version.as_str(), change.canary_version.as_deref()?)));
    let ends = || {
        let (oldest, newest) = (scene.versions.first()?, scene.versions.last()?);
        (oldest.number != newest.number).then_some((oldest.number.as_str(), newest.number.as_str()))
    };
    let known = split.take(1).next().or_else(ends);
    let role = |part: &str, number: Option<&str>, colour: &str| {
        let version =
            number.and_then(|number| scene.versions.iter().find(|version| version.number == number));
        match version {
            Some(version) => {
                Role { colour: version.colour.clone(), name: format!("{part} ({})", named(&version.number)) }
            }
            None => Role { colour: colour.to_owned(), name: part.to_owned() },
        }
    };
    [
        role("stable", known.map(|(stable, _)| stable), "v1"),
        role("canary", known.map(|(_, canary)| canary), "v2"),
    ]
}

/// One quantity of the judged minutes, each value in the middle of its minute.
fn series(scene: &Scene<'_>, judged: &Judged, quantity: impl Fn(&JudgedMinute) -> Option<f64>) -> Vec<Point> {
    scene.over_time(judged.minutes.iter().map(|minute| (minute.at, quantity(minute))))
}

/// A line with its dots.
fn line(plane: &Plane, role: &Role, style: &str, points: &[Point]) -> [Mark; 2] {
    curve(plane, &role.colour, style, points)
}

/// A sign on the upper edge for each minute whose value is above it; in a long release, for the first of a run.
fn signs(plane: &Plane, role: &Role, points: &[Point]) -> Vec<Text> {
    let above = |point: &&Point| point.1.is_some_and(|value| value.is_finite() && value > plane.value.high());
    let many = points.len() > MOST_DOTS;
    let before = [None].into_iter().chain(points.iter().map(Some));
    let begins = |before: Option<&Point>| !before.as_ref().is_some_and(above);
    let signed =
        points.iter().zip(before).filter(|(point, before)| above(point) && (!many || begins(*before)));
    signed.map(|((minute, _), _)| sign(plane, *minute, role.colour.clone())).collect()
}

/// A sign on the upper edge.
fn sign(plane: &Plane, minute: f64, colour: String) -> Text {
    Text {
        left: plane.percent(minute),
        top: Coordinate(SIGN_MIDDLE),
        short: "▲".to_owned(),
        more: String::new(),
        anchor: Anchor::Middle(colour),
        outlined: true,
    }
}

/// Words on the left or the right end of a horizontal line; none when the line is not on the chart.
fn label(plane: &Plane, value: f64, right: bool, (short, more): (String, String)) -> Option<Text> {
    plane.shows(value).then(|| Text {
        left: Coordinate(if right { 100.0 } else { 0.0 }),
        top: Coordinate(plane.y(value).0 - ABOVE_LINE),
        short,
        more,
        anchor: if right { Anchor::End } else { Anchor::Start },
        outlined: true,
    })
}

/// An invisible column for each judged minute, with everything that is known about it.
fn hover(scene: &Scene<'_>, judged: &Judged, roles: [&str; 2], plane: &Plane) -> Vec<Mark> {
    let column = |minute: &JudgedMinute| {
        let begin = scene.minute(minute.at);
        let first = if judged.first_breach == Some(minute.at) { ", the first breach" } else { "" };
        let [stable, canary] = roles;
        let tooltip = format!(
            "minute from {}{first}\n{canary}: {}\n{stable}: {}\n{}",
            scene.start.stopwatch(minute.at),
            bounded(&minute.canary),
            bounded(&minute.stable),
            evidence::told(judged, minute)
        );
        Mark { class: "hover".to_owned(), path: plane.column((begin, begin + 1.0)), tooltip }
    };
    judged.minutes.iter().map(column).collect()
}

/// `3.1 % bad (0.4 % to 12 %)`.
fn bounded(band: &Band) -> String {
    match band.percent {
        Some(share) => format!(
            "{} bad ({} to {})",
            percent(share),
            percent(band.low_percent),
            percent(band.high_percent)
        ),
        None => "no requests".to_owned(),
    }
}

/// `3.1 %`.
fn percent(value: f64) -> String {
    if value.is_finite() { format!("{} %", short_number(value)) } else { "unknown".to_owned() }
}
