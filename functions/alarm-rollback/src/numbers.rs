//! What both versions did since the new one got traffic, for the notice. They are told, not judged: also minutes that have
//! not settled count, and what cannot be read is said in words.

use crate::App;
use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use judge::{Counts, Phase};
use readings::{Readings, Subject, Window, fetch, queries};
use release::Rollout;
use serde::Serialize;

/// One criterion's bad requests of all, of both versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Number {
    /// As in the settings.
    pub criterion: String,
    /// Bad requests of the new version.
    pub candidate_bad: u64,
    /// All requests of the new version.
    pub candidate_total: u64,
    /// Bad requests of the last good version.
    pub stable_bad: u64,
    /// All requests of the last good version.
    pub stable_total: u64,
}

/// Reads the numbers; else says why there are none.
pub(crate) async fn read(app: &App, rollout: &Rollout, now: DateTime<Utc>) -> Result<Vec<Number>, String> {
    let (Some(candidate), Some(since)) = (&rollout.candidate, rollout.served_since()) else {
        return Err("since when the new version got requests is unknown".to_owned());
    };
    let subject = Subject {
        function: app.config.place.function.clone(),
        alias: app.config.place.alias.clone(),
        canary: candidate.clone(),
        stable: rollout.stable.clone(),
        whole: false,
    };
    let judging = &app.config.judging;
    let from = since.duration_trunc(TimeDelta::minutes(1)).unwrap_or(since);
    let table = fetch(&app.cloudwatch, &queries(&judging.measures, &subject), from, now).await;
    let table = table.map_err(|error| aws::chain(&error))?;
    let readings = Readings::new(judging, &table);
    let problems = readings.problems();
    if !problems.is_empty() {
        return Err(problems.join("; "));
    }
    // Without time to settle, and with the minute that has begun.
    let ended = Window::settled(from, now, 0);
    let window = Window { minutes: ended.minutes.saturating_add(1), ..ended };
    let series = readings.inputs(Phase::Split, &window).series;
    Ok(series.iter().map(|series| number(&series.criterion.name, &series.canary, &series.stable)).collect())
}

fn number(criterion: &str, candidate: &[Option<Counts>], stable: &[Option<Counts>]) -> Number {
    let sum =
        |minutes: &[Option<Counts>]| minutes.iter().flatten().fold(Counts::default(), |sum, c| sum.plus(*c));
    let (candidate, stable) = (sum(candidate), sum(stable));
    Number {
        criterion: criterion.to_owned(),
        candidate_bad: candidate.bad(),
        candidate_total: candidate.total(),
        stable_bad: stable.bad(),
        stable_total: stable.total(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_minutes_are_left_out_of_the_sums() {
        let counts = |total, bad| Some(Counts::new(total, bad).unwrap());
        let number = number("errors", &[counts(10, 1), None, counts(20, 2)], &[]);
        assert_eq!((number.candidate_bad, number.candidate_total), (3, 30));
        assert_eq!((number.stable_bad, number.stable_total), (0, 0));
    }
}
