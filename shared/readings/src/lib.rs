//! CloudWatch metrics as the minutes that the judge judges. One function for all who judge (`canary-judge`, the hook at
//! 100 %, the rollout), so that they see the same minutes and say the same.
//!
//! - [`Config`]: which criteria, measured by which metrics, read from the environment.
//! - [`queries`]: one `GetMetricData` request for all criteria and both versions; [`fetch`] sends it.
//! - [`Readings`]: the answer as counts per minute. Pure, so that a stored answer of a past incident is read the same
//!   way ([`Table::from_json`]).
//!
//! A version is told from another by the dimensions `FunctionName`, `Resource` (`function:alias`) and
//! `ExecutedVersion`, in which Lambda publishes its metrics and which an application's own metrics must carry too.
//!
//! # What is unknown, and what is zero
//!
//! CloudWatch has no datapoint for a minute in which nothing was recorded, and none either for one whose data is late or
//! lost. So:
//!
//! - minutes younger than [`Config::settle_minutes`] are not read at all;
//! - in a settled minute without any datapoint nothing was requested;
//! - requests without a datapoint for the bad ones (or the reverse), more bad ones than requests, a metric that CloudWatch
//!   could not read: unknown. The judge is never told zero instead;
//! - a metric that should count every request ([`Covers::All`]) and misses more than a tenth of the invocations that Lambda
//!   counted as successful, and two more: unknown in that minute; when it misses so many in all, also in the minutes in
//!   which it has none. This needs a criterion on the `Errors` and `Invocations` of `AWS/Lambda`.

mod config;
mod fetch;
mod json;
mod log;
mod query;
mod series;
mod table;

pub use config::{
    ALPHA, CRITERIA, Config, ConfigError, Covers, MIN_REQUESTS, Measure, Metric, SETTLE_MINUTES, Source,
};
pub use fetch::{ReadError, fetch};
pub use json::JsonError;
pub use log::log_text;
pub use query::{Query, Side, Subject, queries};
pub use series::{Readings, Window};
pub use table::Table;
