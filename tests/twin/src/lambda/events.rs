//! Asynchronous invocations: accepted at once, repeated when they fail or find no room.

use std::sync::Arc;

use axum::body::Bytes;
use chrono::TimeDelta;

use super::{
    Lambda,
    invoke::{Attempt, checked},
    model::{AsyncConfig, LATEST},
};
use crate::error::ApiError;

/// Longest pause between attempts that Lambda itself refused, in seconds.
const LONGEST_PAUSE_SECONDS: i64 = 300;
/// How long Lambda keeps trying when it refuses by itself.
const EVENT_AGE: TimeDelta = TimeDelta::hours(6);

impl Lambda {
    /// Accepts an asynchronous invocation. Function errors are repeated after 1 and 2 virtual minutes; throttles and
    /// faults of the service do not count and are repeated with growing pauses for 6 virtual hours.
    ///
    /// # Errors
    /// As for [`Self::invoke`], before the invocation is accepted.
    pub(crate) fn invoke_async(
        self: &Arc<Self>,
        name: &str,
        qualifier: Option<&str>,
        payload: Bytes,
    ) -> Result<(), ApiError> {
        let payload = checked(payload)?;
        self.resolve(name, qualifier)?;
        let config = self.with_function(name, |f| {
            Ok(f.async_configs.get(qualifier.unwrap_or(LATEST)).copied().unwrap_or_default())
        })?;
        let (lambda, name, qualifier) = (self.clone(), name.to_owned(), qualifier.map(str::to_owned));
        self.around.spawn(async move { lambda.attempt(&name, qualifier.as_deref(), payload, config).await });
        Ok(())
    }

    async fn attempt(
        self: &Arc<Self>,
        name: &str,
        qualifier: Option<&str>,
        payload: Bytes,
        config: AsyncConfig,
    ) {
        let clock = self.around.clock;
        let (expires, mut refused, mut failed) = (clock.now() + EVENT_AGE, 0, 0);
        let mut attempt = Attempt::first();
        loop {
            let pause = match self.invoke(name, qualifier, payload.clone(), &attempt).await {
                Ok(done) if !done.function_error => return,
                Ok(_) => {
                    failed += 1;
                    attempt.number += 1;
                    if failed > config.maximum_retry_attempts {
                        return;
                    }
                    TimeDelta::minutes(i64::from(failed))
                }
                Err(error) if error.status == 429 || error.status >= 500 => {
                    refused += 1;
                    pause_after(refused)
                }
                // Nobody could carry this out later either: the function was deleted.
                Err(_) => return,
            };
            if clock.now() + pause > expires {
                return;
            }
            clock.sleep(pause).await;
        }
    }
}

/// 1, 2, 4 … 300 seconds after the first, second, third … refusal.
fn pause_after(refusals: u32) -> TimeDelta {
    TimeDelta::seconds(2_i64.saturating_pow(refusals.saturating_sub(1)).min(LONGEST_PAUSE_SECONDS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_until_five_minutes() {
        let seconds: Vec<_> = [1, 2, 3, 9, 10, 70].map(|n| pause_after(n).num_seconds()).into();
        assert_eq!(seconds, [1, 2, 4, 256, 300, 300]);
    }
}
