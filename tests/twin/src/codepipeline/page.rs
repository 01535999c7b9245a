//! Lists in pages. The token of the next page is the key of the last item, so that what comes in front meanwhile does
//! not shift the pages.

use serde_json::{Value, json};

use super::{errors::validation, requests::Listing};
use crate::error::ApiError;

const USUAL: u64 = 100;

/// The answer with one page of `items` under `member`, highest key first.
///
/// # Errors
/// `InvalidNextTokenException`, or `ValidationException` for a size that cannot be.
pub(super) fn cut(
    member: &str,
    mut items: Vec<(u64, Value)>,
    request: &Listing,
    most: u64,
) -> Result<Value, ApiError> {
    let size = request.max_results.unwrap_or(USUAL);
    if !(1..=most).contains(&size) {
        return Err(validation(format!("'maxResults' must be from 1 to {most}")));
    }
    let before: u64 = match &request.next_token {
        None => u64::MAX,
        Some(token) => token.parse().map_err(|_| {
            ApiError::bad_request(
                "InvalidNextTokenException",
                "The next token was specified in an invalid format",
            )
        })?,
    };
    items.retain(|(key, _)| *key < before);
    items.sort_by_key(|(key, _)| std::cmp::Reverse(*key));
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let more = items.len() > size;
    items.truncate(size);
    let next = items.last().filter(|_| more).map(|(key, _)| key.to_string());
    let page: Vec<_> = items.into_iter().map(|(_, item)| item).collect();
    let mut answer = json!({member: page});
    if let (Some(next), Some(object)) = (next, answer.as_object_mut()) {
        object.insert("nextToken".to_owned(), json!(next));
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(max_results: Option<u64>, next_token: Option<&str>) -> Result<Value, &'static str> {
        let request =
            Listing { max_results, next_token: next_token.map(str::to_owned), ..Listing::default() };
        cut("all", vec![(1, json!("a")), (2, json!("b")), (3, json!("c"))], &request, 100).map_err(|e| e.code)
    }

    #[test]
    fn token_leads_to_the_next_page_until_there_is_none() {
        assert_eq!(page(Some(2), None), Ok(json!({"all": ["c", "b"], "nextToken": "2"})));
        assert_eq!(page(Some(2), Some("2")), Ok(json!({"all": ["a"]})));
        assert_eq!(page(None, None), Ok(json!({"all": ["c", "b", "a"]})));
        assert_eq!(page(Some(3), None), Ok(json!({"all": ["c", "b", "a"]})));
    }

    #[test]
    fn page_is_refused_when_it_cannot_be() {
        assert_eq!(page(Some(0), None), Err("ValidationException"));
        assert_eq!(page(Some(101), None), Err("ValidationException"));
        assert_eq!(page(None, Some("x")), Err("InvalidNextTokenException"));
    }
}
