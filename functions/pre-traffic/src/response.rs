//! The function's payload as API Gateway would read it, held against a case. Pure.

use crate::cases::{BodyRule, Expected, SmokeCase};
use crate::decide::{Failure, shorten};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// Everything that the payload does not fulfil. Latency is judged elsewhere.
pub(crate) fn failures(case: &SmokeCase, payload: &[u8]) -> Vec<Failure> {
    let text = String::from_utf8_lossy(payload);
    let Ok(response) = serde_json::from_slice::<Value>(payload) else {
        return vec![Failure::NotHttp { got: shorten(&text) }];
    };
    let Some(status) = response.get("statusCode").and_then(Value::as_u64) else {
        return vec![Failure::NotHttp { got: shorten(&text) }];
    };
    let mut failures = Vec::new();
    let body = body(&response);
    if status != u64::from(case.status) {
        let got_body = shorten(body.as_deref().unwrap_or_default());
        failures.push(Failure::Status { expected: case.status, got: status, body: got_body });
    }
    if !case.body.is_empty() {
        match body.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok()) {
            Some(document) => failures.extend(case.body.iter().filter_map(|rule| broken(rule, &document))),
            None => failures.push(Failure::BodyNotJson { got: shorten(body.as_deref().unwrap_or_default()) }),
        }
    }
    failures
}

/// The decoded text; `None` when there is none or it cannot be decoded.
fn body(response: &Value) -> Option<String> {
    let text = response.get("body")?.as_str()?;
    if response.get("isBase64Encoded").and_then(Value::as_bool) != Some(true) {
        return Some(text.to_owned());
    }
    String::from_utf8(STANDARD.decode(text).ok()?).ok()
}

fn broken(rule: &BodyRule, document: &Value) -> Option<Failure> {
    let found = document.pointer(&rule.pointer);
    let (kept, expected) = match &rule.expected {
        Expected::Equals(value) => (found == Some(value), shorten(&value.to_string())),
        Expected::Exists(true) => (found.is_some(), "anything".to_owned()),
        Expected::Exists(false) => (found.is_none(), "nothing".to_owned()),
    };
    let got = found.map_or_else(|| "nothing".to_owned(), |value| shorten(&value.to_string()));
    (!kept).then(|| Failure::Body { pointer: rule.pointer.clone(), expected, got })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::parse_cases;
    use serde_json::json;

    fn found(rules: &Value, payload: &Value) -> Vec<String> {
        let case = json!([{"name": "a", "request": {"event": {}}, "expect": {"body": rules}}]);
        let case = parse_cases(&case.to_string()).unwrap().remove(0);
        failures(&case, payload.to_string().as_bytes()).iter().map(ToString::to_string).collect()
    }

    fn ok(body: &Value) -> Value {
        json!({"statusCode": 200, "body": body.to_string()})
    }

    #[test]
    fn nothing_is_wrong_when_status_and_body_fit() {
        let rules = json!([
            {"pointer": "/status", "equals": "ok"}, {"pointer": "/list/1", "equals": 2},
            {"pointer": "/a~1b", "exists": true}, {"pointer": "/none", "exists": false}, {"pointer": "", "exists": true},
        ]);
        let body = json!({"status": "ok", "list": [1, 2], "a/b": null});
        assert_eq!(found(&rules, &ok(&body)), Vec::<String>::new());
    }

    #[test]
    fn body_is_decoded_when_it_is_base64() {
        let payload =
            json!({"statusCode": 200, "isBase64Encoded": true, "body": STANDARD.encode(r#"{"a":1}"#)});
        assert_eq!(found(&json!([{"pointer": "/a", "equals": 1}]), &payload), Vec::<String>::new());
    }

    #[test]
    fn every_broken_rule_is_told_with_what_was_expected_and_what_came() {
        let rules = json!([
            {"pointer": "/a", "equals": 1}, {"pointer": "/b", "exists": true}, {"pointer": "/c", "exists": false},
        ]);
        assert_eq!(
            found(&rules, &ok(&json!({"a": 2, "c": 3}))),
            [
                "body at /a: expected 1, got 2",
                "body at /b: expected anything, got nothing",
                "body at /c: expected nothing, got 3",
            ]
        );
    }

    #[test]
    fn status_and_body_are_told_when_the_status_is_wrong() {
        let payload = json!({"statusCode": 500, "body": "out of order"});
        assert_eq!(found(&json!([]), &payload), ["status: expected 200, got 500: out of order"]);
    }

    #[test]
    fn body_is_wrong_when_it_should_be_json_and_is_not() {
        let rules = json!([{"pointer": "/a", "exists": false}]);
        for payload in [json!({"statusCode": 200}), json!({"statusCode": 200, "body": "text"})] {
            assert!(found(&rules, &payload)[0].starts_with("body: expected JSON"), "{payload}");
        }
    }

    #[test]
    fn answer_is_no_http_response_when_the_status_code_is_missing() {
        for payload in
            [json!({}), json!(null), json!("ok"), json!({"statusCode": "200"}), json!({"statusCode": -1})]
        {
            assert!(found(&json!([]), &payload)[0].starts_with("not an HTTP response"), "{payload}");
        }
    }
}
