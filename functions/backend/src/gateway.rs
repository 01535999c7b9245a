//! API Gateway's two payload formats: what the rules need of an event, and the answer in the event's own format.
//!
//! A REST API sends format 1.0, an HTTP API 2.0 unless it is told otherwise. A REST API refuses an answer that has any key
//! which it does not know (502, "Malformed Lambda proxy response"), and 2.0 has one of those; so the format of the answer
//! follows the event. Pure.

use crate::decide::{Reply, Request};
use aws_lambda_events::apigw::{
    ApiGatewayProxyRequest, ApiGatewayProxyResponse, ApiGatewayV2httpRequest, ApiGatewayV2httpResponse,
};
use http::HeaderMap;
use http::header::{CONTENT_TYPE, HeaderValue};
use serde::Serialize;
use serde_json::Value;

/// The payload format of an event and of its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// 1.0, of a REST API.
    Rest,
    /// 2.0, of an HTTP API.
    Http,
}

/// An answer as API Gateway reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// In format 1.0.
    Rest(ApiGatewayProxyResponse),
    /// In format 2.0.
    Http(ApiGatewayV2httpResponse),
}

/// Reduces an event to what the rules need, or says why it is no request. What is of no format gets its answer in 1.0,
/// whose keys both kinds of API know.
pub fn read(event: Value) -> (Format, Result<Request, String>) {
    match format(&event) {
        Ok(Format::Rest) => (Format::Rest, rest(event)),
        Ok(Format::Http) => (Format::Http, http(event)),
        Err(problem) => (Format::Rest, Err(problem)),
    }
}

/// A REST API leaves the version out, and so do people who write an event by hand.
fn format(event: &Value) -> Result<Format, String> {
    match event.get("version").and_then(Value::as_str) {
        Some("1.0") => Ok(Format::Rest),
        Some("2.0") => Ok(Format::Http),
        Some(other) => Err(format!("payload format {other:?} is unknown: send 1.0 or 2.0")),
        None if event.get("rawPath").is_some() => Ok(Format::Http),
        None => Ok(Format::Rest),
    }
}

fn rest(event: Value) -> Result<Request, String> {
    let event: ApiGatewayProxyRequest = serde_json::from_value(event).map_err(|error| error.to_string())?;
    let claims = event.request_context.authorizer.fields.get("claims");
    Ok(Request {
        method: event.http_method,
        path: event.path.ok_or("missing field `path`")?,
        // The path of format 1.0 begins after the stage; only its `requestContext.path` has it.
        stage: None,
        content_type: content_type(&event.headers),
        body: event.body,
        is_base64: event.is_base64_encoded,
        user: user(claims.and_then(|claims| claims.get("sub")?.as_str())),
    })
}

fn http(event: Value) -> Result<Request, String> {
    let event: ApiGatewayV2httpRequest = serde_json::from_value(event).map_err(|error| error.to_string())?;
    let context = event.request_context;
    let claims = context.authorizer.and_then(|authorizer| authorizer.jwt).map(|jwt| jwt.claims);
    Ok(Request {
        method: context.http.method,
        path: event.raw_path.or(context.http.path).ok_or("missing field `rawPath`")?,
        stage: context.stage,
        content_type: content_type(&event.headers),
        body: event.body,
        is_base64: event.is_base64_encoded,
        user: user(claims.as_ref().and_then(|claims| claims.get("sub")).map(String::as_str)),
    })
}

/// Only the authorizer's claims tell who asks: they were checked, a header was not.
fn user(sub: Option<&str>) -> Option<String> {
    sub.filter(|sub| !sub.trim().is_empty()).map(str::to_owned)
}

fn content_type(headers: &HeaderMap) -> Option<String> {
    headers.get(CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// The answer in the event's format.
#[must_use]
pub fn answer(reply: Reply, format: Format) -> Answer {
    let status_code = i64::from(reply.status);
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(reply.content_type));
    headers.extend(reply.header.map(|(name, value)| (name, HeaderValue::from_static(value))));
    let body = reply.body.map(|body| body.to_string().into());
    match format {
        Format::Rest => {
            let mut response = ApiGatewayProxyResponse::default();
            (response.status_code, response.headers, response.body) = (status_code, headers, body);
            Answer::Rest(response)
        }
        Format::Http => {
            let mut response = ApiGatewayV2httpResponse::default();
            (response.status_code, response.headers, response.body) = (status_code, headers, body);
            Answer::Http(response)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::{ok, problem};
    use serde_json::json;

    const QUERY: &str = include_str!("../../../events/api-gateway/query.json");
    const QUERY_HTTP_API: &str = include_str!("../../../events/api-gateway/query-http-api.json");

    fn event(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn same_request_is_read_when_only_the_format_differs() {
        let (rest, of_rest) = read(event(QUERY));
        let (http, of_http) = read(event(QUERY_HTTP_API));
        assert_eq!((rest, http), (Format::Rest, Format::Http));
        let of_rest = of_rest.unwrap();
        assert_eq!(of_rest.user.as_deref(), Some("c2f5a434-5091-70e5-1f0e-6d6a3b9c1d20"));
        assert_eq!(of_rest.content_type.as_deref(), Some("application/json"));
        assert_eq!(of_rest, Request { stage: None, ..of_http.unwrap() });
    }

    #[test]
    fn format_is_told_by_the_version_and_without_one_by_the_path() {
        for (event, format) in [
            (json!({"version": "1.0", "rawPath": "/"}), Format::Rest),
            (json!({"version": "2.0", "path": "/"}), Format::Http),
            (json!({"rawPath": "/"}), Format::Http),
            (json!({"path": "/"}), Format::Rest),
            (json!({"version": null}), Format::Rest),
            (Value::Null, Format::Rest),
        ] {
            assert_eq!(read(event.clone()).0, format, "{event}");
        }
    }

    #[test]
    fn error_names_what_is_missing_or_unknown_when_the_event_is_no_request() {
        let context = json!({"httpMethod": "GET"});
        for (event, told) in [
            (json!({"version": "3.0"}), "payload format \"3.0\" is unknown: send 1.0 or 2.0"),
            (json!({"httpMethod": "GET", "path": "/"}), "missing field `requestContext`"),
            (json!({"path": "/", "requestContext": context}), "missing field `httpMethod`"),
            (json!({"httpMethod": "GET", "requestContext": context}), "missing field `path`"),
            (json!({"rawPath": "/"}), "missing field `requestContext`"),
        ] {
            assert_eq!(read(event.clone()).1.unwrap_err(), told, "{event}");
        }
    }

    #[test]
    fn nobody_is_known_when_the_claims_are_missing_blank_or_in_a_header_only() {
        for claims in [json!(null), json!({}), json!({"sub": " "}), json!({"sub": 7})] {
            let mut anonymous = event(QUERY);
            anonymous["requestContext"]["authorizer"] = json!({"claims": claims});
            anonymous["headers"]["sub"] = json!("somebody");
            assert_eq!(read(anonymous).1.unwrap().user, None, "{claims}");
        }
        let mut anonymous = event(QUERY_HTTP_API);
        anonymous["requestContext"]["authorizer"] = json!({"jwt": {"claims": {"sub": ""}}});
        assert_eq!(read(anonymous).1.unwrap().user, None);
    }

    #[test]
    fn event_is_read_when_the_console_leaves_its_headers_null() {
        let mut tested = event(QUERY);
        (tested["headers"], tested["multiValueHeaders"]) = (Value::Null, Value::Null);
        assert_eq!(read(tested).1.unwrap().content_type, None);
    }

    #[test]
    fn stage_is_no_part_of_the_path_when_the_format_is_1_0() {
        let request = read(event(QUERY)).1.unwrap();
        assert_eq!((request.path.as_str(), request.stage), ("/query", None));
        assert!(QUERY.contains(r#""path": "/prod/query""#), "the sample has the stage elsewhere");
    }

    #[test]
    fn answer_has_no_key_that_a_rest_api_refuses() {
        let known = ["statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"];
        let (good, bad) = (ok(json!({"a": 1})), problem(404, "Not Found", "nothing"));
        for reply in [good.clone(), Reply { body: None, ..good }, bad] {
            let answer = serde_json::to_value(answer(reply, Format::Rest)).unwrap();
            let keys: Vec<&String> = answer.as_object().unwrap().keys().collect();
            assert!(keys.iter().all(|key| known.contains(&key.as_str())), "{keys:?}");
        }
    }

    #[test]
    fn status_headers_and_body_are_the_same_in_both_formats() {
        let reply = Reply { header: Some((http::header::ALLOW, "GET")), ..problem(405, "No", "no") };
        let [rest, http] = [Format::Rest, Format::Http]
            .map(|format| serde_json::to_value(answer(reply.clone(), format)).unwrap());
        for key in ["statusCode", "headers", "body", "isBase64Encoded"] {
            assert_eq!(rest[key], http[key], "{key}");
        }
        assert_eq!(rest["headers"]["allow"], "GET");
        assert!(http.get("cookies").is_some(), "why 2.0 is no answer for a REST API");
    }
}
