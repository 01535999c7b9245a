//! The short form of a request, and the API Gateway event that it stands for.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The stage, domain and addresses of a request that never passed API Gateway (RFC 2606 and RFC 5737 reserve them).
const DOMAIN: &str = "smoke-test.example.com";
const SOURCE_IP: &str = "192.0.2.1";
const USER_AGENT: &str = "pre-traffic-smoke-test";

/// A request as a case writes it: method and path with optional headers and body, or a whole event.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct RawRequest {
    pub(crate) method: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) headers: Option<BTreeMap<String, String>>,
    pub(crate) body: Option<Value>,
    pub(crate) event: Option<Value>,
}

/// The payload to invoke with, or what is wrong with the request; without its values, which may be credentials.
pub(crate) fn expand(request: RawRequest) -> Result<Value, String> {
    let short_form = request.method.is_some() || request.path.is_some();
    match request {
        RawRequest { event: Some(_), headers, body, .. }
            if short_form || headers.is_some() || body.is_some() =>
        {
            Err("event excludes method, path, headers and body".to_owned())
        }
        RawRequest { event: Some(event), .. } => Ok(event),
        RawRequest { method: Some(method), path: Some(path), headers, body, event: None } => {
            if method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_alphabetic()) {
                return Err("method is no HTTP method".to_owned());
            }
            if !path.starts_with('/') {
                return Err("path must begin with /".to_owned());
            }
            Ok(http_event(&method.to_ascii_uppercase(), &path, headers.unwrap_or_default(), body))
        }
        _ => Err("needs method and path, or event".to_owned()),
    }
}

/// An HTTP API event in payload format 2.0, as complete as API Gateway sends it, because some frameworks read all of it
/// (API Gateway developer guide, "Create AWS Lambda proxy integrations for HTTP APIs").
fn http_event(method: &str, path: &str, headers: BTreeMap<String, String>, body: Option<Value>) -> Value {
    let (raw_path, query) = path.split_once('?').unwrap_or((path, ""));
    let is_json = body.as_ref().is_some_and(|body| !body.is_string());
    let mut all_headers = Map::from_iter([
        ("host".to_owned(), json!(DOMAIN)),
        ("user-agent".to_owned(), json!(USER_AGENT)),
        ("x-forwarded-proto".to_owned(), json!("https")),
    ]);
    all_headers.extend(is_json.then(|| ("content-type".to_owned(), json!("application/json"))));
    // API Gateway lowers the names.
    all_headers.extend(headers.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), json!(value))));
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": raw_path,
        "rawQueryString": query,
        "headers": all_headers,
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "smoke-test",
            "domainName": DOMAIN,
            "domainPrefix": "smoke-test",
            "http": {
                "method": method, "path": raw_path, "protocol": "HTTP/1.1",
                "sourceIp": SOURCE_IP, "userAgent": USER_AGENT,
            },
            "requestId": "smoke-test",
            "routeKey": "$default",
            "stage": "$default",
            "time": "01/Jan/1970:00:00:00 +0000",
            "timeEpoch": 0,
        },
        "isBase64Encoded": false,
    });
    if let Some(fields) = event.as_object_mut() {
        let parameters = query_parameters(query);
        fields.extend(
            (!parameters.is_empty()).then(|| ("queryStringParameters".to_owned(), json!(parameters))),
        );
        let text = body.map(|body| body.as_str().map_or_else(|| body.to_string(), str::to_owned));
        fields.extend(text.map(|text| ("body".to_owned(), json!(text))));
    }
    event
}

/// Decoded parameters; repeated ones are joined with commas, as API Gateway does.
fn query_parameters(query: &str) -> BTreeMap<String, String> {
    let mut parameters: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let joined = parameters
            .get(name.as_ref())
            .map_or_else(|| value.to_string(), |first| format!("{first},{value}"));
        parameters.insert(name.into_owned(), joined);
    }
    parameters
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(request: Value) -> Result<Value, String> {
        expand(RawRequest::deserialize(request).unwrap())
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
        let request =
            json!({"method": "POST", "path": "/", "body": "a=b", "headers": {"Content-Type": "x/y"}});
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
}
