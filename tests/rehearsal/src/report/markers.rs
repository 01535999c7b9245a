//! The moments that run as vertical lines through all charts: a step begins, an alarm changes its state.

use super::model::EntryKind;
use super::plane::{Coordinate, Plane};
use super::scale::Axis;
use super::scene::Scene;

/// Markers closer than this share one badge; a fraction of the time axis, about a badge's width on a telephone.
const BADGE_WIDTH: f64 = 0.06;

/// A vertical line through all charts.
#[derive(Debug, Clone)]
pub(super) struct Marker {
    /// Minutes since the start.
    pub(super) minute: f64,
    /// Class of the style sheet: `step` or `alarm`.
    pub(super) class: &'static str,
    /// Number of the step; zero for an alarm.
    number: usize,
    /// What happened, and when.
    pub(super) tooltip: String,
}

/// The label of one marker, or of several that stand too close together for one each.
#[derive(Debug)]
pub(super) struct Badge {
    /// Minutes since the start.
    minute: f64,
    /// Class of the style sheet: `step` or `alarm`.
    pub(super) class: &'static str,
    first: usize,
    last: usize,
    /// What happened, one line for each marker.
    pub(super) tooltip: String,
}

impl Badge {
    /// Its centre, in percent of the width.
    pub(super) fn left(&self, plane: &Plane) -> Coordinate {
        plane.percent(self.minute)
    }

    /// The number of the step, the range of steps, or the sign of an alarm.
    pub(super) fn text(&self) -> String {
        match (self.class, self.first, self.last) {
            ("alarm", _, _) => "!".to_owned(),
            (_, first, last) if first == last => first.to_string(),
            (_, first, last) => format!("{first}–{last}"),
        }
    }

    /// Half its width in pixels.
    pub(super) fn half_width(&self) -> u8 {
        if self.first == self.last { 8 } else { 14 }
    }
}

/// The begin of each step that began, and each line of the timeline about an alarm, in order of time.
pub(super) fn markers(scene: &Scene<'_>) -> Vec<Marker> {
    let steps = scene.release.steps.iter().zip(1..).filter_map(|(step, number)| {
        let at = step.started_at?;
        let tooltip = format!("{} {} begins", scene.start.stopwatch(at), step.name);
        Some(Marker { minute: scene.minute(at), class: "step", number, tooltip })
    });
    let alarms = scene.release.timeline.iter().filter(|entry| entry.kind == EntryKind::Alarm).map(|entry| {
        let tooltip = format!("{} {}", scene.start.stopwatch(entry.at), entry.text);
        Marker { minute: scene.minute(entry.at), class: "alarm", number: 0, tooltip }
    });
    let mut all: Vec<Marker> = steps.chain(alarms).collect();
    all.sort_by(|left, right| left.minute.total_cmp(&right.minute));
    all
}

/// One badge for each marker, or for a run of markers of one kind that stand too close together.
pub(super) fn badges(markers: &[Marker], time: &Axis) -> Vec<Badge> {
    let mut badges: Vec<Badge> = Vec::new();
    for marker in markers {
        let near = |badge: &Badge| time.fraction(marker.minute) - time.fraction(badge.minute) < BADGE_WIDTH;
        let same = |badge: &&mut Badge| badge.class == marker.class && near(badge);
        match badges.iter_mut().rev().find(same) {
            Some(badge) => {
                badge.first = badge.first.min(marker.number);
                badge.last = badge.last.max(marker.number);
                badge.tooltip = format!("{}\n{}", badge.tooltip, marker.tooltip);
            }
            None => badges.push(Badge {
                minute: marker.minute,
                class: marker.class,
                first: marker.number,
                last: marker.number,
                tooltip: marker.tooltip.clone(),
            }),
        }
    }
    badges
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marker(minute: f64, class: &'static str, number: usize) -> Marker {
        Marker { minute, class, number, tooltip: number.to_string() }
    }

    fn texts(markers: &[Marker]) -> Vec<String> {
        badges(markers, &Axis::new(0.0, 100.0)).iter().map(Badge::text).collect()
    }

    #[test]
    fn badge_is_shared_when_steps_begin_close_together() {
        let near = [marker(10.0, "step", 1), marker(11.0, "step", 2), marker(12.0, "step", 3)];
        assert_eq!(texts(&near), ["1–3"]);
        let far = [marker(10.0, "step", 1), marker(16.0, "step", 2), marker(16.5, "step", 3)];
        assert_eq!(texts(&far), ["1", "2–3"]);
    }

    #[test]
    fn alarm_keeps_its_own_badge_when_a_step_begins_beside_it() {
        let both = [marker(10.0, "step", 1), marker(10.5, "alarm", 0), marker(11.0, "step", 2)];
        assert_eq!(texts(&both), ["1–2", "!"]);
    }

    #[test]
    fn tooltip_tells_of_every_marker_when_a_badge_is_shared() {
        let near = [marker(10.0, "step", 1), marker(11.0, "step", 2)];
        let tooltip = badges(&near, &Axis::new(0.0, 100.0)).remove(0).tooltip;
        assert_eq!(tooltip, "1\n2");
    }
}
