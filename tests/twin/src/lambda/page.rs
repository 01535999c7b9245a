//! Long lists in pages; the marker of the next page is the number of items before it.

use serde_json::{Value, json};

use super::errors::{invalid_parameter, validation};
use crate::error::ApiError;

/// What Lambda puts on a page at most.
const PAGE: usize = 50;
/// The largest page that may be asked for.
const LARGEST_REQUEST: usize = 10_000;

/// `Marker` and `MaxItems` as given.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Page<'a> {
    pub(super) marker: Option<&'a str>,
    pub(super) max_items: Option<&'a str>,
}

impl Page<'_> {
    /// The answer with one page of `items` under `member`.
    ///
    /// # Errors
    /// When marker or size are not numbers that can be.
    pub(super) fn cut(self, member: &str, items: Vec<Value>) -> Result<Value, ApiError> {
        let start: usize = match self.marker {
            None | Some("") => 0,
            Some(marker) => marker.parse().map_err(|_| invalid_parameter("Invalid pagination token"))?,
        };
        let size = match self.max_items {
            None => PAGE,
            Some(given) => given
                .parse()
                .ok()
                .filter(|size| (1..=LARGEST_REQUEST).contains(size))
                .ok_or_else(|| validation("maxItems", given, "Member must be a number from 1 to 10000"))?,
        };
        let end = start.saturating_add(size.min(PAGE));
        let next = (end < items.len()).then(|| end.to_string());
        let page: Vec<_> = items.into_iter().skip(start).take(end - start).collect();
        let mut answer = json!({member: page});
        if let (Some(next), Some(object)) = (next, answer.as_object_mut()) {
            object.insert("NextMarker".to_owned(), json!(next));
        }
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(marker: Option<&str>, max_items: Option<&str>, count: usize) -> Result<Value, ApiError> {
        Page { marker, max_items }.cut("All", (0..count).map(|n| json!(n)).collect())
    }

    #[test]
    fn marker_leads_to_the_next_page_until_there_is_none() {
        assert_eq!(cut(None, Some("2"), 3), Ok(json!({"All": [0, 1], "NextMarker": "2"})));
        assert_eq!(cut(Some("2"), Some("2"), 3), Ok(json!({"All": [2]})));
        assert_eq!(cut(None, None, 51).unwrap()["NextMarker"], "50");
        assert_eq!(cut(None, Some("2"), 2), Ok(json!({"All": [0, 1]})));
        assert_eq!(cut(Some("9"), None, 3), Ok(json!({"All": []})));
    }

    #[test]
    fn page_is_refused_when_it_cannot_be() {
        assert!(cut(Some("x"), None, 1).is_err());
        assert!(cut(None, Some("0"), 1).is_err());
        assert!(cut(None, Some("10001"), 1).is_err());
    }
}
