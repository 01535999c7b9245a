//! `wildcard`: text with `*` for any characters, also none; `\*` and `\\` stand for themselves (A).

/// The literal parts between the stars.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wildcard(Vec<String>);

impl Wildcard {
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let (mut parts, mut part, mut after_star) = (Vec::new(), String::new(), false);
        let mut characters = text.chars().enumerate();
        while let Some((position, character)) = characters.next() {
            let star = character == '*';
            match character {
                '*' if after_star => {
                    return Err(format!("Consecutive wildcard characters at pos {position}"));
                }
                '*' => parts.push(std::mem::take(&mut part)),
                '\\' => match characters.next() {
                    Some((_, escaped @ ('*' | '\\'))) => part.push(escaped),
                    _ => return Err(format!("Invalid escape character at pos {position}")),
                },
                other => part.push(other),
            }
            after_star = star;
        }
        parts.push(part);
        Ok(Self(parts))
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        let [first, middle @ .., last] = self.0.as_slice() else {
            // Without a star there is one part.
            return self.0.first().is_some_and(|only| only == text);
        };
        let Some(mut rest) = text.strip_prefix(first.as_str()).and_then(|t| t.strip_suffix(last.as_str()))
        else {
            return false;
        };
        // The earliest place for each part leaves the most for the others.
        for part in middle {
            match rest.split_once(part.as_str()) {
                Some((_, after)) => rest = after,
                None => return false,
            }
        }
        true
    }
}
