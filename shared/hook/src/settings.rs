//! What every hook reads from its environment, and how it stays able to answer when a setting cannot be used.

use crate::DEFAULT_RESERVE;
use aws::{Aws, AwsError, CA_BUNDLE, TLS_ROOTS, TlsError};
use std::ops::RangeInclusive;
use std::time::Duration;

/// Whole seconds of the invocation that are kept for the answer; unset: 10.
pub const ANSWER_RESERVE_SECONDS: &str = "ANSWER_RESERVE_SECONDS";

/// A reserve below a second leaves no second try; above five minutes no function time-out leaves time to check.
const RESERVE_SECONDS: RangeInclusive<u64> = 1..=300;

/// [`ANSWER_RESERVE_SECONDS`] does not parse: give whole seconds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{ANSWER_RESERVE_SECONDS} must be whole seconds from {min} to {max}; got {0:?}", min = RESERVE_SECONDS.start(), max = RESERVE_SECONDS.end())]
pub struct ReserveError(String);

/// Reads [`ANSWER_RESERVE_SECONDS`]; empty counts as unset, because CloudFormation cannot leave a variable out.
///
/// # Errors
/// When it is no whole number of seconds, or outside its range.
pub fn answer_reserve(lookup: impl Fn(&str) -> Option<String>) -> Result<Duration, ReserveError> {
    let Some(text) = lookup(ANSWER_RESERVE_SECONDS).filter(|text| !text.trim().is_empty()) else {
        return Ok(DEFAULT_RESERVE);
    };
    match text.trim().parse() {
        Ok(seconds) if RESERVE_SECONDS.contains(&seconds) => Ok(Duration::from_secs(seconds)),
        _ => Err(ReserveError(text)),
    }
}

/// Connects to AWS for a hook with these settings. Unusable TLS variables become the settings' error, over connections
/// that trust the embedded roots: like every other malformed setting they are answered `Failed` by the handler, because
/// a hook that stopped at its cold start would leave CodeDeploy waiting for an hour.
///
/// # Errors
/// When region or credentials are missing: without them no answer is possible at all.
pub fn connect<C, E: From<TlsError>>(
    lookup: impl Fn(&str) -> Option<String>,
    settings: Result<C, E>,
) -> Result<(Aws, Result<C, E>), AwsError> {
    match Aws::from_lookup(&lookup) {
        Ok(aws) => Ok((aws, settings)),
        Err(AwsError::Tls(problem)) => {
            let without_tls =
                |name: &str| if [CA_BUNDLE, TLS_ROOTS].contains(&name) { None } else { lookup(name) };
            Ok((Aws::from_lookup(without_tls)?, Err(E::from(problem))))
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reserve(value: &str) -> Result<Duration, ReserveError> {
        answer_reserve(|name| (name == ANSWER_RESERVE_SECONDS).then(|| value.to_owned()))
    }

    #[test]
    fn reserve_is_the_usual_one_when_it_is_unset_or_empty() {
        assert_eq!(answer_reserve(|_| None), Ok(DEFAULT_RESERVE));
        assert_eq!(reserve(" "), Ok(DEFAULT_RESERVE));
    }

    #[test]
    fn reserve_is_taken_at_its_bounds() {
        for seconds in [1, 300] {
            assert_eq!(reserve(&seconds.to_string()), Ok(Duration::from_secs(seconds)));
        }
    }

    #[test]
    fn error_when_the_reserve_is_out_of_bounds_or_no_number() {
        for value in ["0", "301", "-1", "1.5", "10s"] {
            assert_eq!(reserve(value), Err(ReserveError(value.to_owned())));
        }
    }

    #[derive(Debug, PartialEq, Eq)]
    struct Unusable(String);

    impl From<TlsError> for Unusable {
        fn from(problem: TlsError) -> Self {
            Self(problem.to_string())
        }
    }

    fn connected(variables: &[(&str, &str)]) -> Result<Result<u8, Unusable>, AwsError> {
        let lookup =
            |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        connect(lookup, Ok(7)).map(|(_, settings)| settings)
    }

    #[test]
    fn tls_problem_is_kept_for_the_answer_and_missing_credentials_are_not() {
        let mut variables =
            vec![("AWS_REGION", "eu-west-1"), ("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "key")];
        assert_eq!(connected(&variables).unwrap(), Ok(7));
        variables.push((TLS_ROOTS, "some"));
        assert!(connected(&variables).unwrap().unwrap_err().0.contains(TLS_ROOTS));
        assert!(matches!(connected(&variables[1..]), Err(AwsError::Settings(_))));
    }
}
