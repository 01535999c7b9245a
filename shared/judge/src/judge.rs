//! The judge: minutes in, verdict out. Incremental, so that minute 10 000 costs what minute 1 did.

use crate::counts::Counts;
use crate::report::{FirstBreach, Report, log10};
use crate::settings::{Settings, SettingsError};
use crate::track::{Reading, Standing, Track};
use crate::verdict::{Doubt, Test, Verdict};

/// One phase of one release.
#[derive(Clone, Debug)]
pub struct Judge {
    settings: Settings,
    tracks: Vec<Track>,
    minutes: u64,
    first_breach: Option<FirstBreach>,
}

impl Judge {
    /// A judge that has seen nothing yet.
    ///
    /// # Errors
    /// When the settings make no sense; see [`Settings::check`].
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        settings.check()?;
        let tracks = settings.criteria.iter().map(|criterion| Track::new(&settings, criterion)).collect();
        Ok(Self { settings, tracks, minutes: 0, first_breach: None })
    }

    /// Takes the next settled minute: one reading per criterion, in the settings' order.
    ///
    /// # Errors
    /// When there are more or fewer readings than criteria; nothing is taken then.
    pub fn minute(&mut self, readings: &[Reading]) -> Result<Verdict, SettingsError> {
        if readings.len() != self.tracks.len() {
            return Err(SettingsError::Readings { criteria: self.tracks.len(), readings: readings.len() });
        }
        for (track, reading) in self.tracks.iter_mut().zip(readings) {
            track.minute(*reading);
        }
        self.minutes += 1;
        let verdict = self.verdict();
        if let (Verdict::Breach { criterion, test }, None) = (verdict, &self.first_breach) {
            self.first_breach = self.breach(criterion, test);
        }
        Ok(verdict)
    }

    /// The verdict on the minutes so far: a breach outranks every doubt, a doubt outranks health.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let mut verdict = Verdict::Healthy;
        let mut largest_excess = f64::NEG_INFINITY;
        for (criterion, track) in self.tracks.iter().enumerate() {
            match (track.standing(), verdict) {
                (Standing::Breach(test, excess), _) if excess > largest_excess => {
                    largest_excess = excess;
                    verdict = Verdict::Breach { criterion, test };
                }
                (Standing::Doubtful(doubt), Verdict::Healthy) => {
                    verdict = Verdict::Inconclusive { criterion, doubt };
                }
                (Standing::Doubtful(doubt), Verdict::Inconclusive { doubt: graver, .. })
                    if doubt < graver =>
                {
                    verdict = Verdict::Inconclusive { criterion, doubt };
                }
                _ => {}
            }
        }
        let seen = self.tracks.iter().any(|track| track.canary.total() > 0);
        if verdict == Verdict::Healthy && !seen {
            // Whatever the settings need: a version that nobody asked is not healthy.
            return Verdict::Inconclusive { criterion: 0, doubt: Doubt::TooFewRequests };
        }
        verdict
    }

    /// Minutes taken.
    #[must_use]
    pub const fn minutes(&self) -> u64 {
        self.minutes
    }

    /// The settings it was made with.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The first breach, which stays on record also when the verdict changes afterwards.
    #[must_use]
    pub const fn first_breach(&self) -> Option<&FirstBreach> {
        self.first_breach.as_ref()
    }

    /// Evidence of a test as its common logarithm; `None` when there is no such criterion or the test does not apply.
    #[must_use]
    pub fn evidence_log10(&self, criterion: usize, test: Test) -> Option<f64> {
        self.tracks.get(criterion)?.log_evidence(test).map(log10)
    }

    /// Requests of a criterion so far, canary and stable; nothing when there is no such criterion.
    #[must_use]
    pub fn counts(&self, criterion: usize) -> (Counts, Counts) {
        self.tracks.get(criterion).map(|track| (track.canary, track.stable)).unwrap_or_default()
    }

    /// Everything about the minutes so far. Confidence bounds are computed here and not per minute.
    #[must_use]
    pub fn report(&self) -> Report {
        let pairs = self.settings.criteria.iter().zip(&self.tracks);
        let criteria = pairs.map(|(criterion, track)| track.report(criterion)).collect();
        Report::new(self.verdict(), self.minutes, self.first_breach.clone(), criteria)
    }

    fn breach(&self, criterion: usize, test: Test) -> Option<FirstBreach> {
        let (canary, stable) = self.counts(criterion);
        Some(FirstBreach {
            minute: self.minutes,
            criterion: self.settings.criteria.get(criterion)?.name.clone(),
            test,
            evidence_log10: self.evidence_log10(criterion, test)?,
            canary,
            stable,
        })
    }
}
