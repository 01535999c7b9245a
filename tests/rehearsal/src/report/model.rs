//! What a rehearsal has to say about its releases, before anyone decides how it looks.

use chrono::{DateTime, Utc};
use serde::Serialize;

/// Everything one run of the rehearsal found out.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Report {
    /// Heading of the page.
    pub title: String,
    /// Seed of every random choice; the same seed plays the same releases.
    pub seed: u64,
    /// Speed of the virtual clock, in virtual minutes per real second.
    pub rate_minutes_per_second: f64,
    /// When the report was written, in real time.
    pub written_at: DateTime<Utc>,
    /// The releases, in the order they were played.
    pub releases: Vec<Release>,
}

/// One release, from the first request before it to the last one after it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Release {
    /// Short kebab-case name, unique in the report: the anchor of its section.
    pub name: String,
    /// Heading of its section.
    pub title: String,
    /// One sentence: what should happen.
    pub expectation: String,
    /// Whether it happened.
    pub outcome: Outcome,
    /// One sentence: what did happen.
    pub conclusion: String,
    /// The few numbers a reader would ask for first.
    pub key_figures: Vec<KeyFigure>,
    /// Virtual time zero of its charts.
    pub started_at: DateTime<Utc>,
    /// Virtual time at which the observation ended.
    pub ended_at: DateTime<Utc>,
    /// Everything notable, in order of time.
    pub timeline: Vec<TimelineEntry>,
    /// The load's own measurements, one entry per virtual minute; minutes without load may be left out.
    pub minutes: Vec<Minute>,
    /// Every state of the alias, in order of time, the first one at or before the start.
    pub weights: Vec<WeightChange>,
    /// Whose steps these are: `deployment` or `pipeline`.
    pub steps_of: &'static str,
    /// The lifecycle events of the deployment, or the stages of the pipeline, in order; empty when no deployment was made.
    pub steps: Vec<Step>,
    /// What the judge saw; `None` when nothing was judged.
    pub judged: Option<Judged>,
}

/// The verdict on one release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) enum Outcome {
    /// What should happen did happen.
    AsExpected,
    /// It did not: one sentence for each thing that was wrong.
    Deviated(Vec<String>),
}

/// One number worth a large font.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct KeyFigure {
    /// What is counted.
    pub label: String,
    /// The number, with its unit, or a short word.
    pub value: String,
    /// What it should be compared with; may be empty.
    pub note: String,
}

/// One line of the timeline.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct TimelineEntry {
    /// When it happened, in virtual time.
    pub at: DateTime<Utc>,
    /// Who it was about.
    pub kind: EntryKind,
    /// What happened, in one sentence.
    pub text: String,
}

/// Who a line of the timeline is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum EntryKind {
    /// A deployment was created, stopped or ended.
    Deployment,
    /// A lifecycle hook was invoked or answered.
    Hook,
    /// The judge changed its word.
    Judge,
    /// The alias sends its requests elsewhere.
    Traffic,
    /// An alarm changed its state; marked in the charts.
    Alarm,
    /// The customers' requests began, changed or ended.
    Load,
    /// The pipeline went on, or stopped.
    Pipeline,
    /// A person was asked, or answered.
    Approval,
    /// A person did something by hand.
    Operator,
    /// A release was taken back, and who was told.
    Rollback,
    /// Anything else a reader should know.
    Note,
}

/// One virtual minute of customer requests.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Minute {
    /// The start of the minute.
    pub at: DateTime<Utc>,
    /// What each version did; a version that got no request may be left out.
    pub versions: Vec<VersionMinute>,
}

/// What one version did in one minute.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct VersionMinute {
    /// Version number, as Lambda writes it.
    pub version: String,
    /// Requests that reached it.
    pub requests: u64,
    /// Requests that failed, a part of `requests`.
    pub errors: u64,
    /// Median latency in real milliseconds; `None` when nothing was measured.
    pub p50_ms: Option<f64>,
    /// 95th percentile of latency in real milliseconds; `None` when nothing was measured.
    pub p95_ms: Option<f64>,
}

/// Where the alias sends requests from one moment on.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct WeightChange {
    /// When it took effect, in virtual time.
    pub at: DateTime<Utc>,
    /// The version the alias points at: it gets what the canary does not.
    pub main_version: String,
    /// The version with a weight of its own, while traffic is split.
    pub canary_version: Option<String>,
    /// The canary's share of the requests, 0 to 100 percent.
    pub canary_percent: f64,
}

/// One lifecycle event of a deployment, or one stage of a pipeline.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Step {
    /// Name as CodeDeploy writes it, for example `BeforeAllowTraffic`.
    pub name: String,
    /// How it ended.
    pub status: StepStatus,
    /// When it began, in virtual time; `None` when it never did.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended, in virtual time; `None` when it never began or still runs.
    pub ended_at: Option<DateTime<Utc>>,
    /// Why it ended so; may be empty.
    pub note: String,
}

/// How a lifecycle event ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum StepStatus {
    /// It did its work.
    Succeeded,
    /// It did not, and the deployment went no further.
    Failed,
    /// The deployment ended before its turn, or it had nothing to do.
    Skipped,
    /// It had not ended when the observation did.
    InProgress,
}

/// What the judge saw of the criterion that decided, or of the one with the strongest evidence.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Judged {
    /// Name of the criterion, for example `http_5xx`.
    pub criterion: String,
    /// Allowed bad share, 0 to 100 percent.
    pub limit_percent: f64,
    /// Common logarithm of the evidence at which a test breaches.
    pub threshold_log10: f64,
    /// Allowed multiple of the stable version's bad share.
    pub ratio: f64,
    /// The settled minutes in order of time, as of the last verdict.
    pub minutes: Vec<JudgedMinute>,
    /// Start of the minute whose verdict was the first breach.
    pub first_breach: Option<DateTime<Utc>>,
    /// When the judge's word changed, in order of time; the first entry is its first word.
    pub verdicts: Vec<VerdictChange>,
}

/// One minute as the judge saw it, together with all minutes before.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct JudgedMinute {
    /// The start of the minute.
    pub at: DateTime<Utc>,
    /// Common logarithm of the limit test's evidence after this minute.
    pub limit_log10: f64,
    /// The same of the regression test; `None` when that test does not apply.
    pub regression_log10: Option<f64>,
    /// The canary's share of bad requests, from the first minute to this one.
    pub canary: Band,
    /// The stable version's share of bad requests, from the first minute to this one.
    pub stable: Band,
}

/// A share of bad requests with the bounds that hold at all minutes at once.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Band {
    /// The share, 0 to 100 percent; `None` without requests.
    pub percent: Option<f64>,
    /// Lower bound, 0 to 100 percent.
    pub low_percent: f64,
    /// Upper bound, 0 to 100 percent.
    pub high_percent: f64,
}

/// The judge's word from one moment on.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct VerdictChange {
    /// When it was given, in virtual time.
    pub at: DateTime<Utc>,
    /// `healthy`, `inconclusive` or `breach`.
    pub word: String,
    /// The judge's one sentence about it.
    pub reason: String,
}
