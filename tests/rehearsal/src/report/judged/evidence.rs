//! The evidence of both tests after each minute, against the threshold at which a test breaches.

use chrono::{DateTime, Utc};

use super::super::health::described;
use super::super::model::{Judged, JudgedMinute};
use super::super::panel::{Anchor, Key, Mark, Panel, Text};
use super::super::plane::{Coordinate, Plane};
use super::super::scale::{Axis, Tick, short_number};
use super::super::scene::Scene;
use super::{CLIPPED, Role, hover, label, line, percent, roles, series, sign, signs};

/// Height of the chart in pixels.
const HEIGHT: f64 = 140.0;
/// The axis ends this many times as high as the threshold.
const ABOVE_THRESHOLD: f64 = 1.3;
/// From this fraction of the width on, words stand left of their place.
const RIGHT_SIDE: f64 = 0.66;
/// Before this fraction of the width, lines rise through words that stand at the left end.
const LEFT_SIDE: f64 = 0.45;
/// Pixels from a horizontal line down to the base line of words under it.
const UNDER_LINE: f64 = 16.0;
/// Numbers from this power of ten on are written as a power only.
const LARGE: f64 = 6.0;

/// Both tests as lines, the limit test solid.
pub(super) fn panel(scene: &Scene<'_>, judged: &Judged, canary: &Role) -> Panel {
    let value = Axis::new(0.0, judged.threshold_log10 * ABOVE_THRESHOLD);
    let plane = Plane { time: scene.time, value, height: HEIGHT };
    let limit = series(scene, judged, |minute| Some(minute.limit_log10));
    let regression = series(scene, judged, |minute| minute.regression_log10);
    let lines = [("dashed", &regression), ("solid", &limit)];
    let mut texts: Vec<Text> = lines.iter().flat_map(|(_, points)| signs(&plane, canary, points)).collect();
    let clipped = !texts.is_empty();
    let breach = breach(scene, judged);
    let early = breach.as_ref().is_some_and(|breach| plane.time.fraction(breach.minute) < LEFT_SIDE);
    let threshold = (format!("threshold {}", power(judged.threshold_log10)), about(judged.threshold_log10));
    texts.extend(label(&plane, judged.threshold_log10, early, threshold));
    texts.extend(breach.iter().flat_map(|breach| breach.texts(scene, &plane, judged.threshold_log10)));
    let [stable, named] = roles(scene);
    let level = Mark::silent("allowed".to_owned(), plane.level(judged.threshold_log10));
    let curves = lines.iter().flat_map(|(style, points)| line(&plane, canary, style, points));
    let moment = breach.iter().flat_map(|breach| breach.marks(&plane, judged.threshold_log10));
    let marks = [level].into_iter().chain(curves).chain(moment);
    let names = [stable.name.as_str(), named.name.as_str()];
    let keys = keys(judged, canary);
    Panel {
        heading: format!("Evidence that the canary is worse than allowed ({})", judged.criterion).into(),
        description: told_whole(scene, judged, &keys),
        ticks: powers(plane.ticks("")),
        marks: marks.chain(hover(scene, judged, names, &plane)).collect(),
        plane,
        hint: if clipped { CLIPPED } else { "" },
        note: "A line that reaches the threshold is a breach. 1 is no evidence; 100 says that the counts are a hundred \
               times likelier from a canary worse than allowed than from one just within what is allowed. A minute \
               is judged once it is settled.",
        keys,
        texts,
        empty: judged.minutes.is_empty().then_some("No minute was judged."),
    }
}

/// The tests with their evidence after the last minute; the regression test only where it applies.
fn keys(judged: &Judged, canary: &Role) -> Vec<Key> {
    let last = |evidence: fn(&JudgedMinute) -> Option<f64>| judged.minutes.iter().rev().find_map(evidence);
    let key = |style: &str, name: String, evidence: f64| Key {
        colour: format!("{style} {}", canary.colour),
        name,
        figure: power(evidence),
    };
    let limit = last(|minute| Some(minute.limit_log10));
    let limit = limit
        .map(|evidence| key("solid", format!("more than {} bad", percent(judged.limit_percent)), evidence));
    let times = format!("more than {} the stable share", times(judged.ratio));
    let regression = last(|minute| minute.regression_log10).map(|evidence| key("dashed", times, evidence));
    limit.into_iter().chain(regression).collect()
}

/// The chart in words.
fn told_whole(scene: &Scene<'_>, judged: &Judged, keys: &[Key]) -> String {
    let breach = match judged.first_breach {
        Some(at) => format!("first breach in the minute from {}", scene.start.stopwatch(at)),
        None => "no breach".to_owned(),
    };
    let what = "Evidence per minute that the canary is worse than allowed";
    described(&format!("{what}, threshold {}, {breach}", power(judged.threshold_log10)), keys)
}

/// The evidence of one minute: `evidence 10^1.2 for more than 1 % bad, …; threshold 10^2.9`.
pub(super) fn told(judged: &Judged, minute: &JudgedMinute) -> String {
    let limit = format!("{} for more than {} bad", power(minute.limit_log10), percent(judged.limit_percent));
    let regression = minute.regression_log10.map_or_else(String::new, |evidence| {
        format!(", {} for more than {} the stable share", power(evidence), times(judged.ratio))
    });
    format!("evidence {limit}{regression}; threshold {}", power(judged.threshold_log10))
}

/// Where the first breach is marked.
struct Breach {
    at: DateTime<Utc>,
    /// Middle of its minute.
    minute: f64,
    /// The evidence of the stronger test; the threshold where it is not known.
    evidence: f64,
}

/// The minute of the first breach; none when there was no breach.
fn breach(scene: &Scene<'_>, judged: &Judged) -> Option<Breach> {
    let at = judged.first_breach?;
    let then = judged.minutes.iter().filter(|minute| minute.at == at);
    let evidence = then.flat_map(|minute| [Some(minute.limit_log10), minute.regression_log10]).flatten();
    let evidence = evidence.filter(|value| value.is_finite()).reduce(f64::max);
    Some(Breach { at, minute: scene.minute(at) + 0.5, evidence: evidence.unwrap_or(judged.threshold_log10) })
}

impl Breach {
    /// A dot on the stronger line, and a stem from it to the words under the threshold.
    fn marks(&self, plane: &Plane, threshold: f64) -> [Mark; 2] {
        let point = [(self.minute, Some(self.evidence))];
        let dot = if plane.shows(self.evidence) { plane.dots(&point) } else { String::new() };
        let end = Coordinate(under(plane, threshold));
        let stem = format!("M{} {}V{end}", plane.x(self.minute), plane.y(self.evidence));
        [
            Mark::silent(
                "breach stem".to_owned(),
                if self.evidence.is_finite() { stem } else { String::new() },
            ),
            Mark::silent("breach moment".to_owned(), dot),
        ]
    }

    /// What stands beside the stem, and a sign instead of the dot when that is above the chart.
    fn texts(&self, scene: &Scene<'_>, plane: &Plane, threshold: f64) -> impl Iterator<Item = Text> {
        let right = plane.time.fraction(self.minute) > RIGHT_SIDE;
        let words = Text {
            left: plane.percent(self.minute),
            top: Coordinate(under(plane, threshold)),
            short: "first breach".to_owned(),
            more: format!(", minute from {}", scene.start.stopwatch(self.at)),
            anchor: if right { Anchor::End } else { Anchor::Start },
            outlined: true,
        };
        let above = self.evidence > plane.value.high();
        let sign = above.then(|| sign(plane, self.minute, "breach".to_owned()));
        [words].into_iter().chain(sign)
    }
}

/// Base line of words under the threshold, in pixels from the top.
fn under(plane: &Plane, threshold: f64) -> f64 {
    let line = if plane.shows(threshold) { plane.y(threshold).0 } else { 0.0 };
    line + UNDER_LINE
}

/// Ticks of logarithms as the numbers that they stand for, whole powers only.
fn powers(ticks: Vec<Tick>) -> Vec<Tick> {
    let whole = |tick: &Tick| (tick.value - tick.value.round()).abs() < 1e-9;
    let label =
        |value: f64| if value < 4.0 { format!("{:.0}", 10f64.powf(value)) } else { format!("10^{value:.0}") };
    let tick = |tick: Tick| Tick { label: label(tick.value), ..tick };
    ticks.into_iter().filter(whole).map(tick).collect()
}

/// A logarithm as the judge’s own sentences write it: `10^2.9`.
fn power(log10: f64) -> String {
    if log10.is_finite() { format!("10^{log10:.1}") } else { "unknown".to_owned() }
}

/// A multiple: `2 ×`.
fn times(ratio: f64) -> String {
    if ratio.is_finite() {
        format!("{} ×", short_number(ratio))
    } else {
        "an unknown multiple of".to_owned()
    }
}

/// ` (about 790)`, two digits of the number itself; empty when it is too large to be read.
fn about(log10: f64) -> String {
    if !(1.0..LARGE).contains(&log10) {
        return String::new();
    }
    let digit = 10f64.powf(log10.floor() - 1.0);
    format!(" (about {:.0})", (10f64.powf(log10) / digit).round() * digit)
}
