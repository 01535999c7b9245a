//! SVG paths from points: the only place that knows how a chart's coordinates run.
//!
//! Every shape is drawn in a nested `svg` that is 1000 units wide and stretched to the width of the page,
//! and as high as it has pixels. Text stands outside of it, at percentages: nothing is distorted at any width.

use std::fmt;

use super::scale::{Axis, Tick};

/// Width of the drawing, in its own units.
const WIDTH: f64 = 1000.0;

/// The two axes of one chart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plane {
    /// Minutes since the start, from left to right.
    pub(super) time: Axis,
    /// The measured quantity, from bottom to top.
    pub(super) value: Axis,
    /// Height of the drawing in pixels.
    pub(super) height: f64,
}

/// A coordinate, written with no more digits than a screen can show.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Coordinate(pub(super) f64);

impl fmt::Display for Coordinate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&super::scale::short_number(self.0))
    }
}

/// A measurement at a minute; `None` is a gap, never a zero.
pub(super) type Point = (f64, Option<f64>);

impl Plane {
    /// Horizontal place of a minute, in units of the drawing.
    pub(super) fn x(&self, minute: f64) -> Coordinate {
        Coordinate(self.time.fraction(minute) * WIDTH)
    }

    /// Vertical place of a value, in pixels from the top.
    pub(super) fn y(&self, value: f64) -> Coordinate {
        Coordinate((1.0 - self.value.fraction(value)) * self.height)
    }

    /// Horizontal place of a minute for text, in percent of the width.
    pub(super) fn percent(&self, minute: f64) -> Coordinate {
        Coordinate(self.time.fraction(minute) * 100.0)
    }

    /// A line through the points, interrupted at every gap.
    pub(super) fn line(&self, points: &[Point]) -> String {
        let mut path = String::new();
        let mut pen = 'M';
        for (minute, value) in points {
            match value.filter(|value| value.is_finite()) {
                Some(value) => {
                    path.push_str(&format!("{pen}{} {}", self.x(*minute), self.y(value)));
                    pen = 'L';
                }
                None => pen = 'M',
            }
        }
        path
    }

    /// A dot for each point that has a value: with round caps, a line of no length is a circle at any width.
    pub(super) fn dots(&self, points: &[Point]) -> String {
        let measured = |(minute, value): &Point| Some((*minute, value.filter(|value| value.is_finite())?));
        points
            .iter()
            .filter_map(measured)
            .map(|(minute, value)| format!("M{} {}h.01", self.x(minute), self.y(value)))
            .collect()
    }

    /// The surface between two lines through the same minutes, interrupted where either has a gap.
    ///
    /// A minute between two gaps is as wide as a minute is.
    pub(super) fn area(&self, low: &[Point], high: &[Point]) -> String {
        let value = |(_, value): &Point| value.filter(|value| value.is_finite());
        let edges = low.iter().zip(high).map(|(low, high)| Some((low.0, value(low)?, value(high)?)));
        let edges: Vec<Option<(f64, f64, f64)>> = edges.collect();
        edges
            .split(Option::is_none)
            .map(|run| self.surface(&run.iter().flatten().collect::<Vec<_>>()))
            .collect()
    }

    /// One closed surface through minutes with a lower and an upper value.
    fn surface(&self, run: &[&(f64, f64, f64)]) -> String {
        match run {
            [] => String::new(),
            [(minute, low, high)] => self.block((minute - 0.5, minute + 0.5), (*low, *high)),
            _ => {
                let there = run.iter().map(|(minute, _, high)| (*minute, *high));
                let back = run.iter().rev().map(|(minute, low, _)| (*minute, *low));
                let outline: Vec<Point> =
                    there.chain(back).map(|(minute, value)| (minute, Some(value))).collect();
                format!("{}Z", self.line(&outline))
            }
        }
    }

    /// A line from the first minute to the last, at one value; empty when the value is not on the axis.
    pub(super) fn level(&self, value: f64) -> String {
        if !self.shows(value) {
            return String::new();
        }
        self.line(&[(self.time.low(), Some(value)), (self.time.high(), Some(value))])
    }

    /// Whether a value is on the axis.
    pub(super) fn shows(&self, value: f64) -> bool {
        (self.value.low()..=self.value.high()).contains(&value)
    }

    /// As many numbers as the height can carry, with `unit` after each.
    pub(super) fn ticks(&self, unit: &str) -> Vec<Tick> {
        self.value.value_ticks(unit, self.height)
    }

    /// A rectangle between two minutes and two values.
    pub(super) fn block(&self, minutes: (f64, f64), values: (f64, f64)) -> String {
        let (left, right) = (self.x(minutes.0), self.x(minutes.1));
        let (bottom, top) = (self.y(values.0), self.y(values.1));
        format!("M{left} {bottom}V{top}H{right}V{bottom}Z")
    }

    /// A rectangle between two minutes, from the bottom to the top.
    pub(super) fn column(&self, minutes: (f64, f64)) -> String {
        self.block(minutes, (self.value.low(), self.value.high()))
    }

    /// A rectangle around everything.
    pub(super) fn track(&self) -> String {
        self.column((self.time.low(), self.time.high()))
    }

    /// A line from the bottom to the top, at one minute.
    pub(super) fn upright(&self, minute: f64) -> String {
        format!("M{} 0V{}", self.x(minute), Coordinate(self.height))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plane() -> Plane {
        Plane { time: Axis::new(0.0, 10.0), value: Axis::new(0.0, 4.0), height: 100.0 }
    }

    #[test]
    fn line_is_interrupted_when_a_value_is_missing() {
        let points = [(0.0, Some(4.0)), (1.0, Some(2.0)), (2.0, None), (3.0, Some(0.0)), (4.0, Some(1.0))];
        assert_eq!(plane().line(&points), "M0 0L100 50M300 100L400 75");
    }

    #[test]
    fn line_is_interrupted_when_a_value_is_not_a_number() {
        let points = [(0.0, Some(4.0)), (1.0, Some(f64::NAN)), (2.0, Some(f64::INFINITY)), (3.0, Some(0.0))];
        assert_eq!(plane().line(&points), "M0 0M300 100");
    }

    #[test]
    fn dots_leave_out_minutes_when_they_have_no_value() {
        assert_eq!(plane().dots(&[(0.0, None), (1.0, Some(2.0)), (2.0, None)]), "M100 50h.01");
    }

    #[test]
    fn line_is_empty_when_there_is_no_point() {
        assert_eq!(plane().line(&[]), "");
        assert_eq!(plane().dots(&[]), "");
    }

    #[test]
    fn block_stands_on_its_lower_value_when_stacked() {
        assert_eq!(plane().block((1.0, 2.0), (1.0, 3.0)), "M100 75V25H200V75Z");
    }

    #[test]
    fn area_has_one_surface_for_each_run_of_minutes_when_there_are_gaps() {
        let low = [(0.0, Some(0.0)), (1.0, Some(1.0)), (2.0, None), (3.0, Some(1.0)), (4.0, Some(f64::NAN))];
        let high = [(0.0, Some(9.0)), (1.0, Some(2.0)), (2.0, Some(2.0)), (3.0, Some(2.0)), (4.0, Some(2.0))];
        assert_eq!(plane().area(&low, &high), "M0 0L100 50L100 75L0 100ZM250 75V50H350V75Z");
        assert_eq!(plane().area(&[], &[]), "");
    }

    #[test]
    fn level_is_not_drawn_when_its_value_is_not_on_the_axis() {
        assert_eq!(plane().level(1.0), "M0 75L1000 75");
        for value in [-0.1, 4.1, f64::NAN, f64::INFINITY] {
            assert_eq!(plane().level(value), "");
        }
    }

    #[test]
    fn coordinate_is_short_when_it_has_many_digits() {
        assert_eq!(Coordinate(1.0 / 3.0).to_string(), "0.33");
        assert_eq!(Coordinate(-0.0001).to_string(), "0");
        assert_eq!(Coordinate(100.0).to_string(), "100");
    }
}
