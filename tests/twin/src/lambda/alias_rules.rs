//! What an alias may point to. Pure; the rules are Lambda's (README, "What the twin assumes").

use std::collections::BTreeMap;

use super::{
    errors::{invalid_parameter, validation},
    model::{Alias, Configuration, Function, LATEST},
};
use crate::error::ApiError;

/// Checks version and weights of `alias` against the versions of `function`.
///
/// # Errors
/// The error that Lambda answers for the first rule that is broken.
pub(crate) fn check(
    function: &Function,
    alias: &Alias,
    not_found: impl Fn(&str) -> ApiError,
) -> Result<(), ApiError> {
    let primary = function.configuration(&alias.version).ok_or_else(|| not_found(&alias.version))?;
    check_weights(&alias.weights)?;
    let Some(additional) = alias.weights.keys().next() else { return Ok(()) };
    if alias.version == LATEST {
        return Err(invalid_parameter(
            "$LATEST is not supported for an alias pointing to more than 1 version",
        ));
    }
    if *additional == alias.version {
        let message = format!(
            "Invalid function version {additional}. Function version {additional} is already included in routing \
             configuration."
        );
        return Err(invalid_parameter(message));
    }
    let additional = function.configuration(additional).ok_or_else(|| not_found(additional))?;
    check_pair(primary, additional)
}

fn check_weights(weights: &BTreeMap<String, f64>) -> Result<(), ApiError> {
    const MEMBER: &str = "routingConfig.additionalVersionWeights";
    if weights.len() > 1 {
        return Err(invalid_parameter(
            "Number of items in AdditionalVersionWeights cannot be greater than 1",
        ));
    }
    for (version, &weight) in weights {
        if version.is_empty() || !version.bytes().all(|b| b.is_ascii_digit()) {
            return Err(validation(
                MEMBER,
                version,
                "Map keys must satisfy regular expression pattern: [0-9]+",
            ));
        }
        if !(0.0..=1.0).contains(&weight) {
            let bound =
                if weight > 1.0 { "less than or equal to 1.0" } else { "greater than or equal to 0.0" };
            return Err(validation(MEMBER, weight, &format!("Map value must have value {bound}")));
        }
    }
    Ok(())
}

/// Two versions behind one alias must share execution role and dead-letter queue.
fn check_pair(primary: &Configuration, additional: &Configuration) -> Result<(), ApiError> {
    if primary.role != additional.role {
        return Err(invalid_parameter("Specified versions must be associated with the same execution role"));
    }
    if primary.dead_letter_arn != additional.dead_letter_arn {
        return Err(invalid_parameter(
            "Specified versions must have the same dead letter queue configuration",
        ));
    }
    Ok(())
}

/// The version that serves a request: the additional one when the dice (0 to 1) fall below its weight. They are thrown
/// only where there is a choice, so that a seed means the same however many requests came before the split.
pub(crate) fn route(alias: &Alias, dice: impl FnOnce() -> f64) -> &str {
    match alias.weights.iter().next() {
        Some((version, &weight)) if dice() < weight => version,
        _ => &alias.version,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alias(weights: &[(&str, f64)]) -> Alias {
        Alias {
            name: "live".to_owned(),
            version: "1".to_owned(),
            description: String::new(),
            weights: weights.iter().map(|&(v, w)| (v.to_owned(), w)).collect(),
            revision_id: String::new(),
        }
    }

    #[test]
    fn additional_version_serves_when_dice_is_below_its_weight() {
        let split = alias(&[("2", 0.1)]);
        assert_eq!(route(&split, || 0.099), "2");
        assert_eq!(route(&split, || 0.1), "1");
        assert_eq!(route(&alias(&[]), || panic!("nothing to choose")), "1");
    }

    #[test]
    fn weights_are_refused_when_outside_zero_to_one_or_too_many() {
        assert!(check_weights(&alias(&[("2", 0.0)]).weights).is_ok());
        assert!(check_weights(&alias(&[("2", 1.0)]).weights).is_ok());
        for bad in [
            alias(&[("2", 1.001)]),
            alias(&[("2", -0.001)]),
            alias(&[("2", f64::NAN)]),
            alias(&[("live", 0.1)]),
        ] {
            assert_eq!(check_weights(&bad.weights).unwrap_err().code, "ValidationException");
        }
        let two = alias(&[("2", 0.1), ("3", 0.1)]);
        assert_eq!(check_weights(&two.weights).unwrap_err().code, "InvalidParameterValueException");
    }
}
