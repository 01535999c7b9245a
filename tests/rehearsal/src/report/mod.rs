//! One self-contained HTML page about a run of the rehearsal: no script, no network, light and dark.
//!
//! [`render`] turns a [`Report`] into the page. `model` is what the rehearsal fills in; the charts (`traffic`,
//! `health`, `judged`, `steps`) each turn one release into shapes; `panel`, `plane` and `scale` know how any chart is
//! drawn and nothing about releases; the templates and the style sheet are under `templates/`.

mod elapsed;
#[cfg(test)]
mod example;
mod health;
mod hover;
mod judged;
mod markers;
mod model;
mod panel;
mod plane;
mod scale;
mod scene;
mod steps;
#[cfg(test)]
mod tests;
mod traffic;

use askama::Template;

pub(crate) use self::elapsed::in_words;
pub(crate) use self::model::{
    Band, EntryKind, Judged, JudgedMinute, KeyFigure, Minute, Outcome, Release, Report, Step, StepStatus,
    TimelineEntry, VerdictChange, VersionMinute, WeightChange,
};

use self::markers::{Badge, Marker};
use self::panel::Panel;
use self::scale::{Tick, short_number};
use self::scene::Scene;
use self::steps::StepRow;

/// The whole page.
#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    report: &'a Report,
    sections: Vec<Section<'a>>,
    /// Releases that went as expected.
    good: usize,
    /// Virtual minutes per real second.
    rate: String,
}

/// One release, ready for the template.
struct Section<'a> {
    release: &'a Release,
    /// It went as expected.
    good: bool,
    /// What was wrong; empty when nothing was.
    deviations: &'a [String],
    /// Length of the release, in virtual time.
    length: String,
    /// Date and time of its time zero.
    began: String,
    panels: Vec<Panel>,
    ticks: Vec<Tick>,
    markers: Vec<Marker>,
    badges: Vec<Badge>,
    /// Index of the panel that carries the badges: the first one that is drawn.
    badged: usize,
    steps: Vec<StepRow<'a>>,
    timeline: Vec<Line<'a>>,
}

impl Section<'_> {
    /// Whether the sign of an alarm needs explaining.
    fn has_alarms(&self) -> bool {
        self.markers.iter().any(|marker| marker.class == "alarm")
    }
}

/// One line of the timeline, ready for the template.
struct Line<'a> {
    /// Since the start, in virtual time.
    elapsed: String,
    /// Class of the style sheet.
    class: &'static str,
    kind: &'static str,
    text: &'a str,
}

/// The page, as it is written to a file.
///
/// # Errors
///
/// When the template engine fails to write; with the data of this module it has no reason to.
pub(crate) fn render(report: &Report) -> Result<String, askama::Error> {
    let sections: Vec<Section<'_>> = report.releases.iter().map(section).collect();
    let good = sections.iter().filter(|section| section.good).count();
    Page { report, sections, good, rate: short_number(report.rate_minutes_per_second) }.render()
}

/// Draws one release.
fn section<'a>(release: &'a Release) -> Section<'a> {
    let scene = Scene::new(release);
    let markers = markers::markers(&scene);
    let line = |entry: &'a TimelineEntry| {
        let (class, kind) = kind(entry.kind);
        Line { elapsed: scene.start.stopwatch(entry.at), class, kind, text: &entry.text }
    };
    let mut panels = vec![
        traffic::split(&scene),
        traffic::requests(&scene),
        health::errors(&scene),
        health::latency(&scene),
    ];
    panels.extend(judged::panels(&scene));
    Section {
        release,
        good: release.outcome == Outcome::AsExpected,
        deviations: match &release.outcome {
            Outcome::AsExpected => &[],
            Outcome::Deviated(deviations) => deviations,
        },
        length: in_words(release.ended_at - release.started_at),
        began: release.started_at.format("%Y-%m-%d %H:%M:%S").to_string(),
        badged: panels.iter().position(|panel| panel.empty.is_none()).unwrap_or(0),
        panels,
        ticks: scene.time.time_ticks(),
        badges: markers::badges(&markers, &scene.time),
        markers,
        steps: steps::rows(&scene),
        timeline: release.timeline.iter().map(line).collect(),
    }
}

/// Class and word for a kind of entry.
fn kind(kind: EntryKind) -> (&'static str, &'static str) {
    match kind {
        EntryKind::Deployment => ("deployment", "Deployment"),
        EntryKind::Hook => ("hook", "Hook"),
        EntryKind::Judge => ("judge", "Judge"),
        EntryKind::Traffic => ("traffic", "Traffic"),
        EntryKind::Alarm => ("alarm", "Alarm"),
        EntryKind::Load => ("load", "Load"),
        EntryKind::Pipeline => ("pipeline", "Pipeline"),
        EntryKind::Approval => ("approval", "Approval"),
        EntryKind::Operator => ("operator", "By hand"),
        EntryKind::Rollback => ("rollback", "Rollback"),
        EntryKind::Note => ("note", "Note"),
    }
}
