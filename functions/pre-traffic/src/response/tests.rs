use super::*;
use crate::cases::{default_cases, parse_cases};
use crate::request::Format;
use serde_json::json;

fn found_in(rules: &Value, payload: &[u8]) -> Vec<String> {
    let case = json!([{"name": "a", "request": {"event": {}}, "expect": {"body": rules}}]);
    let case = parse_cases(&case.to_string(), Format::Http).unwrap().remove(0);
    failures(&case, payload).iter().map(ToString::to_string).collect()
}

fn found(rules: &Value, payload: &Value) -> Vec<String> {
    found_in(rules, payload.to_string().as_bytes())
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
    let payload = json!({"statusCode": 200, "isBase64Encoded": true, "body": STANDARD.encode(r#"{"a":1}"#)});
    assert_eq!(found(&json!([{"pointer": "/a", "equals": 1}]), &payload), Vec::<String>::new());
    let binary = json!({"statusCode": 200, "isBase64Encoded": true, "body": STANDARD.encode([0xff, 0xfe])});
    assert_eq!(found(&json!([]), &binary), Vec::<String>::new());
}

#[test]
fn every_broken_rule_is_told_with_what_was_expected_and_what_came() {
    let rules = json!([
        {"pointer": "/a", "equals": 1}, {"pointer": "/b", "exists": true}, {"pointer": "/c", "exists": false},
        {"pointer": "/d", "equals": "x"}, {"pointer": "", "equals": 1},
    ]);
    assert_eq!(
        found(&rules, &ok(&json!({"a": 2, "c": "TOPSECRET", "d": {"token": "TOPSECRET"}}))),
        [
            "body at /a: expected 1, got 2",
            "body at /b: expected anything, got nothing",
            "body at /c: expected nothing, got a string of 9 characters",
            "body at /d: expected \"x\", got an object with token",
            "body at : expected 1, got an object with a, c, d",
        ]
    );
    let whole = json!([{"pointer": "", "equals": "ok"}]);
    assert_eq!(
        found(&whole, &ok(&json!("TOPSECRET"))),
        ["body at : expected \"ok\", got a string of 9 characters"]
    );
}

#[test]
fn numbers_are_compared_by_their_value() {
    for (expected, got, equal) in [
        (json!(1), json!(1.0), true),
        (json!(1.0), json!(1), true),
        (json!(1), json!(1.5), false),
        (json!(9_007_199_254_740_993_u64), json!(9_007_199_254_740_992_u64), false),
        (json!([1, {"a": 2.0}]), json!([1.0, {"a": 2}]), true),
        (json!({"a": 1}), json!({"a": 1, "b": 1}), false),
        (json!([1]), json!([1, 1]), false),
        (json!("1"), json!(1), false),
    ] {
        let rules = json!([{"pointer": "/x", "equals": expected}]);
        assert_eq!(found(&rules, &ok(&json!({"x": got}))).is_empty(), equal, "{expected} {got}");
    }
}

#[test]
fn body_is_described_but_not_quoted_when_the_status_is_wrong() {
    for (payload, told) in [
        (json!({"statusCode": 500, "body": "TOPSECRET"}), "body is no JSON (9 bytes)"),
        (
            json!({"statusCode": 500, "body": r#"{"title":"TOPSECRET"}"#}),
            "body is an object with title (21 bytes)",
        ),
        (json!({"statusCode": 500}), "body is nothing"),
    ] {
        assert_eq!(found(&json!([]), &payload), [format!("status: expected 200, got 500: {told}")]);
    }
}

#[test]
fn problem_is_told_when_the_status_is_wrong() {
    let body = r#"{"title":"Conflict","detail":"taken","token":"TOPSECRET"}"#;
    let payload = json!({"statusCode": 409, "body": body, "headers": {
        "Content-Type": "application/problem+json; charset=utf-8"}});
    assert_eq!(found(&json!([]), &payload), ["status: expected 200, got 409: Conflict: taken"]);
}

#[test]
fn body_is_wrong_when_it_should_be_json_and_is_not() {
    let rules = json!([{"pointer": "/a", "exists": false}]);
    for (payload, told) in [
        (json!({"statusCode": 200}), "body: expected JSON, got nothing"),
        (json!({"statusCode": 200, "body": "TOPSECRET"}), "body: expected JSON, got no JSON (9 bytes)"),
    ] {
        assert_eq!(found(&rules, &payload), [told]);
    }
}

#[test]
fn answer_is_inferred_when_there_is_no_status_code() {
    for payload in [json!({}), json!({"status": "ok"}), json!("ok"), json!(null), json!([1])] {
        assert_eq!(found(&json!([]), &payload), Vec::<String>::new(), "{payload}");
    }
    let rules = json!([{"pointer": "/status", "equals": "ok"}]);
    assert_eq!(found(&rules, &json!({"status": "ok"})), Vec::<String>::new());
    assert_eq!(found(&rules, &json!({"status": "no"})), ["body at /status: expected \"ok\", got \"no\""]);
}

#[test]
fn answer_is_no_http_response_when_api_gateway_cannot_read_it() {
    for payload in ["", " ", "TOPSECRET", "{", r#"{"statusCode": "200"}"#, r#"{"statusCode": -1}"#] {
        let told = found_in(&json!([]), payload.as_bytes());
        assert!(told[0].starts_with("not an HTTP response") && !told[0].contains("TOPSECRET"), "{told:?}");
    }
}

#[test]
fn body_fails_without_any_rule_when_api_gateway_cannot_read_it() {
    for payload in [
        json!({"statusCode": 200, "body": {"token": "TOPSECRET"}}),
        json!({"statusCode": 200, "body": 7}),
        json!({"statusCode": 200, "body": "TOPSECRET!", "isBase64Encoded": true}),
    ] {
        let told = found(&json!([]), &payload);
        assert!(told[0].starts_with("body: API Gateway would answer 500: "), "{told:?}");
        assert!(!told[0].contains("TOPSECRET"), "{told:?}");
    }
    let null = json!({"statusCode": 200, "body": null});
    assert_eq!(found(&json!([]), &null), Vec::<String>::new());
}

#[test]
fn answer_without_status_code_is_refused_when_the_case_asks_for_a_path() {
    let case = r#"[{"name": "a", "request": {"method": "GET", "path": "/health"}}]"#;
    for case in [parse_cases(case, Format::Http).unwrap().remove(0), default_cases(Format::Http).remove(0)] {
        for payload in [r#"{"status": "ok"}"#, "null", "[]", r#"{"errorMessage": "no"}"#] {
            let found = failures(&case, payload.as_bytes());
            assert!(matches!(found[..], [Failure::NotHttp { .. }]), "{payload}: {found:?}");
        }
        assert_eq!(failures(&case, br#"{"statusCode": 200}"#), []);
    }
}
