//! The lifecycle events of a deployment, one row each, on the time axis of the charts above them.

use super::elapsed::in_words;
use super::model::{Step, StepStatus};
use super::plane::Plane;
use super::scale::Axis;
use super::scene::Scene;

/// Height of a row's drawing in pixels.
const HEIGHT: f64 = 12.0;

/// One lifecycle event.
#[derive(Debug)]
pub(super) struct StepRow<'a> {
    /// Place in the deployment, from 1: the number on its marker.
    pub(super) number: usize,
    pub(super) step: &'a Step,
    /// Class of the style sheet that sets its colour.
    pub(super) class: &'static str,
    /// The status for readers who do not see the colour.
    pub(super) symbol: &'static str,
    /// The status, and when and how long, in words.
    pub(super) told: String,
    pub(super) plane: Plane,
    /// SVG path of its bar; empty when it never began.
    pub(super) bar: String,
}

/// One row for each step, in the order of the deployment.
pub(super) fn rows<'a>(scene: &Scene<'a>) -> Vec<StepRow<'a>> {
    let plane = Plane { time: scene.time, value: Axis::new(0.0, 1.0), height: HEIGHT };
    let row = |(step, number): (&'a Step, usize)| {
        let (class, symbol, status) = match step.status {
            StepStatus::Succeeded => ("good", "✓", "succeeded"),
            StepStatus::Failed => ("bad", "✕", "failed"),
            StepStatus::Skipped => ("idle", "–", "skipped"),
            StepStatus::InProgress => ("open", "…", "still in progress"),
        };
        let end = step.ended_at.map_or(scene.time.high(), |at| scene.minute(at));
        let bar = step.started_at.map(|at| plane.column((scene.minute(at), end))).unwrap_or_default();
        StepRow { number, step, class, symbol, told: told(scene, step, status), plane, bar }
    };
    scene.release.steps.iter().zip(1..).map(row).collect()
}

/// `succeeded, 2:20 to 17:30 (15 min 10 s)`.
fn told(scene: &Scene<'_>, step: &Step, status: &str) -> String {
    let clock = |at| scene.start.stopwatch(at);
    match (step.started_at, step.ended_at) {
        (Some(start), Some(end)) => {
            format!("{status}, {} to {} ({})", clock(start), clock(end), in_words(end - start))
        }
        (Some(start), None) => format!("{status}, since {}", clock(start)),
        _ => status.to_owned(),
    }
}
