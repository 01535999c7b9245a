//! The measurements: cold starts of every variant in turn, and warm invocations of one process.

use crate::{
    error::BenchError, process::Process, statistics::percentile, usage::Usage, variants::Variant,
    variants::YARDSTICK,
};
use clock::Clock;
use serde::Serialize;
use std::time::Duration;

/// Cold starts of one variant; memory and processor time are medians, `None` where the system does not tell them.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ColdStart {
    /// The variant.
    pub(crate) name: &'static str,
    /// From the spawn to the first answer.
    pub(crate) median_ms: f64,
    /// The same, nine of ten are faster.
    pub(crate) p90_ms: f64,
    /// Processor time until then.
    pub(crate) cpu_ms: Option<f64>,
    /// Most memory until then.
    pub(crate) peak_mb: Option<f64>,
    /// Median against the empty function's. On a busy computer it comes out too small, because waiting for a
    /// processor takes all of them equally long.
    pub(crate) times_empty: Option<f64>,
    /// Processor time against the empty function's; hardly depends on the load.
    pub(crate) cpu_times_empty: Option<f64>,
}

/// Invocations of one process that has started before.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Warm {
    /// The variant.
    pub(crate) name: &'static str,
    /// How many were measured.
    pub(crate) invocations: usize,
    /// Half are faster.
    pub(crate) p50_ms: f64,
    /// 99 of 100 are faster.
    pub(crate) p99_ms: f64,
}

/// Starts the variants in turn, so that whatever else the computer does strikes all of them alike. The first round is
/// not counted: it brings the binaries into the page cache.
pub(crate) async fn cold_starts(
    variants: &[Variant],
    spawns: usize,
    clock: &Clock,
) -> Result<Vec<ColdStart>, BenchError> {
    let mut samples: Vec<Vec<(Duration, Usage)>> = variants.iter().map(|_| Vec::new()).collect();
    for round in 0..=spawns {
        for (variant, samples) in variants.iter().zip(&mut samples) {
            let mut process = Process::spawn(variant, clock).await?;
            let time = process.first_answer().await?;
            let usage = process.end().await?;
            if round > 0 {
                samples.push((time, usage));
            }
        }
    }
    let rows = variants.iter().zip(&samples).map(|(variant, samples)| cold_start(variant.name, samples));
    Ok(compared(rows.collect::<Result<_, _>>()?))
}

fn cold_start(name: &'static str, samples: &[(Duration, Usage)]) -> Result<ColdStart, BenchError> {
    let times: Vec<_> = samples.iter().map(|(time, _)| *time).collect();
    let cpu: Vec<_> = samples.iter().filter_map(|(_, usage)| usage.cpu).collect();
    let peaks: Vec<_> = samples.iter().filter_map(|(_, usage)| usage.peak_kib).collect();
    let at = |percent| percentile(&times, percent).map(milliseconds);
    let none = || BenchError::NoSamples(name.to_owned());
    Ok(ColdStart {
        name,
        median_ms: at(50).ok_or_else(none)?,
        p90_ms: at(90).ok_or_else(none)?,
        cpu_ms: percentile(&cpu, 50).map(milliseconds),
        peak_mb: percentile(&peaks, 50).map(|kib| f64::from(kib) * 1024.0 / 1e6),
        times_empty: None,
        cpu_times_empty: None,
    })
}

fn compared(mut rows: Vec<ColdStart>) -> Vec<ColdStart> {
    let Some(empty) = rows.iter().find(|row| row.name == YARDSTICK).cloned() else { return rows };
    for row in &mut rows {
        row.times_empty = ratio(Some(row.median_ms), Some(empty.median_ms));
        row.cpu_times_empty = ratio(row.cpu_ms, empty.cpu_ms);
    }
    rows
}

fn ratio(value: Option<f64>, empty: Option<f64>) -> Option<f64> {
    Some(value? / empty.filter(|empty| *empty > 0.0)?)
}

/// Invokes one process again and again; the first tenth is not counted.
pub(crate) async fn warm(variant: &Variant, invocations: usize, clock: &Clock) -> Result<Warm, BenchError> {
    let mut process = Process::spawn(variant, clock).await?;
    process.first_answer().await?;
    let uncounted = invocations / 10;
    let mut times = Vec::new();
    for index in 0..uncounted + invocations {
        let time = process.next_answer().await?;
        if index >= uncounted {
            times.push(time);
        }
    }
    process.end().await?;
    let at = |percent| percentile(&times, percent).map(milliseconds);
    let none = || BenchError::NoSamples(variant.name.to_owned());
    Ok(Warm {
        name: variant.name,
        invocations,
        p50_ms: at(50).ok_or_else(none)?,
        p99_ms: at(99).ok_or_else(none)?,
    })
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(left: Option<f64>, right: f64) -> bool {
        left.is_some_and(|left| (left - right).abs() < 1e-9)
    }

    fn sample(ms: u64, kib: u32) -> (Duration, Usage) {
        let cpu = Some(Duration::from_millis(ms / 2));
        (Duration::from_millis(ms), Usage { peak_kib: Some(kib), cpu })
    }

    #[test]
    fn ratio_is_against_the_empty_function_when_there_is_one() {
        let rows = [cold_start(YARDSTICK, &[sample(2, 1000)]), cold_start("other", &[sample(5, 2000)])];
        let rows = compared(rows.into_iter().collect::<Result<_, _>>().unwrap());
        assert!(close(rows[0].times_empty, 1.0));
        assert!(close(rows[1].times_empty, 2.5));
        assert!(close(rows[1].cpu_times_empty, 2.0));
    }

    #[test]
    fn ratio_is_unknown_when_there_is_no_empty_function() {
        let rows = compared(vec![cold_start("other", &[sample(5, 2000)]).unwrap()]);
        assert_eq!((rows[0].times_empty, rows[0].cpu_times_empty), (None, None));
    }

    #[test]
    fn medians_are_shown_when_there_are_samples() {
        let row = cold_start("a", &[sample(9, 3000), sample(4, 1000), sample(6, 2000)]).unwrap();
        assert!(close(Some(row.median_ms), 6.0) && close(Some(row.p90_ms), 9.0));
        assert!(close(row.cpu_ms, 3.0) && close(row.peak_mb, 2.048));
    }

    #[test]
    fn memory_is_unknown_when_the_system_does_not_tell_it() {
        let row = cold_start("a", &[(Duration::from_millis(1), Usage::default())]).unwrap();
        assert_eq!((row.cpu_ms, row.peak_mb), (None, None));
    }

    #[test]
    fn error_when_nothing_was_measured() {
        assert!(matches!(cold_start("a", &[]), Err(BenchError::NoSamples(_))));
    }
}
