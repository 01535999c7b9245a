use super::*;

/// In format 2.0.
fn expanded(request: Value) -> Result<Value, String> {
    expand(RawRequest::deserialize(request).unwrap(), Format::Http)
}

/// In format 1.0.
fn rest(request: Value) -> Value {
    expand(RawRequest::deserialize(request).unwrap(), Format::Rest).unwrap()
}

#[test]
fn path_is_split_and_decoded_when_it_has_a_query() {
    let event = expanded(json!({"method": "get", "path": "/query?q=a%20b&tag=1&tag=2"})).unwrap();
    assert_eq!(event["rawPath"], "/query");
    assert_eq!(event["rawQueryString"], "q=a%20b&tag=1&tag=2");
    assert_eq!(event["queryStringParameters"], json!({"q": "a b", "tag": "1,2"}));
    assert_eq!(event["requestContext"]["http"]["method"], "GET");
}

#[test]
fn body_is_text_with_a_content_type_when_it_is_json() {
    let event = expanded(json!({"method": "POST", "path": "/query", "body": {"q": "a"}})).unwrap();
    assert_eq!(event["body"], r#"{"q":"a"}"#);
    assert_eq!(event["headers"]["content-type"], "application/json");
}

#[test]
fn body_and_headers_are_kept_when_they_are_text() {
    let request = json!({"method": "POST", "path": "/", "body": "a=b", "headers": {"Content-Type": "x/y"}});
    let event = expanded(request).unwrap();
    assert_eq!((&event["body"], &event["headers"]["content-type"]), (&json!("a=b"), &json!("x/y")));
}

#[test]
fn body_and_parameters_are_absent_when_none_are_given() {
    let event = expanded(json!({"method": "GET", "path": "/health"})).unwrap();
    assert!(event.get("body").is_none() && event.get("queryStringParameters").is_none());
}

#[test]
fn error_when_the_request_contradicts_itself_or_is_malformed() {
    for request in [
        json!({}),
        json!({"path": "/"}),
        json!({"method": "", "path": "/"}),
        json!({"method": "GET /", "path": "/"}),
        json!({"method": "GET", "path": "health"}),
        json!({"event": {}, "path": "/"}),
        json!({"event": {}, "body": "x"}),
    ] {
        assert!(expanded(request.clone()).is_err(), "{request}");
    }
}

#[test]
fn rest_event_has_the_keys_of_a_real_one() {
    let event = rest(json!({"method": "get", "path": "/health"}));
    let sample: Value =
        serde_json::from_str(include_str!("../../../../events/api-gateway/health.json")).unwrap();
    for place in ["", "/requestContext", "/requestContext/identity"] {
        let keys = |event: &Value| -> Vec<String> {
            let mut keys: Vec<String> =
                event.pointer(place).unwrap().as_object().unwrap().keys().cloned().collect();
            keys.sort();
            keys
        };
        assert_eq!(keys(&event), keys(&sample), "{place}");
    }
    assert_eq!((&event["path"], &event["httpMethod"]), (&json!("/health"), &json!("GET")));
    assert_eq!(event["requestContext"]["path"], "/smoke-test/health", "only here with the stage");
}

#[test]
fn rest_event_has_the_last_and_all_values_when_a_parameter_is_repeated() {
    let event = rest(json!({"method": "GET", "path": "/query?q=a%20b&tag=1&tag=2"}));
    assert_eq!((&event["path"], &event["resource"]), (&json!("/query"), &json!("/query")));
    assert_eq!(event["queryStringParameters"], json!({"q": "a b", "tag": "2"}));
    assert_eq!(event["multiValueQueryStringParameters"], json!({"q": ["a b"], "tag": ["1", "2"]}));
}

#[test]
fn rest_event_says_null_when_body_and_parameters_are_not_given() {
    let event = rest(json!({"method": "GET", "path": "/health"}));
    for absent in ["body", "queryStringParameters", "multiValueQueryStringParameters", "pathParameters"] {
        assert_eq!(event.get(absent), Some(&Value::Null), "{absent}");
    }
}

#[test]
fn rest_event_keeps_the_spelling_of_headers_and_has_each_once() {
    let request = json!({"method": "POST", "path": "/", "body": {"q": "a"},
        "headers": {"content-type": "application/vnd.manuel+json", "X-Trace": "1"}});
    let event = rest(request);
    assert_eq!(event["headers"]["content-type"], "application/vnd.manuel+json");
    assert_eq!(event["headers"].get("Content-Type"), None, "the case's own counts");
    assert_eq!(event["multiValueHeaders"]["X-Trace"], json!(["1"]));
    assert_eq!((&event["headers"]["Host"], &event["body"]), (&json!(DOMAIN), &json!(r#"{"q":"a"}"#)));
}
