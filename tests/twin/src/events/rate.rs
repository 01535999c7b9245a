//! Schedule expressions: `rate(5 minutes)`.

use chrono::TimeDelta;

use super::errors;
use crate::error::ApiError;

/// The time between two invocations. A singular unit goes with 1 and with nothing else (A).
///
/// # Errors
/// `ValidationException`; `NotImplemented` for cron expressions.
pub(super) fn read(text: &str) -> Result<TimeDelta, ApiError> {
    if text.starts_with("cron(") {
        return Err(ApiError::not_implemented(format!("schedule expressions with cron: {text}")));
    }
    let inner = text.strip_prefix("rate(").and_then(|rest| rest.strip_suffix(')'));
    let every = inner.and_then(|inner| {
        let (value, unit) = inner.split_once(' ')?;
        let value: i64 = value.parse().ok().filter(|value| *value >= 1)?;
        match (unit, value) {
            ("minute", 1) | ("minutes", 2..) => TimeDelta::try_minutes(value),
            ("hour", 1) | ("hours", 2..) => TimeDelta::try_hours(value),
            ("day", 1) | ("days", 2..) => TimeDelta::try_days(value),
            _ => None,
        }
    });
    every.ok_or_else(|| errors::invalid("Parameter ScheduleExpression is not valid."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn span_is_that_of_the_expression_when_it_is_a_rate() {
        for (text, minutes) in [
            ("rate(1 minute)", 1),
            ("rate(5 minutes)", 5),
            ("rate(1 hour)", 60),
            ("rate(2 hours)", 120),
            ("rate(1 day)", 1_440),
        ] {
            assert_eq!(read(text), Ok(TimeDelta::minutes(minutes)), "{text}");
        }
    }

    #[test]
    fn expression_is_refused_when_it_is_no_rate() {
        let texts = [
            "",
            "rate()",
            "rate(1)",
            "rate(0 minutes)",
            "rate(-1 minutes)",
            "rate(1 minutes)",
            "rate(2 minute)",
            "rate(1.5 hours)",
            "rate(5 seconds)",
            "rate(5 minutes",
            "Rate(5 minutes)",
            "rate(9223372036854775807 days)",
        ];
        for text in texts {
            assert_eq!(read(text).unwrap_err().code, "ValidationException", "{text}");
        }
        assert_eq!(read("cron(0 10 * * ? *)").unwrap_err().code, "NotImplemented");
    }
}
