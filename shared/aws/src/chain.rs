//! Errors as one line of text.

use std::error::Error;

/// An error with its causes in one line; an SDK error alone says no more than "service error".
#[must_use]
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let part = error.to_string();
        // Some wrappers repeat their cause.
        if !text.ends_with(&part) {
            text = format!("{text}: {part}");
        }
        cause = error.source();
    }
    text
}
