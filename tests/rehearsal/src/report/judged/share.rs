//! The share of bad requests up to each minute, with its bounds, against the limit.

use super::super::health::described;
use super::super::model::{Band, Judged, JudgedMinute};
use super::super::panel::{Key, Mark, Panel};
use super::super::plane::{Plane, Point};
use super::super::scale::Axis;
use super::super::scene::Scene;
use super::{CLIPPED, Role, bounded, hover, label, line, percent, series, signs};

/// Height of the chart in pixels.
const HEIGHT: f64 = 140.0;
/// The limit never lies higher than this part of the axis, so that there is room for what exceeds it.
const LIMIT_HEIGHT: f64 = 0.6;
/// Wide bounds make the axis at most this many times as high as the shares and the limit alone would.
const BOUNDS_AT_MOST: f64 = 3.0;

/// The share of one version in a minute.
type Of = fn(&JudgedMinute) -> &Band;

/// Both versions’ shares as lines, and their bounds as surfaces.
pub(super) fn panel(scene: &Scene<'_>, judged: &Judged, stable: &Role, canary: &Role) -> Panel {
    let versions: [(&Role, Of); 2] = [(stable, |minute| &minute.stable), (canary, |minute| &minute.canary)];
    let plane = Plane { time: scene.time, value: axis(judged), height: HEIGHT };
    let lines: Vec<(&Role, Vec<Point>)> = versions
        .iter()
        .map(|(role, band)| (*role, series(scene, judged, |minute| band(minute).percent)))
        .collect();
    let bounds = versions.iter().map(|(role, band)| {
        let known = |value: f64, band: &Band| band.percent.map(|_| value);
        let low = series(scene, judged, |minute| known(band(minute).low_percent, band(minute)));
        let high = series(scene, judged, |minute| known(band(minute).high_percent, band(minute)));
        Mark::silent(format!("bounds {}", role.colour), plane.area(&low, &high))
    });
    let limit = Mark::silent("allowed".to_owned(), plane.level(judged.limit_percent));
    let curves = lines.iter().flat_map(|(role, points)| line(&plane, role, "solid", points));
    let names = [stable.name.as_str(), canary.name.as_str()];
    let marks = bounds.chain([limit]).chain(curves).chain(hover(scene, judged, names, &plane)).collect();
    let mut texts: Vec<_> = lines.iter().flat_map(|(role, points)| signs(&plane, role, points)).collect();
    let clipped = !texts.is_empty();
    let limit = format!("limit {}", percent(judged.limit_percent));
    texts.extend(label(&plane, judged.limit_percent, false, (limit, String::new())));
    let keys: Vec<Key> = versions.iter().map(|(role, band)| key(judged, role, *band)).collect();
    Panel {
        heading: format!("Bad requests so far (% of each version’s requests, {})", judged.criterion).into(),
        description: described(
            &format!("Share of bad requests up to each minute, allowed {}", percent(judged.limit_percent)),
            &keys,
        ),
        ticks: plane.ticks(" %"),
        plane,
        hint: if clipped { CLIPPED } else { "" },
        note: "The pale surface is where the true share may lie (95\u{a0}% sure at all minutes at once); it narrows as \
               requests are counted, and may go on above the upper edge. A minute is judged once it is settled.",
        keys,
        marks,
        texts,
        empty: judged.minutes.is_empty().then_some("No minute was judged."),
    }
}

/// A version with its share after the last minute.
fn key(judged: &Judged, role: &Role, band: Of) -> Key {
    let figure = judged.minutes.last().map(|minute| bounded(band(minute))).unwrap_or_default();
    Key { colour: role.colour.clone(), name: role.name.clone(), figure }
}

/// From zero to what the later half of the minutes and the limit need: early bounds are as wide as the chart.
fn axis(judged: &Judged) -> Axis {
    let later = || {
        let half = judged.minutes.iter().skip(judged.minutes.len() / 2);
        half.flat_map(|minute| [&minute.canary, &minute.stable]).filter(|band| band.percent.is_some())
    };
    let shares = later().filter_map(|band| band.percent).filter(|value| value.is_finite());
    let needed = shares.fold(judged.limit_percent / LIMIT_HEIGHT, f64::max);
    let bounds = later().map(|band| band.high_percent).filter(|value| value.is_finite());
    let wanted = bounds.fold(needed, f64::max).min(needed * BOUNDS_AT_MOST);
    Axis::up_to(wanted.min(100.0))
}
