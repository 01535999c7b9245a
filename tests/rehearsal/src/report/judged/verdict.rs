//! The judge's word over time.

use super::super::model::{Judged, VerdictChange};
use super::super::panel::{Anchor, Key, Mark, Panel, Text};
use super::super::plane::{Coordinate, Plane};
use super::super::scale::Axis;
use super::super::scene::Scene;

/// Height of the strip in pixels.
const HEIGHT: f64 = 24.0;
/// Width of a drawing on a telephone, in pixels.
const NARROW: f64 = 300.0;
/// Least width of a drawing on anything wider than a telephone, in pixels.
const WIDE: f64 = 470.0;
/// Pixels for one letter of a word, and for the sign before it with its margins.
const LETTER: f64 = 6.6;
const SIGN: f64 = 20.0;

/// A stretch of time with one word.
struct Stretch<'a> {
    minutes: (f64, f64),
    change: &'a VerdictChange,
}

/// One block for each word, until the next one; the last word stands to the end.
pub(super) fn panel(scene: &Scene<'_>, judged: &Judged) -> Panel {
    let plane = Plane { time: scene.time, value: Axis::new(0.0, 1.0), height: HEIGHT };
    let stretches = stretches(scene, judged);
    let told: Vec<String> = stretches.iter().map(|stretch| told(scene, stretch.change)).collect();
    let block = |stretch: &Stretch<'_>| Mark {
        class: format!("band {}", looks(&stretch.change.word).0),
        path: plane.column(stretch.minutes),
        tooltip: self::told(scene, stretch.change),
    };
    let track = Mark::silent("track".to_owned(), plane.track());
    Panel {
        heading: "The judge’s word".into(),
        description: format!("The judge’s word over time. {}.", told.join("; ")),
        ticks: Vec::new(),
        hint: "the last word stands",
        note: "",
        keys: keys(&stretches),
        marks: [track].into_iter().chain(stretches.iter().map(block)).collect(),
        texts: stretches.iter().filter_map(|stretch| words(&plane, stretch)).collect(),
        plane,
        empty: stretches.is_empty().then_some("The judge said nothing."),
    }
}

/// From each word to the next, the last one to the end of the axis.
fn stretches<'a>(scene: &Scene<'_>, judged: &'a Judged) -> Vec<Stretch<'a>> {
    let ends = judged.verdicts.iter().skip(1).map(|next| scene.minute(next.at)).chain([scene.time.high()]);
    let stretch = |(change, end): (&'a VerdictChange, f64)| Stretch {
        minutes: (scene.minute(change.at).max(scene.time.low()), end),
        change,
    };
    let stretches = judged.verdicts.iter().zip(ends).map(stretch);
    stretches.filter(|stretch| stretch.minutes.0 < stretch.minutes.1).collect()
}

/// One entry for each word, in the order of their first time.
fn keys(stretches: &[Stretch<'_>]) -> Vec<Key> {
    let mut keys: Vec<Key> = Vec::new();
    for stretch in stretches {
        let (class, sign) = looks(&stretch.change.word);
        let name = format!("{sign} {}", stretch.change.word);
        if keys.iter().all(|key| key.name != name) {
            keys.push(Key { colour: class.to_owned(), name, figure: String::new() });
        }
    }
    keys
}

/// Class of the style sheet for a word, and the sign for readers who do not see the colour.
fn looks(word: &str) -> (&'static str, &'static str) {
    match word {
        "healthy" => ("healthy", "✓"),
        "breach" => ("breach", "✕"),
        _ => ("inconclusive", "?"),
    }
}

/// `from 5:00 inconclusive: too few requests`.
fn told(scene: &Scene<'_>, change: &VerdictChange) -> String {
    format!("from {} {}: {}", scene.start.stopwatch(change.at), change.word, change.reason)
}

/// The word inside its stretch, or its sign, as much as there is room for.
fn words(plane: &Plane, stretch: &Stretch<'_>) -> Option<Text> {
    let width = plane.time.fraction(stretch.minutes.1) - plane.time.fraction(stretch.minutes.0);
    let word = &stretch.change.word;
    let letters = i32::try_from(word.chars().count()).map_or(f64::INFINITY, f64::from);
    let needed = SIGN + LETTER * letters;
    let sign = looks(word).1;
    let (short, more) = if needed < width * NARROW {
        (format!("{sign} {word}"), String::new())
    } else if needed < width * WIDE {
        (sign.to_owned(), format!(" {word}"))
    } else if SIGN < width * NARROW {
        (sign.to_owned(), String::new())
    } else {
        return None;
    };
    let (left, top) = (plane.percent(stretch.minutes.0), Coordinate(plane.height - 8.0));
    Some(Text { left, top, short, more, anchor: Anchor::Start, outlined: false })
}
