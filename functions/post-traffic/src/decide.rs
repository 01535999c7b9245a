//! When the bake looks at what, whether it fits, whom an alarm blames, and what all of it says together. Pure.

use crate::config::WhenInconclusive;

use chrono::{DateTime, TimeDelta, Utc};
use guard::Alarm;
use hook::Verdict;
use judge::{Doubt, Report, Word};
use readings::Window;
use std::collections::BTreeSet;
use std::time::Duration;

/// A look comes this long after a full minute, so that no small difference of clocks cuts the minute short.
const LOOK_DELAY: TimeDelta = TimeDelta::seconds(5);
/// The last look takes real time too: its calls, with a second try.
pub(crate) const CALLS: Duration = Duration::from_secs(5);
/// Looks after the last one, when something could not be read.
const MOST_SECOND_LOOKS: u32 = 2;
/// What a function's time-out must hold beside the bake: time to observe the deployment before it.
const OBSERVING: Duration = Duration::from_secs(10);
/// A function may take at most 15 minutes (Lambda quotas).
const LONGEST_TIMEOUT_SECONDS: u64 = 900;

/// The minutes that are watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bake {
    /// The first of them.
    pub from: DateTime<Utc>,
    /// How many.
    pub minutes: u32,
    /// How many more until the last of them is settled.
    pub settle_minutes: u32,
}

impl Bake {
    /// From the next full minute at or after `now` ([`Window::first_minute_alone`]).
    #[must_use]
    pub fn beginning(now: DateTime<Utc>, minutes: u32, settle_minutes: u32) -> Self {
        Self { from: Window::first_minute_alone(now), minutes, settle_minutes }
    }

    /// Looks in all: one after each minute, until the last minute is settled.
    const fn looks(&self) -> u32 {
        self.minutes + self.settle_minutes
    }

    /// When the look of this number is due; they are counted from 1.
    #[must_use]
    pub fn look_at(&self, look: u32) -> DateTime<Utc> {
        self.from + TimeDelta::minutes(look.into()) + LOOK_DELAY
    }

    /// The end of the bake: the last look.
    #[must_use]
    pub fn ends_at(&self) -> DateTime<Utc> {
        self.look_at(self.looks())
    }

    /// The same had it begun just after a full minute at `now`: what a function's time-out must allow for.
    #[must_use]
    pub fn ends_at_the_latest(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        now + TimeDelta::minutes(1) + (self.ends_at() - self.from)
    }

    /// The number of the look after `last` (0 for none yet); looks that were missed because one before took so long are
    /// left out. `None` after the last.
    #[must_use]
    pub fn next_look(&self, last: u32, now: DateTime<Utc>) -> Option<u32> {
        let due = u32::try_from((now - self.from - LOOK_DELAY).num_minutes()).unwrap_or(0);
        (last < self.looks()).then(|| due.max(last + 1).min(self.looks()))
    }

    /// The numbers of the looks after the last, a minute apart, for metrics that come late.
    pub fn second_looks(&self) -> impl Iterator<Item = u32> + use<> {
        let last = self.looks();
        last + 1..=last + MOST_SECOND_LOOKS
    }

    /// The minutes settled at a look. Beside them stand those of the version before, from as many minutes before the
    /// bake as it is long: shown, not tested, because they come from another time.
    #[must_use]
    pub fn window(&self, look: u32) -> Window {
        let minutes = look.saturating_sub(self.settle_minutes).min(self.minutes);
        let stable_from = self.from - TimeDelta::minutes(self.minutes.into());
        Window { from: self.from, minutes: usize::try_from(minutes).unwrap_or(0), stable_from }
    }
}

/// Real time that a bake takes, and how much there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time {
    /// Until its last look.
    pub bake: Duration,
    /// The same if it had begun just after a full minute.
    pub longest_bake: Duration,
    /// Until the check must have its verdict.
    pub left: Duration,
    /// What the answer keeps ([`hook::ANSWER_RESERVE_SECONDS`]).
    pub reserve: Duration,
}

impl Time {
    /// Whether the last look and its calls end in time.
    #[must_use]
    pub fn suffices(&self) -> bool {
        self.bake + CALLS <= self.left
    }

    /// Whether the bake fits whenever in its minute it begins; if not, another release fails although nothing changed.
    #[must_use]
    pub fn always_suffices(&self) -> bool {
        self.longest_bake + CALLS <= self.left
    }

    /// The shortest time-out of the function, in seconds, with which the bake fits whenever it begins. The reserve takes
    /// at most a third of the invocation ([`hook::Timetable`]).
    #[must_use]
    pub fn needed_timeout_seconds(&self) -> u64 {
        let check = OBSERVING + self.longest_bake + CALLS;
        let timeout = check + self.reserve.min(check / 2);
        timeout.as_secs() + u64::from(timeout.subsec_nanos() > 0)
    }

    /// What to say when it does not suffice.
    #[must_use]
    pub fn advice(&self, bake: &Bake) -> String {
        let needed = self.needed_timeout_seconds();
        let Bake { minutes, settle_minutes, .. } = bake;
        let (takes, left) = ((self.bake + CALLS).as_secs_f64(), self.left.as_secs_f64());
        let what_to_do = if needed > LONGEST_TIMEOUT_SECONDS {
            format!(
                "shorten BAKE_MINUTES (this bake needs a function time-out of {needed} s, Lambda allows {LONGEST_TIMEOUT_SECONDS})"
            )
        } else {
            format!("give the function a time-out of at least {needed} s, or shorten BAKE_MINUTES")
        };
        format!(
            "not enough time: a bake of {minutes} minutes and {settle_minutes} to settle takes {takes:.0} s, and {left:.0} s are left; {what_to_do}"
        )
    }
}

/// What one look at the alarms says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alarms {
    /// No alarm that this deployment is to blame for. The names are of those that were firing before it.
    Blameless(BTreeSet<String>),
    /// One sentence for each alarm that does not exist, or fires since the deployment was created.
    Blamed(String),
    /// Nothing, for this reason.
    Unread(String),
}

/// Holds the alarms against the names that were to be watched. `before` is the answer of the look before, `None` at the
/// first: where dates are unknown, an alarm that was firing at the first look, and ever since, was firing before.
#[must_use]
pub fn blame(
    names: &[String],
    alarms: &[Alarm],
    deployed_at: Option<DateTime<Utc>>,
    before: Option<&BTreeSet<String>>,
) -> Alarms {
    let mut problems = Vec::new();
    let mut firing_before = BTreeSet::new();
    for name in names {
        let Some(alarm) = alarms.iter().find(|alarm| alarm.name == *name) else {
            problems.push(format!("alarm {name} does not exist: correct ALARM_NAMES"));
            continue;
        };
        let blameless = match (alarm.since, deployed_at) {
            (Some(since), Some(deployed_at)) => since < deployed_at,
            _ => before.is_none_or(|before| before.contains(name)),
        };
        if alarm.firing && blameless {
            firing_before.insert(name.clone());
        } else if alarm.firing {
            problems.push(format!("alarm {name} fires since this deployment: {}", alarm.reason));
        }
    }
    if problems.is_empty() { Alarms::Blameless(firing_before) } else { Alarms::Blamed(problems.join("; ")) }
}

/// What is known of one new version.
#[derive(Clone, Debug, PartialEq)]
pub enum Finding {
    /// The judge's report, and what CloudWatch could not read, if anything.
    Judged(Box<Report>, Vec<String>),
    /// Nothing, for this reason.
    Unread(String),
}

impl Finding {
    fn is_breach(&self) -> bool {
        matches!(self, Self::Judged(report, _) if report.verdict == Word::Breach)
    }

    fn is_healthy(&self) -> bool {
        matches!(self, Self::Judged(report, _) if report.verdict == Word::Healthy)
    }

    fn is_readable(&self) -> bool {
        matches!(self, Self::Judged(report, _) if report.doubt != Some(Doubt::Unreadable))
    }

    fn sentence(&self) -> String {
        match self {
            Self::Judged(report, problems) if problems.is_empty() => report.reason.clone(),
            Self::Judged(report, problems) => format!("{} ({})", report.reason, problems.join("; ")),
            Self::Unread(cause) => cause.clone(),
        }
    }
}

/// Everything that one look saw of a deployment.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// `function:version` and what is known of it; empty before the first minute is settled.
    pub findings: Vec<(String, Finding)>,
    /// The alarms.
    pub alarms: Alarms,
    /// Whether it is known when the deployment was created.
    pub creation_known: bool,
}

impl Seen {
    /// Whether the answer is Failed without waiting for the rest of the bake.
    #[must_use]
    pub fn ends_the_bake(&self) -> bool {
        matches!(self.alarms, Alarms::Blamed(_)) || self.findings.iter().any(|(_, f)| f.is_breach())
    }

    /// Whether metrics and alarms could be read.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        !matches!(self.alarms, Alarms::Unread(_)) && self.all(Finding::is_readable)
    }

    fn all(&self, is: impl Fn(&Finding) -> bool) -> bool {
        !self.findings.is_empty() && self.findings.iter().all(|(_, finding)| is(finding))
    }

    /// One line: the versions of which this holds, and the alarms.
    fn told(&self, holds: impl Fn(&Finding) -> bool) -> String {
        let told = self.findings.iter().filter(|(_, finding)| holds(finding));
        let versions = told.map(|(version, finding)| format!("{version}: {}", finding.sentence()));
        versions.chain(self.alarm_sentences()).collect::<Vec<_>>().join("; ")
    }

    fn alarm_sentences(&self) -> Vec<String> {
        let since = if self.creation_known {
            "before this deployment"
        } else {
            "at the first look (when the deployment was created is unknown)"
        };
        match &self.alarms {
            Alarms::Blameless(firing) => firing
                .iter()
                .map(|name| format!("alarm {name} was already firing {since}: not blamed"))
                .collect(),
            Alarms::Blamed(problem) | Alarms::Unread(problem) => vec![problem.clone()],
        }
    }
}

/// The answer: at the end of the bake, or before it when [`Seen::ends_the_bake`]. Nothing seen is nothing known.
#[must_use]
pub fn verdict(seen: &Seen, when_inconclusive: WhenInconclusive) -> Verdict {
    if seen.ends_the_bake() {
        return Verdict::Failed(seen.told(Finding::is_breach));
    }
    let alarms_read = !matches!(seen.alarms, Alarms::Unread(_));
    if alarms_read && seen.all(Finding::is_healthy) {
        return Verdict::Succeeded(seen.told(|_| true));
    }
    let passes = match when_inconclusive {
        WhenInconclusive::Pass => true,
        WhenInconclusive::FailUnreadable => seen.is_readable(),
        WhenInconclusive::Fail => false,
    };
    let reason = format!("INCONCLUSIVE: {}", seen.told(|finding| !finding.is_healthy()));
    if passes { Verdict::Succeeded(reason) } else { Verdict::Failed(reason) }
}

#[cfg(test)]
mod tests;
