//! What a message may show of an answer. Pure.
//!
//! Messages end in logs and in CodeDeploy's console, and answers can hold personal data and credentials. So an answer
//! is described (kind, names of its fields, size) and not quoted, with three exceptions: `title` and `detail` of an
//! error in the form of RFC 9457, which are written for readers; type and message of a Lambda function error, which
//! are in the function's own log; and a scalar at a place where the case itself demands a certain value.

use serde_json::Value;

/// What an answer may show of its text, in characters.
const QUOTE_LIMIT: usize = 150;
/// Names of fields in a description.
const NAMED_FIELDS: usize = 8;
/// Of a field's name, in characters: names can be data too.
const NAME_LIMIT: usize = 30;

/// A payload or body without its values.
pub(crate) fn described(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "nothing".to_owned();
    }
    let kind = serde_json::from_slice(bytes).map_or_else(|_| "no JSON".to_owned(), |value| kind(&value));
    format!("{kind} ({} bytes)", bytes.len())
}

/// A value without its content.
pub(crate) fn kind(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "a boolean".to_owned(),
        Value::Number(_) => "a number".to_owned(),
        Value::String(text) => format!("a string of {} characters", text.chars().count()),
        Value::Array(items) => format!("an array of {}", items.len()),
        Value::Object(fields) if fields.is_empty() => "an object without fields".to_owned(),
        Value::Object(fields) => {
            let names: Vec<String> =
                fields.keys().take(NAMED_FIELDS).map(|name| cut(name, NAME_LIMIT)).collect();
            let more = if fields.len() > NAMED_FIELDS { ", ..." } else { "" };
            format!("an object with {}{more}", names.join(", "))
        }
    }
}

/// A scalar as it is, cut when it is long; arrays and objects without their content.
pub(crate) fn scalar(value: &Value) -> String {
    match value {
        Value::Array(_) | Value::Object(_) => kind(value),
        scalar => cut(&scalar.to_string(), QUOTE_LIMIT),
    }
}

/// A value that the case demands, cut when it is long: the setting says it anyway.
pub(crate) fn expected(value: &Value) -> String {
    cut(&value.to_string(), QUOTE_LIMIT)
}

/// Title and detail of an `application/problem+json` body (RFC 9457); `None` when it has neither.
pub(crate) fn problem(body: &[u8]) -> Option<String> {
    let problem: Value = serde_json::from_slice(body).ok()?;
    let text = |name: &str| problem.get(name).and_then(Value::as_str);
    let parts: Vec<&str> = [text("title"), text("detail")].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| cut(&parts.join(": "), QUOTE_LIMIT))
}

/// Type and message of a function error as Lambda reports it, or else a description.
pub(crate) fn function_error(payload: &[u8]) -> String {
    let error: Value = serde_json::from_slice(payload).unwrap_or_default();
    let text = |name: &str| error.get(name).and_then(Value::as_str);
    let parts: Vec<&str> = [text("errorType"), text("errorMessage")].into_iter().flatten().collect();
    if parts.is_empty() { described(payload) } else { parts.join(": ") }
}

/// The first characters of a text, for a message.
pub(crate) fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn answer_is_described_without_its_values() {
        for (answer, description) in [
            ("", "nothing"),
            ("TOPSECRET", "no JSON (9 bytes)"),
            (r#""TOPSECRET""#, "a string of 9 characters (11 bytes)"),
            (r#"["TOPSECRET", 1]"#, "an array of 2 (16 bytes)"),
            (r#"{"token":"TOPSECRET","id":7}"#, "an object with id, token (28 bytes)"),
            ("{}", "an object without fields (2 bytes)"),
            ("null", "null (4 bytes)"),
            ("77", "a number (2 bytes)"),
            ("true", "a boolean (4 bytes)"),
        ] {
            assert_eq!(described(answer.as_bytes()), description);
        }
    }

    #[test]
    fn fields_are_named_up_to_a_limit() {
        let many: Value = (0..9).map(|index| (format!("field-{index}"), json!(0))).collect();
        assert!(kind(&many).ends_with("field-7, ..."), "{}", kind(&many));
        assert!(kind(&json!({"x".repeat(31): 0})).ends_with(&format!(" {}...", "x".repeat(30))));
    }

    #[test]
    fn problem_shows_title_and_detail_only() {
        let body = br#"{"title":"Conflict","detail":"taken","token":"TOPSECRET"}"#;
        assert_eq!(problem(body).unwrap(), "Conflict: taken");
        assert_eq!(problem(br#"{"status":500}"#), None);
        assert_eq!(problem(b"no"), None);
        let long = json!({"title": "ä".repeat(QUOTE_LIMIT + 1)}).to_string();
        assert_eq!(problem(long.as_bytes()).unwrap(), format!("{}...", "ä".repeat(QUOTE_LIMIT)));
    }

    #[test]
    fn scalar_is_quoted_and_cut_but_nothing_larger_is() {
        assert_eq!(scalar(&json!("ok")), r#""ok""#);
        assert_eq!(scalar(&json!(null)), "null");
        assert_eq!(scalar(&json!({"token": "TOPSECRET"})), "an object with token");
        assert!(scalar(&json!("x".repeat(QUOTE_LIMIT))).ends_with("x..."));
    }

    #[test]
    fn function_error_without_type_and_message_is_described() {
        assert_eq!(function_error(br#"{"errorType":"X"}"#), "X");
        assert_eq!(function_error(br#"{"token":"TOPSECRET"}"#), "an object with token (21 bytes)");
    }
}
