//! Which request gets which answer. Pure: no clock, no environment, no AWS.

use crate::manuals::Manuals;
use crate::query::{self, Outcome};
use http::Method;
use serde_json::{Value, json};

/// The methods of a route that reads; API Gateway answers HEAD with our headers and drops the body.
const READ_METHODS: &str = "GET, HEAD";
/// A question is sent in a body, which a GET has not.
const QUERY_METHODS: &str = "POST";

/// The parts of an HTTP API event that the rules look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// As sent.
    pub method: Method,
    /// `rawPath`, which begins with the stage's name unless the stage is `$default`.
    pub path: String,
    /// The stage that API Gateway names, if any.
    pub stage: Option<String>,
    /// Header `content-type`, if any.
    pub content_type: Option<String>,
    /// The body, if any; routes that read ignore it.
    pub body: Option<String>,
    /// Whether API Gateway encoded the body.
    pub is_base64: bool,
}

/// What `GET /version` answers, so that a caller can tell which version served it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The published Lambda version, or `$LATEST`.
    pub function_version: String,
    /// The build that the code came from.
    pub build_id: String,
}

/// An answer before it takes API Gateway's form.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// `application/json`, or `application/problem+json` for errors.
    pub content_type: &'static str,
    /// The methods that a 405 must name (RFC 9110, section 15.5.6).
    pub allow: Option<&'static str>,
    /// `None` for HEAD.
    pub body: Option<Value>,
    /// What became of a question; `None` for every other request, for refusals and for errors.
    pub query: Option<Outcome>,
}

/// Answers a request, or the reason why the event is none.
#[must_use]
pub fn reply(request: Result<&Request, &str>, version: &Version, manuals: &Manuals) -> Reply {
    let request = match request {
        Ok(request) => request,
        Err(reason) => return problem(400, "Bad Request", &format!("not an HTTP API event: {reason}")),
    };
    match without_stage(request) {
        "/health" => read(request, json!({"status": "ok"})),
        "/version" => {
            let body = json!({"functionVersion": version.function_version, "buildId": version.build_id});
            read(request, body)
        }
        "/query" if request.method == Method::POST => query::reply(request, manuals),
        "/query" => not_allowed(request, QUERY_METHODS),
        path => problem(404, "Not Found", &format!("there is no route {path}")),
    }
}

/// A good answer.
#[must_use]
pub fn ok(body: Value) -> Reply {
    Reply { status: 200, content_type: "application/json", allow: None, body: Some(body), query: None }
}

/// An error in the form of RFC 9457; `about:blank` means that the status says it all.
#[must_use]
pub fn problem(status: u16, title: &str, detail: &str) -> Reply {
    let body = json!({"type": "about:blank", "title": title, "status": status, "detail": detail});
    Reply { status, content_type: "application/problem+json", ..ok(body) }
}

fn read(request: &Request, body: Value) -> Reply {
    match request.method {
        Method::GET => ok(body),
        Method::HEAD => Reply { body: None, ..ok(body) },
        _ => not_allowed(request, READ_METHODS),
    }
}

fn not_allowed(request: &Request, methods: &'static str) -> Reply {
    let detail =
        format!("{} does not support {}; it supports {methods}", without_stage(request), request.method);
    Reply { allow: Some(methods), ..problem(405, "Method Not Allowed", &detail) }
}

fn without_stage(request: &Request) -> &str {
    let path = request.path.as_str();
    let rest = request.stage.as_deref().and_then(|stage| path.strip_prefix('/')?.strip_prefix(stage));
    rest.filter(|rest| rest.starts_with('/')).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(request: Result<&Request, &str>) -> Reply {
        let version = Version { function_version: "7".to_owned(), build_id: "abc123".to_owned() };
        reply(request, &version, &Manuals::built_in().unwrap())
    }

    fn reply_to(method: Method, path: &str, stage: Option<&str>) -> Reply {
        answer(Ok(&Request {
            method,
            path: path.to_owned(),
            stage: stage.map(str::to_owned),
            content_type: None,
            body: Some(r#"{"question": "How do I descale the coffee machine?"}"#.to_owned()),
            is_base64: false,
        }))
    }

    #[test]
    fn health_is_ok() {
        let reply = reply_to(Method::GET, "/health", Some("$default"));
        assert_eq!((reply.status, reply.body), (200, Some(json!({"status": "ok"}))));
    }

    #[test]
    fn version_is_told() {
        let reply = reply_to(Method::GET, "/version", None);
        assert_eq!(reply.body, Some(json!({"functionVersion": "7", "buildId": "abc123"})));
    }

    #[test]
    fn head_has_status_and_type_but_no_body() {
        let reply = reply_to(Method::HEAD, "/health", None);
        assert_eq!((reply.status, reply.content_type, reply.body), (200, "application/json", None));
    }

    #[test]
    fn stage_is_dropped_when_the_path_begins_with_it() {
        assert_eq!(reply_to(Method::GET, "/prod/health", Some("prod")).status, 200);
        assert_eq!(reply_to(Method::GET, "/health", Some("prod")).status, 200);
        assert_eq!(reply_to(Method::GET, "/health", Some("health")).status, 200);
        assert_eq!(reply_to(Method::GET, "/production/health", Some("prod")).status, 404);
    }

    #[test]
    fn not_found_when_the_route_is_unknown() {
        for path in ["/", "", "/health/", "/healthy", "/Health"] {
            let reply = reply_to(Method::GET, path, None);
            assert_eq!((reply.status, reply.content_type), (404, "application/problem+json"), "{path}");
        }
    }

    #[test]
    fn method_not_allowed_names_the_methods_when_the_route_is_known() {
        for (method, path, methods) in [
            (Method::POST, "/health", "GET, HEAD"),
            (Method::DELETE, "/version", "GET, HEAD"),
            (Method::GET, "/query", "POST"),
            (Method::HEAD, "/query", "POST"),
        ] {
            let reply = reply_to(method, path, None);
            assert_eq!((reply.status, reply.allow, reply.query), (405, Some(methods), None), "{path}");
        }
    }

    #[test]
    fn question_is_answered_when_it_is_posted() {
        for stage in [None, Some("prod")] {
            let reply = reply_to(Method::POST, if stage.is_some() { "/prod/query" } else { "/query" }, stage);
            assert_eq!((reply.status, reply.query), (200, Some(Outcome::Answered)));
        }
        assert_eq!(reply_to(Method::GET, "/health", None).query, None, "no question");
    }

    #[test]
    fn bad_request_gives_the_reason_when_the_event_is_malformed() {
        let reply = answer(Err("missing field `requestContext`"));
        let body = reply.body.unwrap();
        assert_eq!((reply.status, body["status"].as_u64()), (400, Some(400)));
        assert_eq!(body["detail"], "not an HTTP API event: missing field `requestContext`");
    }
}
