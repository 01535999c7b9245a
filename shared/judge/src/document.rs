//! One verdict as one JSON document: inputs and result, so that anybody can judge again and get the same.

use crate::counts::Counts;
use crate::judge::Judge;
use crate::report::Report;
use crate::settings::{Criterion, Phase, Settings, SettingsError};
use crate::track::Reading;
use serde::{Deserialize, Serialize};

/// A criterion with its minutes, oldest first. `null` is a minute that could not be read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Series {
    /// What is allowed.
    pub criterion: Criterion,
    /// One entry per minute.
    pub canary: Vec<Option<Counts>>,
    /// As many entries.
    pub stable: Vec<Option<Counts>>,
}

/// The inputs of one phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Inputs {
    /// See [`Settings::alpha`].
    pub alpha: f64,
    /// See [`Settings::min_requests`].
    pub min_requests: u64,
    /// See [`Settings::phase`].
    pub phase: Phase,
    /// One per criterion, all equally long.
    pub series: Vec<Series>,
}

/// Inputs and result.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    /// What was judged.
    pub inputs: Inputs,
    /// The verdict on it.
    pub report: Report,
}

impl Inputs {
    /// The settings without the minutes.
    #[must_use]
    pub fn settings(&self) -> Settings {
        let criteria = self.series.iter().map(|series| series.criterion.clone()).collect();
        Settings { alpha: self.alpha, min_requests: self.min_requests, phase: self.phase, criteria }
    }

    /// The readings of each minute, oldest first, in the order of the criteria.
    pub fn minutes(&self) -> impl Iterator<Item = Vec<Reading>> + '_ {
        let count = self.series.iter().map(|series| series.canary.len()).max().unwrap_or_default();
        let at = |minutes: &[Option<Counts>], minute| minutes.get(minute).copied().flatten();
        (0..count).map(move |minute| {
            let reading = |series: &Series| Reading {
                canary: at(&series.canary, minute),
                stable: at(&series.stable, minute),
            };
            self.series.iter().map(reading).collect()
        })
    }

    /// Judges all minutes.
    ///
    /// # Errors
    /// When the settings make no sense or the series are not equally long.
    pub fn judge(&self) -> Result<Judge, SettingsError> {
        self.check_lengths()?;
        let mut judge = Judge::new(self.settings())?;
        for minute in self.minutes() {
            judge.minute(&minute)?;
        }
        Ok(judge)
    }

    /// Judges all minutes and keeps them beside the result.
    ///
    /// # Errors
    /// As [`Inputs::judge`].
    pub fn document(self) -> Result<Document, SettingsError> {
        let report = self.judge()?.report();
        Ok(Document { inputs: self, report })
    }

    fn check_lengths(&self) -> Result<(), SettingsError> {
        let expected = self.series.first().map_or(0, |series| series.canary.len());
        let differs = |series: &&Series| series.canary.len() != expected || series.stable.len() != expected;
        match self.series.iter().find(differs) {
            Some(series) => Err(SettingsError::Minutes {
                name: series.criterion.name.clone(),
                canary: series.canary.len(),
                stable: series.stable.len(),
            }),
            None => Ok(()),
        }
    }
}
