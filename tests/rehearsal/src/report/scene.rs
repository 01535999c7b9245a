//! What all charts of one release share: the time axis, the versions and their colours.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::elapsed::Start;
use super::model::{Minute, Release, VersionMinute};
use super::plane::Point;
use super::scale::Axis;

/// Colours the style sheet knows for versions.
const COLOURS: usize = 6;
/// Measurements further apart than this, in minutes, are not joined by a line.
const LONGEST_JOIN: f64 = 1.5;

/// One release, ready to be drawn.
#[derive(Debug)]
pub(super) struct Scene<'a> {
    pub(super) release: &'a Release,
    pub(super) start: Start,
    /// Virtual minutes since the start.
    pub(super) time: Axis,
    /// Oldest first: the order of colours, of stacks and of legends.
    pub(super) versions: Vec<Version>,
}

/// A version and how it looks in every chart of its release.
#[derive(Debug, Clone)]
pub(super) struct Version {
    pub(super) number: String,
    /// Class of the style sheet that sets its colour.
    pub(super) colour: String,
}

impl Version {
    /// How it reads in a sentence.
    pub(super) fn name(&self) -> String {
        named(&self.number)
    }
}

/// `version 2`, or the name itself when it is not a number, as in `$LATEST`.
pub(super) fn named(number: &str) -> String {
    match number.parse::<u64>() {
        Ok(_) => format!("version {number}"),
        Err(_) => number.to_owned(),
    }
}

impl<'a> Scene<'a> {
    /// Fits the time axis to everything that was observed, and gives each version its colour.
    pub(super) fn new(release: &'a Release) -> Self {
        let start = Start(release.started_at);
        let judged = || release.judged.iter().flat_map(|judged| &judged.minutes).map(|minute| minute.at);
        let measured = || release.minutes.iter().map(|minute| minute.at);
        let minutes = || measured().chain(judged()).map(|at| start.minutes(at));
        let first = minutes().fold(0.0, f64::min);
        let last = minutes().map(|minute| minute + 1.0).fold(start.minutes(release.ended_at), f64::max);
        Self { release, start, time: Axis::new(first, last), versions: versions(release) }
    }

    /// Place of a moment on the time axis.
    pub(super) fn minute(&self, at: DateTime<Utc>) -> f64 {
        self.start.minutes(at)
    }

    /// Begin and end of a measured minute, on the time axis.
    pub(super) fn bounds(&self, minute: &Minute) -> (f64, f64) {
        let begin = self.minute(minute.at);
        (begin, begin + 1.0)
    }

    /// One quantity of one version over time, each value in the middle of its minute.
    ///
    /// A minute without the version, without the value, or missing altogether is a gap.
    pub(super) fn series(
        &self,
        version: &Version,
        quantity: impl Fn(&VersionMinute) -> Option<f64>,
    ) -> Vec<Point> {
        let value = |minute: &Minute| {
            let entry = minute.versions.iter().find(|entry| entry.version == version.number);
            entry.and_then(&quantity)
        };
        self.over_time(self.release.minutes.iter().map(|minute| (minute.at, value(minute))))
    }

    /// One quantity over time, given for the start of each minute, as a value in the middle of it.
    ///
    /// A minute that is missing is a gap.
    pub(super) fn over_time(&self, values: impl Iterator<Item = (DateTime<Utc>, Option<f64>)>) -> Vec<Point> {
        let mut points: Vec<Point> = Vec::new();
        for (at, value) in values {
            let middle = self.minute(at) + 0.5;
            if let Some((previous, _)) = points.last().copied()
                && middle - previous > LONGEST_JOIN
            {
                points.push((f64::midpoint(previous, middle), None));
            }
            points.push((middle, value));
        }
        points
    }

    /// Sum of one count of one version over the whole release.
    pub(super) fn total(&self, version: &Version, count: impl Fn(&VersionMinute) -> u64) -> u64 {
        let entries = self.release.minutes.iter().flat_map(|minute| &minute.versions);
        entries.filter(|entry| entry.version == version.number).map(count).sum()
    }
}

/// Every version that is mentioned anywhere, by number; names that are not numbers come last.
fn versions(release: &Release) -> Vec<Version> {
    let measured = release.minutes.iter().flat_map(|minute| &minute.versions).map(|entry| &entry.version);
    let weighed = release.weights.iter();
    let weighed = weighed.flat_map(|change| [Some(&change.main_version), change.canary_version.as_ref()]);
    let rank = |number: &String| (number.parse::<u64>().unwrap_or(u64::MAX), number.clone());
    let sorted: BTreeSet<(u64, String)> = measured.chain(weighed.flatten()).map(rank).collect();
    let colours = (1..=COLOURS).cycle();
    let version = |((_, number), colour)| Version { number, colour: format!("v{colour}") };
    sorted.into_iter().zip(colours).map(version).collect()
}

/// A count as a coordinate.
#[expect(clippy::cast_precision_loss, reason = "a chart has no place for the 54th bit of a count")]
pub(super) fn as_value(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::super::example::{at, release, version_minute, weight};
    use super::*;

    fn requests(entry: &VersionMinute) -> Option<f64> {
        Some(as_value(entry.requests))
    }

    fn minute(number: i64, versions: &[(&str, u64)]) -> Minute {
        let versions =
            versions.iter().map(|(version, requests)| version_minute(version, *requests)).collect();
        Minute { at: at(number * 60), versions }
    }

    /// The values of one version, minute by minute, `None` for each gap.
    fn values(minutes: Vec<Minute>, number: &str) -> Vec<Option<u32>> {
        let release = Release { minutes, ..release() };
        let scene = Scene::new(&release);
        let version = scene.versions.iter().find(|version| version.number == number).unwrap();
        let points = scene.series(version, requests);
        (points.into_iter()).map(|(_, value)| value.map(|value| value.to_string().parse().unwrap())).collect()
    }

    #[test]
    fn value_is_a_gap_and_not_zero_when_the_version_is_missing_from_a_minute() {
        let minutes =
            vec![minute(0, &[("1", 9), ("2", 1)]), minute(1, &[("1", 8)]), minute(2, &[("2", 3), ("1", 7)])];
        assert_eq!(values(minutes.clone(), "1"), [Some(9), Some(8), Some(7)]);
        assert_eq!(values(minutes, "2"), [Some(1), None, Some(3)]);
    }

    #[test]
    fn value_is_a_gap_when_a_whole_minute_is_left_out() {
        let minutes = vec![minute(0, &[("1", 9)]), minute(1, &[("1", 8)]), minute(4, &[("1", 7)])];
        assert_eq!(values(minutes, "1"), [Some(9), Some(8), None, Some(7)]);
    }

    #[test]
    fn versions_are_in_numeric_order_when_there_are_more_than_nine() {
        let weights = vec![weight(0, "10", None, 0.0), weight(60, "9", Some("$LATEST"), 10.0)];
        let release = Release { weights, minutes: vec![minute(0, &[("2", 1), ("10", 1)])], ..release() };
        let versions = Scene::new(&release).versions;
        let numbers: Vec<&str> = versions.iter().map(|version| version.number.as_str()).collect();
        assert_eq!(numbers, ["2", "9", "10", "$LATEST"]);
        let colours: Vec<&str> = versions.iter().map(|version| version.colour.as_str()).collect();
        assert_eq!(colours, ["v1", "v2", "v3", "v4"]);
    }

    #[test]
    fn axis_includes_a_minute_when_it_began_before_the_release() {
        let release = Release { minutes: vec![Minute { at: at(-20), versions: vec![] }], ..release() };
        let axis = Scene::new(&release).time;
        assert!(axis.low() < -0.3 && axis.fraction(0.0) > 0.0);
    }
}
