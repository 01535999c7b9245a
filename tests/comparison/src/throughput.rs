//! How many minutes one core can judge. The clock is read by main.rs; here is the work that it times.

use crate::error::ComparisonError;
use crate::plan::BAKES;
use crate::rules::settings;
use crate::simulate::{Errors, Source, generator};
use judge::{Judge, Phase, Reading};
use serde::Serialize;
use std::time::Duration;

/// Minutes that one judge sees: a day. It costs the same for any number.
const MINUTES_PER_PHASE: usize = 1_440;
/// Phases per run.
const PHASES: usize = 1_000;
/// The fastest run counts, because whatever else the computer does can only make it slower.
const RUNS: usize = 5;
/// Far from the parts of the generator that other blocks use.
const PART: u64 = 2_000;

/// What one run does: 10 requests per second, 60 + 540 per minute, 0.5 % bad in both versions.
#[derive(Debug)]
pub(crate) struct Work {
    minutes: Vec<Reading>,
    fresh: Judge,
}

/// The result.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Throughput {
    /// Of the fastest run, on one core.
    pub(crate) minutes_per_second: f64,
    /// Minutes in each run.
    pub(crate) minutes: usize,
}

impl Work {
    pub(crate) fn new(alpha: f64, seed: u64) -> Result<Self, ComparisonError> {
        let source = Source {
            requests_per_minute: 600,
            canary_bad_share: 0.005,
            stable_bad_share: 0.005,
            errors: Errors::Independent,
        };
        let mut random = generator(seed, PART);
        let weight = BAKES.first().map_or(0.1, |bake| bake.canary_weight);
        let draw = |_| {
            let minute = source.minute(weight, &mut random)?;
            Ok::<_, ComparisonError>(Reading { canary: Some(minute.canary), stable: Some(minute.stable) })
        };
        let minutes = (0..MINUTES_PER_PHASE).map(draw).collect::<Result<_, _>>()?;
        Ok(Self { minutes, fresh: Judge::new(settings(alpha, Phase::Split))? })
    }

    /// Judges every minute of every phase and tells how many there were.
    fn run(&self) -> Result<usize, ComparisonError> {
        let mut judged = 0;
        for _ in 0..PHASES {
            let mut judge = self.fresh.clone();
            for minute in &self.minutes {
                std::hint::black_box(judge.minute(std::slice::from_ref(minute))?);
                judged += 1;
            }
        }
        Ok(judged)
    }

    /// `uptime` is a clock that never goes back.
    pub(crate) fn measure(&self, uptime: impl Fn() -> Duration) -> Result<Throughput, ComparisonError> {
        let (mut fastest, mut minutes) = (Duration::MAX, 0);
        for _ in 0..RUNS {
            let start = uptime();
            minutes = self.run()?;
            fastest = fastest.min(uptime().saturating_sub(start));
        }
        let minutes_per_second = crate::statistics::float(minutes) / fastest.as_secs_f64().max(1e-9);
        Ok(Throughput { minutes_per_second, minutes })
    }
}
