//! How requests name a function: by name, partial ARN or ARN, each with or without a qualifier.

use super::errors::invalid_parameter;
use crate::error::ApiError;

/// The function's name out of a name, a partial ARN or an ARN, with or without a qualifier.
pub(crate) fn bare_name(given: &str) -> &str {
    split(given).0
}

/// The qualifier that an ARN or `name:qualifier` carries.
pub(crate) fn qualifier_in(given: &str) -> Option<&str> {
    split(given).1
}

/// The one qualifier of a request that may give it in the name and in the query.
///
/// # Errors
/// `InvalidParameterValueException` when both are given and differ.
pub(super) fn one_qualifier<'a>(
    given: &'a str,
    in_query: Option<&'a str>,
) -> Result<Option<&'a str>, ApiError> {
    match (qualifier_in(given), in_query) {
        (Some(derived), Some(asked)) if derived != asked => Err(invalid_parameter(
            "The derived qualifier from the function name does not match the specified qualifier.",
        )),
        (derived, asked) => Ok(asked.or(derived)),
    }
}

/// Name and qualifier. A name may itself end in `function`: only a whole part of an ARN separates.
fn split(given: &str) -> (&str, Option<&str>) {
    let rest = given
        .strip_prefix("function:")
        .or_else(|| given.split_once(":function:").map(|(_, rest)| rest))
        .unwrap_or(given);
    let (name, qualifier) = rest.split_once(':').unwrap_or((rest, ""));
    (name, Some(qualifier).filter(|q| !q.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_and_qualifier_are_found_in_every_form() {
        for (given, name, qualifier) in [
            ("manuel", "manuel", None),
            ("manuel:", "manuel", None),
            ("manuel:live", "manuel", Some("live")),
            ("my-function", "my-function", None),
            ("my-function:live", "my-function", Some("live")),
            ("function:manuel:live", "manuel", Some("live")),
            ("123456789012:function:manuel", "manuel", None),
            ("arn:aws:lambda:eu-west-1:123456789012:function:manuel:7", "manuel", Some("7")),
            ("arn:aws:lambda:eu-west-1:123456789012:function:my-function:7", "my-function", Some("7")),
        ] {
            assert_eq!((bare_name(given), qualifier_in(given)), (name, qualifier), "{given}");
        }
    }

    #[test]
    fn qualifier_is_refused_when_name_and_query_differ() {
        assert_eq!(one_qualifier("manuel", Some("live")), Ok(Some("live")));
        assert_eq!(one_qualifier("manuel:live", None), Ok(Some("live")));
        assert_eq!(one_qualifier("manuel:live", Some("live")), Ok(Some("live")));
        assert_eq!(
            one_qualifier("manuel:live", Some("7")).unwrap_err().code,
            "InvalidParameterValueException"
        );
    }
}
