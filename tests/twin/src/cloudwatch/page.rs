//! Paging: a token is the number of items already delivered.

use super::errors;
use crate::error::ApiError;

/// Marks the tokens of the twin, so that another service's token is refused.
const PREFIX: &str = "after-";

/// How many items earlier pages delivered.
pub(super) fn delivered(token: Option<&str>) -> Result<usize, ApiError> {
    let Some(token) = token else { return Ok(0) };
    let number = token.strip_prefix(PREFIX).and_then(|rest| rest.parse().ok());
    number.ok_or_else(|| errors::invalid_token(token))
}

/// The token that continues after `delivered` items.
pub(super) fn token(delivered: usize) -> String {
    format!("{PREFIX}{delivered}")
}

/// One page of `items` and the token of the next page, if there is one.
pub(crate) fn cut<T>(
    items: Vec<T>,
    start: Option<&str>,
    size: usize,
) -> Result<(Vec<T>, Option<String>), ApiError> {
    let skipped = delivered(start)?;
    let end = skipped.saturating_add(size);
    let next = (items.len() > end).then(|| token(end));
    Ok((items.into_iter().skip(skipped).take(size).collect(), next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_delivered_once_when_pages_are_followed() {
        let (first, next) = cut(vec![1, 2, 3], None, 2).unwrap();
        assert_eq!(first, [1, 2]);
        let (second, last) = cut(vec![1, 2, 3], next.as_deref(), 2).unwrap();
        assert_eq!((second, last), (vec![3], None));
    }

    #[test]
    fn invalid_next_token_when_the_token_is_foreign() {
        assert_eq!(cut(vec![1], Some("abc"), 2).unwrap_err().code, "InvalidNextToken");
    }
}
