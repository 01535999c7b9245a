//! Is a canary worse than allowed? A sequential judge: pure, no AWS, no clock. Counts per minute in, verdict out.
//!
//! A [`Criterion`] is a share of bad requests: errors, slow requests, HTTP 5xx, failures of the business. "p95 above
//! 5 s" is "more than 5 % of the requests slower than 5 s", so latency is a share too. [`Judge`] takes one settled minute
//! after the other and answers a [`Verdict`] each time; [`Inputs::document`] judges a whole series and keeps inputs and
//! result together, so that anybody can repeat the verdict.
//!
//! # What is tested
//!
//! Per criterion, two null hypotheses, both about the requests that each version answered:
//!
//! - **limit**: in every minute the canary's requests are bad with probability at most L (`limit`). Minutes in which the
//!   stable version is itself over L are left out, which depends on its counts and not on the canary's: the test of the
//!   others stays what it is;
//! - **regression**: in every minute the canary's bad share is at most r (`ratio`) times the stable version's; or in every
//!   minute it is at most δ (`minimum_effect`) above it. The stable share is whatever it is, and may change from minute to
//!   minute: an outage that hits both versions is no evidence. Both must serve at the same time, so this test exists in
//!   [`Phase::Split`] only. (A canary that is worse by ratio at one time and by effect at another is outside both
//!   hypotheses, and may breach.)
//!
//! # Why one may look every minute
//!
//! Each test keeps *evidence* E: a likelihood ratio of "worse than allowed" to "just allowed", averaged over how much
//! worse and since when (`process.rs`). Under the null hypothesis every member of that average is a nonnegative
//! supermartingale beginning at 1: the expected factor of each minute, given everything before, is at most 1. For the
//! limit test that is one line (`limit.rs`); for the regression test it is proved for Binomial counts given the minutes'
//! numbers of requests, without conditioning on their sum (`regression.rs`). A weighted average of such processes is one
//! too, and Ville's inequality (1939) bounds the chance that it *ever* reaches 1/α by α: no fixed length, no penalty for
//! looking, no correction for the number of looks. So a breach is declared in the minute in which E reaches 1/α, and E
//! is reported as its running maximum.
//!
//! α is spent once per phase: by weight among the criteria, equally among the tests that apply ([`Settings`]); by the
//! union bound the chance that any of them ever breaches a version within all its limits is at most α. [`PHASE_SHARE`]
//! says what a phase gets of the release's α.
//!
//! The average over *since when* is what makes a long bake useful. A plain product of likelihood ratios counts every
//! healthy minute against a later failure; here trouble that begins at minute t is found at the price of about
//! ln(t² / 0.2) in evidence instead.
//!
//! Background: Wald 1945, "Sequential tests of statistical hypotheses"; Ville 1939; Ramdas, Grünwald, Vovk, Shafer 2023,
//! "Game-theoretic statistics and safe anytime-valid inference"; Turner, Ly, Grünwald 2021 on two proportions; Shin,
//! Ramdas, Rinaldo 2022, "E-detectors", on evidence that restarts.
//!
//! # When it says what
//!
//! - **Breach**: the evidence of a test reached its threshold. It never waits for a minimum of requests.
//! - **Inconclusive, both over the limit**: over all minutes the limit test would have breached, but over the last ten the
//!   stable version is over the limit as well (beyond a chance of 1 %) and the regression test has not reached its
//!   threshold: the fault is shared, and rolling back would not help. Looked at afresh each minute. Such minutes never
//!   count against the canary, also not later; a canary that stays bad when the stable version recovers breaches then.
//! - **Inconclusive, unreadable**: minutes whose counts are not known ([`Reading`] with `None`). Unknown is not zero.
//! - **Inconclusive, over the limit, not proven** and **too few requests**: as they say.
//! - **Healthy**: none of these, for every criterion.
//!
//! # What is assumed, and what happens if it is not so
//!
//! - *Requests are bad independently, given the probabilities of their minute.* **Without this α is not kept.** Errors
//!   that come in bursts (one broken connection fails five requests) make counts vary more than Binomial ones, and what chance
//!   did is taken for evidence. Measured (`make bench`, 10 requests/s, half an hour, α = 1 %): errors in pairs roll
//!   back 4 to 6 % of the canaries that are exactly at their bounds and 0.4 % of the healthy ones (0.5 % beside 0.5 %);
//!   errors in fives 42 to 51 % and 17 %; a correlation of 0.001 within a minute is harmless, 0.01 acts like pairs to
//!   fives. Where it is known how many requests fail together, say so (`burst`): α holds again, and detection takes
//!   about that many times longer.
//! - *Requests are routed at random*, so that both versions see the same kind of requests. Lambda's alias weights are.
//! - *Counts of a settled minute are final.* Late data change a minute that was judged; the caller waits until minutes
//!   are settled and judges them again from the first, so that a late minute is judged as if it had been there.
//! - *The alternatives are a grid.* A canary between "just over the limit" and 1.25 times its odds is outside the grid
//!   and is found slowly or not at all.
//! - *Shares of slow requests are exact.* CloudWatch computes a percentile rank from all values of a minute; where it
//!   approximates, a share near its limit is as exact as that.
//! - *Bounds* ([`Share`]) are each for one constant share; when it drifts they are a summary, not a guarantee.
//!
//! The numbers are safe: products are sums of logarithms, counts are whole, settings are checked for NaN. A minute costs
//! the same at any length.

mod bounds;
mod counts;
mod document;
mod grid;
mod judge;
mod limit;
mod process;
mod recent;
mod regression;
mod report;
mod settings;
mod track;
mod verdict;

pub use bounds::{CONFIDENCE, Share};
pub use counts::{Counts, CountsError};
pub use document::{Document, Inputs, Series};
pub use judge::Judge;
pub use report::{CriterionReport, FirstBreach, Report, TestReport};
pub use settings::{Criterion, PHASE_SHARE, Phase, Settings, SettingsError};
pub use track::Reading;
pub use verdict::{Doubt, Test, Verdict, Word};
