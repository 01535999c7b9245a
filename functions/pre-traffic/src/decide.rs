//! Whether a new version may have customers. Pure: measured answers in, verdict out.

use crate::cases::SmokeCase;
use crate::{response, shown};
use hook::Verdict;
use std::fmt;
use std::time::Duration;

/// What a message may quote of a function error or of a reason, in characters; answers are not quoted ([`shown`]).
const EXCERPT_LIMIT: usize = 300;
/// Failures named in the verdict; the log has them all.
const NAMED_FAILURES: usize = 5;

/// Whether the version was asked for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The first invocation of the version, which loads it.
    Cold,
    /// Any later one.
    Warm,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cold => "cold",
            Self::Warm => "warm",
        })
    }
}

/// What came of one invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The function returned this.
    Payload(Vec<u8>),
    /// The function failed: an error, a crash, its own time-out.
    FunctionError {
        /// Lambda's word: `Unhandled` or `Handled`.
        kind: String,
        /// Error type and message as JSON.
        payload: Vec<u8>,
    },
    /// Nothing came, for this reason.
    Nothing(String),
    /// There was no time left to ask.
    NotAsked,
}

/// One invocation as it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// Decides which limit holds.
    pub phase: Phase,
    /// From the call to its answer.
    pub latency: Duration,
    /// What came.
    pub answer: Answer,
}

/// One thing that was not as expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each message says what its fields hold")]
pub enum Failure {
    #[error("latency: expected at most {limit_ms} ms, got {got_ms:.1} ms", got_ms = .got.as_secs_f64() * 1_000.0)]
    Latency { limit_ms: u128, got: Duration },
    #[error("function error {kind}: {got}")]
    FunctionError { kind: String, got: String },
    #[error("no answer: {reason}")]
    NoAnswer { reason: String },
    #[error("not asked: no time left")]
    NotAsked,
    #[error("not an HTTP response (JSON, a statusCode being a whole number): {got}")]
    NotHttp { got: String },
    #[error("body: API Gateway would answer 500: {problem}")]
    Unreadable { problem: String },
    #[error("status: expected {expected}, got {got}: {body}")]
    Status { expected: u16, got: u64, body: String },
    #[error("body: expected JSON, got {got}")]
    BodyNotJson { got: String },
    #[error("body at {pointer}: expected {expected}, got {got}")]
    Body { pointer: String, expected: String, got: String },
}

/// One invocation, judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseResult {
    /// The case's name.
    pub case: String,
    /// `function:version`.
    pub version: String,
    /// Cold or warm.
    pub phase: Phase,
    /// As measured.
    pub latency: Duration,
    /// Empty when all was well.
    pub failures: Vec<Failure>,
}

impl CaseResult {
    /// The failures in one line.
    #[must_use]
    pub fn failure_text(&self) -> String {
        self.failures.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    }
}

/// Holds one invocation against its case. A late answer is judged for its content too.
#[must_use]
pub fn judge(case: &SmokeCase, version: &str, observation: &Observation) -> CaseResult {
    let Observation { phase, latency, ref answer } = *observation;
    let mut failures = match answer {
        Answer::Payload(payload) => response::failures(case, payload),
        Answer::FunctionError { kind, payload } => {
            let got = shown::cut(&shown::function_error(payload), EXCERPT_LIMIT);
            vec![Failure::FunctionError { kind: kind.clone(), got }]
        }
        Answer::Nothing(reason) => {
            vec![Failure::NoAnswer { reason: shown::cut(reason, EXCERPT_LIMIT) }]
        }
        Answer::NotAsked => vec![Failure::NotAsked],
    };
    let limit = match phase {
        Phase::Cold => case.max_cold_latency,
        Phase::Warm => case.max_latency,
    };
    if latency > limit {
        failures.push(Failure::Latency { limit_ms: limit.as_millis(), got: latency });
    }
    CaseResult { case: case.name.clone(), version: version.to_owned(), phase, latency, failures }
}

/// Succeeds only when something was asked and nothing was wrong.
#[must_use]
pub fn decide(results: &[CaseResult]) -> Verdict {
    if results.is_empty() {
        return Verdict::Failed("no smoke case ran".to_owned());
    }
    let failed: Vec<&CaseResult> = results.iter().filter(|result| !result.failures.is_empty()).collect();
    if failed.is_empty() {
        let slowest = |phase| {
            let latencies =
                results.iter().filter(|result| result.phase == phase).map(|result| result.latency);
            latencies
                .max()
                .map_or_else(|| "none".to_owned(), |most| format!("{:.1} ms", most.as_secs_f64() * 1_000.0))
        };
        let (count, cold, warm) = (results.len(), slowest(Phase::Cold), slowest(Phase::Warm));
        return Verdict::Succeeded(format!(
            "{count} smoke invocations passed; slowest cold {cold}, warm {warm}"
        ));
    }
    let name = |result: &&CaseResult| {
        format!("{} ({}, {}): {}", result.case, result.version, result.phase, result.failure_text())
    };
    let named: Vec<String> = failed.iter().take(NAMED_FAILURES).map(name).collect();
    let unnamed = failed.len().saturating_sub(NAMED_FAILURES);
    let rest = if unnamed == 0 { String::new() } else { format!(" | and {unnamed} more") };
    Verdict::Failed(format!(
        "{} of {} smoke invocations failed: {}{rest}",
        failed.len(),
        results.len(),
        named.join(" | ")
    ))
}

#[cfg(test)]
mod tests;
