//! Which request gets which answer. Pure: no clock, no environment, no AWS.

use http::Method;
use serde_json::{Value, json};

/// The methods of every route; API Gateway answers HEAD with our headers and drops the body.
const READ_METHODS: &str = "GET, HEAD";

/// The parts of an HTTP API event that the rules look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// As sent.
    pub method: Method,
    /// `rawPath`, which begins with the stage's name unless the stage is `$default`.
    pub path: String,
    /// The stage that API Gateway names, if any.
    pub stage: Option<String>,
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
}

/// Answers a request, or the reason why the event is none.
#[must_use]
pub fn reply(request: Result<&Request, &str>, version: &Version) -> Reply {
    let request = match request {
        Ok(request) => request,
        Err(reason) => return problem(400, "Bad Request", &format!("not an HTTP API event: {reason}")),
    };
    let path = without_stage(request);
    let body = match path {
        "/health" => json!({"status": "ok"}),
        "/version" => json!({"functionVersion": version.function_version, "buildId": version.build_id}),
        _ => return problem(404, "Not Found", &format!("there is no route {path}")),
    };
    let body = match request.method {
        Method::GET => Some(body),
        Method::HEAD => None,
        _ => {
            let detail = format!("{path} does not support {}", request.method);
            return Reply { allow: Some(READ_METHODS), ..problem(405, "Method Not Allowed", &detail) };
        }
    };
    Reply { status: 200, content_type: "application/json", allow: None, body }
}

/// An error in the form of RFC 9457; `about:blank` means that the status says it all.
#[must_use]
pub fn problem(status: u16, title: &str, detail: &str) -> Reply {
    let body = json!({"type": "about:blank", "title": title, "status": status, "detail": detail});
    Reply { status, content_type: "application/problem+json", allow: None, body: Some(body) }
}

fn without_stage(request: &Request) -> &str {
    let path = request.path.as_str();
    let rest = request.stage.as_deref().and_then(|stage| path.strip_prefix('/')?.strip_prefix(stage));
    rest.filter(|rest| rest.starts_with('/')).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply_to(method: Method, path: &str, stage: Option<&str>) -> Reply {
        let version = Version { function_version: "7".to_owned(), build_id: "abc123".to_owned() };
        let request = Request { method, path: path.to_owned(), stage: stage.map(str::to_owned) };
        reply(Ok(&request), &version)
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
        let reply = reply_to(Method::POST, "/health", None);
        assert_eq!((reply.status, reply.allow), (405, Some("GET, HEAD")));
    }

    #[test]
    fn bad_request_gives_the_reason_when_the_event_is_malformed() {
        let version = Version { function_version: "7".to_owned(), build_id: "abc123".to_owned() };
        let reply = reply(Err("missing field `requestContext`"), &version);
        let body = reply.body.unwrap();
        assert_eq!((reply.status, body["status"].as_u64()), (400, Some(400)));
        assert_eq!(body["detail"], "not an HTTP API event: missing field `requestContext`");
    }
}
